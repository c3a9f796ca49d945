"""The control chart: points and limits, signals as red diamonds that say their rule, zones, the baseline."""

from dataclasses import replace
from typing import Any

import pandas as pd
from bokeh.models import BoxAnnotation, ColumnDataSource, FixedTicker

from workbench.charts.limits import (
    MOST_MARKERS,
    MOST_POINTS,
    hover,
    part_stages,
    rule_text,
    shade_baseline,
    ticks,
)
from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, GREY, figure, named_levels
from workbench.methods.spc_causes import CAUSES, explanations_of
from workbench.methods.spc_model import ControlChart
from workbench.methods.spc_words import decimals_for

LOCATION_AXES = {
    "imr": both("Value", "单值"),
    "xbar-r": both("Subgroup mean", "子组均值"),
    "xbar-s": both("Subgroup mean", "子组均值"),
    "median": both("Subgroup median", "子组中位数"),
    "moving-average": both("Moving average", "移动平均值"),
    "ewma": both("Weighted average", "加权平均值"),
    "cusum": both("Cumulative sum", "累积和"),
    "short-run-z": both("Standardised value", "标准化值"),
    "short-run-target": both("Deviation from nominal", "与名义值的偏差"),
}
SPREAD_AXES = {
    "mr": both("Moving range", "移动极差"),
    "range": both("Range", "极差"),
    "deviation": both("Standard deviation", "标准差"),
}


def location_chart(chart: ControlChart, *, unit: str | None = None) -> Any:
    """Draw the upper chart: values, means, medians, or what remembers; ``mark`` adds later signals."""
    lines = ["upper", "lower"] if chart.chart == "cusum" else ["statistic"]
    plot = _empty(chart, LOCATION_AXES[chart.chart], unit)
    shade_baseline(plot, chart.points["baseline"].to_numpy(dtype=bool))
    part_stages(plot, chart.points)
    if chart.spread is not None and chart.samples.equal_sizes and len(chart.stages) == 1:
        _shade_zones(plot, chart)
    data = _columns(chart, value="statistic", limits=("center", "ucl", "lcl"))
    if chart.chart == "cusum":
        newest = chart.points.tail(MOST_POINTS)
        data["upper"], data["lower"] = newest["upper"], -newest["lower"]
    _draw(plot, chart, data, lines, (chart.center, chart.ucl, chart.lcl))
    return mark(plot, chart) if chart.rules else plot


def spread_chart(chart: ControlChart, *, unit: str | None = None) -> Any:
    """Draw the lower chart: moving ranges, ranges or standard deviations; None where there is none."""
    if chart.spread is None:
        return None
    spread = chart.spread
    plot = _empty(chart, SPREAD_AXES[spread.kind], unit, height=220)
    shade_baseline(plot, chart.points["baseline"].to_numpy(dtype=bool))
    part_stages(plot, chart.points, named=False)
    limits = ("spread_center", "spread_ucl", "spread_lcl")
    data = _columns(chart, value="spread", limits=limits)
    _draw(plot, chart, data, ["value"], (spread.center, spread.ucl, spread.lcl))
    plot.y_range.start = 0
    return mark(plot, chart, which="spread") if chart.rules else plot


def mark(plot: Any, chart: ControlChart, *, which: str = "location") -> Any:
    """Mark the signals of a judged chart on the chart of its points (``location`` or ``spread``)."""
    found = chart.signals[chart.signals["chart"] == which]
    found = found[found["point"] > len(chart.points) - MOST_POINTS]
    rules = found.groupby("point")["rule"].agg(rule_text)
    causes = explanations_of(replace(chart, signals=found)).groupby("point")["causes"].agg(_causes_text)
    data = _columns(chart, value="statistic" if which == "location" else "spread")
    data = data[data["x"].isin(rules.index)]
    data["rule"] = rules.reindex(data["x"]).tolist()
    data["causes"] = causes.reindex(data["x"]).tolist()
    source = ColumnDataSource({name: data[name].tolist() for name in data})
    drawn = plot.scatter(
        "x", "statistic", source=source, marker="diamond", size=13, color=BAD, line_color="white"
    )
    plot.add_tools(hover(drawn, data, rule=True, causes=True))
    return plot


