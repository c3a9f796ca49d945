"""Values out of JSON: which parts of a message are readings, and what time they are of."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from workbench.connectors.protocol import as_utc

STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
TIME_NAMES = ("timestamp", "time", "ts", "datetime", "date", "时间", "sourcetimestamp", "@timestamp")
NUMBER_NAMES = ("seq", "sequence", "sequencenumber", "seqno", "msgid", "messageid", "uuid")
MICROSECONDS, MILLISECONDS, NANOSECONDS = 1e14, 1e11, 1e17
DEEPEST = 12


def find(document: Any, path: str) -> Any:
    """Return what stands at a path such as ``data.samples[0].value``; None where there is nothing."""
    for step in STEP.findall(path.removeprefix("$").removeprefix(".")):
        if step.startswith("["):
            position = int(step[1:-1])
            document = document[position] if isinstance(document, list) and position < len(document) else None
        else:
            document = document.get(step) if isinstance(document, dict) else None
    return document


def moment(value: Any) -> datetime | None:
    """Read a time: ISO 8601, or seconds, milli-, micro- or nanoseconds since 1970."""
    if isinstance(value, str):
        text = value.strip()
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            try:
                return moment(float(text))
            except ValueError:
                return None
        return as_utc(found)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        for limit, parts in ((NANOSECONDS, 1e9), (MICROSECONDS, 1e6), (MILLISECONDS, 1e3)):
            if abs(value) >= limit:
                value = value / parts
                break
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def leaves(document: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield every value of a document with its path."""
    if depth > DEEPEST:
        yield path, json.dumps(document, ensure_ascii=False)
    elif isinstance(document, dict):
        for name, value in document.items():
            yield from leaves(value, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(document, list):
        for position, value in enumerate(document):
            yield from leaves(value, f"{path}[{position}]", depth + 1)
    elif document is not None:
        yield path, document


def readings(
    document: Any, *, records: str = "", time: str = "", values: list[str] | None = None
) -> Iterator[tuple[datetime | None, str, Any]]:
    """Yield time, name and value of every reading in a message.

    ``records`` leads to a list of messages inside the message, ``time`` to the time of each, and ``values``
    are paths, or ``name=path``; without them every value is a reading.
    """
    inner = find(document, records) if records else document
    for record in inner if isinstance(inner, list) and (records or _of_objects(inner)) else [inner]:
        at, own = _time(record, time)
        if values:
            for each in values:
                name, mark, path = each.partition("=")
                value = find(record, path if mark else name)
                if value is not None:
                    shown = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
                    yield at, name, shown
        else:
            for path, value in leaves(record):
                if path != own:
                    yield at, path, value


def numbered(document: Any) -> bool:
    """Whether a message carries a number of its own, so that it is the same message when all of it is."""
    return isinstance(document, dict) and any(
        name.lower().replace("_", "") in NUMBER_NAMES and value is not None
        for name, value in document.items()
    )


def _of_objects(items: list[Any]) -> bool:
    return bool(items) and all(isinstance(item, dict) for item in items)


def _time(record: Any, path: str) -> tuple[datetime | None, str | None]:
    """Find the time of a record, and where it stood."""
    if path:
        return moment(find(record, path)), path
    if isinstance(record, dict):
        for name, value in record.items():
            if name.lower() in TIME_NAMES and (at := moment(value)):
                return at, name
    return None, None
