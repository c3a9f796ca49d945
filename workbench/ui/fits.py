"""Which apps can run on which tables: what the gallery's badges and the data page's links say."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from workbench.app import Workbench
from workbench.config import Text
from workbench.errors import WorkbenchError
from workbench.tables.catalog import TableInfo
from workbench.templates.template import Template

DEMO = "demo."
DOUBT_S = 20.0
_FOUND: dict[tuple[object, ...], tuple["Fit", float]] = {}
CONSIDERED = 5  # newest tables of the user that the gallery tries


@dataclass(frozen=True)
class Fit:
    """How one table fits the first input of an app: which columns are missing."""

    table: str
    missing: tuple[str, ...] = ()  # en\x1fzh labels, hashable
    rows_missing: int = 0

    @property
    def runs(self) -> bool:
        """Whether the app can run on it as it is."""
        return not self.missing and not self.rows_missing

    @property
    def labels(self) -> list[Text]:
        """The missing columns, for people."""
        return [Text(en=en, zh=zh) for en, zh in (label.split("\x1f") for label in self.missing)]


def own_tables(bench: Workbench) -> list[TableInfo]:
    """Return the user's tables, newest first; the demo factory's are not the user's."""
    tables = [table for table in bench.tables.list() if not table.name.startswith(DEMO)]
    return sorted(tables, key=lambda table: table.created, reverse=True)


def first_role(template: Template) -> str | None:
    """Return the input that decides whether a table fits."""
    return next((role for role, need in template.inputs.items() if not need.optional), None)


def fit(bench: Workbench, template: Template, table: TableInfo) -> Fit | None:
    """Try a table on an app; None where the app takes no table, or more than one."""
    required = [role for role, need in template.inputs.items() if not need.optional]
    if not required:
        return None
    key = (str(bench.workspace.root), template.digest, table.name, table.version, table.created)
    found, since = _FOUND.get(key, (None, 0.0))
    # What fits goes on fitting; what lacks a column may be mapped by hand meanwhile.
    if found is None or (not found.runs and time.monotonic() - since > DOUBT_S):
        found = _tried(bench, template, required[0], table)
        _FOUND[key] = (found, time.monotonic())
    return found


def _tried(bench: Workbench, template: Template, role: str, table: TableInfo) -> Fit:
    need, name = template.inputs[role], table.name
    try:
        proposal = bench.engine.preparer.propose(template, role, f"{name}@{table.version}", deep=False)
    except WorkbenchError:
        return Fit(
            name, tuple(_joined(column.label) for column in need.columns.values() if not column.optional)
        )
    lacking = [
        _joined(column.label)
        for key, column in need.columns.items()
        if not column.optional and not (proposal.get(key) or {}).get("source")
    ]
    short = max(0, (need.min_rows or 0) - table.rows)
    return Fit(name, tuple(lacking), short)


def _joined(label: dict[str, str]) -> str:
    return f"{label['en']}\x1f{label['zh']}"


def best_fit(bench: Workbench, template: Template, tables: Iterable[TableInfo]) -> Fit | None:
    """Return the first table that fits, else the one that lacks least."""
    found = [each for each in (fit(bench, template, table) for table in tables) if each is not None]
    return min(found, key=lambda each: (len(each.missing), each.rows_missing > 0), default=None)
