"""Which hours or days of a table's time have no rows: what a calendar of gaps shows.

Counts rows by the hour, or by the day where most hours are empty by design or the time is long; decides
nothing about whether a gap is a fault.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from workbench.errors import Invalid
from workbench.tables import relation
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.columns import TIMESTAMP
from workbench.tables.interrupt import limited

MOST_HOURS = 24 * 400
MOST_GAPS = 100
SECONDS = 30.0
STEPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}


def time_column(info: TableInfo) -> str | None:
    """Return the first column of times."""
    return next((column.name for column in info.columns if column.type == TIMESTAMP), None)


def gaps(tables: Tables, reference: str, column: str) -> dict[str, Any] | None:
    """Count rows by time and list where there are none; None where the column holds no time.

    Returns
    -------
    dict
        ``column, every`` (hour or day), ``first, last, slots, empty``, ``counts`` (start and rows of every
        slot that has rows) and ``gaps`` (from, to, slots), the first hundred in order of time.
    """
    info = tables.get(reference)
    found = info.column(column)
    if found.type != TIMESTAMP:
        raise Invalid(f"column {column!r} of {info.name}", given=found.type, expected="a column of times")
    files = tables.files(info.name, info.version)
    time = f"CAST({relation.quoted(column)} AS TIMESTAMP)"
    source = f"FROM read_parquet({relation.listed(files)}) WHERE isfinite({time})"
    with relation.locked(files) as connection, limited(connection, SECONDS, info.name):
        [(first, last, hours, rows)] = connection.execute(
            f"SELECT min({time}), max({time}), count(DISTINCT date_trunc('hour', {time})), count(*) {source}"
        ).fetchall()
        if first is None:
            return None
        every = _every(first, last, hours, rows)
        query = f"SELECT date_trunc('{every}', {time}), count(*) {source} GROUP BY 1 ORDER BY 1"
        counts = [(start, count) for start, count in connection.execute(query).fetchall()]
    counts = [(_moment(start), count) for start, count in counts]
    step = STEPS[every]
    slots = round((counts[-1][0] - counts[0][0]) / step) + 1
    return {
        "column": column,
        "every": every,
        "first": first.isoformat(),
        "last": last.isoformat(),
        "slots": slots,
        "empty": slots - len(counts),
        "counts": [[start.isoformat(), count] for start, count in counts],
        "gaps": _holes([start for start, _ in counts], step),
    }


def _every(first: datetime, last: datetime, hours: int, rows: int) -> str:
    """Choose hours where rows come several times an hour, and a year of hours can be shown."""
    span = (last - first) / timedelta(hours=1) + 1
    often = rows >= 2 * hours or hours >= span / 2
    return "hour" if often and span <= MOST_HOURS else "day"


def _moment(start: Any) -> datetime:
    return start if isinstance(start, datetime) else datetime(start.year, start.month, start.day)  # noqa: DTZ001


def _holes(starts: list[datetime], step: timedelta) -> list[dict[str, Any]]:
    found = []
    for before, after in pairwise(starts):
        missing = round((after - before) / step) - 1
        if missing:
            end = after.isoformat()
            found.append({"from": (before + step).isoformat(), "to": end, "slots": missing})
        if len(found) == MOST_GAPS:
            break
    return found
