"""Roll-ups: the same picture as from the rows, whatever they are like and whatever became of the table."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from workbench.tables import chunks, retention, rollup, tidying, wide
from workbench.tables import trend as trends
from workbench.tables.beside import FOLDER
from workbench.tables.rollup import KEPT
from workbench.tables.trend import Wanted, trend

START = pd.Timestamp("1969-12-30 07:00")  # before the origin of the cells


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(wide, "LONG", 2000)
    monkeypatch.setattr(rollup, "WORTH_KEEPING", 1000)
    monkeypatch.setattr(rollup, "ROWS_PER_CELL", 8)
    monkeypatch.setattr(rollup, "GROUPS_AT_ONCE", 1)


def series(seed, n=6000, *, shuffled=False):
    random = np.random.default_rng(seed)
    steps = random.choice([1, 7, 50_000, 1_000_000], n)
    frame = pd.DataFrame({"ts": START + pd.to_timedelta(np.cumsum(steps) + seed * 10**9, unit="us")})
    frame["value"] = random.normal(20, 3, n)
    frame["count"] = random.integers(-(2**60), 2**60, n)
    frame["on"] = random.random(n) > 0.5
    frame.loc[random.integers(0, n, n // 5), "value"] = np.nan
    frame.loc[n // 2 : n // 2 + 400, "value"] = np.nan
    frame.loc[[11, n // 3], "value"] = [np.inf, -np.inf]
    frame["ts"] = frame["ts"].mask(frame.index == 77)
    return frame.sample(frac=1, random_state=seed) if shuffled else frame


def from_rows(tables, reference, wanted, monkeypatch, found):
    """Draw the same columns from the rows alone."""
    end = found.start + found.n_columns * found.step_us * rollup.MICROSECOND
    asked = dataclasses.replace(
        wanted, start=found.start.isoformat(), end=end.isoformat(), width=found.n_columns
    )
    with monkeypatch.context() as patch:
        patch.setattr(wide, "LONG", 10**9)
        return trend(tables, reference, asked)


def same(found, rows):
    assert (found.start, found.step_us, found.n_columns) == (rows.start, rows.step_us, rows.n_columns)
    for one, other in zip(found.lines, rows.lines, strict=True):
        assert (one.column, one.rows, one.breaks) == (other.column, other.rows, other.breaks)
        for name in trends.ENDS:
            np.testing.assert_array_equal(one.columns[name], other.columns[name], err_msg=name)


def kept(tables, name="line"):
    return sorted(path.name for path in (tables.home(name) / FOLDER / KEPT).glob("*"))


@pytest.mark.parametrize("shuffled", [False, True], ids=["in order", "shuffled"])
@pytest.mark.parametrize(("seed", "width"), [(0, 1), (1, 13), (2, 60), (3, 200)])
def test_a_wide_view_is_the_picture_its_rows_give(tables, monkeypatch, seed, width, shuffled):
    tables.add("line", series(seed, shuffled=shuffled))
    tables.add("line", series(seed + 1, 3000, shuffled=shuffled), mode="append")
    tables.add("line", series(seed + 2, 90), mode="append")  # too small to keep a roll-up of
    wanted = Wanted(("value", "count", "on"), width=width)

    first, again = trend(tables, "line", wanted), trend(tables, "line", wanted)

    assert len(kept(tables)) == 2 * 3  # files by columns
    same(first, from_rows(tables, "line", wanted, monkeypatch, first))
    same(again, first)
    assert sum(line.rows for line in first.lines) == 3 * (6000 + 3000 + 90 - 3)  # without times: nowhere


def test_a_tidied_merged_and_pruned_table_shows_its_own_rows(tables, monkeypatch):
    monkeypatch.setattr(chunks, "LONG", 1000)
    monkeypatch.setattr(chunks, "CELLS", 20_000)
    frame = series(5, 20_000)
    tables.add("line", frame.assign(asset=np.arange(20_000) % 3))
    wanted = Wanted(("value",), width=100)
    before = trend(tables, "line", wanted)
    assert len(kept(tables)) == 1

    chunks.tidy(tables, "line")
    tidied = trend(tables, "line", wanted)
    tables.add("line", frame.assign(value=frame["value"] * 2))
    doubled = trend(tables, "line", wanted)
    old = trend(tables, "line@0", wanted)

    same(tidied, from_rows(tables, "line@1", wanted, monkeypatch, tidied))
    same(doubled, from_rows(tables, "line", wanted, monkeypatch, doubled))
    same(old, before)


def test_a_zoom_reads_the_rows_and_a_damaged_roll_up_is_made_again(tables, monkeypatch):
    frame = series(1, 9000)
    tables.add("line", frame)
    whole = trend(tables, "line", Wanted(("value",), width=100))
    [path] = (tables.home("line") / FOLDER / KEPT).glob("*")
    path.write_bytes(path.read_bytes()[:1000])

    again = trend(tables, "line", Wanted(("value",), width=100))
    path.unlink()
    part = Wanted(("value",), start=str(START), end=str(START + pd.Timedelta("60s")), width=1000)
    zoomed = trend(tables, "line", part)

    same(again, whole)
    assert zoomed.start == START.to_pydatetime()
    assert not path.exists()


def test_the_roll_ups_of_pruned_versions_go_with_their_files(tables):
    tables.add("line", series(1))
    trend(tables, "line", Wanted(("value",), width=50))
    tables.add("line", series(2))
    trend(tables, "line", Wanted(("value",), width=50))
    old, new = (tables.files("line", version)[0].rpartition("/")[2] for version in (0, 1))
    assert {name[: len(old)] for name in kept(tables)} == {old, new}

    plan = dataclasses.replace(
        retention.plan(tables, "line", days=1), versions=(0,), kept=1, files=tuple(tables.files("line", 0))
    )
    retention.prune(tables, plan)

    assert {name[: len(new)] for name in kept(tables)} == {new}


def test_the_background_makes_ahead_what_the_first_look_of_a_long_table_needs(tables):
    tables.add("line", series(1))
    assert len(wide.ahead(tables, "line")) == 2  # value, count

    tidying.main(str(tables.workspace.root), "line")

    assert wide.ahead(tables, "line") == []
    made = kept(tables)
    trend(tables, "line", Wanted(("value", "count"), width=50))
    assert kept(tables) == made
