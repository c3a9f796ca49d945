"""The state database keeps what was acknowledged and lets nothing end twice."""

import time

import pytest
import sqlalchemy as sa

from workbench import __version__
from workbench.runs.history import PULSE_S, History
from workbench.runs.job import Declared, Job, Limits
from workbench.runs.prepare import queued_record
from workbench.runs.record import InputUsed, Resumed, RunError, TemplateUsed, Verdict
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

    assert [history.claim("r1", "a"), history.claim("r1", "b")] == [1, 0]


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

    assert history.claim("r1", "b") == history.attempts("r1") == 2


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


def ended(history, run, status, **fields):
    """Write a run that has ended, as the engine would."""
    record = queued_record(job(run)).model_copy(update={"status": status, **fields})
    history.finish(record)


@pytest.fixture
def many(history):
    """Six runs: r1 to r6, of two templates, origins and tables, the last two still waiting."""
    jobs = []
    for number in range(1, 7):
        odd = number % 2 == 1
        table = InputUsed(table="rings" if odd else "line_1.100%", rows=number)
        changes = {
            "origin": "form" if odd else "api",
            "inputs": {"measurements": table},
            "created": f"2026-11-2{number}T08:00:00.000+00:00",
        }
        jobs.append(job(f"r{number}", "control-chart" if odd else "data-health").model_copy(update=changes))
    history.add([(each, queued_record(each)) for each in jobs], "engine")
    text = {"en": "Unstable since batch 7", "zh": "第 7 批起不稳定"}
    ended(history, "r1", "succeeded", verdict=Verdict(code="x", level="bad", text=text))
    ended(history, "r2", "succeeded")
    ended(history, "r3", "failed", error=RunError(code="failed", message="KeyError: 'width_mm'"))
    ended(history, "r4", "refused")
    return history


def names(history, **asked):
    return [record.run for record in history.newest(limit=asked.pop("limit", 9), **asked)]


def test_pages_follow_one_another_in_both_directions(many):
    assert names(many, limit=2) == ["r6", "r5"]
    assert names(many, limit=2, before="r5") == ["r4", "r3"]
    assert names(many, limit=2, after="r2") == ["r4", "r3"]
    assert names(many, before="r1") == names(many, after="r6") == []


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"template": "control-chart"}, ["r5", "r3", "r1"]),
        ({"status": "succeeded"}, ["r2", "r1"]),
        ({"origin": "api"}, ["r6", "r4", "r2"]),
        ({"table": "rings"}, ["r5", "r3", "r1"]),
        ({"table": "ring"}, []),
        ({"table": "line_1.100%"}, ["r6", "r4", "r2"]),
        ({"table": "line?1.100%"}, []),
        ({"text": "BATCH 7"}, ["r1"]),
        ({"text": "不稳定"}, ["r1"]),
        ({"text": "width_mm"}, ["r3"]),
        ({"text": "width%"}, []),
        ({"text": "r4"}, ["r4"]),
        ({"since": "2026-11-25"}, ["r6", "r5"]),
        ({"since": "2026-11-22", "until": "2026-11-24"}, ["r3", "r2"]),
        ({"origin": "form", "status": "failed", "table": "rings"}, ["r3"]),
        ({"origin": None, "text": ""}, ["r6", "r5", "r4", "r3", "r2", "r1"]),
    ],
)
def test_a_filter_keeps_what_fits_in_list_and_counts(many, filters, expected):
    assert names(many, **filters) == expected
    assert sum(many.counts(**filters).values()) == len(expected)


def test_counts_are_by_state(many):
    assert many.counts() == {"queued": 2, "succeeded": 2, "failed": 1, "refused": 1}
    assert many.counts(origin="form") == {"queued": 1, "succeeded": 1, "failed": 1}


def test_states_of_some_runs_are_told(many):
    assert many.states(["r1", "r6", "nothing"]) == {"r1": "succeeded", "r6": "queued"}


@pytest.mark.parametrize(
    "filters", [{"origin": "api"}, {"text": "batch"}, {"table": "rings"}, {"since": "2026"}]
)
def test_filters_never_read_the_records(many, filters):
    asked = []
    sa.event.listen(
        many.state._engine, "before_cursor_execute", lambda *event: asked.append((event[2], event[3]))
    )
    many.counts(**filters)
    statement, values = asked[0]

    with many.state.connect() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()

    assert any("USING COVERING INDEX ix_runs_listed" in row[-1] for row in plan), plan


def test_the_time_in_the_queue_is_no_part_of_a_duration(history):
    record = add(history, run="r1", template="a")
    record.seconds.total, record.seconds.queued = 100.0, 98.5
    history.finish(record.model_copy(update={"status": "succeeded"}))

    assert history.durations("a") == [(0, 1.5)]


def test_a_run_that_went_on_from_another_is_no_duration(history):
    record = add(history, run="r2", template="a")
    record.seconds.total, record.resumed = 0.1, Resumed(run="r1", cell=4)
    history.finish(record.model_copy(update={"status": "succeeded"}))

    assert history.durations("a") == []


def test_the_pulse_follows_the_counts_within_a_second(many):
    before = many.pulse()
    ended(many, "r5", "cancelled")

    assert many.pulse() == before
    time.sleep(PULSE_S + 0.05)
    assert many.pulse() == many.counts()


def test_what_was_installed_is_kept_with_the_run(many):
    kept = many.environment("r1")

    assert kept["packages"]["sqlalchemy"] == sa.__version__
    assert kept["workbench"] == __version__
    assert many.environment("nothing") is None
