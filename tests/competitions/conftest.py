"""A box that works, or a skip that says why there is none."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbench.competitions.box import BoxResult, Limits, probe, run_in_box
from workbench.runs.processes import descendants, name_of

QUICK = Limits(wall_s=60, cpu_s=60, memory_mb=600, disk_mb=50, output_mb=4)
Boxed = Callable[..., BoxResult]


@pytest.fixture(scope="session")
def _box() -> None:
    found = probe()
    if not found.works and os.environ.get("CI") == "true":
        pytest.fail(f"no box: {found.why}; {found.fix}")  # CI must not turn green without it
    if not found.works:
        pytest.skip(f"no box: {found.why}; {found.fix}")


def boxes() -> list[int]:
    """The boxes that descend from this process, which may have browsers and servers for children too."""
    return [pid for pid in descendants(os.getpid()) if name_of(pid) == "bwrap"]


def notebook(folder: Path, cells: Sequence[str]) -> Path:
    """Write a notebook with a parameters cell, a heading, and the cells."""
    parameters = new_code_cell('test = ""\npredictions = ""', metadata={"tags": ["parameters"]})
    path = folder / "entry.ipynb"
    parts = [parameters, new_markdown_cell("# Predict"), *map(new_code_cell, cells)]
    nbformat.write(new_notebook(cells=parts), path)
    return path


@pytest.fixture
def boxed(_box: None, tmp_path: Path) -> Boxed:
    """Run cells in the box on a small test file."""
    test = tmp_path / "test.csv"
    test.write_text("id,x\n1,2.0\n2,3.0\n", encoding="utf-8")

    def run(*cells: str, limits: Limits = QUICK, **options: object) -> BoxResult:
        given = {"test": "/data/test.csv", "predictions": "predictions.csv"}
        options = {"data": {"test.csv": test}, "parameters": given, "work": tmp_path / "work"} | options
        return run_in_box(notebook(tmp_path, cells), limits=limits, **options)  # type: ignore[arg-type]

    return run
