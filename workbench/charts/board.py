"""One number over what a sweep varied: bars for things, a line for times and values, a heat map for two."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bokeh.models import ColorBar, FactorRange, HoverTool, LinearColorMapper, Span

from workbench.charts.theme import ACCENT, BAD, GOOD, GREY, WARNING, figure

TONES = {"bad": BAD, "warning": WARNING, "good": GOOD, "info": ACCENT}
# From pale to the house's blue: dark is much, on white paper and on black.
HEAT = ("#dbe7f5", "#b9d0ea", "#94b7de", "#6c9dd1", "#4680be", "#1f5fa8", "#164579")
CROWDED = 110  # characters of all labels, from which on they are turned


@dataclass(frozen=True)
class Spot:
    """One point: where it stands, its number, how it was judged."""

    at: tuple[str, ...]
    value: float
    level: str
    shown: str


def over_one(spots: Sequence[Spot], *, ordered: bool, target: float | None = None, height: int = 240) -> Any:
    """Draw a number over one axis; ``ordered`` joins points that follow each other."""
    labels = [spot.at[0] for spot in spots]
    plot = figure(height=height, x_range=FactorRange(*labels), tools="", toolbar_location=None)
    data = _columns(spots) | {"x": labels}
    if ordered:
        plot.line("x", "value", source=data, color=GREY, line_width=1)
        drawn = plot.scatter("x", "value", source=data, color="tone", size=9)
    else:
        drawn = plot.vbar("x", top="value", width=0.7, source=data, color="tone")
    if target is not None:
        plot.add_layout(Span(location=target, dimension="width", line_color=GREY, line_dash="dashed"))
    plot.add_tools(HoverTool(renderers=[drawn], tooltips=[("", "@x"), ("", "@shown")]))
    return _labelled(plot, labels)


def over_two(spots: Sequence[Spot], *, names: tuple[str, str], height: int = 300) -> Any:
    """Draw a number over two axes; the second one runs to the right."""
    down, across = (list(dict.fromkeys(spot.at[axis] for spot in spots)) for axis in (0, 1))
    values = [spot.value for spot in spots]
    mapper = LinearColorMapper(palette=HEAT, low=min(values), high=max(values))
    plot = figure(
        height=max(height, 60 + 24 * len(down)),
        x_range=FactorRange(*across),
        y_range=FactorRange(*reversed(down)),
        tools="",
        toolbar_location=None,
    )
    data = _columns(spots) | {"y": [spot.at[0] for spot in spots], "x": [spot.at[1] for spot in spots]}
    colour = {"field": "value", "transform": mapper}
    drawn = plot.rect("x", "y", 0.96, 0.94, source=data, fill_color=colour, line_color="edge", line_width=2)
    plot.add_tools(
        HoverTool(renderers=[drawn], tooltips=[(names[0], "@y"), (names[1], "@x"), ("", "@shown")])
    )
    bar = ColorBar(color_mapper=mapper, width=10, background_fill_color=None, major_label_text_color=GREY)
    plot.add_layout(bar, "right")
    plot.xaxis.axis_label, plot.yaxis.axis_label = names[1], names[0]
    return _labelled(plot, across)


def _columns(spots: Sequence[Spot]) -> dict[str, Any]:
    tones = [TONES.get(spot.level, GREY) for spot in spots]
    edges = [BAD if spot.level == "bad" else WARNING if spot.level == "warning" else None for spot in spots]
    return {
        "value": [spot.value for spot in spots],
        "tone": tones,
        "edge": edges,
        "shown": [spot.shown for spot in spots],
    }


def _labelled(plot: Any, labels: Sequence[str]) -> Any:
    """Let a chart stand on white and on black paper, its labels clear of each other."""
    plot.background_fill_color = plot.border_fill_color = None
    plot.grid.grid_line_color, plot.grid.grid_line_alpha = GREY, 0.25
    plot.axis.axis_line_color, plot.axis.axis_line_alpha = GREY, 0.4
    if sum(len(label) + 2 for label in labels) > CROWDED:
        plot.xaxis.major_label_orientation = 0.9
    return plot
