"""When a schedule is due: crontab expressions in a time zone, as crontab(5) means them.

APScheduler finds the times. Decided here: weekday 0 is Sunday; day and weekday both given means either. On
the day the clocks change a fixed time happens once, a skipped one as much later; an hourly one every hour.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from workbench.errors import Invalid

WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
EXAMPLE = "five fields: minute hour day month weekday, e.g. 0 6 * * 1-5"
NICKNAMES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
}
LONGEST_GAP = timedelta(hours=3)  # no zone ever moved its clocks by more
COUNT_AT_MOST = 10_000


class Cron:
    """A checked crontab expression in a checked time zone."""

    def __init__(self, expression: str, zone: str) -> None:
        self.expression = " ".join(NICKNAMES.get(expression.strip().lower(), expression).split())
        self.zone = read_zone(zone)
        fields = self.expression.split()
        if len(fields) != 5:
            raise Invalid("cron expression", given=repr(expression), expected=EXAMPLE)
        # An expression that names its hours means the clock on the wall; one that does not, real time.
        self._by_wall = not fields[1].startswith("*")
        try:
            self._triggers = [self._trigger(fields, skip) for skip in _restrictions(fields)]
        except (ValueError, LookupError) as error:
            raise Invalid("cron expression", given=repr(expression), expected=EXAMPLE) from error
        if self.next(datetime.now(UTC)) is None:
            raise Invalid("cron expression", given=repr(expression), expected="a day that exists")

    def next(self, after: datetime) -> datetime | None:
        """Return the first time after a moment; None when there is none."""
        found = [moment for trigger in self._triggers if (moment := self._next(trigger, after))]
        return min(found, default=None)

    def upcoming(self, after: datetime, count: int) -> list[datetime]:
        """Return the next times, in the schedule's own zone."""
        return list(islice(self._times(after), count))

    def due(self, first: datetime, now: datetime) -> tuple[datetime, int]:
        """Return the last time that has come since ``first``, itself a time, and how many came before it."""
        last, before = first, 0
        for moment in islice(self._times(first), COUNT_AT_MOST):
            if moment > now:
                break
            last, before = moment, before + 1
        return last, before

    def _times(self, after: datetime) -> Iterator[datetime]:
        moment = self.next(after)
        while moment is not None:
            yield moment
            moment = self.next(moment)

    def _trigger(self, fields: list[str], skip: int | None) -> CronTrigger:
        given = [("*" if place == skip else field) for place, field in enumerate(fields)]
        given[4] = _weekdays(given[4])
        return CronTrigger.from_crontab(" ".join(given), timezone=UTC if self._by_wall else self.zone)

    def _next(self, trigger: CronTrigger, after: datetime) -> datetime | None:
        after = after.astimezone(UTC)
        if not self._by_wall:
            real: datetime | None = trigger.get_next_fire_time(None, after + timedelta(microseconds=1))
            return real.astimezone(self.zone) if real else None
        wall = after.astimezone(self.zone).replace(tzinfo=UTC, fold=0) - LONGEST_GAP
        found: datetime | None
        while (found := trigger.get_next_fire_time(None, wall)) is not None:
            # A time the clocks skip is moved behind the gap; of a time that comes twice the first counts.
            moment: datetime = found.replace(tzinfo=self.zone, fold=0).astimezone(UTC)
            if moment > after:
                return moment.astimezone(self.zone)
            wall = found + timedelta(microseconds=1)
        return None


@lru_cache(maxsize=256)
def cron(expression: str, zone: str) -> Cron:
    """Return a checked expression; a page asks for the same ones again and again."""
    return Cron(expression, zone)


def read_zone(name: str) -> ZoneInfo:
    """Return a time zone by its IANA name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        expected = "an IANA name, e.g. Asia/Shanghai or Europe/Berlin"
        raise Invalid("time zone", given=repr(name), expected=expected) from error


def _restrictions(fields: list[str]) -> list[int | None]:
    """Return which field to leave open in each trigger: day and weekday both given means either."""
    both = not fields[2].startswith("*") and not fields[4].startswith("*")
    return [4, 2] if both else [None]


def _weekdays(field: str) -> str:
    """Translate a crontab's weekdays, 0 and 7 being Sunday, into names."""
    if field == "*":
        return field
    days: set[int] = set()
    for part in field.lower().split(","):
        found = re.fullmatch(r"(\*|(\w+)(?:-(\w+))?)(?:/(\d+))?", part)
        if not found:
            raise ValueError(part)
        everything, first, last, step = found.groups()
        low, high = (0, 6) if everything == "*" else (_weekday(first), _weekday(last or first))
        if everything != "*" and last is None and step:
            high = 6
        if high < low:
            high += 7  # fri-mon
        days |= {day % 7 for day in range(low, high + 1, int(step or 1))}
    return ",".join(WEEKDAYS[day] for day in sorted(days))


def _weekday(name: str) -> int:
    day = int(name) if name.isdigit() else WEEKDAYS.index(name)
    if day > 7:
        raise ValueError(name)
    return day
