"""Bring a file in: forgiving about how it was written, honest about what could not be read.

CSV and other text, workbooks and Parquet end as one Arrow table with types and units, beside a report.
Cells that do not fit their column's type are counted, shown and kept in a side table; nothing is dropped in
silence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.config import Text
from workbench.errors import Invalid, NotFound
from workbench.tables import bulk, cells, columns, excel_files, store, text_files
from workbench.tables.catalog import REJECTED, TableInfo, Tables
from workbench.tables.text_files import Grid

VERSION = 1  # of what this module makes of a file; files read by an older one are read again
TEXTS = {".csv", ".tsv", ".txt", ".dat", ".tab", ".asc"}
WORKBOOKS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et"}
SHOWN = 100  # rejected cells listed in a report; the side table has all
SIGNATURES = {b"PK\x03\x04": "workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "workbook", b"PAR1": "parquet"}
OTHER = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"Rar!": "an archive",
}


@dataclass(frozen=True)
class Options:
    """What the user corrects when the file was understood wrongly."""

    sheet: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True)
class Rejected:
    """A cell that does not fit its column."""

    row: int  # as counted in the file, from 1
    column: str
    text: str


@dataclass
class Report:
    """What was understood of a file."""

    file: str
    encoding: str | None = None
    delimiter: str | None = None
    header_rows: int = 0
    rows: int = 0
    units: dict[str, str] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)  # the first ones
    rejected_count: int = 0
    notes: list[Text] = field(default_factory=list)


@dataclass(frozen=True)
class Import:
    """A file as a table, with everything that did not get into it."""

    table: pa.Table
    report: Report
    rejected: pa.Table | None = None


def is_readable_name(name: str) -> bool:
    """Whether a file name ends like something that can be read."""
    path = Path(name.lower().removesuffix(".gz"))
    return path.suffix in TEXTS | WORKBOOKS | {".parquet", ".pq"}


def table_name(path: Path) -> str:
    """Make a table name from a file name."""
    stem = path.name.removesuffix(".gz").removesuffix(".GZ").rsplit(".", 1)[0]
    name = re.sub(r"\W+", "_", stem).strip("_")[:60].rstrip("_")
    return name if name[:1].isalpha() else f"t_{name}".rstrip("_")


def read_file(path: Path | str, options: Options = Options()) -> Import:
    """Read a file into memory.

    Raises
    ------
    Invalid
        In one sentence, if it is empty, protected, damaged or not a table.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "parquet":
        with _parquet(path) as file:
            return Import(file.read(), Report(path.name, rows=file.metadata.num_rows))
    content = text_files.load(path)
    if kind == "workbook":
        grid = excel_files.read(content, name=path.name, sheet=options.sheet)
    else:
        grid = text_files.read(content, name=path.name, delimiter=options.delimiter)
    return typed(grid, name=path.name)


def kind_of(path: Path) -> Literal["text", "workbook", "parquet"]:
    """Tell what a file is by its first bytes; the ending may be wrong."""
    if not path.is_file():
        raise NotFound("no such file", given=repr(str(path)), hint="check the path")
    try:
        with path.open("rb") as handle:
            beginning = handle.read(512)
    except OSError as error:
        raise Invalid(
            f"file {path.name}", given=error.strerror, expected="a file this user may read"
        ) from error
    if not beginning:
        raise Invalid(f"file {path.name}", given="0 bytes", expected="a file with rows")
    for signature, what in OTHER.items():
        if beginning.startswith(signature):
            raise Invalid(f"file {path.name}", given=what, expected="a table: CSV, Excel or Parquet")
    if beginning.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        hint = "open it in Excel and save it as xlsx"
        raise Invalid(
            f"file {path.name}", given="a web page", expected="a table: CSV, Excel or Parquet", hint=hint
        )
    for signature, kind in SIGNATURES.items():
        if beginning.startswith(signature):
            return kind  # type: ignore[return-value, unused-ignore]
    if path.suffix.lower() in {".parquet", ".pq"}:
        raise Invalid(f"file {path.name}", given="not Parquet", expected="what its ending says")
    return "text"


