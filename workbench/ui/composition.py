"""A scenario: several apps for one question, table and columns chosen once, answers one below the other.

Decides what each app is asked. What the answers say together stands above them, see ``composition_summary``.
"""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.errors import WorkbenchError
from workbench.runs.fitting import RUNS
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.templates.scenarios import Scenario
from workbench.templates.template import Template
from workbench.ui import fits
from workbench.ui.app_page import POLL_MS
from workbench.ui.broken import broken_page
from workbench.ui.composition_summary import Summary
from workbench.ui.fields import ParameterField
from workbench.ui.inputs import UNUSED, InputPicker
from workbench.ui.render import fragment
from workbench.ui.result import ResultView
from workbench.ui.shell import html, page, themed
from workbench.ui.view import View
from workbench.ui.wording import reason


@dataclass(frozen=True)
class Stage:
    """One app of a scenario, and which of its parameters the scenario's form asks for.

    A stage ``beside`` reads a table of its own, which may be left out and the stage with it.
    """

    template: str
    asks: tuple[str, ...] = ()
    figure: str = ""  # the one that is shown; the first unless named
    beside: bool = False


class Composition:
    """One visitor at one scenario."""

    def __init__(self, view: View, scenario: Scenario, stages: tuple[Stage, ...]) -> None:
        self.view = view
        self.templates = {stage.template: view.bench.library.get(stage.template) for stage in stages}
        self.leading = scenario.leading
        leader = self.templates[self.leading]
        self.picker = InputPicker(view, leader, fits.first_role(leader) or "", self._table_edited)
        self.beside = {stage.template: self._own_picker(stage.template) for stage in stages if stage.beside}
        self.settled = (
            False  # whether the visitor has chosen the tables beside, so that nothing proposes others
        )
        self.fields = {
            field.name: ParameterField(view, field, symbol=self._unit(field.unit), changed=self._edited)
            for stage in stages
            for field in self.templates[stage.template].fields()
            if field.name in stage.asks
        }
        self.results = {
            stage.template: ResultView(view, self.templates[stage.template], brief=True, figure=stage.figure)
            for stage in stages
        }
        self.links = {name: html() for name in self.templates}
        self.summary = Summary(view, scenario, self.templates)
        self.running: dict[str, str] = {}
        self.records: dict[str, RunRecord] = {}
        self.problems: dict[str, str] = {}
        self.watch: Any = None
        self._build()
        self._restore()
        self._edited()
        self._tell()

    def _build(self) -> None:
        view = self.view
        self.button = pmui.Button(
            label=view.say("run"), color="primary", sizing_mode="stretch_width", height=44, margin=0
        )
        self.button.on_click(lambda _: self._run())
        self.note = html(margin=(4, 4, 0, 4))
        asked = [field.panel for field in self.fields.values()]
        own = [part for picker in self.beside.values() for part in (self._heading(), picker.panel)]
        self.aside = themed(view, self.picker.panel, *asked, *own)
        self.actions = themed(view, self.button, self.note)
        parts = [part for name in self.templates for part in (self.links[name], self.results[name].panel)]
        self.main = themed(view, self.summary.panel, *parts)

    def _heading(self) -> Any:
        title = fragment("heading", text=self.view.say("scenario_losses"), small=True)
        hint = fragment("note", problem="", hint=self.view.say("scenario_losses_hint"))
        return html(title + hint, margin=(10, 0, 0, 0))

    # --- tables -------------------------------------------------------------------------------------------

    def _own_picker(self, name: str) -> InputPicker:
        template = self.templates[name]
        role = fits.first_role(template) or ""
        return InputPicker(self.view, template, role, self._beside_edited, optional=True)

    def _propose_beside(self) -> None:
        """Propose a table of losses of the same owner: the demo's beside the demo's, else one that fits."""
        if self.settled:
            return
        bench = self.view.bench
        for name, picker in self.beside.items():
            if self.picker.reference.startswith(fits.DEMO):
                picker.set(self.templates[name].default_inputs()[picker.role])
                continue
            tables = [one for one in fits.own_tables(bench) if one.name != self.picker.reference]
            best = fits.best_fit(bench, self.templates[name], tables[: fits.CONSIDERED])
            picker.set(best[0].name if best and best[1].state == RUNS else UNUSED)

    def _table_edited(self) -> None:
        self._propose_beside()
        self._edited()

    def _beside_edited(self) -> None:
        self.settled = True
        self._edited()

    def _edited(self) -> None:
        for field in self.fields.values():
            field.measured_in(self._unit(field.field.unit))
        ready = all(picker.is_ready for picker in (self.picker, *self.beside.values()))
        self.button.disabled = bool(self.running) or not ready

    def _unit(self, declared: str | None) -> str | None:
        """Return the unit of a parameter, which may be that of a column of the chosen table."""
        role, _, column = (declared or "").partition(".")
        return self.picker.unit(column) if role and column in self.picker.need.columns else declared

    def _asked(self) -> dict[str, Template]:
        """Return the apps that have a table to read."""
        left_out = {name for name, picker in self.beside.items() if not picker.reference}
        return {name: one for name, one in self.templates.items() if name not in left_out}

    # --- running ------------------------------------------------------------------------------------------

    def _request(self, template: Template) -> RunRequest:
        """Return one app's request: the chosen table as first input, columns of the same name mapped."""
        picker = self.beside.get(template.id, self.picker)
        role = fits.first_role(template) or next(iter(template.inputs))
        columns = template.inputs[role].columns
        mapping = {column: source for column, source in picker.given.items() if column in columns}
        names = {field.name for field in template.fields()}
        return RunRequest(
            template=template.id,
            inputs={role: picker.reference},
            mapping={role: mapping} if mapping else {},
            filters={role: picker.held} if picker.held else {},
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
        self.records, self.problems = {}, {}
        for name, template in self._asked().items():
            try:
                self.running[name] = await asyncio.to_thread(engine.submit, self._request(template))
            except WorkbenchError as error:
                self.problems[name] = self.view.say("not_started", reason=reason(self.view, error))
        for name in self.templates.keys() - self.running.keys():
            self.results[name].clear()
        self._remember()
        self._follow()

    def _follow(self) -> None:
        self._tell()
        if self.running and self.watch is None:
            self.watch = pn.state.add_periodic_callback(self._poll, period=POLL_MS)
        self._edited()

    def _poll(self) -> None:
        before = len(self.records)
        for name, run in list(self.running.items()):
            record = self.view.bench.engine.get(run)
            if record.ended:
                del self.running[name]
                self.records[name] = record
                self.results[name].ended(record)
            else:
                self.results[name].going(record)
        if len(self.records) != before:
            self._tell()
        if not self.running and self.watch is not None:
            self.watch.stop()
            self.watch = None
            for picker in (self.picker, *self.beside.values()):
                picker.refresh()  # what has run counts as confirmed
            self._edited()

    # --- the address: reloading and sharing lose nothing --------------------------------------------------

    def _remember(self) -> None:
        if pn.state.location is not None:
            looks = {key: self.view.arguments[key] for key in ("lang", "theme") if key in self.view.arguments}
            pn.state.location.search = "?" + urlencode({"runs": ",".join(self.running.values()), **looks})

    def _restore(self) -> None:
        """Show the runs of an address, or begin with its table."""
        wanted = self.view.arguments.get("table")
        if wanted:
            self.picker.set(wanted)
        self._propose_beside()
        for run in filter(None, self.view.arguments.get("runs", "").split(",")):
            try:
                record = self.view.bench.engine.get(run)
            except WorkbenchError:
                continue  # an address someone edited, or a run that is gone
            if record.template.id in self.templates:
                self._take(record)
        if self.running:
            pn.state.onload(self._follow)

    def _take(self, record: RunRecord) -> None:
        """Show a run, and fill the form with what it was asked."""
        name = record.template.id
        if record.ended:
            self.records[name] = record
            self.results[name].ended(record)
        else:
            self.running[name] = record.run
        for field in record.parameters.keys() & self.fields.keys():
            self.fields[field].set(record.parameters[field])
        picker = self.beside.get(name, self.picker if name == self.leading else None)
        used = record.inputs.get(picker.role) if picker else None
        if picker and used:
            picker.set(used.table, used.mapping, used.filter)
            self.settled = True

    def _tell(self) -> None:
        self.summary.show(self.records, self.running, self.problems, asked=set(self._asked()))
        for number, (name, template) in enumerate(self.templates.items(), start=1):
            record = self.records.get(name)
            run = record.run if record else self.running.get(name)
            query = {"template": name} | ({"run": run} if run else {})
            markup = fragment(
                "stage",
                view=self.view,
                number=number,
                title=self.view.pick(template.title),
                question=self.view.pick(template.decision),
                address="/app?" + urlencode(query, quote_via=quote) if self.view.served else "",
            )
            self.links[name].param.update(object=markup, visible=run is not None)


def compose(view: View, scenario: Scenario, stages: tuple[Stage, ...]) -> Any:
    """Build the page of a scenario."""
    try:
        built = Composition(view, scenario, stages)
    except WorkbenchError as error:
        return broken_page(view.bench, error)
    heading = view.pick(scenario.title)
    return page(
        view,
        heading,
        wide=True,
        aside=fragment("aside", title=heading, question=view.pick(scenario.question)),
        roots={"aside": built.aside, "run": built.actions, "main": built.main},
    )
