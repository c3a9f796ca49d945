"""The page of limits in force: every set that was proposed, its history, and what somebody can decide now."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote, urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.errors import NotFound, WorkbenchError
from workbench.governance.in_force import LimitSet, What
from workbench.runs.limit_book import rows_of, told
from workbench.runs.record import RunRecord
from workbench.templates.template import Template
from workbench.ui.asking import go
from workbench.ui.numbers import moment, number
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

NAME_COOKIE = "workbench_name"
TONES = {"proposed": "info", "coming": "info", "in_force": "good"}
SHOWN = ("stage", "center", "lcl", "ucl", "spread_center", "spread_lcl", "spread_ucl", "mean", "sigma")


def limits_page(bench: Workbench) -> Frame:
    """Build the page, with the limits or the run that the address names."""
    view = visit(bench)
    book, arguments = bench.engine.preparer.limits, view.arguments
    chosen = arguments.get("limits", "")
    try:
        main = _proposing(view, arguments["run"]) if "run" in arguments else _main(view, chosen)
    except WorkbenchError as error:
        unknown = isinstance(error, NotFound)
        told_why = view.say("unknown_run", run=arguments.get("run")) if unknown else reason(view, error)
        main = html(fragment("note", problem=told_why, hint=""))
    rows = []
    for one in book.list():
        stands = book.standing(one)[0]
        rows.append(
            {
                "id": one.id,
                "title": view.pick(one.title),
                "of": told(one.characteristic),
                "standing": view.say(f"standing_{stands}"),
                "tone": TONES.get(stands, ""),
                "chosen": one.id == chosen,
            }
        )
    split = fragment("limitlist", view=view, rows=rows)
    return page(view, view.say("limits_in_force"), section="runs", roots={"main": main}, split=split)


def _main(view: View, chosen: str) -> Any:
    book = view.bench.engine.preparer.limits
    if not chosen:
        words = "limits_choose" if book.list() else "limits_none"
        return html(fragment("empty", title=view.say(words), text=view.say(f"{words}_next")))
    try:
        one = book.get(chosen)
    except WorkbenchError:
        title, text = view.say("limits_unknown", limits=chosen), view.say("limits_choose")
        return html(fragment("empty", title=title, text=text))
    stands, until = book.standing(one)
    parts: list[Any] = [html(_shown(view, one, stands, until))]
    if stands == "proposed":
        parts.append(
            Deciding(view, one.id, {"approved": "limits_approve", "rejected": "limits_reject"}).panel
        )
    elif stands in ("in_force", "coming"):
        parts.append(Deciding(view, one.id, {"withdrawn": "limits_withdraw"}).panel)
    return themed(view, *parts)


def _shown(view: View, one: LimitSet, stands: str, until: str | None) -> Any:
    template = _template(view, one.template)
    events = [
        {
            "when": moment(event.at),
            "what": view.say(f"limits_event_{event.what}", by=event.by),
            "why": event.why,
        }
        for event in one.events
    ]
    if stands in ("superseded", "expired"):
        key = "limits_replaced" if stands == "superseded" else "limits_ended"
        events.append({"when": moment(until), "what": view.say(key), "why": ""})
        events.sort(key=lambda event: event["when"])
    begin = moment(one.valid_from)
    valid = view.say("limits_between", begin=begin, end=moment(until)) if until else ""
    valid = valid or (view.say("limits_since", begin=begin) if one.valid_from else "")
    heads, rows = table_of(view, template, one.rows, one.unit)
    return fragment(
        "limitset",
        view=view,
        title=f"{one.id} · {view.pick(one.title)}",
        standing=view.say(f"standing_{stands}"),
        tone=TONES.get(stands, ""),
        of=told(one.characteristic),
        chart=_chart(view, template, one.chart),
        run={"address": _app(one.template, one.run), "when": one.run},
        valid=valid,
        unstable=_unstable(view, one.signals),
        heads=heads,
        rows=rows,
        staged=any(row.get("stage") for row in one.rows),
        events=events,
        own=one.own,
    )


def table_of(
    view: View, template: Template | None, rows: list[dict[str, Any]], unit: str | None
) -> tuple[list[str], list[list[str]]]:
    """Return heads and cells of limits as people read them."""
    spec = template.contract.in_force if template and template.contract else None
    columns = template.results.tables[spec.table].columns if template and spec else {}
    names = [name for name in SHOWN if any(row.get(name) not in (None, "") for row in rows)]
    heads = []
    for name in names:
        label = view.pick(columns[name].label) if name in columns else name
        heads.append(f"{label} ({unit})" if unit and name != "stage" else label)
    return heads, [
        [number(row.get(name)) if row.get(name) is not None else "–" for name in names] for row in rows
    ]


def _chart(view: View, template: Template | None, chart: dict[str, Any]) -> str:
    """Say what makes the chart, as far as it is not the usual."""
    if template is None:
        return ", ".join(f"{name} = {value}" for name, value in chart.items())
    parts = []
    for field in template.fields():
        value = chart.get(field.name)
        if field.name not in chart or value == field.default:
            continue
        choice = next((one for one in field.choices or () if one.value == value), None)
        parts.append(f"{view.pick(field.label)}: {view.pick(choice.label) if choice else value}")
    return ", ".join(parts)


def _unstable(view: View, signals: Any) -> str:
    return view.say("limits_unstable", count=signals) if signals else ""


def _app(template: str, run: str) -> str:
    return "/app?" + urlencode({"template": template, "run": run})


def _template(view: View, name: str) -> Template | None:
    try:
        return view.bench.library.get(name)
    except WorkbenchError:
        return None


# --- deciding ---------------------------------------------------------------------------------------------


def _proposing(view: View, run: str) -> Any:
    """Return the limits of a run and the form that proposes them."""
    record = view.bench.engine.get(run)
    template = view.bench.library.get(record.template.id)
    return themed(view, html(_found(view, template, record)), Proposing(view, template, record).panel)


def _found(view: View, template: Template, record: RunRecord) -> Any:
    spec = template.contract.in_force if template.contract else None
    rows = rows_of(record, spec) if spec else []
    unit = next((kpi.unit for kpi in record.kpis.values() if kpi.unit), None)
    heads, cells = table_of(view, template, rows, unit)
    signals = record.kpis.get("signals")
    used = {name: one.model_dump() for name, one in record.inputs.items()}
    of = {
        name: {"table": one["table"], "columns": one["mapping"], "filter": one["filter"]}
        for name, one in used.items()
    }
    return fragment(
        "limitset",
        view=view,
        title=view.say("limits_propose_title"),
        standing="",
        tone="",
        of=told(of),
        chart="",
        run={"address": _app(template.id, record.run), "when": moment(record.created)},
        valid="",
        unstable=_unstable(view, signals.value if signals else 0),
        heads=heads,
        rows=cells,
        staged=any(row.get("stage") for row in rows),
        events=[],
        own=False,
    )


def remembered_name() -> str:
    """Return the name that this browser gave last; there is no login that would know it."""
    return unquote((pn.state.cookies or {}).get(NAME_COOKIE, ""))


def kept(name: str, to: str, key: str) -> None:
    """Let the browser remember a name, and go to what it did."""
    go("/remember", name=name, to=to, key=key)


def text_field(label: str, value: str = "", *, width: int = 220, placeholder: str = "") -> pmui.TextInput:
    """Return a line to write in."""
    return pmui.TextInput(
        label=label, value=value, placeholder=placeholder, size="small", width=width, margin=(8, 8, 0, 0)
    )


class Saying:
    """Who decides and why, buttons for what is decided, and what was wrong with it."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.name = text_field(view.say("your_name"), remembered_name())
        self.why = text_field(view.say("limits_why"), width=360)
        self.note = html(margin=(6, 0, 0, 0))

    def button(self, key: str, do: Callable[[], str], **look: Any) -> pmui.Button:
        """Return a button that does something with the name given, and goes to its limits."""
        button = pmui.Button(label=self.view.say(key), size="small", margin=(10, 8, 0, 0), **look)

        async def pressed(_: Any) -> None:
            button.disabled = True
            try:
                limits = await asyncio.to_thread(do)
            except WorkbenchError as error:
                self.note.object = fragment("note", problem=reason(self.view, error), hint="")
                button.disabled = False
                return
            kept(self.name.value, "limits", limits)

        button.on_click(pressed)
        return button


