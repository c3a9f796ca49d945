"""A large table is paged, sorted and filtered by the server, exactly, and nothing typed becomes SQL."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from workbench.errors import Invalid, NotFound
from workbench.runs import export
from workbench.tables.browse import page
from workbench.tables.shapes import shapes

N = 300
HOSTILE = "'; DROP TABLE x; --<script>alert(1)</script>"


@pytest.fixture(scope="module")
def frame():
    random = np.random.default_rng(5)
    times = pd.date_range("2026-01-01", periods=N, freq="30min")
    values = random.normal(10, 2, N)
    values[7] = np.nan
    values[8] = np.inf
    return pd.DataFrame(
        {
            "ts": times,
            '机床 "1"': [f"M{i % 3}" for i in range(N)],
            "value": values,
            "n": np.arange(N) + 2**60,
            "ok": np.arange(N) % 2 == 0,
            "note": [HOSTILE if i == 5 else "" for i in range(N)],
        }
    )


@pytest.fixture
def table(tables, frame):
    tables.add("t", frame[:100])
    tables.add("t", frame[100:], mode="append")
    return tables


def test_pages_together_are_the_table(table, frame):
    found = [row for offset in range(0, N, 70) for row in page(table, "t", offset=offset, limit=70).rows]

    assert [row[3] for row in found] == [str(value) for value in frame.n]
    assert (found[7][2], found[8][2], found[5][5]) == (None, "inf", HOSTILE)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"value": "> 11"}, lambda f: f.value > 11),
        ({"value": "9..10.5"}, lambda f: f.value.between(9, 10.5)),
        ({"value": "="}, lambda f: f.value.isna()),
        ({"ts": "2026-01-02"}, lambda f: f.ts.dt.strftime("%Y-%m-%d") == "2026-01-02"),
        ({"ts": "2026-01-02..2026-01-03"}, lambda f: f.ts.between("2026-01-02", "2026-01-03 23:59:59")),
        ({"ok": "否", '机床 "1"': "m2"}, lambda f: ~f.ok & (f.iloc[:, 1] == "M2")),
        ({"note": HOSTILE}, lambda f: f.note == HOSTILE),
        ({"note": "%"}, lambda f: f.note == "no such"),
    ],
)
def test_a_filter_finds_what_it_says(table, frame, filters, expected):
    wanted = frame[expected(frame)]

    found = page(table, "t", filters=filters, sort="-ts", limit=1000)

    assert found.matched == len(wanted)
    assert [row[3] for row in found.rows] == [str(n) for n in wanted.n[::-1]]


def test_what_is_missing_is_sorted_last_both_ways(table, frame):
    for sort in ("value", "-value"):
        assert page(table, "t", sort=sort, limit=1000).rows[-1][3] == str(frame.n[7])


@pytest.mark.parametrize(
    ("asked", "error"),
    [({"filters": {"value": "abc"}}, Invalid), ({"filters": {"ok": "maybe"}}, Invalid),
     ({"filters": {"valu": "1"}}, NotFound), ({"sort": "-valu"}, NotFound)],
)  # fmt: skip
def test_what_makes_no_sense_is_told(table, asked, error):
    with pytest.raises(error):
        page(table, "t", **asked)


def test_a_table_without_rows_is_an_empty_page(tables):
    tables.add("none", pd.DataFrame({"x": pd.Series([], dtype=float)}))

    assert page(tables, "none", sort="x", filters={"x": "> 1"}).rows == []
    assert shapes(tables, "none")[0]["histogram"] is None


def test_columns_have_shapes_and_the_time_its_gaps(tables):
    times = pd.date_range("2026-03-01", periods=96, freq="15min").delete(range(20, 32))  # 05:00 to 08:00
    values = np.where(np.arange(84) < 80, 1.0, 3.0)
    tables.add("t", pd.DataFrame({"ts": times, "v": values, "who": ["<b>", None] * 42}))

    ts, v, who = shapes(tables, "t")

    assert ts["gaps"]["gaps"] == [{"from": "2026-03-01T05:00:00", "to": "2026-03-01T08:00:00", "slots": 3}]
    assert (ts["gaps"]["every"], ts["gaps"]["slots"], ts["gaps"]["empty"]) == ("hour", 24, 3)
    assert sum(v["histogram"]["counts"]) == 84
    assert (v["histogram"]["counts"][0], v["histogram"]["counts"][-1]) == (80, 4)
    assert who["top"] == [{"value": "<b>", "count": 42}]
    assert (who["missing"], v["sampled"]) == (42, None)


def test_infinite_and_nested_values_do_not_end_a_profile(tables):
    tables.add("t", pd.DataFrame({"x": [1.0, np.inf, 3.0, np.nan], "list": [[1, 2], None, [], [3]]}))

    x, nested = shapes(tables, "t")

    assert (x["mean"], x["max"], x["missing"], sum(x["histogram"]["counts"])) == (2.0, "inf", 1, 2)
    assert (nested["missing"], nested["top"]) == (1, [])
    assert export.xlsx({"t": tables.head("t")})[:2] == b"PK"


def test_thousands_of_columns_are_profiled_and_the_first_of_them_drawn(tables):
    wide = pd.DataFrame(
        np.arange(3 * 400, dtype=float).reshape(3, 400), columns=[f"c{i}" for i in range(400)]
    )
    tables.add("t", wide)

    found = shapes(tables, "t")

    assert (len(found), found[399]["max"]) == (400, 2 * 400 + 399.0)
    assert (found[0]["histogram"] is None, found[399]["histogram"] is None) == (False, True)


def test_daily_rows_have_a_calendar_of_days(tables):
    days = pd.date_range("2026-01-01", periods=60, freq="D").delete([10, 11])
    tables.add("t", pd.DataFrame({"day": days}))

    gaps = shapes(tables, "t")[0]["gaps"]

    assert (gaps["every"], gaps["slots"], gaps["empty"]) == ("day", 60, 2)


def test_five_million_rows_are_paged_to_their_end(tables):
    n = 5_000_000
    numbers = pa.array(np.arange(n))
    tables.add("big", pa.table({"n": numbers, "rest": pc.bit_wise_and(numbers, pa.scalar(1023))}))

    assert page(tables, "big", offset=n - 2, limit=5).rows == [
        [n - 2, (n - 2) % 1024],
        [n - 1, (n - 1) % 1024],
    ]
    assert page(tables, "big", sort="-n", limit=1).rows[0][0] == n - 1
    found = page(tables, "big", filters={"rest": "7", "n": "> 1000"}, sort="-n", limit=1)
    wanted = range(1031, n, 1024)
    assert (found.matched, found.rows[0][0]) == (len(wanted), wanted[-1])
