"""The form of an app: inputs with their mapping, the few parameters that matter, the rest folded, Run."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.errors import WorkbenchError
from workbench.runs.record import RunRecord
from workbench.runs.remaining import Usual
from workbench.runs.request import RunRequest
from workbench.templates.template import Template
from workbench.ui.asset_choice import AssetChoice
from workbench.ui.fields import ParameterField
from workbench.ui.inputs import InputPicker
from workbench.ui.numbers import duration
from workbench.ui.render import fragment
from workbench.ui.shell import html, themed
from workbench.ui.view import View


class Form:
    """Everything a visitor decides about a run."""

    def __init__(
        self, view: View, template: Template, *, run: Callable[[], None], cancel: Callable[[], None]
    ):
        self.view, self.template = view, template
        self.changed: Callable[[], None] = lambda: None
        self.pickers = {role: InputPicker(view, template, role, self._edited) for role in template.inputs}
        self.fields = {
            field.name: ParameterField(view, field, symbol=self._unit(field.unit), changed=self._edited)
            for field in template.fields()
        }
        self.assets = AssetChoice(view, template, self._asset_chosen)
        self.run_button = pmui.Button(
            label=view.say("run"),
            color="primary",
            sizing_mode="stretch_width",
            height=44,
            margin=0,
        )
        self.cancel_button = pmui.Button(
            label=view.say("cancel"),
            variant="outlined",
            sizing_mode="stretch_width",
            height=44,
            margin=0,
            visible=False,
        )
        self.note = html(margin=(4, 4, 0, 4))
        self.run_button.on_click(lambda _: run())
        self.cancel_button.on_click(lambda _: cancel())
        self.panel = themed(view, *self._parts())
        self.many = html(margin=(2, 4, 0, 4), visible=view.served)
        self.actions = themed(view, self.run_button, self.cancel_button, self.note, self.many)
        self._ready()

    # --- what others ask ----------------------------------------------------------------------------------

    def request(self) -> RunRequest:
        """Return what the form asks for; only what differs from the notebook's own values is set."""
        return RunRequest(
            template=self.template.id,
            inputs={role: picker.reference for role, picker in self.pickers.items()},
            mapping={role: picker.given for role, picker in self.pickers.items() if picker.given},
            filters={role: picker.held for role, picker in self.pickers.items() if picker.held},
            asset=self._asset(),
            parameters={
                name: field.given
                for name, field in self.fields.items()
                if not field.is_default or name in self.assets.parameters
            },
            origin="form",
            user=self.view.visitor,
        )

    def check(self) -> bool:
        """Show everything that is wrong; return whether nothing is."""
        wrong = [field for field in self.fields.values() if not field.check()]
        if any(field.field.advanced for field in wrong):
            self._fold(open_=True)
        ready = not wrong and all(picker.is_ready for picker in self.pickers.values())
        self.say("" if ready else self.view.say("fix_form") if wrong else "")
        return ready

    def say(self, problem: str) -> None:
        """Show one sentence under the Run button, or how long a run usually takes."""
        rows = sum(picker.info.rows for picker in self.pickers.values() if picker.info)
        usual = self.view.bench.engine.usual(self.template.id, rows)
        self.note.object = fragment("note", problem=problem, hint=_usually(self.view, usual))

    def busy(self, running: bool) -> None:
        """Switch between ready and running."""
        self.cancel_button.param.update(visible=running, disabled=False, label=self.view.say("cancel"))
        self.run_button.param.update(visible=not running, disabled=not self._is_ready)

    # --- state that outlives the page ---------------------------------------------------------------------

    def state(self) -> dict[str, str]:
        """Return what the visitor changed, as parts of an address."""
        found: dict[str, str] = {}
        defaults = self.template.default_inputs()
        if self.assets.asset:
            found["asset"] = self.assets.asset
        for role, picker in self.pickers.items():
            if picker.reference != defaults[role]:
                found[f"input.{role}"] = picker.reference
            for column, source in picker.chosen.items():
                found[f"map.{role}.{column}"] = source
            for column, wanted in picker.held.items():
                found[f"filter.{role}.{column}"] = json.dumps(wanted, ensure_ascii=False)
        for name, field in self.fields.items():
            if not field.is_default or name in self.assets.parameters:
                found[f"set.{name}"] = "" if field.given is None else str(field.given)
        return found

    def restore(self, arguments: Mapping[str, str]) -> None:
        """Fill the form from an address."""
        if arguments.get("asset"):
            self.assets.set(arguments["asset"])
            self._fill_for_asset()
        for role, picker in self.pickers.items():
            mapping = _named(f"map.{role}.", arguments)
            held = {name: _read(text) for name, text in _named(f"filter.{role}.", arguments).items()}
            if f"input.{role}" in arguments or mapping or held:
                picker.set(arguments.get(f"input.{role}", picker.reference), mapping, held)
        for name, field in self.fields.items():
            if f"set.{name}" in arguments:
                self._set(field, arguments[f"set.{name}"])
        self._ready()

    def follow(self, record: RunRecord) -> None:
        """Fill the form with what a run used; limits that were recomputed once are not for the next run."""
        spec = self.template.contract.in_force if self.template.contract else None
        once = spec.parameter if spec else ""
        for role, used in record.inputs.items():
            if role in self.pickers:
                reference = _reference(self.view, used.table, used.version)
                self.pickers[role].set(reference, used.mapping, used.filter)
        for name, value in record.parameters.items():
            if name in self.fields and name != once:
                self._set(self.fields[name], value)
        self._ready()

    # --- inside -------------------------------------------------------------------------------------------

    def _asset(self) -> str:
        """Return the asset as long as the form still asks for its tables and rows."""
        for role, picker in self.pickers.items():
            given = self.assets.role(role)
            if given and (picker.reference, picker.held) != (given[0], given[2]):
                return ""
        return self.assets.asset

    def _fill_for_asset(self) -> None:
        """Fill tables, rows and parameters as the asset has them; without one, as the notebook has them."""
        defaults = self.template.default_inputs()
        for role, picker in self.pickers.items():
            given = self.assets.role(role)
            if given:
                picker.set(*given)
            elif picker.held and not self.assets.asset:
                picker.set(defaults[role])
        own = self.assets.parameters
        for name, field in self.fields.items():
            self._set(field, own.get(name, field.field.default))

    def _asset_chosen(self) -> None:
        self._fill_for_asset()
        self._edited()

    def _set(self, field: ParameterField, value: Any) -> None:
        try:
            field.set(self.template.values({field.field.name: value})[field.field.name])
        except WorkbenchError:
            return  # an address someone edited, or a parameter that has changed since: keep the default

    def _parts(self) -> list[Any]:
        first = [field.panel for field in self.fields.values() if not field.field.advanced]
        rest = [field.panel for field in self.fields.values() if field.field.advanced]
        self.rest = rest
        self.folded = pn.Column(visible=False, margin=0, sizing_mode="stretch_width")
        self.more = pmui.Button(
            label=self.view.say("more_parameters", count=len(rest)),
            variant="text",
            size="small",
            margin=(4, 0, 0, 0),
            visible=bool(rest),
        )
        self.more.on_click(lambda _: self._fold(open_=not self.folded.visible))
        parts: list[Any] = [self.assets.select] if self.assets.select.visible else []
        parts += [picker.panel for picker in self.pickers.values()]
        if not parts and not self.fields:
            parts.append(html(fragment("note", problem="", hint=self.view.say("no_form"))))
        return [*parts, *first, self.more, self.folded]

    def _fold(self, *, open_: bool) -> None:
        if open_ and not self.folded.objects:  # half of a form is never opened: not built before it is
            self.folded.objects = self.rest
        self.folded.visible = open_
        count = sum(field.field.advanced for field in self.fields.values())
        key = "fewer_parameters" if open_ else "more_parameters"
        self.more.label = self.view.say(key, count=count)

    def _unit(self, unit: str | None) -> str | None:
        """Resolve a unit that names an input's column."""
        role, _, column = (unit or "").partition(".")
        return self.pickers[role].unit(column) if column and role in self.pickers else unit

    @property
    def _is_ready(self) -> bool:
        return all(picker.is_ready for picker in self.pickers.values())

    def _ready(self) -> None:
        if not self.cancel_button.visible:
            self.run_button.disabled = not self._is_ready
        self.say("")
        address = "/sweep?" + urlencode({"template": self.template.id, **self.state()})
        possible = bool(self.pickers or self.fields)
        self.many.object = fragment("many", view=self.view, address=address) if possible else ""

    def _edited(self) -> None:
        for field in self.fields.values():
            field.measured_in(self._unit(field.field.unit))
        self._ready()
        self.changed()


def _named(prefix: str, arguments: Mapping[str, str]) -> dict[str, str]:
    return {name[len(prefix) :]: value for name, value in arguments.items() if name.startswith(prefix)}


def _read(text: str) -> Any:
    """Read a filter from an address; what somebody typed there is a text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _usually(view: View, usual: Usual | None) -> str:
    if usual is None:
        return ""
    low, high = (duration(seconds, view.language) for seconds in (usual.low, usual.high))
    return view.say("usually_one", low=low) if low == high else view.say("usually", low=low, high=high)


def _reference(view: View, table: str, version: int | None) -> str:
    """Return a run's table as the form names it: without a version when that is the newest."""
    try:
        newest = view.bench.tables.get(table).version
    except WorkbenchError:
        return table
    return table if version in (None, newest) else f"{table}@{version}"
