"""Click to result: a request handed to a warm server, until all it found can be read.

Beside it the same cells in a warm process (the limit) and plain papermill, round by round. Every round has an
input of its own, so neither the result cache nor a held state can answer; the run of a person (origin
``form``) does pay for the states that it leaves behind.
"""

import json
import time
from pathlib import Path
from typing import Any

from benchmarks.figures import ratio, summary
from benchmarks.place import Case
from benchmarks.plain import papermill
from benchmarks.warm import Warm
from workbench.app import Workbench
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest

IDLE_S = 1.0
PAPERMILL_ROUNDS = 3


def measure(bench: Workbench, case: Case, rounds: int) -> dict[str, Any]:
    """Measure one template."""
    server, limit, plain = [], [], []
    phases: dict[str, list[float]] = {}
    with Warm(bench.workspace.root) as warm:
        for number in range(-1, rounds):  # the first round only warms
            request = case.request(number)
            took, record = click(bench, request)
            called = warm.call(bench.engine.preparer.job(request))
            if number < 0:
                continue
            server.append(took)
            limit.append(called)
            for name, seconds in record.seconds.model_dump().items():
                phases.setdefault(name, []).append(seconds)
            if number < PAPERMILL_ROUNDS:
                plain.append(papermill(bench, case, number))
    figures = {"server_s": summary(server), "warm_process_s": summary(limit), "papermill_s": summary(plain)}
    middle = {name: figure["median"] for name, figure in figures.items()}
    return {
        "click_to_result_vs_warm": ratio(middle["server_s"], middle["warm_process_s"]),
        "papermill_vs_click_to_result": ratio(middle["papermill_s"], middle["server_s"]),
        **figures,
        "phases_s": {name: summary(values)["median"] for name, values in phases.items()},
    }


def click(bench: Workbench, request: RunRequest, *, resumed: bool = False) -> tuple[float, RunRecord]:
    """Let the server rest until a kernel waits, then take the time of one run."""
    rest(bench)
    begin = time.perf_counter()
    run = bench.engine.submit(request)
    bench.engine.answer(run, timeout=120)
    took = time.perf_counter() - begin
    record = bench.engine.wait(run, timeout=120)
    if record.status not in {"succeeded", "refused"}:
        raise SystemExit(f"{request.template} {record.status}: {record.error}")
    if not resumed and not fresh(record):
        raise SystemExit("a run that must be fresh went on from what an earlier run had computed")
    return took, record


def fresh(record: RunRecord) -> bool:
    """Whether a run did everything itself, but for imports: it began before the cell that reads its input."""
    if record.resumed is None:
        return True
    cells = json.loads(Path(record.notebook).read_text(encoding="utf-8"))["cells"]
    return not any("wb.read(" in "".join(cell["source"]) for cell in cells[: record.resumed.cell])


def rest(bench: Workbench) -> None:
    """Wait until a run could begin, and as long as it takes to read a page."""
    until_ready(bench)
    time.sleep(IDLE_S)
    until_ready(bench)


def until_ready(bench: Workbench) -> None:
    """Wait until a run could begin at once."""
    deadline = time.monotonic() + 120
    while bench.engine.executor.free() < 1:
        if time.monotonic() > deadline:
            raise SystemExit("no kernel became ready within two minutes")
        time.sleep(0.01)
