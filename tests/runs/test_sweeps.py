"""Sweeps on a real engine: partial failure, cancel, retry, reuse, and a restart that makes no point twice."""

import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.demo.quality import bore_diameter_all
from workbench.runs.request import RunRequest
from workbench.runs.sweep import SweepRequest
from workbench.runs.sweep_board import worst_first
from workbench.runs.sweep_table import table

LEVELS = """
import workbench as wb
if n == 3: raise ValueError("three is broken")
if n == 4: wb.refuse("too_few", need=25, have=18, text={"en": "too few", "zh": "太少"}, remedy={"en": "more", "zh": "更多"})
wb.kpi("n", n, unit="mm")
level = {0: "good", 1: "bad", 2: "warning"}.get(n, "good")
wb.verdict(level, level=level, text={"en": f"n is {n}", "zh": f"n 为 {n}"})
"""  # fmt: skip # noqa: E501
PARAMETERS = "n: int = 0"


def over(path, *values, **run):
    axis = {"kind": "parameter", "parameter": "n", "values": list(values)}
    return SweepRequest(run=RunRequest(template=path, **run), over=[axis])


def ended(bench, sweep, seconds=60):
    until = time.monotonic() + seconds
    while not bench.sweeps.get(sweep).ended:
        assert time.monotonic() < until, bench.sweeps.get(sweep)
        time.sleep(0.05)
    return bench.sweeps.get(sweep)


def test_partial_failure_is_shown_and_stops_no_other_point(bench, notebook):
    path = notebook(LEVELS, parameters=PARAMETERS)

    sweep = ended(bench, bench.sweeps.create(over(path, 0, 1, 2, 3, 4)))
    rows = worst_first(bench.sweeps.board(sweep.sweep).rows, None)

    assert sweep.counts == {"succeeded": 3, "failed": 1, "refused": 1}
    assert (sweep.done, sweep.failed) == (5, 1)
    assert [(row.at["n"], row.level) for row in rows] == [
        (1, "bad"), (2, "warning"), (3, "no_answer"), (4, "refused"), (0, "good"),
    ]  # fmt: skip
    assert "three is broken" in rows[2].text


def test_a_point_without_rows_is_a_visible_failure_with_its_sentence(bench):
    bench.tables.add("fleet", pd.DataFrame({"machine": ["M01"] * 30, "value": [i % 7 for i in range(30)]}))
    axis = {"kind": "assets", "column": "machine", "values": ["M01", "M99"]}
    run = RunRequest(template="control-chart", inputs={"measurements": "fleet"})

    sweep = ended(bench, bench.sweeps.create(SweepRequest(run=run, over=[axis])))
    row = bench.sweeps.board(sweep.sweep).rows[1]

    assert (sweep.done, sweep.counts["not_accepted"]) == (2, 1)
    assert row.text.startswith("table fleet, rows with machine = M99: got no rows")
    assert not row.has_run


@pytest.mark.slow
def test_the_machines_with_a_planted_fault_are_on_top_of_the_board(tmp_path):
    demo = bore_diameter_all()
    axis = {"kind": "assets", "column": "machine"}
    run = RunRequest(template="control-chart", inputs={"measurements": demo.name})
    with Workbench(load_settings(home=str(tmp_path), ready_kernels=2), full=True) as bench:
        bench.tables.add(demo.name, demo.frame)
        sweep = ended(bench, bench.sweeps.create(SweepRequest(run=run, over=[axis])), 200)
        rows = worst_first(bench.sweeps.board(sweep.sweep).rows, bench.library.get("control-chart"))

    planted = {demo.truth["worn_machine"], demo.truth["shifted_machine"]}
    assert {row.at["machine"] for row in rows[:2]} == planted
    assert [row.level for row in rows] == ["bad"] * 2 + ["good"] * 10


def test_all_points_are_one_table_with_units(bench, notebook):
    sweep = ended(bench, bench.sweeps.create(over(notebook(LEVELS, parameters=PARAMETERS), 0, 1, 3)))

    frame, units = table(bench.sweeps.board(sweep.sweep), None, language="zh")

    assert frame["n"].tolist() == [0, 1, 3]
    assert frame["n_result"].fillna(-1).tolist() == [0.0, 1.0, -1.0]
    assert frame["status"].tolist() == ["succeeded", "succeeded", "failed"]
    assert frame["answer"].tolist()[:2] == ["n 为 0", "n 为 1"]
    assert units == {"n_result": "mm"}
    assert frame["run"].is_unique


