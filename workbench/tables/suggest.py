"""Looks at a table's rows for what could be declared about it: keys, time, period, ranges, lists, formats."""

import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from itertools import combinations

import duckdb

from workbench.governance.proposals import FEW_VALUES, ColumnFacts, Proposal, TableFacts, propose
from workbench.tables import beside, relation
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.chunks import ASSETS
from workbench.tables.columns import INTEGER, NUMERIC, TEXT, TIMESTAMP, Column
from workbench.tables.health import rules
from workbench.tables.interrupt import limited
from workbench.tables.measure import present

SECONDS = 45.0
MANY, SAMPLE_ROWS = 2_000_000, 500_000  # above so many rows, quantiles and shapes come from a sample
MEMORY = "1GB"
MOST_COLUMNS = 200  # looked at
MOST_KEYS = 6  # columns tried as a key, alone and in pairs
NEARLY = 0.98
USUAL = 0.5  # of the steps in time that are the same: then it is a period
NEARLY_ALL = (0.001, 0.999)
SPECIAL = str.maketrans({sign: f"\\{sign}" for sign in r".^$*+?()[]{}|\\"})


def proposals(tables: Tables, name: str) -> list[Proposal]:
    """Return what could be declared about a table and is not yet."""
    info = tables.get(name)
    return propose(_seen(tables, info), rules(tables, info.name).declared)


def _seen(tables: Tables, info: TableInfo) -> TableFacts:
    """Look at the rows of a version once, and keep what was seen."""
    home, key = tables.home(info.name), f"facts-{info.version}"
    kept = beside.read(home, key)
    if kept is None:
        found = facts(tables, info)
        beside.write(home, key, json.loads(json.dumps(asdict(found), default=str)))
        return found
    kept["columns"] = tuple(
        ColumnFacts(**each | {"values": tuple(each["values"])}) for each in kept["columns"]
    )
    kept["keys"] = tuple(map(tuple, kept["keys"]))
    return TableFacts(**kept)


def facts(tables: Tables, info: TableInfo) -> TableFacts:
    """Look at the rows of one version."""
    files = tables.files(info.name, info.version)
    if not files or not info.rows or not info.columns:
        return TableFacts(info.rows, ())
    with relation.locked(files, memory=MEMORY) as connection, limited(connection, SECONDS, info.name):
        names = ", ".join(relation.quoted(column.name) for column in info.columns[:MOST_COLUMNS])
        everything = f"SELECT {names} FROM read_parquet({relation.listed(files)})"  # noqa: S608 - quoted
        connection.execute(f"CREATE VIEW t AS {everything}")
        part = f"{everything} USING SAMPLE reservoir({SAMPLE_ROWS} ROWS)" if info.rows > MANY else everything
        connection.execute(f"CREATE {'TEMP TABLE' if info.rows > MANY else 'VIEW'} part AS {part}")
        connection.execute(f"CREATE VIEW beginning AS {everything} LIMIT {SAMPLE_ROWS}")
        columns = tuple(_column(connection, column, info.rows) for column in info.columns[:MOST_COLUMNS])
        time = next((column.name for column in columns if column.type == TIMESTAMP), None)
        entity = _entity(info, columns) if time else None
        return TableFacts(
            rows=info.rows,
            columns=columns,
            keys=_keys(connection, info, columns, time, entity),
            time=time,
            entity=entity,
            period_s=_period(connection, time, entity) if time else None,
        )


def _column(connection: duckdb.DuckDBPyConnection, column: Column, rows: int) -> ColumnFacts:
    name, there = relation.quoted(column.name), present(column)
    wanted = f"count(*) FILTER ({there}), approx_count_distinct({name})"
    count, distinct = connection.execute(f"SELECT {wanted} FROM t").fetchall()[0]  # noqa: S608 - quoted
    ends: tuple[float | None, ...] = (None, None)
    if column.type in NUMERIC:
        number = f"CAST({name} AS DOUBLE)"
        wanted = ", ".join(f"quantile_cont({number}, {q}) FILTER (isfinite({number}))" for q in NEARLY_ALL)
        ends = connection.execute(f"SELECT {wanted} FROM part").fetchall()[0]  # noqa: S608 - quoted
    few = column.type == TEXT and distinct <= FEW_VALUES
    return ColumnFacts(
        name=column.name,
        type=column.type,
        unit=column.unit,
        missing=rows - count,
        distinct=distinct,
        low=ends[0],
        high=ends[1],
        values=_values(connection, name, there) if few else (),
        shape=_shape(connection, name, there) if column.type == TEXT and not few else "",
    )


