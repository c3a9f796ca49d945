"""Notebooks that do what they should not: the run ends truthfully, nothing stays, the next one is fine."""

import os
import time
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.processes import descendants
from workbench.runs.request import RunRequest

KPI = 'import workbench as wb\nwb.kpi("x", 1)'


@pytest.fixture
def run(bench, notebook, monkeypatch):
    def execute(*cells, seconds=30.0):
        settings = replace(bench.settings, run_seconds=seconds)
        monkeypatch.setattr(bench.engine.preparer, "settings", settings)
        path = notebook("# T", "## One", *cells)
        return bench.engine.wait(bench.engine.submit(RunRequest(template=path)), timeout=60)

    return execute


@pytest.fixture(autouse=True)
def _the_next_run_is_fine(bench, notebook):
    path = notebook(KPI, name="next")
    yield
    assert bench.engine.wait(bench.engine.submit(RunRequest(template=path)), timeout=60).status == "succeeded"


def gone(pid: int, within: float = 2.0) -> bool:
    deadline = time.monotonic() + within
    while Path(f"/proc/{pid}").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    return not Path(f"/proc/{pid}").exists()


DAEMON = """import os, sys, time
print("before")
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.chdir("/")
        os.environ.clear()
        open(%r, "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
os.wait()
while not os.path.exists(%r): time.sleep(0.01)
"""
ENDS = {
    "well": "",
    "by-itself": "os._exit(3)",
    "by-error": "1 / 0",
    "by-signal": "import signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "by-limit": "time.sleep(600)",
}


@pytest.mark.parametrize("end", ENDS)
def test_a_daemon_is_gone_when_its_run_has_ended(run, tmp_path, end):
    pid_file = str(tmp_path / "pid")

    record = run(DAEMON % (pid_file, pid_file) + ENDS[end], seconds=3.0)

    assert record.ended
    assert gone(int(Path(pid_file).read_text()))


CODES = {
    "exit": ("import os\nos._exit(3)", "exited with status 3"),
    "segfault": ("import ctypes\nctypes.string_at(0)", "ended by SIGSEGV"),
    "abort": ("import os\nos.abort()", "ended by SIGABRT"),
    "killed": ("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", "ended by SIGKILL"),
    "all-descriptors-closed": ("import os\nos.closerange(0, 4096)", "ended on its own"),
}


@pytest.mark.parametrize("how", CODES)
def test_a_process_that_ends_on_its_own_says_how(run, how):
    cell, message = CODES[how]

    record = run(KPI, cell)

    assert (record.status, record.error.code) == ("failed", "kernel_died")
    assert message in record.error.message
    assert record.kpis["x"].value == 1
    assert record.error.heading == "One"


ERRORS = {
    "BaseException": "raise BaseException('odd')",
    "KeyboardInterrupt": "raise KeyboardInterrupt('odd')",
    "GeneratorExit": "raise GeneratorExit('odd')",
    "SystemExit": "import sys\nsys.exit('odd')",
    "RecursionError": "def f(): return f()\nf()",
    "SyntaxError": "1 +",
}


@pytest.mark.parametrize("name", ERRORS)
def test_whatever_is_raised_is_the_error_of_the_run(run, name):
    record = run(KPI, ERRORS[name], 'wb.kpi("never", 1)')

    assert (record.status, record.error.code, record.error.name) == ("failed", "failed", name)
    assert set(record.kpis) == {"x"}


def test_an_error_that_cannot_say_what_it_is_still_fails_the_run(run):
    record = run("class Odd(Exception):\n    def __str__(self): raise RuntimeError('no text')\nraise Odd()")

    assert (record.status, record.error.name) == ("failed", "Odd")


def test_a_notebook_that_leaves_on_purpose_has_not_failed(run):
    record = run(KPI, "import sys\nsys.exit(0)", "## Two", 'wb.kpi("never", 1)')

    assert record.status == "succeeded"
    assert set(record.kpis) == {"x"}
    assert [step.state for step in record.steps] == ["done", "waiting"]


FINE = {
    "stdout-replaced": "import sys, io\nsys.stdout = io.StringIO()\nprint('lost')",
    "stdout-none": "import sys\nsys.stdout = sys.stderr = None",
    "stdout-broken": (
        "import sys\nclass S:\n    def flush(self): raise OSError('no')\nsys.stdout = sys.stderr = S()"
    ),
    "stdout-closed": "import sys\nsys.stdout.close()",
    "standard-descriptors-closed": "import os\nos.closerange(0, 3)",
    "chdir": "import os\nos.chdir('/')",
    "folder-deleted": "import os, shutil\nos.mkdir('x'); os.chdir('x')\nshutil.rmtree(os.getcwd())",
    "threads": (
        "import threading, time\nfor _ in range(5): threading.Thread(target=time.sleep, args=(600,)).start()"
    ),
    "sigterm-ignored": "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)",
    "signals": "import os, signal\nsignal.alarm(600)\nos.killpg(0, signal.SIGCONT)",
    "multiprocessing": (
        "import multiprocessing as mp\nwith mp.get_context('fork').Pool(2) as pool:\n"
        "    assert pool.map(abs, range(-9, 0)) == list(range(9, 0, -1))"
    ),
    "asyncio": "import asyncio\nasyncio.run(asyncio.sleep(0.01))",
    "await": "import asyncio\nawait asyncio.sleep(0.01)",
    "magic": "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
    "environment": "import os\nos.environ.clear()",
    "limits": "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))",
}


