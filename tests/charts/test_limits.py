"""Charts of points between limits: each point's own limits, signals that name their rule, both languages."""

import json

import numpy as np
import pandas as pd
from bokeh.document import Document
from bokeh.models import Scatter, Step

from workbench.charts.attribute import attribute_plot
from workbench.charts.multivariate import cause_bars, t2_chart, variance_chart
from workbench.charts.text import SEPARATOR, localise
from workbench.demo.inspection import housings, inspections
from workbench.methods.attribute import attribute_chart
from workbench.methods.attribute_samples import arrange
from workbench.methods.multivariate import multivariate_chart
from workbench.methods.multivariate_causes import contributions
from workbench.methods.multivariate_samples import arrange_wide


def charted(chart="auto"):
    frame = inspections().frame.rename(columns={"inspected": "size", "defective": "count"})
    return attribute_chart(arrange(frame, chart))


def glyphs(plot, kind):
    return [drawn for drawn in plot.renderers if isinstance(drawn.glyph, kind)]


def test_each_point_has_its_own_limits():
    chart = charted()

    drawn = glyphs(attribute_plot(chart), Step)[1].data_source.data

    assert drawn["ucl"] == chart.points["ucl"].tolist()
    assert len(set(drawn["ucl"])) > 10


def test_a_lower_limit_of_zero_is_not_drawn():
    assert len(glyphs(attribute_plot(charted()), Step)) == 2
    assert len(glyphs(attribute_plot(charted("laney-p")), Step)) == 2
    wide = attribute_chart(arrange(pd.DataFrame({"count": [40, 50, 45, 55, 48, 52]}), "c"))
    assert len(glyphs(attribute_plot(wide), Step)) == 3


def test_signals_are_diamonds_at_the_points_with_a_signal():
    chart = charted()

    drawn = [d for d in glyphs(attribute_plot(chart), Scatter) if d.glyph.marker == "diamond"]

    assert drawn[0].data_source.data["x"] == chart.signals["point"].unique().tolist()


def test_no_text_is_in_one_language_only():
    times = pd.DataFrame({"count": np.random.default_rng(1).exponential(20, 30)})
    for chart in (charted(), attribute_chart(arrange(times, "t"))):
        document = Document()
        document.add_root(attribute_plot(chart, unit="h"))
        model = document.to_json(deferred=False)

        chinese = json.dumps(localise(model, "zh"), ensure_ascii=False)
        assert SEPARATOR not in chinese
        assert "上限" in chinese
        assert "UCL" in json.dumps(localise(model, "en"))


def test_the_variables_behind_signals_are_drawn_worst_first():
    frame = housings().frame.rename(columns={"reference": "baseline", "part": "subgroup"})
    chart = multivariate_chart(arrange_wide(frame))

    plot = cause_bars(contributions(chart))

    assert set(plot.y_range.factors[-2:]) == {"width", "height"}
    drawn = glyphs(t2_chart(chart), Step)[0].data_source.data["ucl"]
    assert drawn[0] == chart.ucl < drawn[-1] == chart.ucl_new


def test_the_generalized_variance_is_drawn_for_subgroups_only():
    values = pd.DataFrame(np.random.default_rng(2).normal(size=(100, 2)), columns=["a", "b"])

    assert variance_chart(multivariate_chart(arrange_wide(values))) is None
    assert variance_chart(multivariate_chart(arrange_wide(values, subgroup_size=5))) is not None
