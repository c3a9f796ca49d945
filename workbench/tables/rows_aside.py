"""Rows that stand in a table and are no data: totals, footers, headers written again, a second table below.

Such a row must not become a value that someone averages. It is kept aside and told, and a recipe can keep it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from workbench.config import Text
from workbench.tables import headers
from workbench.tables.columns import MISSING

TOTAL = (
    r"(?i)^(合计|总计|小计|共计|累计|汇总|总和|本[页月年日班]?[合小总]计|.{1,12}(小计|合计|总计)"
    r"|(grand|sub|column)?[- ]?totals?|sum|summe|gesamt|gesamtsumme|insgesamt|итого|total général)[:：]?$"
)
BOTTOM = re.compile(
    r"(?i)(平均值?|均值|最大值?|最小值?|标准差|合计|总计|小计|average|avg\.?|mean|max(imum)?|min(imum)?|std\.?|"
    r"(grand |sub)?totals?|sum|mittelwert)[:：]?"
)
FOOTNOTE = re.compile(
    r"(?i)\s*[(（]?(注|备注|说明|制表|审核|编制|打印|导出|数据来源|note|remark|source|end of|printed|exported"
    r"|\*)"
    r"|.*[:：]\s*\S|[(（]\d+ rows"
)
SIGNED = re.compile(
    r"(?i)\s*(编制|制表|审核|批准|复核|校对|填表|填报|签字|签名|检验|prepared|checked|approved|verified|signed)"
    r"[^\d:：]{0,6}[:：]"
)
PAGE = r"(?i)^(第\s*\d+\s*页.*|共\s*\d+\s*页.*|-?\s*page\s*\d+.*|seite\s*\d+.*)$"
MOST = 0.2  # a word that a fifth of the rows carry is a category
LAST = 40  # rows at the end that are searched for footers


@dataclass
class Aside:
    """Rows that are no data, by their position, and why."""

    positions: dict[int, str] = field(default_factory=dict)
    notes: list[Text] = field(default_factory=list)


def find(
    columns: Sequence[pa.ChunkedArray], names: Sequence[str], *, totals: bool, titles: Sequence[str] = ()
) -> Aside:
    """Find them, from the cells as they stand in the file, under lines of explanation or none."""
    aside = Aside()
    n = len(columns[0]) if columns else 0
    if n < 2 or len(columns) < 2:
        return aside
    _repeated(columns, names, aside)
    if totals:
        _pages(columns, titles, aside)
        _totals(columns, aside)
        _bottom(columns, aside)
        _second_table(columns, aside)
    return aside


def row_text(columns: Sequence[pa.ChunkedArray], position: int) -> str:
    """Write a row's cells in one line."""
    return " | ".join(cell for cell in _cells(columns, position) if cell)


def _cells(columns: Sequence[pa.ChunkedArray], position: int) -> list[str]:
    values = (column[position].as_py() for column in columns)
    return ["" if value is None else str(value).strip() for value in values]


def _is_word(cell: str) -> bool:
    return bool(cell) and cell.lower() not in MISSING and not headers.is_value(cell)


def _repeated(columns: Sequence[pa.ChunkedArray], names: Sequence[str], aside: Aside) -> None:
    if not pa.types.is_string(columns[0].type):
        return
    same = pc.fill_null(pc.equal(pc.utf8_trim_whitespace(columns[0]), names[0]), False)
    if not pc.any(same).as_py():
        return
    found = [
        int(i)
        for i in pc.indices_nonzero(same.combine_chunks()).to_pylist()
        if _cells(columns, i)[: len(names)] == [*names][: len(columns)]
    ]
    aside.positions |= dict.fromkeys(found, "header")
    if found:
        n = len(found)
        aside.notes.append({"en": f"the header again in {n} rows: left out", "zh": f"{n} 行重复表头已略去"})


def _totals(columns: Sequence[pa.ChunkedArray], aside: Aside) -> None:
    texts = [column for column in columns[:3] if pa.types.is_string(column.type)]
    if not texts:
        return
    n = len(columns[0])
    trimmed = [pc.utf8_trim_whitespace(text) for text in texts]
    label = pc.coalesce(*(pc.if_else(pc.equal(text, ""), None, text) for text in trimmed))
    label = pc.replace_substring_regex(label, r"([\p{Han}])\s+([\p{Han}])", r"\1\2")
    hits = pc.fill_null(pc.match_substring_regex(label, TOTAL), False)
    count = pc.sum(hits).as_py() or 0
    if not count:
        return
    found = pc.indices_nonzero(hits.combine_chunks()).to_pylist()
    if count > max(1, MOST * n) and (2 * count >= n or not _are_emptier(columns, found)):
        return
    for position in found:
        words = [cell for cell in _cells(columns, position) if _is_word(cell)]
        if len(words) == 1:
            aside.positions[position] = "total"


