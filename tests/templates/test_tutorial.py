"""The tutorial does what it says, from the first cell to the last."""

import os
import subprocess
import sys

import pytest

from workbench.templates.canonical import canonical
from workbench.templates.notebook_file import read_notebook
from workbench.templates.steps import BETWEEN_LANGUAGES, headings


@pytest.fixture
def tutorial(root):
    return root / "notebooks" / "first-template.ipynb"


@pytest.mark.slow
def test_your_first_template_in_ten_minutes(tutorial, tmp_path):
    command = [
        sys.executable,
        "-m",
        "papermill",
        "--no-progress-bar",
        str(tutorial),
        str(tmp_path / "out.ipynb"),
    ]
    environment = os.environ | {"TMPDIR": str(tmp_path), "PYTHONWARNINGS": "default"}

    told = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=280, check=False
    )

    assert told.returncode == 0, told.stderr[-3000:]


def test_the_tutorial_is_stored_without_outputs(tutorial):
    assert tutorial.read_bytes() == canonical(read_notebook(tutorial))


def test_the_tutorial_speaks_both_languages(tutorial):
    cells = [cell.source for cell in read_notebook(tutorial).cells if cell.kind == "markdown"]
    titles = [title for source in cells for _, title in headings(source)]

    assert len(titles) > 5
    assert [title for title in titles if BETWEEN_LANGUAGES not in title] == []
