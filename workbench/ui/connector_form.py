"""The guided form of a connector: its address, a test, what is there to choose from, a table, start."""

import asyncio
import re
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.collecting.model import NewConnector
from workbench.collecting.service import read_new
from workbench.connectors import registry
from workbench.connectors.protocol import Point
from workbench.errors import WorkbenchError
from workbench.ui.asking import go
from workbench.ui.render import fragment
from workbench.ui.schedule_form import WIDE
from workbench.ui.shell import html, themed
from workbench.ui.view import View
from workbench.ui.wording import reason

FIRST = {
    "folder",
    "pattern",
    "host",
    "port",
    "url",
    "source",
    "key",
    "nodes",
    "topics",
    "format",
    "registers",
}
FIRST |= {"records", "since_field", "since_param", "paging", "user", "password", "token", "every"}
PICKED = {"opcua": "nodes", "mqtt": "topics", "sql": "source"}  # the setting that choosing fills
LONG = {"registers", "query"}
EXAMPLE = "name,address,type,unit\ntemperature,0,float32,°C\n"


class ConnectorForm:
    """A new connector of one type."""

    def __init__(self, view: View, kind: str) -> None:
        self.view, self.kind = view, kind
        self.collecting = view.bench.collecting
        self.fields = registry.form(kind)
        self.widgets = {field["name"]: self._widget(field) for field in self.fields}
        label = view.pick(registry.connector(kind).label)
        self.name = pmui.TextInput(label=view.say("connector_name"), value=self._free(kind), **WIDE)
        self.table = pmui.TextInput(label=view.say("connector_table"), value=self._free(kind), **WIDE)
        self.note, self.found = html(margin=(8, 0, 0, 0)), html(margin=(6, 0, 0, 0))
        self.inside = pmui.Select(label=view.say("open_folder"), options={}, visible=False, **WIDE)
        self.points = pmui.MultiChoice(
            label=view.say("points_chosen"), options=[], visible=False, sizing_mode="stretch_width"
        )
        self.inside.param.watch(self._enter, "value")
        self.points.param.watch(self._picked, "value")
        first = [self.widgets[each["name"]] for each in self.fields if _is_first(each)]
        rest = [self.widgets[each["name"]] for each in self.fields if not _is_first(each)]
        more = pmui.Accordion((view.say("more_settings"), pn.Column(*rest)), active=[], margin=(10, 8, 0, 0))
        self.panel = themed(
            view,
            html(fragment("paneheading", text=label)),
            *first,
            *([more] if rest else []),
            pn.Row(*self._asking(), margin=0),
            self.found,
            self.inside,
            self.points,
            pn.Row(self.name, self.table, margin=(8, 0, 0, 0), sizing_mode="stretch_width"),
            self._saving(),
            self.note,
        )

    def _asking(self) -> list[Any]:
        options: dict[str, Any] = {"variant": "outlined", "size": "small", "margin": (12, 8, 0, 0)}
        test = pmui.Button(label=self.view.say("test_connection"), **options)
        look = pmui.Button(label=self.view.say("look_around"), **options)
        test.on_click(self._test)
        look.on_click(self._look_at_top)
        return [test, look]

    def _saving(self) -> Any:
        self.save = pmui.Button(label=self.view.say("connector_save"), color="primary", margin=(14, 0, 0, 0))
        self.save.on_click(self._save)
        return self.save

    def _widget(self, field: dict[str, Any]) -> Any:
        view, default = self.view, field["default"]
        label = view.pick(field["label"]) + (" *" if field["required"] else "")
        options: dict[str, Any] = {"label": label, **WIDE}
        if field["choices"]:
            return pmui.Select(options=field["choices"], value=default, **options)
        if isinstance(default, bool):
            return pmui.Checkbox(label=label, value=default, margin=(8, 8, 0, 0))
        helped = view.pick(field["help"])
        if field["secret"]:
            return pmui.PasswordInput(description=helped, **options)
        shown = (
            ", ".join(default) if isinstance(default, list) else "" if default in (None, {}) else str(default)
        )
        if field["name"] in LONG:
            example = EXAMPLE if field["name"] == "registers" else shown
            return pmui.TextAreaInput(
                placeholder=helped, value=example, rows=6, max_length=500_000, **options
            )
        return pmui.TextInput(placeholder=helped, value=shown, description=helped, **options)

    def _free(self, kind: str) -> str:
        known = {kept.name for kept in self.collecting.book.all()}
        names = [kind, *(f"{kind}{number}" for number in range(2, len(known) + 3))]
        return next(name for name in names if name not in known)

    def given(self) -> dict[str, Any]:
        """Return what was typed; what was left empty has its default."""
        typed = {}
        for field in self.fields:
            value = self.widgets[field["name"]].value
            if isinstance(value, bool):
                typed[field["name"]] = "true" if value else "false"
            elif value not in (None, ""):
                typed[field["name"]] = str(value)
        return registry.from_text(self.kind, typed)

    def _source(self) -> NewConnector:
        return NewConnector(name="x", type=self.kind, table="x", settings=self.given())

    async def _test(self, _: Any) -> None:
        self.found.object = fragment("note", problem="", hint=self.view.say("testing"))
        try:
            answer = await asyncio.to_thread(self.collecting.test, self._source())
        except WorkbenchError as error:
            self.found.object = fragment("note", problem=reason(self.view, error), hint="")
            return
        self.found.object = fragment("note", problem="", hint=self.view.say("answers", answer=answer))

    async def _look_at_top(self, _: Any) -> None:
        await self._look("")

    async def _look(self, parent: str) -> None:
        self.found.object = fragment("note", problem="", hint=self.view.say("looking"))
        try:
            points = await asyncio.to_thread(self.collecting.browse, self._source(), parent)
        except WorkbenchError as error:
            self.found.object = fragment("note", problem=reason(self.view, error), hint="")
            return
        said = self.view.say("found_points", count=len(points)) if points else self.view.say("found_none")
        self.found.object = fragment("points", view=self.view, said=said, points=points[:200])
        self._offer(points, parent)

    def _offer(self, points: list[Point], parent: str) -> None:
        """Show what can be looked into, and what can be collected."""
        folders = {point.name: point.address for point in points if point.folder}
        self.inside.visible = bool(folders) or bool(parent)
        if folders:
            self.inside.options = {"–": "", **folders}
            self.inside.value = ""
        wanted = [_pick(self.kind, point) for point in points if self.kind == "sql" or not point.folder]
        if self.kind in PICKED:
            kept = [each for each in self.points.value if each not in wanted]
            self.points.options = [*kept, *wanted]
            self.points.visible = bool(wanted or kept)

    async def _enter(self, event: Any) -> None:
        if event.new:
            await self._look(event.new)

    def _picked(self, event: Any) -> None:
        target = self.widgets[PICKED[self.kind]]
        target.value = event.new[-1] if self.kind == "sql" and event.new else ", ".join(event.new)

    async def _save(self, _: Any) -> None:
        self.save.disabled = True
        new = {"name": self.name.value.strip(), "type": self.kind, "table": self.table.value.strip()}
        try:
            kept = await asyncio.to_thread(self.collecting.add, read_new({**new, "settings": self.given()}))
        except WorkbenchError as error:
            self.note.object = fragment("note", problem=reason(self.view, error), hint="")
            self.save.disabled = False
            return
        go(connector=kept.id)


def _is_first(field: dict[str, Any]) -> bool:
    return field["required"] or field["name"] in FIRST


def _pick(kind: str, point: Point) -> str:
    if kind == "opcua":
        return f"{point.address} as {re.sub(',', ' ', point.name)}"
    return point.address
