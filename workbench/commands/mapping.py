"""``workbench data map`` and ``data unit``: how tables fill inputs, and the units of their columns."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from workbench.app import Workbench
from workbench.commands.output import emit, say, show_table
from workbench.commands.sweep import looking
from workbench.config import Settings, pick
from workbench.errors import Invalid
from workbench.runs.fitting import fits
from workbench.runs.mappings import Mappings, key, pinned, role_need
from workbench.tables.catalog import Tables
from workbench.tables.measured import set_units
from workbench.tables.remembered import Kept
from workbench.tables.resolve import Source, resolve


def map_columns(
    settings: Settings,
    table: str,
    assigned: Sequence[str],
    *,
    template: str | None,
    confirm: bool,
    as_json: bool,
) -> None:
    """Show or confirm how a table fills inputs."""
    given = _by_role(assigned)
    with looking(settings) as bench:
        source, mappings = (
            pinned(bench.tables.get(table).name, bench.workspace),
            bench.engine.preparer.mappings,
        )
        needs = {role: role_need(bench.library, role, found, template) for role, found in given.items()}
        for role, mapping in given.items():
            mappings.confirm(source, role, needs[role], mapping, user="cli")
        if confirm:
            _confirm_proposed(bench, mappings, source, template)
        confirmed = mappings.memory.of(key(source))
        proposed = _proposed(bench, mappings, source, template)
    if as_json:
        kept = {role: {name: asdict(one) for name, one in found.items()} for role, found in confirmed.items()}
        emit({"table": source.table, "confirmed": kept, "proposed": proposed})
    elif template:
        _show_proposed(proposed, settings.language)
    else:
        _show_confirmed(source, confirmed)


def forget(settings: Settings, table: str, *, as_json: bool) -> None:
    """Forget what was confirmed for a table."""
    with looking(settings) as bench:
        source = pinned(bench.tables.get(table).name, bench.workspace)
        count = bench.engine.preparer.mappings.memory.forget(key(source))
    emit({"table": source.table, "forgotten": count}) if as_json else say(f"forgot {count} columns")


def apps(settings: Settings, table: str, *, as_json: bool) -> None:
    """Show what a table can run, what lacks a column, and why."""
    with looking(settings) as bench:
        if settings.demo and not bench.tables.names():
            bench.load_demo()
        source = resolve(bench.tables.get(table).name, workspace=bench.workspace, tables=bench.tables)
        found = fits(bench.library, bench.engine.preparer.mappings, source)
    if as_json:
        emit([one.document() for one in found])
        return
    language = settings.language
    show_table(
        [{"app": one.template, "state": one.state, "why": pick(one.why, language)} for one in found],
        ["app", "state", "why"],
    )


def unit(settings: Settings, table: str, assigned: Sequence[str], *, as_json: bool) -> None:
    """Show or set the units of a table's columns."""
    tables = Tables(settings.workspace.create())
    pairs = [each.partition("=") for each in assigned]
    for column, sign, _ in pairs:
        if not sign or not column:
            raise Invalid("unit", given=repr(column), expected="COLUMN=UNIT, for instance pressure=kPa")
    found = set_units(tables, table, {column: text or None for column, _, text in pairs})
    if as_json:
        emit(asdict(found) | {"created": found.created.isoformat()})
    else:
        show_table([asdict(column) for column in found.columns], ["name", "type", "unit"])


def _confirm_proposed(bench: Workbench, mappings: Mappings, source: Source, template: str | None) -> None:
    if template is None:
        raise Invalid("--confirm", given="no app", expected="--app TEMPLATE, whose proposal is confirmed")
    for role, need in bench.library.get(template).inputs.items():
        found = mappings.propose(source, role, need)
        mapping = {name: each["source"] for name, each in found.items() if each["source"]}
        lacking = [name for name, each in need.columns.items() if not each.optional and name not in mapping]
        if not lacking:
            mappings.confirm(source, role, need, mapping, user="cli")
        elif not need.optional:
            hint = f"name it: workbench data map {source.table} {role}.{lacking[0]}=COLUMN"
            raise Invalid(f"table {source.table} as {role}: nothing fills {lacking[0]!r}", hint=hint)


def _proposed(bench: Workbench, mappings: Mappings, source: Source, template: str | None) -> dict[str, Any]:
    inputs = bench.library.get(template).inputs if template else {}
    return {role: mappings.propose(source, role, need) for role, need in inputs.items()}


def _by_role(assigned: Sequence[str]) -> dict[str, dict[str, str]]:
    given: dict[str, dict[str, str]] = {}
    for each in assigned:
        place, sign, source = each.partition("=")
        role, dot, column = place.partition(".")
        if not sign or not dot or not role or not column:
            raise Invalid("mapping", given=repr(each), expected="ROLE.column=SOURCE")
        given.setdefault(role, {})[column] = source
    return given


def _show_proposed(proposed: dict[str, Any], language: str) -> None:
    rows = [
        {
            "input": f"{role}.{name}",
            "column": each["source"] or "–",
            "state": each["state"],
            "why": pick(each["reason"], language)
            + (f" ! {pick(each['doubt'], language)}" if each["doubt"] else ""),
        }
        for role, found in proposed.items()
        for name, each in found.items()
    ]
    show_table(rows, ["input", "column", "state", "why"])


def _show_confirmed(source: Source, confirmed: dict[str, dict[str, Kept]]) -> None:
    rows = [
        {"input": f"{role}.{name}", "column": one.source or "–", "unit": one.unit or "", "confirmed": one.at}
        for role, found in confirmed.items()
        for name, one in found.items()
    ]
    if rows:
        show_table(rows, ["input", "column", "unit", "confirmed"])
    else:
        say(f"nothing confirmed for {source.table} yet: see workbench data map {source.table} --app TEMPLATE")
