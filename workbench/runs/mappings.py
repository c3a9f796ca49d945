"""How a table fills a role: proposed with reasons, confirmed once, recalled for every run, asked anew."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from workbench.config import Text, Workspace
from workbench.errors import Invalid, unknown
from workbench.runs.memory import Memory
from workbench.tables import mapping as settling
from workbench.tables import proposing, remembered, resolve
from workbench.tables.columns import NUMERIC, Column
from workbench.tables.remembered import UNUSED, Kept, Question, Recalled
from workbench.tables.resolve import Source
from workbench.tables.spreads import can_be_read, spreads
from workbench.templates.front_matter import Input
from workbench.templates.library import Library

LOOKED_AT = 64  # columns of numbers whose values are looked at before anything is chosen


class Mappings:
    """The mappings of one workspace."""

    def __init__(self, workspace: Workspace, memory: Memory) -> None:
        self.workspace, self.memory = workspace, memory

    def recall(self, source: Source, role: str, need: Input, given: Mapping[str, str]) -> Recalled:
        """Return what was confirmed for a table, as far as it still holds."""
        kept = self.memory.of(key(source)).get(role, {})
        return remembered.recall(source.columns, need.columns, kept, given=given)

    def follow(self, source: Source, role: str, given: Mapping[str, str]) -> dict[str, str]:
        """Return what a request names, with columns that are gone replaced by those confirmed instead."""
        present = {column.name for column in source.columns}
        if all(not each or each in present for each in given.values()):
            return dict(given)
        return remembered.replaced(given, self.memory.of(key(source)).get(role, {}), source.columns)

    def propose(self, source: Source, role: str, need: Input) -> dict[str, dict[str, Any]]:
        """Say for each column of a role what fills it, in which state that is, and why.

        ``state`` is ``confirmed``, ``proposed``, ``asked`` (it changed since it was confirmed) or ``open``.
        Values are looked at, too.
        """
        return self.proposed(source, need, self.memory.of(key(source)).get(role, {}), deep=True)

    def proposed(
        self, source: Source, need: Input, kept: Mapping[str, Kept], *, deep: bool = False
    ) -> dict[str, dict[str, Any]]:
        """Say the same from what was confirmed; without ``deep`` no row is read."""
        recalled = remembered.recall(source.columns, need.columns, kept, given={})
        columns = [proposing.with_unit(c, recalled.units.get(c.name)) for c in source.columns]
        taken = set(recalled.mapping.values())
        free = [column for column in columns if column.name not in taken]
        open_needs = {name: each for name, each in need.columns.items() if name not in recalled.mapping}
        numbers = [column.name for column in free if column.type in NUMERIC][:LOOKED_AT]
        known = spreads(source, {*taken, *numbers}) if deep else {}
        found = proposing.propose(free, open_needs, spreads=known)
        if deep:
            found = {n: _readable(each, need.columns[n], columns, source) for n, each in found.items()}
        by_name = {column.name: column for column in columns}
        return {
            name: _confirmed(kept[name], each, by_name, known)
            if name in recalled.mapping
            else _open(found[name], recalled.questions.get(name), each, by_name)
            for name, each in need.columns.items()
        }

    def confirm(
        self, source: Source, role: str, need: Input, mapping: Mapping[str, str], *, user: str = ""
    ) -> None:
        """Keep how a table fills a role.

        Raises
        ------
        Invalid
            If a name is unknown, a type cannot become what is needed, or a unit measures something else.
        """
        self._check(source, need, mapping)
        before = self.memory.of(key(source)).get(role, {})
        by_name = {column.name: column for column in source.columns}
        new = {n: s for n, s in mapping.items() if not _same(before.get(n), s, by_name.get(s))}
        if new:
            known = spreads(source, new.values())
            columns = {
                name: _kept(own, by_name.get(own), before.get(name), present=by_name, spread=known.get(own))
                for name, own in new.items()
            }
            self.memory.keep(key(source), role, columns, user=user)

    def mapped(self, table: str, library: Library) -> list[tuple[str, str]]:
        """Return (template, role) of every input that the columns confirmed for a table fill."""
        confirmed = self.memory.of(table)
        return [
            (template.id, role)
            for template in library.list()
            for role, need in template.inputs.items()
            if role in confirmed
            and all(name in confirmed[role] for name, column in need.columns.items() if not column.optional)
        ]

    def _check(self, source: Source, need: Input, mapping: Mapping[str, str]) -> None:
        unknown = any(name not in need.columns for name in mapping)
        # What is not named stays as it is: only the named columns must be filled.
        needs = need.columns if unknown else {name: need.columns[name] for name in mapping}
        settling.choose(source.columns, needs, given=mapping, subject=f"table {source.table}")
        by_name = {column.name: column for column in source.columns}
        for name, own in mapping.items():
            if own:
                settling.converted(by_name[own], need.columns[name], name=name)


def key(source: Source) -> str:
    """Return what a mapping is kept under: a table or file, whatever its version."""
    return source.table if source.version is not None else source.reference


def refuse_changed(recalled: Recalled, source: Source, role: str) -> None:
    """Refuse a run that nobody can ask, when a column it relies on is not what was confirmed."""
    for name, question in recalled.questions.items():
        again = f"workbench data map {source.table} {role}.{name}=COLUMN"
        raise Invalid(
            f"table {source.table} as {role}: what fills {name!r} has changed: {question.text['en']}",
            expected="the columns as they were confirmed",
            hint=f"open the app and confirm, or: {again}",
        )


def _readable(
    found: proposing.Proposal, need: Any, columns: Iterable[Column], source: Source
) -> proposing.Proposal:
    """Leave out what an optional column could not read: a proposal must not stop a run."""
    column = next((each for each in columns if each.name == found.source), None)
    if column is None or not need.optional or column.type == need.type:
        return found
    as_read = (column.name, column.type, need.type)
    return found if can_be_read(source.files, *as_read) else proposing.NOTHING


def _same(kept: Kept | None, source: str, column: Column | None) -> bool:
    if kept is None or kept.source != source:
        return False
    return column is None or (kept.type, kept.unit) == (column.type, column.unit or kept.unit)


def _kept(
    source: str, column: Column | None, before: Kept | None, *, present: Mapping[str, Column], spread: Any
) -> Kept:
    gone = before.source if before and before.source not in present and before.source != source else None
    if column is None:
        return Kept(UNUSED, instead_of=gone)
    unit = column.unit or (before.unit if before and before.source == source else None)
    return Kept(source, column.type, unit, spread, gone or (before.instead_of if before else None))


def _confirmed(
    one: Kept, need: Any, columns: Mapping[str, Column], known: Mapping[str, Any]
) -> dict[str, Any]:
    if one.source == UNUSED:
        reason: Text = {"en": "left empty, as confirmed", "zh": "按确认留空"}
        return _told(None, "confirmed", reason)
    spread = known.get(one.source)
    as_before: Text = {"en": "as confirmed", "zh": "与确认时相同"}
    reasons = [as_before, *proposing.evidence(need, columns[one.source], spread)]
    doubt = proposing.doubt(need, columns[one.source], spread)
    return _told(
        one.source,
        "confirmed",
        proposing.joined(reasons),
        doubt=doubt or remembered.strange(one.spread, spread, one.source),
    )


def _open(
    found: proposing.Proposal, question: Question | None, need: Any, columns: Mapping[str, Column]
) -> dict[str, Any]:
    if question is None:
        state = "proposed" if found.source else "open"
        return _told(found.source, state, found.reason, score=found.score, doubt=found.doubt)
    still = question.source if question.source in columns else found.source
    doubt = proposing.doubt(need, columns[still], None) if still and still != found.source else found.doubt
    asked = _told(still, "asked", question.text, score=found.score, doubt=doubt)
    return asked | {"kind": question.kind, "was": question.was, "now": question.now}


def _told(
    source: str | None, state: str, reason: Text, *, score: float = 1.0, doubt: Text | None = None
) -> dict[str, Any]:
    return {"source": source, "state": state, "reason": reason, "score": score, "doubt": doubt}


def pinned(reference: str, workspace: Workspace) -> Source:
    """Find the rows a reference stands for."""
    return resolve.resolve(reference, workspace=workspace)


def with_units(source: Source, said: Mapping[str, str]) -> Source:
    """Return a source whose columns say the units they were confirmed in, where the table says none."""
    if not said:
        return source
    return replace(source, columns=tuple(proposing.with_unit(c, said.get(c.name)) for c in source.columns))


def role_need(library: Library, role: str, columns: Iterable[str], template: str | None) -> Input:
    """Find an input by its role: of the template that is named, else of the first one with these columns."""
    wanted = list(columns)
    if template:
        inputs = library.get(template).inputs
        if role not in inputs:
            raise unknown(f"input of {template}", role, inputs)
        return inputs[role]
    found = [one.inputs[role] for one in library.list() if role in one.inputs]
    if not found:
        raise unknown("input", role, {name for one in library.list() for name in one.inputs})
    fitting = [need for need in found if all(column in need.columns for column in wanted)]
    if not fitting:
        odd = next(column for column in wanted if all(column not in need.columns for need in found))
        raise unknown(f"column of input {role}", odd, {name for need in found for name in need.columns})
    # Where one app can do without a column and another cannot, the second decides what may fill it.
    return min(fitting, key=lambda need: sum(need.columns[column].optional for column in wanted))