@pytest.mark.parametrize("what", FINE)
def test_what_a_notebook_may_do_to_its_process_does_not_end_the_run(run, what):
    record = run(KPI, FINE[what], 'wb.kpi("y", 2)')

    assert record.status == "succeeded", record.error
    assert set(record.kpis) == {"x", "y"}


OUTPUTS = {
    "shell": ("!echo hello from sh", "stream", "hello from sh"),
    "tqdm": ("from tqdm import tqdm\nfor _ in tqdm(range(3)): pass", "stream", "3/3"),
    "update": ("h = display('a', display_id=True)\nh.update('b')", "display_data", "'b'"),
    "clear": (
        "from IPython.display import clear_output\nprint('a')\nclear_output()\nprint('b')",
        "stream",
        "b\n",
    ),
    "clear-wait": (
        "from IPython.display import clear_output\nprint('a')\nclear_output(wait=True)\nprint('b')",
        "stream",
        "b\n",
    ),
    "figure": (
        "%matplotlib inline\nimport matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.show()",
        "display_data",
        "<Figure",
    ),
    "big": ("10 ** 4000", "execute_result", "1000000000"),
    "nan": ("float('nan')", "execute_result", "nan"),
    "nan-in-json": (
        "display({'application/json': {'x': float('nan')}, 'text/plain': 'n'}, raw=True)",
        None,
        "n",
    ),
    "unicode": ("print('温度 ℃ \\U0001f600 \\ud800')", "stream", "温度 ℃ 😀"),
    "null": ("print('a\\x00b')", "stream", "a\x00b"),
    "async": ("async def f(): return 'done'\nawait f()", "execute_result", "'done'"),
    "child": (
        "import os\nif not os.fork():\n    print('child', flush=True)\n    os._exit(0)\nos.wait();",
        "stream",
        "child",
    ),
}


@pytest.mark.parametrize("kind", OUTPUTS)
def test_an_output_arrives_as_in_jupyter(run, kind):
    cell, form, text = OUTPUTS[kind]

    record = run(cell)

    assert record.status == "succeeded", record.error
    (output,) = outputs(record)
    assert form in {None, output["output_type"]}
    assert text in (output.get("text") or output["data"]["text/plain"])


def test_a_display_of_an_earlier_cell_can_be_updated(run):
    record = run("h = display('a', display_id=True)", "h.update('b')")

    assert [output["data"]["text/plain"] for output in outputs(record)] == ["'b'"]


def outputs(record):
    notebook = nbformat.read(record.notebook, as_version=4)
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_lines_of_threads_and_processes_do_not_mix(run):
    cell = (
        "import os, threading\n"
        "def work(mark):\n    for _ in range(40): print(mark * 20_000, flush=True)\n"
        "threads = [threading.Thread(target=work, args=(m,)) for m in 'ab']\n"
        "pids = []\n"
        "for m in 'cd':\n"
        "    pid = os.fork()\n"
        "    if not pid:\n        work(m)\n        os._exit(0)\n"
        "    pids.append(pid)\n"
        "[t.start() for t in threads]; [t.join() for t in threads]; [os.waitpid(p, 0) for p in pids]\n"
        "import workbench as wb\nwb.kpi('y', 1)"
    )

    record = run(cell.replace("20_000", "200"), cell.replace("20_000", "5_000"))

    assert record.status == "succeeded", record.error
    text = "".join(output.get("text", "") for output in outputs(record))
    assert {mark: text.count(mark) for mark in "abcd"} == dict.fromkeys("abcd", 40 * 5200)


def test_a_notebook_finds_no_channel_but_its_own(run):
    cell = (
        "import os, workbench as wb\n"
        "paths = [f'/proc/self/fd/{fd}' for fd in range(256)]\n"
        "links = [os.readlink(path) for path in paths if os.path.islink(path)]\n"
        "wb.kpi('links', ' '.join(sorted(links)))"
    )

    links = run(cell).kpis["links"].value.split()

    assert sum(link.startswith("socket:") for link in links) == 1, links
    assert not [link for link in links if link.startswith("pipe:") or "sqlite" in link], links


GARBAGE = {
    "noise": r"b'\x00\xff garbage\n'",
    "half a line": "b'{\"event\": '",
    "another's words": r"b'[1, 2]\n'",
}


