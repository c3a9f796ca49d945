"""Read a file: tell what it is by its bytes, hand it to the reader of its kind, write it as Parquet.

Forgiving about how a file was written, honest about what could not be read. Knows no workspace.
"""

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import Invalid, NotFound
from workbench.tables import blocks, bulk, columns, excel_files, interpret, json_files, text_files, web_files
from workbench.tables.interpret import LOST
from workbench.tables.recipe import FREE, Recipe
from workbench.tables.report import ColumnReport, Import, Report
from workbench.tables.text_files import Grid

VERSION = 3  # of what this module makes of a file; files read by an older one are read again
Kind = Literal["text", "workbook", "parquet", "json", "page", "archive"]
TEXTS = {".csv", ".tsv", ".txt", ".dat", ".tab", ".asc", ".prn"}
WORKBOOKS = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et"}
JSONS = {".jsonl", ".ndjson", ".json"}
PARQUETS = {".parquet", ".pq"}
SIGNATURES: dict[bytes, Kind] = {b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "workbook", b"PAR1": "parquet"}
ZIPS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
OTHER = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"GIF8": "a picture",
    b"Rar!": "an archive",
    b"7z\xbc\xaf\x27\x1c": "an archive",
    b"SQLite format 3\0": "a SQLite database",
    b"MZ": "a program",
    b"\x7fELF": "a program",
    b"<?xml": "an XML document",
}
EXPECTED = "a table: CSV, Excel, Parquet, JSON lines, or a zip of these"
PREVIEW_BYTES = 1 << 20
PREVIEW_ROWS = 2000
Watch = Callable[[float], None]  # told the share that is done; what it raises stops the reading


@dataclass(frozen=True)
class Staged:
    """A file written as Parquet, and what was left behind."""

    report: Report
    rejected: pa.Table | None = None


def is_readable_name(name: str) -> bool:
    """Whether a file name ends like something that can be read."""
    path = Path(name.lower().removesuffix(".gz"))
    return path.suffix in TEXTS | WORKBOOKS | PARQUETS | JSONS


def table_name(path: Path) -> str:
    """Make a table name from a file name."""
    stem = path.name.removesuffix(".gz").removesuffix(".GZ").rsplit(".", 1)[0]
    name = re.sub(r"\W+", "_", stem).strip("_")[:60].rstrip("_")
    return name if name[:1].isalpha() else f"t_{name}".rstrip("_")


def kind_of(path: Path) -> Kind:
    """Tell what a file is by its first bytes; the ending may be wrong."""
    if not path.is_file():
        raise NotFound("no such file", given=repr(str(path)), hint="check the path")
    try:
        with path.open("rb") as handle:
            beginning = handle.read(1024)
    except OSError as error:
        raise Invalid(
            f"file {path.name}", given=error.strerror, expected="a file this user may read"
        ) from error
    if not beginning:
        raise Invalid(f"file {path.name}", given="0 bytes", expected="a file with rows")
    if web_files.is_page(beginning):
        return "page"
    for signature, what in OTHER.items():
        if beginning.startswith(signature):
            hint = "open it in Excel and save it as xlsx" if b"<?xml" in beginning else None
            raise Invalid(f"file {path.name}", given=what, expected=EXPECTED, hint=hint)
    for signature, kind in SIGNATURES.items():
        if beginning.startswith(signature):
            return kind
    if beginning.startswith(ZIPS):
        return "workbook" if _is_workbook(path, beginning) else "archive"
    if (beginning.startswith(b"\x1f\x8b") and ".tar" in path.suffixes) or path.suffix.lower() == ".tgz":
        raise Invalid(f"file {path.name}", given="an archive", expected=EXPECTED)
    if path.suffix.lower() in PARQUETS:
        raise Invalid(f"file {path.name}", given="not Parquet", expected="what its ending says")
    return "json" if json_files.is_json(beginning, path.suffix.lower()) else "text"


def _is_workbook(path: Path, beginning: bytes) -> bool:
    """Tell a packed workbook from an archive: by its ending, or by its first part."""
    named = path.suffix.lower() in WORKBOOKS
    return named or b"[Content_Types].xml" in beginning or b"mimetypeapplication/vnd.oasis" in beginning


def read_file(path: Path | str, recipe: Recipe = FREE) -> Import:
    """Read a file into memory.

    Raises
    ------
    Invalid
        In one sentence, if it is empty, protected, damaged or not a table.
    """
    path = Path(path)
    kind = kind_of(path)
    if kind == "parquet":
        with parquet(path) as file:
            return _of_parquet(file.read(), path.name, recipe)
    return interpret.interpret(
        _grid(text_files.load(path), path, kind, recipe), name=path.name, recipe=recipe
    )


