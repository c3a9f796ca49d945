"""What a run may take: each limit ends it, names itself and its setting, and keeps what was there."""

import json
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from workbench.runs.processes import share
from workbench.runs.request import RunRequest
from workbench.ui import notebook as notebook_page

FIRST = 'import workbench as wb\nwb.kpi("first", 1)'


@pytest.fixture
def run(bench, notebook, monkeypatch):
    """Run cells under some limits; the run's record and the driver's largest memory come back."""

    def execute(*cells, **limits):
        settings = replace(bench.settings, **{"run_seconds": 60.0, **limits})
        monkeypatch.setattr(bench.engine.preparer, "settings", settings)
        path = notebook("# T", "## First", FIRST, "## Second", *cells)
        record = bench.engine.wait(bench.engine.submit(RunRequest(template=path)), timeout=90)
        assert record.ended
        return record

    return execute


def kept(record):
    """Say whether a stopped run kept its first result, the heading it had reached, and its notebook."""
    text = Path(record.notebook).read_text(encoding="utf-8")
    states = [step.state for step in record.steps]
    return (
        record.kpis["first"].value == 1
        and record.error.heading == "Second"
        and states == ["done", "failed"]
        and bool(json.loads(text)["cells"])
    )


@pytest.mark.parametrize(
    "cell",
    [
        "import time\ntime.sleep(60)",
        "while True: pass",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
    ],
    ids=["sleep", "busy", "stopped"],
)
def test_wall_time_ends_a_run(run, cell):
    record = run(cell, run_seconds=1.0)

    assert (record.status, record.error.code) == ("timed_out", "timed_out")
    assert "1 s, the limit set by WORKBENCH_RUN_SECONDS" in record.error.message
    assert record.seconds.execute < 5
    assert kept(record)


DEADLOCK = """import threading
lock = threading.Lock()
lock.acquire()
thread = threading.Thread(target=lock.acquire)
thread.start()
thread.join()"""


@pytest.mark.parametrize("cell", ["import time\ntime.sleep(60)", DEADLOCK], ids=["sleep", "deadlock"])
def test_silence_ends_a_run(run, cell):
    record = run(cell, silent_seconds=1.0)

    assert (record.status, record.error.code) == ("timed_out", "silent")
    assert "WORKBENCH_SILENT_SECONDS" in record.error.message
    assert kept(record)


BUSY_AFTER_A_BUSIER_CHILD = """import subprocess, sys, time
spin = "import time\\nend = time.process_time() + 1.5\\nwhile time.process_time() < end: pass"
subprocess.run([sys.executable, "-S", "-c", spin])
end = time.process_time() + 1.4
while time.process_time() < end: pass"""


@pytest.mark.parametrize(
    "cell",
    [
        "import time\nend = time.monotonic() + 2.5\nwhile time.monotonic() < end: pass",
        BUSY_AFTER_A_BUSIER_CHILD,
    ],
    ids=["loop", "after-a-child"],
)
def test_work_without_a_word_is_not_silence(run, cell):
    assert run(cell, silent_seconds=1.0).status == "succeeded"


GROW = "import numpy as np, time\nblock = np.ones(40_000_000)\ntime.sleep(60)"  # 320 MB
CHILDREN = """import os, time
import numpy as np
for _ in range(5):
    if os.fork() == 0:
        block = np.ones(10_000_000)  # 80 MB
        time.sleep(60)
        os._exit(0)
time.sleep(60)"""
AWAY = """import os, time
import numpy as np
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        block = np.ones(40_000_000)
        time.sleep(60)
    os._exit(0)
os.wait()
time.sleep(60)"""


@pytest.mark.parametrize("cell", [GROW, CHILDREN, AWAY], ids=["one", "many", "away"])
def test_memory_of_all_processes_of_a_run_is_counted(run, cell):
    record = run(cell, memory_megabytes=300.0)

    assert (record.status, record.error.code) == ("over_limit", "memory")
    assert "300 MB of memory, the limit set by WORKBENCH_MEMORY_MEGABYTES" in record.error.message
    assert kept(record)


def test_a_memory_error_of_the_notebook_is_its_own_failure(run):
    record = run("raise MemoryError('no room for the matrix')", memory_megabytes=300.0)

    assert (record.status, record.error.code, record.error.name) == ("failed", "failed", "MemoryError")


FLOODS = {
    "one-print": ("print('x' * 100_000_000)", "output_bytes"),
    "many-prints": ("for _ in range(1_000_000): print('x' * 99)", "output_bytes"),
    "displays": ("for i in range(20_000): display({'text/html': f'<b>{i}</b>'}, raw=True)", "outputs"),
    "updates": (
        "handle = display('0', display_id=True)\nfor i in range(10_000): handle.update(str(i))",
        "outputs",
    ),
}
SETTINGS = {"output_bytes": "WORKBENCH_OUTPUT_MEGABYTES", "outputs": "WORKBENCH_OUTPUTS"}


@pytest.mark.parametrize("flood", FLOODS)
def test_a_flood_of_output_ends_a_run_and_spares_the_driver(run, bench, flood):
    cell, code = FLOODS[flood]

    record = run(cell, output_megabytes=64.0)

    assert (record.status, record.error.code) == ("over_limit", code)
    assert SETTINGS[code] in record.error.message
    assert kept(record)
    drivers = [process.pid for process in bench.engine.executor._processes if process.role == "driver"]
    peaks = [peak(pid) for pid in drivers]
    assert max(peaks) < 300e6 + shared_base(drivers)
    assert str(notebook_page.rendered(record.notebook))


def peak(pid: int) -> int:
    """Return the most memory that a process ever had, in bytes; pages shared with the nursery included."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def shared_base(pids: list[int]) -> int:
    """Return what a driver shares with its nursery: resident, but not its own."""
    return max(psutil.Process(pid).memory_info().rss - share(pid) for pid in pids)


def test_as_many_prints_as_there_are_lines_are_one_output(run):
    record = run("import sys\nfor i in range(20_000): print(i); sys.stdout.flush()", output_megabytes=64.0)

    cells = json.loads(Path(record.notebook).read_text(encoding="utf-8"))["cells"]
    assert record.status == "succeeded"
    assert [len(cell["outputs"]) for cell in cells if cell["cell_type"] == "code"] == [1, 1]
    assert cells[-1]["outputs"][0]["text"].splitlines()[-1] == "19999"
