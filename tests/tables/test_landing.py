"""Rows that were read go into a table: appended, merged by key, reshaped; what changes is told."""

import datetime as dt
import json
import os
import subprocess

import pytest

from workbench.errors import Invalid, Unavailable
from workbench.tables import bulk, files, ingest, remember
from workbench.tables.ingest import Wish
from workbench.tables.recipe import parse
from workbench.tables.watching import Stopped

NOVEMBER = "ts,machine,temp(℃),n\n2025-11-01,A,20.5,1\n2025-11-02,A,21,2\n"
DECEMBER = "ts,machine,temp(℃),n\n2025-11-02,A,22.5,3\n2025-12-01,A,23,4\n"


def rows(tables, name: str) -> list[dict]:
    return tables.slice(name, 1000).to_pylist()


def told(info) -> str:
    return "\n".join(note["en"] for note in info.notes)


def day(month: int, number: int) -> dt.datetime:
    return dt.datetime(2025, month, number)  # noqa: DTZ001


def test_a_merge_updates_and_adds_without_duplicates_in_one_version(tables, write):
    ingest.add_file(tables, write("nov.csv", NOVEMBER), name="t")

    merged = ingest.add_file(
        tables, write("dec.csv", DECEMBER), name="t", mode="merge", key=("ts", "machine")
    )
    again = ingest.add_file(tables, write("dec.csv", DECEMBER), name="t", mode="merge", key=("ts", "machine"))

    assert (merged.version, merged.rows, again.rows) == (1, 3, 3)
    assert "merged by ts, machine: 1 rows added, 1 rows updated" in told(merged)
    assert [(r["ts"], r["temp(℃)"], r["n"]) for r in rows(tables, "t")] == [
        (day(11, 1), 20.5, 1),
        (day(11, 2), 22.5, 3),
        (day(12, 1), 23.0, 4),
    ]


def test_the_last_row_of_a_key_counts_and_is_told(tables, write):
    path = write("a.csv", "k,v\n1,1\n2,2\n1,3\n")

    info = ingest.add_file(tables, path, name="t", mode="merge", key=("k",))

    assert rows(tables, "t") == [{"k": 2, "v": 2}, {"k": 1, "v": 3}]
    assert "1 rows have a key that comes again later" in told(info)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ((), "no key"),
        (("nope",), "unknown key column: got 'nope'"),
        (("machine",), "1 keys that stand on several rows"),
    ],
)
def test_a_merge_by_a_wrong_key_is_refused(tables, write, key, reason):
    ingest.add_file(tables, write("nov.csv", NOVEMBER), name="t")

    with pytest.raises(Exception, match=reason):
        ingest.add_file(tables, write("dec.csv", DECEMBER), name="t", mode="merge", key=key)

    assert tables.get("t").version == 0


@pytest.mark.parametrize("first", [True, False], ids=["new table", "table there"])
def test_rows_without_a_key_are_not_merged_over_each_other(tables, write, first):
    if not first:
        ingest.add_file(tables, write("old.csv", "k,v\n1,1\n"), name="t")

    with pytest.raises(Invalid, match="merge into t by k: got 2 rows of the file without a value there"):
        ingest.add_file(tables, write("a.csv", "k,v\n1,1\n,5\n,6\n"), name="t", mode="merge", key=("k",))

    assert tables.exists("t") is not first


def test_an_append_with_other_columns_tells_the_change(tables, write):
    ingest.add_file(tables, write("nov.csv", NOVEMBER), name="t")

    info = ingest.add_file(
        tables, write("dec.csv", "TS,temp（℃）,n,flow(L/min)\n2025-12-01,30,1.5,7\n"), name="t", mode="append"
    )

    assert [(c.name, c.type, c.unit) for c in info.columns] == [
        ("ts", "timestamp", None),
        ("machine", "text", None),
        ("temp(℃)", "number", "℃"),
        ("n", "number", None),
        ("flow(L/min)", "integer", "L/min"),
    ]
    assert rows(tables, "t")[-1] == {
        "ts": day(12, 1), "machine": None, "temp(℃)": 30.0, "n": 1.5, "flow(L/min)": 7,
    }  # fmt: skip
    for text in ("new columns: flow(L/min)", "columns not in the file: machine", "wider type now: n"):
        assert text in told(info)


