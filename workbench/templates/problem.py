"""What is wrong with a template: one sentence with its place; `check` shows all, loading raises the first."""

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.errors import Invalid


@dataclass(frozen=True)
class Problem:
    """One thing to correct, where it is, and whether `check --fix` corrects it."""

    message: str
    cell: int | None = None  # index in the notebook
    line: int | None = None  # line inside that cell or file, from 1
    path: str | None = None  # place in the front matter: inputs.measurements
    hint: str | None = None
    fixable: bool = False

    @property
    def place(self) -> str:
        """Where it is, in the words a reader of the notebook uses."""
        parts = [f"line {self.line}"] if self.line is not None else []
        if self.cell is not None and self.path is None:
            parts.insert(0, f"cell {self.cell}")
        return ", ".join(parts)

    def __str__(self) -> str:
        words = [self.place, self.path, self.message]
        sentence = ": ".join(word for word in words if word)
        return f"{sentence}; {self.hint}" if self.hint else sentence


def invalid(file: str, problems: Sequence[Problem]) -> Invalid:
    """Build the error for a file with problems: the first in full, the others counted."""
    first = problems[0]
    place = f"{file}, {first.place}" if first.place else file
    path = f": {first.path}" if first.path else ""
    others = len(problems) - 1
    more = f"{others} more: workbench templates check lists them" if others else None
    hint = "; ".join(part for part in (first.hint, more) if part)
    return Invalid(f"{place}{path}: {first.message}", hint=hint or None)
