"""Markdown headings are the steps a progress line shows, in the words of the notebook's author."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from workbench.config import Text
from workbench.templates.notebook_file import Cell

BETWEEN_LANGUAGES = " · "
PREPARE, RUN = "Prepare · 准备", "Run · 运行"


@dataclass(frozen=True)
class Step:
    """One heading, and the code cells below it."""

    title: str
    cells: tuple[int, ...]  # indexes in the notebook

    @property
    def text(self) -> Text:
        """The heading in both languages, as `Read the data · 读取数据` says them."""
        return bilingual(self.title)


def bilingual(title: str) -> Text:
    """Split a heading at ` · `; a heading in one language is its own translation."""
    en, _, zh = title.partition(BETWEEN_LANGUAGES)
    return {"en": en.strip(), "zh": zh.strip() or en.strip()}


def headings(markdown: str) -> Iterator[tuple[int, str]]:
    """Yield the level and text of each heading, not those inside fenced code."""
    fence, before = "", ""
    for line in markdown.splitlines():
        mark = re.match(r"\s{0,3}(```+|~~~+)", line)
        if mark and (not fence or mark.group(1).startswith(fence)):
            fence = "" if fence else mark.group(1)
        if fence:
            continue
        found = re.match(r"\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$", line)
        if found:
            yield len(found.group(1)), _words(found.group(2))
        elif re.fullmatch(r"\s{0,3}(=+|-{3,})\s*", line) and before and not before.startswith(("|", "#")):
            yield (1 if "=" in line else 2), _words(before)
        before = line.strip()


def _words(markdown: str) -> str:
    """Strip markup from a line."""
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", markdown)
    text = re.sub(r"<[^>]+>", "", text)
    return re.sub(r"(\*\*|__|`|(?<!\w)[*_]|[*_](?!\w))", "", text).strip()


def first_paragraph(cells: Iterable[Cell]) -> str:
    """Return the first paragraph that is not a heading, without markup."""
    for cell in cells:
        if cell.kind != "markdown":
            continue
        for block in re.split(r"\n\s*\n", cell.source):
            lines = [line.strip() for line in block.strip().splitlines()]
            lines = [line for line in lines if line and not line.startswith(("#", "```", "---", "==="))]
            text = _words(" ".join(lines))
            if text:
                return text
    return ""


def steps_of(cells: tuple[Cell, ...]) -> tuple[Step, ...]:
    """Gather the code cells under the headings; what comes before the first step is preparation."""
    found: list[tuple[str, list[int]]] = [(PREPARE, [])]
    titled = False
    for index, cell in enumerate(cells):
        if cell.kind == "code" and cell.source.strip():
            found[-1][1].append(index)
        elif cell.kind == "markdown":
            for level, title in headings(cell.source):
                if level == 1 and not titled and len(found) == 1:
                    titled = True  # the notebook's own title is no step
                else:
                    found.append((title, []))
    kept = [Step(title, tuple(indexes)) for title, indexes in found if indexes]
    return (Step(RUN, kept[0].cells),) if len(kept) == 1 and kept[0].title == PREPARE else tuple(kept)