@pytest.mark.parametrize("kind", GARBAGE)
def test_what_a_notebook_writes_to_its_channel_fails_that_run_alone(run, kind):
    cell = (
        "import os\n"
        "for fd in range(3, 64):\n"
        "    link = f'/proc/self/fd/{fd}'\n"
        "    if os.path.islink(link) and os.readlink(link).startswith('socket:'):\n"
        f"        os.write(fd, {GARBAGE[kind]})"
    )

    record = run(KPI, cell, 'wb.kpi("never", 1)')

    assert (record.status, record.error.code) == ("failed", "garbled")
    assert record.kpis["x"].value == 1


FORGED = {
    "no name": '{"kind": "kpi", "value": 1}',
    "no number": '{"kind": "kpi", "name": "y", "value": [1]}',
    "no table": '{"kind": "table", "name": "y", "parquet": 7}',
    "no picture": '{"kind": "figure", "name": "y", "png": "x"}',
    "no bundle": "[1, 2]",
    "no verdict": '{"kind": "verdict", "code": 1}',
    "no alarm": '{"kind": "alarm", "name": "y"}',
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_result_that_is_none_fails_the_run_and_no_process(run, bench, kind):
    cell = f"display({{'application/vnd.workbench.result+json': {FORGED[kind]}}}, raw=True)"
    drivers = {one.pid for one in bench.engine.executor._processes if one.role == "driver"}

    record = run(KPI, cell)

    assert record.status == "failed"
    assert record.attempts == 1
    assert drivers <= {one.pid for one in bench.engine.executor._processes if one.role == "driver"}


def test_each_run_draws_other_random_numbers(run):
    cell = (
        "import numpy as np, random, workbench as wb\n"
        "wb.kpi('r', float(np.random.rand()))\nwb.kpi('s', random.random())"
    )

    first, second = run(cell), run(cell)

    assert first.kpis["r"].value != second.kpis["r"].value
    assert first.kpis["s"].value != second.kpis["s"].value


def test_a_result_may_be_huge_or_no_number(run):
    record = run(
        "import workbench as wb\nwb.kpi('big', 10**300)\n"
        "wb.kpi('nan', float('nan'))\nwb.kpi('inf', -float('inf'))"
    )

    assert record.status == "succeeded", record.error
    assert record.kpis["big"].value == 10**300
    assert (record.kpis["nan"].value, record.kpis["inf"].value) == (None, None)


def test_a_number_of_any_kind_is_a_number_and_what_is_missing_is_missing(run):
    record = run(
        "import decimal, fractions, numpy as np, pandas as pd, workbench as wb\n"
        "wb.kpi('decimal', decimal.Decimal('1.5'))\nwb.kpi('fraction', fractions.Fraction(3, 2))\n"
        "wb.kpi('long', np.longdouble(1.5), low=np.float32(1))\nwb.kpi('series', pd.Series([1.5]))\n"
        "wb.kpi('na', pd.NA)\nwb.kpi('nat', pd.NaT)\nwb.kpi('none', None)"
    )

    assert record.status == "succeeded", record.error
    assert [kpi.value for kpi in record.kpis.values()] == [1.5, 1.5, 1.5, 1.5, None, None, None]


NO_RESULTS = {
    "wb.kpi('k', 1 + 2j)": "kpi 'k': got complex, expected a number",
    "wb.kpi('k', [1, 2])": "kpi 'k': got list, expected a number",
    "wb.kpi('', 1)": "name of a kpi: got '', expected a text",
    "wb.alarm('a', level='loud', when=1, text='x')": "alarm 'a': level: got 'loud', expected warning, bad",
    "wb.verdict('v', level='good', text=None)": "text: got NoneType, expected a text",
    "wb.table('t', {'a': [1]})": "table 't': got dict, expected a pandas DataFrame",
}


def test_what_is_no_result_is_refused_where_it_was_made_and_earlier_results_stay(run):
    cells = [
        f"try:\n    {call}\nexcept Exception as error:\n    wb.kpi({call!r}, str(error))"
        for call in NO_RESULTS
    ]

    record = run(f"{KPI}\n" + "\n".join(cells), "wb.kpi('late', 1 + 2j)")

    assert (record.status, record.kpis["x"].value) == ("failed", 1)
    assert record.error.message == "Invalid: kpi 'late': got complex, expected a number, a text or None"
    for call, reason in NO_RESULTS.items():
        assert reason in record.kpis[call].value


def test_nothing_of_a_stopped_workbench_stays(notebook, tmp_path):
    plant = tmp_path / "plant"
    mark = f"WORKBENCH_HOME={plant}".encode()  # another engine of these tests may start processes meanwhile
    with Workbench(load_settings(home=str(plant), ready_kernels=1), full=False) as bench:
        bench.engine.wait(bench.engine.submit(RunRequest(template=notebook(KPI))), timeout=60)
        family = descendants(os.getpid())
        started = [pid for pid in family if mark in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")]

    assert len(started) > 3
    assert not [pid for pid in started if Path(f"/proc/{pid}").exists()]
