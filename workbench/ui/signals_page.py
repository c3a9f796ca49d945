"""The page of what was behind the signals of a run: what is known for each rule, and a form to add."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.errors import NotFound, WorkbenchError
from workbench.runs.cause_book import Known, rule_name, template_of
from workbench.runs.record import RunRecord
from workbench.ui.follow_up import rule_shown
from workbench.ui.limits_page import kept, remembered_name, text_field
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

MOST_POINTS = 200  # offered in the list; a command can name any


def signals_page(bench: Workbench) -> Frame:
    """Build the page of the run that the address names."""
    view = visit(bench)
    run = view.arguments.get("run", "")
    try:
        main = _main(view, bench.engine.get(run))
    except WorkbenchError as error:
        unknown = isinstance(error, NotFound)
        told = view.say("unknown_run", run=run) if unknown else reason(view, error)
        main = html(fragment("note", problem=told, hint=""))
    return page(view, view.say("signals_title"), section="runs", roots={"main": main})


def _main(view: View, record: RunRecord) -> Any:
    template = template_of(view.bench.library, record)
    known = view.bench.engine.preparer.causes.known(record, template)
    if not known:
        title, text = view.say("signals_none"), view.say("signals_none_next")
        return html(fragment("empty", title=title, text=text))
    names = {one.rule: view.pick(rule_name(template, one.rule)) for one in known}
    back = "/app?" + urlencode({"template": record.template.id, "run": record.run})
    rules = [rule_shown(view, template, one) for one in known]
    heading = fragment("paneheading", text=view.say("signals_title"))
    table = fragment("causes", view=view, rules=rules, back=back)
    return themed(view, html(heading), Recording(view, record, known, names).panel, html(table))


class Recording:
    """The form that keeps a cause."""

    def __init__(self, view: View, record: RunRecord, known: list[Known], names: dict[str, str]) -> None:
        self.view, self.record = view, record
        self.points = {one.rule: one.points for one in known}
        wanted = view.arguments.get("rule", "")
        self.rule = pmui.Select(
            label=view.say("signals_rule"),
            options={names[one.rule]: one.rule for one in known},
            value=wanted if wanted in names else known[0].rule,
            size="small",
            width=360,
            margin=(8, 8, 0, 0),
        )
        self.point = pmui.Select(options={}, size="small", width=220, margin=(8, 8, 0, 0))
        self.rule.param.watch(lambda _: self._offer_points(), "value")
        self._offer_points()
        self.cause = text_field(view.say("signals_cause"), width=360)
        self.action = text_field(view.say("signals_action"), width=360)
        self.name = text_field(view.say("your_name"), remembered_name())
        self.note = html(fragment("note", problem="", hint=view.say("signals_hint")), margin=(6, 0, 0, 0))
        self.button = pmui.Button(
            label=view.say("signals_keep"), color="primary", size="small", margin=(10, 0, 0, 0)
        )
        self.button.on_click(self._keep)
        fields = pn.FlexBox(self.rule, self.point, self.cause, self.action, self.name)
        self.panel = pn.Column(fields, self.button, self.note, margin=0, sizing_mode="stretch_width")

    def _offer_points(self) -> None:
        points = self.points[self.rule.value]
        newest = {point: point for point in points[-MOST_POINTS:]}
        label = self.view.say("signals_point")
        if len(newest) < len(points):
            label = self.view.say("signals_newest", count=len(newest), of=len(points))
        options = {self.view.say("signals_whole"): "", **newest}
        self.point.param.update(label=label, options=options, value="")

    async def _keep(self, _: Any) -> None:
        self.button.disabled = True
        found = {"rule": self.rule.value, "point": self.point.value or ""}
        found |= {"cause": self.cause.value, "action": self.action.value}
        bench, name = self.view.bench, self.name.value
        template = template_of(bench.library, self.record)
        try:
            book = bench.engine.preparer.causes
            await asyncio.to_thread(lambda: book.confirm(self.record, template, found, by=name))
        except WorkbenchError as error:
            self.note.object = fragment("note", problem=reason(self.view, error), hint="")
            self.button.disabled = False
            return
        kept(name, "signals", self.record.run)
