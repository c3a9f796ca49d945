"""What was confirmed of a table's columns, against the table as it is now: only what changed is asked again.

A confirmed column that is gone, has another unit or another type stops whoever cannot be asked. Values that
look like another unit are told, never decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from workbench.config import Text
from workbench.tables import suspicion, units
from workbench.tables.columns import NUMERIC, Column
from workbench.tables.proposing import Need
from workbench.tables.suspicion import Spread

UNUSED = ""  # an optional column that somebody decided to leave empty


@dataclass(frozen=True)
class Kept:
    """What was confirmed to fill one column of a role, and what that column was like."""

    source: str
    type: str = ""
    unit: str | None = None
    spread: Spread | None = None
    instead_of: str | None = None  # the column it was before that one was gone
    at: str = ""
    user: str = ""


@dataclass(frozen=True)
class Question:
    """One thing that changed since a column was confirmed."""

    column: str  # of the role
    kind: Literal["gone", "unit", "type"]
    source: str
    was: str
    now: str | None
    text: Text


@dataclass(frozen=True)
class Recalled:
    """A confirmed mapping as far as it still holds."""

    mapping: dict[str, str] = field(default_factory=dict)  # role column → source, UNUSED included
    units: dict[str, str] = field(default_factory=dict)  # source → unit it was confirmed in, now unsaid
    questions: dict[str, Question] = field(default_factory=dict)


def recall(
    columns: Sequence[Column],
    needs: Mapping[str, Need],
    kept: Mapping[str, Kept],
    *,
    given: Mapping[str, str],
) -> Recalled:
    """Compare what was confirmed with a table's columns; what is given now is not asked."""
    by_name = {column.name: column for column in columns}
    mapping: dict[str, str] = {}
    said: dict[str, str] = {}
    questions: dict[str, Question] = {}
    for name, one in kept.items():
        if name not in needs:
            continue
        column = by_name.get(one.source)
        if column is not None and one.unit and not column.unit:
            said[column.name] = one.unit
        if name in given or (one.source and one.source in given.values()):
            continue
        question = _asked(name, needs[name], one, column)
        if question:
            questions[name] = question
        else:
            mapping[name] = one.source
    return Recalled(mapping, said, questions)


def _asked(name: str, need: Need, one: Kept, column: Column | None) -> Question | None:
    if one.source == UNUSED:
        return None
    if column is None:
        told: Text = {"en": f"column {one.source!r} is gone", "zh": f"列“{one.source}”已不存在"}
        return Question(name, "gone", one.source, one.source, None, told)
    if one.type and column.type != one.type and not {column.type, one.type} <= set(NUMERIC):
        told = {
            "en": f"column {one.source!r} was {one.type}, is now {column.type}",
            "zh": f"列“{one.source}”的类型由 {_kind(one.type)} 变为 {_kind(column.type)}",
        }
        return Question(name, "type", one.source, one.type, column.type, told)
    if not need.unit:
        return None
    before = one.unit or (need.unit if need.unit != "any" else None)
    if before and column.unit and units.normal(before) != units.normal(column.unit):
        told = {
            "en": f"the unit of {one.source!r} was {before}, is now {column.unit}",
            "zh": f"列“{one.source}”的单位由 {before} 变为 {column.unit}",
        }
        return Question(name, "unit", one.source, before, column.unit, told)
    return None


def _kind(type_: str) -> str:
    words = {"number": "数值", "integer": "整数", "text": "文本", "timestamp": "时间", "boolean": "是/否"}
    return words.get(type_, "其他")


def strange(before: Spread | None, now: Spread | None, source: str) -> Text | None:
    """Say that a column's values look as if they came in another unit than when it was confirmed."""
    change = suspicion.change_between(before, now) if before and now else None
    if change is None or before is None or now is None:
        return None
    old, new = suspicion.shown(before.middle), suspicion.shown(now.middle)
    return {
        "en": f"values of {source!r} moved from about {old} to about {new}, "
        f"which is {change.told} ({change.usual}): check the unit",
        "zh": f"列“{source}”的数值由约 {old} 变为约 {new}，恰为 {change.told}（{change.usual}）：请核对单位",
    }


def replaced(given: Mapping[str, str], kept: Mapping[str, Kept], columns: Sequence[Column]) -> dict[str, str]:
    """Follow a column to the one confirmed in its place: a schedule still names the one that is gone."""
    present = {column.name for column in columns}
    return {
        name: kept[name].source
        if source not in present and name in kept and kept[name].instead_of == source
        else source
        for name, source in given.items()
    }
