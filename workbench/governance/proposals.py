"""What could be declared about a table, as its rows suggest it: proposals that a person confirms or leaves.

Pure: facts about columns in, proposals out. A proposal describes how the rows are; whether they should be
so is for those to say who know the process.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.config import Text

FEW_VALUES = 20  # different values of a text that may be a list
ROWS_PER_VALUE = 10
WIDENED = 0.5  # of the width of nearly all values, on both sides
DIGITS = 3
MOST_MISSING = 0.5  # of a column that people have to fill in
LATE_PERIODS = 10
A_DAY_S = 86_400.0


@dataclass(frozen=True)
class ColumnFacts:
    """What was seen of one column."""

    name: str
    type: str
    unit: str | None
    missing: int
    distinct: int
    low: float | None = None  # nearly all numbers lie from here
    high: float | None = None  # to there
    values: tuple[str, ...] = ()  # all of them, where they are few
    shape: str = ""  # a regular expression that nearly all texts follow


@dataclass(frozen=True)
class TableFacts:
    """What was seen of a table."""

    rows: int
    columns: tuple[ColumnFacts, ...]
    keys: tuple[tuple[str, ...], ...] = ()  # columns that tell every row apart, the fewest first
    time: str | None = None
    entity: str | None = None
    period_s: float | None = None


@dataclass(frozen=True)
class Proposal:
    """One rule that could be declared: its place in the rules, its value, why."""

    rule: str
    value: Any
    reason: Text


def propose(facts: TableFacts, declared: Mapping[str, Any]) -> list[Proposal]:
    """Return what could be declared and is not yet."""
    found = [*_time(facts), *_columns(facts)]
    return [each for each in found if not _stands(each.rule, declared)]


def _stands(rule: str, declared: Mapping[str, Any]) -> bool:
    """Whether a rule, ``key`` or ``ranges.value``, was declared; of columns each counts by itself."""
    group, _, column = rule.partition(".")
    there = declared.get(group)
    return there is not None and (not column or (isinstance(there, Mapping) and column in there))


def merged(proposals: Iterable[Proposal], declared: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to declare so that these proposals hold beside what was declared."""
    changed: dict[str, Any] = {}
    for each in proposals:
        group, _, column = each.rule.partition(".")
        if column:
            changed.setdefault(group, dict(declared.get(group, {})))[column] = each.value
        else:
            changed[group] = each.value
    return changed


def _time(facts: TableFacts) -> Iterable[Proposal]:
    if facts.keys:
        names = ", ".join(facts.keys[0])
        yield Proposal(
            "key", list(facts.keys[0]), Text(en=f"no two rows share {names}", zh=f"{names} 没有重复")
        )
    if facts.time is None:
        return
    yield Proposal("time", facts.time, Text(en="it holds times", zh="该列为时间"))
    if facts.entity:
        told = Text(en="its few values share the same times", zh="取值少且共用相同时间")
        yield Proposal("entity", facts.entity, told)
    if facts.period_s:
        every = f"{facts.period_s:g} s"
        told = Text(en=f"most rows come {every} after the one before", zh=f"多数行间隔 {every}")
        yield Proposal("period_s", facts.period_s, told)
        oldest = max(A_DAY_S, LATE_PERIODS * facts.period_s)
        late = Text(en="ten periods, a day at least", zh="十个周期，至少一天")
        yield Proposal("max_age_s", oldest, late)


def _columns(facts: TableFacts) -> Iterable[Proposal]:
    # A column that lacks a few values has a defect; one that is mostly empty may be meant so.
    filled = [column.name for column in facts.columns if column.missing <= MOST_MISSING * facts.rows]
    if filled and len(filled) < len(facts.columns):
        told = Text(en="the others are mostly empty", zh="其余列大多为空")
        yield Proposal("required", filled, told)
    for column in facts.columns:
        standard = {"type": column.type, "unit": column.unit}
        as_is = Text(en="as the column is", zh="与现状一致")
        yield Proposal(f"standard.{column.name}", standard, as_is)
        if column.low is not None and column.high is not None:
            yield Proposal(f"ranges.{column.name}", *_range(column.low, column.high))
        if column.values and facts.rows >= ROWS_PER_VALUE * len(column.values):
            told = Text(
                en=f"only {len(column.values)} values occur", zh=f"仅出现 {len(column.values)} 种取值"
            )
            yield Proposal(f"allowed.{column.name}", list(column.values), told)
        elif column.shape:
            told = Text(en="nearly all texts look so", zh="绝大多数文本符合该格式")
            yield Proposal(f"formats.{column.name}", column.shape, told)


def _range(low: float, high: float) -> tuple[dict[str, float], Text]:
    room = WIDENED * (high - low) or abs(high) * WIDENED or 1.0
    wide = {"low": _rounded(low - room, down=True), "high": _rounded(high + room, down=False)}
    if low >= 0 > wide["low"]:
        wide["low"] = 0.0
    return wide, Text(en="99.8 % of the values with room on both sides", zh="99.8% 的取值，两侧留有余量")


def _rounded(value: float, *, down: bool) -> float:
    """Round outwards to a few digits, so that a limit reads like one."""
    if value == 0 or not math.isfinite(value):
        return 0.0
    unit = 10.0 ** (math.floor(math.log10(abs(value))) - DIGITS + 1)
    whole = math.floor(value / unit) if down else math.ceil(value / unit)
    return round(whole * unit, 12)
