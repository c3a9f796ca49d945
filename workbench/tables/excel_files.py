"""Workbooks (xlsx, xls, xlsb, ods) to columns: which sheet, which header, what is in the cells."""

import datetime as dt
from io import BytesIO
from typing import Any

import pyarrow as pa
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, load_workbook

from workbench.errors import Invalid, did_you_mean
from workbench.tables import columns, headers
from workbench.tables.text_files import Grid

SAMPLE_ROWS = 60
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a stream's name in the compound file


def read(content: bytes, *, name: str, sheet: str | None = None) -> Grid:
    """Read one sheet: the one asked for, else the first with cells in it."""
    try:
        with load_workbook(BytesIO(content)) as workbook:
            return _grid(_sheet(workbook, name=name, wanted=sheet), name=name, others=workbook.sheet_names)
    except PasswordError as error:
        raise _protected(name) from error
    except Invalid:
        raise
    except (CalamineError, OSError, ValueError) as error:
        if ENCRYPTED in content:
            raise _protected(name) from error
        hint = "open it in Excel and save it again"
        raise Invalid(f"workbook {name}", given="a damaged or unknown file", hint=hint) from error


def _protected(name: str) -> Invalid:
    return Invalid(f"workbook {name}", given="protected by a password", hint="save it without a password")


def _sheet(workbook: CalamineWorkbook, *, name: str, wanted: str | None) -> CalamineSheet:
    if wanted is not None:
        if wanted not in workbook.sheet_names:
            near = did_you_mean(wanted, workbook.sheet_names)
            hint = f"did you mean {near!r}?" if near else f"it has {', '.join(workbook.sheet_names[:12])}"
            raise Invalid(f"workbook {name}: no sheet", given=repr(wanted), hint=hint)
        return workbook.get_sheet_by_name(wanted)
    for position in range(len(workbook.sheet_names)):
        sheet = workbook.get_sheet_by_index(position)
        if sheet.height and sheet.width:
            return sheet
    raise Invalid(f"workbook {name}", given="only empty sheets", expected="a sheet with rows")


def _grid(sheet: CalamineSheet, *, name: str, others: list[str]) -> Grid:
    # From cell A1 on, so that positions are those of the merged ranges and of what people see.
    rows = sheet.to_python(skip_empty_area=False)
    if not rows:
        raise Invalid(
            f"workbook {name}", given=f"an empty sheet {sheet.name!r}", expected="a sheet with rows"
        )
    first = next((i for i, row in enumerate(rows) if any(cell != "" for cell in row)), 0)
    sample = [[_text(cell) or "" for cell in row] for row in rows[: first + SAMPLE_ROWS]]
    width = headers.data_width([row for row in sample if any(row)])
    head = headers.find(sample, width=width, spans=_filled(sample, sheet))
    body = rows[head.data :]
    cells = [[row[i] if i < len(row) else "" for row in body] for i in range(max(width, _width(body)))]
    head.names = columns.unique([*head.names, *[""] * (len(cells) - len(head.names))])
    grid = Grid(head, [_column(column) for column in cells])
    if len(others) > 1:
        more = ", ".join(each for each in others if each != sheet.name)
        grid.notes.append(
            {
                "en": f"sheet {sheet.name!r} read; the workbook also has: {more}",
                "zh": f"已读取工作表“{sheet.name}”；另有：{more}",
            }
        )
    return grid


def _width(rows: list[list[Any]]) -> int:
    return max((i + 1 for row in rows for i, cell in enumerate(row) if cell != ""), default=1)


def _filled(sample: list[list[str]], sheet: CalamineSheet) -> list[list[str]]:
    """Write the text of a merged cell into all columns that it spans."""
    filled = [list(row) for row in sample]
    for (top, left), (_, right) in sheet.merged_cell_ranges or []:
        if top < len(filled) and left < len(filled[top]):
            for column in range(left + 1, min(right + 1, len(filled[top]))):
                filled[top][column] = filled[top][left]
    return filled


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
