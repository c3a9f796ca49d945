"""What of a data file a wide trend needs: first, smallest, largest and last value of each stretch of time.

Worked out from the rows at the first look, or before, and kept beside them under the data file's own name. A
data file never changes, so neither does its roll-up: versions, restores and appends need nothing, and a file
that goes takes it along. Stretches are powers of two of a microsecond from 1970 on, so that those of all
files fit into one another.
"""

import contextlib
import hashlib
import math
import threading
import uuid
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.tables.beside import FOLDER

EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - tables keep plant time
MICROSECOND = timedelta(microseconds=1)
KEPT = "rollup"
ENDING = ".npz"
ROWS_PER_CELL = 1024
MOST_CELLS = 65_536  # of one file
WORTH_KEEPING = 500_000  # rows; a smaller file is read again in no time
WORKERS = 2
GROUPS_AT_ONCE = 8  # row groups, about a million rows: what a worker holds
_BUILDING = threading.Lock()  # one look makes a roll-up, the others wait for it


@dataclass(frozen=True)
class Cells:
    """Stretches of time in their order, each once: what one column's rows are in them."""

    cell: Any  # its number: microseconds since 1970, shifted
    rows: Any
    n: Any  # of them with a value
    first: Any  # NaN, like the next three, where no row has a value
    min: Any
    max: Any
    last: Any
    begin: Any  # microseconds since 1970 of the first and the last row with a value; 0 without one
    end: Any


def suits(schema: pa.Schema, time: str, values: Sequence[str]) -> bool:
    """Whether columns are of the types that roll up exactly as DuckDB would take them."""
    kind = schema.field(time).type
    return (
        pa.types.is_timestamp(kind)
        and kind.unit == "us"
        and all(_is_plain(schema.field(name).type) for name in values)
    )


def _is_plain(kind: pa.DataType) -> bool:
    return bool(pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind))


