"""The histogram and the probability plot show the values, the limits and the tests."""

import numpy as np
import pandas as pd
import pytest
from bokeh.models import Label, Quad, Scatter, Span

from workbench.charts.distribution import MOST_BINS, MOST_POINTS, histogram, probability_plot
from workbench.methods.capability import capability
from workbench.methods.capability_model import Tolerance
from workbench.methods.spc_samples import arrange


def study_of(values, tolerance=None):
    samples = arrange(pd.DataFrame({"value": values}))
    return samples.values, capability(samples, tolerance or Tolerance(8.0, 12.0, 10.0))


@pytest.fixture
def normal():
    return study_of(np.random.default_rng(4).normal(10, 0.5, 120))


def glyphs(plot, kind):
    return [renderer for renderer in plot.renderers if isinstance(renderer.glyph, kind)]


def test_the_bars_hold_every_value(normal):
    plot = histogram(*normal, unit="mm")
    assert sum(glyphs(plot, Quad)[0].data_source.data["count"]) == 120


def test_limits_target_and_mean_are_marked(normal):
    plot = histogram(*normal, unit="mm")

    assert sorted(span.location for span in plot.select(Span))[::3] == [8.0, 12.0]
    texts = " ".join(label.text for label in plot.select(Label))
    assert "LSL 8.00" in texts
    assert "上限 12.00" in texts


def test_limits_are_in_sight_however_far_they_are(normal):
    plot = histogram(normal[0], study_of(normal[0], Tolerance(upper=99.0))[1])
    assert plot.x_range.end > 99.0


def test_an_outlier_does_not_make_a_thousand_bars():
    values = np.append(np.random.default_rng(4).normal(10, 0.01, 500), 60.0)
    assert len(glyphs(histogram(*study_of(values)), Quad)[0].data_source.data["count"]) <= MOST_BINS


def test_normal_values_lie_on_the_line_of_the_probability_plot(normal):
    values, study = normal

    data = glyphs(probability_plot(values, study), Scatter)[0].data_source.data

    expected = study.mean + study.sigma_overall * np.array(data["y"])
    assert np.corrcoef(data["x"], expected)[0, 1] > 0.99


def test_a_large_probability_plot_is_thinned_but_keeps_its_ends():
    values, study = study_of(np.random.default_rng(4).normal(10, 0.5, 9000))

    data = glyphs(probability_plot(values, study), Scatter)[0].data_source.data

    assert len(data["x"]) == MOST_POINTS
    assert (data["x"][0], data["x"][-1]) == (values.min(), values.max())
