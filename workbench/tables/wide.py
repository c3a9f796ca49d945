"""When a wide view of a long table is answered from its files' roll-ups, and how columns come of them.

The view is widened to whole cells, less than half a pixel, and then shows exactly what its rows would show. A
view too narrow for that, or of a type that does not roll up exactly, is left to the rows.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from workbench.tables import columns, pruning, rollup, store
from workbench.tables.catalog import Tables
from workbench.tables.rollup import EPOCH, MICROSECOND, Cells

LONG = 2_000_000  # rows in view; fewer are read in no time
COLUMNS_AHEAD = 12  # of numbers: as many as a chart draws at once
CELLS_PER_COLUMN = 2  # at least, so that a column which has to be a whole number of cells is not much wider


@dataclass(frozen=True)
class Wide:
    """Files in the order of their rows, each with the bits of its own cells, and the view in whole cells."""

    files: Mapping[str, int]
    start: datetime
    end: datetime
    step_us: int


def ahead(tables: Tables, name: str) -> list[tuple[str, str, str, int]]:
    """Return what ``rollup.of`` has still to make of a long table, so that its first look is quick too."""
    found = tables.snapshot(*tables.pin(name))
    series = [column.name for column in columns.of_schema(found.schema) if column.type in columns.NUMERIC]
    times = [column.name for column in columns.of_schema(found.schema) if column.type == columns.TIMESTAMP]
    ends = _ends(found, times[0]) if times and found.rows >= LONG else None
    if ends is None:
        return []
    wanted = [
        (file, times[0], value, rollup.shift(low, high, rows))
        for value in series[:COLUMNS_AHEAD]
        if rollup.suits(found.schema, times[0], [value])
        for file, rows, (low, high) in zip(found.files, found.rows_of_files, ends, strict=True)
        if rows >= rollup.WORTH_KEEPING
    ]
    return [each for each in wanted if not rollup.place(*each).exists()]


def _ends(found: store.Snapshot, time: str) -> list[tuple[datetime, datetime]] | None:
    """Return the first and the last time of every file; None where the log does not know one."""
    lows, highs = found.bounds.get(time, ((), ()))
    if len(lows) != len(found.files) or None in lows or None in highs:
        return None
    return list(zip(map(pruning.plain_time, lows), map(pruning.plain_time, highs), strict=True))


def wide(
    found: store.Snapshot, time: str, values: Sequence[str], *, start: datetime, end: datetime, step_us: int
) -> Wide | None:
    """Say which roll-ups show a view; None where its rows have to."""
    ends = _ends(found, time)
    if ends is None or not rollup.suits(found.schema, time, values):
        return None
    inside = [
        (file, rows, low, high)
        for file, rows, (low, high) in zip(found.files, found.rows_of_files, ends, strict=True)
        if low < end and high + pruning.COARSE >= start
    ]
    if sum(rows for _, rows, _, _ in inside) < LONG:
        return None
    own = {file: rollup.shift(low, high, n) for file, n, low, high in inside if n >= rollup.WORTH_KEEPING}
    bits = max(own.values(), default=0)
    cell = 1 << bits
    if not own or step_us < CELLS_PER_COLUMN * cell:
        return None
    return Wide(
        files={file: own.get(file, bits) for file, *_ in inside},
        start=_down(start, cell),
        end=_down(end + (cell - 1) * MICROSECOND, cell),
        step_us=-(-step_us // cell) * cell,
    )


def _down(moment: datetime, cell: int) -> datetime:
    return EPOCH + (moment - EPOCH) // MICROSECOND // cell * cell * MICROSECOND


def spread(view: Wide, time: str, value: str) -> tuple[int, dict[str, Any]]:
    """Return how many rows are in view, and by measure the chart's columns, NaN where there is nothing.

    ``from`` and ``to`` are microseconds after the start, of the first and the last row with a value.
    """
    origin = (view.start - EPOCH) // MICROSECOND
    n_columns = -(-((view.end - view.start) // MICROSECOND) // view.step_us)
    parts = []
    for file, bits in view.files.items():
        cells = rollup.of(file, time, value, bits)
        places = ((cells.cell << bits) - origin) // view.step_us
        parts.append(rollup.regrouped(cells, places, shown=(places >= 0) & (places < n_columns)))
    found = rollup.joined(parts)
    begin, end = (np.where(found.n > 0, each - origin, math.nan) for each in (found.begin, found.end))
    measures = {"first": found.first, "min": found.min, "max": found.max, "last": found.last}
    measures |= {"from": begin, "to": end, "n": found.n, "all": found.rows}
    return int(found.rows.sum()), {name: _placed(found, each, n_columns) for name, each in measures.items()}


def _placed(found: Cells, values: Any, n_columns: int) -> Any:
    placed = np.full(n_columns, math.nan)
    placed[found.cell] = values
    return placed
