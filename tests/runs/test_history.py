"""The state database keeps what was acknowledged and lets nothing end twice."""

import pytest

from workbench.runs.history import History
from workbench.runs.job import Declared, Job, Limits
from workbench.runs.prepare import queued_record
from workbench.runs.record import TemplateUsed
from workbench.runs.state import State


def job(run="r1", template="control-chart"):
    return Job(
        run=run,
        template=TemplateUsed(id=template),
        notebook={},
        parameters={},
        values={"chart": "imr"},
        inputs={},
        sources={},
        declared=Declared(),
        limits=Limits(seconds=1, output_bytes=1),
        staging="s",
        published="p",
        created="2026-11-23T08:00:00+00:00",
    )


@pytest.fixture
def history(tmp_path):
    state = State(tmp_path / "state.sqlite")
    yield History(state)
    state.close()


def add(history, **names):
    made = job(**names)
    history.add([(made, queued_record(made))], "engine")
    return queued_record(made)


def test_a_run_is_claimed_once(history):
    add(history)

    assert [history.claim("r1", "a"), history.claim("r1", "b")] == [True, False]


def test_what_has_ended_does_not_change_again(history):
    record = add(history)
    history.finish(record.model_copy(update={"status": "cancelled"}))

    history.finish(record.model_copy(update={"status": "succeeded"}))

    assert history.get("r1").status == "cancelled"


def test_a_reopened_database_knows_the_run_and_its_job(history, tmp_path):
    add(history)
    state = State(tmp_path / "state.sqlite")
    again = History(state)

    assert again.get("r1").parameters == {"chart": "imr"}
    assert again.job("r1") == job()
    state.close()


def test_requeued_runs_keep_their_number_of_attempts(history):
    add(history)
    history.claim("r1", "a")
    history.requeue("r1", "b")
    history.claim("r1", "b")

    assert history.attempts("r1") == 2


def test_durations_are_of_this_template_and_successful_runs_only(history):
    for run, template, status, seconds in (
        ("r1", "a", "succeeded", 1.0),
        ("r2", "a", "failed", 9.0),
        ("r3", "b", "succeeded", 5.0),
    ):
        record = add(history, run=run, template=template)
        record.seconds.total = seconds
        history.finish(record.model_copy(update={"status": status}))

    assert history.durations("a") == [(0, 1.0)]


def test_a_mapping_is_remembered_per_template_role_and_table(history):
    history.remember("a", "measurements", "t", {"value": "diameter"})
    history.remember("a", "measurements", "t", {"value": "width"})

    assert history.remembered("a", "measurements", "t") == {"value": "width"}
    assert history.remembered("b", "measurements", "t") == {}
