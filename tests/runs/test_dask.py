"""What only a cluster can do to a run: lose its worker, its scheduler, or offer workers that cannot serve."""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from distributed import Client

from workbench import doctor
from workbench.app import Workbench
from workbench.config import load_settings
from workbench.errors import Invalid, NotFound, Unavailable
from workbench.runs import dask
from workbench.runs.request import RunRequest
from workbench.runs.worker import Outbox, execute, unfit, versions

NEED = "the cluster takes runs"
KPI = 'import workbench as wb\nwb.kpi("x", 1)'


def settings(home, address):
    return load_settings(home=str(home), ready_kernels=1, executor="dask", dask_address=address)


def until(fact, seconds=60.0):
    deadline = time.monotonic() + seconds
    while not (found := fact()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


@pytest.fixture
def bench(cluster, tmp_path):
    with Workbench(settings(tmp_path / "plant", cluster.address), full=False) as bench:
        yield bench


def first_time(marker, *lines):
    """A cell that does something on the first attempt only."""
    head = ["import os, time", f"if not os.path.exists({str(marker)!r}):", f"    open({str(marker)!r}, 'w')"]
    return "\n".join([*head, *(f"    {line}" for line in lines)])


def test_a_worker_that_was_believed_dead_cannot_publish_over_the_second_attempt(
    bench, cluster, notebook, tmp_path
):
    """The worker is stopped, not dead, so the notebook and its driver go on to the end."""
    going, late = tmp_path / "going", tmp_path / "late"
    cell = first_time(going, "time.sleep(8)", f"open({str(late)!r}, 'w')")
    name = bench.engine.submit(RunRequest(template=notebook(cell, KPI)))
    assert until(going.exists)
    assert until(lambda: bench.engine.get(name).executor != "local")
    address = bench.engine.get(name).executor
    stopped = cluster.workers[address]
    stopped.send_signal(signal.SIGSTOP)

    async def remove(dask_scheduler):
        await dask_scheduler.remove_worker(address, stimulus_id="test", close=False)

    with Client(cluster.address, set_as_default=False) as client:
        client.run_on_scheduler(remove)
    record = bench.engine.wait(name, timeout=60)
    assert until(late.exists)
    time.sleep(1.0)  # the first attempt's driver writes its results now

    kept = json.loads((bench.workspace.runs / name / "run.json").read_text("utf-8"))
    assert (record.status, record.attempts) == ("succeeded", 2)
    assert (kept["attempts"], kept["executor"]) == (2, record.executor)
    assert record.executor != address
    assert not list(bench.workspace.staging.iterdir())
    cluster.kill(address)
    cluster.start_worker()


def test_a_task_that_the_cluster_runs_again_does_nothing(bench, cluster, notebook, tmp_path):
    """Dask computes a task again when the worker that held its result is gone."""
    going = tmp_path / "going"
    name = bench.engine.submit(RunRequest(template=notebook(first_time(going, "time.sleep(3)"), KPI)))
    assert until(going.exists)
    task = bench.engine.executor._going[name]
    job = task.job.model_dump_json()

    with Client(cluster.address, set_as_default=False) as client:
        again = client.submit(execute, bench.engine.executor._offer(), task.attempt, job, pure=False)
        assert again.result(timeout=30) == {"event": "gone"}

    record = bench.engine.wait(name, timeout=60)
    assert (record.status, record.attempts) == ("succeeded", 1)


def test_without_its_scheduler_a_run_waits_in_the_queue_and_goes_on_when_it_is_back(
    cluster, notebook, tmp_path, caplog
):
    going = tmp_path / "going"
    with Workbench(settings(tmp_path / "plant", cluster.address), full=False) as bench:
        name = bench.engine.submit(RunRequest(template=notebook(first_time(going, "time.sleep(60)"), KPI)))
        assert until(going.exists)

        cluster.scheduler.kill()
        cluster.scheduler.wait()

        assert until(lambda: bench.engine.get(name).status == "queued")
        assert "does not answer" in until(bench.engine.trouble)
        assert "does not answer" in caplog.text
        cluster.start_scheduler()
        for address in list(cluster.workers):
            cluster.kill(address)
            cluster.start_worker()
        record = bench.engine.wait(name, timeout=90)
        assert (record.status, record.attempts) == ("succeeded", 2)
        assert bench.engine.trouble() is None


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("workspace_mark", lambda _: "another folder", "does not see the workspace folder"),
        ("versions", lambda: "workbench 9.9", "the server workbench 9.9; install the same versions on both"),
    ],
    ids=["folder", "version"],
)
def test_workers_that_cannot_serve_are_named_with_the_reason(
    cluster, notebook, tmp_path, monkeypatch, name, value, sentence
):
    monkeypatch.setattr(dask, name, value)
    with Workbench(settings(tmp_path / "plant", cluster.address), full=False) as bench:
        run = bench.engine.submit(RunRequest(template=notebook(KPI)))

        assert until(lambda: sentence in (bench.engine.trouble() or ""))
        assert all(address in bench.engine.trouble() for address in cluster.workers)
        assert bench.engine.get(run).status == "queued"
        assert bench.engine.cancel(run).status == "cancelled"


