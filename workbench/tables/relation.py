"""Open an input as DuckDB sees it: the role's names, types and units, over the files of one pinned version.

Runs inside the kernel: the connection can read the files it was given and nothing else, and cannot be
reopened.
"""

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import duckdb

from workbench.errors import Invalid
from workbench.tables.columns import BOOLEAN, INTEGER, MISSING, NUMBER, TEXT, TIMESTAMP

TIME_FORMATS = (
    "%Y-%m",
    "%Y/%m/%d",
    "%Y年%m月%d日",
    "%Y年%m月",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y.%m.%d %H:%M:%S",
    "%Y.%m.%d",
)
# Extensions are never fetched: offline, that would make every typing error wait for a network.
OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
MANY_ROWS = 2_000_000  # from here on a second thread saves more time than a copied process would
EXPECTED = {
    NUMBER: "numbers",
    INTEGER: "whole numbers",
    TIMESTAMP: "dates or times",
    BOOLEAN: "true or false",
}


def open_input(
    files: Sequence[str],
    columns: Mapping[str, Mapping[str, Any]],
    others: Sequence[str] = (),
    *,
    rows: int = 0,
    where: str = "",
) -> tuple[duckdb.DuckDBPyConnection, duckdb.DuckDBPyRelation]:
    """Return a locked-down connection and the input's rows in table order.

    Parameters
    ----------
    files : absolute paths of Parquet files, in the order of their rows
    columns : role column → ``source, type, stored, scale, shift``
    others : names of columns passed through as they are
    rows : how many there are; few are read by one thread, so that the process can still be copied
    where : the condition rows must meet, written by ``filters``; empty for all rows
    """
    connection = locked(files, threads=None if rows > MANY_ROWS else 1)
    connection.execute(f"CREATE VIEW input AS {select(files, columns, others, where=where)}")
    return connection, connection.table("input")


def select(
    files: Sequence[str],
    columns: Mapping[str, Mapping[str, Any]],
    others: Sequence[str] = (),
    *,
    where: str = "",
) -> str:
    """Write the query that gives an input its names, types and units."""
    shown = [f"{expression(column)} AS {quoted(name)}" for name, column in columns.items()]
    shown += [quoted(name) for name in others]
    return f"SELECT {', '.join(shown)} FROM {rows(files, where)}"  # noqa: S608 - names are quoted


def rows(files: Sequence[str], where: str = "") -> str:
    """Write what to select from: the files' rows that meet a condition."""
    everything = f"read_parquet({listed(files)})"
    return f"(FROM {everything} WHERE {where})" if where else everything


def count(connection: duckdb.DuckDBPyConnection, files: Sequence[str], where: str) -> int:
    """Count the rows that meet a condition."""
    found = connection.execute(f"SELECT count(*) FROM {rows(files, where)}").fetchall()  # noqa: S608
    return int(found[0][0])


def ours() -> duckdb.DuckDBPyConnection:
    """Open a connection for queries that we write; one database stays open, as opening one takes longest."""
    return _database().cursor()


