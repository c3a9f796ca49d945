"""One entry's way through the box and the scorer: which files it finds, what is compared, what came of it."""

from pathlib import Path
from threading import Event
from typing import Any

from workbench.competitions import scoring
from workbench.competitions.box import BoxResult, run_in_box
from workbench.competitions.box import Limits as BoxLimits
from workbench.competitions.bundle import Bundle, schema, spec
from workbench.competitions.contract import Limits, Task
from workbench.competitions.scoring import Scores, Split

PREDICTIONS = "predictions.csv"
BOX_LIMITS = ("wall_s", "cpu_s", "memory_mb", "disk_mb", "output_mb", "processes")


def limits(given: Limits) -> BoxLimits:
    """Return what an entry may take: what the contract says, else the box's own."""
    named = {name: getattr(given, name) for name in BOX_LIMITS}
    return BoxLimits(**{name: value for name, value in named.items() if value is not None})


def data(bundle: Bundle, task: Task) -> dict[str, Path]:
    """Return the files that lie under ``/data`` in the box: never the labels."""
    files = {f"train{Path(task.train).suffix}": bundle.path(task.train)}
    files[f"test{Path(task.test).suffix}"] = bundle.path(task.test)
    return files | {Path(name).name: bundle.path(name) for name in task.others}


def parameters(task: Task) -> dict[str, str]:
    """Return the paths that an entry is given."""
    return {
        "train": f"/data/train{Path(task.train).suffix}",
        "test": f"/data/test{Path(task.test).suffix}",
        "predictions": PREDICTIONS,
    }


def run(bundle: Bundle, task: Task, notebook: Path, *, work: Path, stop: Event | None = None) -> BoxResult:
    """Run an entry in the box."""
    return run_in_box(
        notebook,
        data=data(bundle, task),
        parameters=parameters(task),
        work=work,
        limits=limits(bundle.contract.limits),
        predictions=PREDICTIONS,
        cancelled=stop,
    )


def score(bundle: Bundle, task: Task, predictions: Path, *, work: Path) -> Scores:
    """Score predictions against the labels, on the rows that are shown and on those kept back."""
    contract = bundle.contract
    share: dict[str, Any] = {"column": task.split} if task.split else {"public": task.public_share}
    return scoring.score(
        predictions,
        labels=bundle.path(task.labels),
        metrics=[spec(bundle.folder, metric) for metric in contract.metrics],
        split=Split(seed=contract.id, **share),
        limits=limits(contract.limits),
        schema=schema(task),
        work=work,
    )
