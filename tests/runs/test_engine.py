"""The engine over real kernels: how runs end, and that nothing is ever told wrongly."""

import time
from pathlib import Path

import nbformat
import pyarrow.parquet as pq
import pytest

from workbench.errors import Invalid, NotFound
from workbench.runs.again import request_of
from workbench.runs.request import RunRequest

KPI = 'import workbench as wb\nwb.kpi("cpk", 1.25, unit="1", low=1.1, high=1.4)'


def run(bench, path, **request):
    return bench.engine.wait(bench.engine.submit(RunRequest(template=path, **request)), timeout=60)


def test_a_notebook_with_results_succeeds(bench, notebook):
    record = run(bench, notebook(KPI))

    assert record.status == "succeeded"
    assert (record.kpis["cpk"].value, record.kpis["cpk"].low) == (1.25, 1.1)


def test_a_published_run_is_a_whole_folder(bench, notebook):
    table = 'import workbench as wb, pandas as pd\nwb.table("signals", pd.DataFrame({"规则": [1, 2]}))'

    record = run(bench, notebook(table))

    folder = bench.workspace.runs / record.run
    assert sorted(path.name for path in folder.iterdir()) == ["notebook.ipynb", "run.json", "tables"]
    assert pq.read_table(record.tables["signals"]).column("规则").to_pylist() == [1, 2]
    nbformat.validate(nbformat.read(record.notebook, as_version=4))


def test_what_was_found_can_be_read_before_the_run_is_kept(bench, notebook, monkeypatch):
    chart = "from bokeh.plotting import figure\np = figure(); p.line([1, 2], [3, 4])\nwb.figure('line', p)"
    looked = []
    hear = bench.engine._hear

    def look(name, event):
        hear(name, event)
        if event["event"] == "answer":
            record = bench.engine.answer(name, timeout=0)
            looked.append((record, Path(record.figures["line"]).is_file()))

    monkeypatch.setattr(bench.engine, "_hear", look)
    kept = run(bench, notebook(KPI, chart))

    [(early, drawn)] = looked
    assert (early.status, early.answer, early.finished, drawn) == ("running", "succeeded", None, True)
    assert early.kpis == kept.kpis
    assert (kept.status, kept.answer) == ("succeeded", None)
    assert Path(kept.figures["line"]).is_file()
    assert bench.engine.answer(kept.run) == kept


@pytest.mark.parametrize(
    "value", ["it's", 'a "quoted" one', "line\nbreak", "温度℃", "__import__('os')", "1e308"]
)
def test_a_parameter_arrives_unchanged_and_never_as_code(bench, notebook, value):
    path = notebook('import workbench as wb\nwb.kpi("echo", name)', parameters='name: str = "x"')

    record = run(bench, path, parameters={"name": value})

    assert record.kpis["echo"].value == value


def test_an_error_keeps_the_notebook_and_names_the_step(bench, notebook):
    record = run(bench, notebook("# Title", "## Load", "x = 1", "## Divide", "x / 0"))

    assert record.status == "failed"
    assert record.error.message == "ZeroDivisionError: division by zero"
    assert (record.error.heading, record.error.source) == ("Divide", "x / 0")
    assert [(step.title, step.state) for step in record.steps] == [("Load", "done"), ("Divide", "failed")]
    assert Path(record.notebook).is_file()


def test_results_before_an_error_are_kept(bench, notebook):
    record = run(bench, notebook(KPI, "raise ValueError('late')"))

    assert record.status == "failed"
    assert record.kpis["cpk"].value == 1.25


def test_a_refusal_is_an_answer_with_a_remedy(bench, notebook):
    cell = (
        "import workbench as wb\n"
        'wb.refuse("few", need=25, have=18, text={"en": "too few", "zh": "太少"}, '
        'remedy={"en": "measure more", "zh": "多测"})'
    )

    record = run(bench, notebook(cell))

    assert record.status == "refused"
    assert (record.refusal.need, record.refusal.have) == (25, 18)
    assert record.refusal.remedy["zh"] == "多测"


def test_a_method_that_refuses_refuses_the_run(bench, notebook):
    cell = 'from workbench.errors import TooFew\nraise TooFew("the chart", need=20, have=3)'

    record = run(bench, notebook(cell))

    assert record.status == "refused"
    assert (record.refusal.code, record.refusal.need) == ("too_few", 20)


def test_a_notebook_that_never_ends_is_stopped_by_its_limit(bench, notebook):
    record = run(bench, notebook("import time\nwhile True: time.sleep(1)"))

    assert record.status == "timed_out"
    assert "4 s" in record.error.message
    assert "WORKBENCH_RUN_SECONDS" in record.error.message