def _values(connection: duckdb.DuckDBPyConnection, name: str, there: str) -> tuple[str, ...]:
    query = f"SELECT DISTINCT {name} FROM t WHERE {there} ORDER BY 1 LIMIT {FEW_VALUES + 1}"  # noqa: S608
    found = [str(value) for (value,) in connection.execute(query).fetchall()]
    return tuple(found) if len(found) <= FEW_VALUES else ()


def _shape(connection: duckdb.DuckDBPyConnection, name: str, there: str) -> str:
    """Return the shape of nearly all texts as a regular expression, such as ``[A-Z]{2}-\\d{4}``."""
    shape = f"regexp_replace(regexp_replace({name}, '[0-9]', '9', 'g'), '[A-Z]', 'A', 'g')"
    query = f"SELECT {shape}, count(*), sum(count(*)) OVER () FROM part WHERE {there} GROUP BY 1 ORDER BY 2 DESC LIMIT 1"  # noqa: S608, E501
    found = connection.execute(query).fetchall()
    if not found or found[0][1] < NEARLY * found[0][2] or not 2 <= len(found[0][0]) <= 40:
        return ""
    return "".join(_repeated(found[0][0])) if "9" in found[0][0] else ""


def _repeated(shape: str) -> Iterator[str]:
    place = 0
    while place < len(shape):
        sign, length = shape[place], 1
        while shape[place : place + length + 1] == sign * (length + 1):
            length += 1
        piece = {"9": r"\d", "A": "[A-Z]"}.get(sign, sign.translate(SPECIAL))
        yield f"{piece}{{{length}}}" if length > 1 else piece
        place += length


def _entity(info: TableInfo, columns: tuple[ColumnFacts, ...]) -> str | None:
    """Return the column that names machines, tags and the like, with many rows for each value."""
    named = [
        column
        for column in columns
        if column.type in {TEXT, INTEGER}
        and ASSETS.search(column.name)
        and 1 < column.distinct <= info.rows / 10
    ]
    return max(named, key=lambda column: column.distinct).name if named else None  # machines, not their lines


def _keys(
    connection: duckdb.DuckDBPyConnection,
    info: TableInfo,
    columns: tuple[ColumnFacts, ...],
    time: str | None,
    entity: str | None,
) -> tuple[tuple[str, ...], ...]:
    """Return the first columns that tell every row apart; measured values are no names."""
    named = [each for each in columns if each.type in {INTEGER, TEXT, TIMESTAMP} and not each.missing]
    named = sorted(named, key=lambda each: each.name not in {time, entity})[:MOST_KEYS]
    tried = [(each,) for each in named] + list(combinations(named, 2))
    for each in tried:
        if math.prod(max(1, column.distinct) for column in each) < info.rows * NEARLY / 1.1:
            continue  # an estimate of distinct values that is a tenth too low still passes
        names = ", ".join(relation.quoted(column.name) for column in each)
        [(distinct,)] = connection.execute(f"SELECT count(DISTINCT ({names})) FROM t").fetchall()  # noqa: S608
        if distinct == info.rows:
            return (tuple(column.name for column in each),)
    return ()


def _period(connection: duckdb.DuckDBPyConnection, time: str, entity: str | None) -> float | None:
    """Return the step in time that most rows have to the one before, of the same entity."""
    moment = f"epoch(CAST({relation.quoted(time)} AS TIMESTAMP))"
    of = relation.quoted(entity) if entity else "1"
    steps = (
        f"(SELECT t - lag(t) OVER (PARTITION BY e ORDER BY t) AS step "  # noqa: S608 - names are quoted
        f"FROM (SELECT DISTINCT {of} AS e, {moment} AS t FROM beginning WHERE {moment} IS NOT NULL))"
    )
    query = f"SELECT round(step, 3), count(*), sum(count(*)) OVER () FROM {steps} WHERE step > 0 GROUP BY 1 ORDER BY 2 DESC LIMIT 1"  # noqa: S608, E501
    found = connection.execute(query).fetchall()
    return float(found[0][0]) if found and found[0][1] >= USUAL * found[0][2] else None
