"""Forecast chart: the history, the point forecast, and the bands the truth should lie in."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import ColumnDataSource, HoverTool, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, GREY, INK, WARNING, figure


def forecast_chart(
    history: pd.DataFrame,
    ahead: pd.DataFrame,
    *,
    title: Mapping[str, str],
    actuals: pd.DataFrame | None = None,
    unit: str | None = None,
    shown: int | None = None,
) -> Any:
    """Draw one series.

    ``history`` has period, value and filled; ``ahead`` period, value, low80, high80, low95, high95;
    ``actuals``, if any, period and value. The last ``shown`` periods of the history are in view.
    """
    dated = pd.api.types.is_datetime64_any_dtype(history["period"])
    plot = figure(title=both(title["en"], title["zh"]), x_axis_type="datetime" if dated else "linear")
    past, future = _source(history), _source(_joined(history, ahead))
    for level, alpha in ((95, 0.12), (80, 0.22)):
        plot.varea(
            x="period",
            y1=f"low{level}",
            y2=f"high{level}",
            source=future,
            fill_color=ACCENT,
            fill_alpha=alpha,
            legend_label=both(f"{level} % of cases", f"{level}% 的情况"),
        )
    line = plot.line(
        "period", "value", source=past, color=INK, width=1.5, legend_label=both("demand", "历史需求")
    )
    ours = plot.line(
        "period", "value", source=future, color=ACCENT, width=2.5, legend_label=both("forecast", "预测")
    )
    _mark_filled(plot, history)
    if actuals is not None and len(actuals):
        plot.scatter(
            "period",
            "value",
            source=_source(actuals[["period", "value"]]),
            size=7,
            fill_color="white",
            line_color=INK,
            line_width=1.5,
            legend_label=both("what came", "实际值"),
        )
    plot.add_layout(Span(location=_edge(history), dimension="height", line_color=GREY, line_dash="dashed"))
    _finish(plot, line, ours, dated=dated, unit=unit)
    _look_at(plot, history, ahead, shown)
    return plot


def _source(frame: pd.DataFrame) -> ColumnDataSource:
    # From arrays: Bokeh 3.9 takes a frame in a way that pandas 3.1 deprecates.
    return ColumnDataSource({str(name): frame[name].to_numpy() for name in frame.columns})


def _joined(history: pd.DataFrame, ahead: pd.DataFrame) -> pd.DataFrame:
    """Let the forecast and its bands start at the last known value, so that no hole is drawn."""
    last = history.iloc[[-1]][["period", "value"]]
    start = last.assign(**dict.fromkeys(("low80", "high80", "low95", "high95"), last["value"]))
    columns = ["period", "value", "low80", "high80", "low95", "high95"]
    return pd.concat([start[columns], ahead[columns]], ignore_index=True)


def _mark_filled(plot: Any, history: pd.DataFrame) -> None:
    filled = history[history["filled"]]
    if len(filled):
        plot.scatter(
            "period",
            "value",
            source=_source(filled),
            size=8,
            marker="x",
            color=WARNING,
            line_width=2,
            legend_label=both("filled in", "补全值"),
        )


def _edge(history: pd.DataFrame) -> float:
    last = history["period"].iloc[-1]
    return float(last.timestamp() * 1000) if isinstance(last, pd.Timestamp) else float(last)


def _finish(plot: Any, line: Any, ours: Any, *, dated: bool, unit: str | None) -> None:
    when = "@period{%F}" if dated else "@period"
    formatters = {"@period": "datetime"} if dated else {}
    number = "@value{0,0.[00]}"
    known = [(both("period", "周期"), when), (both("demand", "需求"), number)]
    said = [
        (both("period", "周期"), when),
        (both("forecast", "预测"), number),
        ("80 %", "@low80{0,0.[00]} – @high80{0,0.[00]}"),
        ("95 %", "@low95{0,0.[00]} – @high95{0,0.[00]}"),
    ]
    for renderer, tips in ((line, known), (ours, said)):
        plot.add_tools(HoverTool(renderers=[renderer], tooltips=tips, formatters=formatters, mode="vline"))
    suffix = f", {unit}" if unit else ""
    plot.yaxis.axis_label = both(f"demand per period{suffix}", f"每周期需求{suffix}")
    plot.legend.location = "top_left"
    plot.legend.orientation = "horizontal"
    plot.legend.click_policy = "hide"
    plot.legend.background_fill_alpha = 0.7
    plot.legend.border_line_color = None


def _look_at(plot: Any, history: pd.DataFrame, ahead: pd.DataFrame, shown: int | None) -> None:
    """Frame what is of interest; one exploding limit must not press the history flat."""
    seen = history if shown is None else history.iloc[-shown:]
    values = np.concatenate([seen["value"], ahead["value"], ahead["low80"], ahead["high80"]]).astype(float)
    wide = np.concatenate([ahead["low95"], ahead["high95"]]).astype(float)
    low, high = np.nanmin(values), np.nanmax(values)
    room = (high - low) or 1.0
    plot.y_range.start = (
        max(float(np.nanmin(wide)), low - room) if np.nanmin(wide) < low else low - 0.05 * room
    )
    plot.y_range.end = min(float(np.nanmax([np.nanmax(wide), high])), high + room) + 0.18 * room
    plot.x_range.start, plot.x_range.end = seen["period"].iloc[0], ahead["period"].iloc[-1]
