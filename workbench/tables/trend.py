"""A long series as a chart of some pixels needs it: first, smallest, largest and last value of every column.

DuckDB reduces the rows (M4), so what is sent depends on the width of the chart and not on the number of rows,
and no spike is lost; a long table's wide view comes from its files' roll-ups. Few rows are returned as they
are. Where time or values are missing, the line breaks.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from workbench.errors import Invalid
from workbench.tables import filters, pruning, relation
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.columns import BOOLEAN, NUMBER, NUMERIC, TIMESTAMP, Column
from workbench.tables.relation import quoted
from workbench.tables.rollup import EPOCH, MICROSECOND
from workbench.tables.scan import Part, scan
from workbench.tables.wide import Wide, spread, wide

MOST_LINES = 12
MOST_COLUMNS = 1200  # of all lines together: four numbers of each fit into what is sent
MOST_POINTS = 2400  # of all lines together that are sent as they are
MOST_ROWS = 1_000_000  # of a file for people
MANY_ROWS = 5_000_000  # from here on the newest file stands for the table's tags
GAP = 4  # usual intervals without a row, from which on a line breaks
ENDS = ("first", "min", "max", "last")


@dataclass(frozen=True)
class Wanted:
    """What to show of a table, from ``start`` to before ``end``; None is where the table begins or ends."""

    values: tuple[str, ...]
    time: str | None = None
    by: str | None = None  # the column that tells series apart, and which of its values
    tags: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    width: int = 1000
    gap_s: float | None = None  # break a line after so many seconds; 0: never


@dataclass(frozen=True)
class Line:
    """One series: columns of ``step_us`` each, NaN where there is nothing, or points as they are."""

    column: Column
    tag: str | None
    rows: int
    # first, min, max and last of each column; empty for points
    columns: Mapping[str, Any] = field(default_factory=dict)
    # microseconds after the start, and values with NaN for missing ones; empty for columns
    times: Any = ()
    values: Any = ()
    breaks: tuple[int, ...] = ()  # before which column or point the line is interrupted


@dataclass(frozen=True)
class Trend:
    """What a chart draws: everything between ``start`` and ``end`` of one version."""

    table: TableInfo
    time: str
    start: datetime
    step_us: int
    n_columns: int
    lines: tuple[Line, ...]

    @property
    def end(self) -> datetime:
        """Where the last column ends."""
        return self.start + self.n_columns * self.step_us * MICROSECOND


def time_column(table: TableInfo, name: str | None = None) -> Column:
    """Return the column of times that is asked for, or the first one."""
    times = [column for column in table.columns if column.type == TIMESTAMP]
    if name is None and not times:
        hint = "choose a table that has one, or correct the column's type at import"
        raise Invalid(f"trend of {table.name}", given="no column of times", hint=hint)
    chosen = table.column(name) if name is not None else times[0]
    if chosen.type != TIMESTAMP:
        raise Invalid(f"column {chosen.name!r} of {table.name}", given=chosen.type, expected="times")
    return chosen


def trend(tables: Tables, reference: str, wanted: Wanted) -> Trend:
    """Reduce a table to what a chart of ``width`` pixels shows.

    Raises
    ------
    Invalid
        If a column is unknown or not of numbers, nothing is asked for, or the range holds no time.
    """
    table = tables.get(reference)
    pinned = f"{table.name}@{table.version}"
    time = time_column(table, wanted.time)
    chosen = _value_columns(table, wanted)
    n_lines = len(chosen) * max(1, len(wanted.tags))
    _limited(table, wanted, n_lines)
    start, end = _range(tables, pinned, wanted, time)
    width = max(1, min(wanted.width, MOST_COLUMNS // n_lines))
    step = -(-((end - start) // MICROSECOND) // width)
    view = None
    if wanted.by is None:
        snapshot, names = tables.snapshot(table.name, table.version), [column.name for column in chosen]
        view = wide(snapshot, time.name, names, start=start, end=end, step_us=step)
    if view:
        start, end, step = view.start, view.end, view.step_us
    n_columns = -(-((end - start) // MICROSECOND) // step)
    where = {time.name: {"from": start.isoformat(), "to": end.isoformat()}}
    if wanted.by is not None and len(wanted.tags) == 1:
        where[wanted.by] = wanted.tags[0]  # type: ignore[assignment, unused-ignore]
    found = Trend(table, time.name, start, step, n_columns, ())
    with scan(tables, pinned, where=where, memory="2GB") as part:
        query = _Query(part, table, wanted, time, start)
        lines = _joined(view, chosen, time.name) if view else _reduced(query, chosen, found)
        if sum(line.rows for line in lines) <= MOST_POINTS // len(chosen):
            lines = _points(query, chosen)
    breaking = None if wanted.gap_s is None else wanted.gap_s * 1e6
    return Trend(table, time.name, start, step, n_columns, tuple(_broken(each, breaking) for each in lines))


def _value_columns(table: TableInfo, wanted: Wanted) -> list[Column]:
    found = [table.column(name) for name in dict.fromkeys(wanted.values)]
    for column in found:
        if column.type not in (*NUMERIC, BOOLEAN):
            raise Invalid(f"column {column.name!r} of {table.name}", given=column.type, expected="numbers")
    if wanted.by is not None:
        table.column(wanted.by)
    return found


def _limited(table: TableInfo, wanted: Wanted, n_lines: int) -> None:
    if not wanted.values or (wanted.by is not None and not wanted.tags):
        what = "column of numbers" if not wanted.values else f"value of {wanted.by!r}"
        raise Invalid(f"trend of {table.name}", given="nothing to draw", expected=f"a {what}")
    if n_lines > MOST_LINES:
        raise Invalid(f"trend of {table.name}", given=f"{n_lines} lines", expected=f"at most {MOST_LINES}")
    if not 1 <= wanted.width <= 10_000:
        raise Invalid("width", given=wanted.width, expected="1 to 10000 pixels")
    if wanted.gap_s is not None and not 0 <= wanted.gap_s < math.inf:
        raise Invalid("gap", given=wanted.gap_s, expected="seconds, or 0 for never")


def _range(tables: Tables, pinned: str, wanted: Wanted, time: Column) -> tuple[datetime, datetime]:
    bounds = {"from": wanted.start, "to": wanted.end}
    given = {end: value for end, value in bounds.items() if value}
    settled = filters.settle({time.name: given} if given else {}, [time], subject=f"table {pinned}")
    asked = settled.get(time.name, {})
    first, last = (None, None) if len(asked) == len(bounds) else extent(tables, pinned, time.name)
    start = datetime.fromisoformat(asked["from"]) if "from" in asked else first
    end = datetime.fromisoformat(asked["to"]) if "to" in asked else last and last + MICROSECOND
    if start is None or end is None:
        raise Invalid(f"trend of {pinned}", given=f"no times in {time.name!r}", expected="rows with a time")
    if not start < end:
        given_range = f"{start.isoformat()} … {end.isoformat()}"
        raise Invalid(f"trend of {pinned}", given=given_range, expected="a start before the end")
    return start, end


def extent(tables: Tables, pinned: str, time: str) -> tuple[datetime | None, datetime | None]:
    """Return the first and the last time of a table: from its log where that knows it, else from its rows."""
    found = tables.snapshot(*tables.pin(pinned))
    lows, highs = found.bounds.get(time, ((), ()))
    if found.files and len(lows) == len(found.files) and None not in lows and None not in highs:
        # Upper bounds may be cut to milliseconds.
        return min(map(pruning.plain_time, lows)), max(map(pruning.plain_time, highs)) + pruning.COARSE
    if not found.files:
        return None, None
    with scan(tables, pinned) as part:
        moment = f"CAST({quoted(time)} AS TIMESTAMP)"
        query = f"SELECT min({moment}), max({moment}) FROM {part.rows} WHERE isfinite({moment})"  # noqa: S608
        [(low, high)] = part.connection.execute(query).fetchall()
    return low, high


@dataclass(frozen=True)
class _Query:
    """The rows of one drawing: what to select from, with time as microseconds after the start."""

    part: Part
    table: TableInfo
    wanted: Wanted
    time: Column
    start: datetime

    def rows(self, chosen: Sequence[Column]) -> str:
        """Write the rows: ``tag``, ``t``, and ``v0 …`` with what is no finite number as NULL."""
        origin = (self.start - EPOCH) // MICROSECOND
        shown = [f"epoch_us(CAST({quoted(self.time.name)} AS TIMESTAMP)) - ({origin}) AS t"]
        by = self.wanted.by
        shown.append(f"CAST({quoted(by)} AS VARCHAR) AS tag" if by is not None else "NULL AS tag")
        for i, column in enumerate(chosen):
            value = f"CAST({quoted(column.name)} AS DOUBLE)"
            shown.append(f"CASE WHEN isfinite({value}) THEN {value} END AS v{i}")
            if column.type != NUMBER:
                shown[-1] = f"{value} AS v{i}"
        return f"(SELECT {', '.join(shown)} FROM {self.part.rows}{self.condition()})"  # noqa: S608 - quoted

    def condition(self) -> str:
        """Write which tags count; empty where all rows do."""
        by, terms = self.wanted.by, []
        if by is not None:
            known = [self.table.column(by)]
            for tag in self.wanted.tags:
                settled = filters.settle({by: tag}, known, subject=f"table {self.table.name}")
                terms.append(filters.where(settled, filters.types(settled, known)))
        return f" WHERE {' OR '.join(terms)}" if terms else ""

    def fetch(self, sql: str) -> dict[str, Any]:
        """Return the columns of an answer as arrays, with NaN or −1 for NULL."""
        answer: pa.Table = self.part.connection.execute(sql).to_arrow_table()
        return {
            name: np.array(column.to_pylist(), dtype=object)
            if name == "tag"
            else column.fill_null(math.nan if pa.types.is_floating(column.type) else -1).to_numpy()
            for name, column in zip(answer.column_names, answer.columns, strict=True)
        }


def _joined(view: Wide, chosen: Sequence[Column], time: str) -> list[Line]:
    """Return what ``_reduced`` does, from the files' roll-ups."""
    found = [(column, *spread(view, time, column.name)) for column in chosen]
    return [Line(column, None, rows, columns=cells) for column, rows, cells in found]


