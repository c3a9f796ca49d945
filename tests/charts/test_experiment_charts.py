"""Charts of experiments show every run."""

import pandas as pd
from bokeh.models import Line, Scatter

from workbench.charts.experiment import points_chart
from workbench.methods.doe_sheet import sheet

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
