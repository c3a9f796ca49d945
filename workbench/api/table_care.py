"""Looking after a table over REST: page, describe, compare and restore versions, prune, lineage."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from workbench.api.access import Bench
from workbench.api.tables import TableShown, shown
from workbench.errors import Invalid
from workbench.schedules.lineage import Lineage, held_versions, lineage
from workbench.tables import browse, card, retention
from workbench.tables.changes import Changes
from workbench.tables.differences import difference
from workbench.tables.restore import restore

router = APIRouter(prefix="/tables", tags=["tables"])


class PageShown(BaseModel):
    """Some rows of a table, a list of cells each in the order of the columns."""

    table: str
    version: int
    columns: list[str]
    rows: list[list[Any]]
    total: int
    matched: int


class Back(BaseModel):
    """Which version is to come back."""

    model_config = ConfigDict(extra="forbid")

    version: int


class Keep(BaseModel):
    """How many days are to be kept, and by which column rows are dated when old rows go too."""

    model_config = ConfigDict(extra="forbid")

    days: int = Field(ge=1)
    time_column: str | None = None


class Prunable(BaseModel):
    """What goes, or would go, when only the last days are kept."""

    table: str
    days: int
    before: datetime
    versions: list[int]
    held: list[int]  # old, but read by runs that wait or go
    kept: int
    bytes: int
    rows: int
    time_column: str | None
    done: bool


@router.get("/{name}/page", summary="Page through a table")
def page(
    name: str,
    bench: Bench,
    offset: Annotated[int, Query(ge=0, description="Rows to pass over")] = 0,
    limit: Annotated[int, Query(ge=0, le=browse.MOST, description="At most so many rows")] = 50,
    sort: Annotated[str, Query(description="A column; with - in front, falling")] = "",
    filter: Annotated[  # noqa: A002 - the name users expect
        list[str] | None, Query(description="column:what to find, e.g. machine:M03 or value:> 5. Repeatable")
    ] = None,
) -> PageShown:
    """Return some rows, filtered and sorted by the server; ``matched`` counts all that the filters leave."""
    filters = dict(_filter(text, bench.tables.get(name)) for text in filter or ())
    found = browse.page(bench.tables, name, offset=offset, limit=limit, sort=sort, filters=filters)
    return PageShown(
        table=found.table.name,
        version=found.table.version,
        columns=[column.name for column in found.table.columns],
        rows=found.rows,
        total=found.total,
        matched=found.matched,
    )


def _filter(text: str, table: Any) -> tuple[str, str]:
    """Split ``column:wanted``; a column's own name may hold colons."""
    names = [column.name for column in table.columns if text.startswith(f"{column.name}:")]
    if names:
        name = max(names, key=len)
        return name, text[len(name) + 1 :]
    name, colon, wanted = text.partition(":")
    if not colon:
        raise Invalid("filter", given=repr(text), expected="column:what to find, e.g. machine:M03")
    return table.column(name).name, wanted


@router.get("/{name}/changes", summary="Compare two versions of a table")
def changes(
    name: str,
    bench: Bench,
    before: Annotated[int, Query(description="The earlier version")],
    after: Annotated[int, Query(description="The later version")],
) -> Changes:
    """Return rows added, removed and changed, changed cells, columns and statistics that differ."""
    return difference(bench.tables, name, before, after)


@router.post("/{name}/restore", status_code=201, summary="Restore a version")
def bring_back(name: str, wanted: Back, bench: Bench) -> TableShown:
    """Make the rows of an earlier version the newest version; nothing in between is lost."""
    return shown(restore(bench.tables, f"{name}@{wanted.version}"))


@router.get("/{name}/card", summary="Show what is said of a table")
def show_card(name: str, bench: Bench) -> card.Card:
    """Return owner, description, tags, grade, retention and the meaning of columns."""
    return card.read(bench.tables, name)


@router.patch("/{name}/card", summary="Describe a table")
def describe(name: str, changed: dict[str, Any], bench: Bench) -> card.Card:
    """Change what is said of a table; what is not named stays."""
    return card.change(bench.tables, name, changed)


@router.get("/{name}/lineage", summary="Show where a table comes from and what uses it")
def show_lineage(name: str, bench: Bench) -> Lineage:
    """Return sources, versions, the runs that read them, and the schedules and mappings that name it."""
    return lineage(bench.engine, bench.tables, name)


@router.get("/{name}/retention", summary="Preview what keeping fewer days would take away")
def preview(
    name: str,
    bench: Bench,
    days: Annotated[int, Query(ge=1, description="Days to keep")],
    time_column: Annotated[str | None, Query(description="Take old rows away too, dated by this")] = None,
) -> Prunable:
    """Say which versions, rows and bytes would go; touches nothing."""
    held = held_versions(bench.engine, bench.tables.pin(name)[0])
    found = retention.plan(bench.tables, name, days=days, time_column=time_column, held=held)
    return _prunable(found, done=False)


@router.post("/{name}/retention", summary="Take away what is older than some days")
def prune(name: str, keep: Keep, bench: Bench) -> Prunable:
    """Take away old versions, and old rows where a time column is named; say what went."""
    held = held_versions(bench.engine, bench.tables.pin(name)[0])
    found = retention.plan(bench.tables, name, days=keep.days, time_column=keep.time_column, held=held)
    retention.prune(bench.tables, found)
    return _prunable(found, done=True)


def _prunable(found: retention.Plan, *, done: bool) -> Prunable:
    return Prunable(
        table=found.table,
        days=found.days,
        before=found.before,
        versions=list(found.versions),
        held=list(found.held),
        kept=found.kept,
        bytes=found.bytes,
        rows=found.rows,
        time_column=found.time_column,
        done=done,
    )
