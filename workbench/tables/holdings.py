"""What tables hold of which equipment: for each asset and point how many values, and the newest.

A table names its equipment in a column: the one declared as its entity, else the first whose name says so. A
table in long form names the point in a column too. Counted once per version, kept beside the rows.
"""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from workbench.errors import WorkbenchError
from workbench.governance.coverage import Coverage, Holding, coverage
from workbench.tables import beside, expected, gaps, relation
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.columns import INTEGER, TEXT, Column
from workbench.tables.health import rules
from workbench.tables.interrupt import limited
from workbench.tables.measure import present

SECONDS = 30.0
MEMORY = "1GB"
MOST_ASSETS = 5_000
MOST_COLUMNS = 300
FORM = 1
EQUIPMENT = (  # the nearest first: a machine before the line that it stands in
    re.compile(r"asset|machine|equip|device|pump|motor|unit_?id|设备|机台|机床|机组|装置", re.I),
    re.compile(r"station|cell|line|工位|产线", re.I),
)
POINT = re.compile(
    r"^(point|tag|signal|channel|sensor|parameter|metric|variable)|测点|点位|位号|信号|指标", re.I
)
VALUE = re.compile(r"^(value|reading|val|measurement)$|^(值|数值|测量值|读数)$", re.I)


def holdings(tables: Tables) -> list[Holding]:
    """Return what all tables hold now; a table that cannot be read holds nothing."""
    found = []
    for info in tables.list():
        try:
            found += of_table(tables, info)
        except WorkbenchError:
            continue
    return found


def coverage_of(tables: Tables, *, assets: Iterable[str] = ()) -> Coverage:
    """Compare what the plant expects of its equipment with what its tables hold now."""
    now = datetime.now()  # noqa: DTZ005 - tables keep plant time
    return coverage(expected.read(tables.workspace), holdings(tables), now=now, assets=assets)


def of_table(tables: Tables, info: TableInfo) -> list[Holding]:
    """Return what the newest version of one table holds."""
    declared = rules(tables, info.name)
    asset, point, value = _roles(info, declared.entity)
    time = declared.time or gaps.time_column(info)
    key = f"holdings-{info.version}"
    mark = [FORM, asset, point, value, time]
    kept = beside.read(tables.home(info.name), key)
    if not kept or kept.get("mark") != mark:
        kept = {"mark": mark, "rows": _counted(tables, info, (asset, point, value), time)}
        beside.write(tables.home(info.name), key, kept)
    return [
        Holding(info.name, name, each, count, newest, declared.max_age_s)
        for name, each, count, newest in kept["rows"]
    ]


def _roles(info: TableInfo, entity: str | None) -> tuple[str | None, str | None, str | None]:
    """Return the columns that name the asset and, in long form, the point and its value."""
    names = [column.name for column in info.columns if column.type in {TEXT, INTEGER}]
    point = next((name for name in names if POINT.search(name)), None)
    value = next((column.name for column in info.columns if VALUE.search(column.name)), None)
    if point is None or value is None:
        point = value = None
    asset = entity if entity in names and entity != point else None
    others = [name for name in names if name != point]
    asset = asset or next((name for words in EQUIPMENT for name in others if words.search(name)), None)
    return asset, point, value


def _counted(
    tables: Tables, info: TableInfo, roles: tuple[str | None, str | None, str | None], time: str | None
) -> list[list[Any]]:
    asset, point, value = roles
    files = tables.files(info.name, info.version)
    if not files or not info.rows:
        return []
    named = f"CAST({relation.quoted(asset)} AS VARCHAR)" if asset else "''"
    columns = {column.name: column for column in info.columns if column.name not in {asset, point, time}}
    with relation.locked(files, memory=MEMORY) as connection, limited(connection, SECONDS, info.name):
        source = f"read_parquet({relation.listed(files)})"
        if point and value:
            columns = {value: info.column(value)}
            named += f", CAST({relation.quoted(point)} AS VARCHAR)"
        else:
            named += ", ''"
        shown = list(columns.values())[:MOST_COLUMNS]
        terms = ", ".join(_terms(column, time) for column in shown)
        query = f"SELECT {named}, {terms} FROM {source} GROUP BY 1, 2 LIMIT {MOST_ASSETS}"  # noqa: S608 - quoted
        rows = connection.execute(query).fetchall() if shown else []
    found = []
    for name, own, *counts in rows:
        for position, column in enumerate(shown):
            count, newest = counts[2 * position : 2 * position + 2]
            stamp = newest.isoformat() if newest is not None else None
            found.append([name or "", own if point else column.name, count, stamp])
    return found


def _terms(column: Column, time: str | None) -> str:
    there = present(column)
    newest = f"max(CAST({relation.quoted(time)} AS TIMESTAMP)) FILTER ({there})" if time else "NULL"
    return f"count(*) FILTER ({there}), {newest}"
