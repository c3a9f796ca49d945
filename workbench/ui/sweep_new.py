"""Start a sweep: what its runs share comes from the app's form, what varies is chosen, with a preview."""

import asyncio
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui
from pydantic import ValidationError

from workbench.errors import Invalid, WorkbenchError
from workbench.runs.request import RunRequest
from workbench.runs.sweep import Plan, SweepRequest
from workbench.tables.filters import told
from workbench.templates.template import Template
from workbench.ui.figures import BOX
from workbench.ui.form import Form
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.sweep_axis import AxisForm
from workbench.ui.sweep_words import label
from workbench.ui.view import View
from workbench.ui.wording import reason

NAMED = 6  # points a preview names before it says how many more there are
SHARED = ("input.", "map.", "filter.", "set.")


def sweep_new_page(view: View, template: Template) -> Frame:
    """Build the page for the form that the address carries."""
    title = view.say("sweep_new", app=view.pick(template.title))
    if not template.inputs and not template.fields():
        nothing = fragment("empty", title=view.say("sweep_no_way"), text=view.say("sweep_no_way_next"))
        return page(view, title, section="sweeps", lead=fragment("sweeptitle", title=title), body=nothing)
    form = Form(view, template, run=lambda: None, cancel=lambda: None)
    form.restore(view.arguments)
    start = StartForm(view, template, form)
    lead = fragment("sweeptitle", title=title)
    return page(view, title, section="sweeps", lead=lead, roots={"main": start.panel})


class StartForm:
    """Chooses what varies, shows what that means, and starts it."""

    def __init__(self, view: View, template: Template, form: Form) -> None:
        self.view, self.template = view, template
        self.base = form.request().model_copy(update={"origin": "sweep"})
        self._of_asset = set(form.assets.parameters) if self.base.asset else set()
        self._asked = 0
        self._request: SweepRequest | None = None
        self.preview = html(margin=(12, 0, 8, 0))
        wide = {"height": 44, "margin": 0, "sizing_mode": "stretch_width"}
        self.start = pmui.Button(label=view.say("sweep_start_none"), color="primary", disabled=True, **wide)
        self.reuse = pmui.Checkbox(label=view.say("sweep_reuse"), value=False, margin=(10, 0, 0, 0))
        self.axes: list[AxisForm] = []
        for optional in (False, True):
            self.axes.append(AxisForm(view, template, self.base, changed=self._changed, optional=optional))
        self.start.on_click(lambda _: self._begin())
        varied = [*(axis.panel for axis in self.axes), self.reuse, self.preview, self.start]
        look = {**BOX, "padding": "6px 16px 16px 16px"}
        asked = pn.Column(*varied, styles=look, margin=0, max_width=660, sizing_mode="stretch_width")
        shared = html(self._shared(), margin=(0, 0, 6, 0))
        self.panel = themed(view, shared, asked)
        pn.state.onload(self._changed)  # what a button is told before it stands, it does not hear

    def _shared(self) -> Any:
        """Say what every run has in common."""
        lines = []
        for role, reference in self.base.inputs.items():
            held = self.base.filters.get(role)
            table = f"{reference} ({told(held)})" if held else reference
            lines.append((self.view.pick(self.template.inputs[role].label), table))
        labels = {field.name: self.view.pick(field.label) for field in self.template.fields()}
        lines += [(labels.get(name, name), _shown(value)) for name, value in self.base.parameters.items()]
        kept = {name: value for name, value in self.view.arguments.items() if name.startswith(SHARED)}
        address = "/app?" + urlencode({"template": self.template.id, **kept})
        return fragment("sweepshared", view=self.view, lines=lines, address=address)

    def _changed(self) -> None:
        if len(self.axes) < 2:  # the second is still being built
            return
        over = [axis.axis for axis in self.axes]
        self._asked += 1
        if over[0] is None or (self.axes[1].kind.value != "none" and over[1] is None):
            self._show(None, self.view.say("sweep_choose"))
            return
        try:
            asked = {"run": self._common(over), "over": [axis for axis in over if axis is not None]}
            request = SweepRequest.model_validate(asked)
        except ValidationError:
            self._show(None, self.view.say("sweep_choose"))
            return
        try:
            asyncio.get_running_loop().create_task(self._look(request, self._asked))
        except RuntimeError:  # built outside a served page
            self._told(request, _planned(self.view, request))

    def _common(self, over: list[dict[str, Any] | None]) -> RunRequest:
        """Leave tables, rows, columns and parameters to the assets where they are what varies."""
        if not any(axis and axis["kind"] == "subtree" for axis in over):
            return self.base
        known = self.view.bench.engine.preparer.assets.tree()
        own = {role for one in known.assets.values() for role, held in one.roles.items() if held.table}
        names = ("inputs", "mapping", "filters")
        kept = {name: {r: v for r, v in getattr(self.base, name).items() if r not in own} for name in names}
        given = {name: v for name, v in self.base.parameters.items() if name not in self._of_asset}
        return self.base.model_copy(update={**kept, "parameters": given, "asset": ""})

    async def _look(self, request: SweepRequest, asked: int) -> None:
        found = await asyncio.to_thread(_planned, self.view, request)
        if asked == self._asked:
            self._told(request, found)

    def _told(self, request: SweepRequest, found: Plan | WorkbenchError) -> None:
        if isinstance(found, WorkbenchError):
            self._show(None, self.view.say("sweep_refused", reason=reason(self.view, found)), bad=True)
            return
        names = [" · ".join(label(value) for value in point.at.values()) for point in found.points]
        which = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
        lines = [self.view.say("sweep_plan", count=len(names), which=which)]
        if any(axis.kind == "subtree" for axis in request.over):
            lines.append(self.view.say("sweep_by_asset"))
        if found.left_out:
            lines.append(self.view.say("sweep_left_out", rows=found.left_out))
        self._show(request, " ".join(lines), count=len(names))

    def _show(self, request: SweepRequest | None, text: str, *, count: int = 0, bad: bool = False) -> None:
        self._request = request
        self.preview.object = fragment("note", problem=text if bad else "", hint="" if bad else text)
        key = "sweep_start" if count else "sweep_start_none"
        self.start.param.update(disabled=request is None, label=self.view.say(key, count=count))

    def _begin(self) -> None:
        if self._request is None:
            return
        self.start.disabled = True
        asyncio.get_running_loop().create_task(self._create(self._request))

    async def _create(self, request: SweepRequest) -> None:
        run = request.run.model_copy(update={"reuse": bool(self.reuse.value)})
        try:
            request = request.model_copy(update={"run": run})
            sweep = await asyncio.to_thread(self.view.bench.sweeps.create, request)
        except WorkbenchError as error:
            self._show(None, self.view.say("sweep_refused", reason=reason(self.view, error)), bad=True)
            return
        pn.state.location.param.update(search="?" + urlencode({"sweep": sweep}), reload=True)


def _planned(view: View, request: SweepRequest) -> Plan | WorkbenchError:
    try:
        plan = view.bench.sweeps.plan(request)
    except WorkbenchError as error:
        return error
    return plan if plan.points else Invalid("a sweep", given="no runs")


def _shown(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "–" if value is None else str(value)
