"""The Connectors page: what is being collected, how each source stands, what is missing, and adding one."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.collecting.model import Overview
from workbench.config import pick
from workbench.connectors import registry
from workbench.errors import WorkbenchError
from workbench.ui.asking import ask_first, go, refreshed
from workbench.ui.connector_form import ConnectorForm
from workbench.ui.numbers import number
from workbench.ui.render import fragment
from workbench.ui.schedule_words import stamp
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.texts_connectors import CONNECTOR_TEXTS
from workbench.ui.view import View, visit
from workbench.ui.wording import phrase, reason

TONES = {"running": "good", "waiting": "warning", "failed": "bad", "stopped": ""}
VALUES = 40


def connectors_page(bench: Workbench) -> Frame:
    """Build the page, with the connector or the form that the address names."""
    view = visit(bench)
    chosen = view.arguments.get("connector", "")
    try:
        main = _main(view, chosen)
    except WorkbenchError as error:
        main = html(fragment("note", problem=reason(view, error), hint=""))
    side = html()
    refreshed(side, lambda: _listing(view, chosen))
    roots = {"main": main, "side": side}
    return page(view, view.say("connectors"), section="connectors", roots=roots, split=side.object)


def _main(view: View, chosen: str) -> Any:
    if chosen:
        return ConnectorDetail(view, chosen).panel
    if "new" in view.arguments:
        return ConnectorForm(view, view.arguments["new"]).panel
    types = []
    for kind in registry.kinds():
        told = f"source_{kind}" if f"source_{kind}" in CONNECTOR_TEXTS else "source_other"
        types.append(
            {"name": kind, "label": view.pick(registry.connector(kind).label), "told": view.say(told)}
        )
    return html(fragment("connectortypes", view=view, types=types))


def _listing(view: View, chosen: str) -> Any:
    rows = [
        {
            "address": f"/connectors?connector={quote(overview.connector.id)}",
            "name": overview.connector.name,
            "table": overview.connector.table,
            "kind": kind_of(view, overview.connector.type),
            "state": view.say(f"state_{overview.status.state}"),
            "tone": TONES[overview.status.state],
            "chosen": chosen in {overview.connector.id, overview.connector.name},
        }
        for overview in view.bench.collecting.overviews()
    ]
    boxes = [
        {
            "name": box.name,
            "told": view.say(
                "box_seen", when=stamp(view, box.seen.astimezone()), rows=box.rows, runs=box.runs
            ),
        }
        for box in view.bench.centre.boxes()
    ]
    return fragment("connectorlist", view=view, rows=rows, boxes=boxes)


def kind_of(view: View, kind: str) -> str:
    """Return what a type is called."""
    try:
        return pick(registry.connector(kind).label, view.language)
    except WorkbenchError:
        return kind


class ConnectorDetail:
    """One connector: its state, counters, values and gaps, and the buttons."""

    def __init__(self, view: View, handle: str) -> None:
        self.view, self.collecting = view, view.bench.collecting
        overview = self.collecting.overview(handle)
        self.id = overview.connector.id
        self.body, self.note = html(), html(margin=(6, 0, 0, 0))
        refreshed(self.body, self._drawn)
        question = view.say("connector_remove_sure", name=overview.connector.name)
        self.panel = themed(
            view,
            self.body,
            pn.Row(*self._buttons(overview.connector.enabled), margin=(10, 0, 0, 0)),
            self.note,
            ask_first(view, question, self._remove, {}),
        )

    def _remove(self) -> None:
        self.collecting.remove(self.id)

    def _buttons(self, enabled: bool) -> list[Any]:
        options: dict[str, Any] = {"size": "small", "margin": (0, 8, 0, 0)}
        label = self.view.say("connector_stop" if enabled else "connector_start")
        switch = pmui.Button(label=label, variant="outlined" if enabled else "contained", **options)
        test = pmui.Button(label=self.view.say("test_connection"), variant="outlined", **options)
        switch.on_click(self._doing(lambda: self.collecting.switch(self.id, enabled=not enabled), again=True))
        test.on_click(self._doing(lambda: self.collecting.test(self.id)))
        return [switch, test]

    def _doing(self, act: Callable[[], Any], *, again: bool = False) -> Callable[[Any], Any]:
        async def do(_: Any) -> None:
            self.note.object = fragment("note", problem="", hint=self.view.say("testing"))
            try:
                answer = await asyncio.to_thread(act)
            except WorkbenchError as error:
                self.note.object = fragment("note", problem=reason(self.view, error), hint="")
                return
            if again:
                go(connector=self.id)
            self.note.object = fragment("note", problem="", hint=self.view.say("answers", answer=answer))

        return do

    def _drawn(self) -> Any:
        try:
            overview = self.collecting.overview(self.id)
        except LookupError:
            return self.body.object  # removed meanwhile
        return drawn(self.view, overview)


def drawn(view: View, overview: Overview) -> Any:
    """Return a connector as people see it."""
    kept, status = overview.connector, overview.status
    figures = [
        ("rows_came", f"{status.rows:,}"),
        ("rows_written", f"{status.written:,}"),
        ("rows_buffered", f"{status.buffered:,}"),
        ("last_row", stamp(view, status.last_row.astimezone()) if status.last_row else "–"),
    ]
    figures += [("rows_repeated", f"{status.repeated:,}")] if status.repeated else []
    figures += [("unsent", f"{status.unsent:,}")] if status.unsent else []
    values = [
        {
            "point": value.point,
            "value": number(value.value) if isinstance(value.value, int | float) else value.value or "–",
            "unit": value.unit or "",
            "time": stamp(view, value.time.astimezone()) if value.time else "",
        }
        for value in status.values[:VALUES]
    ]
    gaps = [
        {
            "begin": f"{gap.begin.astimezone():%Y-%m-%d %H:%M:%S}",
            "end": f"{gap.end.astimezone():%Y-%m-%d %H:%M:%S}",
            "why": phrase(view, gap.why),
        }
        for gap in overview.gaps[:20]
    ]
    return fragment(
        "connector",
        view=view,
        kept=kept,
        status=status,
        kind=kind_of(view, kept.type),
        state=view.say(f"state_{status.state}"),
        tone=TONES[status.state],
        problem=reason(view, status.problem) if status.problem else phrase(view, status.reason),
        tiles=[{"label": view.say(key), "number": text} for key, text in figures],
        values=values,
        gaps=gaps,
        table_address=f"/tables?table={quote(kept.table)}",
    )
