"""A trend's chart, still empty: one line per series, an axis per unit; the browser fills it as it zooms.

Sources are named ``line-0`` …; each line keeps to the range named after its axis, ``axis-0`` …
"""

from collections.abc import Sequence
from typing import Any

from bokeh.models import ColumnDataSource, DatetimeTickFormatter, HoverTool, LinearAxis, Range1d, Span

from workbench.charts.theme import BAD, FONT, GREY, PALETTE, figure

HEIGHT = 460
# Beyond the six colours of the house a line is dashed.
DASHES = ("solid", "dashed")
TIMES = {
    "microseconds": "%H:%M:%S.%f",
    "milliseconds": "%H:%M:%S.%3N",
    "seconds": "%H:%M:%S",
    "minsec": "%H:%M:%S",
    "minutes": "%H:%M",
    "hourmin": "%H:%M",
    "hours": "%m-%d %H:%M",
    "days": "%m-%d",
    "months": "%Y-%m",
    "years": "%Y",
}


def trend_chart(
    lines: Sequence[tuple[str, str]], *, limits: Sequence[float] = (), words: Sequence[str]
) -> Any:
    """Build the empty chart of named lines with their units; ``words`` head the columns of its hover."""
    units = list(dict.fromkeys(unit for _, unit in lines))
    plot = figure(
        height=HEIGHT,
        x_axis_type="datetime",
        x_range=Range1d(0, 1, name="time"),
        y_range=Range1d(0, 1, name="axis-0"),
        tools="xpan,xwheel_zoom,xbox_zoom,save",
        active_drag="xpan",
        active_scroll="xwheel_zoom",
        output_backend="canvas",
    )
    plot.xaxis.formatter = DatetimeTickFormatter(**TIMES)
    plot.yaxis.axis_label = units[0] if units else ""
    for place, unit in enumerate(units[1:], start=1):
        _further_axis(plot, f"axis-{place}", unit)
    for i, (name, unit) in enumerate(lines):
        place = units.index(unit)
        named = {"y_range_name": f"axis-{place}"} if place else {}
        source = ColumnDataSource({"x": [], "y": []}, name=f"line-{i}")
        colour, dash = PALETTE[i % len(PALETTE)], DASHES[i // len(PALETTE) % len(DASHES)]
        line = plot.line(
            "x", "y", source=source, color=colour, line_dash=dash, line_width=1.3, legend_label=name, **named
        )
        dots = ColumnDataSource({"x": [], "y": []}, name=f"dots-{i}")
        plot.scatter("x", "y", source=dots, color=colour, size=4, legend_label=name, **named)
        tips = [(name, f"@y{{0,0.[00000]}} {unit}"), (words[0], "@x{%F %T.%3N}")]
        plot.add_tools(
            HoverTool(renderers=[line], tooltips=tips, formatters={"@x": "datetime"}, visible=False)
        )
    for limit in limits:
        plot.add_layout(Span(location=limit, dimension="width", line_color=BAD, line_dash="dashed"))
    _legend(plot)
    return plot


def _further_axis(plot: Any, name: str, unit: str) -> None:
    plot.extra_y_ranges[name] = Range1d(0, 1, name=name)
    axis = LinearAxis(
        y_range_name=name,
        axis_label=unit,
        axis_label_text_font=FONT,
        axis_label_text_font_style="normal",
        axis_label_text_color=GREY,
        major_label_text_font=FONT,
        major_label_text_color=GREY,
        axis_line_color=None,
        major_tick_line_color=None,
        minor_tick_line_color=None,
    )
    plot.add_layout(axis, "right")


def _legend(plot: Any) -> None:
    if not plot.legend:
        return
    legend = plot.legend[0]
    plot.add_layout(legend, "above")
    legend.orientation, legend.click_policy, legend.ncols = "horizontal", "hide", "auto"
    legend.label_text_font, legend.label_text_color = FONT, GREY
    legend.background_fill_color = legend.border_line_color = None
    legend.padding = 2
