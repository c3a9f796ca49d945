"""Charts of bias: repeated measurements of one part against its reference, and bias along the range."""

from typing import Any

import numpy as np
from bokeh.models import Band, BoxAnnotation, ColumnDataSource, HoverTool, Range1d, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GOOD, GREY, WARNING, figure, named_levels
from workbench.methods.msa_linearity import Linearity
from workbench.methods.msa_type1 import TypeOne
from workbench.methods.spc_words import decimals_for

CROWDED = 0.1  # of the band: levels nearer than this share one name


def run_chart(study: TypeOne, *, unit: str | None = None) -> Any:
    """Draw the measurements in order, the reference, the mean, and the compared share of the tolerance."""
    suffix = f" ({unit})" if unit else ""
    plot = figure(
        x_axis_label=both("Measurement", "测量序号"),
        y_axis_label=both(f"Value{suffix}", f"测量值{suffix}"),
    )
    values, count = study.values, study.values.size
    half = study.share / 200 * study.tolerance
    low, high = study.reference - half, study.reference + half
    plot.x_range = Range1d(0, count + 1)
    band = BoxAnnotation(bottom=low, top=high, fill_color=GOOD, fill_alpha=0.06, level="underlay")
    plot.add_layout(band)
    source = ColumnDataSource({"x": list(range(1, count + 1)), "y": values.tolist()})
    plot.line("x", "y", source=source, line_color=ACCENT, line_width=1.4)
    dots = plot.scatter("x", "y", source=source, size=5, color=ACCENT)
    rows = [(both("Measurement", "测量序号"), "@x"), (both("Value", "数值"), "@y{0.[000000]}")]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=rows))
    places = decimals_for(study.sigma)
    spread = study.multiplier / 2 * study.sigma
    mean = float(values.mean())
    percent = f"{study.share / 2:g}"
    size = f"{study.reference:.{places}f}"
    marks = {
        study.reference: (f"reference {size}", f"参考值 {size}"),
        low: (f"-{percent} % of T", f"-{percent}% 公差"),
    }
    marks[high] = (f"+{percent} % of T", f"+{percent}% 公差")
    for level in marks:
        colour = GOOD if level == study.reference else WARNING
        plot.add_layout(Span(location=level, dimension="width", line_color=colour, line_dash="dashed"))
    plot.add_layout(Span(location=mean, dimension="width", line_color=GREY, line_dash="dotted"))
    _add_mean(marks, mean, f"{mean:.{places}f}", reach=CROWDED * (high - low))
    plot.add_layout(named_levels({level: both(*names) for level, names in marks.items()}), "right")
    edges = [low, high, mean - spread, mean + spread, float(values.min()), float(values.max())]
    margin = 0.08 * (max(edges) - min(edges))
    plot.y_range = Range1d(min(edges) - margin, max(edges) + margin)
    return plot


def _add_mean(marks: dict[float, tuple[str, str]], mean: float, size: str, *, reach: float) -> None:
    """Name the mean; together with the nearest level where two names would lie on top of each other."""
    nearest = min(marks, key=lambda level: abs(mean - level))
    if abs(mean - nearest) < reach:
        en, zh = marks[nearest]
        marks[nearest] = (f"{en}, mean {size}", f"{zh}，均值 {size}")
    else:
        marks[mean] = (f"mean {size}", f"均值 {size}")


def histogram(study: TypeOne, *, unit: str | None = None) -> Any:
    """Draw how the measurements are distributed about the reference."""
    suffix = f" ({unit})" if unit else ""
    plot = figure(
        x_axis_label=both(f"Value{suffix}", f"测量值{suffix}"),
        y_axis_label=both("Measurements", "测量次数"),
        height=240,
    )
    counts, edges = np.histogram(study.values, bins="sturges")
    bars = plot.quad(
        left=edges[:-1].tolist(),
        right=edges[1:].tolist(),
        top=counts.tolist(),
        bottom=0,
        color=ACCENT,
        alpha=0.35,
        line_color="white",
    )
    rows = [
        (both("From", "从"), "@left"),
        (both("To", "到"), "@right"),
        (both("Measurements", "次数"), "@top"),
    ]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=rows))
    for value, colour in ((study.reference, GOOD), (float(study.values.mean()), GREY)):
        plot.add_layout(Span(location=value, dimension="height", line_color=colour, line_dash="dashed"))
    plot.y_range.start = 0
    return plot


def linearity_plot(study: Linearity, *, unit: str | None = None) -> Any:
    """Draw the bias of every measurement, the mean of each part, and the line with its confidence band."""
    suffix = f" ({unit})" if unit else ""
    plot = figure(
        x_axis_label=both(f"Reference{suffix}", f"参考值{suffix}"),
        y_axis_label=both(f"Bias{suffix}", f"偏倚{suffix}"),
        height=340,
    )
    known = study.points["reference"]
    at = np.linspace(known.min(), known.max(), 60)
    line, reach = study.line(at), study.band(at)
    band = ColumnDataSource(
        {"x": at.tolist(), "low": (line - reach).tolist(), "high": (line + reach).tolist()}
    )
    plot.add_layout(
        Band(
            base="x", lower="low", upper="high", source=band, fill_color=BAD, fill_alpha=0.12, line_color=None
        )
    )
    plot.add_layout(Span(location=0.0, dimension="width", line_color=GREY))
    plot.line(at.tolist(), line.tolist(), line_color=BAD, line_width=1.6, legend_label=both("line", "回归线"))
    source = ColumnDataSource(
        {name: study.points[name].tolist() for name in ("part", "reference", "value", "bias")}
    )
    dots = plot.scatter(
        "reference",
        "bias",
        source=source,
        size=5,
        color=ACCENT,
        alpha=0.5,
        legend_label=both("values", "测量值"),
    )
    means = ColumnDataSource(
        {name: study.parts[name].tolist() for name in ("part", "reference", "bias", "p")}
    )
    marks = plot.scatter(
        "reference",
        "bias",
        source=means,
        size=11,
        marker="diamond",
        color=BAD,
        legend_label=both("mean of a part", "零件均值"),
    )
    where = [(both("Part", "零件"), "@part"), (both("Bias", "偏倚"), "@bias{0.[000000]}")]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=[*where, (both("Value", "数值"), "@value")]))
    plot.add_tools(HoverTool(renderers=[marks], tooltips=[*where, ("p", "@p{0.000}")]))
    plot.legend.label_text_font, plot.legend.label_text_font_size = FONT, "11px"
    plot.legend.orientation, plot.legend.border_line_color = "horizontal", None
    plot.add_layout(plot.legend[0], "above")
    return plot
