"""What every place where runs execute must do: one suite over this machine and over a cluster.

The engine is real, and so is the cluster: a scheduler and two workers, each a process of its own.
"""

import contextlib
import json
import math
import os
import signal
import time
from pathlib import Path

import nbformat
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.request import RunRequest

KPI = 'import workbench as wb\nwb.kpi("cpk", 1.25, unit="1")'
LIMITS = {
    "run_seconds": 5.0,
    "silent_seconds": 2.0,
    "memory_megabytes": 400.0,
    "output_megabytes": 1.0,
    "outputs": 200,
}


@pytest.fixture(scope="module", params=["local", "dask"])
def place(request):
    """The settings that choose a place."""
    if request.param == "local":
        return {"executor": "local"}
    return {"executor": "dask", "dask_address": request.getfixturevalue("cluster").address}


@contextlib.contextmanager
def workbench(place, folder, **limits):
    path = folder / "first.ipynb"
    path.write_text(json.dumps(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1")])))
    settings = load_settings(home=str(folder / "plant"), ready_kernels=1, **limits, **place)
    with Workbench(settings, full=False) as bench:
        run(bench, str(path))  # whatever is imported the first time does not count against the limits
        yield bench


@pytest.fixture(scope="module")
def bench(place, tmp_path_factory):
    with workbench(place, tmp_path_factory.mktemp("bench")) as bench:
        yield bench


@pytest.fixture(scope="module")
def strict(place, tmp_path_factory):
    """The same with short limits."""
    with workbench(place, tmp_path_factory.mktemp("strict"), **LIMITS) as bench:
        yield bench


def submit(bench, path, **request):
    return bench.engine.submit(RunRequest(template=path, **request))


def run(bench, path, **request):
    return bench.engine.wait(submit(bench, path, **request), timeout=90)


def until(fact, seconds=60.0):
    """Wait for a fact, and return it."""
    deadline = time.monotonic() + seconds
    while not (found := fact()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def started(bench, name):
    """Wait until a run's notebook executes."""
    return until(lambda: any(step.state == "running" for step in bench.engine.get(name).steps))


def staged(bench):
    return list(bench.workspace.staging.iterdir())


def test_a_run_succeeds_and_is_published_whole(bench, notebook):
    table = 'import pandas as pd\nwb.table("signals", pd.DataFrame({"x": [1]}))'

    record = run(bench, notebook(KPI, table))

    folder = bench.workspace.runs / record.run
    assert (record.status, record.error, record.attempts) == ("succeeded", None, 1)
    assert record.kpis["cpk"].value == 1.25
    assert sorted(path.name for path in folder.iterdir()) == ["notebook.ipynb", "run.json", "tables"]
    assert until(lambda: not staged(bench))


def test_the_record_says_where_it_ran(bench, notebook, place):
    record = run(bench, notebook(KPI))

    kept = json.loads((bench.workspace.runs / record.run / "run.json").read_text("utf-8"))
    assert kept["executor"] == record.executor
    assert record.executor.startswith("local" if place["executor"] == "local" else "tcp://127.0.0.1:")


def test_a_refusal_is_an_answer(bench, notebook):
    words = 'text={"en": "too few", "zh": "太少"}, remedy={"en": "measure more", "zh": "多测"}'

    record = run(bench, notebook(f'import workbench as wb\nwb.refuse("few", need=25, have=18, {words})'))

    assert (record.status, record.refusal.need) == ("refused", 25)


def test_an_error_keeps_the_notebook_and_what_came_before(bench, notebook):
    record = run(bench, notebook(KPI, "## Divide", "x / 0", "## Never", "1"))

    assert (record.status, record.error.heading) == ("failed", "Divide")
    assert record.kpis["cpk"].value == 1.25
    assert "x / 0" in Path(record.notebook).read_text("utf-8")


def test_parameters_arrive_unchanged(bench, notebook):
    values = {"a": "it's", "b": 'a "quoted"\n温度℃', "c": "__import__('os')", "d": math.nan, "e": 1e308}
    cells = [f'wb.kpi("{name}", repr({name}))' for name in values]
    defaults = 'a: str = ""\nb: str = ""\nc: str = ""\nd: float = 0.0\ne: float = 0.0'

    record = run(bench, notebook("import workbench as wb", *cells, parameters=defaults), parameters=values)

    assert {name: kpi.value for name, kpi in record.kpis.items()} == {n: repr(v) for n, v in values.items()}


def test_steps_and_numbers_are_seen_before_the_end(bench, notebook):
    path = notebook("## Slow", KPI, "import time\ntime.sleep(1.5)", "## Last", "1")
    name = submit(bench, path)
    seen = set()

    while not (record := bench.engine.get(name)).ended:
        if record.kpis:
            seen |= {(step.title, step.state) for step in record.steps}
        time.sleep(0.02)

    assert {("Slow", "running"), ("Last", "waiting")} <= seen


def test_a_running_run_is_cancelled_twice_and_stays_so(bench, notebook):
    name = submit(bench, notebook("## Wait", "import time\nwhile True: print(1); time.sleep(0.1)"))
    assert started(bench, name)

    bench.engine.cancel(name)
    bench.engine.cancel(name)

    record = bench.engine.wait(name, timeout=30)
    assert record.status == "cancelled"
    assert bench.engine.cancel(name) == record
    assert until(lambda: not staged(bench))


def test_a_queued_run_is_cancelled_without_ever_starting(bench, notebook):
    path = notebook("import time\nwhile True: print(1); time.sleep(0.1)")
    names = [submit(bench, path) for _ in range(8)]

    cancelled = bench.engine.cancel(names[-1])

    assert (cancelled.status, cancelled.attempts) == ("cancelled", 0)
    for name in names[:-1]:
        bench.engine.cancel(name)
    assert {bench.engine.wait(name, timeout=60).status for name in names} == {"cancelled"}


@pytest.mark.parametrize(
    ("cell", "status", "setting"),
    [
        ("import time\nwhile True: print(1); time.sleep(0.1)", "timed_out", "RUN_SECONDS"),
        ("import time\ntime.sleep(60)", "timed_out", "SILENT_SECONDS"),
        ("x = bytearray(b'x' * 600_000_000)\nimport time\ntime.sleep(1.9)", "over_limit", "MEMORY_MEGABYTES"),
        ("for _ in range(100): print('x' * 100_000)", "over_limit", "OUTPUT_MEGABYTES"),
        ("for _ in range(300): display(1)", "over_limit", "OUTPUTS"),
    ],
    ids=["time", "silence", "memory", "size", "outputs"],
)
def test_a_limit_names_itself(strict, notebook, cell, status, setting):
    record = run(strict, notebook(KPI, cell))

    assert record.status == status
    assert f"WORKBENCH_{setting}" in record.error.message
    assert record.kpis["cpk"].value == 1.25


def test_a_notebook_that_ends_its_process_fails_and_the_next_run_is_fine(bench, notebook):
    record = run(bench, notebook("import os\nos._exit(3)"))

    assert (record.status, record.error.code, record.attempts) == ("failed", "kernel_died", 1)
    assert run(bench, notebook(KPI)).status == "succeeded"


def test_a_run_whose_process_is_killed_is_tried_again_and_says_so(bench, notebook, place, request, tmp_path):
    told = tmp_path / "told"
    once = f"import os, time\nif not os.path.exists({str(told)!r}):\n    open({str(told)!r}, 'w')\n"
    once += "    time.sleep(1.9)\n    print(1)\n    time.sleep(1.9)"
    name = submit(bench, notebook("## Once", once, KPI))
    assert until(told.exists)
    assert started(bench, name)
    before = bench.engine.get(name).executor

    if place["executor"] == "local":
        driver = next(one for one in bench.engine.executor._processes if one.job and one.job.run == name)
        os.kill(driver.pid, signal.SIGKILL)
    else:
        cluster = request.getfixturevalue("cluster")
        cluster.kill(before)
        cluster.start_worker()

    record = bench.engine.wait(name, timeout=60)
    assert (record.status, record.attempts) == ("succeeded", 2)
    assert place["executor"] == "local" or record.executor != before
    assert until(lambda: not staged(bench))


def test_a_run_that_takes_its_processes_down_is_tried_three_times_then_lost(bench, notebook):
    nursery = "psutil.Process(os.getppid()).parent()"
    path = notebook(f"import os, psutil, time\n{nursery}.kill()\ntime.sleep(60)")

    record = run(bench, path)

    assert (record.status, record.attempts) == ("lost", 3)
    assert "3 times" in record.error.message
    assert run(bench, notebook(KPI)).status == "succeeded"


def test_many_runs_all_end(bench, notebook, place):
    path = notebook(KPI + "\nimport time\ntime.sleep(0.3)")
    names = bench.engine.submit_many([RunRequest(template=path, origin="sweep") for _ in range(24)])

    records = [bench.engine.wait(name, timeout=90) for name in names]

    assert {record.status for record in records} == {"succeeded"}
    assert len({record.executor for record in records}) == (1 if place["executor"] == "local" else 2)


def test_stopping_returns_what_goes_to_the_queue_and_the_next_start_runs_it(place, notebook, tmp_path):
    pid = tmp_path / "pid"
    once = f"import os, time\nif not os.path.exists({str(pid)!r}):\n    "
    once += f"open({str(pid)!r}, 'w').write(str(os.getpid()))\n    time.sleep(600)"
    settings = load_settings(home=str(tmp_path / "plant"), ready_kernels=1, **place)
    first = Workbench(settings, full=False).start()
    name = submit(first, notebook(once, KPI))
    assert until(lambda: pid.exists() and pid.read_text())

    first.stop()

    assert not staged(first)
    assert until(lambda: not Path(f"/proc/{pid.read_text()}").exists(), 10)
    second = Workbench(settings, full=False)
    assert second.engine.get(name).status == "queued"
    second.start()
    record = second.engine.wait(name, timeout=60)
    second.stop()
    assert (record.status, record.attempts) == ("succeeded", 1)  # what was told to stop spends no attempt
