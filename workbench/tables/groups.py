"""How a table falls into parts: the values of a column, and the windows of time that hold rows.

Counts rows, decides nothing about what becomes of the parts.
"""

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import duckdb

from workbench.config import Workspace
from workbench.errors import Invalid, unknown
from workbench.tables import filters, inputs, resolve
from workbench.tables.columns import TEXT, TIMESTAMP, Column
from workbench.tables.relation import quoted, read_as, rows

Window = Literal["day", "week", "month", "shift"]
SHIFT_HOURS, SHIFT_ORIGIN = 8, "2000-01-03 06:00:00"  # three shifts a day, the early one from six
STARTS: dict[Window, str] = {
    "day": "date_trunc('day', {time})",
    "week": "date_trunc('week', {time})",
    "month": "date_trunc('month', {time})",
    "shift": f"time_bucket(INTERVAL {SHIFT_HOURS} HOUR, {{time}}, TIMESTAMP '{SHIFT_ORIGIN}')",
}
_DIGITS = re.compile(r"(\d+)")


@dataclass(frozen=True)
class Part:
    """Some rows of a table: those of one value, or of one window of time."""

    value: Any  # of the column; for a window {"from": …, "to": …}
    rows: int


@dataclass(frozen=True)
class Parts:
    """How a column divides a table."""

    found: list[Part]
    left_out: int = 0  # rows without a value, or without a time


class Divided:
    """One table, as far as a filter leaves it, to be divided by its columns."""

    def __init__(self, reference: str, *, workspace: Workspace, held: Mapping[str, Any]) -> None:
        self.source = resolve.resolve(reference, workspace=workspace)
        subject = f"table {self.source.table}"
        settled = filters.settle(held, self.source.columns, subject=subject)
        self._where = filters.where(settled, filters.types(settled, self.source.columns))

    @property
    def columns(self) -> tuple[Column, ...]:
        """The table's columns."""
        return self.source.columns

    def column(self, name: str) -> Column:
        """Return one column, or say which is meant."""
        for column in self.columns:
            if column.name == name:
                return column
        names = [column.name for column in self.columns]
        raise unknown(f"column of table {self.source.table}", name, names)

    def values(self, name: str, *, most: int) -> Parts:
        """Return the different values of a column with their rows, in the order people count in."""
        found = self._counted(quoted(self.column(name).name), f"LIMIT {most + 2}")
        parts = [Part(_plain(value), count) for value, count in found if not _is_missing(value)]
        self._limited(name, len(parts), most, hint="name the values, or take the largest few")
        return Parts(sorted(parts, key=lambda part: natural(part.value)), _missing(found))

    def largest(self, name: str, *, most: int) -> Parts:
        """Return the values of a column that most rows have."""
        column = quoted(self.column(name).name)
        found = self._counted(column, f"ORDER BY 2 DESC, 1 LIMIT {most + 1}")
        parts = [Part(_plain(value), count) for value, count in found if not _is_missing(value)]
        return Parts(parts[:most])

    def windows(self, name: str, every: Window, *, most: int) -> Parts:
        """Return the days, weeks, months or shifts in which a column of times has rows."""
        start = STARTS[every].format(time=self._time(name))
        found = self._counted(start, f"ORDER BY 1 LIMIT {most + 2}")
        dated = [(_moment(begin), count) for begin, count in found if begin is not None]
        self._limited(name, len(dated), most, hint="take longer periods")
        parts = [Part(_window(begin, _after(begin, every)), count) for begin, count in dated]
        return Parts(parts, _missing(found))

    def equal_windows(self, name: str, count: int) -> Parts:
        """Cut the time from a column's first to its last row into windows of the same length."""
        time = self._time(name)
        wanted = f"min({time}), max({time}), count(*) - count({time})"
        [(first, last, missing)] = self._fetch(f"SELECT {wanted} FROM {self._rows}")  # noqa: S608 - quoted
        if first is None:
            raise Invalid(f"column {name!r} of table {self.source.table}", given="no time", expected="times")
        end = last + timedelta(seconds=1)  # so that the last row lies before it
        length = (end - first) / count
        inner = [first + position * length for position in range(1, count)]
        if length > timedelta(minutes=1):
            inner = [edge.replace(second=0, microsecond=0) for edge in inner]
        edges = itertools.pairwise([first, *inner, end])
        return Parts([Part(_window(begin, after), 0) for begin, after in edges], missing)

    def _limited(self, name: str, count: int, most: int, *, hint: str) -> None:
        if count > most:
            subject, given = f"column {name!r} of table {self.source.table}", f"more than {most}"
            raise Invalid(
                f"different values in {subject}", given=given, expected=f"at most {most}", hint=hint
            )

    def _counted(self, key: str, tail: str) -> list[tuple[Any, ...]]:
        query = f"SELECT {key}, count(*) FROM {self._rows} GROUP BY 1 {tail}"  # noqa: S608 - names are quoted
        return self._fetch(query)

    def _time(self, name: str) -> str:
        column = self.column(name)
        if column.type not in (TIMESTAMP, TEXT):
            expected, hint = "a column of times", "choose another column"
            raise Invalid(f"column {name!r}", given=column.type, expected=expected, hint=hint)
        return read_as(quoted(name), stored=column.type, wanted=TIMESTAMP)

    @property
    def _rows(self) -> str:
        return rows(self.source.files, self._where)

    def _fetch(self, query: str) -> list[tuple[Any, ...]]:
        try:
            with inputs.opened() as connection:
                return [tuple(row) for row in connection.execute(query).fetchall()]
        except duckdb.Error as error:
            raise Invalid(f"table {self.source.table}", given=str(error).splitlines()[0]) from error


def _missing(found: list[tuple[Any, ...]]) -> int:
    return sum(int(count) for value, count in found if _is_missing(value))


def natural(value: Any) -> tuple[Any, ...]:
    """Return a key that sorts M2 before M10, and numbers before text."""
    if isinstance(value, int | float):
        return (0, float(value))
    return (
        1,
        [(part.isdigit(), int(part) if part.isdigit() else part) for part in _DIGITS.split(str(value))],
    )


def _is_missing(value: Any) -> bool:
    return value is None or value != value


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    return value if isinstance(value, bool | int | float | str) else _iso(value)


def _iso(value: Any) -> str:
    return _moment(value).isoformat() if hasattr(value, "isoformat") else str(value)


def _moment(value: Any) -> datetime:
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return moment.replace(tzinfo=None)


def _window(start: datetime, end: datetime) -> dict[str, str]:
    return {"from": start.isoformat(), "to": end.isoformat()}


def _after(start: datetime, every: Window) -> datetime:
    if every == "month":
        return (start.replace(day=1) + timedelta(days=32)).replace(day=1)
    return start + {"day": timedelta(1), "week": timedelta(7), "shift": timedelta(hours=SHIFT_HOURS)}[every]
