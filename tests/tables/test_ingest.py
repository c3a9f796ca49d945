"""Files as plants have them load right, and what could not be read is told."""

import datetime as dt
import gzip
import io
import zipfile
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.errors import Invalid, NotFound
from workbench.tables import blocks, bulk, files, ingest
from workbench.tables.recipe import Recipe


def at(*parts: int) -> dt.datetime:
    """The plant's clock, which has no zone."""
    return dt.datetime(*parts)  # noqa: DTZ001


def load(path: Path) -> dict[str, list]:
    return files.read_file(path).table.to_pydict()


def workbook(path: Path, fill) -> Path:
    with xlsxwriter.Workbook(path) as book:
        fill(book)
    return path


def test_a_gbk_file_with_chinese_headers_loads(write):
    path = write(
        "产量.csv", "日期,产线,直径（mm）\n2026/11/23,一号线,74.03\n2026/11/24,二号线,74.01\n", "gbk"
    )

    found = files.read_file(path)

    assert found.report.encoding == "gb18030"
    assert found.report.units == {"直径（mm）": "mm"}
    assert found.table.to_pydict() == {
        "日期": [at(2026, 11, 23), at(2026, 11, 24)],
        "产线": ["一号线", "二号线"],
        "直径（mm）": [74.03, 74.01],
    }


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030", "cp936"])
def test_the_encoding_is_found(write, encoding):
    path = write("a.csv", "温度,值\n高温报警,1\n正常状态,2\n", encoding)

    assert load(path) == {"温度": ["高温报警", "正常状态"], "值": [1, 2]}


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_separator_is_found(write, mark):
    path = write("a.csv", "\n".join(mark.join(row) for row in (["a", "b"], ["1", "x y"], ["2", "z"])))

    assert load(path) == {"a": [1, 2], "b": ["x y", "z"]}


def test_decimal_commas_and_points_as_thousands(write):
    found = files.read_file(
        write("a.csv", "Zeit;Wert;Menge\n23.11.2026 06:15;1,5;1.234,5\n24.11.2026 06:15;2,25;9,5\n")
    )

    assert found.table["Wert"].to_pylist() == [1.5, 2.25]
    assert found.table["Menge"].to_pylist() == [1234.5, 9.5]
    assert found.table["Zeit"][0].as_py() == at(2026, 11, 23, 6, 15)
    assert {"en": "comma read as the decimal mark", "zh": "逗号按小数点读取"} in found.report.notes


def test_thousands_ten_thousands_currency_and_percent(write):
    path = write("a.csv", 'a,b,c,d,e\n"1,234.5",1.2万,85%,¥12,12.5 kg\n"12,000",300,90.5％,￥3.5,13 kg\n')

    found = files.read_file(path)

    assert found.table.to_pydict() == {
        "a": [1234.5, 12000.0],
        "b": [12000, 300],
        "c": [85.0, 90.5],
        "d": [12.0, 3.5],
        "e": [12.5, 13.0],
    }
    assert found.report.units == {"c": "%", "d": "CNY", "e": "kg"}


def test_percent_beside_plain_numbers_is_not_guessed(write):
    path = write("a.csv", "a,b\n" + "85%,1\n" * 19 + "0.9,1\n")

    found = files.read_file(path)

    assert found.table["a"].to_pylist()[-1] is None
    assert [(r.row, r.column, r.text) for r in found.report.rejected] == [(21, "a", "0.9")]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-11-23", at(2026, 11, 23)),
        ("2026/1/3 4:05", at(2026, 1, 3, 4, 5)),
        ("2026年11月23日", at(2026, 11, 23)),
        ("23.11.2026", at(2026, 11, 23)),
        ("11/23/2026", at(2026, 11, 23)),
        ("23/11/2026 07:00:01", at(2026, 11, 23, 7, 0, 1)),
        ("2026-11-23T06:15:00.250", at(2026, 11, 23, 6, 15, 0, 250000)),
        ("2026-11-23T06:15:00+08:00", at(2026, 11, 23, 6, 15)),
        ("2026-11", at(2026, 11, 1)),
    ],
)
def test_dates_as_people_write_them(write, text, value):
    assert load(write("a.csv", f"t,x\n{text},1\n{text},2\n"))["t"] == [value, value]


