"""Say in which unit a table's columns are: a new version per column, the rows are left as they lie."""

from collections.abc import Mapping

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
    for column, unit in wanted.items():
        if known[column].unit != unit:
            told = f"{column} in {unit}" if unit else f"{column} without a unit"
            note = dict(found.note) | {"source": told}
            store.note_column(tables.folder_for(pinned), column, {"unit": unit or ""}, note=note)
    return tables.get(pinned)


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
