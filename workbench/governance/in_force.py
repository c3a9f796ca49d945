"""Limits in force: what may become of a proposal, from when to when it holds, and which limits hold now.

Pure. A set of limits is what happened to it: proposed, then approved or rejected, perhaps withdrawn. Whether
it holds is never written down, but follows from these events and from those of later sets for the same chart
of the same characteristic, so that the history cannot contradict itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from workbench.config import Text
from workbench.errors import Invalid

What = Literal["proposed", "approved", "rejected", "withdrawn"]
Standing = Literal["proposed", "rejected", "coming", "in_force", "expired", "superseded", "withdrawn"]
LONGEST_NAME, LONGEST_REASON = 100, 1000
# Which event may follow which: nothing follows a rejection or a withdrawal.
NEXT: dict[What, tuple[What, ...]] = {
    "proposed": ("approved", "rejected"),
    "approved": ("withdrawn",),
    "rejected": (),
    "withdrawn": (),
}
PAST = {"approved": "approve", "rejected": "reject", "withdrawn": "withdraw"}


class Event(BaseModel):
    """What somebody did with limits, when, and why."""

    what: What
    by: str
    at: str
    why: str = ""


class LimitSet(BaseModel):
    """One proposal of limits and everything that became of it."""

    id: str
    key: str  # which chart of which characteristic
    template: str
    title: Text
    characteristic: dict[str, Any]  # role → table, columns, filter
    chart: dict[str, Any]  # the parameters that make the chart
    asset: str = ""
    unit: str | None = None
    rows: list[dict[str, Any]]  # the limits, a row for each stage
    run: str  # in which they were found
    signals: int | None = None  # points of that run with a signal: limits of an unstable process say so
    events: list[Event] = Field(min_length=1)
    valid_from: str | None = None
    valid_to: str | None = None

    @property
    def proposed_by(self) -> str:
        """Who proposed them."""
        return self.events[0].by

    @property
    def approval(self) -> Event | None:
        """Who approved them, when and why; None as long as nobody has."""
        return next((event for event in self.events if event.what == "approved"), None)

    @property
    def own(self) -> bool:
        """Whether one person proposed and approved them."""
        return self.approval is not None and _same(self.approval.by, self.proposed_by)


def propose(
    found: Mapping[str, Any], *, by: str, why: str = "", now: datetime, using: str | None = None
) -> LimitSet:
    """Return a proposal of the limits that a run found; ``using`` are those it was judged by.

    Raises
    ------
    Invalid
        If the run found no limits of its own, or nobody proposes them.
    """
    if using:
        raise Invalid(
            f"limits of run {found['run']}",
            given=f"the limits in force {using}, applied",
            expected="a run that computed its limits",
            hint="run it again with the limits recomputed, then propose those",
        )
    if not found["rows"]:
        raise Invalid(f"limits of run {found['run']}", given="none that can be applied to other data")
    event = Event(what="proposed", by=named(by), at=_told(now), why=reason(why))
    return LimitSet.model_validate({**found, "events": [event]})


def step(
    one: LimitSet,
    what: What,
    *,
    by: str,
    why: str = "",
    now: datetime,
    validity: tuple[str | None, str | None] = (None, None),
) -> LimitSet:
    """Return limits after somebody approved, rejected or withdrew them.

    Raises
    ------
    Invalid
        If this cannot follow what happened before, a reason is missing, or the time of validity is none.
    """
    last = one.events[-1].what
    if what not in NEXT[last]:
        follows = " or ".join(PAST[event] for event in NEXT[last])
        hint = f"one can {follows} them" if follows else "propose new ones from a run"
        raise Invalid(f"cannot {PAST[what]} limits {one.id}", given=f"{last} limits", hint=hint)
    if what != "approved" and not why.strip():
        raise Invalid(f"{PAST[what]} limits {one.id}", given="no reason", expected="a reason for the history")
    event = Event(what=what, by=named(by), at=_told(now), why=reason(why))
    changed: dict[str, Any] = {"events": [*one.events, event]}
    if what == "approved":
        begin = _moment("valid from", validity[0]) or now
        if begin < now:
            if begin.astimezone().date() < now.astimezone().date():
                expected = "today or later: nothing holds before it is approved"
                raise Invalid("valid from", given=validity[0], expected=expected)
            begin = now
        end = _moment("valid to", validity[1])
        if end is not None and end <= begin:
            raise Invalid("valid to", given=validity[1], expected=f"later than {_told(begin)}")
        changed |= {"valid_from": _told(begin), "valid_to": _told(end) if end else None}
    return one.model_copy(update=changed)


def standing(one: LimitSet, others: Iterable[LimitSet], now: datetime) -> Standing:
    """Return where limits stand at a moment, among all sets of the same chart of the same characteristic."""
    if one.approval is None:
        return "rejected" if one.events[-1].what == "rejected" else "proposed"
    moment = _told(now)
    end = _end(one, others)
    if end and end[0] <= moment:
        return end[1]
    return "coming" if moment < (one.valid_from or "") else "in_force"


def until(one: LimitSet, others: Iterable[LimitSet]) -> str | None:
    """Return the moment at which limits end or ended, as far as it is known."""
    end = _end(one, others) if one.approval else None
    return end[0] if end else None


def holding(sets: Sequence[LimitSet], now: datetime) -> LimitSet | None:
    """Return the limits in force at a moment; ``sets`` are those of one chart of one characteristic."""
    return next((one for one in sets if standing(one, sets, now) == "in_force"), None)


def _end(one: LimitSet, others: Iterable[LimitSet]) -> tuple[str, Standing] | None:
    """Return when approved limits end, and by what: whatever comes first."""
    replaced = _replaced(one, others)
    ends: list[tuple[str, Standing]] = []
    if replaced:
        ends.append((replaced, "superseded"))
    if one.valid_to:
        ends.append((one.valid_to, "expired"))
    ends += [(event.at, "withdrawn") for event in one.events if event.what == "withdrawn"]
    return min(ends) if ends else None


def _replaced(one: LimitSet, others: Iterable[LimitSet]) -> str | None:
    """Return when limits that were approved later took over; those withdrawn before that never did."""
    mine = one.approval
    starts = []
    for other in others:
        if other.id == one.id or other.approval is None or mine is None:
            continue
        if (other.approval.at, _number(other.id)) < (mine.at, _number(one.id)):
            continue
        last = other.events[-1]
        if last.what == "withdrawn" and last.at < (other.valid_from or ""):
            continue
        starts.append(other.valid_from or other.approval.at)
    return min(starts) if starts else None


def named(by: str) -> str:
    """Return the name of who did something; there is no login that would know it."""
    name = " ".join(by.split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        shown = repr(by[:LONGEST_NAME]) if by.strip() else "nothing"
        raise Invalid("name", given=shown, expected=f"who does this, at most {LONGEST_NAME} characters")
    return name


def reason(why: str) -> str:
    """Return a reason, tidied."""
    text = why.strip()
    if len(text) > LONGEST_REASON:
        raise Invalid("reason", given=f"{len(text)} characters", expected=f"at most {LONGEST_REASON}")
    return text


def _moment(what: str, text: str | None) -> datetime | None:
    if not text or not text.strip():
        return None
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError as error:
        expected = "a day or a time such as 2026-03-01 or 2026-03-01T06:00"
        raise Invalid(what, given=repr(text[:40]), expected=expected) from error
    try:
        return found.astimezone(UTC)  # without a zone: the clock of this machine
    except (OverflowError, ValueError, OSError) as error:
        raise Invalid(what, given=repr(text[:40]), expected="a time of this century") from error


def _told(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _number(name: str) -> int:
    return int(name[1:])


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