def test_a_flood_of_output_is_stopped_by_its_limit(bench, notebook):
    record = run(bench, notebook("for _ in range(100): print('x' * 100_000)"))

    assert record.status == "over_limit"
    assert "WORKBENCH_OUTPUT_MEGABYTES" in record.error.message


def test_a_notebook_that_kills_its_kernel_fails_and_the_next_run_is_fine(bench, notebook):
    record = run(bench, notebook("import os\nos._exit(3)"))

    assert (record.status, record.error.code) == ("failed", "kernel_died")
    assert run(bench, notebook(KPI)).status == "succeeded"


def test_a_running_run_can_be_cancelled_twice(bench, notebook):
    name = bench.engine.submit(RunRequest(template=notebook("import time\ntime.sleep(60)")))
    while bench.engine.get(name).status == "queued":
        time.sleep(0.02)

    bench.engine.cancel(name)
    bench.engine.cancel(name)

    assert bench.engine.wait(name, timeout=30).status == "cancelled"


def test_cancelling_an_ended_run_changes_nothing(bench, notebook):
    record = run(bench, notebook(KPI))

    assert bench.engine.cancel(record.run) == record


def test_a_queued_run_is_cancelled_without_ever_starting(bench, notebook):
    sleeper = notebook("import time\ntime.sleep(60)")
    names = [bench.engine.submit(RunRequest(template=sleeper)) for _ in range(4)]

    cancelled = bench.engine.cancel(names[-1])

    assert cancelled.status == "cancelled"
    for name in names[:-1]:
        bench.engine.cancel(name)
        assert bench.engine.wait(name, timeout=30).status == "cancelled"


def test_progress_names_the_steps_while_they_run(bench, notebook):
    path = notebook("# T", "## Slow", KPI, "import time\ntime.sleep(1.5)", "## Last", "1")
    name = bench.engine.submit(RunRequest(template=path))
    seen = set()
    while not (record := bench.engine.get(name)).ended:
        seen |= {(step.title, step.state) for step in record.steps}
        if record.steps[0].state == "running" and record.kpis:
            seen.add("kpi before the end")
        time.sleep(0.02)

    assert {("Slow", "running"), ("Last", "waiting"), "kpi before the end"} <= seen


def test_a_chart_can_be_seen_before_the_notebook_ends(bench, notebook):
    chart = (
        "import workbench as wb\nfrom bokeh.plotting import figure\n"
        'plot = figure()\nplot.line([1, 2], [3, 4])\nwb.figure("trend", plot)'
    )
    name = bench.engine.submit(RunRequest(template=notebook(chart, "import time\ntime.sleep(1.5)")))
    while not (record := bench.engine.get(name)).figures and not record.ended:
        time.sleep(0.02)

    assert record.status == "running"
    assert "roots" in Path(record.figures["trend"]).read_text(encoding="utf-8")


def test_a_run_that_could_not_be_handed_out_is_handed_out_again(bench, notebook, monkeypatch):
    begin = bench.engine.executor.begin

    def fail_once(job):
        monkeypatch.setattr(bench.engine.executor, "begin", begin)
        raise OSError("no descriptors left")

    monkeypatch.setattr(bench.engine.executor, "begin", fail_once)

    record = run(bench, notebook(KPI))

    assert (record.status, record.attempts) == ("succeeded", 2)


def test_an_unknown_parameter_is_refused_before_a_kernel_is_touched(bench, notebook):
    path = notebook("print(limit)", parameters="limit: float = 1.0")

    with pytest.raises(Invalid, match="limit"):
        bench.engine.submit(RunRequest(template=path, parameters={"limt": 2}))


def test_an_unknown_template_suggests_the_nearest(bench):
    with pytest.raises(NotFound):
        bench.engine.submit(RunRequest(template="no-such-template"))


def test_an_unknown_run_is_not_found(bench):
    with pytest.raises(NotFound, match="unknown run"):
        bench.engine.get("nothing")


def test_history_lists_the_newest_first(bench, notebook):
    first, second = run(bench, notebook(KPI)), run(bench, notebook("1 +"))

    listed = [record.run for record in bench.engine.list(limit=2)]

    assert listed == [second.run, first.run]
    assert bench.engine.list(status="failed", limit=1)[0].run == second.run


def test_a_notebook_given_by_its_path_can_be_run_again(bench, notebook):
    path = notebook(KPI, parameters="limit: float = 1.0")
    first = run(bench, path, parameters={"limit": 2.0})

    request = request_of(bench.engine.history.job(first.run), origin="test")
    again = bench.engine.wait(bench.engine.submit(request), timeout=60)

    assert (again.status, again.parameters) == ("succeeded", {"limit": 2.0})


def test_a_notebook_without_a_contract_has_no_earlier_result(bench, notebook):
    path = notebook(KPI)
    run(bench, path)

    assert bench.engine.earlier(RunRequest(template=path)) is None
