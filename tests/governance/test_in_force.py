"""What may become of limits: who may do what when, and which of several sets holds at a moment."""

from datetime import UTC, datetime, timedelta

import pytest

from workbench.errors import Invalid
from workbench.governance.in_force import holding, propose, standing, step, until

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
FOUND = {
    "key": "bore", "template": "control-chart", "title": {"en": "Control chart", "zh": "控制图"},
    "characteristic": {}, "chart": {}, "rows": [{"stage": "", "mean": 25.0, "sigma": 0.01}], "run": "r1",
}  # fmt: skip


def at(hours):
    return START + timedelta(hours=hours)


def proposal(number=1, hours=0):
    return propose(FOUND | {"id": f"L{number}"}, by="Li Wei", now=at(hours))


def approved(number, hours, **validity):
    ends = (validity.get("begin"), validity.get("end"))
    return step(proposal(number, hours), "approved", by="Chen Jing", now=at(hours), validity=ends)


def test_a_later_approval_takes_over_and_its_withdrawal_does_not_bring_the_former_back():
    first, second = approved(1, 1), approved(2, 5)
    sets = [first, second]

    assert holding(sets, at(0)) is None
    assert holding(sets, at(4)) == first
    assert holding(sets, at(6)) == second
    assert standing(first, sets, at(6)) == "superseded"
    assert until(first, sets) == second.valid_from

    withdrawn = step(second, "withdrawn", by="Chen Jing", why="gauge was off", now=at(7))
    assert holding([first, withdrawn], at(8)) is None
    assert standing(withdrawn, [first, withdrawn], at(8)) == "withdrawn"
    assert standing(first, [first, withdrawn], at(8)) == "superseded"


def test_limits_for_next_month_leave_those_of_today_in_force_until_then():
    first, second = approved(1, 1), approved(2, 2, begin=at(100).isoformat())
    sets = [first, second]

    assert (standing(first, sets, at(50)), standing(second, sets, at(50))) == ("in_force", "coming")
    assert (standing(first, sets, at(100)), standing(second, sets, at(100))) == ("superseded", "in_force")
    dropped = step(second, "withdrawn", by="A", why="not needed", now=at(60))
    assert holding([first, dropped], at(200)) == first  # what never came took nothing away


def test_limits_end_by_themselves_when_their_time_is_over():
    one = approved(1, 0, end=at(10).isoformat())
    assert [standing(one, [one], at(hours)) for hours in (9, 10)] == ["in_force", "expired"]


@pytest.mark.parametrize(
    ("one", "what", "said", "sentence"),
    [
        (approved(1, 0), "approved", {}, "cannot approve limits L1: got approved limits; one can withdraw"),
        (approved(1, 0), "rejected", {"why": "x"}, "cannot reject"),
        (proposal(), "withdrawn", {"why": "x"}, "one can approve or reject"),
        (approved(1, 0), "withdrawn", {"why": " "}, "expected a reason"),
        (proposal(), "rejected", {}, "expected a reason"),
        (proposal(), "approved", {"by": "  "}, "expected who does this"),
        (proposal(), "approved", {"by": "a\u202eb"}, "expected who does this"),
        (proposal(), "approved", {"validity": ("2026-02-01", None)}, "nothing holds before it is approved"),
        (proposal(), "approved", {"validity": (None, "2026-03-01")}, "valid to: got 2026-03-01"),
        (proposal(), "approved", {"validity": ("soon", None)}, "valid from: got 'soon'"),
        (proposal(), "approved", {"validity": (None, "9999-99-99")}, "valid to"),
    ],
)
def test_what_cannot_follow_is_refused_with_what_can(one, what, said, sentence):
    with pytest.raises(Invalid, match=sentence.replace("(", r"\(")):
        step(one, what, **{"by": "Chen Jing", "now": at(1)} | said)


def test_nothing_follows_a_rejection_and_own_approval_shows():
    rejected = step(proposal(), "rejected", by="Chen Jing", why="unstable", now=at(1))
    with pytest.raises(Invalid, match="propose new ones"):
        step(rejected, "approved", by="Chen Jing", now=at(2))
    assert step(proposal(), "approved", by="li wei", now=at(1)).own
    assert not approved(1, 0).own
    with pytest.raises(Invalid, match="run that computed"):
        propose(FOUND | {"id": "L9"}, by="Li Wei", now=START, using="L1")
