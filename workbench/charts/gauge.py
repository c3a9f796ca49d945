"""Charts of a gauge study: components, by part, by operator, their interaction, ranges and means."""

from typing import Any

import numpy as np
from bokeh.models import ColumnDataSource, FactorRange, FixedTicker, HoverTool, Label, Range1d, Span

from workbench.charts.text import both
from workbench.charts.theme import ACCENT, BAD, FONT, GREY, INK, PALETTE, figure, named_levels
from workbench.methods.msa_model import GaugeStudy
from workbench.methods.msa_range import control_limits
from workbench.methods.msa_study import Layout
from workbench.methods.msa_words import GOOD_UP_TO, USABLE_UP_TO
from workbench.methods.spc_words import decimals_for

BARS = {
    "gauge": both("Gauge R&R", "量具 R&R"),
    "repeatability": both("Repeatability", "重复性"),
    "reproducibility": both("Reproducibility", "再现性"),
    "part": both("Part to part", "零件间"),
}
SHARES = {
    "percent_contribution": both("% of variance", "方差贡献 %"),
    "percent_study": both("% of variation", "变差 %"),
    "percent_tolerance": both("% of tolerance", "公差 %"),
}
MOST_LABELS = 30  # parts named on an axis; beyond, every second, third, …
HEADROOM = 0.22  # of the chart, for the names of the operators
MOST_LETTERS = 45  # of labels side by side; beyond, they stand upright
SPREAD = 0.12  # sideways, so that equal values do not hide each other


def components(study: GaugeStudy) -> Any:
    """Draw the shares of gauge and parts beside each other, with AIAG's 10 and 30 percent."""
    table = study.table.set_index("source")
    sources = [source for source in BARS if source in table.index]
    shares = [share for share in SHARES if table[share].notna().all()]
    names = [BARS[source] for source in sources]
    plot = figure(
        x_range=FactorRange(factors=names, range_padding=0.1), y_axis_label=both("Percent", "百分比")
    )
    width = 0.8 / len(shares)
    for at, share in enumerate(shares):
        offset = (at - (len(shares) - 1) / 2) * width
        data = {
            "x": [(name, offset) for name in names],
            "name": names,
            "top": table.loc[sources, share].tolist(),
        }
        bars = plot.vbar(
            "x",
            top="top",
            width=width * 0.92,
            source=ColumnDataSource(data),
            color=PALETTE[at],
            alpha=0.8,
            legend_label=SHARES[share],
        )
        rows = [(both("Source", "来源"), "@name"), (SHARES[share], "@top{0.0} %")]
        plot.add_tools(HoverTool(renderers=[bars], tooltips=rows))
    for level in (GOOD_UP_TO, USABLE_UP_TO):
        plot.add_layout(Span(location=level, dimension="width", line_color=GREY, line_dash="dashed"))
        note = Label(x=4, x_units="screen", y=level, text=f"{level:g} %", y_offset=1)
        note.text_color, note.text_font, note.text_font_size = GREY, FONT, "11px"
        plot.add_layout(note)
    plot.y_range.start = 0
    _legend(plot)
    return plot


def _legend(plot: Any) -> None:
    plot.legend.label_text_font, plot.legend.label_text_font_size = FONT, "11px"
    plot.legend.orientation, plot.legend.border_line_color = "horizontal", None
    plot.add_layout(plot.legend[0], "above")


def _value(unit: str | None) -> str:
    suffix = f" ({unit})" if unit else ""
    return both(f"Value{suffix}", f"测量值{suffix}")


def ranges(layout: Layout, *, unit: str | None = None) -> Any:
    """Draw the range of each part, operator by operator: points above the limit are poor repeating."""
    spread = np.ptp(layout.values, axis=2)
    limits = control_limits(layout)
    suffix = f" ({unit})" if unit else ""
    plot = _by_operator(layout, spread, both(f"Range{suffix}", f"极差{suffix}"), height=230)
    _limits(plot, limits, "range")
    plot.y_range.start = 0
    return plot