def test_a_header_that_names_another_unit_is_the_same_column(tables, write):
    ingest.add_file(tables, write("jan.csv", "n,p [bar],q [m3/h]\n1,1.5,5\n2,2,6\n"), name="t")

    info = ingest.add_file(tables, write("feb.csv", "n,p [kPa],q [%]\n3,150,7\n"), name="t", mode="append")

    assert tables.head("t")["p [bar]"].tolist() == pytest.approx([1.5, 2, 1.5])
    assert "p [bar] converted from kPa to the table's bar" in told(info)
    assert "new columns: q [%]" in told(info)


def test_appended_rows_are_converted_into_the_tables_unit(tables, write):
    ingest.add_file(tables, write("a.csv", "p[bar],n\n1.5,1\n2,2\n"), name="t")

    info = ingest.add_file(
        tables, write("b.csv", "pressure,n\n150,3\n"), name="t", mode="append",
        recipe=parse({"columns": {"pressure": {"name": "p[bar]", "unit": "kPa", "type": "number"}}}),
    )  # fmt: skip

    assert tables.head("t")["p[bar]"].tolist() == pytest.approx([1.5, 2, 1.5])
    assert "converted from kPa to the table's bar" in told(info)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "ts,machine,temp(℃),n\n2025-12-01,A,hot,1\n2025-12-02,A,cold,2\n",
            "expected number, as the table has it",
        ),
        ("x,y\n1,2\n", "expected columns of the table"),
        ("ts,machine,temp(℃),n\n", "a header without rows"),
    ],
)
def test_rows_that_do_not_fit_are_refused_and_change_nothing(tables, write, content, reason):
    ingest.add_file(tables, write("nov.csv", NOVEMBER), name="t")

    with pytest.raises(Invalid, match=reason.replace("(", r"\(")):
        ingest.add_file(tables, write("dec.csv", content), name="t", mode="append")

    assert (tables.get("t").version, tables.get("t").rows) == (0, 2)


def test_a_replaced_table_tells_what_changed(tables, write):
    ingest.add_file(tables, write("a.csv", "a,b\n1,2\n"), name="t")

    info = ingest.add_file(tables, write("b.csv", "a,c\nx,2\n"), name="t")

    for text in ("new columns: c", "columns gone: b", "types changed: a (integer → text)"):
        assert text in told(info)


def test_wide_to_long_and_back_is_the_same(tables, write):
    wide = "ts,in,out\n2025-11-01,1.5,2\n2025-11-02,,4\n"
    long = parse({"unpivot": {"keep": ["ts"], "names": "sensor", "values": "v"}})

    ingest.add_file(tables, write("wide.csv", wide), name="long", recipe=long)

    assert [(r["sensor"], r["v"]) for r in rows(tables, "long")] == [
        ("in", 1.5),
        ("out", 2.0),
        ("in", None),
        ("out", 4.0),
    ]
    tables.slice("long", 10).to_pandas().to_csv(write("x", "").with_name("long.csv"), index=False)
    back = parse({"pivot": {"keys": ["ts"], "names": "sensor", "values": "v"}})
    ingest.add_file(tables, write("x", "").with_name("long.csv"), name="wide", recipe=back)
    assert rows(tables, "wide") == [
        {"ts": day(11, 1), "in": 1.5, "out": 2.0},
        {"ts": day(11, 2), "in": None, "out": 4.0},
    ]


def test_columns_of_different_units_keep_them_as_rows(tables, write):
    path = write("a.csv", "ts,T(℃),p[bar]\n2025-11-01,20,1\n")

    ingest.add_file(tables, path, name="t", recipe=parse({"unpivot": {"keep": ["ts"]}}))

    assert [r["unit"] for r in rows(tables, "t")] == ["℃", "bar"]


# --- recipes --------------------------------------------------------------------------------------------


def test_a_recipe_is_replayed_for_next_months_file_and_what_differs_is_said(tables, write):
    said = {
        "columns": {
            "part": {"type": "text"},
            "press": {"name": "pressure", "unit": "bar"},
            "junk": {"skip": True},
        }
    }
    first = write("report_2025-11.csv", "t,part,press,junk\n13/11/2025,7,1.5,x\n")
    ingest.add_file(tables, first, name="nov", recipe=parse(said))

    second = write("report_2025-12.csv", "t,part,press,junk,flow\n03/04/2025,8,2.5,x,1\n")
    looked = ingest.look(tables, second)
    info = ingest.add_file(tables, second, name="dec")

    assert looked.source is not None
    assert looked.source.table == "nov"
    assert rows(tables, "dec") == [{"t": day(4, 3), "part": "8", "pressure": 2.5, "flow": 1}]
    assert info.column("pressure").unit == "bar"
    assert "columns that the last file did not have: flow" in told(info)


