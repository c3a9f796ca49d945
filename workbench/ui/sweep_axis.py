"""One thing a sweep varies, as a few widgets: what kind, which column, which values."""

from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.assets.model import LEVELS
from workbench.errors import WorkbenchError
from workbench.runs.asset_swap import below
from workbench.runs.request import RunRequest
from workbench.runs.sweep import SweepRequest
from workbench.tables.catalog import TableInfo
from workbench.tables.columns import NUMERIC, TEXT, TIMESTAMP
from workbench.templates.template import Template
from workbench.ui.view import View

NONE = "none"
EVERY = ("day", "week", "month", "shift", "count")
# What people sweep over most; a column of this name is offered first.
USUAL = ("machine", "asset", "line", "product", "part", "unit", "设备", "机台", "产线", "产品", "零件")
SHOWN_VALUES = 300  # offered to choose from; typing finds the rest of them in the table


class AxisForm:
    """Asks for one axis; ``axis`` is what was chosen, None while something is missing."""

    def __init__(
        self,
        view: View,
        template: Template,
        base: RunRequest,
        *,
        changed: Callable[[], None],
        optional: bool = False,
    ) -> None:
        self.view, self.template, self.base, self.changed = view, template, base, changed
        self.tables = _tables(view, template, base)
        kinds = self._kinds()
        options = {view.say("kind_none"): NONE} if optional else {}
        options |= {view.say(f"kind_{kind}"): kind for kind in kinds}
        label = view.say("sweep_second" if optional else "sweep_question")
        first = next(iter(options.values()), NONE)
        self.kind = self._select(label, options, first)
        self.column = self._select(view.say("axis_column"), {}, None)
        self.every = self._select(view.say("axis_every"), {view.say(f"every_{e}"): e for e in EVERY}, "week")
        wide = {"size": "small", "margin": (10, 0, 0, 0), "sizing_mode": "stretch_width"}
        self.level = self._select(view.say("axis_level"), {view.say("axis_ends"): ""}, "")
        self.count = pmui.IntInput(label=view.say("axis_count"), value=4, start=1, **wide)
        hint = view.say("axis_list_hint")
        self.listed = pmui.TextInput(label=view.say("axis_list"), placeholder=hint, **wide)
        del wide["size"]  # of this widget it is a number of rows
        self.values = pmui.MultiChoice(label=view.say("axis_values"), **wide)
        self.panel = pn.Column(margin=(0, 0, 10, 0), sizing_mode="stretch_width")
        self._filling = False
        self.kind.param.watch(lambda _: self._kind_chosen(), "value")
        self.column.param.watch(lambda _: self._column_chosen(), "value")
        for widget in (self.every, self.level, self.count, self.values, self.listed):
            widget.param.watch(lambda _: self._edited(), "value")
        self._kind_chosen()

    @property
    def axis(self) -> dict[str, Any] | None:
        """What varies, as a sweep request has it."""
        kind, values = self.kind.value, list(self.values.value)
        role, _, column = str(self.column.value or "").partition(".")
        if kind == NONE or (not column and kind not in {"subtree", "tables", "parameter"}):
            return None
        if kind == "subtree":
            return {"kind": kind, "asset": self.column.value, "level": self.level.value or None}
        if kind == "assets":
            originals = [self._originals.get(value, value) for value in values]
            return {"kind": kind, "role": role, "column": column, "values": originals or None}
        if kind == "characteristics":
            return {"kind": kind, "role": role, "column": column, "values": values or None}
        if kind == "tables":
            return {"kind": kind, "role": self.column.value, "values": values} if values else None
        if kind == "periods":
            every = self.every.value
            how = {"count": self.count.value} if every == "count" else {"every": every}
            return {"kind": kind, "role": role, "column": column, **how}
        return _parameter(str(self.column.value or ""), self.listed.value)

    # --- inside -------------------------------------------------------------------------------------------

    def _kinds(self) -> list[str]:
        kinds = []
        if self.tables:
            kinds.append("assets")
            kinds += ["characteristics"] if self._fillable() else []
            kinds += ["periods"] if self._of_type((TIMESTAMP, TEXT)) else []
        kinds += ["subtree"] if self._tops() else []
        kinds += ["tables"] if self.template.inputs else []
        return kinds + (["parameter"] if self.template.fields() else [])

    def _fillable(self) -> dict[str, str]:
        """Return the columns of the inputs that more than one column of numbers could fill."""
        return {
            self._labelled(role, self.view.pick(need.label)): f"{role}.{name}"
            for role, table in self.tables.items()
            for name, need in self.template.inputs[role].columns.items()
            if need.type in NUMERIC and sum(column.type in NUMERIC for column in table.columns) > 1
        }

    def _tops(self) -> dict[str, str]:
        """Return the assets with others below that have a table for the app."""
        known = self.view.bench.engine.preparer.assets.tree()
        tops = [known.assets[name] for name, children in known.below.items() if name and children]
        return {
            f"{one.name} · {one.id}" if one.name and one.name != one.id else one.id: one.id
            for one in tops
            if below(known, one.id, self.template, level=None)
        }

    def _levels(self) -> dict[str, str]:
        """Return what below the chosen asset may have a run each: the ends, or the assets of one level."""
        known, top = self.view.bench.engine.preparer.assets.tree(), str(self.column.value)
        found = [each for each in LEVELS if below(known, top, self.template, level=each)]
        named = {self.view.say(f"level_{each}"): each for each in found if each != known.get(top).level}
        return {self.view.say("axis_ends"): "", **named}

    def _of_type(self, types: tuple[str, ...] | None = None) -> dict[str, str]:
        return {
            self._labelled(role, column.name): f"{role}.{column.name}"
            for role, table in self.tables.items()
            for column in table.columns
            if types is None or column.type in types
        }

    def _labelled(self, role: str, name: str) -> str:
        return name if len(self.tables) < 2 else f"{self.view.pick(self.template.inputs[role].label)}: {name}"

    def _kind_chosen(self) -> None:
        kind = self.kind.value
        options, chosen = self._columns(kind)
        self._filling = True
        labels = {"characteristics": "axis_fills", "parameter": "axis_parameter", "tables": "axis_fills"}
        labels["subtree"] = "axis_top"
        label = self.view.say(labels.get(kind, "axis_column"))
        self.column.param.update(options=options, value=chosen, label=label)
        self._filling = False
        one_role = kind == "tables" and len(options) < 2
        shown = {
            "assets": [self.column, self.values],
            "characteristics": [self.column, self.values],
            "tables": [self.values] if one_role else [self.column, self.values],
            "subtree": [self.column, self.level],
            "periods": [self.column, self.every],
            "parameter": [self.column, self.listed],
        }.get(kind, [])
        self.shown = [self.kind, *shown]
        self._column_chosen()

    def _columns(self, kind: str) -> tuple[dict[str, str], str | None]:
        if kind == "assets":
            found = self._of_type()
            named = {value.partition(".")[2].casefold(): value for value in found.values()}
            usual = [named[name] for name in USUAL if name in named]
            texts = list(self._of_type((TEXT,)).values())
            return found, next(iter([*usual, *texts, *found.values()]), None)
        if kind == "characteristics":
            found = self._fillable()
        elif kind == "periods":
            times = self._of_type((TIMESTAMP,))
            found = times | self._of_type((TEXT,))
        elif kind == "subtree":
            found = self._tops()
        elif kind == "tables":
            found = {self.view.pick(need.label): role for role, need in self.template.inputs.items()}
        else:
            found = {self.view.pick(field.label): field.name for field in self.template.fields()}
        return found, next(iter(found.values()), None)

    def _column_chosen(self) -> None:
        if self._filling:
            return
        self._filling = True
        self._originals: dict[str, Any] = {}
        if self.kind.value == "subtree":
            self.level.param.update(options=self._levels(), value="")
        options = self._options()
        label = "axis_tables" if self.kind.value == "tables" else "axis_values"
        self.values.param.update(options=options, value=[], label=self.view.say(label))
        self._filling = False
        self._edited()

    def _options(self) -> list[str]:
        kind = self.kind.value
        role, _, column = str(self.column.value or "").partition(".")
        if kind == "tables":
            return list(self.view.bench.tables.names())
        if role not in self.tables or kind not in {"assets", "characteristics"}:
            return []
        if kind == "characteristics":
            return [each.name for each in self.tables[role].columns if each.type in NUMERIC]
        axis = {"kind": "assets", "role": role, "column": column}
        try:
            plan = self.view.bench.sweeps.plan(SweepRequest(run=self.base, over=[axis]))  # type: ignore[list-item]
        except WorkbenchError:
            return []
        found = [point.at[column] for point in plan.points[:SHOWN_VALUES]]
        self._originals = {str(value): value for value in found}
        return list(self._originals)

    def _edited(self) -> None:
        if self._filling:
            return
        counted = self.kind.value == "periods" and self.every.value == "count"
        self.panel.objects = [*self.shown, *([self.count] if counted else [])]
        self.changed()

    @staticmethod
    def _select(label: str, options: dict[str, str], value: str | None) -> Any:
        return pmui.Select(
            label=label,
            options=options,
            value=value,
            size="small",
            margin=(10, 0, 0, 0),
            sizing_mode="stretch_width",
        )


def _tables(view: View, template: Template, base: RunRequest) -> dict[str, TableInfo]:
    """Return the table behind each input, as far as there is one."""
    found = {}
    for role in template.inputs:
        try:
            found[role] = view.bench.tables.get(base.inputs.get(role, ""))
        except WorkbenchError:
            continue
    return found


def _parameter(name: str, text: str) -> dict[str, Any] | None:
    """Read ``a, b, c`` or ``from:to:step``."""
    axis = {"kind": "parameter", "parameter": name}
    parts = [part.strip() for part in text.replace("，", ",").split(",") if part.strip()]
    if not name or not parts:
        return None
    ends = parts[0].replace("：", ":").split(":")
    if len(parts) == 1 and len(ends) == 3:
        try:
            start, stop, step = map(float, ends)
        except ValueError:
            return axis | {"values": parts}
        return axis | {"start": start, "stop": stop, "step": step}
    return axis | {"values": parts}
