"""A notebook from a stranger, made into what the judge accepts: plain cells, no outputs, one known kernel.

Decides nothing about what its code may do: that is the box's business.
"""

from dataclasses import dataclass
from pathlib import Path

from workbench.competitions.bundle import PATHS
from workbench.competitions.contract import Limits
from workbench.errors import Invalid, did_you_mean
from workbench.templates.canonical import canonical
from workbench.templates.notebook_file import Notebook, read_notebook
from workbench.templates.parameters import read_parameters

MAX_CELL_CHARACTERS = 1_000_000


@dataclass(frozen=True)
class Accepted:
    """A notebook that may be queued."""

    content: bytes
    notebook: Notebook


def sanitise(path: Path, limits: Limits, *, name: str | None = None) -> Accepted:
    """Read a notebook and return its accepted form, or raise one sentence that says what to change."""
    name = name or path.name
    size = path.stat().st_size if path.is_file() else 0
    if size > limits.notebook_mb * 1e6:
        raise Invalid(
            name,
            given=f"{size / 1e6:.1f} MB",
            expected=f"at most {limits.notebook_mb:g} MB",
            hint="clear its outputs and save it again",
        )
    notebook = read_notebook(path)
    code = [cell for cell in notebook.cells if cell.kind == "code"]
    if len(notebook.cells) > limits.cells:
        raise Invalid(name, given=f"{len(notebook.cells)} cells", expected=f"at most {limits.cells}")
    if not any(cell.source.strip() for cell in code):
        raise Invalid(name, given="no code cell with code", expected="a notebook that predicts")
    if any(len(cell.source) > MAX_CELL_CHARACTERS for cell in notebook.cells):
        raise Invalid(name, given="a cell of over a million characters", expected="code, not data")
    if notebook.language != "python":
        hint = "choose the kernel Python 3 and save it again"
        raise Invalid(name, given=f"a {notebook.language[:40]} notebook", expected="Python", hint=hint)
    _check_parameters(notebook, name)
    return Accepted(canonical(notebook), notebook)


def _check_parameters(notebook: Notebook, name: str) -> None:
    expected = f"train, test and {PATHS[-1]} in its parameters cell"
    place = notebook.tagged("parameters")
    if place is None:
        hint = "tag the cell that assigns them with: parameters"
        raise Invalid(name, given="no cell tagged parameters", expected=expected, hint=hint)
    known = [parameter.name for parameter in read_parameters(notebook.cells[place].source).parameters]
    missing = [path for path in PATHS if path not in known]
    if missing:
        near = did_you_mean(missing[0], known)
        hint = (
            f"{near!r} is not {missing[0]!r}" if near else f"assign {missing[0]} a path, such as a file name"
        )
        raise Invalid(name, given=f"no {missing[0]} in it", expected=expected, hint=hint)
