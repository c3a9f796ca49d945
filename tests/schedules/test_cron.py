"""Crontab expressions mean what crontab(5) says, in any zone, also on the day the clocks change."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from workbench.errors import Invalid
from workbench.schedules.cron import Cron


def upcoming(expression: str, zone: str, start: str, count: int) -> list[str]:
    after = datetime.fromisoformat(start).replace(tzinfo=ZoneInfo(zone))
    return [f"{moment:%m-%d %H:%M%z}" for moment in Cron(expression, zone).upcoming(after, count)]


def test_the_shifts_of_a_day_are_in_the_plants_own_zone():
    times = upcoming("0 6,14,22 * * *", "Asia/Shanghai", "2026-06-01T12:00", 3)

    assert times == ["06-01 14:00+0800", "06-01 22:00+0800", "06-02 06:00+0800"]


def test_weekday_1_is_monday_and_0_and_7_are_sunday():
    assert upcoming("0 6 * * 1-5", "UTC", "2026-06-05T12:00", 2) == ["06-08 06:00+0000", "06-09 06:00+0000"]
    assert upcoming("0 6 * * 0", "UTC", "2026-06-05T12:00", 1) == ["06-07 06:00+0000"]
    assert upcoming("0 6 * * 7", "UTC", "2026-06-05T12:00", 1) == ["06-07 06:00+0000"]
    assert upcoming("0 6 * * fri-mon", "UTC", "2026-06-06T12:00", 3) == [
        "06-07 06:00+0000", "06-08 06:00+0000", "06-12 06:00+0000",
    ]  # fmt: skip


def test_day_and_weekday_both_given_means_either():
    times = upcoming("0 6 15 * 1", "UTC", "2026-06-09T00:00", 3)

    assert times == ["06-15 06:00+0000", "06-22 06:00+0000", "06-29 06:00+0000"]
    assert "06-10 06:00+0000" in upcoming("0 6 10 * 1", "UTC", "2026-06-09T00:00", 2)


def test_a_time_that_the_clocks_skip_comes_after_the_gap_and_only_once():
    times = upcoming("30 2 * * *", "Europe/Berlin", "2026-03-28T12:00", 2)

    assert times == ["03-29 03:30+0200", "03-30 02:30+0200"]


def test_a_time_that_comes_twice_is_taken_once():
    times = upcoming("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00", 2)

    assert times == ["10-25 02:30+0200", "10-26 02:30+0100"]


def test_every_half_hour_is_every_half_hour_on_the_day_the_clocks_change():
    autumn = Cron("*/30 * * * *", "Europe/Berlin").upcoming(datetime(2026, 10, 24, 23, 50, tzinfo=UTC), 8)
    spring = Cron("*/30 * * * *", "Europe/Berlin").upcoming(datetime(2026, 3, 28, 23, 50, tzinfo=UTC), 8)

    for times in (autumn, spring):
        stamps = [moment.timestamp() for moment in times]
        assert {later - sooner for sooner, later in pairwise(stamps)} == {1800.0}


def test_a_whole_year_of_days_has_every_day_once_in_a_zone_with_two_changes():
    times = Cron("30 2 * * *", "Europe/Berlin").upcoming(datetime(2025, 12, 31, 12, tzinfo=UTC), 365)

    assert len({moment.date() for moment in times}) == 365


def test_an_outage_is_counted():
    cron = Cron("0 * * * *", "UTC")
    first = datetime(2026, 6, 1, 6, tzinfo=UTC)

    assert cron.due(first, datetime(2026, 6, 1, 9, 30, tzinfo=UTC)) == (
        datetime(2026, 6, 1, 9, tzinfo=UTC),
        3,
    )
    assert cron.due(first, datetime(2026, 6, 1, 6, 0, 1, tzinfo=UTC)) == (first, 0)


@pytest.mark.parametrize(
    "expression",
    ["", "* * *", "61 * * * *", "0 6 * * 8", "a b c d e", "0 0 31 2 *", "0 6 * * 1 2026", "@sometimes"],
)
def test_what_is_no_time_is_refused_in_one_sentence(expression: str):
    with pytest.raises(Invalid, match=r"^cron expression: got '.*, expected "):
        Cron(expression, "UTC")


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Asia"])
def test_a_zone_that_does_not_exist_is_refused(zone: str):
    with pytest.raises(Invalid, match=r"time zone: got .*, expected an IANA name"):
        Cron("0 6 * * *", zone)


def test_nicknames_of_crontab_are_understood():
    assert Cron("@daily", "UTC").expression == "0 0 * * *"
