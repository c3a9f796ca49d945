"""Keep the answer of a query as a table: with the query and the versions it read in the table's history."""

from typing import Any

from workbench.errors import Invalid
from workbench.tables import query
from workbench.tables.catalog import TableInfo, Tables

HOW = "save-as"
MOST_ROWS = 5_000_000


def save(
    tables: Tables,
    sql: str,
    name: str,
    *,
    timeout_s: float = query.TIMEOUT_S,
    stop: query.Stop | None = None,
    how: str = HOW,
) -> TableInfo:
    """Run a query and keep all its rows as a table; a table that a query made gets a new version.

    ``how`` is "view" for a table that follows those it reads; see ``views``.

    Raises
    ------
    Invalid
        If the name is that of a table which no query made, or there are too many rows.
    """
    tables.folder_for(name)
    if tables.exists(name):
        found = tables.snapshot(*tables.pin(name))
        if "sql" not in found.note:
            raise Invalid(
                "table name", given=repr(name), hint="that table was not made by a query: choose another"
            )
    read = [f"{each}@{tables.pin(each)[1]}" for each in query.named(tables, sql) if each != name]
    held = [tables.snapshot(*tables.pin(each)).sha256 for each in read]
    rows = query.fetch(tables, sql, limit_rows=MOST_ROWS, timeout_s=timeout_s, stop=stop)
    if rows.num_rows > MOST_ROWS:
        raise Invalid("query", given=f"more than {MOST_ROWS} rows", hint="narrow it, or sum up")
    if not rows.num_columns:
        raise Invalid("query", given="no column", expected="one or more")
    note: dict[str, Any] = {"how": how, "sql": sql, "read": read}
    if how != HOW:
        note["view"] = held
    return tables.add(name, rows, source=f"query: {', '.join(read) or '–'}", note=note)