def _reduced(query: _Query, chosen: Sequence[Column], frame: Trend) -> list[Line]:
    """Return the four values of every column of every line, and where the rows begin and end in it."""
    measures = ["count(*) AS n"]
    for i in range(len(chosen)):
        v = f"v{i}"
        measures += [f"count({v}) AS n{i}", f"min({v}) AS min{i}", f"max({v}) AS max{i}"]
        measures += [f"arg_min({v}, t) AS first{i}", f"arg_max({v}, t) AS last{i}"]
        measures += [f"min(t) FILTER ({v} IS NOT NULL) AS from{i}"]
        measures += [f"max(t) FILTER ({v} IS NOT NULL) AS to{i}"]
    answer = query.fetch(
        f"SELECT tag, t // {frame.step_us} AS b, {', '.join(measures)} "  # noqa: S608 - names are quoted
        f"FROM {query.rows(chosen)} GROUP BY tag, b"
    )
    lines = []
    for tag, mine in _by_tag(query.wanted, answer["tag"]):
        places, n = answer["b"][mine], answer["n"][mine]
        for i, column in enumerate(chosen):
            spread = {
                name: _spread(frame.n_columns, places, answer[f"{name}{i}"][mine])
                for name in (*ENDS, "from", "to", "n")
            }
            spread["all"] = _spread(frame.n_columns, places, n)
            lines.append(Line(column, tag, int(n.sum()), columns=spread))
    return lines


