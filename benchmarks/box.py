"""``python -m benchmarks box``: the box beside a plain papermill, and how many entries an hour it takes."""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from benchmarks.figures import machine
from workbench.competitions.box import Limits, run_in_box
from workbench.competitions.scoring import MetricSpec, Schema, Split, score

ROWS = 2000
MODEL = """
import numpy as np, pandas as pd
from sklearn.linear_model import Ridge
given = pd.read_csv(test)
model = Ridge().fit(given[["x"]], 2 * given["x"])
given["prediction"] = model.predict(given[["x"]])
given[["id", "prediction"]].to_csv(predictions, index=False)
"""
LIMITS = Limits(wall_s=120)


def measure(rounds: int, entries: int, at_once: int) -> dict[str, Any]:
    """Take both ways in turn, then a queue of entries with their scores."""
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as name:
        folder = Path(name)
        _write(folder)
        before = machine()
        plain, boxed = [], []
        _boxed(folder, "warm")
        for number in range(rounds):
            plain.append(_timed(lambda: _plain(folder)))
            boxed.append(_timed(lambda number=number: _boxed(folder, str(number))))
        begin = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(lambda number: _judged(folder, f"entry{number}"), range(entries)))
        spent = time.perf_counter() - begin
    ours, papermill = statistics.median(boxed), statistics.median(plain)
    return {
        "box_vs_papermill": round(ours / papermill, 3),
        "entries_per_hour": round(3600 * entries / spent),
        "box_s": round(ours, 2),
        "papermill_s": round(papermill, 2),
        "at_once": at_once,
        "entries": entries,
        "machine": before,
    }


def _write(folder: Path) -> None:
    parameters = new_code_cell('test = ""\npredictions = ""', metadata={"tags": ["parameters"]})
    cells = [parameters, new_markdown_cell("# Predict"), new_code_cell(MODEL)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), folder / "entry.ipynb")
    rows = "".join(f"{n},{n / 7}\n" for n in range(ROWS))
    (folder / "test.csv").write_text("id,x\n" + rows, encoding="utf-8")
    (folder / "labels.csv").write_text("id,target\n" + rows, encoding="utf-8")


def _timed(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def _plain(folder: Path) -> None:
    given = {"test": str(folder / "test.csv"), "predictions": str(folder / "plain.csv")}
    options = [part for name, value in given.items() for part in ("-p", name, value)]
    command = [
        sys.executable,
        "-m",
        "papermill",
        "entry.ipynb",
        "out.ipynb",
        "-k",
        "python3",
        "--no-progress-bar",
        *options,
    ]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)


def _boxed(folder: Path, name: str) -> Path:
    given = {"test": "/data/test.csv", "predictions": "predictions.csv"}
    result = run_in_box(
        folder / "entry.ipynb",
        data={"test.csv": folder / "test.csv"},
        parameters=given,
        work=folder / name,
        limits=LIMITS,
    )
    if result.predictions is None:
        raise RuntimeError(result.reason)
    return result.predictions


def _judged(folder: Path, name: str) -> None:
    scores = score(
        _boxed(folder, name),
        labels=folder / "labels.csv",
        metrics=[MetricSpec("rmse")],
        split=Split(),
        limits=LIMITS,
        schema=Schema(),
    )
    if not scores.ok:
        raise RuntimeError(scores.reason)


def written(measured: dict[str, Any]) -> str:
    """Return the figures as lines for people."""
    return "\n".join(f"{name:20} {json.dumps(value)}" for name, value in measured.items())
