"""Which phase a competition is in: decided by the clock alone, so that nobody has to switch anything."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from workbench.competitions.contract import Contract, Phase

Standing = Literal["upcoming", "open", "between", "over"]


def moment(text: str, zone: str) -> datetime:
    """Return the time a contract names; a day alone is its midnight."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


def starts(contract: Contract, phase: Phase) -> datetime:
    """Return when a phase begins."""
    return moment(phase.starts, contract.zone)


def ends(contract: Contract, phase: Phase) -> datetime | None:
    """Return when a phase ends: its own end, or the begin of the next; None: never."""
    if phase.ends:
        return moment(phase.ends, contract.zone)
    place = contract.phases.index(phase)
    following = contract.phases[place + 1 : place + 2]
    return starts(contract, following[0]) if following else None


def current(contract: Contract, now: datetime) -> Phase | None:
    """Return the phase that goes, or None between phases and outside of them."""
    for phase in contract.phases:
        end = ends(contract, phase)
        if starts(contract, phase) <= now and (end is None or now < end):
            return phase
    return None


def standing(contract: Contract, now: datetime) -> Standing:
    """Return how the competition stands."""
    if current(contract, now):
        return "open"
    if now < starts(contract, contract.phases[0]):
        return "upcoming"
    last = ends(contract, contract.phases[-1])
    return "over" if last is not None and now >= last else "between"


def latest(contract: Contract, now: datetime) -> Phase:
    """Return the phase whose leaderboard is to be shown: the one that goes, or the last that began."""
    begun = [phase for phase in contract.phases if starts(contract, phase) <= now]
    return current(contract, now) or (begun[-1] if begun else contract.phases[0])


def shows_private(contract: Contract, phase: Phase, now: datetime) -> bool:
    """Whether the rows kept back are shown: in a phase that says so, and when all is over."""
    begun = starts(contract, phase) <= now
    return (phase.board == "private" and begun) or standing(contract, now) == "over"


def day_of(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Return the begin and the end of a day in a zone; a day of a clock change has 23 or 25 hours."""
    local = now.astimezone(ZoneInfo(zone)).date()
    begin, end = (
        datetime.combine(local + timedelta(days=days), time(), tzinfo=ZoneInfo(zone)) for days in (0, 1)
    )
    return begin, end


def disorder(contract: Contract) -> Sequence[tuple[int, str]]:
    """Return what is wrong with the order of the phases: the place and a sentence."""
    found = []
    previous: datetime | None = None
    for place, phase in enumerate(contract.phases):
        begin, end = starts(contract, phase), ends(contract, phase)
        if end is not None and end <= begin:
            found.append((place, f"ends {phase.ends or 'when the next begins'}, not after its begin"))
        if previous is not None and begin < previous:
            found.append((place, "begins before the phase above it ends"))
        previous = end
        if end is None and place < len(contract.phases) - 1:
            found.append((place, "never ends, but another phase follows"))
    return found
