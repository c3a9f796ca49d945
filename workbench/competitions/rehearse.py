"""A rehearsal: an entry runs as the judge will run it, on a twin of the hidden data; nothing is secret.

The data is made up, so the full log, the error's own words and the scores on the twin may be read.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.competitions import ending, kit, leaderboard, task_run
from workbench.competitions.bundle import Bundle
from workbench.competitions.entry import Reason, Scored
from workbench.competitions.sanitise import sanitise
from workbench.errors import unknown

TRACE_CHARACTERS = 4000


@dataclass(frozen=True)
class Rehearsal:
    """What came of a rehearsal; files lie in the folder that was given."""

    status: str
    reason: Reason | None
    scores: Scored
    score: float | None
    seconds: float | None
    memory_mb: float | None
    trace: str  # the failing cell's own words
    notebook: Path | None
    predictions: Path | None
    log: Path


def rehearse(bundle: Bundle, notebook: Path, *, folder: Path, task: str | None = None) -> Rehearsal:
    """Run a notebook in the box on the twin of a task."""
    contract = bundle.contract
    name = task or str(contract.phases[0].task)
    if name not in contract.tasks:
        raise unknown("task", name, contract.tasks)
    folder.mkdir(parents=True, exist_ok=True)
    accepted = sanitise(notebook, contract.limits)
    entry = folder / "entry.ipynb"
    entry.write_bytes(accepted.content)
    stage = _staged(bundle, name, folder / "twin")
    set_task = stage.contract.tasks[name]
    result = task_run.run(stage, set_task, entry, work=folder)
    ended = ending.of_box(result)
    if ended is None and result.predictions is not None:
        ended = ending.of_scores(task_run.score(stage, set_task, result.predictions, work=folder), result)
    scores = (ended.private or ended.public) if ended else {}
    return Rehearsal(
        status=ended.status if ended else "failed",
        reason=ended.reason if ended else None,
        scores=scores,
        score=leaderboard.total(contract, scores),
        seconds=result.seconds,
        memory_mb=result.peak_mb,
        trace=trace(result.notebook),
        notebook=result.notebook,
        predictions=result.predictions,
        log=result.log,
    )


def _staged(bundle: Bundle, name: str, folder: Path) -> Bundle:
    """Return the bundle with its twin in place of the hidden data."""
    task = bundle.contract.tasks[name]
    kit.write_twin(kit.task_twin(bundle, name), folder / "hidden")
    for path in (task.train, *task.others):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(bundle.path(path), target)
    for metric in bundle.contract.metrics:
        if metric.own and bundle.path(metric.own).is_file():
            shutil.copyfile(bundle.path(metric.own), folder / metric.own)
    changed = {"test": "hidden/test.csv", "labels": "hidden/labels.csv", "public_share": 0.5}
    tasks = bundle.contract.tasks | {name: task.model_copy(update=changed)}
    metrics = [each for each in bundle.contract.metrics if not each.own or (folder / each.own).is_file()]
    contract = bundle.contract.model_copy(update={"tasks": tasks, "metrics": metrics})
    return Bundle(folder, contract, "")


def trace(executed: Path | None) -> str:
    """Return the traceback that an executed notebook holds; empty where no cell failed."""
    if executed is None:
        return ""
    try:
        cells: list[dict[str, Any]] = json.loads(executed.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, OSError):
        return ""
    for cell in cells:
        for output in cell.get("outputs", ()):
            if output.get("output_type") == "error":
                return "\n".join(output.get("traceback", ()))[-TRACE_CHARACTERS:]
    return ""
