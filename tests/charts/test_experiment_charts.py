"""Charts of experiments show every run, every effect, and the way to the best setting."""

import numpy as np
import pandas as pd
import pytest
from bokeh.models import Line, Scatter, Span

from workbench.charts.experiment import half_normal, points_chart, profile_chart, residual_chart
from workbench.methods.doe_designs import two_level
from workbench.methods.doe_model import experiment
from workbench.methods.doe_sheet import sheet
from workbench.methods.doe_words import analyse

FACTORS = pd.DataFrame({"factor": ["speed", "feed"], "low": [10.0, 0.1], "high": [20.0, 0.3]})


def glyphs(plot, kind):
    return [renderer for renderer in plot.renderers if isinstance(renderer.glyph, kind)]


def test_every_setting_of_every_run_is_a_point():
    made = sheet(FACTORS, "ccd")
    data = glyphs(points_chart(made), Scatter)[0].data_source.data

    assert len(data["x"]) == 2 * len(made.runs)
    assert data["setting"][:2] == made.runs[["speed", "feed"]].iloc[0].tolist()


def test_blocks_are_parted_by_a_line():
    assert len(glyphs(points_chart(sheet(FACTORS, "full", replicates=2, blocks=2)), Line)) == 1


@pytest.fixture
def found():
    result = [45, 71, 48, 65, 68, 60, 80, 65, 43, 100, 45, 104, 75, 86, 70, 96]
    return analyse(experiment(pd.DataFrame(two_level(4)[0], columns=list("ABCD")).assign(result=result)))


def test_every_effect_is_a_point_and_the_active_ones_are_named(found):
    plot = half_normal(found)
    data = glyphs(plot, Scatter)[0].data_source.data

    assert len(data["x"]) == 15
    assert [name for name in data["name"] if name] == ["C", "D", "A × D", "A × C", "A"]
    assert found.margin[1] in {span.location for span in plot.select(Span)}


def test_profiles_pass_through_the_best_setting(found):
    plot = profile_chart(found)

    assert len(glyphs(plot, Line)) == 3
    for dot in glyphs(plot, Scatter):
        assert dot.data_source.data["y"] == [found.optimum.predicted]


def test_every_run_has_a_residual(found):
    assert len(glyphs(residual_chart(found), Scatter)[0].data_source.data["y"]) == 16


def test_without_a_model_there_are_residuals_of_all_terms_and_no_profiles():
    noise = np.random.default_rng(0).normal(size=16)
    coded = np.tile(two_level(2)[0], (4, 1))
    found = analyse(experiment(pd.DataFrame(coded, columns=["A", "B"]).assign(result=noise)))

    assert not glyphs(profile_chart(found), Line)
    assert glyphs(residual_chart(found), Scatter)
