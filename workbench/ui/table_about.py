"""What people say of a table, how long it is kept, and its removal: the forms on its page."""

import asyncio
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.errors import WorkbenchError
from workbench.schedules.lineage import held_versions, uses
from workbench.tables import card, retention
from workbench.tables.catalog import TableInfo
from workbench.tables.columns import TIMESTAMP
from workbench.ui.asking import ask_first, go
from workbench.ui.numbers import size
from workbench.ui.render import fragment
from workbench.ui.shell import html, themed
from workbench.ui.view import View
from workbench.ui.wording import reason

FIELD: dict[str, Any] = {"size": "small", "sizing_mode": "stretch_width", "margin": (4, 0, 8, 0)}
BUTTON: dict[str, Any] = {"size": "small", "margin": (4, 8, 12, 0)}
GRADES = (0, 1, 2, 3)  # 0: not graded


def about(view: View, table: TableInfo) -> list[Any]:
    """Return the description, the meaning of columns, retention, and removal."""
    return [
        themed(view, _described(view, table), max_width=760),
        themed(view, _kept(view, table), max_width=760),
        themed(view, html(f"<h2>{view.say('removal')}</h2>"), _removal(view, table), max_width=760),
    ]


def _described(view: View, table: TableInfo) -> pn.Column:
    said = card.read(view.bench.tables, table.name)
    owner = pmui.TextInput(label=view.say("owner"), value=said.owner, **FIELD)
    text = pmui.TextAreaInput(
        label=view.say("description"), value=view.pick(table.description), rows=3, **FIELD
    )
    tags = pmui.TextInput(label=view.say("tags_hint"), value=", ".join(said.tags), **FIELD)
    grades = {view.say(f"grade_{grade}"): grade for grade in GRADES}
    grade = pmui.Select(label=view.say("grade"), options=grades, value=said.grade or 0, **FIELD)
    meanings = {
        column.name: pmui.TextInput(
            label=column.name, value=said.columns.get(column.name, column.label or ""), **FIELD
        )
        for column in table.columns[:60]
    }
    days = pmui.TextInput(label=view.say("keep_days"), value=str(said.retention_days or ""), **FIELD)
    note = html()
    save = pmui.Button(label=view.say("save_card"), color="primary", **BUTTON)

    async def do(_: Any) -> None:
        changed: dict[str, Any] = {
            "owner": owner.value.strip(),
            "tags": [
                tag for tag in tags.value.replace("，", ",").replace("、", ",").split(",") if tag.strip()
            ],
            "grade": grade.value or None,
            "retention_days": days.value.strip() or None,
            "columns": {name: field.value.strip() for name, field in meanings.items() if field.value.strip()},
        }
        if text.value.strip() != view.pick(table.description).strip():
            changed["description"] = text.value.strip()
        try:
            await asyncio.to_thread(card.change, view.bench.tables, table.name, changed)
        except WorkbenchError as error:
            note.object = fragment("note", problem=reason(view, error), hint="")
            return
        go(name=table.name, tab="about")

    save.on_click(do)
    columns = pmui.Details(
        *meanings.values(),
        title=view.say("meaning_of_columns"),
        sizing_mode="stretch_width",
        margin=(0, 0, 8, 0),
        fully_expanded=True,
        collapsed=True,
        scrollable_height=2000,
    )
    return pn.Column(
        owner, text, tags, grade, days, columns, note, save, margin=0, sizing_mode="stretch_width"
    )


def _kept(view: View, table: TableInfo) -> pn.Column:
    """Ask for the days to keep; show what would go, then take it away when told to."""
    said = card.read(view.bench.tables, table.name)
    times = [column.name for column in table.columns if column.type == TIMESTAMP]
    days = pmui.TextInput(label=view.say("show_older_than"), value=str(said.retention_days or ""), **FIELD)
    options = {
        view.say("versions_only"): "",
        **{view.say("rows_dated_by", column=name): name for name in times},
    }
    dated = pmui.Select(label=view.say("what_goes"), options=options, value="", **FIELD)
    note = html()
    look = pmui.Button(label=view.say("show_what_goes"), variant="outlined", **BUTTON)
    sure = pmui.Button(label=view.say("prune_yes"), color="error", visible=False, **BUTTON)
    plans: list[retention.Plan] = []

    def planned() -> retention.Plan:
        tables, name = view.bench.tables, table.name
        wanted = int(days.value) if days.value.strip().isdecimal() else 0
        held, time = held_versions(view.bench.engine, name), dated.value or None
        return retention.plan(tables, name, days=wanted, time_column=time, held=held)

    async def show(_: Any) -> None:
        sure.visible = False
        try:
            found = await asyncio.to_thread(planned)
        except WorkbenchError as error:
            note.object = fragment("note", problem=reason(view, error), hint="")
            return
        plans[:] = [found]
        sure.visible = not found.nothing
        note.object = fragment("note", problem="", hint=_would_go(view, found))

    async def do(_: Any) -> None:
        sure.disabled = True
        try:
            await asyncio.to_thread(retention.prune, view.bench.tables, plans[0])
        except WorkbenchError as error:
            note.object = fragment("note", problem=reason(view, error), hint="")
            return
        go(name=table.name, tab="versions")

    look.on_click(show)
    sure.on_click(do)
    head = html(f"<h2>{view.say('retention')}</h2><p class='hint'>{view.say('retention_hint')}</p>")
    return pn.Column(
        head, days, dated, note, pn.Row(look, sure, margin=0), margin=0, sizing_mode="stretch_width"
    )


def _would_go(view: View, found: retention.Plan) -> str:
    if found.nothing:
        return view.say("nothing_goes", days=found.days)
    told = (
        [view.say("versions_go", count=len(found.versions), size=size(found.bytes))] if found.versions else []
    )
    if found.rows:
        told.append(view.say("rows_go", count=found.rows, total=found.newest_rows))
    if found.held:
        told.append(view.say("versions_held", count=len(found.held)))
    return " ".join(told)


def _removal(view: View, table: TableInfo) -> pn.Column:
    """Ask before a table is removed, saying what refers to it."""
    found = uses(view.bench.engine, table.name)
    question = view.say("delete_sure", table=table.name)
    if found.schedules:
        names = ", ".join(each["name"] for each in found.schedules)
        question += " " + view.say("schedules_stop", names=names)
    if found.mappings:
        apps = ", ".join(dict.fromkeys(each["template"] for each in found.mappings))
        question += " " + view.say("mappings_forgotten", apps=apps)
    then = {"deleted": table.name}
    return ask_first(view, question, lambda: view.bench.tables.remove(table.name), then, page="/tables")