class Proposing(Saying):
    """The form that proposes the limits of a run."""

    def __init__(self, view: View, template: Template, record: RunRecord) -> None:
        super().__init__(view)
        book = view.bench.engine.preparer.limits

        def propose() -> str:
            return book.propose(record, template, by=self.name.value, why=self.why.value).id

        hint = html(fragment("note", problem="", hint=view.say("limits_propose_hint")), margin=(8, 0, 0, 0))
        button = self.button("limits_propose", propose, color="primary")
        self.panel = pn.Column(
            hint, pn.FlexBox(self.name, self.why), button, self.note, margin=0, sizing_mode="stretch_width"
        )


class Deciding(Saying):
    """The form that approves, rejects or withdraws limits."""

    def __init__(self, view: View, limits: str, offered: dict[What, str]) -> None:
        super().__init__(view)
        self.limits = limits
        example = view.say("limits_day")
        self.begin = text_field(view.say("limits_begin"), placeholder=example)
        self.end = text_field(view.say("limits_end"), placeholder=example)
        approving = "approved" in offered
        hint = view.say("limits_approve_hint" if approving else "limits_withdraw_hint")
        looks: list[dict[str, Any]] = [{"color": "primary"}, {"variant": "outlined"}]
        buttons = [
            self.button(key, self._deciding(what), **look)
            for (what, key), look in zip(offered.items(), looks, strict=False)
        ]
        fields = [self.name, self.why, *([self.begin, self.end] if approving else [])]
        self.panel = pn.Column(
            html(fragment("note", problem="", hint=hint), margin=(10, 0, 0, 0)),
            pn.FlexBox(*fields),
            pn.Row(*buttons, margin=0),
            self.note,
            margin=0,
            sizing_mode="stretch_width",
        )

    def _deciding(self, what: What) -> Callable[[], str]:
        def decide() -> str:
            validity = (self.begin.value, self.end.value) if what == "approved" else (None, None)
            book = self.view.bench.engine.preparer.limits
            return book.step(self.limits, what, by=self.name.value, why=self.why.value, validity=validity).id

        return decide


def cookie(name: str) -> str:
    """Return a name as a cookie holds it."""
    return quote(name[:100])
