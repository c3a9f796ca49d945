"""The Pareto chart with its cumulative line, what has risen or fallen, and when in the week it happens."""

from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import (
    ColorBar,
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    LinearAxis,
    LinearColorMapper,
    NumeralTickFormatter,
    Range1d,
    Span,
)

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, INK, WARNING, figure
from workbench.methods.pareto import NO_REASON, Pareto

MOST_BARS, MOST_CHANGES = 12, 15
OTHERS = both("others", "其他")
NO_NAME = both("no reason", "无原因")
AXES = {
    "count": both("Events", "次数"),
    "time": both("Minutes", "分钟"),
    "quantity": both("Quantity", "数量"),
    "money": both("Cost", "金额"),
}
DAYS = (
    ("Mon", "周一"),
    ("Tue", "周二"),
    ("Wed", "周三"),
    ("Thu", "周四"),
    ("Fri", "周五"),
    ("Sat", "周六"),
    ("Sun", "周日"),
)
BLUES = tuple(
    f"#{r:02x}{g:02x}{b:02x}" for r, g, b in np.linspace((246, 249, 253), (31, 95, 168), 24).astype(int)
)


def pareto_plot(found: Pareto, *, unit: str | None = None) -> Any:
    """Draw the causes, the largest first, the long tail folded into one bar, and the cumulative share."""
    shown = _folded(found.table)
    names = shown["reason"].tolist()
    axis = AXES[found.weight]
    if unit and found.weight in ("quantity", "money"):
        axis = both(*(f"{part} ({unit})" for part in axis.split(both("", ""))))
    plot = figure(x_range=names, y_axis_label=axis, height=360, y_range=Range1d(0, 1.04 * found.total))
    colours = [
        GREY if name == OTHERS else ACCENT if vital else "#9db9d8"
        for name, vital in zip(names, shown["vital"], strict=True)
    ]
    numbers = {name: shown[name].tolist() for name in ("count", "weight", "share", "cumulative")}
    source = ColumnDataSource({"name": names, "colour": colours, **numbers})
    bars = plot.vbar("name", top="weight", width=0.82, color="colour", source=source)
    plot.extra_y_ranges = {"share": Range1d(0, 1.04)}
    right = LinearAxis(y_range_name="share", formatter=NumeralTickFormatter(format="0 %"))
    right.major_label_text_font, right.major_label_text_color = FONT, GREY
    right.axis_line_color = right.major_tick_line_color = right.minor_tick_line_color = None
    plot.add_layout(right, "right")
    plot.line("name", "cumulative", source=source, y_range_name="share", line_color=INK, line_width=1.6)
    plot.scatter("name", "cumulative", source=source, y_range_name="share", size=7, color=INK)
    level = found.plan.vital_share
    plot.add_layout(
        Span(location=level * found.total, dimension="width", line_color=WARNING, line_dash="dashed")
    )
    rows = [
        (both("Cause", "原因"), "@name"),
        (axis, "@weight{0,0.[0]}"),
        (both("Events", "次数"), "@count"),
        (both("Share", "占比"), "@share{0.0 %}"),
        (both("Cumulative", "累计"), "@cumulative{0.0 %}"),
    ]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=rows))
    if max(map(len, names)) > 8 or len(names) > 8:
        plot.xaxis[0].major_label_orientation = 0.6
    return plot


def _folded(table: pd.DataFrame) -> pd.DataFrame:
    """Fold what comes after the first eleven causes into one bar, where that makes the chart shorter."""
    named = table.assign(reason=table["reason"].replace({NO_REASON: NO_NAME}))
    if len(named) <= MOST_BARS:
        return named
    head, tail = named.head(MOST_BARS - 1), named.iloc[MOST_BARS - 1 :]
    rest = {name: tail[name].sum() for name in ("count", "weight", "share")}
    last = pd.DataFrame([{"reason": OTHERS, **rest, "cumulative": 1.0, "vital": False}])
    return pd.concat([head, last], ignore_index=True)


def change_plot(found: Pareto) -> Any:
    """Draw how often causes happen now against before, the surest first; None without periods."""
    if found.changes.empty:
        return None
    shown = found.changes[np.isfinite(found.changes["ratio"]) & (found.changes["ratio"] > 0)]
    shown = shown.sort_values(["p_adjusted", "p"], kind="stable").head(MOST_CHANGES).iloc[::-1]
    if shown.empty:
        return None
    names = [
        f"{reason} · {asset}" if asset else reason
        for reason, asset in zip(shown["reason"], shown["asset_id"], strict=True)
    ]
    plot = figure(y_range=names, x_axis_type="log", tools="save", height=max(150, 90 + 24 * len(names)))
    plot.xaxis.axis_label = both("Times as often as before (with interval)", "频率为之前的倍数（含区间）")
    plot.xaxis.formatter = NumeralTickFormatter(format="0.[00]")
    plot.xaxis.ticker = FixedTicker(ticks=[0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50])
    colour = {"rising": BAD, "falling": GOOD, "": ACCENT}
    numbers = {name: shown[name].tolist() for name in ("ratio", "before", "after", "p_adjusted")}
    source = ColumnDataSource(
        {
            "name": names,
            "low": shown["low"].clip(lower=0.05).tolist(),
            "high": shown["high"].clip(upper=50).tolist(),
            "colour": [colour[change] for change in shown["change"]],
            **numbers,
        }
    )
    plot.add_layout(Span(location=1, dimension="height", line_color=GREY, line_dash="dotted"))
    plot.segment("low", "name", "high", "name", source=source, line_width=2.4, color="colour")
    dots = plot.scatter("ratio", "name", source=source, size=9, color="colour")
    rows = [
        (both("Cause", "原因"), "@name"),
        (both("Before", "之前"), "@before"),
        (both("After", "之后"), "@after"),
        (both("Times as often", "倍数"), "@ratio{0.00}"),
        (both("p, corrected", "校正 p 值"), "@p_adjusted{0.0000}"),
    ]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    return plot


def week_map(found: Pareto) -> Any:
    """Draw when in the week the loss begins, by weekday and hour; None without times."""
    if found.calendar.empty:
        return None
    days = [both(*day) for day in DAYS]
    top = max(float(found.calendar["weight"].max()), 1e-9)
    mapper = LinearColorMapper(palette=BLUES, low=0, high=top)
    source = ColumnDataSource(
        {
            "day": [days[int(at)] for at in found.calendar["weekday"]],
            "hour": found.calendar["hour"].tolist(),
            "count": found.calendar["count"].tolist(),
            "weight": found.calendar["weight"].tolist(),
        }
    )
    plot = figure(y_range=days[::-1], x_range=(-0.5, 23.5), tools="save", height=260)
    plot.xaxis.axis_label = both("Hour of the day", "小时")
    plot.xaxis.ticker = list(range(0, 24, 2))
    cells = plot.rect(
        "hour",
        "day",
        1,
        1,
        source=source,
        line_color="white",
        fill_color={"field": "weight", "transform": mapper},
    )
    bar = ColorBar(
        color_mapper=mapper, width=10, major_label_text_font=FONT, major_label_text_font_size="11px"
    )
    plot.add_layout(bar, "right")
    rows = [
        (both("When", "时间"), "@day @hour:00"),
        (AXES[found.weight], "@weight{0,0.[0]}"),
        (both("Events", "次数"), "@count"),
    ]
    plot.add_tools(HoverTool(renderers=[cells], tooltips=rows))
    return plot
