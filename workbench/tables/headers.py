"""Find where a table begins: lines of explanation above it, one or two header rows, units in headers.

Works on the first rows as text, whatever file they come from. Decides names and units; reads no values.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.tables import columns, units
from workbench.tables.columns import MISSING
from workbench.tables.recipe import Recipe

Row = Sequence[str]

NUMBER = re.compile(r"[+-]?[¥￥$€]?\s?(\d[\d,.\s']*|[.,]\d+)([eE][+-]?\d+)?\s?[%％‰千万亿]?元?")
TIME = re.compile(
    r"\d{4}([-/.年]\d{1,2})([-/.月]\d{1,2}日?)?([ T].*)?"
    r"|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}([ T].*)?|\d{1,2}:\d{2}(:\d{2})?.*"
)
YEAR = re.compile(r"(19|20)\d\d(年|[-/.]?(0?[1-9]|1[0-2])月?)?|\d{1,2}月?")
RULE = re.compile(r"[\s\-=_+|]*[-=]{3,}[\s\-=_+|]*")
HAN = re.compile(r"[\u3400-\u9fff]")
UNIT_LABEL = re.compile(r"(计量)?单位|units?|einheit(en)?", re.IGNORECASE)
VALUE = re.compile(r"[+-]?\d(?!\s?/)(?!0?\^)")
_BRACKETS = re.compile(r"[(\[（【]\s*([^)\]）】]{1,16}?)\s*[)\]）】]\s*$")
_COMMA = re.compile(r",\s*(\S{1,12})\s*$")
_PARTS = re.compile(r"[\s/*·^.²³\-⁻¹0-9()]+")


@dataclass
class Head:
    """Where the rows of data begin, and what their columns are called."""

    data: int  # index of the first row of data
    names: list[str]
    header_rows: int = 0
    skipped: int = 0  # rows of explanation above the header
    row: int = 0  # index of the header's first row
    units: dict[str, str] = field(default_factory=dict)


def is_value(cell: str) -> bool:
    """Whether a cell holds data rather than a name: a number or a time."""
    text = cell.strip()
    return bool(NUMBER.fullmatch(text) or TIME.fullmatch(text))


def is_unit(text: str) -> bool:
    """Whether a short text is a unit, alone or composed as in kg/h."""
    parts = [part for part in _PARTS.split(text.strip()) if part]
    return bool(parts) and all(part in units.KNOWN for part in parts) if text.strip() != "°" else True


def unit_of(name: str) -> str | None:
    """Return the unit that a header names: ``温度(℃)``, ``Pressure [bar]``, ``diameter, mm``."""
    for pattern in (_BRACKETS, _COMMA):
        found = pattern.search(name)
        if found and found.start() > 0 and is_unit(found.group(1)):
            return found.group(1).strip()
    return None


def without_unit(name: str) -> str:
    """Return a header without the unit that it names."""
    for pattern in (_BRACKETS, _COMMA):
        found = pattern.search(name)
        if found and found.start() > 0 and is_unit(found.group(1)):
            return name[: found.start()]
    return name


def find(rows: Sequence[Row], *, width: int, spans: Sequence[Row] | None = None) -> Head:
    """Find the header in the first rows of a table.

    Parameters
    ----------
    rows : texts, one sequence per row; empty cells are ""
    width : number of columns of the data
    spans : the same rows with merged cells filled to the right, where the file says what was merged
    """
    filled = spans if spans is not None else rows
    start = next((i for i, row in enumerate(filled) if _begins(row, width)), 0)
    if not rows or not _is_header(rows[start] if spans is None else filled[start], rows[start + 1 :]):
        return Head(data=start, names=_names([], width), skipped=start)
    if (
        spans is None
        and start > 0
        and len(_present(rows[start - 1])) > 1
        and _is_group(rows[start - 1], rows[start])
    ):
        return _two_rows(_filled_right(rows[start - 1]), rows[start], width=width, first=start - 1)
    following = rows[start + 1] if start + 1 < len(rows) else []
    if _is_unit_row(following, rows[start + 2 :]):
        head = _one_row(rows[start], width=width, first=start)
        head.units |= _given_units(head, following, width)
        head.data, head.header_rows = start + 2, 2
        return head
    third = rows[start + 2] if start + 2 < len(rows) else []
    if (
        _has_second(filled[start], rows[start], following, rows[start + 2 :])
        or _is_translation(rows[start], following, rows[start + 2 :])
        or (_are_words(following) and _is_unit_row(third, rows[start + 3 :]))
    ):
        top = filled[start] if spans is not None else _filled_right(rows[start])
        head = _two_rows(top, following, width=width, first=start)
        if _is_unit_row(third, rows[start + 3 :]):
            head.units |= _given_units(head, third, width)
            head.data += 1
        return head
    return _one_row(filled[start] if spans is not None else rows[start], width=width, first=start)


def placed(
    rows: Sequence[Row],
    *,
    width: int,
    recipe: Recipe,
    numbers: Sequence[int] | None = None,
    spans: Sequence[Row] | None = None,
) -> Head:
    """Find the header, or take it from where the recipe says that it stands.

    ``numbers`` are the positions in the file of rows from which the empty ones were taken out.
    """
    if recipe.header_row == 0:
        return plain(width)
    first = 0
    if recipe.header_row is not None:
        at = [*numbers] if numbers is not None else [*range(len(rows))]
        first = next((i for i, n in enumerate(at) if n >= recipe.header_row - 1), 0)
    filled = spans[first:] if spans is not None else None
    head = find(rows[first:], width=width, spans=filled)
    if recipe.header_row is not None and (head.skipped or not head.header_rows):
        head = _one_row((filled or rows[first:])[0], width=width, first=0)
    if recipe.header_rows is not None and recipe.header_rows != head.header_rows and head.header_rows:
        head = _counted(rows[first:], filled, width=width, first=head.skipped, count=recipe.header_rows)
    head.row = first + head.skipped
    head.data += first
    head.skipped += first
    return head


def _counted(rows: Sequence[Row], spans: Sequence[Row] | None, *, width: int, first: int, count: int) -> Head:
    top = (spans or rows)[first]
    if count == 1 or first + 1 >= len(rows):
        return _one_row(top, width=width, first=first)
    return _two_rows(top if spans else _filled_right(top), rows[first + 1], width=width, first=first)


def plain(width: int, *, data: int = 0) -> Head:
    """Name the columns of a table without a header."""
    return Head(data=data, names=_names([], width), skipped=data)


def named(row: Row, *, width: int, data: int) -> Head:
    """Take the names from one known row."""
    head = _one_row(row, width=width, first=data - 1)
    head.data = data
    return head


def _present(row: Row) -> list[str]:
    return [cell for cell in row if cell.strip()]


def _begins(row: Row, width: int) -> bool:
    present = _present(row)
    if width <= 1:
        return bool(present)
    return len(set(present)) > 1 and len(present) * 2 >= width


def _is_header(row: Row, below: Sequence[Row]) -> bool:
    present = _present(row)
    values = [cell for cell in present if is_value(cell)]
    if not values:
        return bool(present) and (bool(below) or len(present) > 0)
    # A wide table may be headed by years or months: Product, 2024, 2025.
    return len(values) < len(present) and all(YEAR.fullmatch(cell.strip()) for cell in values)


def _is_group(row: Row, below: Row) -> bool:
    """Whether a sparse row names groups of the columns below it, as merged cells look in a CSV."""
    aligned = all(i < len(below) and below[i].strip() for i, cell in enumerate(row) if cell.strip())
    return aligned and not any(is_value(cell) for cell in _present(row)) and len(row) <= len(below)


def _is_unit_row(row: Row, below: Sequence[Row]) -> bool:
    cells = [cell.strip().strip("()[]（）【】 ") for cell in _present(row)]
    if cells and UNIT_LABEL.fullmatch(cells[0]):  # the row says of itself what it is
        cells = cells[1:]
    present = [cell for cell in cells if cell.lower() not in MISSING]
    # 25℃ is a value with its unit: a unit begins with a figure only as in 1/min.
    return bool(present and below) and all(is_unit(c) and not VALUE.match(c) for c in present)


def _has_second(filled: Row, row: Row, following: Row, below: Sequence[Row]) -> bool:
    """Whether the row under the header goes on with the header."""
    present = [cell for cell in _present(following) if cell.strip().lower() not in MISSING]
    if not present or not below or any(is_value(cell) for cell in present):
        return False
    under_gap = any(
        following[i].strip() and (i >= len(row) or not row[i].strip()) for i in range(len(following))
    )
    under_merge = [*filled] != [*row]
    numbers_below = any(
        is_value(line[i])
        for line in below
        for i in range(min(len(line), len(following)))
        if following[i].strip()
    )
    return (under_gap or under_merge) and numbers_below


def _given_units(head: Head, row: Row, width: int) -> dict[str, str]:
    given = {
        name: unit.strip("()[]（）【】 ") for name, unit in zip(head.names, _padded(row, width), strict=True)
    }
    return {name: unit for name, unit in given.items() if unit and is_unit(unit)}


def _are_words(row: Row) -> bool:
    present = _present(row)
    return len(present) > 1 and not any(map(is_value, present))


def _is_translation(row: Row, following: Row, below: Sequence[Row]) -> bool:
    """Whether the row under a Chinese header says the same in Latin letters, or the other way round."""
    pairs = [(a, b) for a, b in zip(row, following, strict=False) if a.strip() or b.strip()]
    if len(pairs) < 2 or not _are_words(following) or not any(is_value(c) for line in below for c in line):
        return False
    return all(HAN.search(a) and not HAN.search(b) and b.strip() for a, b in pairs) or all(
        HAN.search(b) and not HAN.search(a) and a.strip() for a, b in pairs
    )


def _filled_right(row: Row) -> list[str]:
    result, last = [], ""
    for cell in row:
        last = cell.strip() or last
        result.append(last)
    return result


def _padded(row: Row, width: int) -> list[str]:
    cells = [" ".join(cell.split()) for cell in row][:width]
    return cells + [""] * (width - len(cells))


def _names(raw: list[str], width: int) -> list[str]:
    return columns.unique(raw + [""] * (width - len(raw)))


def _one_row(row: Row, *, width: int, first: int) -> Head:
    cells = [" ".join(cell.split()) for cell in row]
    if len(cells) == width - 1:  # R writes no header above row names
        cells = ["", *cells]
    return _with_units(
        Head(data=first + 1, names=_names(_padded(cells, width), width), header_rows=1, skipped=first)
    )


def _two_rows(top: Row, second: Row, *, width: int, first: int) -> Head:
    names = []
    for group, own in zip(_padded(top, width), _padded(second, width), strict=True):
        names.append(f"{group} {own}".strip() if group != own else own)
    return _with_units(Head(data=first + 2, names=_names(names, width), header_rows=2, skipped=first))


def _with_units(head: Head) -> Head:
    head.units = {name: unit for name in head.names if (unit := unit_of(name))}
    return head


def data_width(rows: Sequence[Row]) -> int:
    """Return how many columns the data has: those of a header that is as wide as the usual row, or wider."""
    widths = [max((i + 1 for i, cell in enumerate(row) if cell.strip()), default=0) for row in rows]
    later = [w for w in widths[len(widths) // 2 :] if w] or [w for w in widths if w] or [1]
    common = Counter(later).most_common(2)
    if len(common) > 1 and common[0][1] == common[1][1]:  # few rows: let all of them vote
        common = Counter(w for w in widths if w).most_common(1)
    usual = common[0][0]
    for row, width in zip(rows, widths, strict=True):
        present = _present(row)
        if width >= usual and len(set(present)) > 1 and not any(map(is_value, present)):
            return width
    return max(w for w in later if w == usual or later.count(w) >= 0.1 * len(later))
