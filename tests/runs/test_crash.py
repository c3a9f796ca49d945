"""Processes are killed, disks filled: acknowledged runs are whole or run again, none is stuck."""

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
from workbench.errors import Unavailable
from workbench.runs.request import RunRequest

SERVER = """
import sys, time
from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.request import RunRequest
bench = Workbench(load_settings(home=sys.argv[1], ready_kernels=1), full=False)
bench.serve_at("test")
bench.start()
for _ in range(int(sys.argv[3])):
    print(bench.engine.submit(RunRequest(template=sys.argv[2])), flush=True)
while True:
    time.sleep(1)
"""


def serve(home: Path, path: str, runs: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SERVER, str(home), path, str(runs)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def processes_of(home: Path) -> list[int]:
    """Return the pids whose open files or command line name this workspace."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if str(home) in (entry / "cmdline").read_bytes().decode(errors="replace"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


@pytest.fixture
def home(tmp_path):
    return tmp_path / "plant"


def test_kill_9_of_the_server_loses_no_acknowledged_run(home, notebook):
    path = notebook('import workbench as wb, time\ntime.sleep(0.3)\nwb.kpi("x", 1)')
    acknowledged = []
    for delay in (0.05, 0.4, 1.5, 2.5):
        server = serve(home, path, 3)
        acknowledged += [server.stdout.readline().strip() for _ in range(3)]
        time.sleep(delay)
        server.kill()
        server.wait()
        server.stdout.close()

    with Workbench(load_settings(home=str(home), ready_kernels=2), full=False) as bench:
        pass  # a plain client does not take up what a server left
    bench = Workbench(load_settings(home=str(home), ready_kernels=2), full=False).start()
    try:
        records = [bench.engine.wait(run, timeout=60) for run in acknowledged]
    finally:
        bench.stop()

    assert [record.status for record in records] == ["succeeded"] * 12
    assert not list(bench.workspace.staging.iterdir())
    assert sorted(path.name for path in bench.workspace.runs.iterdir()) == sorted(acknowledged)


def test_kill_9_of_the_server_takes_its_kernels_with_it(home, notebook, tmp_path):
    pids = tmp_path / "pids"
    path = notebook(f"import os, time\nopen({str(pids)!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)")
    server = serve(home, path, 1)
    while not pids.exists() or not pids.read_text():
        time.sleep(0.05)

    server.kill()
    server.wait()
    server.stdout.close()

    deadline = time.monotonic() + 5
    while Path(f"/proc/{pids.read_text()}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{pids.read_text()}").exists()


def test_a_run_that_takes_all_its_processes_down_is_tried_again_then_lost(home, notebook):
    # The notebook kills the nursery, and with it its own driver: a poison run must not loop.
    path = notebook(
        "import os, psutil\npsutil.Process(os.getppid()).parent().kill()\nimport time; time.sleep(60)"
    )
    with Workbench(load_settings(home=str(home), ready_kernels=1), full=False) as bench:
        record = bench.engine.wait(bench.engine.submit(RunRequest(template=path)), timeout=60)

    assert record.status == "lost"
    assert "3 times" in record.error.message


def test_a_waiting_run_of_a_stopped_server_can_be_cancelled(home, notebook):
    server = serve(home, notebook("import time\ntime.sleep(600)"), 2)
    runs = [server.stdout.readline().strip() for _ in range(2)]
    server.kill()
    server.wait()
    server.stdout.close()
    bench = Workbench(home, full=False)

    assert bench.engine.cancel(runs[1]).status == "cancelled"
    bench.stop()


def test_a_second_server_is_refused_with_the_pid_of_the_first(home):
    first = Workbench(home, full=False)
    first.serve_at("http://127.0.0.1:5006")

    second = Workbench(home, full=False)

    with pytest.raises(Unavailable, match=f"process {os.getpid()}"):
        second.serve_at("http://127.0.0.1:5007")
    first.stop()
    second.stop()


def test_a_killed_nursery_is_replaced(home, notebook):
    with Workbench(load_settings(home=str(home), ready_kernels=1), full=False) as bench:
        path = notebook("1")
        bench.engine.wait(bench.engine.submit(RunRequest(template=path)), timeout=60)
        os.kill(bench.engine.executor._nurseries[-1].process.pid, signal.SIGKILL)

        record = bench.engine.wait(bench.engine.submit(RunRequest(template=path)), timeout=60)

    assert record.status == "succeeded"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to mount a small disk")
def test_a_full_disk_is_said_and_nothing_half_written_stays(home, notebook):
    big = (
        "import workbench as wb, pandas as pd, numpy as np\n"
        'wb.table("t", pd.DataFrame(np.random.rand(50000, 4)))'
    )
    with Workbench(load_settings(home=str(home), ready_kernels=1), full=False) as bench:
        staging = bench.workspace.staging
        mount = ["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", str(staging)]
        if subprocess.run(mount, check=False, capture_output=True).returncode:
            pytest.skip("this machine does not allow mounting")
        try:
            record = bench.engine.wait(bench.engine.submit(RunRequest(template=notebook(big))), timeout=60)
            assert (record.status, record.error.code) == ("failed", "disk_full")
            assert "disk is full" in record.error.message
            assert not list(staging.iterdir())
        finally:
            subprocess.run(["umount", str(staging)], check=True)
        after = bench.engine.wait(bench.engine.submit(RunRequest(template=notebook("1"))), timeout=60)

    assert after.status == "succeeded"
    assert json.loads((bench.workspace.runs / after.run / "run.json").read_text())["status"] == "succeeded"
