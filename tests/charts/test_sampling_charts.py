"""Charts of acceptance sampling show the AQL on the curve, the worst outgoing quality, and every lot."""

import pandas as pd
import pytest
from bokeh.models import Line, Scatter, Span

from workbench.charts.sampling import lots_chart, oc_chart, outgoing_chart
from workbench.methods.sampling_switching import ByCount
from workbench.methods.sampling_variables import ByMeasurement
from workbench.methods.sampling_words import curves, inspect

CHOICES = {"lot_size": 2000, "level": "II", "aql": 1.0, "severity": "normal"}


@pytest.fixture
def found():
    lots = pd.DataFrame({"lot_id": ["a", "b", "c"], "defects": [0, 4, 4]})
    return inspect(lots, ByCount(), **CHOICES)


def glyphs(plot, kind):
    return [renderer for renderer in plot.renderers if isinstance(renderer.glyph, kind)]


def test_the_curve_falls_from_certain_to_never_and_the_aql_is_marked(found):
    plot = oc_chart(found, curves(found))
    line = glyphs(plot, Line)[0].data_source.data["y"]

    assert line[0] == 100
    assert line[-1] < 2
    assert 1.0 in {span.location for span in plot.select(Span)}


def test_the_worst_outgoing_quality_is_named(found):
    plot = outgoing_chart(found, curves(found))
    assert any("AOQL" in name for name in plot.right[0].major_label_overrides.values())


def test_every_lot_stands_in_the_row_of_its_severity(found):
    data = glyphs(lots_chart(found.history.lots), Scatter)[0].data_source.data

    assert data["lot"] == ["a", "b", "c"]
    assert data["mark"] == ["circle", "x", "x"]


def test_a_plan_by_measurement_has_a_curve_of_its_own():
    found = inspect(None, ByMeasurement(None, 1.0), **CHOICES)
    table = curves(found)

    assert list(table) == ["quality", "accepted"]
    assert glyphs(oc_chart(found, table), Line)