def test_a_date_that_can_be_read_two_ways_is_told(write):
    notes = files.read_file(write("a.csv", "t,x\n03/04/2026,1\n05/06/2026,2\n")).report.notes

    assert any("03/04 read month first" in note["en"] for note in notes)


def test_article_numbers_keep_their_zeros_and_truths_are_truths(write):
    path = write("a.csv", "id,ok,year\n00123,TRUE,2024\n00456,FALSE,2025\n")

    assert load(path) == {"id": ["00123", "00456"], "ok": [True, False], "year": [2024, 2025]}


def test_a_rejected_cell_is_counted_shown_and_kept(tables, write):
    rows = [f"{n},{n / 10}" for n in range(30)]
    rows[7] = "7,error 42"
    path = write("torque.csv", "n,value\n" + "\n".join(rows))

    info = ingest.add_file(tables, path)

    assert (info.name, info.rows, info.rejected) == ("torque", 30, 1)
    assert tables.head("torque__rejected").to_dict("records") == [
        {"row": 9, "column": "value", "text": "error 42"}
    ]
    assert [each.name for each in tables.list()] == ["torque"]
    assert any("1 cells could not be read" in note["en"] for note in info.notes)


def test_missing_signs_are_missing_and_told(write):
    found = files.read_file(write("a.csv", "a,b\n1,x\nN/A,y\n-,z\n4,w\n"))

    assert found.table["a"].to_pylist() == [1, None, None, 4]
    assert found.report.rejected_count == 0
    assert any("2 cells such as 'N/A' taken as missing" in note["en"] for note in found.report.notes)


def test_empty_columns_and_rows_are_left_out_and_told(write):
    found = files.read_file(write("a.csv", "a,b,leer,,\n1,x,,,\n,,,,\n2,y,,,\n"))

    assert found.table.to_pydict() == {"a": [1, 2], "b": ["x", "y"]}
    notes = [note["en"] for note in found.report.notes]
    assert "1 empty rows left out" in notes
    assert "empty columns left out: leer" in notes


def test_duplicate_and_empty_headers_become_unique(write):
    assert list(load(write("a.csv", "a,a,,A\n1,2,3,4\n5,6,7,8\n"))) == ["a", "a_2", "column3", "A_3"]


def test_lines_above_the_table_are_skipped(write):
    path = write(
        "a.csv",
        "Export of line 4\nCreated: 2026-11-23\n\nts,value\n2026-11-23 06:00,1.5\n2026-11-23 06:01,1.6\n",
    )

    found = files.read_file(path)

    assert found.table.column_names == ["ts", "value"]
    assert found.table.num_rows == 2


def test_quoted_line_breaks_stay_inside_their_cell(write):
    assert load(write("a.csv", 'n,text\n1,"two\nlines"\n2,"a ""quote"""\n'))["text"] == [
        "two\nlines",
        'a "quote"',
    ]


def test_cells_beyond_the_last_column_are_kept_aside(write):
    found = files.read_file(write("a.csv", "a,b\n1,2\n3,4,lost\n5\n6,7\n"))

    assert found.table.to_pydict() == {"a": [1, 3, 5, 6], "b": [2, 4, None, 7]}
    assert [(r.row, r.text) for r in found.report.rejected] == [(3, "lost")]


def test_a_single_column_keeps_its_gaps(write):
    assert load(write("a.csv", "v\n1\n\n3\n\n\n"))["v"] == [1, None, 3]


