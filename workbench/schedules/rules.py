"""Alarm rules, pure: what a rule looks at, and what a reading changes. Values in, a transition out.

A rule that reads nothing (the KPI of a run that failed) neither raises nor clears: silence is not health.
Only ``missing`` and rules on the run's state speak then.
"""

import math
from datetime import datetime, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.errors import Invalid
from workbench.runs.record import RunRecord
from workbench.schedules.quiet import read_hours

Kind = Literal["kpi", "alarm", "verdict", "rows", "state"]
Operator = Literal[">", ">=", "<", "<=", "outside", "missing", "is"]
Change = Literal["raised", "again", "cleared"]
Value = float | str | bool | None

NOT_STARTED = "not_started"  # the state of a run that a schedule could not even begin
STATES = ("failed", "timed_out", "over_limit", "lost", "refused", "cancelled", NOT_STARTED, "succeeded")
LEVELS = ("good", "info", "warning", "bad")
NUMERIC: frozenset[str] = frozenset({">", ">=", "<", "<=", "outside"})
OPERATORS: dict[str, frozenset[str]] = {
    "kpi": NUMERIC | {"missing", "is"},
    "rows": NUMERIC | {"missing"},
    "alarm": frozenset({"is"}),
    "verdict": frozenset({"is"}),
    "state": frozenset({"is"}),
}


class Rule(BaseModel):
    """A condition on the runs of a schedule, or of a template, and whom to tell."""

    model_config = ConfigDict(extra="forbid")

    id: str = ""  # given when it is saved
    name: str = Field(min_length=1, max_length=120)
    schedule: str | None = None
    template: str | None = None
    kind: Kind = "kpi"
    on: str = ""  # the KPI, the alarm (empty: any), or the result table
    operator: Operator = ">"
    raise_at: list[float] = Field(default_factory=list)  # one limit, or two for `outside`
    clear_at: list[float] = Field(default_factory=list)  # empty: where it was raised
    words: list[str] = Field(default_factory=list)  # for `is`: levels, states, or values
    times: int = Field(default=1, ge=1, le=100)  # so many runs in a row to raise, and to clear
    quiet: str = ""  # 22:00-06:00
    zone: str = "UTC"
    again_hours: float = Field(default=0.0, ge=0, le=24 * 90)  # 0: tell once
    channels: list[str] = Field(default_factory=list)

    def checked(self) -> "Rule":
        """Return the rule; raise one sentence when it cannot mean anything."""
        subject = f"alarm rule {self.name!r}"
        if bool(self.schedule) == bool(self.template):
            raise Invalid(subject, given="no schedule or both", expected="a schedule, or an app")
        if self.operator not in OPERATORS[self.kind]:
            expected = ", ".join(sorted(OPERATORS[self.kind]))
            raise Invalid(f"{subject}, condition on {self.kind}", given=self.operator, expected=expected)
        if self.kind in {"kpi", "rows"} and not self.on:
            raise Invalid(subject, given="no name", expected=f"the name of a {_noun(self.kind)}")
        if self.operator in NUMERIC:
            self._check_limits(subject)
        if self.operator == "is" and self.kind != "alarm":
            self._check_words(subject)
        read_hours(self.quiet, self.zone)
        return self

    def _check_limits(self, subject: str) -> None:
        count = 2 if self.operator == "outside" else 1
        if len(self.raise_at) != count or not all(map(math.isfinite, self.raise_at)):
            expected = "two limits, low and high" if count == 2 else "one limit"
            raise Invalid(subject, given=self.raise_at or "no limit", expected=expected)
        if count == 2 and self.raise_at[0] >= self.raise_at[1]:
            raise Invalid(subject, given=self.raise_at, expected="the low limit below the high one")
        if not self.clear_at:
            return
        if len(self.clear_at) != count or not all(map(math.isfinite, self.clear_at)):
            raise Invalid(subject, given=self.clear_at, expected="as many limits to clear at as to raise at")
        inner = all(_inside(self.operator, self.raise_at, value) for value in self.clear_at)
        if not inner or self.clear_at != sorted(self.clear_at):
            expected = "limits to clear at on the good side of those to raise at"
            raise Invalid(subject, given=self.clear_at, expected=expected)

    def _check_words(self, subject: str) -> None:
        known = {"verdict": LEVELS, "state": STATES}.get(self.kind)
        wrong = [word for word in self.words if known and word not in known]
        if not self.words or wrong:
            expected = f"any of {', '.join(known)}" if known else "a value"
            raise Invalid(subject, given=", ".join(wrong) or "nothing", expected=expected)


