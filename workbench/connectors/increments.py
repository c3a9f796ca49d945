"""Reading only what is new: a key that grows, and what was read already of rows that share its last value.

Rows are asked for from the last key on, not after it: others with the same key may have come since. Those
seen before are known by their content and how often it occurred.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa

from workbench.connectors.protocol import hash_of
from workbench.errors import Invalid

MOST_TIES = 20_000
NO_KEY = "a column that grows, such as a number or a time, without empty cells"


def packed(value: Any) -> Any:
    """Write a key so that JSON keeps its type."""
    if isinstance(value, datetime):
        return {"time": value.isoformat()}
    if isinstance(value, date):
        return {"date": value.isoformat()}
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def unpacked(value: Any) -> Any:
    """Read a key back."""
    if isinstance(value, dict):
        return datetime.fromisoformat(value["time"]) if "time" in value else date.fromisoformat(value["date"])
    return value


def since(cursor: Mapping[str, Any], overlap: float) -> Any:
    """Return the key to ask from; some earlier where rows may be written late."""
    last = unpacked(cursor.get("last"))
    if last is None or not overlap:
        return last
    if isinstance(last, date):
        return last - timedelta(seconds=overlap)
    return last - overlap if isinstance(last, int | float) else last


class Increment:
    """Tells new rows from those read before, in the order of their keys."""

    def __init__(self, cursor: Mapping[str, Any], key: str, overlap: float = 0.0) -> None:
        self.key, self.overlap = key, overlap
        self.last = unpacked(cursor.get("last"))
        # key of a row → hashes of the rows that have it
        self._read: dict[Any, Counter[int]] = {}
        for value, digest, times in cursor.get("ties", ()):
            self._read.setdefault(unpacked(value), Counter())[digest] = times
        self._met: dict[Any, Counter[int]] = {}

    def fresh(self, rows: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Return the rows not read before; they come in the order of the key."""
        result = []
        for row in rows:
            value = row.get(self.key)
            if value is None:
                raise Invalid(f"key {self.key!r}", given="an empty cell", expected=NO_KEY)
            digest = hash_of(repr(sorted((str(name), repr(cell)) for name, cell in row.items())).encode())
            met = self._met.setdefault(value, Counter())
            met[digest] += 1
            if met[digest] > self._read.get(value, Counter())[digest]:
                result.append(row)
            try:
                self.last = value if self.last is None or value > self.last else self.last
            except TypeError:
                given = f"{value!r} after {self.last!r}"
                raise Invalid(f"key {self.key!r}", given=given[:120], expected="values of one type") from None
        return result

    def cursor(self) -> dict[str, Any]:
        """Return where to go on: the last key, and the rows known from there on."""
        edge = since({"last": packed(self.last)}, self.overlap)
        kept = {value: rows for value, rows in self._read.items() if value >= edge}
        for value, rows in self._met.items():
            if value >= edge:
                kept[value] = kept.get(value, Counter()) | rows
        self._read, self._met = kept, {value: rows for value, rows in self._met.items() if value >= edge}
        ties = [
            [packed(value), digest, times] for value, rows in kept.items() for digest, times in rows.items()
        ]
        if len(ties) > MOST_TIES:
            hint = "choose a finer key, or a smaller overlap"
            raise Invalid(f"key {self.key!r}", given=f"{len(ties):,} rows with one value", hint=hint)
        return {"last": packed(self.last), "ties": ties}


def table(rows: list[Mapping[str, Any]], types: dict[str, str], *, whole: frozenset[str]) -> pa.Table:
    """Turn records into rows; a column's type is what its first value showed, and is kept in ``types``."""
    names = list(dict.fromkeys([*types, *(name for row in rows for name in row)]))
    columns = []
    for name in names:
        cells = [_cell(row.get(name)) for row in rows]
        filled = next((cell for cell in cells if cell is not None), None)
        if name not in types and filled is not None:
            types[name] = _type(filled, whole=name in whole)
        columns.append(_column(name, cells, types.get(name, "text")))
    return pa.Table.from_arrays(columns, names=names)


def _column(name: str, cells: list[Any], kind: str) -> pa.Array:
    try:
        if kind == "text":
            return pa.array([None if cell is None else _text(cell) for cell in cells], pa.string())
        if kind == "number":
            return pa.array([None if cell is None else float(cell) for cell in cells], pa.float64())
        arrow = {"integer": pa.int64(), "boolean": pa.bool_(), "date": pa.date32()}.get(kind)
        zoned = pa.timestamp("us", tz="UTC") if kind == "instant" else pa.timestamp("us")
        return pa.array(cells, arrow or zoned)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError, OverflowError):
        odd = next(
            (cell for cell in cells if cell is not None and _type(cell, whole=True) != kind), cells[:1]
        )
        raise Invalid(f"column {name!r}", given=repr(odd)[:80], expected=f"{kind}, as before") from None


def _type(value: Any, *, whole: bool) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if whole else "number"
    if isinstance(value, float):
        return "number"
    if isinstance(value, datetime):
        return "instant" if value.tzinfo else "time"
    return "date" if isinstance(value, date) else "text"


def _cell(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime) and value.tzinfo:
        return value.astimezone(UTC)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False, default=str)
    return value


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes | memoryview) else str(value)
