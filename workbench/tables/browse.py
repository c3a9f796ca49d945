"""Some rows of a table as a person pages through it: filtered, sorted and cut in DuckDB, never in memory.

Filters are what people type under a column's head: part of a text; a number or a comparison such as ``> 5``
or ``3..7``; the beginning of a time. ``=`` alone finds what is missing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import Invalid
from workbench.tables import relation
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.columns import BOOLEAN, NUMERIC, TEXT, TIMESTAMP, Column
from workbench.tables.interrupt import damaged, limited

MOST = 1000  # rows of one page
SECONDS = 20.0
MEMORY = "1GB"
EXACT = 2**53  # from here on a browser would round a whole number
COMPARISON = re.compile(r"(>=|<=|<>|!=|>|<|=)?\s*(.+)")
RANGE = re.compile(r"(.+?)\s*(?:\.\.|…|~|～)\s*(.+)")
YES, NO = {"true", "1", "yes", "是"}, {"false", "0", "no", "否"}
LETTERS = 300  # of a cell: a preview, not a download


@dataclass(frozen=True)
class Page:
    """Some rows, and how many there are."""

    table: TableInfo
    rows: list[list[Any]]
    total: int
    matched: int


def page(
    tables: Tables,
    reference: str,
    *,
    offset: int = 0,
    limit: int = 50,
    sort: str = "",
    filters: Mapping[str, str] | None = None,
) -> Page:
    """Return some rows of a table.

    Parameters
    ----------
    reference : ``name`` or ``name@version``
    sort : a column, with ``-`` in front for falling order; empty for the table's own
    filters : column → what was typed
    """
    table = tables.get(reference)
    limit, offset = max(0, min(limit, MOST)), max(0, offset)
    where = condition(table, filters or {})
    order = _order(table, sort)
    files = tables.files(table.name, table.version)
    if not files or not table.columns:
        return Page(table, [], table.rows, 0)
    if not where and not order:
        try:
            return Page(table, _slice(files, table, offset, limit), table.rows, table.rows)
        except (OSError, pa.ArrowInvalid) as error:
            raise damaged(table.name) from error
    source = relation.rows(files, where)
    shown = ", ".join(relation.quoted(column.name) for column in table.columns)
    query = f"SELECT {shown} FROM {source} {order} LIMIT {limit} OFFSET {offset}"  # noqa: S608 - quoted
    with relation.locked(files, memory=MEMORY) as connection, limited(connection, SECONDS, table.name):
        matched = relation.count(connection, files, where) if where else table.rows
        rows = _plain_rows(connection.execute(query))
    return Page(table, rows, table.rows, matched)


def condition(table: TableInfo, filters: Mapping[str, str]) -> str:
    """Write what was typed as SQL; empty when nothing was."""
    terms = [_term(table.column(name), text.strip()) for name, text in filters.items() if text.strip()]
    return " AND ".join(f"({term})" for term in terms)


def _order(table: TableInfo, sort: str) -> str:
    if not sort:
        return ""
    known = {column.name for column in table.columns}
    falling = sort not in known and sort.startswith("-")
    column = table.column(sort[1:] if falling else sort)
    return f"ORDER BY {relation.quoted(column.name)} {'DESC' if falling else 'ASC'} NULLS LAST"


def _term(column: Column, text: str) -> str:
    name = relation.quoted(column.name)
    if text == "=":
        blank = f" OR trim({name}) = ''" if column.type == TEXT else ""
        return f"{name} IS NULL{blank}"
    if column.type in NUMERIC:
        return _numbers(column, text)
    if column.type == BOOLEAN:
        if text.casefold() not in YES | NO:
            raise Invalid(f"filter of column {column.name!r}", given=repr(text), expected="true or false")
        return f"{name} = {'true' if text.casefold() in YES else 'false'}"
    if column.type == TIMESTAMP:
        return _times(name, text)
    return f"contains(lower(CAST({name} AS VARCHAR)), lower({relation.literal(text)}))"


def _numbers(column: Column, text: str) -> str:
    name = relation.quoted(column.name)
    between = RANGE.fullmatch(text)
    if between:
        low, high = (_number(column, part) for part in between.groups())
        return f"{name} BETWEEN {low} AND {high}"
    sign, value = COMPARISON.fullmatch(text).groups()  # type: ignore[union-attr]  # any text matches
    return f"{name} {sign or '='} {_number(column, value)}"


def _number(column: Column, text: str) -> str:
    try:
        return repr(float(text.replace(",", "").replace("−", "-").strip()))
    except ValueError as error:
        expected = "a number, a comparison such as > 5, or a range such as 3..7"
        raise Invalid(f"filter of column {column.name!r}", given=repr(text), expected=expected) from error


def _times(name: str, text: str) -> str:
    shown = f"CAST(CAST({name} AS TIMESTAMP) AS VARCHAR)"
    between = RANGE.fullmatch(text)
    if between:
        low, high = between.groups()
        return f"{shown} >= {relation.literal(low)} AND {shown} < {relation.literal(high + '~')}"
    sign, value = COMPARISON.fullmatch(text).groups()  # type: ignore[union-attr]
    if sign in {">", ">=", "<", "<="}:
        return f"{shown} {sign} {relation.literal(value)}"
    return f"starts_with({shown}, {relation.literal(value)})"


def _slice(files: Sequence[str], table: TableInfo, offset: int, limit: int) -> list[list[Any]]:
    """Read rows in the table's own order, passing over files and row groups that lie before them."""
    names = [column.name for column in table.columns]
    rows: list[list[Any]] = []
    for file in files:
        with pq.ParquetFile(file) as opened:
            for group in range(opened.metadata.num_row_groups):
                count = opened.metadata.row_group(group).num_rows
                if len(rows) >= limit:
                    return rows
                if offset >= count:
                    offset -= count
                    continue
                part = opened.read_row_group(group, columns=names).slice(offset, limit - len(rows))
                offset = 0
                values = [part.column(name).to_pylist() for name in names]
                rows += [[plain(value) for value in row] for row in zip(*values, strict=True)]
    return rows


def _plain_rows(answer: duckdb.DuckDBPyConnection) -> list[list[Any]]:
    return [[plain(value) for value in row] for row in answer.fetchall()]


def plain(value: Any) -> Any:
    """Return a cell as JSON can hold it and a browser can show it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < EXACT else str(value)
    if isinstance(value, float):
        return None if value != value else value if abs(value) != float("inf") else str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat(sep=" ") if hasattr(value, "hour") else value.isoformat()
    text = str(value)
    return text if len(text) <= LETTERS else text[:LETTERS] + "…"
