"""Charts of experiments: where the runs stand."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, HoverTool

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, figure
from workbench.methods.doe_sheet import Sheet

POINT_COLOURS = {"corner": ACCENT, "edge": ACCENT, "axial": GOOD, "centre": BAD}
POINT_NAMES = {
    "corner": both("corner", "角点"),
    "edge": both("edge", "边中点"),
    "axial": both("axial", "轴点"),
    "centre": both("centre", "中心点"),
}


def points_chart(made: Sheet) -> Any:
    """Draw every run as a column of levels in the order of the sheet: one row per factor."""
    names = made.levels["factor"].tolist()
    coded = made.design.coded[made.runs["std_order"].to_numpy() - 1]
    count = len(coded)
    plot = figure(
        x_axis_label=both("Run", "试验顺序"),
        y_range=FactorRange(factors=names[::-1]),
        x_range=(0.4, count + 0.6),
        height=110 + 34 * len(names),
    )
    run, factor = np.meshgrid(np.arange(1, count + 1), np.arange(len(names)), indexing="ij")
    level = coded.ravel()
    points = np.repeat(made.runs["point"].to_numpy(), len(names))
    source = ColumnDataSource(
        {
            "x": run.ravel().tolist(),
            "y": [names[number] for number in factor.ravel()],
            "size": (9 + 5 * level / max(1.0, float(np.abs(level).max()))).tolist(),
            "fill": np.where(level > 0, 0.9, np.where(level < 0, 0.15, 0.5)).tolist(),
            "colour": [POINT_COLOURS[point] for point in points],
            "point": [POINT_NAMES[point] for point in points],
            "setting": made.runs[names].to_numpy().ravel().tolist(),
        }
    )
    marks = plot.scatter(
        "x", "y", source=source, size="size", fill_color="colour", line_color="colour", fill_alpha="fill"
    )
    rows = [
        (both("Run", "试验"), "@x"),
        (both("Setting", "设置"), "@setting"),
        (both("Point", "点类型"), "@point"),
    ]
    plot.add_tools(HoverTool(renderers=[marks], tooltips=rows))
    for edge in np.flatnonzero(np.diff(made.runs["block"].to_numpy())):
        plot.line([edge + 1.5] * 2, [names[-1], names[0]], line_color=GREY, line_dash="dashed")
    plot.yaxis.major_label_text_font = FONT
    return plot
