"""How values are distributed: histogram with limits and curves, and a probability plot."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FixedTicker, HoverTool, Label, Range1d, Span
from numpy.typing import NDArray
from scipy.stats import norm

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, WARNING, figure
from workbench.methods.capability_model import Capability
from workbench.methods.normality import probability_points
from workbench.methods.spc_words import decimals_for

Floats = NDArray[np.float64]
MOST_BINS = 60
MOST_POINTS = 2000  # on the probability plot; more only overlap
PERCENTS = (0.1, 1, 5, 10, 25, 50, 75, 90, 95, 99, 99.9)


def histogram(values: Floats, study: Capability, *, unit: str | None = None) -> Any:
    """Draw a histogram with the specification limits, and the curves of the distribution used."""
    plot = figure(x_axis_label=_axis(unit), y_axis_label=both("Number of values", "数值个数"))
    edges = np.histogram_bin_edges(values, bins="fd" if values.size > 30 else "sturges")
    if edges.size > MOST_BINS:
        edges = np.histogram_bin_edges(values, bins=MOST_BINS)
    counts, edges = np.histogram(values, bins=edges)
    source = ColumnDataSource(
        {"left": edges[:-1].tolist(), "right": edges[1:].tolist(), "count": counts.tolist()}
    )
    bars = plot.quad(
        left="left",
        right="right",
        top="count",
        bottom=0,
        source=source,
        color=ACCENT,
        alpha=0.35,
        line_color="white",
    )
    rows = [(both("From", "从"), "@left"), (both("To", "到"), "@right"), (both("Values", "个数"), "@count")]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=rows))
    low, high = _span(values, study)
    top = _curves(plot, study, (low, high), values.size * float(edges[1] - edges[0]))
    top = max(top, float(counts.max())) * 1.18
    plot.x_range, plot.y_range = Range1d(low, high), Range1d(0, top)
    _limits(plot, study, top)
    return plot


def _axis(unit: str | None) -> str:
    suffix = f" ({unit})" if unit else ""
    return both(f"Value{suffix}", f"数值{suffix}")


def _span(values: Floats, study: Capability) -> tuple[float, float]:
    """Choose what the x axis shows: the values, both curves to four sigma, and the limits."""
    given = [limit for limit in (study.tolerance.lower, study.tolerance.upper) if limit is not None]
    outer = study.model.law.ppf([0.0001, 0.9999])
    low = min(float(values.min()), float(outer[0]), *given)
    high = max(float(values.max()), float(outer[1]), *given)
    margin = 0.04 * (high - low)
    return low - margin, high + margin


def _curves(plot: Any, study: Capability, span: tuple[float, float], area: float) -> float:
    """Draw the curves there are: of all values, and normal within subgroups; return the greatest height."""
    if study.model.family == "empirical":
        return 0.0
    x = np.linspace(*span, 200)
    heights = []
    curves = [(study.model.law, BAD, "solid", both("overall", "总体"))]
    if study.model.family == "normal":
        within = norm(study.mean, study.sigma_within)
        curves.append((within, GREY, "dashed", both("within subgroups", "子组内")))
    for law, colour, dash, name in curves:
        y = area * np.nan_to_num(law.pdf(x), posinf=0.0)
        heights.append(float(y.max()))
        plot.line(
            x.tolist(), y.tolist(), line_color=colour, line_dash=dash, line_width=1.6, legend_label=name
        )
    plot.legend.label_text_font, plot.legend.label_text_font_size = FONT, "11px"
    plot.legend.orientation, plot.legend.border_line_color = "horizontal", None
    plot.add_layout(plot.legend[0], "above")
    return max(heights)


def _limits(plot: Any, study: Capability, top: float) -> None:
    """Name the specification limits, the target and the mean above the bars."""
    places = decimals_for(study.sigma_overall)
    tolerance = study.tolerance
    marks = [
        (tolerance.lower, WARNING, "LSL", "下限"),
        (tolerance.upper, WARNING, "USL", "上限"),
        (tolerance.target, GOOD, "target", "目标"),
        (study.mean, GREY, "mean", "均值"),
    ]
    for level, (value, colour, en, zh) in enumerate(marks):
        if value is None:
            continue
        dash = "dotted" if colour == GREY else "dashed"
        plot.add_layout(
            Span(location=value, dimension="height", line_color=colour, line_dash=dash, line_width=1.6)
        )
        plot.add_layout(
            Label(
                x=value,
                y=top * (0.97 if level < 2 else 0.90 if level == 2 else 0.83),
                text=both(f"{en} {value:.{places}f}", f"{zh} {value:.{places}f}"),
                text_color=colour,
                text_font=FONT,
                text_font_size="11px",
                text_baseline="top",
                text_align="right" if en == "USL" else "left",
                x_offset=-4 if en == "USL" else 4,
            )
        )


def probability_plot(values: Floats, study: Capability, *, unit: str | None = None) -> Any:
    """Draw values against normal quantiles: on the line, they follow the distribution used."""
    plot = figure(x_axis_label=_axis(unit), y_axis_label=both("Share below (%)", "累积百分比 (%)"))
    ordered, quantiles = probability_points(values)
    if ordered.size > MOST_POINTS:
        kept = np.unique(np.linspace(0, ordered.size - 1, MOST_POINTS).astype(int))
        ordered, quantiles = ordered[kept], quantiles[kept]
    ends = np.linspace(-3.3, 3.3, 2 if study.model.family == "normal" else 80)
    line = np.asarray(study.model.law.ppf(norm.cdf(ends)), dtype=float)
    plot.line(line.tolist(), ends.tolist(), line_color=GREY, line_width=1.4)
    share = (100 * norm.cdf(quantiles)).round(2)
    source = ColumnDataSource({"x": ordered.tolist(), "y": quantiles.tolist(), "share": share.tolist()})
    dots = plot.scatter("x", "y", source=source, size=5, color=ACCENT, alpha=0.75)
    rows = [(both("Value", "数值"), "@x"), (both("Share below", "累积百分比"), "@share %")]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    ticks = [float(norm.ppf(percent / 100)) for percent in PERCENTS]
    plot.yaxis.ticker = FixedTicker(ticks=ticks)
    plot.yaxis.major_label_overrides = dict(zip(ticks, map(str, PERCENTS), strict=True))
    if study.model.family != "empirical":
        _add_test(plot, study)
    return plot


def _add_test(plot: Any, study: Capability) -> None:
    """Write the test of the distribution into the plot."""
    p = f"{study.model.p:.3f}" if study.model.p >= 0.001 else "< 0.001"
    text = f"Anderson-Darling {study.model.square:.2f}" + (
        f", p {p}" if study.model.p == study.model.p else ""
    )
    plot.add_layout(
        Label(
            x=8,
            y=8,
            x_units="screen",
            y_units="screen",
            text=text,
            text_font=FONT,
            text_font_size="11px",
            text_color=GREY,
        )
    )
