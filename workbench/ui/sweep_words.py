"""How the points of a sweep are called: values and periods as people write them, axes by their labels."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from workbench.tables.filters import plain
from workbench.templates.template import Template
from workbench.ui.view import View

DAY = timedelta(days=1)


def label(value: Any) -> str:
    """Return where a point stands on an axis, as people read it."""
    if isinstance(value, Mapping):
        return _period(datetime.fromisoformat(value["from"]), datetime.fromisoformat(value["to"]))
    return "–" if value is None else plain(value)


def _period(start: datetime, end: datetime) -> str:
    """Name a window of time: a month, a day, whole days with the last one, or hours."""
    last = end - DAY
    if start.time() != end.time() or start.hour or start.minute or start.second:
        same = start.date() == end.date()
        return f"{start:%Y-%m-%d %H:%M} – {end:{'%H:%M' if same else '%m-%d %H:%M'}}"
    if start.day == end.day == 1 and last.month == start.month and end - start < 32 * DAY:
        return f"{start:%Y-%m}"
    if last == start:
        return f"{start:%Y-%m-%d}"
    return f"{start:%Y-%m-%d} – {last:{'%m-%d' if last.year == start.year else '%Y-%m-%d'}}"


def axis_title(view: View, template: Template | None, axis: Mapping[str, str]) -> str:
    """Return what an axis is called: the app's own label where it is the app's word, else the column."""
    name, kind = axis["name"], axis["kind"]
    inputs = template.inputs if template else {}
    if kind == "subtree":
        return view.say("asset_for")
    if kind == "parameter" and template:
        return next((view.pick(field.label) for field in template.fields() if field.name == name), name)
    if kind == "tables" and name in inputs:
        return view.pick(inputs[name].label)
    if kind == "characteristics":
        found = [need.columns[name].label for need in inputs.values() if name in need.columns]
        return view.pick(found[0]) if found else name
    return name


def axes_title(view: View, template: Template | None, axes: list[dict[str, str]]) -> str:
    """Return what a sweep runs over."""
    return " × ".join(axis_title(view, template, axis) for axis in axes)
