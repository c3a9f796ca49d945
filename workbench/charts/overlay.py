"""Charts of several runs in one: the same lines, points and bars over the same axes, one colour per run.

Only what can be laid over another honestly: plain figures of lines, steps, points, bands and bars with the
same kind of axis and the same unit. Everything else is for the page to show side by side.
"""

from collections.abc import Sequence
from typing import Any

from bokeh.core.property.vectorization import Field, Value
from bokeh.document import Document
from bokeh.models import (
    CategoricalAxis,
    Circle,
    ColumnDataSource,
    DatetimeAxis,
    FixedTicker,
    GlyphRenderer,
    Legend,
    LegendItem,
    Line,
    LogAxis,
    Quad,
    Scatter,
    Segment,
    Step,
    VArea,
)
from bokeh.models import Plot as BokehPlot

from workbench.charts.theme import FONT, PALETTE, figure

# The coordinates of each kind of glyph; what a figure draws beyond these cannot be laid over another.
GLYPHS: dict[type, tuple[str, ...]] = {
    Line: ("x", "y"),
    Step: ("x", "y"),
    Scatter: ("x", "y"),
    Circle: ("x", "y"),
    VArea: ("x", "y1", "y2"),
    Quad: ("left", "right", "top", "bottom"),
    Segment: ("x0", "y0", "x1", "y1"),
}
BANDS = (VArea, Quad)
STYLES = ("line_dash", "line_width", "marker", "size", "mode")


def overlay(documents: Sequence[tuple[str, dict[str, Any]]]) -> dict[str, Any] | None:
    """Lay the recorded figures of several runs over each other.

    Parameters
    ----------
    documents : name of the run, Bokeh document as JSON
        The first is drawn first, and its axes are named.

    Returns
    -------
    dict or None
        A Bokeh document as JSON; None where the figures cannot be laid over each other.
    """
    plots = [_plots(document) for _, document in documents]
    if any(len(found) != len(plots[0]) for found in plots) or not plots[0]:
        return None
    drawn = Document()
    for alike in zip(*plots, strict=True):
        if not _fit_together(alike):
            return None
        drawn.add_root(_over_each_other([name for name, _ in documents], alike))
    found: dict[str, Any] = drawn.to_json(deferred=False)
    return found


def _plots(document: dict[str, Any]) -> list[Any]:
    """Return the figures of a document; none when it holds anything else, as widgets do."""
    roots = Document.from_json(document).roots
    return list(roots) if all(isinstance(root, BokehPlot) for root in roots) else []


def _fit_together(plots: Sequence[Any]) -> bool:
    """Whether all draw only what can be laid over another, on axes of one kind and unit."""
    kinds = {tuple(_axis_kind(axis) for axis in (*plot.below, *plot.left) if hasattr(axis, "axis_label"))
             for plot in plots}  # fmt: skip
    units = {next((axis.axis_label for axis in plot.left), None) for plot in plots}
    glyphs = [each.glyph for plot in plots for each in plot.renderers if isinstance(each, GlyphRenderer)]
    if any(_labels(plots, way) is None for way in ("below", "left")):
        return False
    known = all(type(glyph) in GLYPHS for glyph in glyphs)
    return len(kinds) == 1 and len(units) == 1 and known and "category" not in next(iter(kinds))


def _labels(plots: Sequence[Any], way: str) -> dict[Any, str] | None:
    """Return the names of an axis' ticks, if any; None where two plots name one place differently."""
    found: dict[Any, str] = {}
    for plot in plots:
        axis = next((axis for axis in getattr(plot, way) if hasattr(axis, "axis_label")), None)
        for place, name in (axis.major_label_overrides if axis else {}).items():
            if found.setdefault(place, name) != name:
                return None
    return found


def _axis_kind(axis: Any) -> str:
    for kind, name in ((DatetimeAxis, "time"), (CategoricalAxis, "category"), (LogAxis, "log")):
        if isinstance(axis, kind):
            return name
    return "number"


def _over_each_other(names: Sequence[str], plots: Sequence[Any]) -> Any:
    first = plots[0]
    axes = {"x": first.below[0], "y": first.left[0]} if first.below and first.left else {}
    kinds = {"time": "datetime", "log": "log", "number": "linear"}
    options = {f"{way}_axis_type": kinds[_axis_kind(axis)] for way, axis in axes.items()}
    labels = {f"{way}_axis_label": axis.axis_label for way, axis in axes.items()}
    plot = figure(height=first.height or 300, **options, **labels)
    for axis, way in ((plot.xaxis, "below"), (plot.yaxis, "left")):
        if named := _labels(plots, way):
            axis.ticker = FixedTicker(ticks=sorted(named))
            axis.major_label_overrides = named
    items = []
    for number, (name, source) in enumerate(zip(names, plots, strict=True)):
        colour = PALETTE[number % len(PALETTE)]
        drawn = [_again(plot, each, colour) for each in source.renderers if _is_seen(each)]
        items.append(LegendItem(label=name, renderers=drawn))
    legend = Legend(
        items=items, click_policy="hide", orientation="horizontal", spacing=18, border_line_color=None
    )
    legend.label_text_font, legend.label_text_font_size = FONT, "12px"
    plot.add_layout(legend, "above")
    return plot


def _is_seen(renderer: Any) -> bool:
    """Leave out what is drawn for the mouse alone."""
    if not isinstance(renderer, GlyphRenderer) or not renderer.visible:
        return False
    alphas = [_plain(getattr(renderer.glyph, name, None)) for name in ("line_alpha", "fill_alpha")]
    return any(alpha is not None and alpha != 0 for alpha in alphas)


def _plain(given: Any) -> Any:
    """Return a visual property that is the same for all points."""
    return given.value if isinstance(given, Value) else given


def _values(renderer: Any, at: Any) -> Any:
    """Return the values of one coordinate: a column of the source, or one value for all."""
    name = at if isinstance(at, str) else at.field if isinstance(at, Field) else None
    return at if name is None else renderer.data_source.data[name]


def _again(plot: Any, renderer: Any, colour: str) -> Any:
    """Draw a glyph's values again, in the colour of its run."""
    glyph = renderer.glyph
    coordinates = GLYPHS[type(glyph)]
    values = {name: _values(renderer, getattr(glyph, name)) for name in coordinates}
    columns = {name: list(value) for name, value in values.items() if hasattr(value, "__len__")}
    fixed = {name: value for name, value in values.items() if name not in columns}
    given = {name: _plain(getattr(glyph, name, None)) for name in STYLES}
    style = {name: value for name, value in given.items() if isinstance(value, str | int | float | list)}
    if isinstance(glyph, BANDS):
        style = {"fill_color": colour, "fill_alpha": 0.25}
        style |= {"line_color": colour} if isinstance(glyph, Quad) else {}
    elif isinstance(glyph, Scatter | Circle):
        style |= {"line_color": colour, "fill_color": colour, "fill_alpha": 0.8}
    else:
        style |= {"line_color": colour, "line_alpha": 0.8 if style.get("line_dash") else 1.0}
    kind = Scatter if isinstance(glyph, Circle) else type(glyph)
    return plot.add_glyph(ColumnDataSource(columns), kind(**{n: n for n in columns}, **fixed, **style))
