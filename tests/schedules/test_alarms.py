"""From a run to a message: rules look at real runs, and what changed is kept and sent."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.schedules.conftest import Clock, Hook, Mailbox, end
from workbench.errors import Invalid, NotFound
from workbench.schedules.alarms import Alarm
from workbench.schedules.rules import Rule
from workbench.schedules.schedule import NewSchedule
from workbench.schedules.service import Schedules

New = Callable[..., NewSchedule]


@pytest.fixture
def watched(schedules: Schedules, every_hour: New) -> Callable[..., Alarm]:
    """Run the schedule once with the given parameters, and return how the alarm stands."""

    def run(**parameters: Any) -> Alarm:
        known = {schedule.name for schedule in schedules.book.all()}
        new = every_hour("watched", parameters=parameters, retries=0)
        schedules.edit("watched", new) if "watched" in known else schedules.add(new)
        if not schedules.alarms.all():
            return Alarm.model_construct()
        schedules.run_now("watched")
        schedules.clockwork.tick()
        end(schedules, "watched")
        return schedules.alarms.all()[0]

    run()
    return run


def low(**given: Any) -> Rule:
    given = {"kind": "kpi", "on": "cpk", "operator": "<", "raise_at": [1.33], **given}
    return Rule(name="Cpk too low", schedule="watched", **given)


def says(kind: str, *words: str) -> dict[str, Any]:
    return {"kind": kind, "on": "", "operator": "is", "raise_at": [], "words": list(words)}


def test_an_alarm_is_raised_acknowledged_and_cleared_and_all_of_it_is_kept(schedules, clock, watched):
    schedules.save_rule(low())

    raised = watched(value=1.0)
    assert raised.standing.raised
    assert raised.last is not None
    assert raised.last.reading is not None
    assert raised.last.reading.value == 1.0
    seen = schedules.alarms.acknowledge("Cpk too low", by="Li", now=clock())
    assert (seen.standing.acknowledged, seen.standing.acknowledged_by) == (clock(), "Li")
    assert not watched(value=1.5).standing.raised

    events = schedules.alarms.events(3, rule=raised.rule.id)
    assert [event.change for event in events] == ["cleared", "acknowledged", "raised"]
    assert [event.run is None for event in events] == [False, True, False]


def test_acknowledging_twice_or_what_is_calm_changes_nothing(schedules, watched):
    rule = schedules.save_rule(low())
    schedules.alarms.acknowledge(rule.id, by="Li")
    watched(value=1.0)
    schedules.alarms.acknowledge(rule.id, by="Li")
    schedules.alarms.acknowledge(rule.id, by="Wang")

    assert [event.by for event in schedules.alarms.events(rule=rule.id)] == ["Li", None]


@pytest.mark.parametrize(
    ("rule", "bad", "good"),
    [
        (says("alarm"), {"value": 1.0}, {"value": 2.0}),
        (says("verdict", "bad"), {"value": 1.0}, {"value": 2.0}),
        (says("state", "refused"), {"few": True}, {}),
        (says("state", "failed"), {"fail": True}, {}),
        ({"kind": "rows", "on": "signals", "operator": ">", "raise_at": [0]}, {"rows": 3}, {"rows": 0}),
        ({"operator": "missing", "raise_at": []}, {"few": True}, {"value": 1.0}),
    ],
)
def test_every_kind_of_rule_reads_a_real_run(schedules, watched, rule, bad, good):
    schedules.save_rule(low(**rule))

    assert watched(**bad).standing.raised
    assert not watched(**good).standing.raised


def test_a_rule_on_an_app_looks_at_every_run_of_it(schedules, watched):
    rule = Rule(name="any run", template="bore", on="cpk", operator="<", raise_at=[1.33])
    schedules.alarms.save(rule.checked())
    request = schedules.book.get("watched").request  # by hand, not by the schedule
    record = schedules.engine.wait(schedules.engine.submit(request), 60)

    schedules.clockwork.ended(record)

    assert schedules.alarms.get("any run").standing.raised


def test_a_run_is_looked_at_once_however_often_it_is_reported(schedules, watched):
    schedules.save_rule(low(times=2))
    watched(value=1.0)
    run = next(firing.run for firing in schedules.firings("watched"))

    schedules.clockwork.ended(schedules.engine.get(run))

    assert schedules.alarms.all()[0].standing.streak == 1


def test_what_ended_while_nobody_looked_is_looked_at_after_a_crash(schedules, clock, watched):
    schedules.save_rule(low())
    schedules.run_now("watched")
    schedules.clockwork.tick()
    schedules.engine.wait(schedules.firings("watched")[0].run, 60)

    later = Schedules(schedules.engine, clock=clock)  # as after kill -9: nobody told it of the end
    later.clockwork.recover()

    assert later.alarms.all()[0].standing.raised
    assert later.firings("watched")[0].state == "ended"


def test_a_new_rule_does_not_judge_the_past(schedules, clock, watched):
    schedules.save_rule(low())
    watched(value=1.0)
    schedules.save_rule(low().model_copy(update={"name": "another"}))

    Schedules(schedules.engine, clock=clock).clockwork.recover()

    assert not schedules.alarms.get("another").standing.raised


def test_a_schedule_that_cannot_start_raises_a_rule_on_the_state(schedules, clock, tmp_path, every_hour):
    schedules.add(every_hour("broken"))
    kept = schedules.book.get("broken")
    gone = kept.model_copy(
        update={"request": kept.request.model_copy(update={"template": str(tmp_path / "no.ipynb")})}
    )
    schedules.book.change(gone)
    schedules.save_rule(
        low(kind="state", on="", operator="is", raise_at=[], words=["not_started"]).model_copy(
            update={"schedule": "broken"}
        )
    )
    schedules.run_now("broken")
    schedules.clockwork.tick()

    [alarm] = schedules.alarms.all()
    assert alarm.standing.raised
    assert alarm.last is not None
    assert alarm.last.run is None


def test_a_rule_for_what_is_not_there_is_refused(schedules, watched):
    with pytest.raises(NotFound, match="unknown schedule"):
        schedules.save_rule(low().model_copy(update={"schedule": "nobody"}))
    with pytest.raises(NotFound, match="unknown channel"):
        schedules.save_rule(low(channels=["pager"]))
    schedules.save_rule(low())
    with pytest.raises(Invalid, match="no other rule"):
        schedules.save_rule(low())


# --- messages -------------------------------------------------------------------------------------------


def test_a_mail_says_in_both_languages_what_is_wrong_and_where_to_look(schedules, mailbox: Mailbox, watched):
    schedules.save_channel("shift", mailbox.address)
    schedules.save_rule(low(channels=["shift"]))
    schedules.outbox.address = "http://127.0.0.1:5006"
    run = watched(value=1.0).last.run

    schedules.outbox.deliver_due()

    [mail] = mailbox.mails
    body = mail.get_body().get_content()
    assert mail["subject"] == "[Alarm 报警] Cpk too low"
    assert mail["to"] == "shift@plant.example"
    assert "cpk: 1 (alarm when: < 1.33)" in body
    assert "The process reaches 1.0." in body
    assert "过程能力为 1.0。" in body
    assert f"http://127.0.0.1:5006/app?template=bore&run={run}" in body
    [delivery] = schedules.outbox.last()[:1]
    assert (delivery.state, delivery.attempts, delivery.error) == ("sent", 1, None)


def test_clearing_is_told_too(schedules, hook: Hook, watched):
    schedules.save_channel("hook", hook.address)
    schedules.save_rule(low(channels=["hook"]))
    watched(value=1.0)
    watched(value=1.5)

    schedules.outbox.deliver_due()

    assert [message["title"] for message in hook.got] == [
        "[Alarm 报警] Cpk too low",
        "[Cleared 报警解除] Cpk too low",
    ]


def test_quiet_hours_hold_messages_and_send_one_digest_after(schedules, clock: Clock, hook: Hook, watched):
    schedules.save_channel("hook", hook.address)
    schedules.save_rule(
        low(channels=["hook"], quiet="13:00-14:00", zone="Asia/Shanghai")
    )  # now is 13:30 there
    for value in (1.0, 1.5, 1.1):
        watched(value=value)
        schedules.outbox.deliver_due()
    assert hook.got == []
    clock.forward(minutes=29)
    schedules.outbox.deliver_due()
    assert hook.got == []

    clock.forward(minutes=1)
    schedules.outbox.deliver_due()
    schedules.outbox.deliver_due()

    [digest] = hook.got
    assert digest["title"] == "[From quiet hours 免打扰时段汇总] 3"
    assert digest["message"].count("Alarm: Cpk too low") == 2
    assert "报警解除: Cpk too low" in digest["message"]


def test_a_failed_delivery_is_tried_again_later_and_seen(schedules, clock: Clock, hook: Hook, watched):
    schedules.save_channel("hook", hook.address)
    schedules.save_rule(low(channels=["hook"]))
    hook.status = 500
    watched(value=1.0)
    schedules.outbox.deliver_due()

    [delivery] = schedules.outbox.last(1)
    assert (delivery.state, delivery.attempts) == ("waiting", 1)
    assert "500" in (delivery.error or "")
    hook.status = 200
    schedules.outbox.deliver_due()
    assert hook.got == []
    clock.forward(seconds=30)
    schedules.outbox.deliver_due()

    assert len(hook.got) == 1
    assert schedules.outbox.last(1)[0].state == "sent"


def test_what_never_arrives_is_given_up_and_says_so(schedules, clock: Clock, hook: Hook, watched):
    schedules.save_channel("hook", hook.address)
    schedules.save_rule(low(channels=["hook"]))
    hook.status = 500
    watched(value=1.0)
    for _ in range(9):
        schedules.outbox.deliver_due()
        clock.forward(days=1)

    assert schedules.outbox.last(1)[0].state == "given_up"
    assert schedules.outbox.last(1)[0].attempts == 9


def test_a_message_of_a_process_that_died_while_sending_is_sent_again_under_the_same_number(
    schedules, hook: Hook, watched
):
    schedules.save_channel("hook", hook.address)
    schedules.save_rule(low(channels=["hook"]))
    watched(value=1.0)
    number = schedules.outbox.last(1)[0].number
    schedules.outbox._mark([number], state="sending")  # as kill -9 leaves it

    Schedules(schedules.engine, clock=schedules.clock).outbox.deliver_due()

    assert hook.got[0]["message"].endswith(f"#{number}")


def test_a_channel_that_does_not_answer_does_not_hold_up_the_others(
    schedules, hook: Hook, mailbox: Mailbox, watched
):
    schedules.save_channel("a dead hook", hook.address)
    schedules.save_channel("mail", mailbox.address)
    schedules.save_rule(low(channels=["a dead hook", "mail"]))
    hook.status = 503
    watched(value=1.0)

    schedules.outbox.deliver_due()

    assert len(mailbox.mails) == 1
