"""A run that goes on from a held state gives what a full run gives, or is a full run."""

import contextlib
import os
import signal
import time
from pathlib import Path

import nbformat
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.held import KEEP
from workbench.runs.processes import HELD, descendants, name_of
from workbench.runs.request import RunRequest

PARAMETERS = "limit: float = 1.0\nother: float = 1.0"
PAUSE = (
    "import pandas as pd, numpy as np\nimport workbench as wb\nwork = sum(range(20_000_000))"  # worth holding
)


@pytest.fixture
def run(bench, notebook):
    """Run cells with some parameters, as a person does."""

    def execute(*cells, origin="form", **parameters):
        path = notebook("# T", *cells, parameters=PARAMETERS)
        held = bench.engine.executor._held
        record = bench.engine.wait(
            bench.engine.submit(RunRequest(template=path, parameters=parameters, origin=origin)), timeout=60
        )
        assert record.status == "succeeded", record.error
        deadline = time.monotonic() + 5
        while held._coming and time.monotonic() < deadline:
            time.sleep(0.01)
        return record

    return execute


@pytest.fixture(autouse=True)
def _work_folder(bench, monkeypatch):
    """Start without held states; let a notebook work in an empty folder, as a template does."""
    bench.engine.executor._held.clear()
    monkeypatch.setattr("workbench.runs.local.ANSWER_S", 20.0)  # a busy machine may take its time
    job = bench.engine.preparer.job
    monkeypatch.setattr(bench.engine.preparer, "job", lambda request: in_scratch(job(request)))


def in_scratch(job):
    return job.model_copy(update={"folder": None})


def told(record):
    """Return all that a run shows: results and the notebook's outputs."""
    notebook = nbformat.read(record.notebook, as_version=4)
    shown = [[dict(output) for output in cell.get("outputs", [])] for cell in notebook.cells]
    for outputs in shown:
        for output in outputs:
            output.pop("execution_count", None)
    return {name: kpi.value for name, kpi in record.kpis.items()}, shown


