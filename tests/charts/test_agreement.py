"""Charts of judgements show each inspector with his interval, and each disputed part once per inspector."""

import pandas as pd
import pytest
from bokeh.models import Rect, Scatter, Whisker

from workbench.charts.agreement import COLOURS, agreement, disputed_parts
from workbench.demo import factory
from workbench.methods import msa_attribute
from workbench.methods.msa_judgements import judgements


@pytest.fixture
def study():
    frame = factory.table("demo.gauge_attribute").frame.rename(columns={"rating": "value"})
    return msa_attribute.agreement(judgements(frame))


def glyphs(plot, kind):
    return [renderer for renderer in plot.renderers if isinstance(renderer.glyph, kind)]


def test_each_inspector_has_both_shares_with_intervals(study):
    plot = agreement(study)

    within, right = (renderer.data_source.data for renderer in glyphs(plot, Scatter))
    assert right["y"] == pytest.approx([96.67, 96.67, 86.67], abs=0.01)
    assert all(
        low <= y <= high for low, y, high in zip(within["low"], within["y"], within["high"], strict=True)
    )
    assert len(plot.select(Whisker)) == 2


def test_disputed_parts_stand_worst_first_and_darker_for_more_trials(study):
    plot = disputed_parts(study)
    squares = pd.DataFrame(glyphs(plot, Rect)[0].data_source.data)

    assert list(plot.x_range.factors[:3]) == ["8", "17", "22"]
    assert len(squares) == 3 * len(plot.x_range.factors)
    assert set(squares.loc[squares["wrong"] == 3, "colour"]) == {COLOURS[3]}
    assert set(squares.loc[squares["wrong"] == 0, "colour"]) == {COLOURS[0]}


def test_full_agreement_draws_an_empty_map():
    frame = pd.DataFrame({"part": [1, 1, 2, 2], "operator": list("ABAB"), "value": ["x", "x", "y", "y"]})
    study = msa_attribute.agreement(judgements(frame))

    assert glyphs(disputed_parts(study), Rect)[0].data_source.data["part"] == []
