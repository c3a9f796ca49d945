"""A large table is paged, sorted and filtered by the server, exactly, and nothing typed becomes SQL."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Invalid, NotFound
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


def test_daily_rows_have_a_calendar_of_days(tables):
    days = pd.date_range("2026-01-01", periods=60, freq="D").delete([10, 11])
    tables.add("t", pd.DataFrame({"day": days}))

    gaps = shapes(tables, "t")[0]["gaps"]

    assert (gaps["every"], gaps["slots"], gaps["empty"]) == ("day", 60, 2)