def _are_emptier(columns: Sequence[pa.ChunkedArray], found: list[int]) -> bool:
    """Whether rows leave a cell empty that the rows above them fill: a subtotal has no shift."""
    above = [position - 1 for position in found if position and position - 1 not in found]

    def full(position: int) -> int:
        return sum(bool(cell) for cell in _cells(columns, position))

    return bool(above) and max(map(full, found)) < min(map(full, above))


def _pages(columns: Sequence[pa.ChunkedArray], titles: Sequence[str], aside: Aside) -> None:
    """Find what a printed list repeats on each page: its title and the number of the page."""
    for column in (columns[0], columns[-1]):
        if not pa.types.is_string(column.type):
            continue
        text = pc.utf8_trim_whitespace(column)
        hits = pc.match_substring_regex(text, PAGE)
        if titles:
            hits = pc.or_(hits, pc.is_in(text, pa.array([*titles], pa.string())))
        if not pc.any(hits).as_py():
            continue
        for position in pc.indices_nonzero(pc.fill_null(hits, False).combine_chunks()).to_pylist():
            if sum(bool(cell) for cell in _cells(columns, position)) == 1:
                aside.positions[position] = "footer"


def _bottom(columns: Sequence[pa.ChunkedArray], aside: Aside) -> None:
    """Walk up from the last row while rows are empty, sums or remarks."""
    n = len(columns[0])
    found: dict[int, str] = {}
    signed = not any(SIGNED.match(cell) for cell in _cells(columns, 0))  # else it is what the table lists
    for position in range(n - 1, max(0, n - LAST), -1):
        if position in aside.positions:
            continue
        cells = _cells(columns, position)
        present = [cell for cell in cells if cell]
        if not present:
            continue
        words = [cell for cell in present if _is_word(cell)]
        label = "".join(words[0].split()) if words else ""
        if len(words) == 1 and (BOTTOM.fullmatch(words[0]) or BOTTOM.fullmatch(label)):
            found[position] = "total"
        elif len(present) == 1 and words and (FOOTNOTE.match(words[0]) or _stands_alone(columns, position)):
            found[position] = "footer"
        elif len(words) == len(present) and (
            (signed and SIGNED.match(words[0]))
            or (len(words) < len(columns) and all(map(FOOTNOTE.match, words)))
        ):
            found[position] = "footer"  # 制表：… 审核：…
        else:
            break
    aside.positions |= found


def _stands_alone(columns: Sequence[pa.ChunkedArray], position: int) -> bool:
    """Whether a lone text is no row of the table: after an empty row, or as long as a sentence."""
    cells = _cells(columns, position)
    lone = next(cell for cell in cells if cell)
    return position > 0 and (not any(_cells(columns, position - 1)) or (len(columns) > 2 and len(lone) > 24))


def _second_table(columns: Sequence[pa.ChunkedArray], aside: Aside) -> None:
    """Cut where an empty row is followed by another header over columns of numbers."""
    gaps = _gaps(columns)
    for gap in gaps:
        below = gap + 1
        header = _cells(columns, below)
        present = [cell for cell in header if cell]
        if len(present) < 2 or not all(map(_is_word, present)) or below in aside.positions:
            continue
        above = [_cells(columns, i) for i in range(max(0, gap - 20), gap) if i not in aside.positions]
        after = _cells(columns, below + 1) if below + 1 < len(columns[0]) else []
        numeric = [
            i
            for i, cell in enumerate(header)
            if cell and any(headers.is_value(row[i]) for row in above if row[i])
        ]
        if numeric and any(headers.is_value(cell) for cell in after if cell):
            for position in range(below, len(columns[0])):
                aside.positions.setdefault(position, "second table")
            n = len(columns[0]) - below
            aside.notes.append(
                {"en": f"another table begins below an empty row: its {n} rows were kept aside",
                 "zh": f"空行之后另有一个表：其 {n} 行已另存"}
            )  # fmt: skip
            return


def _gaps(columns: Sequence[pa.ChunkedArray]) -> list[int]:
    """Return the last of each run of empty rows that has a row below it."""
    blank = None
    for column in columns:
        here = blank_cells(column)
        blank = here if blank is None else pc.and_(blank, here)
        if not pc.any(blank).as_py():
            return []
    if blank is None:
        return []
    rows = pc.indices_nonzero(blank.combine_chunks()).to_pylist()
    n, empty = len(columns[0]), set(rows)
    return [row for row in rows if row + 1 < n and row + 1 not in empty][:LAST]


def blank_cells(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Say which cells hold nothing."""
    if not pa.types.is_string(column.type):
        return pc.is_null(column)
    return pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True)
