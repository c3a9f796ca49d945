"""Workbooks (xlsx, xls, xlsb, ods) to columns: which sheet, which of its tables, which header, which cells.

What their reader leaves out without a word (error cells, formulas nobody calculated) is in ``sheet_xml`` and
``ods_xml``.
"""

import datetime as dt
from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pyarrow as pa
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetVisibleEnum,
    load_workbook,
)

from workbench.config import Text
from workbench.errors import Invalid, did_you_mean
from workbench.tables import columns, headers, ods_xml, sheet_xml
from workbench.tables.recipe import FREE, Recipe
from workbench.tables.text_files import Grid

SAMPLE_ROWS = 60
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a stream's name in the compound file
Rows = list[list[Any]]


def read(content: bytes, *, name: str, recipe: Recipe = FREE, limit: int | None = None) -> Grid:
    """Read one sheet: the one asked for, else the first visible one with a table in it, or with cells."""
    sheet_xml.refuse_bomb(content, name=name)
    try:
        with load_workbook(BytesIO(content)) as workbook:
            sheet, notes = _sheet(workbook, name=name, wanted=recipe.sheet)
            found, merged = ods_xml.look(content, sheet.name)
            if not (found.errors or merged):
                found, merged = sheet_xml.look(content, sheet.name), _merged(sheet)
            grid = _grid(sheet, name=name, recipe=recipe, found=found, merged=merged, limit=limit)
    except PasswordError as error:
        raise _protected(name) from error
    except Invalid:
        raise
    except (CalamineError, OSError, ValueError) as error:
        if ENCRYPTED in content or ods_xml.is_encrypted(content):
            raise _protected(name) from error
        hint = "open it in Excel and save it again"
        raise Invalid(f"workbook {name}", given="a damaged or unknown file", hint=hint) from error
    grid.sheet, grid.sheets, grid.kind = sheet.name, list(workbook.sheet_names), "workbook"
    grid.notes = notes + grid.notes
    return grid


def _protected(name: str) -> Invalid:
    return Invalid(f"workbook {name}", given="protected by a password", hint="save it without a password")


def _sheet(workbook: CalamineWorkbook, *, name: str, wanted: str | None) -> tuple[CalamineSheet, list[Text]]:
    names = workbook.sheet_names
    if wanted is not None:
        if wanted not in names:
            near = did_you_mean(wanted, names)
            hint = f"did you mean {near!r}?" if near else f"it has {', '.join(names[:12])}"
            raise Invalid(f"workbook {name}: no sheet", given=repr(wanted), hint=hint)
        return workbook.get_sheet_by_name(wanted), []
    hidden = {each.name for each in workbook.sheets_metadata if each.visible != SheetVisibleEnum.Visible}
    visible = [each for each in names if each not in hidden]
    for order, least in (
        (visible, 2),
        ([*visible, *hidden], 1),
    ):  # a cover of one column comes first at times
        for chosen in order:
            sheet = _opened(workbook, chosen)
            if sheet is not None and sheet.height >= least and sheet.width >= least:
                return sheet, _others(chosen, names, hidden)
    raise Invalid(f"workbook {name}", given="only empty sheets", expected="a sheet with rows")


def _opened(workbook: CalamineWorkbook, name: str) -> CalamineSheet | None:
    try:
        return workbook.get_sheet_by_name(name)
    except CalamineError:  # a sheet of charts has no cells
        return None


def _others(chosen: str, names: list[str], hidden: set[str]) -> list[Text]:
    more = [each for each in names if each != chosen]
    if not more:
        return []
    en = ", ".join(each + (" (hidden)" if each in hidden else "") for each in more)
    zh = "、".join(each + ("（隐藏）" if each in hidden else "") for each in more)
    return [
        {
            "en": f"sheet {chosen!r} read; the workbook also has: {en}",
            "zh": f"已读取工作表“{chosen}”；另有：{zh}",
        }
    ]


def _merged(sheet: CalamineSheet) -> list[ods_xml.Span]:
    return [(*start, *end) for start, end in sheet.merged_cell_ranges or []]


def _grid(
    sheet: CalamineSheet,
    *,
    name: str,
    recipe: Recipe,
    found: sheet_xml.Found,
    merged: list[ods_xml.Span],
    limit: int | None,
) -> Grid:
    # From cell A1 on, so that positions are those of the merged ranges and of what people see.
    rows = sheet.to_python(skip_empty_area=False, nrows=limit)
    if not rows:
        raise Invalid(
            f"workbook {name}", given=f"an empty sheet {sheet.name!r}", expected="a sheet with rows"
        )
    for row, column, text in found.errors:
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    rows, at, notes = _one_block(rows)
    spans = [(top, left - at, bottom, right - at) for top, left, bottom, right in merged if left >= at]
    first = next((i for i, row in enumerate(rows) if any(cell != "" for cell in row)), 0)
    sample = [[_text(cell) or "" for cell in row] for row in rows[: first + SAMPLE_ROWS]]
    width = headers.data_width([row for row in sample if any(row)])
    filled = _filled_right(sample, spans)
    head = headers.placed(sample, width=width, recipe=recipe, spans=filled)
    _fill_down(rows, spans, head.data)
    body = rows[head.data :]
    cells = [[row[i] if i < len(row) else "" for row in body] for i in range(max(width, _width(body)))]
    head.names = columns.unique([*head.names, *[""] * (len(cells) - len(head.names))])
    titles = [" ".join(dict.fromkeys(cell for cell in row if cell)) for row in sample[: head.skipped]]
    grid = Grid(head, [_column(column) for column in cells], titles=[line for line in titles if line])
    return _told(grid, notes, found)


