"""What raises and clears an alarm: values in, a transition out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import Invalid
from workbench.runs.record import Alarm, Kpi, RunRecord, TemplateUsed, Verdict
from workbench.schedules.quiet import quiet_until
from workbench.schedules.rules import Reading, Rule, Standing, decide, read, speaks

NOW = datetime(2026, 6, 1, 6, tzinfo=UTC)
TEXT = {"en": "text", "zh": "文字"}


def rule(operator: str = "<", raise_at: list[float] | None = None, **given: Any) -> Rule:
    given = {"kind": "kpi", "on": "cpk", "template": "process-capability", **given}
    limits = raise_at if raise_at is not None else [1.33]
    return Rule(name="Cpk", operator=operator, raise_at=limits, **given).checked()


def changes(subject: Rule, *values: Any) -> list[str | None]:
    """Feed values one after the other, an hour apart, and return what each changed."""
    standing, found = Standing(), []
    for hour, value in enumerate(values):
        now = NOW + timedelta(hours=hour)
        standing, change = decide(subject, standing, Reading(value=value), now=now)
        found.append(change)
    return found


@pytest.mark.parametrize(
    ("operator", "limits", "good", "bad"),
    [
        (">", [5], 5, 5.1),
        (">=", [5], 4.9, 5),
        ("<", [5], 5, 4.9),
        ("<=", [5], 5.1, 5),
        ("outside", [1, 5], 1, 0.9),
        ("outside", [1, 5], 5, 5.1),
    ],
)
def test_each_comparison_raises_beyond_its_limit_and_not_at_the_good_side(operator, limits, good, bad):
    assert changes(rule(operator, limits), good, bad, good) == [None, "raised", "cleared"]


def test_a_raised_alarm_is_not_raised_again():
    assert changes(rule(), 1.0, 0.9, 1.0) == ["raised", None, None]


def test_a_value_between_the_two_limits_neither_raises_nor_clears():
    subject = rule("<", [1.33], clear_at=[1.5])

    assert changes(subject, 1.4, 1.2, 1.4, 1.45, 1.5, 1.4) == [None, "raised", None, None, "cleared", None]


def test_outside_clears_only_well_inside():
    subject = rule("outside", [0, 10], clear_at=[2, 8])

    assert changes(subject, 1, 11, 9, 1, 5) == [None, "raised", None, None, "cleared"]


def test_so_many_runs_in_a_row_raise_and_clear():
    subject = rule(times=3)

    assert changes(subject, 1, 1, 2, 1, 1, 1) == [None, None, None, None, None, "raised"]
    assert changes(subject, 1, 1, 1, 2, 2, 1, 2, 2, 2)[-1] == "cleared"


def test_a_run_without_the_number_says_nothing():
    assert changes(rule(times=2), 1, None, float("nan"), 1, None, 2, None, 2) == [
        *(None, None, None, "raised"), *(None, None, None, "cleared"),
    ]  # fmt: skip


def test_missing_raises_when_the_number_is_not_there():
    assert changes(rule("missing", []), 1.0, None, None, 1.0) == [None, "raised", None, "cleared"]
    assert changes(rule("missing", []), float("nan")) == ["raised"]


def test_a_text_says_nothing_to_a_comparison():
    assert changes(rule(), "n/a", 1.0) == [None, "raised"]


def test_an_alarm_is_told_again_until_somebody_acknowledges_it():
    subject = rule(again_hours=2)
    assert changes(subject, 1, 1, 1, 1, 1) == ["raised", None, "again", None, "again"]

    standing, _ = decide(subject, Standing(), Reading(value=1.0), now=NOW)
    seen = standing.model_copy(update={"acknowledged": NOW})
    assert decide(subject, seen, Reading(value=1.0), now=NOW + timedelta(days=1))[1] is None
    cleared, change = decide(subject, seen, Reading(value=2.0), now=NOW)
    assert (change, cleared.acknowledged) == ("cleared", None)


@given(st.lists(st.floats(min_value=-10, max_value=10), max_size=40), st.floats(0, 5), st.integers(1, 4))
def test_raised_and_cleared_always_take_turns(values: list[float], band: float, times: int):
    subject = rule(">", [0.0], clear_at=[-band], times=times)

    found = [change for change in changes(subject, *values) if change]

    assert found == ["raised", "cleared"] * (len(found) // 2) + ["raised"] * (len(found) % 2)


@given(st.floats(-10, 10), st.sampled_from([">", ">=", "<", "<="]), st.floats(-5, 5), st.floats(0.1, 5))
def test_what_raises_is_bad_to_a_raised_rule_too(value: float, operator: str, limit: float, band: float):
    clear = limit - band if operator.startswith(">") else limit + band
    subject = rule(operator, [limit], clear_at=[clear])

    if speaks(subject, Reading(value=value), raised=False):
        assert speaks(subject, Reading(value=value), raised=True)


# --- what is read ---------------------------------------------------------------------------------------


def record(**given: Any) -> RunRecord:
    given = {"status": "succeeded", **given}
    return RunRecord(run="r", template=TemplateUsed(id="process-capability"), **given)


def test_any_alarm_of_the_app_or_one_of_them():
    alarms = [
        Alarm(name="shift", active=False, text=TEXT),
        Alarm(name="trend", active=True, text=TEXT),
    ]
    any_of_them = rule("is", [], kind="alarm", on="")
    one = rule("is", [], kind="alarm", on="shift")

    assert changes(any_of_them, read(any_of_them, record(alarms=alarms)).value) == ["raised"]
    assert changes(one, read(one, record(alarms=alarms)).value) == [None]
    failed = record(status="failed")
    assert speaks(one, read(one, failed), raised=True) is None


def test_the_level_of_the_verdict():
    subject = rule("is", [], kind="verdict", words=["bad", "warning"])
    bad = record(verdict=Verdict(code="x", level="bad", text=TEXT))

    assert changes(subject, read(subject, bad).value) == ["raised"]
    assert read(subject, record(status="failed")).value is None


def test_the_rows_of_a_table_and_the_state_of_the_run():
    rows = rule(">", [0], kind="rows", on="signals")
    state = rule("is", [], kind="state", words=["failed", "refused"])

    assert changes(rows, read(rows, record(), 3).value, read(rows, record(), 0).value) == [
        "raised",
        "cleared",
    ]
    assert changes(state, "succeeded", "failed", "succeeded") == [None, "raised", "cleared"]


def test_a_kpi_comes_with_its_unit():
    found = read(rule(), record(kpis={"cpk": Kpi(value=1.2, unit="mm")}))

    assert (found.value, found.unit) == (1.2, "mm")


@pytest.mark.parametrize(
    "wrong",
    [
        {"operator": "<", "raise_at": []},
        {"operator": "outside", "raise_at": [1]},
        {"operator": "outside", "raise_at": [5, 1]},
        {"operator": "<", "raise_at": [float("nan")]},
        {"operator": "<", "raise_at": [1.33], "clear_at": [1.0]},
        {"operator": ">", "raise_at": [5], "clear_at": [6]},
        {"operator": "outside", "raise_at": [0, 9], "clear_at": [8, 2]},
        {"operator": "<", "raise_at": [1], "on": ""},
        {"operator": "is", "kind": "verdict", "words": []},
        {"operator": "is", "kind": "state", "words": ["broken"]},
        {"operator": "<", "kind": "verdict"},
        {"operator": "<", "raise_at": [1], "schedule": "both"},
        {"operator": "<", "raise_at": [1], "quiet": "evening"},
        {"operator": "<", "raise_at": [1], "zone": "Mars/Olympus"},
    ],
)
def test_a_rule_that_cannot_mean_anything_is_refused(wrong: dict[str, Any]):
    with pytest.raises(Invalid, match="expected"):
        rule(**wrong)


# --- quiet hours ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-06-01T21:59+08:00", None),
        ("2026-06-01T22:00+08:00", "2026-06-02T06:00+08:00"),
        ("2026-06-02T03:00+08:00", "2026-06-02T06:00+08:00"),
        ("2026-06-02T06:00+08:00", None),
    ],
)
def test_quiet_hours_over_midnight(now: str, until: str | None):
    found = quiet_until("22:00-06:00", "Asia/Shanghai", datetime.fromisoformat(now))

    assert found == (datetime.fromisoformat(until) if until else None)


def test_quiet_hours_within_a_day_and_none_at_all():
    noon = datetime(2026, 6, 1, 12, 30, tzinfo=UTC)

    assert quiet_until("12:00-13:00", "UTC", noon) == noon.replace(hour=13, minute=0)
    assert quiet_until("", "UTC", noon) is None


def test_quiet_hours_end_by_the_clock_on_the_wall_when_the_clocks_change():
    now = datetime(2026, 3, 28, 22, 30, tzinfo=UTC)  # 23:30 in Berlin, the night the clocks go forward

    assert quiet_until("22:00-06:00", "Europe/Berlin", now) == datetime(2026, 3, 29, 4, tzinfo=UTC)
