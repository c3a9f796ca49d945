"""A view: a named SELECT that apps read like a table, worked out again when a table it reads has changed.

Its rows are kept as versions, each with the query and the versions it read. So a run pins what it saw and can
be repeated, and profile, trend and health need to know nothing about views. Whoever reads the newest version,
a run or a query, has it brought up to date first.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.errors import Invalid, Unavailable
from workbench.tables import query, saved_query
from workbench.tables.catalog import TableInfo, Tables

HOW = "view"


@dataclass(frozen=True)
class View:
    """What a view is, and which of the tables it reads are gone or have newer versions."""

    name: str
    sql: str
    read: tuple[str, ...]  # name@version
    gone: tuple[str, ...]
    behind: tuple[str, ...]


def create(
    tables: Tables, sql: str, name: str, *, timeout_s: float, stop: query.Stop | None = None
) -> TableInfo:
    """Make a view, or give one another query.

    Raises
    ------
    Invalid
        If the name is that of a table with rows of its own, or the view would read itself.
    """
    for each in query.named(tables, sql):
        circle = _circle(tables, each, name, (name,))
        if circle:
            hint = "choose another name"
            raise Invalid(f"view {name}", given=f"a query that reads itself: {' → '.join(circle)}", hint=hint)
    freshen(tables, sql, timeout_s=timeout_s)
    return saved_query.save(tables, sql, name, timeout_s=timeout_s, stop=stop, how=HOW)


def look(tables: Tables, name: str) -> View | None:
    """Say what a view is and how it stands; None for a table with rows of its own."""
    pinned, version = tables.pin(name)
    note = tables.snapshot(pinned, version).note
    if "view" not in note:
        return None
    known = {each.rpartition("@")[0]: held for each, held in zip(note["read"], note["view"], strict=True)}
    gone = tuple(each for each in known if not tables.exists(each))
    behind = tuple(each for each, held in known.items() if each not in gone and _is_old(tables, each, held))
    return View(pinned, note["sql"], tuple(note["read"]), gone, behind)


def _is_old(tables: Tables, name: str, held: str) -> bool:
    """Whether a table holds something else than when it was read; one made again begins at version 0 anew."""
    below = look(tables, name)
    changed = tables.snapshot(*tables.pin(name)).sha256 != held
    return changed or (below is not None and bool(below.behind or below.gone))


def current(tables: Tables, name: str, *, timeout_s: float = query.TIMEOUT_S) -> TableInfo | None:
    """Bring a view up to date; None for a table with rows of its own.

    Raises
    ------
    Unavailable
        If a table that it reads is gone.
    """
    view = look(tables, name)
    if view is None:
        return None
    if view.gone:
        hint = "bring it back, or save the view with another query"
        raise Unavailable(f"view {view.name}", given=f"its table {view.gone[0]!r} is gone", hint=hint)
    if not view.behind:
        return tables.get(view.name)
    freshen(tables, view.sql, timeout_s=timeout_s)
    return saved_query.save(tables, view.sql, view.name, timeout_s=timeout_s, how=HOW)


def freshen(tables: Tables, sql: str, *, timeout_s: float = query.TIMEOUT_S) -> None:
    """Bring the views that a query reads up to date."""
    for name in query.named(tables, sql):
        current(tables, name, timeout_s=timeout_s)


def _circle(tables: Tables, name: str, wanted: str, way: Sequence[str]) -> tuple[str, ...]:
    """Return the way from a table back to a name, through the views between; empty where there is none."""
    if name == wanted:
        return (*way, name)
    view = look(tables, name) if tables.exists(name) else None
    for read in view.read if view else ():
        found = _circle(tables, read.rpartition("@")[0], wanted, (*way, name))
        if found:
            return found
    return ()
