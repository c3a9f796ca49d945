"""A run's figures as Excel's own charts: the numbers of a Bokeh document in cells, and a chart over them.

Lines, steps, points, bars, areas and limits have a counterpart in Excel; what has none (a map of colours) is
left to the page. A chart that somebody changes in Excel changes with its cells.
"""

import json
import math
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from bokeh.document import Document
from bokeh.models import CategoricalAxis, DatetimeAxis, GlyphRenderer, Plot, Span

from workbench.charts.text import localise

DAY_MS = 86_400_000
EPOCH = 25_569  # the first of January 1970, as Excel counts days
MARGIN = 0.08
MOST = 20_000  # points of one series
SIZE = {"width": 960, "height": 420}
FIRST_COLUMN = 17  # the cells stand to the right of the chart


class Series(NamedTuple):
    """Points that belong together, and how they are drawn."""

    name: str
    x: Sequence[Any]
    y: Sequence[Any]
    kind: str  # line, dots, bars
    colour: str


def add(book: Any, name: str, title: str, path: Path, language: str) -> bool:
    """Add a sheet with one figure; return whether anything of it can be drawn by Excel."""
    if path.suffix != ".json":
        return False
    document = Document.from_json(localise(json.loads(path.read_text(encoding="utf-8")), language))
    drawn = [(plot, list(series_of(plot))) for plot in document.select({"type": Plot})]
    # A chart without its longest line would show something else: it is left to the page whole.
    plots = [(plot, found) for plot, found in drawn if found and all(len(one.x) <= MOST for one in found)]
    if not plots:
        return False
    sheet = book.add_worksheet(name)
    sheet.set_column(FIRST_COLUMN, FIRST_COLUMN + 2 * sum(len(found) for _, found in plots), 16)
    column = FIRST_COLUMN
    for number, (plot, found) in enumerate(plots):
        chart = _chart(book, plot, title if number == 0 else "", found)
        for one in found:
            _draw(book, sheet, chart, one, column, dated=_is_dated(plot))
            column += 2
        chart.finish()
        sheet.insert_chart(1 + number * 22, 0, chart.excel)
    return True


class _Chart:
    """Excel's chart: points over numbers, or bars over names with lines laid over them."""

    def __init__(self, book: Any, *, named: bool) -> None:
        self.named = named
        self.excel = book.add_chart(
            {"type": "column"} if named else {"type": "scatter", "subtype": "straight"}
        )
        self.over = book.add_chart({"type": "line"}) if named else None
        self.laid = False

    def take(self, one: Series, options: dict[str, Any]) -> None:
        if self.over is not None and one.kind != "bars":
            self.over.add_series(options | {"y2_axis": True})
            self.laid = True
        else:
            self.excel.add_series(options)

    def finish(self) -> None:
        if self.over is not None and self.laid:
            self.excel.combine(self.over)
        self.excel.set_size(SIZE)


def _chart(book: Any, plot: Any, title: str, found: Sequence[Series]) -> _Chart:
    chart = _Chart(book, named=_is_named(plot))
    chart.excel.set_title({"name": _plain(title), "name_font": {"size": 12}} if title else {"none": True})
    across: dict[str, Any] = {"name": _label(plot.xaxis), "label_position": "low"}
    across |= {"num_format": "yyyy-mm-dd"} if _is_dated(plot) else {}
    up: dict[str, Any] = {"name": _label(plot.yaxis)}
    if not chart.named:
        across |= _range([x for one in found for x in one.x], dated=_is_dated(plot))
        up |= _range([y for one in found for y in one.y], margin=MARGIN)
    chart.excel.set_x_axis(across | {"major_gridlines": {"visible": False}})
    chart.excel.set_y_axis(up | {"major_gridlines": {"visible": True, "line": {"color": "#E2E6EA"}}})
    chart.excel.set_legend({"none": True})
    return chart


def _range(values: Sequence[Any], *, margin: float = 0.0, dated: bool = False) -> dict[str, float]:
    """Return from where to where an axis goes: Excel would begin most of them at zero."""
    numbers = [value / DAY_MS + EPOCH if dated else value for value in values if _is_number(value)]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    room = margin * (high - low)
    return {"min": low - room, "max": high + room} if high > low else {}


def _draw(book: Any, sheet: Any, chart: _Chart, one: Series, column: int, *, dated: bool) -> None:
    """Write a series into two columns and let the chart show them."""
    head = book.add_format({"bold": True})
    time = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_string(0, column, "x", head)
    sheet.write_string(0, column + 1, one.name, head)
    for row, (x, y) in enumerate(zip(one.x, one.y, strict=False), start=1):
        if dated and _is_number(x):
            sheet.write_number(row, column, x / DAY_MS + EPOCH, time)
        elif _is_number(x):
            sheet.write_number(row, column, x)
        elif isinstance(x, str):
            sheet.write_string(row, column, x)
        if _is_number(y):  # an empty cell is a gap
            sheet.write_number(row, column + 1, y)
    last = min(len(one.x), len(one.y))
    where = sheet.get_name()
    colour = {"color": one.colour}
    look: dict[str, Any] = {
        "bars": {"fill": colour, "gap": 30},
        "line": {"line": colour | {"width": 1.25}, "marker": {"type": "none"}},
        "dots": {
            "line": {"none": True},
            "marker": {"type": "circle", "size": 5, "fill": colour, "border": colour},
        },
    }[one.kind]
    cells = {
        "categories": [where, 1, column, last, column],
        "values": [where, 1, column + 1, last, column + 1],
    }
    chart.take(one, {"name": [where, 0, column + 1], **cells, **look})