def test_a_second_header_row_with_units(write):
    found = files.read_file(write("a.csv", "time,temperature,pressure\ns,℃,bar\n1,20.5,1.1\n2,20.6,1.2\n"))

    assert found.report.units == {"time": "s", "temperature": "℃", "pressure": "bar"}
    assert found.table["pressure"].to_pylist() == [1.1, 1.2]


@pytest.mark.parametrize(
    ("header", "unit"),
    [
        ("温度(℃)", "℃"),
        ("Pressure [bar]", "bar"),
        ("diameter, mm", "mm"),
        ("流量（m³/h）", "m³/h"),
        ("Strength (Grade A)", None),
        ("name, first", None),
    ],
)
def test_units_are_found_in_headers(write, header, unit):
    assert files.read_file(write("a.tsv", f"{header}\tn\n1.5\t1\n2.5\t2\n")).report.units.get(header) == unit


def test_merged_two_row_headers_of_a_workbook(tmp_path):
    def fill(book):
        sheet = book.add_worksheet("data")
        sheet.merge_range("A1:E1", "一号线 日报")
        sheet.merge_range("A2:A3", "时间")
        sheet.merge_range("B2:C2", "温度(℃)")
        sheet.merge_range("D2:E2", "Pressure")
        for column, name in enumerate(["进口", "出口", "in", "out"], start=1):
            sheet.write(2, column, name)
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for row in range(3, 6):
            sheet.write_datetime(row, 0, at(2026, 11, row), day)
            sheet.write_row(row, 1, [20.5, 21, 1.5, 2.5])

    found = files.read_file(workbook(tmp_path / "a.xlsx", fill))

    assert found.table.column_names == ["时间", "温度(℃) 进口", "温度(℃) 出口", "Pressure in", "Pressure out"]
    assert found.table["时间"].to_pylist() == [at(2026, 11, day) for day in (3, 4, 5)]
    assert found.table["Pressure out"].to_pylist() == [2.5] * 3
    assert found.report.header_rows == 2


def test_a_workbook_column_of_numbers_and_one_text_rejects_the_text(tmp_path):
    def fill(book):
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["n", "value"])
        for row in range(1, 21):
            sheet.write_row(row, 0, [row, row / 4 if row != 5 else "#坏"])

    found = files.read_file(workbook(tmp_path / "a.xlsx", fill))

    assert [(r.row, r.text) for r in found.report.rejected] == [(6, "#坏")]
    assert found.table["value"].null_count == 1


def test_the_first_sheet_with_cells_is_read_and_the_others_named(tmp_path):
    def fill(book):
        book.add_worksheet("empty")
        for name in ("first", "second"):
            book.add_worksheet(name).write_column(0, 0, [name, 1, 2])

    path = workbook(tmp_path / "a.xlsx", fill)

    assert files.read_file(path).table.column_names == ["first"]
    assert files.read_file(path, Recipe(sheet="second")).table.column_names == ["second"]
    with pytest.raises(Invalid, match=r"no sheet: got 'secnd'; did you mean 'second'"):
        files.read_file(path, Recipe(sheet="secnd"))


def test_whitespace_numbers_without_a_header_are_numbered(write):
    path = write(
        "train_FD001.txt", "1 1 -0.0007 100.0 518.67  \n1 2 0.0019 100.0 518.67  \n2 1 0.001 100.0 518.67  \n"
    )

    found = files.read_file(path)

    assert found.table.column_names == [f"column{n}" for n in range(1, 6)]
    assert found.table["column3"].to_pylist() == [-0.0007, 0.0019, 0.001]


def test_a_packed_file_is_unpacked(write):
    assert load(write("a.csv.gz", gzip.compress(b"a,b\n1,2\n3,4\n"))) == {"a": [1, 3], "b": [2, 4]}


