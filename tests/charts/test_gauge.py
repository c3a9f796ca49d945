"""Charts of a gauge study show every value, name parts and operators, and carry AIAG's limits."""

import numpy as np
import pytest
from bokeh.models import Label, Scatter, Span, VBar

from workbench.charts import gauge
from workbench.methods.msa import crossed
from workbench.methods.msa_model import Allowed
from workbench.methods.msa_range import control_limits
from workbench.methods.msa_study import Layout

PARTS = tuple(f"P{number}" for number in range(1, 6))


@pytest.fixture
def layout():
    values = np.random.default_rng(5).normal(10, 1, (3, 5, 2))
    return Layout(values, ("Anna", "Bert", "Chen"), (PARTS,) * 3)


@pytest.fixture
def nested(layout):
    parts = tuple(tuple(f"{name[0]}{number}" for number in range(5)) for name in layout.operators)
    return Layout(layout.values, layout.operators, parts)


def glyphs(plot, kind):
    return [renderer for renderer in plot.renderers if isinstance(renderer.glyph, kind)]


def texts(plot):
    return " ".join(label.text for label in plot.select(Label))


@pytest.mark.parametrize("tolerance", [None, 9.0])
def test_a_bar_for_each_share_that_is_known(layout, tolerance):
    study = crossed(layout, allowed=Allowed(tolerance=tolerance))

    bars = glyphs(gauge.components(study), VBar)

    assert len(bars) == (2 if tolerance is None else 3)
    assert bars[1].data_source.data["top"][0] == pytest.approx(study.percent_grr)


def test_the_limits_of_ten_and_thirty_percent_are_drawn(layout):
    plot = gauge.components(crossed(layout))
    assert {span.location for span in plot.select(Span)} == {10.0, 30.0}


def test_ranges_and_means_stand_operator_by_operator_within_their_limits(layout):
    limits = control_limits(layout)
    for plot, kind in ((gauge.ranges(layout, unit="mm"), "range"), (gauge.means(layout, unit="mm"), "mean")):
        drawn = glyphs(plot, Scatter)
        assert [renderer.data_source.data["operator"][0] for renderer in drawn] == list(layout.operators)
        assert {limits[kind], limits[f"{kind}_ucl"]} <= {span.location for span in plot.select(Span)}
        assert plot.y_range.end >= limits[f"{kind}_ucl"]
        assert "Anna" in texts(plot)
        assert limits[f"{kind}_ucl"] in plot.right[0].ticker.ticks


def test_every_value_is_shown_by_part_and_by_operator(layout):
    for plot in (gauge.by_part(layout), gauge.by_operator(layout)):
        shown = [value for renderer in glyphs(plot, Scatter) for value in renderer.data_source.data["y"]]
        assert set(layout.values.ravel()) <= set(shown)


def test_nested_parts_stand_beside_each_other(nested):
    plot = gauge.by_part(nested)

    assert (plot.x_range.start, plot.x_range.end) == (0.5, 15.5)
    assert plot.xaxis[0].major_label_overrides[6] == "B0"


def test_one_operator_has_no_chart_of_operators(layout):
    alone = Layout(layout.values[:1], (), (PARTS,))

    assert gauge.by_operator(alone) is None
    assert gauge.interaction(alone) is None
    assert gauge.by_part(alone) is not None


def test_the_interaction_chart_has_a_line_per_operator(layout):
    drawn = glyphs(gauge.interaction(layout), Scatter)

    assert len(drawn) == 3
    assert drawn[0].data_source.data["y"] == pytest.approx(layout.values[0].mean(axis=1))


def test_many_parts_are_named_now_and_then():
    values = np.random.default_rng(5).normal(10, 1, (2, 80, 2))
    layout = Layout(values, ("A", "B"), (tuple(map(str, range(80))),) * 2)

    assert len(gauge.interaction(layout).xaxis[0].ticker.ticks) <= gauge.MOST_LABELS
