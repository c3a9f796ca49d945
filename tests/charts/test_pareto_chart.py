"""The Pareto chart folds its tail and names what rises."""

import json

import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.models import Rect, Scatter, VBar

from workbench.charts.pareto import MOST_BARS, OTHERS, change_plot, pareto_plot, week_map
from workbench.charts.text import SEPARATOR, localise
from workbench.charts.theme import BAD
from workbench.demo.production import downtime_events
from workbench.methods.pareto import pareto


@pytest.fixture(scope="module")
def stops():
    return pareto(downtime_events().frame.rename(columns={"machine": "asset_id"}))


def sources(plot, kind):
    return [drawn.data_source.data for drawn in plot.renderers if isinstance(drawn.glyph, kind)]


def test_bars_stand_in_order_with_the_cumulative_share(stops):
    drawn = sources(pareto_plot(stops), VBar)[0]

    assert drawn["name"] == stops.table["reason"].tolist()
    assert drawn["cumulative"][-1] == pytest.approx(1)


def test_a_long_tail_is_folded_into_one_bar():
    found = pareto(pd.DataFrame({"reason": [f"r{i}" for i in range(30) for _ in range(30 - i)]}))

    drawn = sources(pareto_plot(found), VBar)[0]

    assert len(drawn["name"]) == MOST_BARS
    assert drawn["name"][-1] == OTHERS
    assert sum(drawn["weight"]) == found.total


def test_what_rises_is_red_and_on_top(stops):
    drawn = sources(change_plot(stops), Scatter)[0]

    assert drawn["name"][-1] == "Hydraulic leak · M09"
    assert drawn["colour"][-1] == BAD


def test_the_week_has_a_cell_for_every_hour(stops):
    assert len(sources(week_map(stops), Rect)[0]["hour"]) == 168


def test_without_times_there_is_nothing_to_compare():
    found = pareto(pd.DataFrame({"reason": ["a", "b"]}))

    assert change_plot(found) is None
    assert week_map(found) is None


def test_no_text_is_in_one_language_only(stops):
    for plot in (pareto_plot(stops), change_plot(stops), week_map(stops)):
        document = Document()
        document.add_root(plot)
        chinese = json.dumps(localise(document.to_json(deferred=False), "zh"), ensure_ascii=False)
        assert SEPARATOR not in chinese
        document.remove_root(plot)
