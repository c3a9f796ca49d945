"""From what varies to the points of a sweep: values are looked up, combined and counted; nothing runs."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.config import Workspace
from workbench.errors import Invalid, unknown
from workbench.runs.asset_swap import below
from workbench.runs.prepare import Preparer, known_roles
from workbench.runs.request import RunRequest
from workbench.runs.sweep import (
    AnyAxis,
    Assets,
    Characteristics,
    ParameterAxis,
    Periods,
    Plan,
    Point,
    Subtree,
    SweepRequest,
    TableAxis,
)
from workbench.tables.catalog import Tables
from workbench.tables.columns import NUMERIC
from workbench.tables.groups import Divided
from workbench.tables.proposing import ACCEPTS
from workbench.templates.template import Template

ROUND = 12  # decimals, past which a step of 0.1 shows its binary tail


@dataclass(frozen=True)
class Choice:
    """One value of an axis, and what it changes in the request."""

    value: Any
    changed: Callable[[RunRequest], RunRequest]


class Planner:
    """Finds the points of one sweep request."""

    def __init__(self, request: SweepRequest, preparer: Preparer, *, most: int) -> None:
        self.base, self.preparer, self.most = request.run, preparer, most
        self.template: Template = preparer.library.get(request.run.template)
        self.axes = [self._settled(axis) for axis in request.over]
        self.left_out = 0

    @property
    def workspace(self) -> Workspace:
        """The workspace that is looked up."""
        return self.preparer.workspace

    def plan(self) -> Plan:
        """Return every point, the last axis varying fastest; refuse too many."""
        known_roles(self.base, self.template.id, list(self.template.inputs))
        names = [axis.name for axis in self.axes]
        self.template.values({name: v for name, v in self.base.parameters.items() if name not in names})
        if len(set(names)) < len(names):
            raise Invalid("what a sweep varies", given=" and ".join(names), expected="two different things")
        choices = [self._choices(axis) for axis in self.axes]
        total = 1
        for found in choices:
            total *= len(found)
        if total > self.most:
            hint = "choose fewer values, or raise WORKBENCH_SWEEP_RUNS"
            raise Invalid("a sweep", given=f"{total} runs", expected=f"at most {self.most}", hint=hint)
        if not total:
            raise Invalid("a sweep", given="no runs", expected="at least one value on every axis")
        points = []
        for number, combined in enumerate(itertools.product(*choices)):
            request = self.base
            for choice in combined:
                request = choice.changed(request)
            at = {name: choice.value for name, choice in zip(names, combined, strict=True)}
            points.append(Point(number=number, at=at, request=request))
        axes = [{"name": axis.name, "kind": axis.kind} for axis in self.axes]
        template = self.template
        return Plan(
            template=template.id, title=template.title, axes=axes, points=points, left_out=self.left_out
        )

    def _settled(self, axis: AnyAxis) -> AnyAxis:
        """Name the input of an axis: ``role.column`` says it, else it is the template's first."""
        roles = self.template.inputs
        if isinstance(axis, ParameterAxis | Subtree):
            return axis
        role, dot, column = getattr(axis, "column", "").partition(".")
        if dot and role in roles and not axis.role:
            return axis.model_copy(update={"role": role, "column": column})
        if not roles:
            raise Invalid(
                f"template {self.template.id}", given="no inputs", expected="a sweep of a parameter"
            )
        if axis.role and axis.role not in roles:
            raise unknown(f"input of {self.template.id}", axis.role, roles)
        return axis.model_copy(update={"role": axis.role or next(iter(roles))})

    def _choices(self, axis: AnyAxis) -> list[Choice]:
        if isinstance(axis, Assets):
            return self._assets(axis)
        if isinstance(axis, Subtree):
            return self._subtree(axis)
        if isinstance(axis, Characteristics):
            return self._characteristics(axis)
        if isinstance(axis, TableAxis):
            return self._tables(axis)
        return self._periods(axis) if isinstance(axis, Periods) else self._parameter(axis)

    def _assets(self, axis: Assets) -> list[Choice]:
        divided = self._divided(axis.role)
        if axis.values is not None:
            divided.column(axis.column)
            values = list(axis.values)
        elif axis.top is not None:
            values = [part.value for part in divided.largest(axis.column, most=axis.top).found]
        else:
            parts = divided.values(axis.column, most=self.most)
            values, self.left_out = [part.value for part in parts.found], self.left_out + parts.left_out
        return [Choice(value, _held(axis.role, axis.column, value)) for value in values]

    def _subtree(self, axis: Subtree) -> list[Choice]:
        found = below(self.preparer.assets.tree(), axis.asset, self.template, level=axis.level)
        if not found:
            expected = f"assets with a table for {', '.join(self.template.inputs) or 'an input'}"
            hint = f"workbench assets set {axis.asset} --role ROLE --table TABLE --column COLUMN"
            raise Invalid(f"below asset {axis.asset}", given="none", expected=expected, hint=hint)
        return [Choice(asset.id, _of_asset(asset.id)) for asset in found]

    def _periods(self, axis: Periods) -> list[Choice]:
        divided = self._divided(axis.role)
        if axis.every is not None:
            parts = divided.windows(axis.column, axis.every, most=self.most)
        else:
            parts = divided.equal_windows(axis.column, axis.count or 1)
        self.left_out += parts.left_out
        return [Choice(part.value, _held(axis.role, axis.column, part.value)) for part in parts.found]

    def _characteristics(self, axis: Characteristics) -> list[Choice]:
        needs = self.template.inputs[axis.role].columns
        if axis.column not in needs:
            raise unknown(f"column of input {axis.role}", axis.column, needs)
        divided = self._divided(axis.role)
        known = self.preparer.recalled(self.template, axis.role, self._reference(axis.role))
        kept = {**known, **self.base.mapping.get(axis.role, {})}
        kept.pop(axis.column, None)
        accepted = NUMERIC if set(NUMERIC) <= ACCEPTS[needs[axis.column].type] else (needs[axis.column].type,)
        free = [
            each.name for each in divided.columns if each.type in accepted and each.name not in kept.values()
        ]
        values = axis.values if axis.values is not None else free
        for value in values:
            divided.column(value)
        return [Choice(value, _mapped(axis.role, {**kept, axis.column: value})) for value in values]

    def _tables(self, axis: TableAxis) -> list[Choice]:
        tables = Tables(self.workspace)
        chosen = self.base.mapping.get(axis.role, {})
        choices = []
        for reference in axis.values:
            mapping = chosen
            if tables.exists(reference.partition("@")[0]) or not ("/" in reference or "\\" in reference):
                names = {column.name for column in tables.get(reference).columns}
                mapping = {name: source for name, source in chosen.items() if source in names}
            choices.append(Choice(reference, _filled(axis.role, reference, mapping)))
        return choices

    def _parameter(self, axis: ParameterAxis) -> list[Choice]:
        values = axis.values if axis.values is not None else _steps(axis, most=self.most)
        typed = [self.template.values({axis.parameter: value})[axis.parameter] for value in values]
        return [Choice(value, _set(axis.parameter, value)) for value in typed]

    def _reference(self, role: str) -> str:
        return self.base.inputs.get(role) or self.template.default_inputs()[role]

    def _divided(self, role: str) -> Divided:
        reference = self._reference(role)
        if not reference:
            raise Invalid(f"input {role} of {self.template.id}", given="nothing", expected="a table")
        return Divided(reference, workspace=self.workspace, held=self.base.filters.get(role, {}))


