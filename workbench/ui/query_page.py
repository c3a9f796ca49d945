"""The query page: SQL over the tables, with its answer as a table, as a chart, and kept as a new table."""

import asyncio
import itertools
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pandas as pd
import panel as pn
import panel_material_ui as pmui
import param
from bokeh.embed import json_item
from panel.custom import JSComponent

from workbench.app import Workbench
from workbench.charts.quick import quick_chart
from workbench.errors import WorkbenchError
from workbench.tables import query, saved_query, views
from workbench.tables.catalog import TableInfo
from workbench.templates import from_query
from workbench.ui.documents import fitted
from workbench.ui.figures import Figure, boxed
from workbench.ui.frames import grid
from workbench.ui.render import ASSETS, PARTS_CSS, fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

WORDS = ("query", "run", "cancel", "running", "history", "tables", "hint")
SHEET = (ASSETS / "query.css").read_text(encoding="utf-8")
SHOWN_ROWS = 2000


class Editor(JSComponent):
    """Where one writes; says when it is to run and when to stop."""

    sql = param.String()
    tables = param.Dict({})
    words = param.Dict({})
    busy = param.Boolean(False)
    asked = param.Integer(0)
    stopped = param.Integer(0)

    _esm = ASSETS / "query.js"


def query_page(bench: Workbench) -> Frame:
    """Build the page, with the query that the address carries."""
    view = visit(bench)
    lead = fragment("paneheading", text=view.say("query"))
    return page(view, view.say("query"), section="data", lead=lead, roots={"main": QueryPane(view).panel})


class QueryPane:
    """One query at a time, and what became of it."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.stop = query.Stop()
        self.answered = ""  # the query whose answer is shown
        words = {name: view.say(name if name == "query" else f"query_{name}") for name in WORDS}
        self.editor = Editor(
            sql=view.arguments.get("sql", ""),
            tables=self._names(),
            words=words,
            stylesheets=[PARTS_CSS, SHEET],
            sizing_mode="stretch_width",
            margin=0,
        )
        self.editor.param.watch(self._asked, "asked")
        self.editor.param.watch(lambda _: self.stop.now(), "stopped")
        self.note = html(margin=(10, 0, 4, 0))
        self.answer = pn.Column(margin=0, sizing_mode="stretch_width")
        self.name = pmui.TextInput(label=view.say("query_name"), size="small", width=240, margin=(0, 8, 0, 0))
        self.save = pmui.Button(
            label=view.say("query_save"), variant="outlined", size="small", margin=(6, 8, 0, 0)
        )
        self.follow = pmui.Button(
            label=view.say("query_view"), variant="outlined", size="small", margin=(6, 8, 0, 0)
        )
        self.make = pmui.Button(
            label=view.say("query_template"), variant="outlined", size="small", margin=(6, 8, 0, 0)
        )
        self.make.on_click(self._make)
        self.told = html(margin=(8, 0, 0, 0))
        self.save.on_click(self._save)
        self.follow.on_click(self._follow)
        self.keep = pn.FlexBox(
            self.name, self.save, self.follow, self.make, self.told, visible=False, margin=(12, 0, 0, 0)
        )
        empty = fragment("empty", title=view.say("query_empty"), text=view.say("query_empty_next"))
        self.answer.objects = [html(empty)]
        hint = view.say("query_lead", seconds=f"{view.bench.settings.sql_seconds:g}")
        lead = html(fragment("note", problem="", hint=hint), margin=(0, 0, 6, 0))
        self.panel = themed(view, lead, self.editor, self.note, self.answer, self.keep)

    def _names(self) -> dict[str, list[str]]:
        return {each.name: [column.name for column in each.columns] for each in self.view.bench.tables.list()}

    async def _asked(self, _: Any) -> None:
        view, sql = self.view, self.editor.sql
        self.stop, self.editor.busy = query.Stop(), True
        begin = time.monotonic()
        try:
            frame = await asyncio.to_thread(self._answer, sql)
        except WorkbenchError as error:
            self.note.object = fragment("note", problem=_plain(view, error), hint="")
            self.answer.objects, self.keep.visible = [], False
            return
        finally:
            self.editor.busy = False
        key = "query_more" if frame.attrs["more"] else "query_found"
        said = view.say(key, rows=f"{len(frame):,}", seconds=f"{time.monotonic() - begin:.1f}")
        self.note.object = fragment("note", problem="", hint=said)
        self.answered = sql
        chart = quick_chart(frame)
        shown = [self._drawn(chart)] if chart is not None else []
        self.answer.objects = [*shown, grid(view, frame)]
        self.told.object, self.keep.visible = "", True

    def _answer(self, sql: str) -> pd.DataFrame:
        tables, timeout_s = self.view.bench.tables, self.view.bench.settings.sql_seconds
        views.freshen(tables, sql, timeout_s=timeout_s)
        return query.run_sql(tables, sql, limit_rows=SHOWN_ROWS, timeout_s=timeout_s, stop=self.stop)

    def _drawn(self, chart: Any) -> pn.Column:
        document = fitted(json_item(chart)["doc"], self.view)
        broken = self.view.say("figure_broken", reason="{reason}")
        text = json.dumps(document, ensure_ascii=False)
        return boxed(Figure(content=text, broken=broken, sizing_mode="stretch_width", margin=0), "")

    async def _save(self, _: Any) -> None:
        await self._keep(saved_query.save, "query_saved")

    async def _follow(self, _: Any) -> None:
        await self._keep(views.create, "query_viewed")

    async def _keep(self, keep: Callable[..., TableInfo], said: str) -> None:
        view, name = self.view, self.name.value.strip()
        self.save.disabled = self.follow.disabled = True
        try:
            table = await asyncio.to_thread(
                keep,
                view.bench.tables,
                self.answered,
                name,
                timeout_s=view.bench.settings.sql_seconds,
            )
        except WorkbenchError as error:
            self.told.object = fragment("note", problem=_plain(view, error), hint="")
            return
        finally:
            self.save.disabled = self.follow.disabled = False
        text = view.say(said, rows=f"{table.rows:,}", table=table.name)
        self.told.object = fragment("link", text=text, address=f"/table?name={quote(table.name)}")
        self.editor.tables = self._names()

    def _make(self, _: Any) -> None:
        view = self.view
        id_ = "-".join(re.findall(r"[a-z0-9]+", self.name.value.lower())) or _free_id(view)
        try:
            known = query.columns_used(view.bench.tables, self.answered)
            from_query.make(self.answered, id_, view.bench.workspace.templates, tables=known)
        except WorkbenchError as error:
            self.told.object = fragment("note", problem=_plain(view, error), hint="")
            return
        text = f"{view.say('query_made', id=id_)} {view.say('query_open_app')}"
        self.told.object = fragment("link", text=text, address=f"/app?template={id_}")


def _free_id(view: View) -> str:
    taken = {template.id for template in view.bench.library.list()}
    return next(name for number in itertools.count(1) if (name := f"query-{number}") not in taken)


def _plain(view: View, error: WorkbenchError) -> str:
    """Return what is wrong without the words that only a list of errors needs."""
    said = reason(view, error).removeprefix("query: got ").removeprefix("实际为")
    return said[:1].upper() + said[1:]
