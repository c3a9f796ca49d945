"""What the machine may do to a workspace: each has a defined behaviour and one sentence that names it."""

import os
import sqlite3
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.errors import Unavailable
from workbench.runs import prepare, record
from workbench.runs.request import RunRequest

KPI = "import workbench as wb\nwb.kpi('x', 1)"


@pytest.fixture
def home(tmp_path):
    return tmp_path / "plant"


def opened(home):
    return Workbench(load_settings(home=str(home), ready_kernels=1), full=False)


def done(bench, path, timeout=60):
    return bench.engine.wait(bench.engine.submit(RunRequest(template=path)), timeout=timeout)


@contextmanager
def mounted(folder: Path, options: str):
    """Mount a small disk on a folder."""
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a small disk")
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("this machine does not allow mounting")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


# --- the state database ------------------------------------------------------------------------------------

LOCK = (
    "import sqlite3, sys, time\nconnection = sqlite3.connect(sys.argv[1])\n"
    "connection.execute('BEGIN EXCLUSIVE')\nprint('locked', flush=True)\ntime.sleep(float(sys.argv[2]))"
)


@contextmanager
def locked(home, seconds):
    command = [sys.executable, "-c", LOCK, str(home / "state.sqlite"), str(seconds)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        yield other


@pytest.mark.slow
def test_a_database_locked_for_30_s_delays_everything_and_loses_nothing(home, notebook):
    path = notebook("import time\ntime.sleep(2)\n" + KPI)
    with opened(home) as bench:
        done(bench, notebook("1", name="first"))
        going = [bench.engine.submit(RunRequest(template=path)) for _ in range(3)]
        while bench.engine.get(going[0]).status == "queued":
            time.sleep(0.02)
        with locked(home, 30) as other:
            begin = time.monotonic()
            with pytest.raises(Unavailable, match=r"state\.sqlite: got locked by another program for 5 s"):
                bench.engine.submit(RunRequest(template=path))
            refused_after = time.monotonic() - begin
            assert bench.engine.get(going[0]).status in {"running", "succeeded"}  # reading goes on
            other.wait()
        ends = [bench.engine.wait(run, timeout=60) for run in going]
        after = done(bench, path)

    assert refused_after < 8
    assert [(one.status, one.attempts) for one in ends] == [("succeeded", 1)] * 3
    assert after.status == "succeeded"


def test_a_death_reported_while_the_database_is_locked_is_not_forgotten(home, notebook):
    mark = home.parent / "mark"
    path = notebook(
        "import os, time, psutil, pathlib\n"
        f"mark = pathlib.Path({str(mark)!r})\n"
        "if not mark.exists():\n    mark.touch()\n    time.sleep(600)\n" + KPI
    )
    with opened(home) as bench:
        run = bench.engine.submit(RunRequest(template=path))
        while not mark.exists():
            time.sleep(0.02)
        (driver,) = [one.pid for one in bench.engine.executor._processes if one.job]
        with locked(home, 8) as other:
            os.kill(driver, 9)
            other.wait()
        ended = bench.engine.wait(run, timeout=60)

    assert (ended.status, ended.attempts) == ("succeeded", 2)


DAMAGE = {
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 2 + 7),
    "cut off at a page": lambda path: os.truncate(path, 4096 * 3),
    "empty": lambda path: os.truncate(path, 0),
    "missing": lambda path: path.unlink(),
    "overwritten": lambda path: path.write_bytes(b"\xff" * path.stat().st_size),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_database_is_named_and_left_as_it_is(home, notebook, damage):
    with opened(home) as bench:
        done(bench, notebook(KPI))
    path = home / "state.sqlite"
    DAMAGE[damage](path)
    before = path.read_bytes() if path.exists() else None

    with pytest.raises(Unavailable, match=r"state database state\.sqlite: got .*restore it from a backup"):
        opened(home)

    assert (path.read_bytes() if path.exists() else None) == before


def test_a_new_workspace_gets_a_new_database(home):
    home.mkdir()
    (home / "state.sqlite").touch()  # a first start that was killed before its first word

    opened(home).stop()

    assert sqlite3.connect(home / "state.sqlite").execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_a_request_that_cannot_be_read_any_more_is_given_up_and_holds_up_nobody(home, notebook):
    bench, path = opened(home), notebook("1")
    runs = [bench.engine.submit(RunRequest(template=path)) for _ in range(3)]
    with bench.engine.state.begin() as connection:
        connection.exec_driver_sql("UPDATE runs SET job = '{}' WHERE run = ?", (runs[0],))
    bench.stop()
    bench = opened(home).start()
    try:
        ends = [bench.engine.wait(run, timeout=60) for run in runs]
    finally:
        bench.stop()

    assert [one.status for one in ends] == ["lost", "succeeded", "succeeded"]
    assert "cannot be read any more" in ends[0].error.message


# --- disks -------------------------------------------------------------------------------------------------


def test_a_run_folder_that_vanishes_fails_its_run_and_no_other(home, notebook):
    path = notebook("import time\ntime.sleep(1.5)\n" + KPI)
    with opened(home) as bench:
        run = bench.engine.submit(RunRequest(template=path))
        while not (bench.workspace.staging / run).exists():
            time.sleep(0.01)
        time.sleep(0.3)
        subprocess.run(["rm", "-rf", str(bench.workspace.staging / run)], check=True)
        ended = bench.engine.wait(run, timeout=30)
        after = done(bench, notebook(KPI, name="after"))

    assert (ended.status, ended.error.code) == ("failed", "unavailable")
    assert "folder was removed while it went" in ended.error.message
    assert after.status == "succeeded"
    assert not list(bench.workspace.staging.iterdir())


def fill(path):
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while file.write(b"\0" * 4096):
            pass


def submit_many_times(bench, path):
    for _ in range(100):
        bench.engine.submit(RunRequest(template=path))


def test_a_full_disk_under_the_whole_workspace_loses_no_acknowledged_run(home, notebook):
    home.mkdir()
    path = notebook(KPI)
    with mounted(home, "size=3m"):
        bench = opened(home).start()
        try:
            assert done(bench, path).status == "succeeded"
            fill(home / "ballast")
            with pytest.raises(Unavailable, match="disk is full"):
                submit_many_times(bench, path)
            (home / "ballast").unlink()
            assert done(bench, path).status == "succeeded"
            left = bench.engine.list(limit=100)
            ends = [bench.engine.wait(one.run, timeout=60) for one in left]
        finally:
            bench.stop()

    for one in ends:
        assert one.status == "succeeded" or one.error.code == "disk_full"


def test_a_workspace_that_cannot_be_written_is_refused_in_one_sentence(home):
    home.mkdir()
    with mounted(home, "size=8m"):
        opened(home).stop()
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True)

        with pytest.raises(Unavailable, match=r"got unable to open .*rights of the workspace folder"):
            opened(home).start()


