"""The Data page: what tables there are, what is in them, and which apps can use them."""

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

import panel as pn

from workbench.app import Workbench
from workbench.errors import WorkbenchError
from workbench.tables.catalog import TableInfo
from workbench.tables.profile import profile
from workbench.ui import fits
from workbench.ui.asking import ask_first
from workbench.ui.drop import Uploader
from workbench.ui.frames import grid
from workbench.ui.inputs import with_unit
from workbench.ui.numbers import moment, size
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, tabs, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

PREVIEW_ROWS = 200
ROWS, PROFILE, COLUMNS, VERSIONS = range(4)
PROFILE_WORDS = {
    "column": "column", "type": "type", "unit": "unit", "count": "count", "missing": "missing",
    "distinct": "distinct", "min": "minimum", "max": "maximum", "mean": "mean", "median": "median",
    "std": "std",
}  # fmt: skip


def data_page(bench: Workbench) -> Frame:
    """Build the page, with the table the address names opened."""
    view = visit(bench)
    name = view.arguments.get("table", "")
    try:
        chosen = bench.tables.get(name) if name else None
    except WorkbenchError:
        chosen = None
    listing = _listing(view, chosen.name if chosen else "")
    uploader = Uploader(view, _show_table)
    note = view.say("deleted", table=view.arguments["deleted"]) if "deleted" in view.arguments else ""
    if name and chosen is None:
        note = view.say("no_such_table", table=name)
    if note:
        uploader.say(note)
    detail = TableDetail(view, chosen).panel if chosen else html(_nothing(view))
    return page(
        view,
        view.say("data"),
        section="data",
        roots={"top": uploader.zone, "main": detail},
        split=listing,
    )


def _show_table(table: TableInfo) -> None:
    pn.state.location.param.update(search="?" + urlencode({"table": table.name}), reload=True)


def _nothing(view: View) -> Any:
    return fragment("empty", title=view.say("no_table_chosen"), text=view.say("no_table_chosen_next"))


def _listing(view: View, chosen: str) -> Any:
    tables = view.bench.tables.list()
    own = [table for table in tables if not table.name.startswith(fits.DEMO)]
    demo = [table for table in tables if table.name.startswith(fits.DEMO)]
    return fragment("tablelist", view=view, own=_rows(own), demo=_rows(demo), chosen=chosen)


def _rows(tables: Iterable[TableInfo]) -> list[dict[str, Any]]:
    return [
        {
            "name": table.name,
            "address": f"/data?table={quote(table.name)}",
            "rows": f"{table.rows:,}",
            "version": table.version,
            "columns": len(table.columns),
        }
        for table in tables
    ]


class TableDetail:
    """One table: its rows, a profile, its columns, its versions."""

    def __init__(self, view: View, table: TableInfo) -> None:
        self.view, self.table = view, table
        self.loaded: set[int] = {ROWS}
        names = ("tab_rows", "tab_profile", "tab_columns", "tab_versions")
        self.columns = [pn.Column(margin=(10, 0, 0, 0), sizing_mode="stretch_width") for _ in names]
        self.columns[ROWS].objects = self._rows()
        parts = tabs(*((view.say(name), column) for name, column in zip(names, self.columns, strict=True)))
        parts.param.watch(self._opened, "active")
        self.question = html(visible=False, margin=(8, 0, 0, 0))
        self.panel = themed(view, html(self._head()), self._deletion(), parts)

    def _head(self) -> Any:
        table, view = self.table, self.view
        apps = []
        for template in view.bench.library.list():
            found = fits.fit(view.bench, template, table)
            if found and found.runs:
                query = {"template": template.id, f"input.{fits.first_role(template)}": table.name}
                apps.append((view.pick(template.title), "/app?" + urlencode(query)))
        return fragment(
            "tablehead",
            view=view,
            table=table,
            description=view.pick(table.description),
            created=moment(table.created),
            size=size(table.bytes),
            apps=apps,
            address=f"/api/v1/tables/{quote(table.name)}/download",
        )

    def _deletion(self) -> pn.Column:
        """Ask before a table is deleted."""
        view, name = self.view, self.table.name
        question = view.say("delete_sure", table=name)
        return ask_first(view, question, lambda: view.bench.tables.remove(name), {"deleted": name})

    def _rows(self) -> list[Any]:
        frame = self.view.bench.tables.head(self.table.name, PREVIEW_ROWS)
        key = "all_rows" if self.table.rows <= PREVIEW_ROWS else "first_rows"
        hint = self.view.say(key, rows=self.table.rows, shown=PREVIEW_ROWS)
        units = {each.name: each.unit for each in self.table.columns if each.unit}
        titles = {name: with_unit(name, units.get(name)) for name in frame.columns}
        return [
            html(fragment("note", problem="", hint=hint), margin=(0, 0, 4, 0)),
            grid(self.view, frame, titles),
        ]

    def _opened(self, event: Any) -> None:
        tab = int(event.new)
        if tab not in self.loaded:
            self.loaded.add(tab)
            self.columns[tab].objects = [html(self.view.say("profiling" if tab == PROFILE else "loading"))]
            asyncio.get_running_loop().create_task(self._fill(tab))

    async def _fill(self, tab: int) -> None:
        view, table = self.view, self.table
        if tab == PROFILE:
            self.columns[tab].objects = await asyncio.to_thread(_profiled, view, table.name)
        elif tab == COLUMNS:
            self.columns[tab].objects = [html(fragment("columns", view=view, columns=table.columns))]
        elif tab == VERSIONS:
            found = await asyncio.to_thread(view.bench.tables.versions, table.name)
            rows = [
                {
                    "version": each.version,
                    "created": moment(each.created),
                    "rows": each.rows,
                    "source": each.source,
                }
                for each in reversed(found)
            ]
            self.columns[tab].objects = [html(fragment("versions", view=view, rows=rows))]


def _profiled(view: View, name: str) -> list[Any]:
    """Return the profile of each column; what a table holds may be large, so this runs in a thread."""
    try:
        frame = profile(view.bench.tables, name)
    except WorkbenchError as error:
        return [
            html(fragment("note", problem=view.say("profile_failed", reason=reason(view, error)), hint=""))
        ]
    if "type" in frame:
        frame["type"] = [view.say(f"type_{kind}") for kind in frame["type"]]
    titles = {name: view.say(PROFILE_WORDS[name]) for name in frame.columns if name in PROFILE_WORDS}
    return [grid(view, frame, titles)]