def preview(path: Path | str, recipe: Recipe = FREE) -> Import:
    """Read as much of a file as shows what it is."""
    path = Path(path)
    kind = kind_of(path)
    if kind == "parquet":
        with parquet(path) as file:
            first = next(file.iter_batches(PREVIEW_ROWS), None)
            table = pa.table(first) if first is not None else file.schema_arrow.empty_table()
            found = _of_parquet(table, path.name, recipe)
            found.report.partial = file.metadata.num_rows > table.num_rows
            return found
    large = path.suffix.lower() != ".gz" and path.stat().st_size > 2 * PREVIEW_BYTES
    if not large or kind in ("workbook", "page"):
        return read_file(path, recipe)
    with path.open("rb") as handle:
        content = handle.read(PREVIEW_BYTES)
    found = interpret.interpret(
        _grid(content, path, kind, recipe, whole=False), name=path.name, recipe=recipe
    )
    found.report.partial = True
    return found


def _grid(content: bytes, path: Path, kind: Kind, recipe: Recipe, *, whole: bool = True) -> Grid:
    if kind == "archive":
        hint = "import it as tables first: workbench data add"
        raise Invalid(f"file {path.name}", given="a zip of files", expected="one table", hint=hint)
    if kind == "workbook":
        return excel_files.read(content, name=path.name, recipe=recipe)
    if kind == "page":
        return web_files.read(content, name=path.name, recipe=recipe)
    if kind == "json":
        return json_files.read(content, name=path.name, recipe=recipe, whole=whole)
    return text_files.read(content, name=path.name, recipe=recipe, whole=whole)


def parquet(path: Path) -> pq.ParquetFile:
    """Open a Parquet file, or say that it is damaged."""
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        raise Invalid(f"file {path.name}", given="a damaged Parquet file", hint="export it again") from error


def _of_parquet(table: pa.Table, name: str, recipe: Recipe) -> Import:
    schema = columns.storable_schema(table.schema, units={})
    report = Report(name, kind="parquet", rows=table.num_rows)
    wanted = [(i, field) for i, field in enumerate(schema) if not recipe.column(field.name).skip]
    arrays, fields = [], []
    plain = columns.conform(table, schema)
    for i, field in wanted:
        said = recipe.column(field.name)
        unit = said.unit if said.unit is not None else (field.metadata or {}).get(b"unit", b"").decode()
        samples = [str(value) for value in plain.column(i).slice(0, 3).to_pylist()]
        report.columns.append(
            ColumnReport(
                field.name, said.name or field.name, columns.kind(field.type), unit or None, {}, samples
            )
        )
        arrays.append(plain.column(i))
        fields.append(field.with_metadata({"unit": unit} if unit else None))
    return Import(pa.Table.from_arrays(arrays, schema=interpret.unique_fields(fields, report)), report)


# --- into Parquet ---------------------------------------------------------------------------------------


def stage(path: Path, target: Path, recipe: Recipe = FREE, *, watch: Watch | None = None) -> Staged:
    """Write a file as Parquet, with units beside its columns; large ones piece by piece."""
    if path.suffix.lower() == ".gz":
        return _stage_packed(path, target, recipe, watch)
    kind = kind_of(path)
    if kind == "text" and bulk.is_large(path):
        done = bulk.copy(path, target, recipe=recipe, watch=watch)
        if done is not None:
            return Staged(done)
        return Staged(*blocks.copy(path, target, recipe=recipe, watch=watch))
    if kind == "parquet":
        return _stage_parquet(path, target, recipe, watch)
    found = read_file(path, recipe)
    if watch:
        watch(0.6)
    schema = columns.storable_schema(found.table.schema, units=found.report.units)
    pq.write_table(columns.conform(found.table, schema), target)
    return Staged(found.report, found.rejected)


def _stage_packed(path: Path, target: Path, recipe: Recipe, watch: Watch | None) -> Staged:
    """Unpack beside the target first: what is small as gzip may be large."""
    kind_of(path)
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        plain = Path(folder) / path.name[:-3]
        text_files.unpack(path, plain)
        found = stage(plain, target, recipe, watch=watch)
    found.report.file = path.name
    return found


def _stage_parquet(path: Path, target: Path, recipe: Recipe, watch: Watch | None) -> Staged:
    with parquet(path) as file:
        first = _of_parquet(file.schema_arrow.empty_table(), path.name, recipe)
        schema = columns.storable_schema(first.table.schema, units=first.report.units)
        total, done = max(1, file.metadata.num_rows), 0
        try:
            with pq.ParquetWriter(target, schema) as writer:
                for batch in file.iter_batches():
                    writer.write_table(
                        columns.conform(_of_parquet(pa.table(batch), path.name, recipe).table, schema)
                    )
                    done += batch.num_rows
                    if watch:
                        watch(done / total)
        except (pa.ArrowException, OSError) as error:
            raise Invalid(
                f"file {path.name}", given="a damaged Parquet file", hint="export it again"
            ) from error
        first.report.rows = file.metadata.num_rows
        if not first.report.rows:
            raise Invalid(f"file {path.name}", given="a header without rows", expected="a file with rows")
        return Staged(first.report)


def as_it_is(path: Path) -> bool:
    """Whether a file can be read where it lies: Parquet with types and names that need no change."""
    if kind_of(path) != "parquet":
        return False
    with parquet(path) as file:
        schema = file.schema_arrow
    stored = columns.storable_schema(schema, units={})
    return bool(stored.names == schema.names and stored.types == schema.types)


def no_rejects() -> pa.Table:
    """Return the side table of an import that could read everything."""
    return LOST.empty_table()