def _parquet(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise Invalid(f"file {path.name}", given="a damaged Parquet file", hint="export it again") from error


def typed(grid: Grid, *, name: str) -> Import:
    """Give the columns of a grid their types, and report what was met."""
    report = Report(name, grid.encoding, grid.delimiter, grid.head.header_rows, notes=list(grid.notes))
    filled = _without_empty_rows(grid, report)
    comma = any(pa.types.is_string(c.type) and cells.has_decimal_comma(c) for c in filled)
    if comma:
        report.notes.append({"en": "comma read as the decimal mark", "zh": "逗号按小数点读取"})
    arrays, fields, lost = [], [], [*_spilled(grid)]
    empty = []
    for column_name, column in zip(grid.head.names, filled, strict=True):
        if column.null_count == len(column) or _is_blank(column):
            empty.append(column_name)
            continue
        found = cells.Typed(column)
        if pa.types.is_string(column.type):
            found = cells.read(column_name, column, decimal_comma=comma)
        unit = grid.head.units.get(column_name) or found.unit
        report.notes += found.notes
        lost += _rejected(column_name, column, found.rejected, first=grid.head.data + 1)
        arrays.append(found.values)
        fields.append(pa.field(column_name, found.values.type, metadata={"unit": unit} if unit else None))
        if unit:
            report.units[column_name] = unit
    _note_layout(grid, empty, report)
    if not arrays:
        raise Invalid(f"file {name}", given="a header without rows", expected="a file with rows")
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    report.rows, report.rejected_count, report.rejected = table.num_rows, len(lost), lost[:SHOWN]
    if not lost:
        return Import(table, report)
    report.notes.append({"en": f"{len(lost)} cells could not be read", "zh": f"{len(lost)} 个单元格无法识别"})
    return Import(table, report, pa.Table.from_pylist([vars(each) for each in lost]))


def _is_blank(column: pa.ChunkedArray) -> bool:
    if not pa.types.is_string(column.type):
        return False
    return pc.all(pc.equal(pc.utf8_trim_whitespace(column), "")).as_py() is True


def _without_empty_rows(grid: Grid, report: Report) -> list[pa.ChunkedArray]:
    """Leave out rows without any cell; a file of one column keeps its gaps, but not those at its end."""
    blank = None
    for column in grid.columns:
        text = pa.types.is_string(column.type)
        here = (
            pc.fill_null(pc.equal(pc.utf8_trim_whitespace(column), ""), True) if text else pc.is_null(column)
        )
        blank = here if blank is None else pc.and_(blank, here)
        if not pc.any(blank).as_py():
            return grid.columns
    count = pc.sum(blank).as_py() or 0
    if len(grid.columns) == 1:
        full = pc.indices_nonzero(pc.invert(blank).combine_chunks())
        last = full[-1].as_py() + 1 if len(full) else 0
        return [column.slice(0, last) for column in grid.columns]
    report.notes.append({"en": f"{count} empty rows left out", "zh": f"略去 {count} 个空行"})
    return [column.filter(pc.invert(blank)) for column in grid.columns]


def _note_layout(grid: Grid, empty: list[str], report: Report) -> None:
    if grid.head.skipped:
        n = grid.head.skipped
        report.notes.append({"en": f"{n} lines above the table left out", "zh": f"略去表格上方 {n} 行"})
    if not grid.head.header_rows:
        report.notes.append({"en": "no header found: columns are numbered", "zh": "未发现表头：列已编号"})
    told = [name for name in empty if not re.fullmatch(r"column\d+", name)]
    if told:
        names = ", ".join(told[:8]) + (" …" if len(told) > 8 else "")
        report.notes.append({"en": f"empty columns left out: {names}", "zh": f"略去空列：{names}"})


def _rejected(name: str, column: pa.ChunkedArray, mask: Any, *, first: int) -> Iterator[Rejected]:
    if mask is None or not pc.any(mask).as_py():
        return
    flat = mask.combine_chunks() if isinstance(mask, pa.ChunkedArray) else mask
    for position in pc.indices_nonzero(flat).to_pylist():
        yield Rejected(position + first, name, column[position].as_py())


def _spilled(grid: Grid) -> Iterator[Rejected]:
    for row, text in grid.spilled:
        yield Rejected(row, "", text)


# --- into the workspace or a cache ----------------------------------------------------------------------


def stage(path: Path, target: Path, options: Options = Options()) -> Report:
    """Write a file as Parquet, with units beside its columns."""
    done = bulk.copy(path, target) if options == Options() and kind_of(path) == "text" else None
    if done is not None:
        return Report(path.name, "utf-8", done.delimiter, done.header_rows, done.rows, done.units)
    if kind_of(path) == "parquet":
        return _stage_parquet(path, target)
    found = read_file(path, options)
    schema = columns.storable_schema(found.table.schema, units=found.report.units)
    pq.write_table(columns.conform(found.table, schema), target)
    return found.report


def _stage_parquet(path: Path, target: Path) -> Report:
    with _parquet(path) as file:
        schema = columns.storable_schema(file.schema_arrow, units={})
        with pq.ParquetWriter(target, schema) as writer:
            for batch in file.iter_batches():
                writer.write_table(columns.conform(batch, schema))
        return Report(path.name, rows=file.metadata.num_rows)


def as_it_is(path: Path) -> bool:
    """Whether a file can be read where it lies: Parquet with types and names that need no change."""
    if kind_of(path) != "parquet":
        return False
    with _parquet(path) as file:
        schema = file.schema_arrow
    stored = columns.storable_schema(schema, units={})
    return bool(stored.names == schema.names and stored.types == schema.types)


def add_file(
    tables: Tables,
    path: Path | str,
    *,
    name: str | None = None,
    mode: Literal["replace", "append"] = "replace",
    options: Options = Options(),
) -> TableInfo:
    """Import a file as a new version of a table, named after the file unless told otherwise."""
    path = Path(path)
    kind = kind_of(path)
    name = name or table_name(path)
    folder = tables.folder_for(name)
    if kind == "parquet":
        with _parquet(path) as file:
            reader = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
            return tables.add(name, reader, source=path.name, mode=mode)
    if kind == "text" and mode == "replace" and options == Options() and bulk.is_large(path):
        info = _add_bulk(tables, path, name=name, folder=folder)
        if info is not None:
            return info
    found = read_file(path, options)
    if found.rejected is not None or tables.exists(name + REJECTED):
        lost = found.rejected if found.rejected is not None else _NO_REJECTS
        tables.add(name + REJECTED, lost, source=path.name)
    note = {"rejected": found.report.rejected_count, "notes": found.report.notes}
    return tables.add(name, found.table, source=path.name, mode=mode, note=note)


_NO_REJECTS = pa.schema({"row": pa.int64(), "column": pa.string(), "text": pa.string()}).empty_table()


def _add_bulk(tables: Tables, path: Path, *, name: str, folder: Path) -> TableInfo | None:
    folder.mkdir(parents=True, exist_ok=True)
    target = store.new_file(folder)
    try:
        done = bulk.copy(path, target)
        if done is None:
            return None
        schema = columns.storable_schema(pq.read_schema(target), units=done.units)
        note = tables.note(name, source=path.name)
        return tables.commit(name, [store.seal(target)], schema=schema, note=note, append=False)
    finally:
        target.unlink(missing_ok=True)
