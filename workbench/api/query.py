"""Queries over REST: one SELECT over the tables, in a process of its own; its rows, or a table of them."""

import time
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from workbench.api.access import Bench
from workbench.api.tables import TableShown, records, shown
from workbench.errors import Invalid
from workbench.tables import query, saved_query, views
from workbench.templates import from_query

router = APIRouter(prefix="/query", tags=["tables"])
MOST_ROWS = 10_000


class Question(BaseModel):
    """One SELECT."""

    sql: str = Field(max_length=100_000, description="One SELECT over the tables")


class Asked(Question):
    """One SELECT, and how many of its rows are wanted."""

    limit: int = Field(1000, ge=1, le=MOST_ROWS, description="At most so many rows")


class Kept(Question):
    """One SELECT, and the table that keeps its rows."""

    name: str = Field(description="Name of the table; one that a query made gets a new version")


class Made(Question):
    """One SELECT, and the template it becomes."""

    id: str = Field(description="Lower-case words joined by -, as in energy-per-line")


class Template(BaseModel):
    """A template of the workspace."""

    id: str
    path: str


class Answered(BaseModel):
    """The rows of a query."""

    columns: list[str]
    rows: list[dict[str, Any]]
    more: bool = Field(description="Whether there are more rows than the limit")
    seconds: float


@router.post("", summary="Ask the tables in SQL")
def ask(asked: Asked, bench: Bench) -> Answered:
    """Run one SELECT with limits of time and memory; it can read the tables and nothing else."""
    begin = time.monotonic()
    views.freshen(bench.tables, asked.sql, timeout_s=bench.settings.sql_seconds)
    frame = query.run_sql(
        bench.tables, asked.sql, limit_rows=asked.limit, timeout_s=bench.settings.sql_seconds
    )
    return Answered(
        columns=[str(name) for name in frame.columns],
        rows=records(frame),
        more=frame.attrs["more"],
        seconds=round(time.monotonic() - begin, 3),
    )


@router.post("/save", status_code=201, summary="Keep the answer of a query as a table")
def save(kept: Kept, bench: Bench) -> TableShown:
    """Run one SELECT and keep its rows; the table's history names the query and the versions it read."""
    return shown(saved_query.save(bench.tables, kept.sql, kept.name, timeout_s=bench.settings.sql_seconds))


@router.post("/view", status_code=201, summary="Keep a query as a view")
def save_view(kept: Kept, bench: Bench) -> TableShown:
    """Name one SELECT; it is read like a table, and worked out again when a table it reads has changed."""
    return shown(views.create(bench.tables, kept.sql, kept.name, timeout_s=bench.settings.sql_seconds))


@router.post("/view/{name}/refresh", summary="Bring a view up to date")
def refresh_view(name: str, bench: Bench) -> TableShown:
    """Work a view out again if a table it reads has changed; runs and queries do so by themselves."""
    table = views.current(bench.tables, name, timeout_s=bench.settings.sql_seconds)
    if table is None:
        raise Invalid(f"table {name}", given="rows of its own", expected="a view")
    return shown(table)


@router.post("/template", status_code=201, summary="Make a template of a query")
def make_template(made: Made, bench: Bench) -> Template:
    """Write a notebook whose inputs are the query's tables, and its parameters what WHERE compares with."""
    known = query.columns_used(bench.tables, made.sql)
    path = from_query.make(made.sql, made.id, bench.workspace.templates, tables=known)
    return Template(id=made.id, path=str(path))
