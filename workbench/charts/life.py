"""Charts of remaining life: who fails first, and how far predictions were from the truth."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from bokeh.models import BoxAnnotation, ColumnDataSource, HoverTool, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, WARNING, figure

MOST_UNITS = 60
STATES = {
    "at_risk": (BAD, both("at risk", "有风险")),
    "wearing": (WARNING, both("wearing", "磨损中")),
    "no_wear": (GOOD, both("no wear visible", "未见磨损")),
}
LEFT = both("cycles left", "剩余循环数")


def fleet_life(predictions: pd.DataFrame, *, horizon: float) -> Any:
    """Draw each unit's predicted life with its interval, worst first, over the planning horizon.

    ``predictions`` has ``unit, rul, low, high, state``, worst first; at most 60 units are drawn.
    """
    shown = predictions.head(MOST_UNITS)
    names = [str(unit) for unit in shown["unit"]]
    title = both("Cycles left per unit, worst first", "各单元剩余循环数，最差在前")
    if len(predictions) > len(shown):
        title = both(
            f"Cycles left, the {len(shown)} worst of {len(predictions)} units",
            f"剩余循环数：{len(predictions)} 个单元中最差的 {len(shown)} 个",
        )
    plot = figure(title=title, x_range=names, tools="reset,save", height=340)
    plot.add_layout(
        BoxAnnotation(
            bottom=0, top=horizon, fill_color=BAD, fill_alpha=0.08, level="underlay", line_color=None
        )
    )
    plot.add_layout(Span(location=horizon, dimension="width", line_color=BAD, line_dash="dashed"))
    for state, (colour, label) in STATES.items():
        rows = shown[shown["state"] == state]
        if len(rows):
            _whiskers(plot, _source(rows, label), colour, label)
    plot.y_range.start = 0
    plot.yaxis.axis_label = LEFT
    plot.xaxis.axis_label = both("unit", "单元")
    plot.xaxis.major_label_orientation = 0.0 if len(names) <= 12 else 1.2
    plot.legend.orientation = "horizontal"
    plot.legend.location = "top_left"
    plot.legend.background_fill_alpha = 0.6
    plot.legend.border_line_color = None
    plot.legend.label_text_font, plot.legend.label_text_font_size = FONT, "12px"
    return plot


def _source(rows: pd.DataFrame, label: str) -> ColumnDataSource:
    numbers = {name: rows[name].astype(float).tolist() for name in ("rul", "low", "high")}
    return ColumnDataSource(
        {"unit": [str(unit) for unit in rows["unit"]], "state": [label] * len(rows), **numbers}
    )


def _whiskers(plot: Any, source: ColumnDataSource, colour: str, label: str) -> None:
    plot.segment(
        "unit", "low", "unit", "high", source=source, line_color=colour, line_width=2, line_alpha=0.5
    )
    dots = plot.scatter("unit", "rul", source=source, size=8, color=colour, legend_label=label)
    tips = [
        (both("unit", "单元"), "@unit"),
        (LEFT, "@rul{0}"),
        (both("interval", "区间"), "@low{0} – @high{0}"),
        (both("state", "状态"), "@state"),
    ]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=tips))


def predicted_vs_true(
    units: Sequence[object],
    predicted: Sequence[float],
    true: Sequence[float],
    *,
    low: Sequence[float] | None = None,
    high: Sequence[float] | None = None,
    title: str,
) -> Any:
    """Draw predicted over true remaining life; on the diagonal a prediction came true, above it was late."""
    plot = figure(title=title, height=340)
    source = ColumnDataSource(
        {
            "unit": [str(unit) for unit in units],
            "predicted": [float(value) for value in predicted],
            "true": [float(value) for value in true],
        }
    )
    if low is not None and high is not None:
        source.data["low"], source.data["high"] = [float(v) for v in low], [float(v) for v in high]
        plot.segment("true", "low", "true", "high", source=source, line_color=ACCENT, line_alpha=0.3)
    alpha = 0.8 if len(source.data["unit"]) <= 200 else 0.25
    dots = plot.scatter("true", "predicted", source=source, size=6, color=ACCENT, alpha=alpha)
    end = max([*source.data["predicted"], *source.data["true"], 1.0])
    plot.line([0, end], [0, end], line_color=GREY, line_dash="dashed")
    tips = [
        (both("unit", "单元"), "@unit"),
        (both("predicted", "预测"), "@predicted{0}"),
        (both("true", "真实"), "@true{0}"),
    ]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=tips))
    plot.xaxis.axis_label = both("true remaining life, cycles", "真实剩余寿命（循环）")
    plot.yaxis.axis_label = both("predicted, cycles", "预测值（循环）")
    return plot
