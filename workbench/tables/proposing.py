"""Which column fills which column of a role, by name, type, unit and range, with the reason in words.

Only a required column may be filled on its type or unit alone, and only where there is no second candidate.
Reads no rows: what values lie in a column is told by whoever calls.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

from workbench.config import Text
from workbench.tables import names, suspicion, units
from workbench.tables.columns import ANY, BOOLEAN, INTEGER, NUMBER, NUMERIC, TEXT, TIMESTAMP, Column
from workbench.tables.suspicion import Spread

# What can become what. Text may hold numbers or times; whether it does is checked on the rows, see relation.
ACCEPTS = {
    NUMBER: {NUMBER, INTEGER, BOOLEAN, TEXT},
    INTEGER: {INTEGER, NUMBER, BOOLEAN, TEXT},
    TEXT: {TEXT, NUMBER, INTEGER, BOOLEAN, TIMESTAMP, ANY},
    TIMESTAMP: {TIMESTAMP, TEXT},
    BOOLEAN: {BOOLEAN, INTEGER, TEXT},
    ANY: {TEXT, NUMBER, INTEGER, BOOLEAN, TIMESTAMP, ANY},
}
# By name, from certain to weak; then what is left when no name says anything.
EXACT, SPELLING, SYNONYM, USUAL, NEAR, PART, UNIT, ONLY = 1.0, 0.95, 0.9, 0.85, 0.7, 0.6, 0.4, 0.3
SURE = USUAL  # from here on a proposal needs no second look
AGREES, DISAGREES = 0.03, 0.3  # what unit and range add to a name, or take from it


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
    """What would fill a column, how sure that is (0 to 1), why, and what speaks against it."""

    source: str | None
    score: float
    reason: Text
    doubt: Text | None = None  # a unit that measures something else, or values in another unit


NOTHING = Proposal(None, 0.0, {"en": "no column fits", "zh": "没有合适的列"})


@dataclass(frozen=True)
class _Wanted:
    """Everything a role's column may be called."""

    own: str
    names: frozenset[str]
    words: frozenset[str]  # that may be part of a longer name
    endings: frozenset[str]
    things: frozenset[int]


@dataclass(frozen=True)
class _Said:
    """What a table calls a column."""

    names: frozenset[str]
    words: frozenset[str]
    things: frozenset[int]


def propose(
    columns: Sequence[Column], needs: Mapping[str, Need], *, spreads: Mapping[str, Spread] | None = None
) -> dict[str, Proposal]:
    """Propose a source for every column of a role, each source used once, best matches first."""
    known = spreads or {}
    ranked = []
    for name, need in needs.items():
        wanted = _wanted(name, tuple(need.synonyms), tuple(_texts(need.label)))
        for position, column in enumerate(columns):
            if column.type in ACCEPTS[need.type]:
                score = _by_name(name, wanted, need, column)
                if score:
                    score += _support(need, column, known.get(column.name))
                    ranked.append((score, -position, name, column))
    chosen: dict[str, Proposal] = {}
    taken: set[str] = set()
    for score, _, name, column in sorted(ranked, key=lambda entry: entry[:2], reverse=True):
        enough = USUAL - 2 * AGREES if needs[name].optional else PART - DISAGREES - 2 * AGREES
        if score >= enough and name not in chosen and column.name not in taken:
            chosen[name] = _told(score, name, needs[name], column, known.get(column.name))
            taken.add(column.name)
    for name, need in needs.items():
        if name not in chosen and not need.optional:
            last = _only(need, [column for column in columns if column.name not in taken])
            if last:
                chosen[name] = last
                taken.add(last.source or "")
    return {name: chosen.get(name, NOTHING) for name in needs}


@lru_cache(maxsize=8192)
def _wanted(name: str, synonyms: tuple[str, ...], labels: tuple[str, ...]) -> _Wanted:
    said = frozenset(names.plain(each) for each in (name, *synonyms, *labels))
    listed = frozenset(each.casefold() for each in (name, *synonyms))
    # A role's ``value`` may be anything measured, and a listed ``hours`` is a cycle to its template alone:
    # only the name and the label say which thing of the house's list is meant.
    meant = {names.thing(names.plain(each)) for each in (name, *labels)}
    things = frozenset(each for each in meant if each is not None)
    usual = frozenset[str]().union(*map(names.called, things))
    return _Wanted(names.plain(name), said, listed | usual, said | usual, things)


@lru_cache(maxsize=65536)
def _said(name: str, label: str | None) -> _Said:
    said = frozenset(names.plain(each) for each in (name, label or name))
    things = frozenset(each for each in map(names.thing, said) if each is not None)
    return _Said(said, names.words(name), things)


def _by_name(name: str, wanted: _Wanted, need: Need, column: Column) -> float:
    """Score how well a column's name or label says what is needed."""
    if column.name == name:
        return EXACT
    said = _said(column.name, column.label)
    if wanted.own in said.names:
        return SPELLING
    if said.names & wanted.names:
        return SYNONYM
    same_type = column.type == need.type or {column.type, need.type} <= set(NUMERIC)
    if said.things & wanted.things and (same_type or ANY in (need.type, column.type)):
        return USUAL
    if need.optional or not same_type:
        return 0.0
    if said.words & wanted.words or any(names.ends_with(s, w) for s in said.names for w in wanted.endings):
        return PART
    return NEAR if any(names.is_near(s, w) for s in said.names for w in wanted.names) else 0.0


