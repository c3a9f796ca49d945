"""A real engine over a workspace of its own, and notebooks made of a few lines."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from workbench.app import Workbench
from workbench.config import load_settings

Notebook = Callable[..., str]


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workbench with short limits; the nursery preloads little, so it is up at once."""
    home = tmp_path_factory.mktemp("plant")
    settings = load_settings(home=str(home), run_seconds=4.0, output_megabytes=1.0, ready_kernels=1)
    with Workbench(settings, full=False) as bench:
        yield bench


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """Write a notebook of the given code cells; a string that starts with # is a heading."""

    def write(*cells: str, parameters: str | None = None, name: str = "note") -> str:
        node = nbformat.v4.new_notebook()
        if parameters is not None:
            node.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        for cell in cells:
            new = nbformat.v4.new_markdown_cell if cell.startswith("#") else nbformat.v4.new_code_cell
            node.cells.append(new(cell))
        path = tmp_path / f"{name}.ipynb"
        path.write_text(json.dumps(node), encoding="utf-8")
        return str(path)

    return write
