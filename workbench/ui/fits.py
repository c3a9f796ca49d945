"""Which apps can run on which tables: what the gallery's badges say, remembered between visits."""

import time
from collections.abc import Iterable

from workbench.app import Workbench
from workbench.runs import fitting
from workbench.runs.fitting import Fit
from workbench.runs.mappings import key
from workbench.tables.catalog import TableInfo
from workbench.tables.resolve import resolve
from workbench.templates.template import Template

DEMO = "demo."
DOUBT_S = 20.0
_FOUND: dict[tuple[object, ...], tuple[Fit | None, float]] = {}
CONSIDERED = 5  # newest tables of the user that the gallery tries


def own_tables(bench: Workbench) -> list[TableInfo]:
    """Return the user's tables, newest first; the demo factory's are not the user's."""
    tables = [table for table in bench.tables.list() if not table.name.startswith(DEMO)]
    return sorted(tables, key=lambda table: table.created, reverse=True)


def first_role(template: Template) -> str | None:
    """Return the input that decides whether a table fits."""
    return next((role for role, need in template.inputs.items() if not need.optional), None)


def fit(bench: Workbench, template: Template, table: TableInfo) -> Fit | None:
    """Try a table on an app; None where the app needs no table."""
    if first_role(template) is None:
        return None
    known = (str(bench.workspace.root), template.digest, table.name, table.version, table.created)
    found, since = _FOUND.get(known, (None, 0.0))
    # What fits goes on fitting; what lacks a column may be mapped by hand meanwhile.
    if found is None or (found.state != fitting.RUNS and time.monotonic() - since > DOUBT_S):
        source = resolve(f"{table.name}@{table.version}", workspace=bench.workspace, tables=bench.tables)
        mappings = bench.engine.preparer.mappings
        found = fitting.fit(template, mappings, source, mappings.memory.of(key(source)))
        _FOUND[known] = (found, time.monotonic())
    return found


def best_fit(
    bench: Workbench, template: Template, tables: Iterable[TableInfo]
) -> tuple[TableInfo, Fit] | None:
    """Return the first table that fits, else the one that lacks least, with what it lacks."""
    tried = [(table, fit(bench, template, table)) for table in tables]
    found = [(table, one) for table, one in tried if one is not None]
    return min(found, key=lambda each: (len(each[1].missing), each[1].state == fitting.FEW), default=None)