def means(layout: Layout, *, unit: str | None = None) -> Any:
    """Draw the mean of each part, operator by operator: half of them or more should lie outside."""
    suffix = f" ({unit})" if unit else ""
    plot = _by_operator(
        layout, layout.values.mean(axis=2), both(f"Mean{suffix}", f"均值{suffix}"), height=260
    )
    _limits(plot, control_limits(layout), "mean")
    return plot


def _by_operator(layout: Layout, values: Any, axis: str, *, height: int) -> Any:
    """Draw one line per operator, side by side, parts along each."""
    operators, parts, _ = layout.shape
    plot = figure(
        x_axis_label=both("Parts, operator by operator", "零件（按操作员排列）"),
        y_axis_label=axis,
        height=height,
    )
    plot.x_range = Range1d(0.5, operators * parts + 0.5)
    for at, (operator, row) in enumerate(zip(layout.operator_names, values, strict=True)):
        x = [at * parts + part + 1 for part in range(parts)]
        data = {"x": x, "y": row.tolist(), "part": list(layout.parts[at]), "operator": [operator] * parts}
        _line(plot, data, PALETTE[at % len(PALETTE)])
        if at:
            edge = at * parts + 0.5
            plot.add_layout(Span(location=edge, dimension="height", line_color=GREY, line_width=0.6))
        if operator:
            _name(plot, at * parts + 0.7, operator, PALETTE[at % len(PALETTE)])
    plot.y_range = Range1d(float(values.min()), float(values.max()))
    _label_parts(plot, [label for own in layout.parts for label in own])
    return plot


def _label_parts(plot: Any, labels: list[str]) -> None:
    ticks = list(range(1, len(labels) + 1, max(1, -(-len(labels) // MOST_LABELS))))
    plot.xaxis.ticker = FixedTicker(ticks=ticks)
    plot.xaxis.major_label_overrides = {at: labels[at - 1] for at in ticks}
    if sum(len(labels[at - 1]) for at in ticks) > MOST_LETTERS:
        plot.xaxis.major_label_orientation = "vertical"


def _name(plot: Any, x: float, text: str, colour: str) -> None:
    label = Label(x=x, y=plot.height - 62, y_units="screen", text=text, text_color=colour)
    label.text_font, label.text_font_size, label.text_baseline = FONT, "12px", "top"
    plot.add_layout(label)


def _line(plot: Any, data: dict[str, Any], colour: str, *, name: str | None = None, dots: int = 6) -> None:
    source = ColumnDataSource(data)
    more = {"legend_label": name} if name else {}
    plot.line("x", "y", source=source, line_color=colour, line_width=1.6, **more)
    drawn = plot.scatter("x", "y", source=source, size=dots, color=colour, **more)
    rows = [(both("Part", "零件"), "@part"), (both("Value", "数值"), "@y{0.[000000]}")]
    if any(data.get("operator", [])):
        rows.insert(1, (both("Operator", "操作员"), "@operator"))
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=rows))


def _limits(plot: Any, limits: dict[str, float], kind: str) -> None:
    """Draw centre and limits, and name them beside the chart; means name the limits alone."""
    places = decimals_for(limits["range"] or 1.0)
    low, high, named = plot.y_range.start, plot.y_range.end, {}
    for name, (en, zh) in {
        kind: ("centre", "中心线"),
        f"{kind}_ucl": ("UCL", "上限"),
        f"{kind}_lcl": ("LCL", "下限"),
    }.items():
        value = limits[name]
        if name == "range_lcl" and value == 0:
            continue
        colour, dash = (GREY, "solid") if name == kind else (BAD, "dashed")
        plot.add_layout(Span(location=value, dimension="width", line_color=colour, line_dash=dash))
        if name != "mean":
            named[value] = both(f"{en} {value:.{places}f}", f"{zh} {value:.{places}f}")
        low, high = min(low, value), max(high, value)
    room = high - low or 1.0
    plot.y_range.start, plot.y_range.end = low - 0.06 * room, high + HEADROOM * room
    plot.add_layout(named_levels(named), "right")


def by_part(layout: Layout, *, unit: str | None = None) -> Any:
    """Draw every value by part, in the colour of its operator, with the mean of each part."""
    operators, parts, _ = layout.shape
    nested = operators > 1 and len(set(layout.parts)) > 1
    count = operators * parts if nested else parts
    plot = figure(x_axis_label=both("Part", "零件"), y_axis_label=_value(unit))
    plot.x_range = Range1d(0.5, count + 0.5)
    shift = np.linspace(-SPREAD, SPREAD, operators) if operators > 1 and not nested else np.zeros(operators)
    for at, operator in enumerate(layout.operator_names):
        first = at * parts if nested else 0
        x = np.repeat(np.arange(parts) + 1 + first, layout.shape[2]) + shift[at]
        data = {"x": x, "y": layout.values[at].ravel(), "part": np.repeat(layout.parts[at], layout.shape[2])}
        _dots(plot, data, operator, PALETTE[at % len(PALETTE)])
    centre = layout.values.mean(axis=2).ravel() if nested else layout.values.mean(axis=(0, 2))
    plot.line(list(range(1, count + 1)), centre.tolist(), line_color=INK, line_width=1.2, line_alpha=0.6)
    _label_parts(plot, [label for own in layout.parts for label in own][:count])
    if layout.operators:
        _legend(plot)
    return plot


def _dots(plot: Any, data: dict[str, Any], operator: str, colour: str, *, named: bool = True) -> None:
    columns = {name: list(column) for name, column in data.items()}
    columns["operator"] = [operator] * len(columns["x"])
    more = {"legend_label": operator} if operator and named else {}
    drawn = plot.scatter("x", "y", source=ColumnDataSource(columns), size=6, color=colour, alpha=0.7, **more)
    rows = [(both("Part", "零件"), "@part"), (both("Value", "数值"), "@y{0.[000000]}")]
    if operator:
        rows.insert(1, (both("Operator", "操作员"), "@operator"))
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=rows))


