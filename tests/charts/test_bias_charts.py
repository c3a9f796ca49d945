"""Charts of bias show every measurement, what it is compared with, and the line with its band."""

import numpy as np
import pandas as pd
import pytest
from bokeh.models import Band, BoxAnnotation, Quad, Scatter, Span

from workbench.charts.bias import histogram, linearity_plot, run_chart
from workbench.methods.msa_linearity import linearity
from workbench.methods.msa_type1 import type_one


@pytest.fixture
def pin():
    return type_one(np.random.default_rng(1).normal(10.001, 0.002, 40), 10.0, 0.1)


@pytest.fixture
def line():
    reference = np.repeat([2.0, 4.0, 6.0], 8)
    value = reference * 1.01 + np.random.default_rng(2).normal(0, 0.02, 24)
    return linearity(pd.DataFrame({"part": reference, "reference": reference, "value": value}))


def glyphs(plot, kind):
    return [renderer for renderer in plot.renderers if isinstance(renderer.glyph, kind)]


def test_measurements_stand_in_order_with_reference_mean_and_band(pin):
    plot = run_chart(pin, unit="mm")

    assert glyphs(plot, Scatter)[0].data_source.data["y"] == pin.values.tolist()
    levels = {round(span.location, 6) for span in plot.select(Span)}
    assert levels == {10.0, round(pin.values.mean(), 6), 9.99, 10.01}
    band = next(box for box in plot.select(BoxAnnotation) if box.level == "underlay")
    assert (band.bottom, band.top) == pytest.approx((9.99, 10.01))
    assert plot.right[0].major_label_overrides[10.0].endswith("参考值 10.0000，均值 10.0010")


def test_a_mean_far_from_the_reference_has_a_name_of_its_own(pin):
    far = type_one(pin.values + 0.005, 10.0, 0.1)

    names = run_chart(far).right[0].major_label_overrides

    assert names[far.values.mean()].endswith("均值 10.0060")


def test_the_whole_band_is_in_sight(pin):
    plot = run_chart(pin)
    assert plot.y_range.start < 9.99
    assert plot.y_range.end > 10.01


def test_the_bars_hold_every_measurement(pin):
    assert sum(glyphs(histogram(pin), Quad)[0].data_source.data["top"]) == 40


def test_every_bias_and_the_mean_of_each_part_are_shown(line):
    plot = linearity_plot(line, unit="mm")

    values, means = glyphs(plot, Scatter)
    assert values.data_source.data["bias"] == line.points["bias"].tolist()
    assert means.data_source.data["bias"] == line.parts["bias"].tolist()


def test_the_band_of_the_line_is_drawn_over_the_whole_range(line):
    band = linearity_plot(line).select_one(Band).source.data

    assert (band["x"][0], band["x"][-1]) == (2.0, 6.0)
    middle = (np.array(band["low"]) + np.array(band["high"])) / 2
    assert middle == pytest.approx(line.line(np.array(band["x"])))
