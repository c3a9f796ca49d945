"""The factory as a whole: the same every time, small, described, and loaded once."""

import pandas as pd
import pytest

from workbench.demo import factory
from workbench.errors import NotFound


@pytest.fixture(scope="module")
def made():
    return {item.name: item for item in factory.tables()}


@pytest.mark.parametrize("name", factory.BUILDERS)
def test_a_table_is_the_same_every_time(made, name):
    pd.testing.assert_frame_equal(factory.table(name).frame, made[name].frame)


@pytest.mark.parametrize("name", factory.BUILDERS)
def test_each_column_is_described_in_both_languages(made, name):
    item = made[name]

    assert list(item.columns) == list(item.frame.columns)
    assert all(column.label["en"] and column.label["zh"] for column in item.columns.values())
    assert item.description["en"]
    assert item.description["zh"]
    assert item.truth


def test_the_factory_is_small(made):
    bytes_in_memory = sum(item.frame.memory_usage(deep=True).sum() for item in made.values())

    assert bytes_in_memory < 30e6


class Shelf:
    """Keeps tables in a dictionary."""

    def __init__(self):
        self.kept = {}

    def list(self):
        return [factory.table(name) for name in self.kept]

    def add(self, name, data, **about):
        self.kept[name] = (data, about)


def test_loading_twice_adds_each_table_once():
    shelf = Shelf()

    assert factory.load(shelf) == list(factory.BUILDERS)
    assert factory.load(shelf) == []
    data, about = shelf.kept["demo.bore_diameter"]
    assert data.num_rows == 200
    assert about["units"] == {"diameter": "mm"}


def test_a_misspelt_table_is_answered_with_the_nearest_name():
    with pytest.raises(NotFound, match=r"demo\.bore_diameter"):
        factory.table("demo.bore_diametr")
