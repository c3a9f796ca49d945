"""Say in which unit a table's columns are: a new version with the same rows, nothing rewritten."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa

from workbench.errors import Invalid, unknown
from workbench.tables import columns, store
from workbench.tables.catalog import TableInfo, Tables

LONGEST = 24


def set_units(tables: Tables, name: str, units: Mapping[str, str | None]) -> TableInfo:
    """Set or clear the units of columns; the values stay as they are.

    Parameters
    ----------
    tables : the catalogue
    name : of the table
    units : column → unit; None or an empty text clears it

    Raises
    ------
    Invalid
        If a text cannot be a unit, or a column holds no numbers.
    """
    pinned, version = tables.pin(name.partition("@")[0])
    found = tables.snapshot(pinned, version)
    known = {column.name: column for column in columns.of_schema(found.schema)}
    wanted = {column: _checked(pinned, known, column, unit) for column, unit in units.items()}
    if all(known[column].unit == unit for column, unit in wanted.items()):
        return tables.get(pinned)
    schema = pa.schema([_with_unit(field, known, wanted) for field in found.schema])
    files = [_again(Path(file)) for file in found.files]
    told = ", ".join(
        f"{column} in {unit}" if unit else f"{column} without a unit" for column, unit in wanted.items()
    )
    note = dict(found.note) | {"source": told}
    try:
        return tables.commit(pinned, files, schema=schema, note=note, append=False)
    except BaseException:
        for file in files:
            file.unlink(missing_ok=True)
        raise


def _checked(table: str, known: Mapping[str, columns.Column], column: str, unit: str | None) -> str | None:
    if column not in known:
        raise unknown(f"column of {table}", column, known)
    text = " ".join((unit or "").split())
    if not text:
        return None
    if known[column].type not in columns.NUMERIC:
        raise Invalid(f"unit of {column}", given=known[column].type, expected="a column of numbers")
    if len(text) > LONGEST or not text.isprintable():
        raise Invalid(f"unit of {column}", given=repr(text[:40]), expected="a unit such as mm, ℃ or kW")
    return text


def _with_unit(
    field: pa.Field, known: Mapping[str, columns.Column], wanted: Mapping[str, str | None]
) -> pa.Field:
    own = known[field.name]
    notes = {"unit": wanted.get(field.name, own.unit), "label": own.label}
    return field.with_metadata({key: value for key, value in notes.items() if value} or None)


def _again(file: Path) -> Path:
    """Give a file a second name: a Delta commit cannot take away and add the same one."""
    written = store.new_file(file.parent)
    try:
        os.link(file, written)
    except OSError:  # a disk without hard links
        shutil.copy2(file, written)
    return store.seal(written)