USE = "wb.kpi('seen', float(total) * limit)"
SAME = {
    "in-place change before": (
        "frame = pd.DataFrame({'x': [1., 2.]})\nframe['x'] *= 3",
        "total = frame['x'].sum()",
    ),
    "in-place change after": (
        "frame = pd.DataFrame({'x': [1., 2.]})",
        "frame['x'] *= limit\ntotal = frame['x'].sum()",
    ),
    "closure": ("def make(n):\n    return lambda x: x * n\nf = make(3)", "total = f(2)"),
    "closure over a parameter": ("def f(x): return x * limit", "total = f(2)"),
    "class": (
        "class A:\n    seen = 0\n    def add(self): A.seen += 2; return A.seen\na = A(); a.add()",
        "total = a.add()",
    ),
    "a parameter overwritten": ("other = 3.0", "total = other"),
    "a parameter made another": ("other = abs(other) + 1", "total = other"),
    "generator half consumed": ("rows = iter(range(10))\nnext(rows); next(rows)", "total = next(rows)"),
    "warning filters": (
        "import warnings\nwarnings.simplefilter('ignore')",
        "total = len(warnings.filters)\ntotal = float(warnings.filters[0][0] == 'ignore')",
    ),
    "warnings are errors": ("import warnings\nwarnings.simplefilter('error')", "total = 1"),
    "module state": ("pd.set_option('display.precision', 3)", "total = pd.get_option('display.precision')"),
    "method state": ("np.seterr(all='raise')", "total = float(np.geterr()['over'] == 'raise')"),
    "default argument": ("def f(x, seen=[]):\n    seen.append(x); return len(seen)\nf(1)", "total = f(2)"),
    "cached": (
        "import functools\n@functools.cache\ndef f(x): return x + 1\nf(1)",
        "total = f.cache_info().currsize",
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_a_run_from_a_held_state_equals_a_full_run(run, what):
    before, after = SAME[what]
    cells = (PAUSE, before, "work = sum(range(12_000_000))", after, USE)
    run(*cells, limit=2.0, other=1.0)

    again = run(*cells, limit=-5.0, other=1.0)
    full = run(*cells, limit=-5.0, other=1.0, origin="sweep")

    assert again.resumed is not None
    assert full.resumed is None
    assert told(again) == told(full)


CELL_OF_IT = 4  # after the heading, the parameters, those injected, and the work
FULL = {
    "seeded generator": "np.random.seed(0)\ntotal = np.random.rand()",
    "time": "import time\ntotal = time.time() * 0 + 1",
    "file": "open('x.txt', 'w').write('1')\ntotal = 1",
    "frame to a file": "pd.DataFrame({'x': [1]}).to_csv('x.csv')\ntotal = 1",
    "thread": "import threading\nthreading.Timer(60, print).start()\ntotal = 1",
    "matplotlib": "import matplotlib\nmatplotlib.rcParams['lines.linewidth'] = 3\ntotal = 1",
    "database": "import duckdb\nrelation = duckdb.sql('select 1 as x')\ntotal = relation.fetchone()[0]",
    "child": "import subprocess\nchild = subprocess.Popen(['sleep', '60'])\ntotal = 1",
}


@pytest.mark.parametrize("what", FULL)
def test_what_cannot_be_copied_is_done_again(run, what):
    cells = (PAUSE, FULL[what], "work = sum(range(12_000_000))", USE)
    run(*cells, limit=2.0, other=1.0)

    again = run(*cells, limit=5.0, other=1.0)
    full = run(*cells, limit=5.0, other=1.0, origin="sweep")

    assert again.resumed is None or again.resumed.cell <= CELL_OF_IT
    assert told(again) == told(full)


def test_a_default_that_was_overridden_once_is_not_taken_over(run):
    cells = (PAUSE, "total = 1", USE)
    run(*cells, limit=7.0, other=1.0)

    assert run(*cells, other=1.0).kpis["seen"].value == 1.0


def test_a_display_that_is_updated_later_is_run_in_full(run):
    cells = (
        PAUSE,
        "handle = display('first', display_id=True)",
        PAUSE,
        "total = 1\nhandle.update(limit)",
        USE,
    )
    run(*cells, limit=2.0, other=1.0)

    again, full = run(*cells, limit=5.0, other=1.0), run(*cells, limit=5.0, other=1.0, origin="sweep")

    assert told(again) == told(full)


def held_pids(bench):
    return [one.pid for one in bench.engine.executor._held._kept]


CELLS = (PAUSE, "total = 1", USE)


def test_a_held_process_that_was_killed_costs_nothing_but_time(run, bench):
    run(*CELLS, limit=2.0, other=1.0)
    for pid in held_pids(bench):
        os.kill(pid, signal.SIGKILL)

    again = run(*CELLS, limit=5.0, other=1.0)

    assert (again.resumed, again.kpis["seen"].value) == (None, 5.0)


def test_a_held_process_that_does_not_answer_is_given_up(run, bench, monkeypatch):
    monkeypatch.setattr("workbench.runs.local.ANSWER_S", 0.5)
    run(*CELLS, limit=2.0, other=1.0)
    stopped = held_pids(bench)
    for pid in stopped:
        with contextlib.suppress(ProcessLookupError):  # a copy that was not kept ends by itself
            os.kill(pid, signal.SIGSTOP)

    again = run(*CELLS, limit=5.0, other=1.0)

    assert stopped
    assert (again.resumed, again.kpis["seen"].value) == (None, 5.0)
    assert not [pid for pid in stopped if name_of(pid) == HELD]


def test_a_state_that_is_let_go_of_does_not_end_the_run_that_went_on_from_it(run, bench, notebook):
    cells = (PAUSE, "total = 1", USE, "import time\ntime.sleep(1.5)\nwb.kpi('end', 1)")
    run(*cells, limit=2.0, other=1.0)
    path = notebook("# T", *cells, parameters=PARAMETERS)
    name = bench.engine.submit(
        RunRequest(template=path, parameters={"limit": 5.0, "other": 1.0}, origin="form")
    )
    while not bench.engine.get(name).kpis:
        time.sleep(0.01)
    bench.engine.executor._held.trim(keep=0)

    record = bench.engine.wait(name, timeout=30)

    assert (record.status, record.kpis["end"].value) == ("succeeded", 1)
    assert record.resumed is not None


def test_few_states_are_held_however_many_runs_there_were(run, bench):
    for n in range(KEEP + 3):
        run(PAUSE, f"total = {n}", USE, limit=2.0, other=1.0)

    time.sleep(1)
    assert 0 < len(held_pids(bench)) <= KEEP
    assert len(bench.engine.executor._held) <= KEEP


def test_states_that_take_much_memory_are_not_kept(run, bench, monkeypatch):
    monkeypatch.setattr("workbench.runs.held.KEEP_BYTES", 300e6)
    for n in range(2):
        run(PAUSE + f"\nblock = np.ones(25_000_000) * {n}", "total = 1", USE, limit=2.0, other=1.0)
        time.sleep(1)

    assert len(held_pids(bench)) <= 1


def test_nothing_is_held_after_the_end(tmp_path, notebook, monkeypatch):
    others = set(descendants(os.getpid()))
    with Workbench(load_settings(home=str(tmp_path / "plant"), ready_kernels=1), full=False) as bench:
        job = bench.engine.preparer.job
        bench.engine.preparer.job = lambda request: in_scratch(job(request))
        path = notebook("# T", *CELLS, parameters=PARAMETERS)
        request = RunRequest(template=path, origin="form", parameters={"limit": 2.0, "other": 1.0})
        bench.engine.wait(bench.engine.submit(request), timeout=60)
        held = held_pids(bench)
        alive = [pid for pid in held if name_of(pid) == HELD]
    assert held == alive != []
    assert not [pid for pid in held if Path(f"/proc/{pid}").exists()]
    assert set(descendants(os.getpid())) <= others