def by_operator(layout: Layout, *, unit: str | None = None) -> Any:
    """Draw every value by operator with the means joined; None where there is one operator."""
    operators, parts, trials = layout.shape
    if operators < 2:
        return None
    plot = figure(x_axis_label=both("Operator", "操作员"), y_axis_label=_value(unit), height=260)
    plot.x_range = Range1d(0.5, operators + 0.5)
    shift = np.tile(np.linspace(-2 * SPREAD, 2 * SPREAD, parts)[:, None], (1, trials)).ravel()
    for at, operator in enumerate(layout.operators):
        part = np.repeat(layout.parts[at], trials)
        data = {"x": at + 1 + shift, "y": layout.values[at].ravel(), "part": part}
        _dots(plot, data, operator, ACCENT, named=False)
    centre = layout.values.mean(axis=(1, 2)).tolist()
    data = {"x": list(range(1, operators + 1)), "y": centre, "part": [both("mean", "均值")] * operators}
    _line(plot, data, BAD, dots=9)
    plot.xaxis.ticker = FixedTicker(ticks=list(range(1, operators + 1)))
    plot.xaxis.major_label_overrides = dict(enumerate(layout.operators, 1))
    return plot


def interaction(layout: Layout, *, unit: str | None = None) -> Any:
    """Draw the mean of each part for each operator: parallel lines, no interaction; None for one operator."""
    operators, parts, _ = layout.shape
    if operators < 2:
        return None
    plot = figure(x_axis_label=both("Part", "零件"), y_axis_label=_value(unit))
    plot.x_range = Range1d(0.5, parts + 0.5)
    for at, operator in enumerate(layout.operator_names):
        data = {
            "x": list(range(1, parts + 1)),
            "y": layout.values[at].mean(axis=1).tolist(),
            "part": list(layout.parts[at]),
            "operator": [operator] * parts,
        }
        _line(plot, data, PALETTE[at % len(PALETTE)], name=operator)
    _label_parts(plot, list(layout.parts[0]))
    _legend(plot)
    return plot
