"""Times of a schedule in words: the presets people choose, and how each is written and read back."""

import re
from dataclasses import dataclass
from datetime import datetime

from workbench.errors import Invalid
from workbench.ui.view import View

PRESETS = ("hourly", "shifts", "daily", "weekly", "cron")
SHIFTS = "0 6,14,22 * * *"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CLOCK = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")


@dataclass(frozen=True)
class When:
    """A schedule's times as a person chooses them."""

    preset: str = "daily"
    clock: str = "06:00"
    weekday: int = 1
    cron: str = ""

    def expression(self) -> str:
        """Return the crontab expression."""
        if self.preset == "cron":
            return self.cron
        if self.preset == "shifts":
            return SHIFTS
        if self.preset == "hourly":
            return "0 * * * *"
        found = CLOCK.fullmatch(self.clock.strip())
        if not found:
            raise Invalid("time of day", given=repr(self.clock), expected="a time, e.g. 06:00")
        hour, minute = int(found[1]), int(found[2])
        return f"{minute} {hour} * * {self.weekday if self.preset == 'weekly' else '*'}"


def understood(cron: str) -> When:
    """Return the preset behind an expression; what is none stays a cron expression."""
    if cron == SHIFTS:
        return When("shifts", cron=cron)
    if cron == "0 * * * *":
        return When("hourly", cron=cron)
    found = re.fullmatch(r"(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7])", cron)
    if not found:
        return When("cron", cron=cron)
    clock = f"{int(found[2]):02d}:{int(found[1]):02d}"
    if found[3] == "*":
        return When("daily", clock, cron=cron)
    return When("weekly", clock, int(found[3]) or 7, cron=cron)


def in_words(view: View, cron: str) -> str:
    """Say when a schedule is due."""
    when = understood(cron)
    if when.preset == "cron":
        return cron
    if when.preset == "weekly":
        day = view.say(f"weekday_{WEEKDAYS[when.weekday - 1]}")
        return view.say("every_week_at", day=day, clock=when.clock)
    return view.say(f"every_{when.preset}", clock=when.clock)


def stamp(view: View, moment: datetime) -> str:
    """Show a time with its weekday, in the zone it carries."""
    return f"{moment:%Y-%m-%d} {view.say(f'weekday_{WEEKDAYS[moment.weekday()]}')} {moment:%H:%M}"
