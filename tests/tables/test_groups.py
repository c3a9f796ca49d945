"""How a table falls into parts: values in the order people count in, windows that cover every row once."""

import pandas as pd
import pytest

from workbench.config import Workspace
from workbench.errors import Invalid, NotFound
from workbench.tables.catalog import Tables
from workbench.tables.groups import Divided

TIMES = pd.date_range("2026-01-28 05:30", periods=40, freq="7h")


@pytest.fixture(scope="module")
def divided(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("plant")).create()
    frame = pd.DataFrame(
        {
            "machine": ["M2", "M10", "M1", None] * 10,
            "part": list(range(40)),
            "good": [True, False] * 20,
            "ts": TIMES,
            "text": [f"{time:%Y/%m/%d %H:%M}" for time in TIMES],
        }
    )
    Tables(workspace).add("parts", frame)
    return lambda **held: Divided("parts", workspace=workspace, held=held)


def test_values_come_in_the_order_people_count_in_and_missing_ones_are_told(divided):
    parts = divided().values("machine", most=10)

    assert [(part.value, part.rows) for part in parts.found] == [("M1", 10), ("M2", 10), ("M10", 10)]
    assert parts.left_out == 10


def test_only_rows_that_a_filter_leaves_are_counted(divided):
    parts = divided(part={"from": 0, "to": 4}).values("machine", most=10)

    assert [(part.value, part.rows) for part in parts.found] == [("M1", 1), ("M2", 1), ("M10", 1)]


def test_too_many_values_are_refused_and_the_largest_can_be_taken(divided):
    with pytest.raises(Invalid, match="got more than 30, expected at most 30; name the values"):
        divided().values("part", most=30)

    assert len(divided().largest("part", most=3).found) == 3


def test_an_unknown_column_is_refused_with_the_nearest(divided):
    with pytest.raises(NotFound, match="did you mean 'machine'"):
        divided().values("machin", most=10)


@pytest.mark.parametrize("column", ["ts", "text"])
@pytest.mark.parametrize("every", ["day", "week", "month", "shift"])
def test_windows_cover_every_row_once(divided, column, every):
    parts = divided().windows(column, every, most=100).found

    for part in parts:
        start, end = pd.Timestamp(part.value["from"]), pd.Timestamp(part.value["to"])
        assert ((start <= TIMES) & (end > TIMES)).sum() == part.rows > 0
    assert sum(part.rows for part in parts) == 40


def test_windows_begin_where_a_plant_begins_them(divided):
    first = {
        every: divided().windows("ts", every, most=100).found[0].value
        for every in ("day", "week", "month", "shift")
    }

    assert first["day"] == {"from": "2026-01-28T00:00:00", "to": "2026-01-29T00:00:00"}
    assert first["week"] == {"from": "2026-01-26T00:00:00", "to": "2026-02-02T00:00:00"}  # a Monday
    assert first["month"] == {"from": "2026-01-01T00:00:00", "to": "2026-02-01T00:00:00"}
    assert first["shift"] == {"from": "2026-01-27T22:00:00", "to": "2026-01-28T06:00:00"}  # the night shift


def test_equal_windows_meet_and_hold_the_first_and_the_last_row(divided):
    windows = [part.value for part in divided().equal_windows("ts", 7).found]

    assert [one["to"] for one in windows[:-1]] == [one["from"] for one in windows[1:]]
    assert pd.Timestamp(windows[0]["from"]) == TIMES[0]
    assert pd.Timestamp(windows[-1]["to"]) > TIMES[-1]


def test_a_column_of_numbers_has_no_periods(divided):
    with pytest.raises(Invalid, match="expected a column of times"):
        divided().windows("part", "day", most=10)
