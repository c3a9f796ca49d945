"""A notebook's headings are its steps: which cells stand under which heading."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$", re.MULTILINE)


class Section(NamedTuple):
    """A heading and the indexes of the code cells under it."""

    title: str
    cells: list[int]


def sections(cells: Sequence[Any]) -> list[Section]:
    """Return the headings that have code under them; the first heading is the title, not a step."""
    found: list[Section] = []
    title_seen = False
    for index, cell in enumerate(cells):
        if cell["cell_type"] == "markdown":
            for marks, title in HEADING.findall(_text(cell)):
                if not title_seen and len(marks) == 1:
                    title_seen = True
                else:
                    found.append(Section(title, []))
        elif cell["cell_type"] == "code" and found and _text(cell).strip():
            found[-1].cells.append(index)
    return [section for section in found if section.cells]


def heading_of(cells: Sequence[Any], index: int) -> str | None:
    """Return the heading a cell stands under."""
    return next((section.title for section in sections(cells) if index in section.cells), None)


def _text(cell: Any) -> str:
    source = cell["source"]
    return source if isinstance(source, str) else "".join(source)
