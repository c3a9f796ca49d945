"""Cancelling in every state, and what waits for whom: each has a defined result."""

import os
import time
from pathlib import Path

import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.errors import Unavailable
from workbench.runs.request import RunRequest

SLEEP = "import time\ntime.sleep(60)"
TABLE = "import workbench as wb, pandas as pd\nwb.table('t', pd.DataFrame({'x': range(200_000)}))"


def until(bench, run, status):
    deadline = time.monotonic() + 30
    while bench.engine.get(run).status != status and time.monotonic() < deadline:
        time.sleep(0.005)
    assert bench.engine.get(run).status == status


def test_a_run_is_cancelled_at_whatever_moment(bench, notebook):
    path, ended = notebook(SLEEP), []
    bench.engine.wait(bench.engine.submit(RunRequest(template=notebook("1", name="first"))), timeout=60)
    for delay in (0.0, 0.0, 0.01, 0.02, 0.05, 0.1, 0.3):
        run = bench.engine.submit(RunRequest(template=path))
        time.sleep(delay)
        bench.engine.cancel(run)
        ended.append(bench.engine.wait(run, timeout=10))

    assert [record.status for record in ended] == ["cancelled"] * 7
    assert {record.error.code for record in ended if record.error} <= {"cancelled"}


def test_a_cancel_that_comes_along_with_its_job_is_heard(bench, notebook):
    # Both orders are written before the driver reads: the second must not be taken for one of no run.
    executor, path = bench.engine.executor, notebook(SLEEP)
    begin = executor.begin
    executor.begin = lambda job: (begin(job), executor.stop(job.run, "cancelled"))
    try:
        record = bench.engine.wait(bench.engine.submit(RunRequest(template=path)), timeout=40)
    finally:
        executor.begin = begin

    assert record.status == "cancelled"


def test_a_cancel_while_a_run_is_published_leaves_it_whole_or_cancelled(bench, notebook):
    path, ended = notebook(TABLE), []
    for delay in (0.05, 0.1, 0.15, 0.2, 0.3):
        run = bench.engine.submit(RunRequest(template=path))
        until(bench, run, "running")
        time.sleep(delay)
        bench.engine.cancel(run)
        ended.append(bench.engine.wait(run, timeout=10))

    for record in ended:
        assert record.status in {"succeeded", "cancelled"}
        assert record.status == "cancelled" or Path(record.tables["t"]).is_file()


def test_a_cancelled_run_keeps_what_it_had(bench, notebook):
    path = notebook("# T", "## First", "import workbench as wb\nwb.kpi('x', 1)", "## Second", SLEEP)
    run = bench.engine.submit(RunRequest(template=path))
    while [step.state for step in bench.engine.get(run).steps] != ["done", "running"]:
        time.sleep(0.01)

    bench.engine.cancel(run)
    record = bench.engine.wait(run, timeout=10)

    assert (record.status, record.kpis["x"].value, record.error.heading) == ("cancelled", 1, "Second")
    assert Path(record.notebook).is_file()


def test_the_end_of_a_run_does_not_change_any_more(bench, notebook):
    run = bench.engine.submit(RunRequest(template=notebook("1")))
    record = bench.engine.wait(run, timeout=30)

    bench.engine.history.finish(record.model_copy(update={"status": "failed"}))
    bench.engine.history.requeue(run, "somebody")

    assert bench.engine.cancel(run).status == bench.engine.get(run).status == "succeeded"
    assert not bench.engine.history.claim(run, "somebody")


@pytest.fixture
def other(bench):
    """Another process's view of the same workspace: it executes nothing."""
    other = Workbench(load_settings(home=str(bench.workspace.root)), full=False)
    yield other
    other.stop()


def test_a_waiting_run_is_cancelled_from_another_process(bench, other, notebook):
    path = notebook(SLEEP)
    going = [bench.engine.submit(RunRequest(template=path)) for _ in range(2)]
    waiting = bench.engine.submit(RunRequest(template=path, origin="sweep"))
    for run in going:
        until(bench, run, "running")

    assert other.engine.cancel(waiting).status == "cancelled"
    for run in going:
        bench.engine.cancel(run)
    assert bench.engine.wait(waiting, timeout=10).status == "cancelled"
    assert bench.engine.get(waiting).started is None


def test_a_run_that_another_process_executes_is_not_declared_cancelled(bench, other, notebook):
    run = bench.engine.submit(RunRequest(template=notebook(SLEEP)))
    until(bench, run, "running")

    with pytest.raises(Unavailable, match=f"executed by process {os.getpid()}; cancel it there"):
        other.engine.cancel(run)

    assert bench.engine.get(run).status == "running"
    bench.engine.cancel(run)


def test_a_run_is_claimed_once_however_many_try(bench, other, notebook):
    from concurrent.futures import ThreadPoolExecutor

    going = [bench.engine.submit(RunRequest(template=notebook(SLEEP))) for _ in range(2)]
    run = bench.engine.submit(RunRequest(template=notebook(SLEEP), origin="sweep"))
    with ThreadPoolExecutor(8) as pool:
        claims = list(
            pool.map(lambda n: (other if n % 2 else bench).engine.history.claim(run, str(n)), range(16))
        )

    assert sorted(claims) == [0] * 15 + [1]
    for name in going:
        bench.engine.cancel(name)
