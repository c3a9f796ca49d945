"""How a table's columns fill the columns a template needs: proposed with a reason, checked with a sentence.

A proposal rests on names, synonyms, types and units; only a required column may be filled on its type
alone, and only where there is no second candidate. Nothing is read from the rows.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from workbench.config import Text
from workbench.errors import Invalid, did_you_mean
from workbench.tables import units
from workbench.tables.columns import ANY, BOOLEAN, INTEGER, NUMBER, NUMERIC, TEXT, TIMESTAMP, Column

# What can become what. Text may hold numbers or times; whether it does is checked on the rows, see relation.
ACCEPTS = {
    NUMBER: {NUMBER, INTEGER, BOOLEAN, TEXT},
    INTEGER: {INTEGER, NUMBER, BOOLEAN, TEXT},
    TEXT: {TEXT, NUMBER, INTEGER, BOOLEAN, TIMESTAMP, ANY},
    TIMESTAMP: {TIMESTAMP, TEXT},
    BOOLEAN: {BOOLEAN, INTEGER, TEXT},
    ANY: {TEXT, NUMBER, INTEGER, BOOLEAN, TIMESTAMP, ANY},
}
EXACT, SPELLING, SYNONYM, PART, ONLY = 1.0, 0.95, 0.9, 0.6, 0.3
_UNIT = re.compile(r"[(\[（【].*?[)\]）】]|,[^,]{1,12}$")
_WORD = re.compile(r"[^\W_]+")


class Need(Protocol):
    """One column a role needs; the front matter's own model fits."""

    @property
    def type(self) -> Any:
        """One of the six types."""

    @property
    def label(self) -> Any:
        """What people call it, in both languages."""

    @property
    def optional(self) -> bool:
        """Whether the role works without it."""

    @property
    def synonyms(self) -> Sequence[str]:
        """Names it usually has."""

    @property
    def unit(self) -> str | None:
        """A unit to convert to, ``any`` to carry the table's own, None for no dimension."""


@dataclass(frozen=True)
class Proposal:
    """What would fill a column, how sure that is (0 to 1), and why."""

    source: str | None
    score: float
    reason: Text


NOTHING = Proposal(None, 0.0, {"en": "no column fits", "zh": "没有合适的列"})


def propose(columns: Sequence[Column], needs: Mapping[str, Need]) -> dict[str, Proposal]:
    """Propose a source for every column of a role, each source used once, best matches first."""
    ranked = sorted(
        (
            (_match(name, need, column), -position, name, column.name)
            for name, need in needs.items()
            for position, column in enumerate(columns)
            if column.type in ACCEPTS[need.type]
        ),
        key=lambda entry: entry[:2],
        reverse=True,
    )
    chosen: dict[str, Proposal] = {}
    taken: set[str] = set()
    for score, _, name, source in ranked:
        enough = PART if not needs[name].optional else SYNONYM
        if score >= enough and name not in chosen and source not in taken:
            chosen[name] = Proposal(source, score, _reason(score, source))
            taken.add(source)
    for name, need in needs.items():
        if name not in chosen and not need.optional and need.type in {NUMBER, INTEGER, TIMESTAMP}:
            kinds = {TIMESTAMP} if need.type == TIMESTAMP else set(NUMERIC)
            left = [column.name for column in columns if column.type in kinds and column.name not in taken]
            if len(left) == 1:
                chosen[name] = Proposal(left[0], ONLY, _only(need.type, left[0]))
                taken.add(left[0])
    return {name: chosen.get(name, NOTHING) for name in needs}


def _match(name: str, need: Need, column: Column) -> float:
    """Score how well a column's name or label says what is needed."""
    wanted = [name, *need.synonyms, *_texts(need.label)]
    if column.name == name:
        return EXACT
    own = {_plain(column.name), _plain(column.label or column.name)}
    if _plain(name) in own:
        return SPELLING
    if own & {_plain(each) for each in wanted}:
        return SYNONYM
    words = {word.casefold() for word in _WORD.findall(_UNIT.sub("", column.name))}
    same_type = column.type == need.type or {column.type, need.type} <= set(NUMERIC)
    return PART if same_type and words & {each.casefold() for each in [name, *need.synonyms]} else 0.0


def _texts(label: Any) -> list[str]:
    return [label] if isinstance(label, str) else list(label.values()) if isinstance(label, Mapping) else []


