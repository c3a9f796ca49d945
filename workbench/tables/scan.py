"""Open part of a table: a locked connection over the files that can hold the rows asked for, and no other."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import duckdb

from workbench.tables import columns, filters, relation
from workbench.tables.catalog import Tables


@dataclass(frozen=True)
class Part:
    """Rows of one version that a filter leaves, not yet read."""

    connection: duckdb.DuckDBPyConnection
    rows: str  # what to select from, in SQL
    files: tuple[str, ...]


@contextmanager
def scan(
    tables: Tables, reference: str, *, where: Mapping[str, Any] | None = None, memory: str | None = None
) -> Iterator[Part]:
    """Open the rows of ``name`` or ``name@version`` that a filter leaves; see ``filters`` for its form."""
    name, version = tables.pin(reference)
    files = tables.files(name, version, where=where)
    # The columns are needed even where no file can hold a row.
    shown = files or tables.files(name, version)[:1]
    known = columns.of_schema(tables.snapshot(name, version).schema)
    settled = filters.settle(where or {}, known, subject=f"table {name}")
    condition = filters.where(settled, filters.types(settled, known))
    with relation.locked(shown, memory=memory) as connection:
        yield Part(connection, relation.rows(shown, condition), tuple(files))