def _told(grid: Grid, notes: list[Text], found: sheet_xml.Found) -> Grid:
    grid.notes += notes
    if found.hidden:
        n = found.hidden
        grid.notes.append(
            {
                "en": f"{n} hidden rows, such as a filter leaves, are read too",
                "zh": f"{n} 个隐藏行（如筛选所致）也已读取",
            }
        )
    if found.uncalculated:
        n = found.uncalculated
        grid.notes.append(
            {
                "en": f"{n} formulas have no stored result and are empty here: "
                "open the file in Excel and save it",
                "zh": f"{n} 个公式没有保存计算结果，此处为空：请在 Excel 中打开并保存该文件",
            }
        )
    return grid


def _one_block(rows: Rows) -> tuple[Rows, int, list[Text]]:
    """Keep one of several tables that stand side by side: of different length, with a gap between."""
    width = _width(rows)
    used = [any(i < len(row) and row[i] != "" for row in rows) for i in range(width)]
    blocks: list[tuple[int, int]] = []
    for i, full in enumerate(used):
        if full and (i == 0 or not used[i - 1]):
            blocks.append((i, i + 1))
        elif full:
            blocks[-1] = (blocks[-1][0], i + 1)
    tables = [(left, right) for left, right in blocks if right - left > 1]
    if len(tables) < 2 or len(tables) < len(blocks):
        return rows, 0, []
    ends = [max(i for i, row in enumerate(rows) if any(row[left:right])) for left, right in tables]
    if len(set(ends)) == 1:
        return rows, 0, []
    size = [(right - left) * end for (left, right), end in zip(tables, ends, strict=True)]
    left, right = tables[size.index(max(size))]
    note: Text = {
        "en": f"{len(tables)} tables stand side by side: the largest was read, columns {left + 1} to {right}",
        "zh": f"工作表中并排有 {len(tables)} 个表：已读取最大的一个，第 {left + 1} 至 {right} 列",
    }
    return [row[left:right] for row in rows], left, [note]


def _width(rows: Rows) -> int:
    return max((i + 1 for row in rows for i, cell in enumerate(row) if cell != ""), default=1)


def _filled_right(sample: list[list[str]], spans: Sequence[tuple[int, int, int, int]]) -> list[list[str]]:
    """Write the text of a merged cell into all columns that it spans."""
    filled = [list(row) for row in sample]
    for top, left, _, right in spans:
        if top < len(filled) and left < len(filled[top]):
            for column in range(left + 1, min(right + 1, len(filled[top]))):
                filled[top][column] = filled[top][left]
    return filled


def _fill_down(rows: Rows, spans: Sequence[tuple[int, int, int, int]], first: int) -> None:
    """Write the value of a cell merged over several rows of data into each of them."""
    for top, left, bottom, _ in spans:
        if top >= first and top < len(rows) and left < len(rows[top]):
            for row in rows[top + 1 : bottom + 1]:
                if left < len(row) and row[left] == "":
                    row[left] = rows[top][left]


def _column(cells: list[Any]) -> pa.ChunkedArray:
    """Keep the type that Excel gave a column; a mixture becomes text, to be read like a CSV's."""
    kinds = {type(cell) for cell in cells if cell != ""}
    present = [None if cell == "" else cell for cell in cells]
    if kinds and kinds <= {float, int}:
        whole = all(cell is None or (float(cell).is_integer() and abs(cell) < 2**53) for cell in present)
        return pa.chunked_array([pa.array(present, pa.float64()).cast(pa.int64() if whole else pa.float64())])
    if kinds == {bool}:
        return pa.chunked_array([pa.array(present, pa.bool_())])
    if kinds and kinds <= {dt.datetime, dt.date}:
        times = [dt.datetime.combine(c, dt.time()) if type(c) is dt.date else c for c in present]
        return pa.chunked_array([pa.array(times, pa.timestamp("us"))])
    return pa.chunked_array([pa.array([_text(cell) for cell in cells], pa.string())])


def _text(cell: Any) -> str | None:
    if cell == "":
        return None
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 2**53:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.isoformat(sep=" ")
    if isinstance(cell, dt.timedelta):
        return str(cell)
    return str(cell)