def test_parquet_is_taken_with_its_types_and_order(tables, tmp_path):
    frame = pd.DataFrame({"u": pd.array([3, 1, 2], "uint8"), "c": pd.Categorical(["b", "a", "b"])})
    frame.to_parquet(tmp_path / "p.parquet")

    info = ingest.add_file(tables, tmp_path / "p.parquet")

    assert [c.type for c in info.columns] == ["integer", "text"]
    assert tables.head("p")["u"].tolist() == [3, 1, 2]


def test_a_workbook_with_the_wrong_ending_is_read_as_what_it_is(tmp_path):
    path = workbook(tmp_path / "a.csv", lambda book: book.add_worksheet().write_column(0, 0, ["v", 1, 2]))

    assert load(path) == {"v": [1, 2]}


def protected() -> bytes:
    # An encrypted workbook is a compound file with a stream of this name.
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    )


def truncated_workbook() -> bytes:
    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream) as book:
        book.add_worksheet().write_column(0, 0, ["v", 1, 2])
    return stream.getvalue()[:-200]


def zip_without_sheets() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("readme.txt", "hello")
    return stream.getvalue()


BAD = {
    "empty.csv": (b"", "0 bytes"),
    "blank.csv": (b"\n \n\t\n", "no text at all"),
    "bom_only.csv": (b"\xef\xbb\xbf", "no text at all"),
    "report.csv": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "a PDF document"),
    "photo.csv": (b"\x89PNG\r\n\x1a\n" + bytes(200), "a picture"),
    "noise.csv": (bytes(range(256)) * 40, "content that is not a table"),
    "page.xls": (b"<html><body><table></table></body></html>", "a web page"),
    "locked.xlsx": (protected(), "protected by a password"),
    "damaged.xls": (protected()[:300], "a damaged or unknown file"),
    "cut.xlsx": (truncated_workbook(), "a damaged or unknown file"),
    "archive.xlsx": (zip_without_sheets(), "a damaged or unknown file"),
    "header.csv": (b"a,b,c\n", "a header without rows"),
    "cut.parquet": (b"PAR1" + bytes(50), "a damaged Parquet file"),
    "no.parquet": (b"a,b\n1,2\n", "not Parquet"),
    "cut.csv.gz": (gzip.compress(b"a,b\n1,2\n")[:-6], "a file that cannot be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_is_no_table_is_refused_in_one_sentence(tables, write, name):
    content, reason = BAD[name]
    path = write(name, content)

    with pytest.raises(Invalid) as caught:
        ingest.add_file(tables, path)

    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert str(path.parent) not in str(caught.value)
    assert tables.list() == []


def test_a_file_that_does_not_exist_is_named(tmp_path):
    with pytest.raises(NotFound, match=r"no such file"):
        files.read_file(tmp_path / "nothing.csv")


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("Line 4 (old).csv", "Line_4_old"),
        ("产量 2024.xlsx", "产量_2024"),
        ("2024.csv", "t_2024"),
        ("a.csv.gz", "a"),
        ("-.csv", "t"),
    ],
)
def test_a_table_is_named_after_its_file(file, name):
    assert files.table_name(Path(file)) == name


def big(write, rows: int = 3000, tail: str = "") -> Path:
    lines = "".join(
        f"2026-01-01 00:{n // 60 % 60:02d}:{n % 60:02d},M{n % 3},{n},{n / 8}\n" for n in range(rows)
    )
    return write("big.csv", "ts,machine,n,value(mm)\n" + lines + tail)


def test_a_large_clean_file_goes_straight_to_parquet(tables, write, monkeypatch):
    monkeypatch.setattr(bulk, "LARGE", 1)
    monkeypatch.setattr(blocks, "copy", lambda *_, **__: pytest.fail("read the careful way"))

    info = ingest.add_file(tables, big(write))

    assert [(c.name, c.type, c.unit) for c in info.columns] == [
        ("ts", "timestamp", None),
        ("machine", "text", None),
        ("n", "integer", None),
        ("value(mm)", "number", "mm"),
    ]
    assert tables.head("big", 3000)["n"].tolist() == list(range(3000))


