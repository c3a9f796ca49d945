"""``workbench data``: the workspace's tables from the command line."""

from dataclasses import asdict
from typing import Any

from workbench.app import Workbench
from workbench.commands.output import emit, say, show_table
from workbench.config import Settings, pick
from workbench.demo import factory
from workbench.errors import Invalid, Refused
from workbench.schedules.lineage import uses
from workbench.tables import chunks, query, saved_query, views
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.shapes import shapes
from workbench.templates import from_query

PROFILE = ("column", "type", "unit", "count", "missing", "distinct", "min", "max", "mean", "median", "std")


def list_all(settings: Settings, *, as_json: bool) -> None:
    """List the tables."""
    found = _tables(settings).list()
    if as_json:
        emit([_described(table) for table in found])
    elif not found:
        say("no tables yet: import one with `workbench data add FILE`")
    else:
        show_table([_line(table, settings.language) for table in found])


def show(settings: Settings, name: str, *, rows: int, as_json: bool) -> None:
    """Show a table's columns, versions and first rows."""
    tables = _tables(settings)
    table, head = tables.get(name), tables.head(name, rows)
    if as_json:
        versions = [asdict(version) for version in tables.versions(table.name)]
        emit(_described(table) | {"versions": versions, "head": head.to_dict(orient="records")})
        return
    say(f"{table.name}@{table.version}: {table.rows} rows  {pick(table.description, settings.language)}")
    show_table([asdict(column) for column in table.columns], ["name", "type", "unit", "label"])
    say("")
    show_table(head.to_dict(orient="records"), list(head.columns))


def show_profile(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show type, missing values, range and quantiles of each column."""
    rows = shapes(_tables(settings), name)
    emit(rows) if as_json else show_table(rows, PROFILE)


def sql(
    settings: Settings,
    statement: str,
    *,
    limit: int,
    save: str | None,
    view: str | None,
    template: str | None,
    as_json: bool,
) -> None:
    """Run a query over the tables; show its rows, or keep it as a table, a view or a template."""
    tables, timeout_s = _tables(settings), settings.sql_seconds
    views.freshen(tables, statement, timeout_s=timeout_s)
    if save or view:
        keep = views.create if view else saved_query.save
        table = keep(tables, statement, str(view or save), timeout_s=timeout_s)
        emit(_described(table)) if as_json else say(f"{table.name}@{table.version}: {table.rows} rows")
        return
    frame = query.run_sql(tables, statement, limit_rows=limit, timeout_s=timeout_s)
    if template:
        known = query.columns_used(tables, statement)
        path = from_query.make(statement, template, settings.workspace.templates, tables=known)
        emit({"template": template, "path": str(path)}) if as_json else say(str(path))
        return
    rows = frame.to_dict(orient="records")
    if as_json:
        emit({"columns": list(frame.columns), "rows": rows, "more": frame.attrs["more"]})
        return
    show_table(rows, list(frame.columns))
    if frame.attrs["more"]:
        say(f"only the first {limit} rows are shown")


def refresh(settings: Settings, name: str, *, as_json: bool) -> None:
    """Bring a view up to date."""
    table = views.current(_tables(settings), name, timeout_s=settings.sql_seconds)
    if table is None:
        raise Invalid(f"table {name}", given="rows of its own", expected="a view")
    emit(_described(table)) if as_json else say(f"{table.name}@{table.version}: {table.rows} rows")


def tidy(settings: Settings, name: str | None, *, as_json: bool) -> None:
    """Tidy one table, or all that need it."""
    tables = _tables(settings, demo=False)
    names = [name] if name else tables.names(rejected=True)
    tidied = [found for each in names if (found := chunks.tidy(tables, each))]
    if as_json:
        emit({"tidied": [_described(table) for table in tidied]})
    elif not tidied:
        say("nothing to tidy")
    else:
        show_table([_line(table, settings.language) for table in tidied])


def remove(settings: Settings, name: str, *, force: bool, as_json: bool) -> None:
    """Remove a table and its history; a schedule that reads it keeps it, unless forced."""
    tables = _tables(settings, demo=False)
    removed, _ = tables.pin(name)
    if settings.workspace.state.is_file() and not force:
        _refuse_when_scheduled(settings, removed)
    tables.remove(removed)
    emit({"removed": removed}) if as_json else say(f"removed {removed}")


def _refuse_when_scheduled(settings: Settings, name: str) -> None:
    bench = Workbench(settings, full=False)
    schedules = [schedule["name"] for schedule in uses(bench.engine, name).schedules]
    bench.stop()
    if schedules:
        given = f"read by the schedule {', '.join(schedules[:5])}"
        raise Refused(f"removal of table {name}", given=given, hint="add --force to remove it anyway")


def _tables(settings: Settings, *, demo: bool = True) -> Tables:
    tables = Tables(settings.workspace.create())
    if demo and settings.demo and not tables.names():  # a new workspace starts with the demo factory
        factory.load(tables)
    return tables


def _described(table: TableInfo) -> dict[str, Any]:
    return asdict(table) | {"created": table.created.isoformat()}


def _line(table: TableInfo, language: str) -> dict[str, Any]:
    return {
        "table": table.name,
        "version": table.version,
        "rows": table.rows,
        "columns": len(table.columns),
        "description": pick(table.description, language),
    }
