"""Charts of experiments: where the runs stand, which effects count, what is left, the way to the best."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, Span
from scipy import stats

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, PALETTE, WARNING, figure, named_levels
from workbench.methods.doe_optimum import predict
from workbench.methods.doe_sheet import Sheet
from workbench.methods.doe_words import Findings

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
        x_axis_label=both("Run (large: high level, small: low level)", "试验顺序（大：高水平，小：低水平）"),
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


def half_normal(found: Findings) -> Any:
    """Draw the sizes of the effects against what pure noise would give: what stands off the line counts."""
    plot = figure(
        x_axis_label=both("Size of the effect", "效应绝对值"),
        y_axis_label=both("Half-normal quantile", "半正态分位数"),
        height=320,
    )
    rows = found.table.assign(size=found.table["effect"].abs()).sort_values("size")
    rank = (np.arange(1, len(rows) + 1) - 0.5) / len(rows)
    far = rows["size"] > rows["size"].max() / 2  # names stand on the side where there is room
    source = ColumnDataSource(
        {
            "x": rows["size"].tolist(),
            "y": stats.norm.ppf(0.5 + rank / 2).tolist(),
            "term": rows["term"].tolist(),
            "name": np.where(rows["active"] == "yes", rows["term"], "").tolist(),
            "effect": rows["effect"].tolist(),
            "colour": np.where(rows["active"] == "yes", BAD, ACCENT).tolist(),
            "align": np.where(far, "right", "left").tolist(),
            "beside": np.where(far, -8, 8).tolist(),
        }
    )
    marks = plot.scatter("x", "y", source=source, size=8, color="colour")
    plot.text(
        "x", "y", text="name", source=source, x_offset="beside", y_offset=-4,
        text_align="align", text_font=FONT, text_font_size="11px", text_color=GREY,
    )  # fmt: skip
    hover = [(both("Term", "项"), "@term"), (both("Effect", "效应"), "@effect{0.000}")]
    plot.add_tools(HoverTool(renderers=[marks], tooltips=hover))
    if found.margin is not None:
        names = {found.margin[1]: both("margin (Lenth)", "误差限 (Lenth)")}
        for level in names:
            plot.add_layout(Span(location=level, dimension="height", line_color=WARNING, line_dash="dashed"))
        plot.add_layout(named_levels(names), "above")
    plot.x_range.start = 0
    plot.x_range.end = 1.06 * float(rows["size"].max())
    plot.y_range.start, plot.y_range.end = 0, 1.15 * float(stats.norm.ppf(0.5 + rank[-1] / 2))
    return plot


def residual_chart(found: Findings) -> Any:
    """Draw what the model leaves over against what it expects; a pattern means that something is missing."""
    model = found.model or found.whole
    plot = figure(
        x_axis_label=both("Expected by the model", "模型预计值"),
        y_axis_label=both("Residual", "残差"),
        height=260,
    )
    count = len(model.fitted)
    source = ColumnDataSource(
        {"x": model.fitted.tolist(), "y": model.residuals.tolist(), "run": list(range(1, count + 1))}
    )
    dots = plot.scatter("x", "y", source=source, size=7, color=ACCENT)
    rows = [(both("Row", "行"), "@run"), (both("Residual", "残差"), "@y{0.000}")]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    plot.add_layout(Span(location=0, dimension="width", line_color=GREY))
    return plot


def profile_chart(found: Findings) -> Any:
    """Draw how the result changes with each factor of the model, the others held at the best setting."""
    plot = figure(
        x_axis_label=both("Level of the factor (−1 low, +1 high)", "因子水平（−1 低，+1 高）"),
        y_axis_label=both("Expected result", "预计结果"),
        height=320,
    )
    model, best = found.model, found.optimum
    if model is None or best is None:
        return plot
    used = sorted({number for term in model.terms for number in term})
    level = np.linspace(-1, 1, 41)
    for place, number in enumerate(used):
        at = np.tile(best.coded, (level.size, 1))
        at[:, number] = level
        colour = PALETTE[place % len(PALETTE)]
        name = model.experiment.factors[number].name
        plot.line(level, predict(model, at), line_color=colour, line_width=2, legend_label=name)
        plot.scatter([best.coded[number]], [best.predicted], size=9, color=colour)
    plot.legend.label_text_font, plot.legend.label_text_font_size = FONT, "11px"
    plot.legend.orientation, plot.legend.border_line_color = "horizontal", None
    plot.add_layout(plot.legend[0], "above")
    return plot
