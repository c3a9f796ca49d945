"""What each column of a table looks like: profile, quantiles, a histogram, its most frequent values.

Counts, missing values, minima, maxima and means are of every row. Of a very large table, quantiles, histogram
and frequent values are of a sample, and each column says of how many rows.
"""

from collections.abc import Sequence
from typing import Any

import duckdb

from workbench.tables import beside, gaps, relation
from workbench.tables.browse import plain
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.columns import BOOLEAN, NUMERIC, TEXT, TIMESTAMP, Column
from workbench.tables.interrupt import limited
from workbench.tables.profile import profile

WHOLE_ROWS = 10_000_000  # up to so many every row counts
SAMPLE_ROWS = 1_000_000
DRAWN = 200  # columns that get a histogram and frequent values; the rest have their profile
MOST_CELLS = 20_000_000
BINS, TOP = 24, 8
SECONDS = 60.0
MEMORY = "1GB"
OUTER = (0.05, 0.95)


def shapes(tables: Tables, reference: str, *, time_column: str | None = None) -> list[dict[str, Any]]:
    """Describe every column, in the table's order; the column of times also has its gaps. Kept per version.

    Returns
    -------
    list of dict
        ``column, type, unit``, the fields of ``profile``, ``q05, q95``, ``top`` (value and count),
        ``histogram`` (from, to, counts), ``sampled`` (rows, or None for all) and ``gaps`` (or None).
    """
    info = tables.get(reference)
    home, key = tables.home(info.name), f"shapes-{info.version}"
    found: list[dict[str, Any]] | None = None if time_column else beside.read(home, key)
    if found is None:
        found = _shapes(tables, info, time_column)
        if not time_column:
            beside.write(home, key, found)
    return found


def _shapes(tables: Tables, info: TableInfo, time_column: str | None) -> list[dict[str, Any]]:
    sampled = SAMPLE_ROWS if info.rows > WHOLE_ROWS else None
    profiled = profile(tables, f"{info.name}@{info.version}").to_dict(orient="records")
    rows = [{str(key): _cell(value) for key, value in row.items()} for row in profiled]
    files = tables.files(info.name, info.version)
    if not files:
        return [_empty(row) for row in rows]
    time = time_column or gaps.time_column(info)
    with relation.locked(files, memory=MEMORY) as connection, limited(connection, SECONDS, info.name):
        _open(connection, files, info, sampled)
        found = [
            row | _shape(connection, column, row) | {"sampled": sampled, "gaps": None}
            for column, row in zip(info.columns[:DRAWN], rows, strict=False)
        ]
    found += [_empty(row) for row in rows[DRAWN:]]
    for row in found:
        if time and row["column"] == time:
            row["gaps"] = gaps.gaps(tables, f"{info.name}@{info.version}", time)
    return found


def _open(
    connection: duckdb.DuckDBPyConnection, files: Sequence[str], info: TableInfo, sampled: int | None
) -> None:
    names = ", ".join(relation.quoted(column.name) for column in info.columns[:DRAWN])
    source = f"SELECT {names} FROM read_parquet({relation.listed(files)})"  # noqa: S608 - names are quoted
    if sampled:
        source += f" USING SAMPLE reservoir({sampled} ROWS)"
    # Read once where it is small: every column is asked several times.
    kind = "TEMP TABLE" if sampled or info.rows * len(info.columns) < MOST_CELLS else "VIEW"
    connection.execute(f"CREATE {kind} part AS {source}")


def _empty(row: dict[str, Any]) -> dict[str, Any]:
    nothing: dict[str, Any] = {"q05": None, "q95": None, "top": [], "histogram": None}
    return row | nothing | {"sampled": None, "gaps": None}


def _cell(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    return plain(value)


def _shape(connection: duckdb.DuckDBPyConnection, column: Column, row: dict[str, Any]) -> dict[str, Any]:
    name = relation.quoted(column.name)
    if column.type in NUMERIC:
        name = f"(CASE WHEN isfinite(CAST({name} AS DOUBLE)) THEN {name} END)"
    is_text = column.type in {TEXT, BOOLEAN}
    few = bool(row["distinct"]) and row["distinct"] <= TOP * 2
    numeric = column.type in NUMERIC
    outer: Sequence[Any] = (None, None)
    if numeric:
        wanted = ", ".join(f"quantile_cont({name}, {q})" for q in OUTER)
        outer = [_cell(v) for v in connection.execute(f"SELECT {wanted} FROM part").fetchall()[0]]  # noqa: S608
    return {
        "q05": outer[0],
        "q95": outer[1],
        "top": _top(connection, name) if is_text or (numeric and few) else [],
        "histogram": _histogram(connection, name, column) if numeric or column.type == TIMESTAMP else None,
    }


def _top(connection: duckdb.DuckDBPyConnection, name: str) -> list[dict[str, Any]]:
    query = f"SELECT {name}, count(*) FROM part WHERE {name} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {TOP}"  # noqa: S608, E501
    return [{"value": plain(value), "count": count} for value, count in connection.execute(query).fetchall()]


def _histogram(connection: duckdb.DuckDBPyConnection, name: str, column: Column) -> dict[str, Any] | None:
    number = f"epoch(CAST({name} AS TIMESTAMP))" if column.type == TIMESTAMP else f"CAST({name} AS DOUBLE)"
    [(low, high)] = connection.execute(f"SELECT min({number}), max({number}) FROM part").fetchall()  # noqa: S608
    if low is None:
        return None
    width = (high - low) / BINS
    place = f"least({BINS - 1}, CAST(floor(({number} - {low!r}) / {width!r}) AS INTEGER))" if width else "0"
    query = f"SELECT {place}, count(*) FROM part WHERE {number} IS NOT NULL GROUP BY 1"  # noqa: S608
    counts = [0] * (BINS if width else 1)
    for position, count in connection.execute(query).fetchall():
        counts[position] = count
    return {"from": low, "to": high, "counts": counts}