def _spread(n_columns: int, places: Any, values: Any) -> Any:
    found = np.full(n_columns, math.nan)
    found[places] = np.where(values == -1, math.nan, values) if values.dtype.kind == "i" else values
    return found


def _points(query: _Query, chosen: Sequence[Column]) -> list[Line]:
    """Return few rows as they are."""
    answer = query.fetch(f"SELECT * FROM {query.rows(chosen)} ORDER BY tag, t")  # noqa: S608 - quoted
    return [
        Line(column, tag, int(mine.sum()), times=answer["t"][mine], values=answer[f"v{i}"][mine])
        for tag, mine in _by_tag(query.wanted, answer["tag"])
        for i, column in enumerate(chosen)
    ]


def _by_tag(wanted: Wanted, tags: Any) -> Iterator[tuple[str | None, Any]]:
    """Yield each line's tag, in the order asked for, with a mask of its rows."""
    if wanted.by is None:
        yield None, np.ones(len(tags), dtype=bool)
    else:
        for tag in dict.fromkeys(wanted.tags):
            yield tag, tags == tag


def _broken(line: Line, gap_us: float | None) -> Line:
    """Find where a line may not be joined: where no row was for long, or rows had no value."""
    if line.columns:
        cells = line.columns
        there = np.flatnonzero(cells["n"] > 0)
        starts, ends = cells["from"][there], cells["to"][there]
        many = cells["n"][there] > 1
        usual = (ends - starts)[many] / (cells["n"][there][many] - 1)
        empty = np.cumsum((cells["all"] > 0) & ~(cells["n"] > 0))
        shown = {end: cells[end] for end in ENDS}
    else:
        valid = ~np.isnan(line.values)
        there = np.flatnonzero(valid)
        starts = ends = np.asarray(line.times)[there]
        usual, empty, shown = np.array([]), np.cumsum(~valid), {}
    if len(there) < 2:
        return Line(line.column, line.tag, line.rows, shown, line.times, line.values)
    pauses = starts[1:] - ends[:-1]
    usual = usual if len(usual) else pauses[pauses > 0]
    if gap_us is None:
        gap_us = GAP * float(np.median(usual)) if len(usual) else math.inf
    long = pauses > gap_us if gap_us else np.zeros(len(pauses), dtype=bool)
    missing = np.diff(empty[there]) > 0
    breaks = tuple(int(each) for each in there[1:][long | missing])
    return Line(line.column, line.tag, line.rows, shown, line.times, line.values, breaks)


