"""How a server stops and starts: runs under way get a moment, the others wait, and nobody waits for long."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.processes import descendants
from workbench.runs.request import RunRequest

SLEEP = "import time\ntime.sleep({})"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "plant"


@pytest.fixture
def serve(home, tmp_path):
    """Start the real server with some seconds to drain."""
    started = []

    def start(drain_seconds):
        settings = {"WORKBENCH_DRAIN_SECONDS": str(drain_seconds), "WORKBENCH_CONCURRENCY": "1"}
        command = [
            sys.executable,
            "-m",
            "workbench",
            "serve",
            "--port",
            "0",
            "--no-demo",
            "--workspace",
            str(home),
        ]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | settings)
        started.append(server)
        assert server.stdout.readline().startswith("Workbench is ready")
        return server

    yield start
    for server in started:
        server.kill()
        server.wait()
        server.stdout.close()


def submit(home, *paths):
    """Hand runs to the server, as the command line does, and wait until the first goes."""
    from workbench.commands import handover

    server = handover.find(home)
    runs = [server.call("POST", "/runs", body={"template": path, "origin": "cli"})["run"] for path in paths]
    deadline = time.monotonic() + 150
    while server.call("GET", f"/runs/{runs[0]}")["status"] == "queued" and time.monotonic() < deadline:
        time.sleep(0.05)
    return runs


def stopped(server, within):
    begin = time.monotonic()
    server.wait(timeout=within)
    return time.monotonic() - begin


def states(home, runs):
    bench = Workbench(load_settings(home=str(home)), full=False)
    try:
        return [(record.status, record.attempts) for record in map(bench.engine.get, runs)]
    finally:
        bench.stop()


@pytest.mark.slow
@pytest.mark.serial
def test_sigterm_lets_a_run_end_and_leaves_the_queue_as_it_is(serve, home, notebook):
    server = serve(30)
    runs = submit(home, notebook(SLEEP.format(2), name="short"), notebook(SLEEP.format(2), name="next"))

    server.terminate()
    stopped(server, 30)

    assert server.returncode == 0
    assert states(home, runs) == [("succeeded", 1), ("queued", 0)]


@pytest.mark.slow
@pytest.mark.serial
def test_a_run_that_does_not_end_in_time_returns_to_the_queue_and_spends_no_attempt(serve, home, notebook):
    server = serve(1)
    runs = submit(home, notebook(SLEEP.format(600)))
    children = list(descendants(server.pid))

    server.terminate()
    stopped(server, 20)

    assert states(home, runs) == [("queued", 0)]
    assert not list((home / "staging").iterdir())
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


@pytest.mark.slow
@pytest.mark.serial
def test_a_second_signal_ends_the_wait(serve, home, notebook):
    server = serve(600)
    runs = submit(home, notebook(SLEEP.format(600)))

    server.terminate()
    time.sleep(1)
    server.send_signal(signal.SIGINT)
    stopped(server, 20)

    assert states(home, runs) == [("queued", 0)]


def test_a_restart_with_ten_thousand_waiting_runs_takes_them_up(home, notebook):
    bench = Workbench(load_settings(home=str(home)), full=False)
    path = notebook("1")
    (run,) = bench.engine.submit_many([RunRequest(template=path, origin="sweep")])
    job, record = bench.engine.history.job(run), bench.engine.get(run)
    more = (job.model_copy(update={"run": f"{run}-{n}"}) for n in range(9_999))
    bench.engine.history.add(((one, record.model_copy(update={"run": one.run})) for one in more), "gone")
    bench.stop()

    again = Workbench(load_settings(home=str(home)), full=False)
    begin = time.monotonic()
    again.start()
    took = time.monotonic() - begin
    waiting = len(again.engine._queue) + len(again.engine._going)
    begin = time.monotonic()
    record = again.engine.cancel(f"{run}-5000")
    again.stop()

    assert waiting == 10_000
    assert record.status == "cancelled"
    assert took < 5


def test_a_server_takes_up_what_a_dead_engine_beside_it_left(home, notebook):
    path = notebook("import time, os\ntime.sleep(float(os.environ.get('NAP', 0)))")
    code = (
        "import sys, time\nfrom workbench.app import Workbench\nfrom workbench.config import load_settings\n"
        "from workbench.runs.request import RunRequest\n"
        "bench = Workbench(load_settings(home=sys.argv[1], ready_kernels=1), full=False).start(adopt=False)\n"
        "runs = [bench.engine.submit(RunRequest(template=sys.argv[2])) for _ in range(4)]\n"
        "while bench.engine.get(runs[0]).status == 'queued': time.sleep(0.02)\n"
        "import json; print(json.dumps(runs), flush=True)\ntime.sleep(600)"
    )
    with Workbench(load_settings(home=str(home), ready_kernels=1), full=False) as _:
        pass
    server = Workbench(load_settings(home=str(home), ready_kernels=1), full=False).start()
    try:
        command = [sys.executable, "-c", code, str(home), path]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=os.environ | {"NAP": "600"}
        ) as other:
            runs = json.loads(other.stdout.readline())
            assert [server.engine.get(run).status for run in runs[:1]] == ["running"]
            other.kill()

        deadline = time.monotonic() + 60
        while any(not server.engine.get(run).ended for run in runs) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert [server.engine.get(run).status for run in runs] == ["succeeded"] * 4
    finally:
        server.stop()


def test_a_run_that_was_published_just_before_the_end_is_not_run_again(home, notebook):
    with Workbench(load_settings(home=str(home), ready_kernels=1), full=False) as bench:
        record = bench.engine.wait(bench.engine.submit(RunRequest(template=notebook("1"))), timeout=60)
        with bench.engine.state.begin() as connection:  # as if the stop had come between rename and book
            connection.exec_driver_sql("UPDATE runs SET status = 'queued', owner = 'gone'")
    told = []
    again = Workbench(load_settings(home=str(home), ready_kernels=1), full=False)
    again.engine.on_end.append(told.append)
    again.start()
    try:
        assert again.engine.get(record.run).status == "succeeded"
        assert [(one.run, one.status) for one in told] == [(record.run, "succeeded")]
        assert len(again.engine._queue) == 0
    finally:
        again.stop()