def test_failed_points_alone_are_run_again_and_say_of_which_run(bench, notebook, tmp_path):
    flag = tmp_path / "mended"
    cell = f"import pathlib\nif n == 1 and not pathlib.Path({str(flag)!r}).exists(): raise ValueError('no')"
    sweep = ended(bench, bench.sweeps.create(over(notebook(cell, parameters=PARAMETERS), 0, 1)))
    first = [row.run for row in bench.sweeps.board(sweep.sweep).rows]
    flag.touch()

    bench.sweeps.retry(sweep.sweep)
    again = ended(bench, sweep.sweep)
    rows = bench.sweeps.board(sweep.sweep).rows

    assert again.counts == {"succeeded": 2}
    assert rows[0].run == first[0]
    assert bench.engine.history.job(rows[1].run).retry_of == first[1]


def test_a_cancelled_sweep_ends_every_point_and_goes_on_when_asked(bench, notebook):
    path = notebook("import time\ntime.sleep(0.2)", parameters=PARAMETERS)
    sweep = bench.sweeps.create(over(path, *range(120)))

    cancelled = bench.sweeps.cancel(sweep)

    assert ended(bench, sweep, 10).done + cancelled.counts.get("waiting", 0) == 120
    assert not bench.sweeps.store.open_runs(sweep)
    going = bench.sweeps.resume(sweep)
    assert not going.cancelled
    bench.sweeps.cancel(sweep)


def test_answers_that_are_there_already_are_taken_over(bench, notebook):
    path = notebook(LEVELS, parameters=PARAMETERS)
    first = ended(bench, bench.sweeps.create(over(path, 0, 1)))

    second = ended(bench, bench.sweeps.create(over(path, 0, 1, 7, reuse=True)))
    before, after = (bench.sweeps.board(one.sweep).rows for one in (first, second))

    assert [row.run for row in after[:2]] == [row.run for row in before]
    assert [row.reused for row in after] == [True, True, False]


def test_the_board_reads_a_record_once(bench, notebook):
    sweep = ended(bench, bench.sweeps.create(over(notebook(LEVELS, parameters=PARAMETERS), 0, 1)))
    board = bench.sweeps.board(sweep.sweep)
    rows = list(board.rows)

    assert board.refresh() is False
    assert all(old is new for old, new in zip(rows, board.rows, strict=True))


SERVER = """
import sys, time
from workbench.app import Workbench
from workbench.config import load_settings
from workbench.demo.quality import bore_diameter_all
from workbench.runs.request import RunRequest
from workbench.runs.sweep import SweepRequest
from workbench.runs import sweeps
make_some = sweeps.Sweeps._make_some
def slowly(self, sweep):
    time.sleep(0.05)
    return make_some(self, sweep)
sweeps.AT_ONCE, sweeps.Sweeps._make_some = 1, slowly  # 24 points take over a second on any machine
bench = Workbench(load_settings(home=sys.argv[1], ready_kernels=1), full=False)
bench.serve_at("test")
bench.start()
if sys.argv[3] != "0":
    axis = {"kind": "parameter", "parameter": "n", "values": list(range(int(sys.argv[3])))}
    request = SweepRequest(run=RunRequest(template=sys.argv[2]), over=[axis])
    print(bench.sweeps.create(request), flush=True)
print("up", flush=True)
time.sleep(600)
"""


def serve(home: Path, path: str, points: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SERVER, str(home), path, str(points)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


@pytest.mark.serial
def test_kill_9_in_the_middle_and_a_restart_make_every_point_once(tmp_path, notebook):
    home = tmp_path / "plant"
    code = "import time\nimport workbench as wb\ntime.sleep(0.1)\nwb.kpi('x', n)"
    path = notebook(code, parameters=PARAMETERS)
    first = serve(home, path, 24)
    sweep = first.stdout.readline().strip()
    partly = []
    for delay in (0.05, 0.3, 1.0):  # killed while points become runs, and while runs go
        time.sleep(delay)
        first.kill()
        first.wait()
        first.stdout.close()
        partly.append(count(home, sweep))
        first = serve(home, path, 0)
        assert first.stdout.readline().strip() == "up"
    first.kill()
    first.wait()
    first.stdout.close()

    bench = Workbench(load_settings(home=str(home), ready_kernels=2), full=False).start()
    try:
        found = ended(bench, sweep, 120)
        rows = bench.sweeps.board(sweep).rows
        made = [len(bench.engine.history.newest(limit=1000, sweep=one)) for one in (sweep, None)]
    finally:
        bench.stop()

    assert partly[0] < 24, "the first server was killed too late to prove anything"
    assert found.counts == {"succeeded": 24}
    assert [row.kpis["x"].value for row in rows] == list(range(24))
    assert made == [24, 24]


def count(home: Path, sweep: str) -> int:
    """Return how many runs of a sweep there are, looked up without starting anything."""
    bench = Workbench(load_settings(home=str(home)), full=False)
    try:
        return len(bench.engine.history.newest(limit=1000, sweep=sweep))
    finally:
        bench.stop()
