"""The attribute chart: shares, rates, counts or distances between events, with limits of each point's own."""

from typing import Any

from bokeh.models import NumeralTickFormatter

from workbench.charts.limits import limit_chart
from workbench.charts.text import both
from workbench.methods.attribute import AttributeChart
from workbench.methods.attribute_words import level_text

AXES = {
    "p": both("Share defective", "不合格品率"),
    "laney-p": both("Share defective", "不合格品率"),
    "np": both("Defective items", "不合格品数"),
    "c": both("Defects", "缺陷数"),
    "u": both("Defects per unit", "单位缺陷数"),
    "laney-u": both("Defects per unit", "单位缺陷数"),
    "g": both("Items between events", "事件间隔件数"),
    "t": both("Time between events", "事件间隔时间"),
}


def attribute_plot(chart: AttributeChart, *, unit: str | None = None) -> Any:
    """Draw the points with their limits; the names at the right are those of the last point."""
    axis = AXES[chart.chart]
    if unit and chart.chart == "t":
        en, _, zh = axis.partition(both("", ""))
        axis = both(f"{en} ({unit})", f"{zh} ({unit})")
    last = chart.points.iloc[-1]
    names = (("center", "centre", "中心线"), ("ucl", "UCL", "上限"), ("lcl", "LCL", "下限"))
    levels = {}
    for name, en, zh in names:
        if name == "lcl" and not chart.points["lcl"].gt(0).any():
            continue  # nobody finds less than nothing
        value = float(last[name])
        shown = _short(chart, value)
        levels[name] = both(f"{en} {shown}", f"{zh} {shown}")
    plot = limit_chart(chart.points, chart.signals, axis=axis, levels=levels)
    if chart.chart in ("p", "laney-p"):
        plot.yaxis[0].formatter = NumeralTickFormatter(format="0.[00] %")
    plot.y_range.start = 0
    return plot


def _short(chart: AttributeChart, value: float) -> str:
    if chart.chart == "np":
        return f"{value:.1f}"
    return (
        level_text(chart, value)["en"]
        .removesuffix(" per unit")
        .removesuffix(" per sample")
        .removesuffix(" items")
    )
