"""Groups side by side: every value, the middle half, the mean with its interval; and all differences."""

from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import BoxAnnotation, ColumnDataSource, HoverTool, Span
from scipy.special import stdtrit

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, GOOD, GREY, INK, figure
from workbench.methods.groups_compare import Comparison

MOST_VALUES = 3000  # drawn as points; of more an even choice
MOST_PAIRS = 30


def group_plot(found: Comparison, *, unit: str | None = None) -> Any:
    """Draw the values of each group with box, mean and the 95 % interval of the mean."""
    table = found.groups.table
    names = table["group"].tolist()
    plot = figure(x_range=names, y_axis_label=_axis("Value", "数值", unit), height=340)
    _values(plot, found)
    _boxes(plot, found)
    width = stdtrit(table["n"] - 1, 0.975) * table["se"]
    source = ColumnDataSource(
        {
            "name": names,
            "mean": table["mean"].tolist(),
            "low": (table["mean"] - width).tolist(),
            "high": (table["mean"] + width).tolist(),
            "sd": table["sd"].tolist(),
            "n": table["n"].tolist(),
        }
    )
    plot.segment("name", "low", "name", "high", source=source, line_color=INK, line_width=2.4)
    means = plot.scatter(
        "name", "mean", source=source, marker="diamond", size=13, color=INK, line_color="white"
    )
    rows = [
        (both("Group", "组"), "@name"),
        (both("Mean", "均值"), "@mean{0.[000000]}"),
        (both("95 % interval", "95 % 区间"), "@low{0.[000000]} – @high{0.[000000]}"),
        (both("Standard deviation", "标准差"), "@sd{0.[000000]}"),
        (both("Values", "个数"), "@n"),
    ]
    plot.add_tools(HoverTool(renderers=[means], tooltips=rows))
    if found.plan.target is not None:
        plot.add_layout(
            Span(location=found.plan.target, dimension="width", line_color=GOOD, line_dash="dashed")
        )
    if len(names) > 12 or max(map(len, names)) > 10:
        plot.xaxis.major_label_orientation = 0.6
    return plot


def _values(plot: Any, found: Comparison) -> None:
    """Draw values beside each other where they would hide each other."""
    groups = found.groups
    values = groups.origin + np.concatenate(groups.away)
    at = np.repeat(np.arange(len(groups.away)), groups.sizes.astype(int))
    if values.size > MOST_VALUES:
        kept = np.unique(np.linspace(0, values.size - 1, MOST_VALUES).astype(int))
        values, at = values[kept], at[kept]
    order = np.arange(values.size)
    aside = 0.3 * ((order * 0.618034) % 1 - 0.5)  # spread evenly and the same every time
    places = [(groups.names[group], float(shift)) for group, shift in zip(at, aside, strict=True)]
    source = ColumnDataSource({"x": places, "y": values.tolist()})
    plot.scatter("x", "y", source=source, size=4, color=ACCENT, alpha=0.35)


def _boxes(plot: Any, found: Comparison) -> None:
    groups = found.groups
    quartiles = np.array([groups.origin + np.quantile(part, [0.25, 0.5, 0.75]) for part in groups.away])
    low, middle, high = quartiles.T
    source = ColumnDataSource(
        {"name": list(groups.names), "low": low.tolist(), "middle": middle.tolist(), "high": high.tolist()}
    )
    plot.vbar("name", top="high", bottom="low", width=0.5, source=source, fill_alpha=0, line_color=GREY)
    plot.vbar("name", top="middle", bottom="middle", width=0.5, source=source, line_color=GREY, line_width=2)


def pair_plot(found: Comparison, *, unit: str | None = None) -> Any:
    """Draw the difference of each pair with its interval, the largest first; None without intervals."""
    pairs = found.pairs
    if pairs.empty or pairs["low"].isna().any():
        return None
    shown = pairs.assign(size=pairs["difference"].abs()).sort_values("size", ascending=False)
    shown = shown.head(MOST_PAIRS).iloc[::-1]
    names = (shown["first"] + " − " + shown["second"]).tolist()
    title = ""
    if len(pairs) > len(shown):
        title = both(
            f"The {len(shown)} largest of {len(pairs)} differences",
            f"{len(pairs)} 个差异中最大的 {len(shown)} 个",
        )
    plot = figure(y_range=names, title=title, tools="save", height=max(140, 80 + 26 * len(names)))
    plot.xaxis.axis_label = _axis("Difference with interval", "差异及其区间", unit)
    if found.plan.margin is not None:
        plot.add_layout(
            BoxAnnotation(
                left=-found.plan.margin,
                right=found.plan.margin,
                fill_color=GOOD,
                fill_alpha=0.08,
                level="underlay",
            )
        )
    plot.add_layout(Span(location=0, dimension="height", line_color=GREY, line_dash="dotted"))
    _intervals(plot, shown, names)
    return plot


def _intervals(plot: Any, shown: pd.DataFrame, names: list[str]) -> None:
    numbers = {name: shown[name].tolist() for name in ("difference", "low", "high", "p")}
    colours = [BAD if differs else ACCENT for differs in shown["differs"]]
    source = ColumnDataSource({"name": names, "colour": colours, **numbers})
    plot.segment("low", "name", "high", "name", source=source, line_width=2.4, color="colour")
    dots = plot.scatter("difference", "name", source=source, size=9, color="colour")
    rows = [
        (both("Pair", "比较对"), "@name"),
        (both("Difference", "差异"), "@difference{0.[000000]}"),
        (both("Interval", "区间"), "@low{0.[000000]} – @high{0.[000000]}"),
        ("p", "@p{0.0000}"),
    ]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=rows))


def _axis(en: str, zh: str, unit: str | None) -> str:
    suffix = f" ({unit})" if unit else ""
    return both(en + suffix, zh + suffix)