def series_of(plot: Any) -> Iterator[Series]:
    """Yield what Excel can draw of a plot, in the order in which it is drawn."""
    for renderer in plot.renderers:
        if isinstance(renderer, GlyphRenderer) and renderer.visible:
            kind, data = type(renderer.glyph).__name__, renderer.data_source.data
            read = READERS.get(kind)
            for x, y, drawn in read(renderer.glyph, data) if read else ():
                if x:
                    yield Series(renderer.name or kind.lower(), x, y, drawn, _colour(renderer.glyph))
    if _is_named(plot):
        return
    low, high = plot.x_range.start, plot.x_range.end
    for span in plot.center:
        if isinstance(span, Span) and span.dimension == "width" and _is_number(low) and _is_number(high):
            yield Series("limit", [low, high], [span.location] * 2, "line", _hex(span.line_color))


Drawn = Iterator[tuple[Sequence[Any], Sequence[Any], str]]


def _values(glyph: Any, data: Any, name: str, rows: int = 0) -> list[Any]:
    """Return what a property of a glyph takes from its source; a number stands for every row."""
    given = getattr(glyph, name)
    field = getattr(given, "field", given if isinstance(given, str) else None)
    if field is None:
        return [getattr(given, "value", given)] * rows
    found = data.get(field, ())
    return [value.item() if hasattr(value, "item") else value for value in found]


def _points(kind: str, x: str = "x", y: str = "y") -> Any:
    def read(glyph: Any, data: Any) -> Drawn:
        xs = _values(glyph, data, x)
        yield xs, _values(glyph, data, y, len(xs)), kind

    return read


def _steps(glyph: Any, data: Any) -> Drawn:
    """A step is a line with corners: half way between two points, or at one of them."""
    xs, ys = _values(glyph, data, "x"), _values(glyph, data, "y")
    if not all(_is_number(x) for x in xs):
        return
    share = {"before": 0.0, "center": 0.5, "after": 1.0}[str(glyph.mode)]
    pairs = zip(xs, xs[1:], ys, ys[1:], strict=False)
    between = [(a + share * (b - a), before, after) for a, b, before, after in pairs]
    middle = [((x, before), (x, after)) for x, before, after in between]
    points = [(xs[0], ys[0]), *chain.from_iterable(middle), (xs[-1], ys[-1])] if xs else []
    yield [x for x, _ in points], [y for _, y in points], "line"


def _boxes(glyph: Any, data: Any) -> Drawn:
    """The bars of a histogram as their outline: Excel's columns cannot stand on a scale of numbers."""
    sides = [_values(glyph, data, name) for name in ("left", "right", "top")]
    rows = max(map(len, sides))
    bottom = _values(glyph, data, "bottom", rows) or [0.0] * rows
    xs, ys = [], []
    for left, right, top, low in zip(*sides, bottom, strict=False):
        xs += [left, left, right, right]
        ys += [low, top, top, low]
    yield xs, ys, "line"


def _pieces(glyph: Any, data: Any) -> Drawn:
    """Separate lines as one series with gaps."""
    ends = [_values(glyph, data, name) for name in ("x0", "y0", "x1", "y1")]
    rows = max(map(len, ends))
    x0, y0, x1, y1 = (found or [None] * rows for found in ends)
    if not all(map(_is_number, [*x0, *x1])):
        return
    xs = chain.from_iterable((a, b, None) for a, b in zip(x0, x1, strict=False))
    ys = chain.from_iterable((a, b, None) for a, b in zip(y0, y1, strict=False))
    yield list(xs), list(ys), "line"


def _area(glyph: Any, data: Any) -> Drawn:
    """An area as its two edges."""
    xs = _values(glyph, data, "x")
    for edge in ("y1", "y2"):
        yield xs, _values(glyph, data, edge, len(xs)), "line"


READERS: dict[str, Any] = {
    "Line": _points("line"),
    "Scatter": _points("dots"),
    "VBar": _points("bars", y="top"),
    "Step": _steps,
    "Quad": _boxes,
    "Segment": _pieces,
    "VArea": _area,
}


def _label(axes: Any) -> str:
    return _plain(str(getattr(axes[0], "axis_label", None) or "")) if axes else ""


def _plain(text: str) -> str:
    """Return a text that Excel cannot take for a formula."""
    return text.lstrip("=")


def _is_named(plot: Any) -> bool:
    return any(isinstance(axis, CategoricalAxis) for axis in plot.xaxis)


def _is_dated(plot: Any) -> bool:
    return any(isinstance(axis, DatetimeAxis) for axis in plot.xaxis)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _colour(glyph: Any) -> str:
    for name in ("fill_color", "line_color"):
        found = getattr(glyph, name, None)
        found = getattr(found, "value", found)
        if isinstance(found, str):
            return _hex(found)
    return _hex(None)


def _hex(colour: Any) -> str:
    """Return a colour as Excel takes it; one that comes from the data is the house's blue."""
    return (
        colour.upper()
        if isinstance(colour, str) and colour.startswith("#") and len(colour) == 7
        else "#1F5FA8"
    )
