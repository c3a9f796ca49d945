"""What a table can run, as a block of its page: apps that go now, apps that lack one column, and why."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from workbench.runs.fitting import FEW, MORE, ONE, RUNS, Fit, fits
from workbench.tables.catalog import TableInfo
from workbench.tables.resolve import resolve
from workbench.ui.render import fragment
from workbench.ui.view import View

SHOWN = 8  # apps of a kind, before the rest is folded


def can_run(view: View, table: TableInfo) -> Markup:
    """Return the block about one table; one press on an app opens it mapped."""
    bench = view.bench
    source = resolve(f"{table.name}@{table.version}", workspace=bench.workspace, tables=bench.tables)
    found = fits(bench.library, bench.engine.preparer.mappings, source)
    kinds = {state: [_line(view, one, table) for one in found if one.state == state] for state in (RUNS, ONE)}
    rest = [_line(view, one, table) for one in found if one.state in (FEW, MORE)]
    return fragment("canrun", view=view, runs=kinds[RUNS], one=kinds[ONE], rest=rest, shown=SHOWN)


def address(fit: Fit, table: str) -> str:
    """Return where an app opens on a table with its columns chosen."""
    query = {"template": fit.template, f"input.{fit.role}": table}
    return "/app?" + urlencode(query)


def _line(view: View, fit: Fit, table: TableInfo) -> Mapping[str, Any]:
    return {
        "title": view.pick(fit.title),
        "address": address(fit, table.name),
        "why": view.pick(fit.why),
        "sure": fit.sure,
        "others": ", ".join(fit.others),
    }