def shift(low: datetime, high: datetime, rows: int) -> int:
    """Return how many bits make a cell of a file: its time parted by its rows."""
    wanted = max(1, min(MOST_CELLS, rows // ROWS_PER_CELL))
    return max(0, math.ceil(math.log2(max(1, (high - low) // MICROSECOND) / wanted)))


def of(file: str, time: str, value: str, bits: int) -> Cells:
    """Return a file's roll-up of one column: the one kept beside it, else made now and kept."""
    kept = place(file, time, value, bits)
    if (found := _read(kept)) is not None:
        return found
    with _BUILDING:
        if (found := _read(kept)) is None:
            found = _make(file, time, value, bits)
            if int(found.rows.sum()) >= WORTH_KEEPING:
                _keep(kept, found)
    return found


def place(file: str, time: str, value: str, bits: int) -> Path:
    """Say where the roll-up of a file's column lies."""
    columns = hashlib.sha256(f"{time}\0{value}\0{bits}".encode()).hexdigest()[:16]
    path = Path(file)
    return path.parent / FOLDER / KEPT / f"{path.name}.{columns}{ENDING}"


def forget(files: Iterable[str]) -> None:
    """Remove the roll-ups of data files that go."""
    for path in map(Path, files):
        for kept in (path.parent / FOLDER / KEPT).glob(f"{path.name}.*{ENDING}"):
            kept.unlink(missing_ok=True)


def _read(kept: Path) -> Cells | None:
    try:
        with kept.open("rb") as file, np.load(file, allow_pickle=False) as found:
            return Cells(**{each.name: found[each.name] for each in fields(Cells)})
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # not there, or cut short: made again
        return None


def _keep(kept: Path, found: Cells) -> None:
    """Write a roll-up, all or nothing; without a place to write, the next look makes it again."""
    draft = kept.with_name(f".writing-{uuid.uuid4().hex}")
    with contextlib.suppress(OSError):
        kept.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("wb") as target:
                np.savez(target, **{each.name: getattr(found, each.name) for each in fields(Cells)})
            draft.replace(kept)
        finally:
            draft.unlink(missing_ok=True)


def _make(file: str, time: str, value: str, bits: int) -> Cells:
    """Read a file once, in parts at the same time, and join what they hold."""
    n = pq.read_metadata(file).num_row_groups
    parts = [range(start, min(start + GROUPS_AT_ONCE, n)) for start in range(0, n, GROUPS_AT_ONCE)]

    def part(groups: range) -> Cells:
        with pq.ParquetFile(file) as source:
            rows = source.read_row_groups(list(groups), columns=[time, value], use_threads=False)
        return _of_rows(*_arrays(rows, time, value), bits)

    with ThreadPoolExecutor(WORKERS) as pool:
        return joined(list(pool.map(part, parts)))


def _arrays(rows: pa.Table, time: str, value: str) -> tuple[Any, Any]:
    """Return times and values as numbers; a row without a time counts nowhere."""
    if rows[time].null_count:
        rows = rows.filter(pc.is_valid(rows[time]))
    times = rows[time].cast(pa.int64()).to_numpy()
    column = rows[value]
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    values = column.cast(pa.float64(), safe=False).to_numpy()  # NULL becomes NaN
    finite = np.isfinite(values)
    return times, values if finite.all() else np.where(finite, values, math.nan)


def _of_rows(times: Any, values: Any, bits: int) -> Cells:
    """Sum up rows in their order: a cell for each run of rows in a stretch, then each stretch once."""
    if len(times) == 0:
        return _none()
    cells = times >> bits
    starts = np.flatnonzero(np.r_[True, cells[1:] != cells[:-1]])
    backward = times[1:] < times[:-1]
    backward[starts[1:] - 1] = False
    if backward.any():
        order = np.argsort(times, kind="stable")
        return _of_rows(times[order], values[order], bits)
    ends = np.r_[starts[1:], len(times)]
    there = ~np.isnan(values)
    rows = ends - starts
    if there.all():
        first, last = starts, ends - 1
        n, begin, end = rows, times[first], times[last]
        found = Cells(
            cells[starts],
            rows,
            n,
            values[first],
            np.minimum.reduceat(values, starts),
            np.maximum.reduceat(values, starts),
            values[last],
            begin,
            end,
        )
        return _each_once(found)
    places = np.arange(len(times))
    n = np.add.reduceat(there.astype(np.int64), starts)
    # A run without a value points at its own first row, whose value is NaN.
    first = np.where(n > 0, np.minimum.reduceat(np.where(there, places, len(times)), starts), starts)
    last = np.where(n > 0, np.maximum.reduceat(np.where(there, places, -1), starts), starts)
    low, high = np.fmin.reduceat(values, starts), np.fmax.reduceat(values, starts)
    begin, end = np.where(n > 0, times[first], 0), np.where(n > 0, times[last], 0)
    return _each_once(Cells(cells[starts], rows, n, values[first], low, high, values[last], begin, end))


def _none() -> Cells:
    whole, number = np.empty(0, dtype=np.int64), np.empty(0)
    return Cells(whole, whole, whole, number, number, number, number, whole, whole)


def joined(parts: Sequence[Cells]) -> Cells:
    """Join roll-ups of the same column, in the order of their rows."""
    if not parts:
        return _none()
    whole = {each.name: np.concatenate([getattr(p, each.name) for p in parts]) for each in fields(Cells)}
    return _each_once(Cells(**whole))


def _each_once(found: Cells) -> Cells:
    """Put stretches that stand several times together, the earlier row first where times are equal."""
    if len(found.cell) < 2 or (found.cell[1:] > found.cell[:-1]).all():
        return found
    return regrouped(found, found.cell)


def regrouped(found: Cells, groups: Any, *, shown: Any = True) -> Cells:
    """Sum up the shown cells by the group that each belongs to; the groups are the new cells' numbers."""
    order = np.argsort(groups, kind="stable")
    order = order[np.broadcast_to(shown, groups.shape)[order]]
    groups = groups[order]
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else np.empty(0, np.int64)
    if not len(starts):
        return _none()
    n = found.n[order]
    there = n > 0
    latest, earliest = np.iinfo(np.int64).max, np.iinfo(np.int64).min
    begin = np.minimum.reduceat(np.where(there, found.begin[order], latest), starts)
    end = np.maximum.reduceat(np.where(there, found.end[order], earliest), starts)
    sizes = np.diff(np.r_[starts, len(groups)])
    places = np.arange(len(groups))
    is_first = there & (found.begin[order] == np.repeat(begin, sizes))
    is_last = there & (found.end[order] == np.repeat(end, sizes))
    first = np.minimum.reduceat(np.where(is_first, places, len(groups)), starts)
    last = np.maximum.reduceat(np.where(is_last, places, -1), starts)
    total = np.add.reduceat(n, starts)
    empty = total == 0
    return Cells(
        groups[starts],
        np.add.reduceat(found.rows[order], starts),
        total,
        np.where(empty, math.nan, found.first[order][np.where(empty, 0, first)]),
        np.fmin.reduceat(found.min[order], starts),
        np.fmax.reduceat(found.max[order], starts),
        np.where(empty, math.nan, found.last[order][np.where(empty, 0, last)]),
        np.where(empty, 0, begin),
        np.where(empty, 0, end),
    )