def test_who_asks_last_gets_the_answer():
    """An engine that has reconnected hears its runs; the question it left behind takes nothing."""

    async def ask() -> tuple[list[Any], list[Any]]:
        outbox = Outbox(asyncio.get_running_loop())
        left = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        asked = asyncio.create_task(outbox.take())
        await asyncio.sleep(0)
        outbox.put("r1.abc", {"event": "placed"})
        return await left, await asked

    with ThreadPoolExecutor(1) as pool:  # beside a browser's tests this thread has a loop already
        answers = pool.submit(lambda: asyncio.run(ask())).result()

    assert answers == ([], [("r1.abc", {"event": "placed"})])


def test_the_doctor_says_whether_the_cluster_takes_runs(cluster, tmp_path):
    def check(address):
        return next(one for one in doctor.checks(settings(tmp_path, address)) if one.name == NEED)

    assert until(lambda: check(cluster.address).found.startswith("2 workers with 4 threads"))
    silent = check("tcp://127.0.0.1:1")

    assert check(cluster.address).level == "ok"
    assert (silent.level, "WORKBENCH_DASK_ADDRESS" in silent.fix) == ("missing", True)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_seen_is_no_workspace(tmp_path):
    refusal = unfit(version=versions(), home=str(tmp_path / "not there"), mark="m")

    assert "mount it there under the same path" in refusal


def test_two_engines_of_one_workspace_agree_on_its_mark(tmp_path):
    found = []
    threads = [threading.Thread(target=lambda: found.append(dask.workspace_mark(tmp_path))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(set(found)) == 1
    assert len(found[0]) == 32
    assert [path.name for path in tmp_path.iterdir()] == ["cluster.id"]


def test_without_the_package_one_sentence_says_how_to_install_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    bench = Workbench(settings(tmp_path, "tcp://127.0.0.1:1"), full=False)

    with pytest.raises(Unavailable, match=r"not installed; .* pip install 'workbench\[scale\]'"):
        bench.start()
    bench.stop()


def test_an_address_that_is_none_is_refused(tmp_path):
    bench = Workbench(settings(tmp_path, "cluster"), full=False)

    with pytest.raises(Invalid, match="WORKBENCH_DASK_ADDRESS"):
        bench.start()
    bench.stop()


def test_an_unknown_executor_is_refused(tmp_path):
    with pytest.raises(NotFound, match="did you mean 'dask'"):
        Workbench(load_settings(home=str(tmp_path), executor="dusk"), full=False)


def test_the_server_does_not_import_the_optional_package_unasked():
    code = "import sys, workbench.app; sys.exit('distributed' in sys.modules)"

    assert os.spawnl(os.P_WAIT, sys.executable, sys.executable, "-c", code) == 0
