"""A first look at the answer of a query: numbers over time or numbers as lines, over names as bars."""

from typing import Any

import pandas as pd
from bokeh.models import FactorRange

from workbench.charts.theme import PALETTE, figure

MOST_LINES, MOST_BARS, MOST_POINTS = 6, 60, 5000


def quick_chart(frame: pd.DataFrame) -> Any:
    """Draw the numbers of a table over its first column; None where there is nothing to draw."""
    if len(frame) < 2 or frame.columns.size < 2:
        return None
    first, rest = frame.columns[0], list(frame.columns[1:])
    kinds = pd.api.types
    numbers = [
        name for name in rest if kinds.is_numeric_dtype(frame[name]) and not kinds.is_bool_dtype(frame[name])
    ]
    numbers = numbers[:MOST_LINES]
    over = frame[first]
    timed = kinds.is_datetime64_any_dtype(over)
    if not numbers:
        return None
    if timed or kinds.is_numeric_dtype(over):
        return _lines(frame.head(MOST_POINTS).sort_values(first), str(first), numbers, timed=timed)
    if len(frame) <= MOST_BARS and over.astype(str).is_unique:
        return _bars(frame, str(first), str(numbers[0]))
    return None


def _lines(frame: pd.DataFrame, first: str, numbers: list[Any], *, timed: bool) -> Any:
    plot = figure(x_axis_type="datetime" if timed else "linear", x_axis_label=first)
    for colour, name in zip(PALETTE, numbers, strict=False):
        values = frame[name].astype("float64").tolist()
        plot.line(frame[first].tolist(), values, color=colour, legend_label=str(name))
    plot.add_layout(plot.legend[0], "above")
    plot.legend.orientation = "horizontal"
    plot.legend.background_fill_color = plot.legend.border_line_color = None
    return plot


def _bars(frame: pd.DataFrame, first: str, number: str) -> Any:
    names = frame[first].astype(str).tolist()
    plot = figure(x_range=FactorRange(*names), x_axis_label=first, y_axis_label=number)
    plot.vbar(names, top=frame[number].astype("float64").tolist(), width=0.7, color=PALETTE[0])
    if sum(map(len, names)) > 90:
        plot.xaxis.major_label_orientation = 0.9
    return plot
