"""Trends: every column's four values against a naive oracle, lines that break, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Invalid, NotFound
from workbench.tables import chunks
from workbench.tables.trend import MOST_POINTS, Wanted, extent, tags, trend

START = pd.Timestamp("2026-03-01")


def signal(n=20_000, *, seed=0, step_s=10):
    rng = np.random.default_rng(seed)
    times = START + pd.to_timedelta(np.cumsum(rng.integers(1, 2 * step_s, n)), unit="s")
    return pd.DataFrame(
        {"ts": times, "value": rng.normal(20, 3, n), "asset": rng.choice(["A", "B", "泵"], n)}
    )


def oracle(frame, found, column="value"):
    """Collect the values of every column one row at a time."""
    cells = {}
    for row in frame.sort_values("ts", kind="stable").itertuples():
        place = (row.ts - pd.Timestamp(found.start)) // pd.Timedelta(microseconds=found.step_us)
        value = getattr(row, column)
        if 0 <= place < found.n_columns and np.isfinite(value):
            cells.setdefault(place, []).append(value)
    shape = np.full(found.n_columns, np.nan)
    expected = {name: shape.copy() for name in ("first", "min", "max", "last")}
    for place, values in cells.items():
        four = (values[0], min(values), max(values), values[-1])
        for name, value in zip(expected, four, strict=True):
            expected[name][place] = value
    return expected


def same(line, expected):
    for name, values in expected.items():
        np.testing.assert_array_equal(line.columns[name], values, err_msg=name)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("width", [1, 7, 333, 1200])
def test_every_columns_first_smallest_largest_and_last_value_are_the_oracles(tables, seed, width):
    frame = signal(seed=seed)
    frame.loc[frame.sample(2000, random_state=seed).index, "value"] = np.nan
    frame.loc[[11, 5000], "value"] = [np.inf, -np.inf]
    frame.loc[777, "value"] = 1e9  # a spike of one row
    tables.add("line", frame.sample(frac=1, random_state=seed))

    found = trend(tables, "line", Wanted(values=("value",), width=width))

    [line] = found.lines
    same(line, oracle(frame, found))
    assert np.nanmax(line.columns["max"]) == 1e9
    assert found.n_columns <= width


def test_a_visible_range_of_several_tags_and_columns_is_reduced_alike_after_tidying(tables, monkeypatch):
    monkeypatch.setattr(chunks, "LONG", 1000)
    monkeypatch.setattr(chunks, "CELLS", 4000)
    frame = signal(40_000).assign(other=lambda f: -f["value"], good=lambda f: f["value"] > 20)
    tables.add("line", frame)
    chunks.tidy(tables, "line")
    start, end = "2026-03-02T03:00:00", "2026-03-05"

    found = trend(
        tables,
        "line",
        Wanted(("value", "other", "good"), by="asset", tags=("泵", "A"), start=start, end=end, width=4000),
    )

    assert [(line.tag, line.column.name) for line in found.lines] == [
        (tag, column) for tag in ("泵", "A") for column in ("value", "other", "good")
    ]
    inside = frame[(frame["ts"] >= start) & (frame["ts"] < end)]
    for line in found.lines:
        same(line, oracle(inside[inside["asset"] == line.tag], found, line.column.name))


def test_few_rows_are_returned_as_they_are(tables):
    frame = signal(MOST_POINTS)
    frame.loc[5, "value"] = np.nan
    tables.add("line", frame)

    [line] = trend(tables, "line", Wanted(("value",))).lines

    np.testing.assert_array_equal(line.values, frame["value"])
    np.testing.assert_array_equal(line.times, (frame["ts"] - frame["ts"].min()) // pd.Timedelta("1us"))
    assert 6 in line.breaks  # a missing value is a gap, however short


@pytest.mark.parametrize("n", [1000, 100_000])
def test_a_line_breaks_where_time_is_missing_and_nowhere_else(tables, n):
    times = pd.date_range(START, periods=n, freq="1s")
    frame = pd.DataFrame({"ts": times, "value": np.sin(np.arange(n) / 50.0)})
    gone = (frame.index > n * 0.4) & (frame.index < n * 0.6)
    single = frame.index == n // 10  # one row is no gap
    tables.add("line", frame[~gone & ~single])

    [line] = trend(tables, "line", Wanted(("value",), width=500)).lines

    assert len(line.breaks) == 1
    if line.columns:
        before, after = line.breaks[0] - 1, line.breaks[0]
        assert np.isnan(line.columns["min"][before])
        assert not np.isnan(line.columns["min"][after])
    [never] = trend(tables, "line", Wanted(("value",), width=500, gap_s=0)).lines
    assert never.breaks == ()
    [strict] = trend(tables, "line", Wanted(("value",), width=500, gap_s=1.5)).lines
    assert len(strict.breaks) == 2


def test_rows_without_a_value_break_a_line_of_columns(tables):
    n = 100_000
    frame = pd.DataFrame(
        {"ts": pd.date_range(START, periods=n, freq="1s"), "value": np.arange(n, dtype=float)}
    )
    frame.loc[30_000:30_999, "value"] = np.nan
    tables.add("line", frame)

    [line] = trend(tables, "line", Wanted(("value",), width=500)).lines

    assert len(line.breaks) == 1
    assert line.rows == n


def test_instants_and_dates_are_times_too(tables):
    times = pd.date_range(START, periods=50, freq="D", tz="Asia/Shanghai")
    tables.add("line", pd.DataFrame({"at": times, "day": [t.date() for t in times], "value": range(50)}))

    by_instant = trend(tables, "line", Wanted(("value",), time="at"))
    by_day = trend(tables, "line", Wanted(("value",), time="day"))

    assert by_instant.start.isoformat() == "2026-02-28T16:00:00"
    assert by_day.start.isoformat() == "2026-03-01T00:00:00"
    assert list(by_day.lines[0].values) == list(range(50))


def test_the_extent_of_a_table_with_missing_times_is_that_of_the_others(tables):
    frame = signal(100)
    tables.add("line", pd.concat([frame, pd.DataFrame({"ts": [pd.NaT], "value": [1.0], "asset": ["A"]})]))

    low, high = extent(tables, "line", "ts")

    assert low == frame["ts"].min()
    assert (
        pd.Timestamp(0)
        <= high - frame["ts"].max() + pd.Timestamp(0)
        <= pd.Timestamp("1970-01-01 00:00:00.001")
    )


def test_tags_are_offered_in_order(tables):
    tables.add("line", signal(100))

    assert tags(tables, "line", "asset") == ["A", "B", "泵"]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Wanted(("asset",)), "expected numbers"),
        (Wanted(()), "nothing to draw"),
        (Wanted(("value",), by="asset"), "a value of 'asset'"),
        (Wanted(("value",), by="asset", tags=tuple(map(str, range(13)))), "at most 12"),
        (Wanted(("value",), start="2026-03-02", end="2026-03-01"), "a start before the end"),
        (Wanted(("value",), start="yesterday"), "a time such as"),
        (Wanted(("value",), start="2030-01-01"), "a start before the end"),
        (Wanted(("value",), width=0), "1 to 10000"),
        (Wanted(("value",), time="value"), "expected times"),
    ],
    ids=str,
)
def test_what_cannot_be_drawn_is_refused(tables, wanted, said):
    tables.add("line", signal(100))

    with pytest.raises(Invalid, match=said):
        trend(tables, "line", wanted)


def test_unknown_columns_are_named_and_a_table_without_times_is_refused(tables):
    tables.add("line", signal(100))
    tables.add("parts", pd.DataFrame({"value": [1.0]}))

    with pytest.raises(NotFound, match="did you mean"):
        trend(tables, "line", Wanted(("valu",)))
    with pytest.raises(Invalid, match="no column of times"):
        trend(tables, "parts", Wanted(("value",)))
