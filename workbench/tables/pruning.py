"""Which files of a version can hold rows that a filter leaves, by the bounds in the table's log alone.

A file is left out only where its bounds prove that no row of it counts; whatever is not known stays in. So a
query on one day of a long series opens the files of that day, and no footer of any other.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.tables.columns import NUMBER, NUMERIC, TEXT, TIMESTAMP
from workbench.tables.store import Bounds

COARSE = timedelta(milliseconds=1)  # Delta's upper bounds may be cut to milliseconds


def pruned(
    files: Sequence[str], bounds: Bounds, filters: Mapping[str, Any], types: Mapping[str, str]
) -> list[str]:
    """Return the files, in their order, that can hold rows for a settled filter; see ``filters``."""
    chosen = list(range(len(files)))
    for name, wanted in filters.items():
        if name in bounds and wanted is not None:
            lows, highs = bounds[name]
            chosen = [i for i in chosen if _may_hold(lows[i], highs[i], wanted, types[name])]
    return [files[i] for i in chosen]


def _may_hold(low: Any, high: Any, wanted: Any, kind: str) -> bool:
    if low is None or high is None or kind not in (*NUMERIC, TEXT, TIMESTAMP):
        return True
    if isinstance(wanted, Mapping):
        return _may_hold_range(low, high, wanted, kind)
    if kind == TIMESTAMP:
        moment = datetime.fromisoformat(wanted)
        return bool(plain_time(low) <= moment <= plain_time(high) + COARSE)
    return bool(low <= wanted <= high)


def _may_hold_range(low: Any, high: Any, wanted: Mapping[str, Any], kind: str) -> bool:
    if kind == TEXT:  # read as times, whose order is not that of the texts
        return True
    start, end = wanted.get("from"), wanted.get("to")
    if kind == TIMESTAMP:
        start = datetime.fromisoformat(start) if start else None
        end = datetime.fromisoformat(end) if end else None
        low, high = plain_time(low), plain_time(high) + COARSE
    if end is not None and not low < end:
        return False
    if kind == NUMBER and end is None:  # DuckDB counts NaN as the largest number, bounds leave it out
        return True
    return bool(start is None or high >= start)


def plain_time(value: Any) -> datetime:
    """Return a bound of a time column as tables keep time: without a zone, an instant as UTC."""
    if not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - tables keep plant time
    return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
