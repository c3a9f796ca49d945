"""The page of one table: its rows, profile, health, versions, where it comes from, and what is said of it."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

import panel as pn

from workbench.app import Workbench
from workbench.errors import NotFound, WorkbenchError
from workbench.schedules.standing import standing
from workbench.tables import card, health, views
from workbench.tables.catalog import TableInfo
from workbench.ui.can_run import can_run
from workbench.ui.numbers import moment, size
from workbench.ui.render import fragment
from workbench.ui.rows import MOST_COLUMNS, rows
from workbench.ui.shell import Frame, html, page, tabs, themed
from workbench.ui.table_about import about
from workbench.ui.table_health import assessed, badge
from workbench.ui.table_lineage import traced
from workbench.ui.table_profile import profiled
from workbench.ui.table_versions import source, versions
from workbench.ui.trend_page import fits as has_trend
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

SLOW = ("profile", "health")  # read every row, so the page stands first
Part = Callable[[View, TableInfo], list[Any]]


def preview(view: View, table: TableInfo) -> list[Any]:
    """Return the grid, saying so where a table has more columns than a person can look through."""
    more = len(table.columns) - MOST_COLUMNS
    told = view.say("first_columns", shown=MOST_COLUMNS, columns=len(table.columns)) if more > 0 else ""
    try:
        grid = rows(view, table)
    except WorkbenchError as error:
        return [html(fragment("note", problem=reason(view, error), hint=""))]
    return [*([html(f'<p class="hint">{told}</p>')] if told else []), grid]


PARTS: dict[str, Part] = {
    "rows": preview,
    "profile": profiled,
    "health": assessed,
    "versions": versions,
    "lineage": traced,
    "about": about,
}


def table_page(bench: Workbench) -> Frame:
    """Build the page of the table that the address names, with the part it names opened."""
    view = visit(bench)
    name = view.arguments.get("name") or view.arguments.get("table", "")
    try:
        table = bench.tables.get(name)
    except NotFound:
        body = fragment("empty", title=view.say("no_such_table", table=name), text=view.say("no_table_next"))
        return page(view, view.say("data"), section="data", body=body)
    except WorkbenchError as error:
        body = fragment("empty", title=name, text=reason(view, error))
        return page(view, name, section="data", body=body)
    parts = TableParts(view, table)
    return page(view, table.name, section="data", roots={"main": parts.panel}, lead=_head(view, table))


def since(view: View, when: datetime) -> str:
    """Say how long ago something was."""
    minutes = max(0, int((datetime.now(UTC) - when).total_seconds() // 60))
    for unit, length in (("days", 24 * 60), ("hours", 60), ("minutes", 1)):
        if minutes >= length:
            return view.say(f"{unit}_ago", count=minutes // length)
    return view.say("just_now")


def _head(view: View, table: TableInfo) -> Any:
    said = card.read(view.bench.tables, table.name)
    counted = health.known(view.bench.tables, f"{table.name}@{table.version}")
    return fragment(
        "tablehead",
        badge=badge(view, counted, standing(view.bench.engine, view.bench.tables, table.name, counted)),
        health=f"/table?name={quote(table.name)}&tab=health",
        view=view,
        table=table,
        said=said,
        description=view.pick(table.description),
        source=source(view, view.bench.tables.versions(table.name, last=1)[0]),
        created=moment(table.created),
        since=since(view, table.created),
        size=size(table.bytes),
        can_run=can_run(view, table),
        address=f"/api/v1/tables/{quote(table.name)}/download",
        trend="/trend?" + urlencode({"table": table.name}) if has_trend(table) else "",
        about=f"/table?name={quote(table.name)}&tab=about",
        notes=[*_as_view(view, table), *(view.pick(note) for note in table.notes)],
    )


def _as_view(view: View, table: TableInfo) -> list[str]:
    """Say how a view stands to the tables it reads; nothing for a table with rows of its own."""
    found = views.look(view.bench.tables, table.name)
    if found is None:
        return []
    key = "view_gone" if found.gone else "view_behind" if found.behind else "view_of"
    names = {"tables": found.read, "gone": found.gone, "newer": found.behind}
    return [view.say(key, **{name: ", ".join(each) for name, each in names.items()})]


class TableParts:
    """The parts of the page: what is open is made, the rest when it is opened."""

    def __init__(self, view: View, table: TableInfo) -> None:
        self.view, self.table = view, table
        self.names = list(PARTS)
        self.columns = [pn.Column(margin=(10, 0, 0, 0), sizing_mode="stretch_width") for _ in self.names]
        self.loaded: set[int] = set()
        wanted = view.arguments.get("tab", "rows")
        shown = self.names.index(wanted) if wanted in self.names else 0
        named = zip(self.names, self.columns, strict=True)
        self.tabs = tabs(*((view.say(f"tab_{name}"), column) for name, column in named))
        self.tabs.active = shown
        self.tabs.param.watch(lambda event: self._open(int(event.new)), "active")
        self.panel = themed(view, self.tabs)
        if self.names[shown] in SLOW:
            pn.state.onload(lambda: self._open(shown))
        else:
            self.loaded.add(shown)
            self.columns[shown].objects = PARTS[self.names[shown]](view, table)

    def _open(self, tab: int) -> None:
        if tab not in self.loaded:
            self.loaded.add(tab)
            word = "profiling" if self.names[tab] in SLOW else "loading"
            self.columns[tab].objects = [html(f'<p class="hint">{self.view.say(word)}</p>')]
            asyncio.get_running_loop().create_task(self._fill(tab))

    async def _fill(self, tab: int) -> None:
        make = PARTS[self.names[tab]]
        self.columns[tab].objects = await asyncio.to_thread(make, self.view, self.table)
