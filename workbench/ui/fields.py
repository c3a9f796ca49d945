"""One widget per parameter, from what the template says of it; values are checked as they are entered."""

from collections.abc import Callable
from datetime import date
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.errors import Invalid
from workbench.templates.form import Field, check_value
from workbench.ui.numbers import number
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View
from workbench.ui.wording import unit

CHIPS = {
    "& .MuiInputBase-root": {"paddingTop": "2px", "paddingBottom": "2px"},
    "& .MuiSelect-select": {
        "paddingTop": "4px !important",
        "paddingBottom": "4px !important",
        "minHeight": "26px",
    },
    "& .MuiChip-root": {"height": "auto", "minHeight": "24px", "maxWidth": "100%"},
    "& .MuiChip-label": {"whiteSpace": "normal", "paddingTop": "2px", "paddingBottom": "2px"},
}
NOTHING = "\x00nothing"  # how "no value" is called in a list of choices


class ParameterField:
    """A parameter's widget, its help and its complaint."""

    def __init__(self, view: View, field: Field, *, symbol: str | None, changed: Callable[[], None]) -> None:
        self.view, self.field = view, field
        self.changed = changed
        self.widget = _widget(view, field, symbol)
        self.note = html(margin=(0, 4, 8, 4))
        self.panel = pn.Column(self.widget, margin=0, sizing_mode="stretch_width")
        self.widget.param.watch(self._edited, "value")
        self.check()

    @property
    def given(self) -> Any:
        """What the visitor entered, as the check takes it."""
        value = self.widget.value
        if isinstance(value, date):
            return value.isoformat()
        if value == NOTHING or (self.field.nullable and value in ("", None)):
            return None
        return value

    def set(self, value: Any) -> None:
        """Show a value, as a run or an address has it."""
        self.widget.value = _shown(self.field, value)

    def measured_in(self, symbol: str | None) -> None:
        """Show the unit the value is in, which may come with the table."""
        self.widget.label = labelled(self.view, self.field, symbol)

    def check(self) -> bool:
        """Check the value and show what is wrong with it, or the help."""
        try:
            check_value(self.field, self.given)
            problem = ""
        except Invalid:
            problem = self.view.say("expected", what=expectation(self.view, self.field))
        if hasattr(self.widget, "error_state"):
            self.widget.error_state = bool(problem)
        hint = self.view.pick(self.field.help) if self.field.help else ""
        self.note.object = fragment("note", problem=problem, hint=hint)
        if (problem or hint) and len(self.panel) == 1:  # a form is light: no pane before there is a text
            self.panel.append(self.note)
        return not problem

    @property
    def is_default(self) -> bool:
        """Whether the value is the notebook's own."""
        try:
            return bool(check_value(self.field, self.given) == self.field.default)
        except Invalid:
            return False

    def _edited(self, _: Any) -> None:
        self.check()
        self.changed()


def labelled(view: View, field: Field, symbol: str | None) -> str:
    """Return a parameter's name with its unit."""
    return view.pick(field.label) + (f" ({unit(view, symbol)})" if symbol else "")


def _widget(view: View, field: Field, symbol: str | None) -> Any:
    label = labelled(view, field, symbol)
    options: dict[str, Any] = {
        "label": label,
        "value": _shown(field, field.default),
        "size": "small",
        "sizing_mode": "stretch_width",
        "margin": (10, 0, 0, 0),
    }
    if field.multiple:
        del options["size"]
        return pmui.MultiChoice(options=_options(view, field), sx=CHIPS, **options)
    if field.type == "choice" or (field.type == "boolean" and field.nullable):
        return pmui.Select(options=_options(view, field), **options)
    if field.type == "boolean":
        return pmui.Checkbox(**options)
    if field.type == "date" and not field.nullable:
        del options["size"]
        return pmui.DatePicker(**options)
    return pmui.TextInput(placeholder="–" if field.nullable else "", **options)


def _options(view: View, field: Field) -> dict[str, Any]:
    choices = {view.pick(choice.label): choice.value for choice in field.choices or []}
    if field.type == "boolean":
        choices = {view.say("yes"): True, view.say("no"): False}
    return {"–": NOTHING, **choices} if field.nullable and not field.multiple else choices


def _shown(field: Field, value: Any) -> Any:
    """Turn a value into what its widget holds."""
    if field.multiple:
        return list(value or [])
    if field.type == "choice" or (field.type == "boolean" and field.nullable):
        return NOTHING if value is None else value
    if field.type == "boolean":
        return bool(value)
    if field.type == "date" and not field.nullable:
        return date.fromisoformat(str(value))
    if value is None:
        return ""
    if field.type == "list":
        return ", ".join(map(str, value)) if _is_plain(value) else repr(value)
    return value if isinstance(value, str) else repr(value).removesuffix(".0")


def _is_plain(value: Any) -> bool:
    """Whether a list reads back the same from words between commas."""
    words = (str, int, float)
    return all(isinstance(item, words) and "," not in str(item) for item in value)


def expectation(view: View, field: Field) -> str:
    """Say what a parameter takes, in the visitor's language."""
    kind = view.say("expect_choices" if field.multiple else f"expect_{field.type}")
    low, high = field.minimum, field.maximum
    if low is not None and high is not None:
        key = "expect_within" if field.exclusive_minimum else "expect_between"
        return view.say(key, kind=kind, low=number(low), high=number(high))
    if low is not None:
        key = "expect_above" if field.exclusive_minimum else "expect_least"
        return view.say(key, kind=kind, low=number(low))
    if high is not None:
        return view.say("expect_most", kind=kind, high=number(high))
    return kind
