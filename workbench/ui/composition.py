"""A scenario: several apps for one question, table and columns chosen once, answers one below the other."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.config import Text
from workbench.errors import WorkbenchError
from workbench.runs.request import RunRequest
from workbench.templates.template import Template
from workbench.ui import fits
from workbench.ui.app_page import POLL_MS
from workbench.ui.broken import broken_page
from workbench.ui.fields import ParameterField
from workbench.ui.inputs import InputPicker
from workbench.ui.render import fragment
from workbench.ui.result import ResultView
from workbench.ui.shell import html, page, themed
from workbench.ui.view import View
from workbench.ui.wording import reason


@dataclass(frozen=True)
class Stage:
    """One app of a scenario, and which of its parameters the scenario's form asks for."""

    template: str
    asks: tuple[str, ...] = ()


class Composition:
    """One visitor at one scenario."""

    def __init__(self, view: View, stages: tuple[Stage, ...], *, leading: str) -> None:
        self.view = view
        self.templates = {stage.template: view.bench.library.get(stage.template) for stage in stages}
        leader = self.templates[leading]
        self.picker = InputPicker(view, leader, fits.first_role(leader) or "", self._edited)
        self.fields = {
            field.name: ParameterField(view, field, symbol=self.picker.unit("value"), changed=self._edited)
            for stage in stages
            for field in self.templates[stage.template].fields()
            if field.name in stage.asks
        }
        self.results = {
            name: ResultView(view, template, brief=True) for name, template in self.templates.items()
        }
        self.links = {name: html() for name in self.templates}
        self.running: dict[str, str] = {}
        self.watch: Any = None
        self.button = pmui.Button(
            label=view.say("run"),
            color="primary",
            sizing_mode="stretch_width",
            height=44,
            margin=0,
        )
        self.button.on_click(lambda _: self._run())
        self.note = html(margin=(4, 4, 0, 4))
        asked = [field.panel for field in self.fields.values()]
        self.aside = themed(view, self.picker.panel, *asked)
        self.actions = themed(view, self.button, self.note)
        self.main = themed(view, *self._panels())
        self._title_stages({})
        wanted = view.arguments.get("table")
        if wanted:
            self.picker.set(wanted)
        self._edited()

    def _panels(self) -> list[Any]:
        return [part for name in self.templates for part in (self.links[name], self.results[name].panel)]

    def _title_stages(self, runs: dict[str, str]) -> None:
        for number, (name, template) in enumerate(self.templates.items(), start=1):
            query = {"template": name} | ({"run": runs[name]} if name in runs else {})
            self.links[name].object = fragment(
                "stage",
                view=self.view,
                number=number,
                title=self.view.pick(template.title),
                question=self.view.pick(template.decision),
                address="/app?" + urlencode(query, quote_via=quote) if self.view.served else "",
            )

    def _edited(self) -> None:
        for field in self.fields.values():
            field.measured_in(self.picker.unit("value"))
        self.button.disabled = bool(self.running) or not self.picker.is_ready

    def _request(self, template: Template) -> RunRequest:
        """Return one app's request: the chosen table as first input, columns of the same name mapped."""
        role = fits.first_role(template) or next(iter(template.inputs))
        mapping = {
            column: source
            for column, source in self.picker.mapping.items()
            if column in template.inputs[role].columns
        }
        names = {field.name for field in template.fields()}
        return RunRequest(
            template=template.id,
            inputs={role: self.picker.reference},
            mapping={role: mapping} if mapping else {},
            parameters={name: field.given for name, field in self.fields.items() if name in names},
            origin="form",
            user=self.view.visitor,
        )

    def _run(self) -> None:
        checks = [field.check() for field in self.fields.values()]
        if all(checks):
            self.button.disabled = True
            self.note.object = ""
            asyncio.get_running_loop().create_task(self._submit())

    async def _submit(self) -> None:
        engine = self.view.bench.engine
        try:
            for name, template in self.templates.items():
                self.running[name] = await asyncio.to_thread(engine.submit, self._request(template))
        except WorkbenchError as error:
            problem = self.view.say("not_started", reason=reason(self.view, error))
            self.note.object = fragment("note", problem=problem, hint="")
        self._title_stages(self.running)
        if self.running and self.watch is None:
            self.watch = pn.state.add_periodic_callback(self._poll, period=POLL_MS)
        self._edited()

    def _poll(self) -> None:
        for name, run in list(self.running.items()):
            record = self.view.bench.engine.get(run)
            if record.ended:
                del self.running[name]
                self.results[name].ended(record)
            else:
                self.results[name].going(record)
        if not self.running and self.watch is not None:
            self.watch.stop()
            self.watch = None
            self._edited()


def compose(view: View, title: Text, question: Text, stages: tuple[Stage, ...], *, leading: str) -> Any:
    """Build the page of a scenario."""
    try:
        built = Composition(view, stages, leading=leading)
    except WorkbenchError as error:
        return broken_page(view.bench, error)
    heading = view.pick(title)
    return page(
        view,
        heading,
        wide=True,
        aside=fragment("aside", title=heading, question=view.pick(question)),
        roots={"aside": built.aside, "run": built.actions, "main": built.main},
    )