class Standing(BaseModel):
    """How a rule stands: what it needs to remember from run to run."""

    raised: bool = False
    streak: int = 0  # runs in a row that speak for the other state
    since: datetime | None = None
    told: datetime | None = None
    acknowledged: datetime | None = None
    acknowledged_by: str = ""


class Reading(BaseModel):
    """What a rule found in a run."""

    value: Value = None
    unit: str | None = None


def read(rule: Rule, record: RunRecord, rows: int | None = None) -> Reading:
    """Return what a rule looks at in a run that has ended; ``rows`` are those of its table."""
    if rule.kind == "state":
        return Reading(value=record.status)
    if rule.kind == "rows":
        return Reading(value=rows)
    if rule.kind == "verdict":
        return Reading(value=record.verdict.level if record.verdict else None)
    if rule.kind == "alarm":
        seen = [alarm for alarm in record.alarms if not rule.on or alarm.name == rule.on]
        active = [alarm.name for alarm in seen if alarm.active]
        answered = record.status == "succeeded"
        return Reading(value=", ".join(active) if active else False if answered else None)
    kpi = record.kpis.get(rule.on)
    return Reading(value=kpi.value, unit=kpi.unit) if kpi else Reading()


def speaks(rule: Rule, reading: Reading, *, raised: bool) -> bool | None:
    """Return whether a reading is bad; None when it says nothing. A raised rule clears at its own limit."""
    value = reading.value
    absent = value is None or (isinstance(value, float) and math.isnan(value))
    if rule.operator == "missing":
        return absent
    if absent:
        return None
    if rule.kind == "alarm":
        return value is not False
    if rule.operator == "is":
        return str(value) in rule.words
    if isinstance(value, str):
        return None
    number = float(value)  # type: ignore[arg-type]
    if not raised or not rule.clear_at:
        return not _inside(rule.operator, rule.raise_at, number)
    return not _cleared(rule.operator, rule.clear_at, number)


def decide(
    rule: Rule, standing: Standing, reading: Reading, *, now: datetime
) -> tuple[Standing, Change | None]:
    """Return how the rule stands after a reading, and what has changed."""
    bad = speaks(rule, reading, raised=standing.raised)
    if bad is None:
        return standing, None
    if bad == standing.raised:
        calm = standing.model_copy(update={"streak": 0})
        if bad and _is_due_again(rule, standing, now):
            return calm.model_copy(update={"told": now}), "again"
        return calm, None
    streak = standing.streak + 1
    if streak < rule.times:
        return standing.model_copy(update={"streak": streak}), None
    if bad:
        return Standing(raised=True, since=now, told=now), "raised"
    return Standing(raised=False, since=now, told=now), "cleared"


def _is_due_again(rule: Rule, standing: Standing, now: datetime) -> bool:
    """Whether to tell again: not after somebody has acknowledged it."""
    if not rule.again_hours or standing.acknowledged or standing.told is None:
        return False
    return now - standing.told >= timedelta(hours=rule.again_hours)


def _inside(operator: str, limits: list[float], value: float) -> bool:
    """Whether a value does not raise."""
    first, last = limits[0], limits[-1]
    return {
        ">": value <= first,
        ">=": value < first,
        "<": value >= first,
        "<=": value > first,
        "outside": first <= value <= last,
    }[operator]


def _cleared(operator: str, limits: list[float], value: float) -> bool:
    """Whether a value has come back: at the limit to clear at, it has."""
    first, last = limits[0], limits[-1]
    if operator == "outside":
        return first <= value <= last
    return value <= first if operator in {">", ">="} else value >= first


def _noun(kind: str) -> str:
    return {"kpi": "KPI", "rows": "result table"}[kind]