@cache
def _database() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(":memory:", config=OFFLINE)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def locked(
    files: Sequence[str],
    *,
    folders: Sequence[str] = (),
    memory: str | None = None,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a connection of its own that can touch these files and folders, and cannot be unlocked."""
    config = OFFLINE | ({"threads": str(threads)} if threads else {})
    connection = duckdb.connect(":memory:", config=config)
    settings = {
        "TimeZone": literal("UTC"),
        "temp_directory": literal(f"{tempfile.gettempdir()}/workbench-duckdb"),
        "allowed_paths": listed(files),
        "allowed_directories": listed(folders),
        "allow_community_extensions": "false",
        "python_enable_replacements": "false",
    }
    if memory:
        settings["memory_limit"] = literal(memory)
    for name, value in (settings | {"enable_external_access": "false", "lock_configuration": "true"}).items():
        connection.execute(f"SET {name} = {value}")
    return connection


def expression(column: Mapping[str, Any]) -> str:
    """Write one column: read in its type, then brought into the wanted unit."""
    value = read_as(quoted(column["source"]), stored=column["stored"], wanted=column["type"])
    if column["scale"] != 1:
        value = f"({value}) * CAST({column['scale']!r} AS DOUBLE)"
    if column["shift"] != 0:
        value = f"({value}) + CAST({column['shift']!r} AS DOUBLE)"
    return value


def read_as(value: str, *, stored: str, wanted: str) -> str:
    """Write the cast from a stored type to a wanted one; what cannot be read becomes NULL."""
    if wanted == TEXT:
        return value if stored == TEXT else f"CAST({value} AS VARCHAR)"
    if wanted == TIMESTAMP and stored == TEXT:
        text = _text(value)
        formats = ", ".join(map(literal, TIME_FORMATS))
        return f"coalesce(TRY_CAST({text} AS TIMESTAMP), try_strptime({text}, [{formats}]))"
    if stored == TIMESTAMP:
        return f"CAST({value} AS TIMESTAMP)"
    if wanted == BOOLEAN and stored == TEXT:
        text = _text(value)
        return f"CASE {text} WHEN '是' THEN true WHEN '否' THEN false ELSE TRY_CAST({text} AS BOOLEAN) END"
    target = {NUMBER: "DOUBLE", INTEGER: "BIGINT", BOOLEAN: "BOOLEAN"}.get(wanted)
    if target is None:
        return value
    return f"TRY_CAST({_text(value) if stored == TEXT else value} AS {target})"


def _text(value: str) -> str:
    """Trim a text and take the usual signs for a missing value as missing."""
    signs = ", ".join(literal(sign) for sign in sorted(MISSING))
    return f"(CASE WHEN lower(trim({value})) IN ({signs}) THEN NULL ELSE trim({value}) END)"


def may_fail(column: Mapping[str, Any]) -> bool:
    """Whether rows can hold something that does not become the wanted type."""
    stored, wanted = column["stored"], column["type"]
    return (stored == TEXT and wanted in EXPECTED) or (stored == NUMBER and wanted == INTEGER)


def check(files: Sequence[str], columns: Mapping[str, Mapping[str, Any]], *, where: str = "") -> None:
    """Make sure every value can be read as its role needs it.

    Raises
    ------
    Invalid
        Naming the column, the first value that cannot, and how many there are.
    """
    doubtful = {name: column for name, column in columns.items() if may_fail(column)}
    if not doubtful:
        return
    with locked(files) as connection:
        for name, column in doubtful.items():
            _check_column(connection, rows(files, where), name=name, column=column)


def _check_column(
    connection: duckdb.DuckDBPyConnection, chosen: str, *, name: str, column: Mapping[str, Any]
) -> None:
    source, stored, wanted = quoted(column["source"]), column["stored"], column["type"]
    read = read_as(source, stored=stored, wanted=wanted)
    present = _text(source) if stored == TEXT else source
    bad = f"{present} IS NOT NULL AND {read} IS NULL"
    if wanted == INTEGER:
        as_number = read_as(source, stored=stored, wanted=NUMBER)
        bad = f"({bad}) OR ({as_number} <> floor({as_number}))"
    wrong, total = connection.execute(
        f"SELECT count(*) FILTER ({bad}), count({present}) FROM {chosen}"  # noqa: S608 - names are quoted
    ).fetchall()[0]
    if not wrong:
        return
    first = connection.execute(f"SELECT {source} FROM {chosen} WHERE {bad} LIMIT 1").fetchall()[0][0]  # noqa: S608
    raise Invalid(
        f"column {column['source']!r} for {name!r}",
        given=f"{str(first)[:60]!r} ({wrong} of {total} values cannot be read)",
        expected=EXPECTED[wanted],
        hint="map another column or correct the data",
    )


def quoted(name: str) -> str:
    """Quote a column or table name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def listed(texts: Sequence[str]) -> str:
    """Write a list of texts for SQL."""
    return "[" + ", ".join(map(literal, texts)) + "]"
