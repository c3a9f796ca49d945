"""Wide tables to long ones and back: one column per sensor, or one row per reading."""

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.config import Text
from workbench.errors import Invalid, unknown
from workbench.tables import columns, watching
from workbench.tables.columns import INTEGER, NUMBER, Column
from workbench.tables.recipe import Pivot, Recipe, Unpivot
from workbench.tables.relation import literal, quoted

MOST_COLUMNS = 2000
MEMORY = "1GB"


def reshape(source: Path, target: Path, recipe: Recipe) -> tuple[pa.Schema, list[Text]]:
    """Write a table in the shape that the recipe asks for; return its schema and what is to be told."""
    schema = pq.read_schema(source)
    with watching.connect(MEMORY) as connection:
        connection.execute(f"SET temp_directory = {literal(str(target.parent))}")
        rows = f"read_parquet({literal(str(source))})"
        if recipe.unpivot:
            query, units, notes = _long(schema, recipe.unpivot, rows)
        elif recipe.pivot:
            query, units, notes = _wide(schema, recipe.pivot, rows, connection)
        else:
            return schema, []
        connection.execute(f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)")
    return columns.storable_schema(pq.read_schema(target), units=units), notes


def _column(known: tuple[Column, ...], name: str) -> Column:
    for each in known:
        if each.name == name:
            return each
    raise unknown("column", name, [each.name for each in known])


def _long(schema: pa.Schema, asked: Unpivot, rows: str) -> tuple[str, dict[str, str | None], list[Text]]:
    known = columns.of_schema(schema)
    kept = [_column(known, name) for name in asked.keep]
    folded = [each for each in known if each not in kept]
    if not folded:
        raise Invalid("wide to long", given="every column kept", expected="columns that become rows")
    kinds = {each.type for each in folded}
    if len(kinds - {INTEGER}) > 1 or (kinds > {INTEGER} and not kinds <= {INTEGER, NUMBER}):
        first = folded[0]
        other = next(each for each in folded if each.type != first.type)
        given = f"{first.name} ({first.type}) and {other.name} ({other.type})"
        raise Invalid(
            "wide to long",
            given=given,
            expected="columns of one type",
            hint="keep one of them, or leave it out",
        )
    cast = "DOUBLE" if kinds == {INTEGER, NUMBER} else None
    cells = [f"CAST({quoted(c.name)} AS {cast})" if cast else quoted(c.name) for c in folded]
    units = {each.unit for each in folded}
    parts = [
        *(quoted(each.name) for each in kept),
        f"unnest([{', '.join(literal(each.name) for each in folded)}]) AS {quoted(asked.names)}",
        f"unnest([{', '.join(cells)}]) AS {quoted(asked.values)}",
    ]
    if len(units) > 1:
        parts.append(f"unnest([{', '.join(literal(each.unit or '') for each in folded)}]) AS unit")
    stored: dict[str, str | None] = {each.name: each.unit for each in kept}
    stored[asked.values] = units.pop() if len(units) == 1 else None
    n = len(folded)
    note: Text = {"en": f"{n} columns became rows", "zh": f"{n} 列已转为行"}
    return f"SELECT {', '.join(parts)} FROM {rows}", stored, [note]  # noqa: S608 - names are quoted


def _wide(
    schema: pa.Schema, asked: Pivot, rows: str, connection: duckdb.DuckDBPyConnection
) -> tuple[str, dict[str, str | None], list[Text]]:
    known = columns.of_schema(schema)
    keys = [_column(known, name) for name in asked.keys]
    names, values = _column(known, asked.names), _column(known, asked.values)
    numbered = f"(SELECT *, row_number() OVER () AS __row FROM {rows})"  # noqa: S608
    label = f"CAST({quoted(names.name)} AS VARCHAR)"
    found = connection.execute(
        f"SELECT {label}, min(__row) FROM {numbered} WHERE {quoted(names.name)} IS NOT NULL "  # noqa: S608
        "GROUP BY 1 ORDER BY 2"
    ).fetchall()
    if not found or len(found) > MOST_COLUMNS:
        raise Invalid("long to wide", given=f"{len(found)} different names", expected=f"1 to {MOST_COLUMNS}")
    by = ", ".join(quoted(each.name) for each in keys)
    twice = connection.execute(
        f"SELECT count(*) FROM (SELECT 1 FROM {rows} WHERE {quoted(names.name)} IS NOT NULL "  # noqa: S608
        f"GROUP BY {by}, {quoted(names.name)} HAVING count(*) > 1)"
    ).fetchall()[0][0]
    labels = [row[0] for row in found]
    titles = columns.unique([*(each.name for each in keys), *labels])[len(keys) :]
    cells = [
        f"last({quoted(values.name)} ORDER BY __row) FILTER ({label} = {literal(name)}) AS {quoted(title)}"
        for name, title in zip(labels, titles, strict=True)
    ]
    query = f"SELECT {by}, {', '.join(cells)} FROM {numbered} GROUP BY {by} ORDER BY min(__row)"  # noqa: S608
    units: dict[str, str | None] = {each.name: each.unit for each in keys} | dict.fromkeys(
        titles, values.unit
    )
    notes: list[Text] = [{"en": f"{len(labels)} names became columns", "zh": f"{len(labels)} 个名称已转为列"}]
    if twice:
        notes.append(
            {
                "en": f"{twice} cells had several values: the last one is kept",
                "zh": f"{twice} 个单元格有多个值：保留最后一个",
            }
        )
    dropped = [each.name for each in known if each not in (*keys, names, values)]
    if dropped:
        listed = ", ".join(dropped[:8])
        notes.append({"en": f"columns left out: {listed}", "zh": f"略去列：{listed}"})
    return query, units, notes
