"""From the cells of a file to a table with types and units, and a report of all that was met.

Decides for the whole file what single columns cannot: the decimal mark, which rows are data, what a recipe
says that differs from what is here.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from workbench.errors import Invalid
from workbench.tables import cells, columns, rows_aside
from workbench.tables import numbers as numbers_written
from workbench.tables.cells import Choice, Typed
from workbench.tables.recipe import FREE, Recipe
from workbench.tables.report import SHOWN, ColumnReport, Import, Rejected, Report
from workbench.tables.text_files import Grid

SAMPLES = 3
LOST = pa.schema({"row": pa.int64(), "column": pa.string(), "text": pa.string()})


def interpret(grid: Grid, *, name: str, recipe: Recipe = FREE) -> Import:
    """Give the columns of a grid their types, and report what was met."""
    report = started(grid, name)
    filled, numbers, aside = data_rows(grid, report, totals=recipe.totals == "aside")
    comma = has_comma(filled, recipe)
    if comma:
        report.decimal = ","
        report.notes.append({"en": "comma read as the decimal mark", "zh": "逗号按小数点读取"})
    arrays, fields = [], []
    lost = [Rejected(row, "", text) for row, text in grid.spilled]
    empty = []
    for header, column in zip(grid.head.names, filled, strict=True):
        said = recipe.column(header)
        if said.skip:
            report.notes.append({"en": f"column {header} left out as asked", "zh": f"按要求略去列 {header}"})
            continue
        if is_empty(column) and header not in recipe.columns:
            empty.append(header)
            continue
        found = typed(header, column, recipe, comma=comma)
        lost += rejected_cells(header, column, found.rejected, numbers)
        described = describe(header, column, found, recipe, unit=grid.head.units.get(header))
        report.columns.append(described)
        report.notes += found.notes
        arrays.append(found.values)
        fields.append(field_of(described, found.values.type))
    note_layout(grid, empty, report)
    if not arrays or not len(arrays[0]):
        raise Invalid(f"file {name}", given="a header without rows", expected="a file with rows")
    table = pa.Table.from_arrays(arrays, schema=unique_fields(fields, report))
    conclude(report, table.num_rows, lost)
    everything = lost + aside
    kept = pa.Table.from_pylist([vars(each) for each in everything], schema=LOST) if everything else None
    return Import(table, report, kept)


def started(grid: Grid, name: str) -> Report:
    """Begin a report with what the splitting showed."""
    head = grid.head
    return Report(
        name,
        kind=grid.kind,
        encoding=grid.encoding,
        delimiter=grid.delimiter,
        sheet=grid.sheet,
        sheets=grid.sheets,
        header_row=head.row + 1 if head.header_rows else 0,
        header_rows=head.header_rows,
        titles=grid.titles,
        notes=list(grid.notes),
    )


def has_comma(filled: Sequence[pa.ChunkedArray], recipe: Recipe) -> bool:
    """Whether the file writes a comma as the decimal mark."""
    if recipe.decimal:
        return recipe.decimal == ","
    return any(pa.types.is_string(c.type) and numbers_written.has_decimal_comma(c) for c in filled)


def typed(header: str, column: pa.ChunkedArray, recipe: Recipe, *, comma: bool) -> Typed:
    """Read one column as the recipe says, or as what it is."""
    said = recipe.column(header)
    choice = Choice(said.type, said.dates, said.zone, said.decimal or recipe.decimal)
    if not pa.types.is_string(column.type):
        return cells.retyped(header, column, choice)
    return cells.read(header, column, decimal_comma=comma, choice=choice)


def describe(
    header: str, column: pa.ChunkedArray, found: Typed, recipe: Recipe, *, unit: str | None
) -> ColumnReport:
    """Say what became of a column."""
    said = recipe.column(header)
    unit = said.unit if said.unit is not None else unit or found.unit
    present = column.slice(0, 1000).drop_null().slice(0, SAMPLES)
    return ColumnReport(
        header=header,
        name=said.name or header,
        type=columns.kind(found.values.type),
        unit=unit or None,
        facts=found.facts,
        samples=[str(value) for value in present.to_pylist()],
        missing=found.values.null_count,
        rejected=int(pc.sum(found.rejected).as_py() or 0) if found.rejected is not None else 0,
    )


def field_of(column: ColumnReport, arrow: pa.DataType) -> pa.Field:
    """Return the field of a column, with its unit beside it."""
    return pa.field(column.name, arrow, metadata={"unit": column.unit} if column.unit else None)


def unique_fields(fields: list[pa.Field], report: Report) -> pa.Schema:
    """Make renamed columns differ from the others, and note the units by name."""
    names = columns.unique([field.name for field in fields])
    for column, name in zip(report.columns, names, strict=True):
        column.name = name
    report.units = {column.name: column.unit for column in report.columns if column.unit}
    return pa.schema([field.with_name(name) for field, name in zip(fields, names, strict=True)])


def conclude(report: Report, rows: int, lost: list[Rejected]) -> None:
    """Count what was read and what was not."""
    report.rows, report.rejected_count, report.rejected = rows, len(lost), lost[:SHOWN]
    if lost:
        n = len(lost)
        report.notes.append({"en": f"{n} cells could not be read", "zh": f"{n} 个单元格无法识别"})


def is_empty(column: pa.ChunkedArray) -> bool:
    """Whether a column has nothing in any cell."""
    if column.null_count == len(column):
        return True
    if not pa.types.is_string(column.type):
        return False
    return pc.all(pc.equal(pc.utf8_trim_whitespace(column), "")).as_py() is True


def data_rows(
    grid: Grid, report: Report, *, totals: bool
) -> tuple[list[pa.ChunkedArray], np.ndarray, list[Rejected]]:
    """Leave out rows that are no data and rows without any cell; return what is left, with row numbers."""
    found = rows_aside.find(grid.columns, grid.head.names, totals=totals, titles=grid.titles)
    report.notes += found.notes
    numbers = np.arange(len(grid.columns[0]) if grid.columns else 0) + grid.head.data + 1
    aside = [
        Rejected(int(numbers[position]), "", rows_aside.row_text(grid.columns, position))
        for position in sorted(found.positions)
    ]
    report.aside = aside[:SHOWN]
    told = [each for each in aside if found.positions[each.row - grid.head.data - 1] in ("total", "footer")]
    if told:
        n, first = len(told), told[0].text[:80]
        report.notes.append(
            {"en": f"{n} rows of totals or remarks kept aside: {first}",
             "zh": f"{n} 行合计或备注未作为数据，已另存：{first}"}
        )  # fmt: skip
    left = grid.columns
    if found.positions:
        keep = np.ones(len(numbers), bool)
        keep[list(found.positions)] = False
        left = [column.filter(pa.array(keep)) for column in left]
        numbers = numbers[keep]
    return *_without_empty_rows(left, numbers, report), aside


def _without_empty_rows(
    given: list[pa.ChunkedArray], numbers: np.ndarray, report: Report
) -> tuple[list[pa.ChunkedArray], np.ndarray]:
    """Leave out rows without any cell; a file of one column keeps its gaps, but not those at its end."""
    blank = None
    for column in given:
        here = rows_aside.blank_cells(column)
        blank = here if blank is None else pc.and_(blank, here)
        if not pc.any(blank).as_py():
            return given, numbers
    if blank is None:
        return given, numbers
    full = pc.indices_nonzero(pc.invert(blank).combine_chunks()).to_numpy()
    last = int(full[-1]) + 1 if len(full) else 0
    if len(given) == 1:
        return [column.slice(0, last) for column in given], numbers[:last]
    count = last - len(full)
    if count:
        report.notes.append({"en": f"{count} empty rows left out", "zh": f"略去 {count} 个空行"})
    return [column.take(full) for column in given], numbers[full]


def note_layout(grid: Grid, empty: list[str], report: Report) -> None:
    """Say what was left out above and beside the table."""
    if grid.head.skipped:
        n = grid.head.skipped
        report.notes.append({"en": f"{n} lines above the table left out", "zh": f"略去表格上方 {n} 行"})
    if not grid.head.header_rows and grid.kind != "json":
        report.notes.append({"en": "no header found: columns are numbered", "zh": "未发现表头：列已编号"})
    told = [name for name in empty if not re.fullmatch(r"column\d+", name)]
    if told:
        names = ", ".join(told[:8]) + (" …" if len(told) > 8 else "")
        report.notes.append({"en": f"empty columns left out: {names}", "zh": f"略去空列：{names}"})


def rejected_cells(name: str, column: pa.ChunkedArray, mask: Any, numbers: np.ndarray) -> Iterator[Rejected]:
    """List the cells that a mask marks, with the rows of the file they stand in."""
    if mask is None or not pc.any(mask).as_py():
        return
    flat = mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask
    for position in pc.indices_nonzero(flat).to_pylist():
        yield Rejected(int(numbers[position]), name, str(column[position].as_py()))