def tags(tables: Tables, reference: str, by: str, *, most: int = 500) -> list[str]:
    """Return values of the column that tells series apart, as its newest rows have them."""
    table = tables.get(reference)
    name = table.column(by).name
    files = tables.files(table.name, table.version)
    if not files:
        return []
    newest = files if table.rows <= MANY_ROWS else files[-1:]
    with relation.locked(newest) as connection:
        source = relation.rows(newest)
        query = (
            f"SELECT DISTINCT CAST({quoted(name)} AS VARCHAR) FROM {source} "  # noqa: S608 - quoted
            f"WHERE {quoted(name)} IS NOT NULL ORDER BY 1 LIMIT {most}"
        )
        return [str(tag) for (tag,) in connection.execute(query).fetchall()]


def rows(tables: Tables, reference: str, wanted: Wanted) -> pd.DataFrame:
    """Return the rows behind a trend in the order of time: the time, what tells series apart, the values.

    Raises
    ------
    Invalid
        If there are more than a file for people should have.
    """
    table = tables.get(reference)
    time, chosen = time_column(table, wanted.time), _value_columns(table, wanted)
    _limited(table, wanted, len(chosen))
    pinned = f"{table.name}@{table.version}"
    start, end = _range(tables, pinned, wanted, time)
    where = {time.name: {"from": start.isoformat(), "to": end.isoformat()}}
    names = list(dict.fromkeys([time.name, *([wanted.by] if wanted.by else []), *(c.name for c in chosen)]))
    with scan(tables, pinned, where=where) as part:
        query = _Query(part, table, wanted, time, start)
        source = f"{part.rows}{query.condition()}"
        [(count,)] = part.connection.execute(f"SELECT count(*) FROM {source}").fetchall()  # noqa: S608
        if count > MOST_ROWS:
            given, hint = f"{count} rows", "zoom in, or download the table"
            raise Invalid(f"rows of {pinned}", given=given, expected=f"at most {MOST_ROWS}", hint=hint)
        own = ", ".join(map(quoted, names))
        sql = f"SELECT {own} FROM {source} ORDER BY {quoted(time.name)}"  # noqa: S608 - names are quoted
        frame: pd.DataFrame = part.connection.execute(sql).to_arrow_table().to_pandas()
    return frame
