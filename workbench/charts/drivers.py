"""What moves a result: importances with intervals, and curves of the strongest factors."""

from typing import Any

import numpy as np
import pandas as pd
from bokeh.layouts import gridplot
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, LinearAxis, Range1d, Span, Whisker

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, GREY, figure
from workbench.methods.drivers import Drivers

MOST_BARS = 15
MOST_CURVES = 4
MOST_DOTS = 1500


def importance_chart(found: Drivers) -> Any:
    """Draw what mixing up each factor costs; grey bars may be chance."""
    rows = found.table.head(MOST_BARS).iloc[::-1]
    names = rows["factor"].tolist()
    ends = min(0.0, float(rows["low"].min())), max(1.0, float(rows["high"].max()))
    margin = 0.03 * (ends[1] - ends[0])
    plot = figure(
        y_range=FactorRange(*names),
        x_range=(ends[0] - margin, ends[1] + margin),
        x_axis_label=both("Error added by mixing it up (% of baseline)", "打乱后增加的误差（占基线的 %）"),
        height=max(180, 60 + 30 * len(names)),
    )
    columns = ("factor", "importance", "low", "high")
    source = ColumnDataSource({name: rows[name].tolist() for name in columns})
    source.data["colour"] = np.where(rows["found"], ACCENT, GREY).tolist()
    bars = plot.hbar("factor", right="importance", height=0.55, source=source, color="colour", alpha=0.65)
    whisker = Whisker(base="factor", lower="low", upper="high", dimension="width", source=source)
    whisker.line_color = whisker.upper_head.line_color = whisker.lower_head.line_color = GREY
    plot.add_layout(whisker)
    plot.add_layout(Span(location=0, dimension="height", line_color=GREY))
    told = [(both("Factor", "因素"), "@factor"), (both("Added error", "增加的误差"), "@importance{0.0} %")]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=told))
    return plot


def partial_charts(found: Drivers, *, unit: str | None = None) -> Any:
    """Draw the average prediction along the strongest factors, above bars that say where the rows lie."""
    names = list(dict.fromkeys(found.partial["factor"]))[:MOST_CURVES]
    low, high = (float(found.partial[name].agg(how)) for name, how in (("low", "min"), ("high", "max")))
    margin = 0.08 * (high - low) or 1.0
    span = (low - margin, high + margin)
    plots = [_curve(found.partial[found.partial["factor"] == name], name, span, unit=unit) for name in names]
    return gridplot(plots, ncols=2, sizing_mode="stretch_width", toolbar_location=None)


def _curve(part: pd.DataFrame, name: str, span: tuple[float, float], *, unit: str | None) -> Any:
    words = bool(part["level"].astype(bool).any())
    axis = both(f"Expected result{f' ({unit})' if unit else ''}", f"预计结果{f'（{unit}）' if unit else ''}")
    ranged = {"x_range": FactorRange(*part["level"].tolist())} if words else {}
    plot = figure(x_axis_label=name, y_axis_label=axis, y_range=span, height=240, **ranged)
    where = "level" if words else "value"
    source = ColumnDataSource({column: part[column].tolist() for column in part})
    plot.extra_y_ranges = {"share": Range1d(0, 3.5 * float(part["share"].max()))}
    hidden = LinearAxis(y_range_name="share", visible=False)
    plot.add_layout(hidden, "right")
    width = 0.5 if words else 0.8 * float(np.median(np.diff(part["value"]))) if len(part) > 1 else 1.0
    plot.vbar(where, top="share", width=width, source=source, color=GREY, alpha=0.25, y_range_name="share")
    if words:
        bars = Whisker(base="level", lower="low", upper="high", source=source, line_color=ACCENT)
        plot.add_layout(bars)
    else:
        plot.varea("value", "low", "high", source=source, color=ACCENT, alpha=0.15)
        plot.line("value", "prediction", source=source, color=ACCENT, line_width=2)
    dots = plot.scatter(where, "prediction", source=source, size=7 if words else 4, color=ACCENT)
    told = [
        (name, f"@{where}"),
        (both("Expected", "预计"), "@prediction"),
        (both("Rows", "行"), "@share{0.0} %"),
    ]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=told))
    return plot


def agreement_chart(found: Drivers, *, unit: str | None = None) -> Any:
    """Draw each row's result against its prediction by a model that had not seen it."""
    problem = found.problem
    at = np.linspace(0, problem.n - 1, min(problem.n, MOST_DOTS)).astype(int)
    predicted, result = found.predicted[at], problem.result[at]
    suffix = f" ({unit})" if unit else ""
    plot = figure(
        x_axis_label=both(f"Predicted, unseen{suffix}", f"预测值（未参与学习）{suffix}"),
        y_axis_label=both(f"Result{suffix}", f"结果{suffix}"),
        height=280,
    )
    if problem.event is not None:
        result = result + np.random.default_rng(1).uniform(-0.03, 0.03, result.size)
    plot.scatter(predicted.tolist(), result.tolist(), size=4, color=ACCENT, alpha=0.45)
    ends = [float(min(predicted.min(), result.min())), float(max(predicted.max(), result.max()))]
    plot.line(ends, ends, line_color=GREY, line_dash="dashed")
    return plot
