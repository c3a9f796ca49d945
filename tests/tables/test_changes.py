"""Two versions of a table side by side: what was added, removed and changed, and what is too large."""

import pandas as pd
import pytest

from workbench.config import load_settings
from workbench.errors import NotFound
from workbench.tables.catalog import Tables
from workbench.tables.changes import changes


@pytest.fixture
def tables(tmp_path):
    return Tables(load_settings(home=str(tmp_path)).workspace.create())


def parts(n=6):
    return pd.DataFrame({"serial": [f"P{i}" for i in range(n)], "width": [1.0 + i for i in range(n)]})


def between(tables, first, second, *, mode="replace", **options):
    tables.add("parts", first)
    tables.add("parts", second, mode=mode)
    return changes(tables.files("parts", 0), tables.files("parts", 1), **options)


def test_the_same_rows_are_no_change_in_whatever_order(tables):
    found = between(tables, parts(), parts().iloc[::-1])

    assert found.nothing
    assert found.statistics == []


def test_rows_are_told_apart_by_their_key(tables):
    after = parts(7).drop(index=2)
    after.loc[4, "width"] = 99.0

    found = between(tables, parts(), after)

    assert (found.key, found.added, found.removed, found.changed) == (["serial"], 1, 1, 1)
    assert [change.model_dump() for change in found.examples] == [
        {"key": {"serial": "P4"}, "column": "width", "before": 5.0, "after": 99.0}
    ]


def test_a_pair_of_columns_can_be_the_key(tables):
    frame = pd.DataFrame({"batch": [1, 1, 2, 2], "piece": [1, 2, 1, 2], "width": [1.0, 2.0, 3.0, 4.0]})

    found = between(tables, frame, frame.assign(width=[1.0, 2.0, 3.0, 4.5]))

    assert (found.key, found.changed) == (["batch", "piece"], 1)


def test_without_a_key_a_changed_row_is_one_removed_and_one_added(tables):
    first = pd.DataFrame({"width": [1.0, 1.0, 2.0]})

    found = between(tables, first, pd.DataFrame({"width": [1.0, 2.0, 2.5]}))

    assert (found.key, found.added, found.removed, found.changed) == ([], 1, 1, None)


def test_an_append_is_compared_without_reading_what_was_there(tables):
    found = between(tables, parts(), parts(3), mode="append")

    assert (found.rows, found.added, found.removed, found.changed) == ((6, 9), 3, 0, 0)


def test_columns_that_came_went_or_changed_their_type_are_named(tables):
    after = pd.DataFrame({"serial": ["P0"], "width": ["wide"], "colour": ["red"]})

    found = between(tables, parts().assign(old=1), after)

    assert (found.added_columns, found.removed_columns) == (["colour"], ["old"])
    assert found.retyped_columns == {"width": ("number", "text")}
    assert not found.nothing


def test_statistics_say_how_a_column_moved(tables):
    found = between(tables, parts(), parts().assign(width=lambda rows: rows["width"] + 10))

    moved = {each.measure: (each.before, each.after) for each in found.statistics if each.column == "width"}
    assert moved == {"min": (1.0, 11.0), "max": (6.0, 16.0), "mean": (3.5, 13.5)}


def test_what_is_too_large_says_so_and_keeps_its_statistics(tables):
    found = between(tables, parts(), parts().assign(width=0.0), most_rows=5)

    assert found.too_large
    assert (found.added, found.removed, found.changed) == (None, None, None)
    assert found.statistics


def test_missing_values_are_values(tables):
    found = between(tables, parts(), parts().assign(width=[None, 2.0, 3.0, 4.0, 5.0, 6.0]))

    assert found.changed == 1


def test_rows_that_are_gone_are_named(tables, tmp_path):
    tables.add("parts", parts())

    with pytest.raises(NotFound, match="no longer there"):
        changes(tables.files("parts", 0), [str(tmp_path / "gone.parquet")])
