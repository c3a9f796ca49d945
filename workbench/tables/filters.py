"""Which rows of a table count: a column held to one value, or to a range from its start to before its end.

A filter is plain JSON, ``{source column: value or {"from": …, "to": …}}``. It is settled against the columns
when a request is checked, so that whoever reads it later can write it as SQL without looking at the table.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from workbench.errors import Invalid, did_you_mean
from workbench.tables.columns import ANY, BOOLEAN, INTEGER, NUMBER, NUMERIC, TEXT, TIMESTAMP, Column
from workbench.tables.relation import literal, quoted, read_as

ENDS = ("from", "to")
WORDS = {"true": True, "1": True, "是": True, "false": False, "0": False, "否": False}
MAX_WHOLE = 2**63


def settle(filters: Mapping[str, Any], columns: Sequence[Column], *, subject: str) -> dict[str, Any]:
    """Return the filter with every value in its column's own type.

    Raises
    ------
    Invalid
        If there is no such column, or a value cannot be one of that column.
    """
    known = {column.name: column for column in columns}
    found = {}
    for name, wanted in filters.items():
        if name not in known:
            near = did_you_mean(name, known)
            hint = f"did you mean {near!r}?" if near else f"there is {', '.join(list(known)[:12])}"
            raise Invalid(f"{subject}: no column to filter by", given=repr(name), hint=hint)
        found[name] = (
            _range(known[name], wanted) if isinstance(wanted, Mapping) else _value(known[name], wanted)
        )
    return found


def types(filters: Mapping[str, Any], columns: Sequence[Column]) -> dict[str, str]:
    """Return the stored type of each filtered column, which the SQL depends on."""
    return {column.name: column.type for column in columns if column.name in filters}


def where(filters: Mapping[str, Any], stored: Mapping[str, str]) -> str:
    """Write a settled filter as SQL; names and values are quoted. Empty when nothing is filtered."""
    terms = [
        " AND ".join(_bounds(name, wanted, stored[name]))
        if isinstance(wanted, Mapping)
        else _equal(name, wanted, stored[name])
        for name, wanted in filters.items()
    ]
    return " AND ".join(terms)


def told(filters: Mapping[str, Any]) -> str:
    """Say a filter in words that need no language: ``machine = M03, ts = 2026-01-01 … 2026-02-01``."""
    parts = []
    for name, wanted in filters.items():
        if isinstance(wanted, Mapping):
            shown = " … ".join(plain(wanted.get(end)) for end in ENDS)
        else:
            shown = plain(wanted) or "–"
        parts.append(f"{name} = {shown}")
    return ", ".join(parts)


def plain(value: Any) -> str:
    """Return one value of a filter as people write it: midnight is a date, a second without a tail."""
    text = "" if value is None else str(value)
    if len(text) >= len("2026-01-01T00:00:00") and text[10:11] == "T":
        return text[:10] if text[11:] == "00:00:00" else text.replace("T", " ").removesuffix(":00")
    return text


def _value(column: Column, value: Any) -> Any:
    if value is None:
        return None
    if column.type in (TEXT, ANY):
        return "true" if value is True else "false" if value is False else str(value)
    if column.type == BOOLEAN:
        found = value if isinstance(value, bool) else WORDS.get(str(value).strip().lower())
        if found is None:
            raise _not_of(column, value, "true or false")
        return found
    return _time(column, value) if column.type == TIMESTAMP else _number(column, value)


def _number(column: Column, value: Any) -> float | int:
    text = str(value).strip()
    try:
        whole = text.removeprefix("-").isdecimal()
        number = int(text) if whole else float(value)
    except (TypeError, ValueError) as error:
        raise _not_of(column, value, "a number") from error
    if not -MAX_WHOLE < number < MAX_WHOLE:  # NaN fails it too
        raise _not_of(column, value, "a number that is finite")
    return number


def _time(column: Column, value: Any) -> str:
    try:
        moment = value if isinstance(value, date) else datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise _not_of(column, value, "a time such as 2026-01-31 or 2026-01-31T06:00:00") from error
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 - tables keep plant time
    if moment.tzinfo is not None:  # a stored instant is read as UTC
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat()


def _range(column: Column, wanted: Mapping[str, Any]) -> dict[str, Any]:
    if not wanted or not set(wanted) <= set(ENDS):
        expected = 'a value, or {"from": …, "to": …}'
        raise Invalid(f"filter of column {column.name!r}", given=dict(wanted), expected=expected)
    if column.type in NUMERIC:
        read: Any = _number
    elif column.type in (TIMESTAMP, TEXT):
        read = _time
    else:
        raise Invalid(
            f"filter of column {column.name!r}", given=f"a range of {column.type}", expected="one value"
        )
    found = {end: read(column, wanted[end]) for end in ENDS if wanted.get(end) is not None}
    if not found:
        raise Invalid(f"filter of column {column.name!r}", given="no bound", expected="from, to, or both")
    if len(found) == len(ENDS) and not found["from"] < found["to"]:
        given, expected = f"{found['from']} … {found['to']}", "a start before the end"
        raise Invalid(f"filter of column {column.name!r}", given=given, expected=expected)
    return found


def _not_of(column: Column, value: Any, expected: str) -> Invalid:
    return Invalid(f"filter of column {column.name!r}", given=repr(value)[:80], expected=expected)


def _equal(name: str, value: Any, stored: str) -> str:
    column = quoted(name)
    if value is None:
        return f"{column} IS NULL"
    if stored == TIMESTAMP:
        return f"CAST({column} AS TIMESTAMP) = {_moment(value)}"
    if stored == ANY:
        return f"CAST({column} AS VARCHAR) = {literal(value)}"
    return f"{column} = {_literal(value)}"


def _bounds(name: str, wanted: Mapping[str, Any], stored: str) -> list[str]:
    if stored in (INTEGER, NUMBER):
        column, write = quoted(name), _literal
    else:
        column, write = read_as(quoted(name), stored=stored, wanted=TIMESTAMP), _moment
    signs = {"from": ">=", "to": "<"}
    return [f"{column} {sign} {write(wanted[end])}" for end, sign in signs.items() if end in wanted]


def _moment(value: str) -> str:
    return f"TIMESTAMP {literal(value.replace('T', ' '))}"


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, int | float) else literal(value)
