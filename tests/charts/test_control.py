"""Control charts show their limits, name each signal's rule, and speak both languages."""

import json

import numpy as np
import pandas as pd
import pytest
from bokeh.document import Document
from bokeh.models import BoxAnnotation, HoverTool, Scatter, Step

from workbench.charts.control import MOST_POINTS, location_chart, spread_chart
from workbench.charts.text import SEPARATOR, localise
from workbench.demo.quality import bore_diameter
from workbench.methods.spc import Plan, control_chart
from workbench.methods.spc_causes import RULE_TEXTS


@pytest.fixture
def shifted():
    return control_chart(bore_diameter().frame.rename(columns={"diameter": "value"}))


def stable(count=30, **columns):
    values = np.random.default_rng(6).normal(size=count)
    return control_chart(pd.DataFrame({"value": values, **columns}))


def diamonds(plot):
    return [r for r in plot.renderers if isinstance(r.glyph, Scatter) and r.glyph.marker == "diamond"]


def boxes_of(plot):
    """The shaded parts of a chart; the zoom tool has a box of its own."""
    return [item for item in plot.center if isinstance(item, BoxAnnotation)]


def serialised(plot):
    document = Document()
    document.add_root(plot)
    return document.to_json(deferred=False)


def test_signals_are_diamonds_that_name_their_rule(shifted):
    data = diamonds(location_chart(shifted))[0].data_source.data

    located = shifted.signals[shifted.signals["chart"] == "location"]
    assert data["x"] == sorted(set(located["point"]))
    assert all(text["en"] in " ".join(data["rule"]) for text in map(RULE_TEXTS.get, located["rule"]))


def test_a_stable_chart_has_no_diamonds():
    assert diamonds(location_chart(stable()))[0].data_source.data["x"] == []


def test_the_hover_of_a_signal_tells_its_rule(shifted):
    plot = location_chart(shifted)
    tips = [dict(tool.tooltips) for tool in plot.tools if isinstance(tool, HoverTool)]
    assert any("@rule" in tip.values() for tip in tips)


def test_limits_are_drawn_and_labelled_with_their_values(shifted):
    plot = location_chart(shifted, unit="mm")

    steps = [r.glyph for r in plot.renderers if isinstance(r.glyph, Step)]
    texts = " ".join(plot.right[0].major_label_overrides.values())
    assert len(steps) == 3
    assert f"UCL {shifted.ucl:.4f}" in texts
    assert f"下限 {shifted.lcl:.4f}" in texts


def test_a_baseline_is_shaded_where_it_is_not_everything():
    chart = stable(baseline=[True] * 20 + [False] * 10)

    boxes = boxes_of(location_chart(chart))

    assert (boxes[0].left, boxes[0].right, boxes[0].level) == (0.5, 20.5, "underlay")


def test_zones_are_left_out_where_limits_vary():
    frame = pd.DataFrame({"value": np.random.default_rng(1).normal(size=60)})
    unequal = control_chart(frame.iloc[:58], Plan(subgroup_size=5))
    equal = control_chart(frame, Plan(subgroup_size=5))

    assert len(boxes_of(location_chart(unequal))) == 0
    assert len(boxes_of(location_chart(equal))) == 2


def test_charts_that_remember_have_no_spread(shifted):
    frame = bore_diameter().frame.rename(columns={"diameter": "value"})
    for name in ("ewma", "cusum"):
        chart = control_chart(frame, Plan(chart=name))
        assert spread_chart(chart) is None
        assert serialised(location_chart(chart))
    assert spread_chart(shifted) is not None


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_chart_reads_in_one_language_once_chosen(shifted, language):
    document = localise(serialised(location_chart(shifted, unit="mm")), language)

    text = json.dumps(document, ensure_ascii=False)
    assert SEPARATOR not in text
    assert ("子组均值 (mm)" in text) == (language == "zh")


def test_of_very_many_points_the_newest_are_drawn_and_the_axis_says_so():
    plot = location_chart(stable(MOST_POINTS + 500))

    data = diamonds(plot)[0].data_source.data
    assert "newest 2000 of 2500" in plot.xaxis[0].axis_label
    assert min(data["x"], default=MOST_POINTS) > 500
    assert len(plot.renderers[0].data_source.data["x"]) == MOST_POINTS


def test_gaps_and_text_labels_are_drawn():
    frame = pd.DataFrame(
        {"value": [1.0, np.nan, *np.linspace(0, 1, 20)], "subgroup": list("abcdefghijklmnopqrstuv")}
    )
    chart = control_chart(frame)

    plot = location_chart(chart)

    assert plot.xaxis[0].major_label_overrides[1] == "a"
    assert serialised(plot)
