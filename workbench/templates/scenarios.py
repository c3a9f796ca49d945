"""Scenario apps: one small Panel file each in `apps/`, composing several templates for one question."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from workbench.config import Text

LITERALS = {"TITLE", "QUESTION", "LEADING"}


@dataclass(frozen=True)
class Scenario:
    """One file of `apps/`, described by the literals at its top.

    ``LEADING`` is the template whose input decides whether a table fits.
    """

    name: str
    path: Path
    title: Text
    question: Text
    leading: str


def folder() -> Path:
    """Return where the scenario apps lie: in the repository, or inside the installed package."""
    here = Path(__file__).resolve()
    beside = here.parents[2] / "apps"
    return beside if (here.parents[2] / "pyproject.toml").is_file() else here.parents[1] / "content" / "apps"


@cache
def scenarios() -> tuple[Scenario, ...]:
    """Return all scenario apps, by name."""
    found = []
    for path in sorted(folder().glob("[a-z]*.py")):
        named = {
            node.targets[0].id: ast.literal_eval(node.value)
            for node in ast.parse(path.read_text(encoding="utf-8")).body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id in LITERALS
        }
        if named.keys() == LITERALS:
            found.append(Scenario(path.stem, path, named["TITLE"], named["QUESTION"], named["LEADING"]))
    return tuple(found)
