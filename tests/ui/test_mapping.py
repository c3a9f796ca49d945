"""The form shows why a column was chosen, keeps one press, and asks only about what changed."""

import pandas as pd
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.ui.inputs import InputPicker
from workbench.ui.view import View

FRAME = pd.DataFrame(
    {"外径": [10.0 + i % 5 for i in range(60)], "记录时间": pd.date_range("2026-01-01", periods=60)}
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = Workbench(load_settings(home=str(tmp_path_factory.mktemp("plant")), demo=False), full=False)
    yield bench
    bench.stop()


@pytest.fixture
def opened(bench, request):
    """The picker of an app on a table of its own, opened anew whenever it is called."""
    table = request.node.name.removeprefix("test_")[:40]
    bench.tables.add(table, FRAME)

    def opened(template="control-chart", language="en"):
        picker = InputPicker(View(bench, language), bench.library.get(template), "measurements", lambda: None)
        picker.set(table)
        return picker

    opened.table = table
    return opened


def test_a_proposal_says_why_until_it_is_confirmed_for_every_app(opened):
    picker = opened()
    assert "only column of numbers" in picker.summary.object
    assert "“外径”是唯一的数值列" in opened(language="zh").summary.object
    assert picker.confirm_button.visible

    picker.confirm_button.clicks += 1

    other = opened("process-capability")
    assert not other.confirm_button.visible
    assert "Confirmed" in other.summary.object
    assert "only column" not in other.summary.object


def test_a_column_that_is_gone_is_asked_and_nothing_else(opened, bench):
    opened().confirm_button.clicks += 1
    bench.tables.add(opened.table, FRAME.rename(columns={"外径": "直径"}))

    picker = opened()
    assert picker.asked == ["value"]
    assert not picker.is_ready
    assert "is gone" in picker.summary.object
    assert "列“外径”已不存在" in opened(language="zh").summary.object
    assert picker.mapping["ts"] == "记录时间"

    picker.confirm_button.clicks += 1
    assert picker.is_ready
    assert picker.mapping["value"] == "直径"


def test_a_unit_entered_in_the_form_is_the_tables_next_version(opened, bench):
    picker = opened()
    picker.toggle.clicks += 1
    picker.units["value"].value = "毫米"

    assert {each.name: each.unit for each in bench.tables.get(opened.table).columns}["外径"] == "毫米"
    assert "毫米" in picker.summary.object


def test_what_somebody_leaves_empty_is_sent_and_kept_empty(opened):
    picker = opened()
    picker.toggle.clicks += 1
    picker.pickers["ts"].value = ""

    assert picker.given["ts"] == ""
    picker.confirm_button.clicks += 1
    assert "ts" not in opened().mapping