def _steps(axis: ParameterAxis, *, most: int) -> list[float | int]:
    start, stop, step = axis.start or 0.0, axis.stop or 0.0, axis.step or 1.0
    count = int((stop - start) / step + 1e-9) + 1
    if count > most:
        raise Invalid(f"steps of {axis.parameter}", given=count, expected=f"at most {most}")
    values = [round(start + position * step, ROUND) for position in range(count)]
    whole = all(value.is_integer() for value in (start, step))
    return [int(value) for value in values] if whole else list(values)


def _with(request: RunRequest, part: str, role: str, changed: Mapping[str, Any]) -> RunRequest:
    return request.model_copy(update={part: {**getattr(request, part), role: dict(changed)}})


def _held(role: str, column: str, value: Any) -> Callable[[RunRequest], RunRequest]:
    def changed(request: RunRequest) -> RunRequest:
        before = request.filters.get(role, {})
        wanted = _overlap(before.get(column), value)
        return _with(request, "filters", role, {**before, column: wanted})

    return changed


def _overlap(before: Any, window: Any) -> Any:
    """Return the part of a window that an earlier range leaves."""
    if not (isinstance(before, Mapping) and isinstance(window, Mapping)):
        return window
    starts = [each["from"] for each in (before, window) if each.get("from")]
    ends = [each["to"] for each in (before, window) if each.get("to")]
    return {"from": max(starts), "to": min(ends)}


def _mapped(role: str, mapping: Mapping[str, str]) -> Callable[[RunRequest], RunRequest]:
    return lambda request: _with(request, "mapping", role, mapping)


def _filled(role: str, reference: str, mapping: Mapping[str, str]) -> Callable[[RunRequest], RunRequest]:
    def changed(request: RunRequest) -> RunRequest:
        filled = request.model_copy(update={"inputs": {**request.inputs, role: reference}})
        without = {name: value for name, value in filled.mapping.items() if name != role}
        return filled.model_copy(update={"mapping": without | ({role: dict(mapping)} if mapping else {})})

    return changed


def _of_asset(asset: str) -> Callable[[RunRequest], RunRequest]:
    return lambda request: request.model_copy(update={"asset": asset})


def _set(name: str, value: Any) -> Callable[[RunRequest], RunRequest]:
    return lambda request: request.model_copy(update={"parameters": {**request.parameters, name: value}})
