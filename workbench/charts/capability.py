"""The two panels that complete a capability six-pack: the newest subgroups, and spread against tolerance."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, HoverTool, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, GREY, WARNING, figure
from workbench.methods.capability_laws import QUANTILES
from workbench.methods.capability_model import Capability
from workbench.methods.spc_samples import Samples

NEWEST = 25


def newest_subgroups(samples: Samples, *, unit: str | None = None) -> Any:
    """Draw every value of the newest 25 subgroups, with the mean of all: trends and strays show here."""
    suffix = f" ({unit})" if unit else ""
    count = len(samples.points)
    first = max(0, count - NEWEST)
    kept = samples.point_of >= first
    at, values = samples.point_of[kept] + 1, samples.values[kept]
    kind = ("Newest values", "最新数值") if samples.individuals else ("Newest subgroups", "最新子组")
    plot = figure(
        x_axis_label=both(*kind),
        y_axis_label=both(f"Value{suffix}", f"数值{suffix}"),
        x_range=(first + 0.5, count + 0.5),
        height=220,
    )
    labels = samples.points["subgroup"].astype(str).to_numpy()
    source = ColumnDataSource(
        {"x": at.tolist(), "value": values.tolist(), "subgroup": labels[at - 1].tolist()}
    )
    dots = plot.scatter("x", "value", source=source, size=6, color=ACCENT, alpha=0.75)
    rows = [(both(*(("Point", "点") if samples.individuals else ("Subgroup", "子组"))), "@subgroup")]
    plot.add_tools(HoverTool(renderers=[dots], tooltips=[*rows, (both("Value", "数值"), "@value")]))
    plot.add_layout(Span(location=float(samples.values.mean()), dimension="width", line_color=GREY))
    return plot


def capability_plot(study: Capability, *, unit: str | None = None) -> Any:
    """Draw what the process needs, within subgroups and overall, above what the tolerance gives."""
    overall, within = both("Overall", "总体"), both("Within", "子组内")
    tolerance = both("Tolerance", "公差")
    low, middle, high = (float(value) for value in study.model.law.ppf(list(QUANTILES)))
    bars = [(overall, low, middle, high, BAD)]
    if study.model.family == "normal":
        reach = 3 * study.sigma_within
        bars.append((within, study.mean - reach, study.mean, study.mean + reach, GREY))
    limits = study.tolerance
    ends = [value for _, start, _, end, _ in bars for value in (start, end)]
    ends += [value for value in (limits.lower, limits.upper) if value is not None]
    margin = 0.06 * (max(ends) - min(ends))
    span = (min(ends) - margin, max(ends) + margin)
    given = (
        span[0] if limits.lower is None else limits.lower,
        span[1] if limits.upper is None else limits.upper,
    )
    aim = float(np.mean(given)) if limits.aim is None else limits.aim
    bars.append((tolerance, given[0], aim, given[1], WARNING))
    suffix = f" ({unit})" if unit else ""
    plot = figure(
        x_axis_label=both(f"Value{suffix}", f"数值{suffix}"),
        y_range=FactorRange(*[name for name, *_ in reversed(bars)]),
        x_range=span,
        height=220,
    )
    source = ColumnDataSource(
        dict(
            zip(("name", "low", "middle", "high", "colour"), map(list, zip(*bars, strict=True)), strict=True)
        )
    )
    drawn = plot.hbar(
        "name", left="low", right="high", height=0.35, source=source, color="colour", alpha=0.55
    )
    plot.scatter("middle", "name", source=source, marker="dash", angle=np.pi / 2, size=22, color="colour")
    rows = [(both("From", "从"), "@low"), (both("Middle", "中间"), "@middle"), (both("To", "到"), "@high")]
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=rows))
    return plot