def _plain(name: str) -> str:
    """Reduce a name to what is said: no unit, case, spaces, underscores or dots."""
    return "".join(_WORD.findall(_UNIT.sub("", name))).casefold() or name.casefold()


def _reason(score: float, source: str) -> Text:
    if score >= SPELLING:
        return {"en": "same name", "zh": "同名"}
    if score >= SYNONYM:
        return {"en": f"{source!r} is a usual name for it", "zh": f"“{source}”是它的常用名称"}
    return {"en": f"{source!r} contains its name", "zh": f"“{source}”包含它的名称"}


def _only(kind: str, source: str) -> Text:
    en, zh = ("column of times", "时间列") if kind == TIMESTAMP else ("column of numbers", "数值列")
    return {"en": f"{source!r} is the only {en}", "zh": f"“{source}”是唯一的{zh}"}


def choose(
    columns: Sequence[Column], needs: Mapping[str, Need], *, given: Mapping[str, str | None], subject: str
) -> dict[str, str]:
    """Settle which source fills which column: what was given, proposals for the rest, nothing missing.

    Raises
    ------
    Invalid
        If a name is unknown, a required column stays empty, or a type cannot become what is needed.
    """
    names = [column.name for column in columns]
    for name, source in given.items():
        if name not in needs:
            raise Invalid(
                f"{subject}: unknown column of the input", given=repr(name), hint=_near(name, needs)
            )
        if source and source not in names:
            raise Invalid(f"{subject}: no column", given=repr(source), hint=_near(source, names))
    settled = {name: source for name, source in given.items() if source}
    open_needs = {name: need for name, need in needs.items() if name not in given}
    free = [column for column in columns if column.name not in settled.values()]
    for name, proposal in propose(free, open_needs).items():
        if proposal.source:
            settled[name] = proposal.source
    for name, need in needs.items():
        if name not in settled and not need.optional:
            expected = f"a column of type {need.type}" + (
                "" if need.type == ANY else " or one that can become it"
            )
            hint = f"choose one of: {_listed(names)}"
            raise Invalid(f"{subject}: nothing fills {name!r}", expected=expected, hint=hint)
    return {name: settled[name] for name in needs if name in settled}


def converted(column: Column, need: Need, *, name: str) -> dict[str, Any]:
    """Describe how one source column becomes a role's column, as ``relation`` reads it."""
    if column.type not in ACCEPTS[need.type]:
        expected = f"{need.type} for {name!r}"
        raise Invalid(
            f"column {column.name!r}", given=column.type, expected=expected, hint="map another column"
        )
    scale, shift, unit = 1.0, 0.0, None
    if need.unit == "any":
        unit = column.unit
    elif need.unit:
        unit = need.unit
        if column.unit:
            scale, shift = _conversion(column, need.unit, name)
    return {
        "source": column.name,
        "type": need.type,
        "stored": column.type,
        "unit": unit,
        "scale": scale,
        "shift": shift,
        "label": column.label or column.name,
    }


def _conversion(column: Column, unit: str, name: str) -> tuple[float, float]:
    try:
        return units.conversion(column.unit or unit, unit)
    except Invalid as error:
        subject = f"column {column.name!r} for {name!r}: unit"
        raise Invalid(subject, given=column.unit, expected=error.expected, hint=error.hint) from error


def as_is(column: Column) -> dict[str, Any]:
    """Describe a column that passes through unchanged."""
    return {
        "source": column.name,
        "type": column.type,
        "stored": column.type,
        "unit": column.unit,
        "scale": 1.0,
        "shift": 0.0,
        "label": column.label or column.name,
    }


def others(columns: Iterable[Column], chosen: Mapping[str, str], kind: str | None) -> list[str]:
    """List the columns passed through under their own name: those of a type, beside the ones in use.

    A column named like one of the role's is left out, since two columns cannot have one name.
    """
    if kind is None:
        return []
    taken = {name.casefold() for name in (*chosen.values(), *chosen)}
    kinds = {ANY: ACCEPTS[ANY], NUMBER: set(NUMERIC)}.get(kind, {kind})
    return [c.name for c in columns if c.type in kinds and c.name.casefold() not in taken]


def _near(given: str, known: Iterable[str]) -> str:
    near = did_you_mean(given, known)
    return f"did you mean {near!r}?" if near else f"there is {_listed(known)}"


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "") or "none"