def _support(need: Need, column: Column, spread: Spread | None) -> float:
    """Return what unit and values add to the name, or take from it."""
    support = 0.0
    if column.unit and need.unit and need.unit != "any":
        support += AGREES if units.fits(column.unit, need.unit) else -DISAGREES
    elif need.type == NUMBER and need.unit == "any" and column.unit:
        support += AGREES / 3
    usual = _usual(need)
    if spread and usual and not support < 0:
        support += AGREES if suspicion.within(_in_unit(spread, column, need), usual) else -AGREES
    return support


def _in_unit(spread: Spread, column: Column, need: Need) -> Spread:
    if not column.unit or not need.unit or need.unit == "any" or not units.fits(column.unit, need.unit):
        return spread
    scale, shift = units.conversion(column.unit, need.unit)
    return spread.converted(scale, shift)


def _usual(need: Need) -> tuple[float, float] | None:
    found: tuple[float, float] | None = getattr(need, "usual", None)
    return found


def _told(score: float, name: str, need: Need, column: Column, spread: Spread | None) -> Proposal:
    """Put into words why a column was chosen."""
    wanted = _wanted(name, tuple(need.synonyms), tuple(_texts(need.label)))
    reasons = [_name_reason(_by_name(name, wanted, need, column), column.name)]
    reasons += evidence(need, column, spread)
    return Proposal(column.name, min(1.0, round(score, 3)), joined(reasons), doubt(need, column, spread))


def evidence(need: Need, column: Column, spread: Spread | None) -> list[Text]:
    """Say what unit and values show of a column."""
    found: list[Text] = []
    wanted = need.unit if need.unit != "any" else None
    if column.unit and wanted and units.fits(column.unit, wanted):
        same = units.conversion(column.unit, wanted) == (1.0, 0.0)
        told: Text = {"en": f"in {column.unit}", "zh": f"单位 {column.unit}"}
        becomes: Text = {"en": f"{column.unit} becomes {wanted}", "zh": f"{column.unit} 换算为 {wanted}"}
        found.append(told if same else becomes)
    elif column.unit and not wanted:
        found.append({"en": f"in {column.unit}", "zh": f"单位 {column.unit}"})
    elif wanted and not column.unit:
        found.append({"en": f"no unit given: taken as {wanted}", "zh": f"未注明单位：按 {wanted} 处理"})
    if spread and need.type in NUMERIC:
        low, high = suspicion.shown(spread.low), suspicion.shown(spread.high)
        found.append({"en": f"values {low} to {high}", "zh": f"数值 {low} 至 {high}"})
    return found


def doubt(need: Need, column: Column, spread: Spread | None) -> Text | None:
    """Say what speaks against a column: its unit measures something else, or its values lie elsewhere."""
    wanted = need.unit if need.unit != "any" else None
    if column.unit and wanted and not units.fits(column.unit, wanted):
        return {
            "en": f"{column.unit} does not convert to {wanted}: choose another column or correct its unit",
            "zh": f"{column.unit} 不能换算为 {wanted}：请选择其他列，或改正该列的单位",
        }
    usual = _usual(need)
    if spread is None or usual is None:
        return None
    return suspicion.against_usual(_in_unit(spread, column, need), usual, unit=wanted)


def _only(need: Need, left: Sequence[Column]) -> Proposal | None:
    """Fill a required column on its unit or type alone, where a single column is left for it."""
    wanted = need.unit if need.unit != "any" else None
    if wanted and need.type in NUMERIC:
        same = [each for each in left if each.type in NUMERIC and each.unit and units.fits(each.unit, wanted)]
        if len(same) == 1:
            reason: Text = {
                "en": f"{same[0].name!r} is the only column whose unit converts to {wanted}",
                "zh": f"“{same[0].name}”是唯一单位可换算为 {wanted} 的列",
            }
            return Proposal(same[0].name, UNIT, reason)
    if need.type not in {NUMBER, INTEGER, TIMESTAMP}:
        return None
    kinds = {TIMESTAMP} if need.type == TIMESTAMP else set(NUMERIC)
    same = [column for column in left if column.type in kinds]
    if len(same) != 1 or (wanted and same[0].unit and not units.fits(same[0].unit, wanted)):
        return None
    en, zh = ("column of times", "时间列") if need.type == TIMESTAMP else ("column of numbers", "数值列")
    source = same[0].name
    return Proposal(source, ONLY, {"en": f"{source!r} is the only {en}", "zh": f"“{source}”是唯一的{zh}"})


def _texts(label: Any) -> list[str]:
    return [label] if isinstance(label, str) else list(label.values()) if isinstance(label, Mapping) else []


def _name_reason(score: float, source: str) -> Text:
    if score >= SPELLING:
        return {"en": "same name", "zh": "同名"}
    if score >= USUAL:
        return {"en": f"{source!r} is a usual name for it", "zh": f"“{source}”是它的常用名称"}
    if score >= NEAR:
        return {"en": f"{source!r} looks like its name", "zh": f"“{source}”与它的名称相近"}
    return {"en": f"{source!r} contains its name", "zh": f"“{source}”包含它的名称"}


def joined(reasons: Sequence[Text]) -> Text:
    """Join reasons into one text."""
    return {
        "en": "; ".join(each["en"] for each in reasons),
        "zh": "；".join(each["zh"] for each in reasons),
    }


def with_unit(column: Column, unit: str | None) -> Column:
    """Return a column that says its unit, where it does not say one itself."""
    return replace(column, unit=unit) if unit and not column.unit else column