FEW = """
import resource, sys, time
from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.request import RunRequest
import os
bench = Workbench(load_settings(home=sys.argv[1], ready_kernels=1), full=False).start()
first = bench.engine.wait(bench.engine.submit(RunRequest(template=sys.argv[2])), 60)
taken = []
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
try:
    while True: taken.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    pass
runs = []
for _ in range(4):
    try:
        runs.append(bench.engine.submit(RunRequest(template=sys.argv[2])))
    except Exception as error:
        print("refused", type(error).__name__, flush=True)
time.sleep(3)
for one in taken: os.close(one)
runs.append(bench.engine.submit(RunRequest(template=sys.argv[2])))
print(first.status, [bench.engine.wait(run, 60).status for run in runs], flush=True)
bench.stop()
"""


def test_without_descriptors_runs_wait_or_are_refused_and_then_go_on(home, notebook):
    command = [sys.executable, "-c", FEW, str(home), notebook(KPI)]

    said = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=150
    ).stdout.splitlines()

    assert all(line.startswith("refused ") for line in said[:-1])
    assert {line.split()[1] for line in said[:-1]} <= {"Unavailable", "OSError", "FileNotFoundError"}
    status, _, others = said[-1].partition(" ")
    assert status == "succeeded"
    assert set(others.strip("[]").replace("'", "").split(", ")) == {"succeeded"}


# --- the clock ---------------------------------------------------------------------------------------------


def test_a_clock_that_is_set_back_turns_no_times_around(bench, notebook, monkeypatch):
    back = timedelta(hours=0)

    class Clock(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + back

    monkeypatch.setattr(prepare, "datetime", Clock)
    monkeypatch.setattr(record, "datetime", Clock)
    back = timedelta(hours=2)  # the run is accepted two hours ahead of what its driver will read
    ahead = bench.engine.submit(RunRequest(template=notebook("import time\ntime.sleep(0.3)")))
    back = timedelta(hours=-1)
    later = bench.engine.submit(RunRequest(template=notebook(KPI, name="later")))
    ends = [bench.engine.wait(run, timeout=60) for run in (ahead, later)]

    for one in ends:
        assert one.created <= one.started <= one.finished
        assert min(one.seconds.model_dump().values()) >= 0
    assert ends[0].seconds.execute >= 0.3
    assert [one.run for one in bench.engine.list(limit=2)] == [later, ahead]


def test_a_stamp_is_never_before_what_came_before():
    ahead = (datetime.now(UTC) + timedelta(days=1)).isoformat(timespec="milliseconds")

    assert record.stamp(ahead) == ahead
    assert record.stamp() < ahead