def test_a_broken_byte_far_down_a_large_file_leaves_its_characters_alone(tables, write, monkeypatch):
    monkeypatch.setattr(bulk, "LARGE", 1)
    rows = b"".join(b"%d,a\n" % i for i in range(40_000))

    info = ingest.add_file(tables, write("big.csv", "值,产线\n".encode() + rows + b"1,\xff\n" + rows))

    assert [(column.name, column.type) for column in info.columns] == [("值", "integer"), ("产线", "text")]


def test_a_decimal_after_many_whole_numbers_and_a_wrong_cell_are_still_right(tables, write, monkeypatch):
    monkeypatch.setattr(bulk, "LARGE", 1)
    tail = "2026-01-01 01:00:00,M1,0.5,1\n"

    clean = ingest.add_file(tables, big(write, 20000, tail), name="clean")
    dirty = ingest.add_file(tables, big(write, 20000, tail.replace("0.5", "oops")), name="dirty")

    assert (clean.column("n").type, clean.rejected) == ("number", 0)
    assert (dirty.rows, dirty.column("n").type, dirty.rejected) == (20001, "integer", 1)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=False, allow_infinity=False),
            st.integers(-(10**17), 10**17),
            st.text(st.characters(codec="gb18030", categories=["L", "N", "P", "Zs"]), min_size=1).map(
                lambda s: f"x{s.strip()}"
            ),
        ),
        min_size=1,
    ),
    st.sampled_from(["utf-8", "utf-8-sig", "gb18030"]),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_pandas_writes_comes_back(tmp_path, rows, encoding, mark):
    frame = pd.DataFrame(rows, columns=["数值", "count", "name"])
    frame.to_csv(tmp_path / "a.csv", index=False, encoding=encoding, sep=mark)

    found = files.read_file(tmp_path / "a.csv").table

    assert found["数值"].cast(pa.float64()).to_pylist() == frame["数值"].tolist()
    assert found["count"].to_pylist() == frame["count"].tolist()
    assert found["name"].to_pylist() == [name.strip() for name in frame["name"]]


PUBLISHED = {
    "qcc/pistonrings.csv": (200, ["diameter", "sample", "trial"]),
    "nist_ehandbook/MPC61B.DAT": (30, ["WAFER", "PROBE", "MO1", "DAY1", "Y1", "MO2", "DAY2", "Y2", "DIFF"]),
    "nist_strd/nonlinear/Nelson.dat": (128, ["y", "x1", "x2"]),
    "cmapss/train_FD001.txt.gz": (20631, [f"column{n}" for n in range(1, 27)]),
    "cmapss/RUL_FD001.txt": (100, ["column1"]),
    "forecasting/air_passengers.csv": (144, ["month", "passengers"]),
}


@pytest.mark.parametrize("file", PUBLISHED)
def test_published_files_load_whole(reference, file):
    rows, names = PUBLISHED[file]

    table = files.read_file(reference / file).table

    assert (table.num_rows, table.column_names) == (rows, names)


def test_a_file_is_staged_with_its_units(write, tmp_path):
    files.stage(write("a.csv", "温度(℃),n\n1.5,1\n2.5,2\n"), tmp_path / "out.parquet")

    assert pq.read_schema(tmp_path / "out.parquet").field(0).metadata == {b"unit": "℃".encode()}


def test_a_file_of_many_columns_is_read_in_seconds(tables, write):
    names = [f"c{n}" for n in range(4000)]
    line = ",".join(f"{n}.5" if n % 3 else "text" for n in range(4000))

    info = ingest.add_file(tables, write("wide.csv", "\n".join([",".join(names), *[line] * 5])))

    assert [column.type for column in info.columns[:3]] == ["text", "number", "number"]
    assert (len(info.columns), info.rows) == (4000, 5)
