"""One look for every chart: palette, fonts, and a figure with the house's defaults."""

from typing import Any

from bokeh.models import FixedTicker, LinearAxis
from bokeh.plotting import figure as bokeh_figure

ACCENT, GOOD, WARNING, BAD = "#1f5fa8", "#1e7d3f", "#b26a00", "#c62828"
INK, GREY, GRID = "#1f2937", "#6b7280", "#e5e7eb"
PALETTE = (ACCENT, "#8a4b08", "#5b3a9b", "#0f7490", GOOD, "#9d174d")
FONT = "Noto Sans SC, Noto Sans CJK SC, Microsoft YaHei, PingFang SC, sans-serif"


def figure(**options: Any) -> Any:
    """Return an empty Bokeh figure in the house's look; ``options`` go to ``bokeh.plotting.figure``."""
    defaults: dict[str, Any] = {
        "height": 300,
        "sizing_mode": "stretch_width",
        "tools": "xpan,xwheel_zoom,box_zoom,reset,save",
        "active_scroll": None,
        "toolbar_location": "right",
    }
    plot = bokeh_figure(**{**defaults, **options})
    plot.toolbar.logo = None
    plot.toolbar.autohide = True
    plot.outline_line_color = None
    for axis in plot.axis:
        axis.axis_label_text_font = axis.major_label_text_font = FONT
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font_size = "12px"
        axis.major_label_text_font_size = "12px"
        axis.axis_label_text_color = axis.major_label_text_color = GREY
        axis.axis_line_color = GRID
        axis.major_tick_line_color = axis.minor_tick_line_color = None
    plot.grid.grid_line_color = GRID
    plot.xgrid.grid_line_color = None
    plot.title.text_font = FONT
    plot.title.text_font_style = "normal"
    plot.title.text_font_size = "13px"
    return plot


def named_levels(named: dict[float, str]) -> LinearAxis:
    """Name levels on an axis of their own: it takes the room it needs, however narrow the chart is."""
    return LinearAxis(
        ticker=FixedTicker(ticks=list(named)),
        major_label_overrides=named,
        major_label_text_font=FONT,
        major_label_text_font_size="11px",
        major_label_text_color=GREY,
        axis_line_color=None,
        major_tick_line_color=None,
        major_label_standoff=2,
    )
