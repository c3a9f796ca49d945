"""What a column is: a name as the user wrote it, one of six types, a unit, a label; and what can be stored.

Decides how Arrow's many types become the few that Delta, DuckDB and pandas agree on. Reads no file.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import Invalid

NUMBER, INTEGER, TEXT, TIMESTAMP, BOOLEAN, ANY = "number", "integer", "text", "timestamp", "boolean", "any"
NUMERIC = (NUMBER, INTEGER)
INVISIBLE = re.compile("[\u200b-\u200f\u2060\ufeff]")
LARGEST = 2**63 - 1  # of what a table can hold as a whole number
# How people and programs write "no value"; compared in lower case.
MISSING = frozenset(
    {
        "",
        "na",
        "n/a",
        "#n/a",
        "nan",
        "null",
        "none",
        "-",
        "--",
        "—",
        "/",
        "无",
        "缺失",
        "#n/a n/a",
        "n.a.",
        "<na>",
        "(null)",
        "\\n",
        "–",
        "――",
        "——",
        "暂无",
        "未检",
        "无数据",
        "不适用",
    }
)


@dataclass(frozen=True)
class Column:
    """One column of a table, or of an input that a template needs."""

    name: str
    type: str
    unit: str | None = None
    label: str | None = None


def kind(arrow: pa.DataType) -> str:
    """Name the type that a person would call it."""
    if pa.types.is_boolean(arrow):
        return BOOLEAN
    if pa.types.is_integer(arrow):
        return INTEGER
    if pa.types.is_floating(arrow) or pa.types.is_decimal(arrow):
        return NUMBER
    if pa.types.is_timestamp(arrow) or pa.types.is_date(arrow):
        return TIMESTAMP
    if pa.types.is_dictionary(arrow):
        return kind(arrow.value_type)
    text = pa.types.is_string(arrow) or pa.types.is_large_string(arrow) or pa.types.is_string_view(arrow)
    return TEXT if text or pa.types.is_null(arrow) or pa.types.is_time(arrow) else ANY


def of_schema(schema: pa.Schema) -> tuple[Column, ...]:
    """Read the columns of a stored schema, with the unit and label kept beside each field."""
    # DuckDB's writer cannot note anything at a column, only at the file.
    units = json.loads((schema.metadata or {}).get(b"units", b"{}"))
    return tuple(
        Column(
            field.name,
            kind(field.type),
            _note(field, b"unit") or units.get(field.name),
            _note(field, b"label"),
        )
        for field in schema
    )


def _note(field: pa.Field, key: bytes) -> str | None:
    value = (field.metadata or {}).get(key)
    return value.decode("utf-8") if value else None


def unique(names: Iterable[str]) -> list[str]:
    """Make names usable together: none empty, none twice, not even in another case (SQL folds case)."""
    taken: set[str] = set()
    result = []
    for position, raw in enumerate(names, start=1):
        base = " ".join(INVISIBLE.sub("", str(raw)).split()) or f"column{position}"
        name, copy = base, 1
        while name.casefold() in taken:
            copy += 1
            name = f"{base}_{copy}"
        taken.add(name.casefold())
        result.append(name)
    return result


def storable_type(arrow: pa.DataType) -> pa.DataType:
    """Choose the nearest type that Delta can hold and every reader understands."""
    if pa.types.is_dictionary(arrow):
        return storable_type(arrow.value_type)
    if pa.types.is_timestamp(arrow):
        return pa.timestamp("us", tz="UTC") if arrow.tz else pa.timestamp("us")
    if pa.types.is_date(arrow):
        return pa.date32()
    if kind(arrow) == TEXT:
        return pa.string()
    if pa.types.is_integer(arrow):
        return pa.int64()
    if pa.types.is_decimal(arrow) or pa.types.is_float16(arrow) or pa.types.is_duration(arrow):
        return pa.float64()
    if pa.types.is_large_binary(arrow) or pa.types.is_binary_view(arrow):
        return pa.binary()
    return arrow


def storable_schema(schema: pa.Schema, *, units: Mapping[str, str | None]) -> pa.Schema:
    """Rewrite a schema for storage; a unit or label given here wins over one already in the schema."""
    fields = []
    for field, name in zip(schema, unique(schema.names), strict=True):
        label = _note(field, b"label") or (field.name if name != field.name else None)
        notes = {"unit": units.get(field.name) or _note(field, b"unit"), "label": label}
        metadata = {key: value for key, value in notes.items() if value}
        fields.append(pa.field(name, storable_type(field.type), nullable=True, metadata=metadata or None))
    return pa.schema(fields)


def conform(batch: pa.RecordBatch | pa.Table, schema: pa.Schema) -> pa.Table:
    """Cast data to a storable schema, column by column in order."""
    table = pa.table(batch) if isinstance(batch, pa.RecordBatch) else batch
    arrays = [_cast(column, field) for column, field in zip(table.itercolumns(), schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _cast(column: pa.ChunkedArray, field: pa.Field) -> pa.ChunkedArray:
    target = field.type
    if column.type == target:
        return column
    if pa.types.is_duration(column.type):  # in seconds, with their fractions
        micros = column.cast(pa.duration("us"), safe=False).cast(pa.int64())
        return pc.divide(micros.cast(pa.float64(), safe=False), 1e6)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_time(column.type):
        clock = pc.replace_substring_regex(column.cast(pa.string()), r"\.0+$", "")
        return pc.replace_substring_regex(clock, r"(\.\d*?)0+$", r"\1")
    if column.type == pa.uint64() and (pc.max(column).as_py() or 0) > LARGEST:
        given = f"a whole number above {LARGEST}"
        raise Invalid(f"column {field.name}", given=given, expected="smaller ones; export it as text")
    # Nanoseconds carry digits that no plant clock has; the rest must survive unchanged.
    return column.cast(target, safe=not pa.types.is_timestamp(target))
