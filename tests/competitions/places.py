"""A small competition and entries of every kind, for tests that need the whole way."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from workbench.competitions.entry import Entry
from workbench.competitions.service import Competitions
from workbench.config import Workspace
from workbench.runs.state import State

ROWS = 40
PARAMETERS = 'train = "train.csv"\ntest = "test.csv"\npredictions = "predictions.csv"'
GOOD = "import csv\nrows = list(csv.DictReader(open(test)))"
WRITE = (
    "with open(predictions, 'w') as out:\n    out.write('id,prediction\\n')\n"
    "    for row in rows:\n        out.write(f\"{row['id']},{float(row['x']) * 2 + SHIFT}\\n\")"
)


def contract(**changes: object) -> dict:
    """Return a contract that checks, with some of its keys changed."""
    return {
        "competition": 1,
        "id": "small",
        "version": "1.0.0",
        "title": {"en": "Small", "zh": "小竞赛"},
        "summary": {"en": "Twice the value", "zh": "两倍"},
        "zone": "Asia/Shanghai",
        "tasks": {
            "main": {
                "train": "public/train.csv",
                "test": "hidden/test.csv",
                "labels": "hidden/labels.csv",
                "id": "id",
                "target": "y",
                "split": "part",
            }
        },
        "phases": [{"id": "open", "title": "Open", "starts": "2020-01-01", "ends": "2099-01-01"}],
        "metrics": [{"name": "rmse", "decimals": 2}, {"name": "mae", "decimals": 2}],
        "limits": {"wall_s": 30, "cpu_s": 30, "memory_mb": 600, "disk_mb": 20, "output_mb": 4},
        "submissions": {"per_day": 50, "total": 100},
    } | changes


def bundle(folder: Path, **changes: object) -> Path:
    """Write the bundle of a small competition: y is twice x."""
    for part in ("public", "hidden"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    rows = [(number, number / 4) for number in range(1, ROWS + 1)]
    (folder / "public/train.csv").write_text("id,x,y\n" + "".join(f"{n},{x},{2 * x}\n" for n, x in rows))
    (folder / "hidden/test.csv").write_text("id,x\n" + "".join(f"{n},{x}\n" for n, x in rows))
    parts = ("public", "private")
    labels = "".join(f"{n},{2 * x},{parts[n % 2]}\n" for n, x in rows)
    (folder / "hidden/labels.csv").write_text(f"id,y,part\n{labels}")
    text = yaml.safe_dump(contract(**changes), allow_unicode=True, sort_keys=False)
    (folder / "competition.yaml").write_text(text, encoding="utf-8")
    return folder


def entry(folder: Path, *cells: str, name: str = "entry.ipynb", parameters: str = PARAMETERS) -> Path:
    """Write an entry with a heading before its cells."""
    parts = [new_code_cell(parameters, metadata={"tags": ["parameters"]}), new_markdown_cell("## Predict")]
    path = folder / name
    nbformat.write(new_notebook(cells=[*parts, *map(new_code_cell, cells)]), path)
    return path


def good(folder: Path, shift: float = 0.0) -> Path:
    """Write an entry that is wrong by ``shift``."""
    return entry(folder, GOOD, WRITE.replace("SHIFT", repr(shift)), name=f"good-{shift}.ipynb")


class Clock:
    """A clock that stands where it is set."""

    def __init__(self, text: str = "2026-05-04T12:00:00+08:00") -> None:
        self.now = datetime.fromisoformat(text)

    def __call__(self) -> datetime:
        return self.now.astimezone(UTC)


def place(root: Path, clock: Callable[[], datetime] | None = None, *, judges: int = 1) -> Competitions:
    """Open the competitions of a workspace."""
    workspace = Workspace(root).create()
    return Competitions(workspace, State(workspace.state), clock=clock, judges=judges)


def ended(competitions: Competitions, names: Sequence[str], deadline_s: float = 200.0) -> list[Entry]:
    """Wait until entries have ended."""
    until = time.monotonic() + deadline_s
    while time.monotonic() < until:
        found = [competitions.book.entry(name) for name in names]
        if not any(each.open for each in found):
            return found
        time.sleep(0.05)
    raise AssertionError({each.entry: each.status for each in found})