def test_a_type_that_no_longer_fits_is_let_go_and_told(tables, write):
    pinned = parse({"columns": {"v": {"type": "number"}}})
    ingest.add_file(tables, write("m_1.csv", "k,v,w\n1,1.5,1\n"), recipe=pinned)

    info = ingest.add_file(tables, write("m_2.csv", "k,v,w\n1,red,1\n2,blue,2\n"))

    assert [r["v"] for r in rows(tables, "m_2")] == ["red", "blue"]
    assert "columns that do not fit their type of last time: v" in told(info)


def test_another_file_of_the_same_layout_is_read_as_what_it_is(tables, write):
    ingest.add_file(tables, write("a.csv", "k,v,w\n1,red,1\n"))

    ingest.add_file(tables, write("b.csv", "k,v,w\n1,2.5,1\n"))

    assert rows(tables, "b") == [{"k": 1, "v": 2.5, "w": 1}]


def test_a_damaged_recipe_is_as_if_it_were_not_there(tables, write):
    ingest.add_file(tables, write("a.csv", "k,v,w\n1,red,1\n"))
    for file in tables.workspace.recipes.iterdir():
        file.write_text("{", encoding="utf-8")

    assert remember.known(tables.workspace) == []
    assert ingest.add_file(tables, write("a.csv", "k,v,w\n1,red,1\n")).version == 1


@pytest.mark.parametrize(
    ("given", "where"),
    [
        ("{", "as a whole"),
        ('{"colums": {}}', "colums"),
        ('{"columns": {"a": {"type": "float"}}}', "columns.a.type"),
    ],
)
def test_a_recipe_with_a_mistake_names_the_field(given, where):
    with pytest.raises(Invalid, match=where):
        parse(given)


def test_what_is_said_wins_over_what_is_found(write):
    path = write("a.csv", "# made by hand\nid;t;v;w\n1;03/04/2025;1,5;x\n2;05/06/2025;2,5;y\n", "gb18030")
    columns = {"id": {"type": "text"}, "t": {"dates": "day_first"}, "w": {"skip": True}}
    said = parse({"delimiter": ";", "header_row": 2, "decimal": ",", "columns": columns})

    found = files.read_file(path, said)

    assert found.table.to_pydict() == {"id": ["1", "2"], "t": [day(4, 3), day(6, 5)], "v": [1.5, 2.5]}


def test_a_report_and_a_recipe_survive_json(tables, write):
    looked = ingest.look(tables, write("a.csv", "t,v(mm)\n13/11/2025,1.5\n"))

    record = json.loads(json.dumps(looked.found.report.record()))
    lasting = looked.found.report.lasting(looked.recipe)

    assert [c["unit"] for c in record["columns"]] == [None, "mm"]
    assert parse(json.dumps(lasting.dump())) == lasting
    assert lasting.column("t").dates == "day_first"


@pytest.mark.parametrize("large", [True, False])
@pytest.mark.parametrize("mode", ["replace", "append"])
def test_a_full_disk_is_said_and_the_table_stays_as_it_was(tables, write, monkeypatch, large, mode):
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    ingest.add_file(tables, write("old.csv", "x,y\n1,2\n"), name="t")
    before = sorted(tables.workspace.tables.rglob("*"))
    rows = "".join(f"{i * 6364136223846793005 % 2**62},{i**7 % 2**61}\n" for i in range(20_000))
    new = write("new.csv", "x,y\n" + rows)
    monkeypatch.setattr(bulk, "LARGE", 1 if large else 10**12)
    tables.workspace.uploads.mkdir(exist_ok=True)
    uploads = str(tables.workspace.uploads)
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", uploads]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow mounting")
    try:
        with pytest.raises(Unavailable, match="import: got a full disk; make room on the disk"):
            ingest.add_file(tables, new, name="t", mode=mode)

        assert list(tables.workspace.uploads.iterdir()) == []
        assert sorted(tables.workspace.tables.rglob("*")) == before
        assert tables.slice("t", 9).to_pylist() == [{"x": 1, "y": 2}]
    finally:
        subprocess.run(["umount", "-l", uploads], check=True)


def test_an_import_that_is_stopped_leaves_no_trace(tables, write):
    def stop(share: float) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        ingest.add(tables, write("a.csv", "x,y\n1,2\n"), Wish(), watch=stop)

    assert list(tables.workspace.tables.iterdir()) == []
    assert list(tables.workspace.uploads.iterdir()) == []
    assert remember.known(tables.workspace) == []
