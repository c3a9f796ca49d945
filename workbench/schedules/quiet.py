"""Quiet hours, pure: when a message has to wait, and until when."""

import re
from datetime import UTC, datetime, time, timedelta

from workbench.errors import Invalid
from workbench.schedules.cron import read_zone

HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–~至]\s*([01]?\d|2[0-3]|24):([0-5]\d)")


def read_hours(hours: str, zone: str) -> tuple[time, time] | None:
    """Return begin and end of quiet hours such as ``22:00-06:00``; None when there are none."""
    read_zone(zone)
    if not hours.strip():
        return None
    found = HOURS.fullmatch(hours.strip())
    if not found:
        raise Invalid("quiet hours", given=repr(hours), expected="begin and end, e.g. 22:00-06:00")
    first, last = (int(found[1]), int(found[2])), (int(found[3]) % 24, int(found[4]))
    if first == last:
        raise Invalid("quiet hours", given=repr(hours), expected="a begin and another end")
    return time(*first), time(*last)


def quiet_until(hours: str, zone: str, now: datetime) -> datetime | None:
    """Return when the quiet hours that hold ``now`` end; None when it is not quiet."""
    span = read_hours(hours, zone)
    if span is None:
        return None
    begin, end = span
    local = now.astimezone(read_zone(zone))
    clock = local.time()
    over_midnight = begin > end
    inside = (clock >= begin or clock < end) if over_midnight else begin <= clock < end
    if not inside:
        return None
    day = local.date() + timedelta(days=1) if over_midnight and clock >= begin else local.date()
    return datetime.combine(day, end, local.tzinfo).astimezone(UTC)