def _causes_text(codes: pd.Series) -> str:
    """Say what usually causes the patterns of a point, in both languages."""
    texts = [CAUSES[code] for code in dict.fromkeys(codes)]
    return both(" ".join(text["en"] for text in texts), "".join(text["zh"] for text in texts))


def _empty(chart: ControlChart, axis: str, unit: str | None, **options: Any) -> Any:
    unit = f" ({unit})" if unit else ""
    en, _, zh = axis.partition(both("", ""))
    kind = ("Point", "点") if chart.samples.individuals else ("Subgroup", "子组")
    last = max(1, len(chart.points))
    first = max(1, last - MOST_POINTS + 1)
    more = (f" (newest {MOST_POINTS} of {last})", f"（共 {last} 个，仅显示最新 {MOST_POINTS} 个）")
    plot = figure(
        x_axis_label=both(
            *(name + (text if first > 1 else "") for name, text in zip(kind, more, strict=True))
        ),
        y_axis_label=both(en + unit, zh + unit),
        x_range=(first - 0.5, last + 0.5),
        **options,
    )
    shown = ticks(first, last)
    plot.xaxis.ticker = FixedTicker(ticks=shown)
    labels = chart.points["subgroup"]
    plot.xaxis.major_label_overrides = {at: str(labels.iloc[at - 1]) for at in shown if at <= len(labels)}
    return plot


def _columns(chart: ControlChart, *, value: str, limits: tuple[str, ...] = ()) -> pd.DataFrame:
    """Collect what the glyphs and the hover need, with plain strings for texts."""
    points = chart.points.tail(MOST_POINTS)
    times = points["ts"].dt.strftime("%Y-%m-%d %H:%M") if "ts" in points else pd.Series("", points.index)
    return pd.DataFrame(
        {
            "x": points["point"],
            "value": points[value],
            **dict(zip(("center", "ucl", "lcl"), (points[name] for name in limits), strict=False)),
            "statistic": points[value],
            "subgroup": points["subgroup"].astype(str),
            "ts": times.fillna(""),
            "n": points["n"],
        }
    )


def _shade_zones(plot: Any, chart: ControlChart) -> None:
    for sigmas in (1, 2):
        width = sigmas * chart.error
        plot.add_layout(
            BoxAnnotation(
                bottom=chart.center - width,
                top=chart.center + width,
                fill_color=ACCENT,
                fill_alpha=0.035,
                level="underlay",
            )
        )


def _draw(
    plot: Any,
    chart: ControlChart,
    data: pd.DataFrame,
    lines: list[str],
    nominal: tuple[float, float, float],
) -> None:
    """Draw limits, lines and markers, and let the mouse ask each point."""
    source = ColumnDataSource({name: data[name].tolist() for name in data})
    names = (both("centre", "中心线"), both("UCL", "上限"), both("LCL", "下限"))
    places = decimals_for(chart.error)
    named: dict[float, str] = {}
    for column, level, name in zip(("center", "ucl", "lcl"), nominal, names, strict=True):
        colour, dash = (GREY, "solid") if column == "center" else (BAD, "dashed")
        plot.step(
            "x", column, source=source, mode="center", line_color=colour, line_dash=dash, line_width=1.2
        )
        if column == "lcl" and level == 0 < nominal[0]:
            continue  # a spread has no lower limit where zero is within reach
        en, _, zh = name.partition(both("", ""))
        named[float(level)] = both(f"{en} {level:.{places}f}", f"{zh} {level:.{places}f}")
    plot.add_layout(named_levels(named), "right")
    for number, column in enumerate(lines):
        plot.line("x", column, source=source, line_color=ACCENT, line_width=1.6, line_alpha=1 - 0.3 * number)
        if len(data) <= MOST_MARKERS:
            plot.scatter("x", column, source=source, size=5, color=ACCENT)
    asked = plot.scatter("x", "statistic", source=source, size=9, alpha=0.0, level="overlay")
    plot.add_tools(hover(asked, data))
