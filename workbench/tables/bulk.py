"""Large clean CSV files straight from DuckDB's reader into Parquet, with bounded memory and in their order.

Only where the beginning and the end of the file leave no question open; whatever else turns up later in the
file makes this path give up, and the file is read the careful way.
"""

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from workbench.errors import Invalid
from workbench.tables import encodings, interpret, rows_aside, text_files, watching
from workbench.tables.recipe import FREE, Recipe
from workbench.tables.relation import literal, quoted
from workbench.tables.report import Report
from workbench.tables.text_files import Sniffed

LARGE = 48 * 2**20
TAIL = 64 * 2**10
TYPES = {
    "integer": "BIGINT",
    "number": "DOUBLE",
    "boolean": "BOOLEAN",
    "timestamp": "TIMESTAMP",
    "text": "VARCHAR",
}
MEMORY = "1GB"
HARMLESS = ("above the table", "no header", "left out as asked")  # notes that ask nothing of the columns


def is_large(path: Path) -> bool:
    """Whether reading a file into memory is a bad idea."""
    return path.stat().st_size >= LARGE


def copy(
    path: Path, target: Path, *, recipe: Recipe = FREE, watch: Callable[[float], None] | None = None
) -> Report | None:
    """Write a large clean file as Parquet; None where it must be read the careful way."""
    with path.open("rb") as handle:
        beginning = handle.read(text_files.SAMPLE_BYTES)
        handle.seek(max(0, path.stat().st_size - TAIL))
        end = handle.read()
    if recipe.encoding or recipe.decimal:
        return None
    if b"\r" in beginning.replace(b"\r\n", b"") or b"\0" in beginning:
        return None
    try:
        text, encoding = encodings.decode(beginning, name=path.name, whole=False)
        if encoding not in {"utf-8", "utf-8-sig"} or text_files.NAMED.match(text):
            return None
        sniffed = text_files.sniff(
            text.replace("\r\n", "\n").rpartition("\n")[0], encoding=encoding, recipe=recipe
        )
        grid = text_files.read(beginning, name=path.name, recipe=recipe, whole=False)
        report = interpret.interpret(grid, name=path.name, recipe=recipe).report
    except Invalid:
        return None
    if not _is_clean(report, grid) or not _ends_clean(end, sniffed):
        return None
    rows = _copy(path, target, sniffed=sniffed, report=report, watch=watch)
    if rows is None and any(column.type == "integer" for column in report.columns):
        # The first decimal may come after a million whole numbers.
        for column in report.columns:
            column.type = "number" if column.type == "integer" else column.type
        rows = _copy(path, target, sniffed=sniffed, report=report, watch=watch)
    if rows is None:
        return None
    report.rows, report.encoding = rows, encoding
    return report


def _is_clean(report: Report, grid: text_files.Grid) -> bool:
    """Whether DuckDB's reader does all that has to be done with the columns."""
    plain = all(
        column.type in TYPES
        and not (column.facts.keys() - {"dates"})
        and column.facts.get("dates") in (None, "year_first")
        for column in report.columns
    )
    skipped = sum("left out as asked" in note["en"] for note in report.notes)
    whole = len(report.columns) + skipped == len(grid.head.names) and not grid.spilled and not grid.notes
    quiet = all(any(words in note["en"] for words in HARMLESS) for note in report.notes)
    from_cells = {c.header for c in report.columns if c.unit} - grid.head.units.keys()
    several = len(report.columns) > 1  # a file of one column keeps its gaps
    return plain and whole and quiet and several and not from_cells and grid.delimiter != text_files.BLANKS


def _ends_clean(end: bytes, sniffed: Sniffed) -> bool:
    """Whether the last rows are data: totals and remarks stand there."""
    lines = end.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n")[2]
    if lines.count('"') % 2 or not lines.strip():
        return not lines.strip()
    grid = text_files.split(lines, sniffed)
    return not grid.spilled and not rows_aside.find(grid.columns, sniffed.head.names, totals=True).positions


def _whole(header: str) -> str:
    """Cast a text to a whole number; a fraction, an exponent or a leading zero ends the query."""
    text = quoted(header)
    odd = f"contains({text}, '.') OR contains(lower({text}), 'e') OR (length({text}) > 1 AND {text}[1] = '0')"
    return f"CASE WHEN {odd} THEN CAST(error('not whole') AS BIGINT) ELSE CAST({text} AS BIGINT) END"


def _copy(
    path: Path,
    target: Path,
    *,
    sniffed: Sniffed,
    report: Report,
    watch: Callable[[float], None] | None,
) -> int | None:
    kinds = {column.header: TYPES[column.type] for column in report.columns}
    # Read as BIGINT, 0.5 would silently become 1: whole numbers are cast here, where that can be seen.
    read = {
        header: kinds.get(header, "VARCHAR").replace("BIGINT", "VARCHAR") for header in sniffed.head.names
    }
    declared = ", ".join(f"{literal(header)}: '{kind}'" for header, kind in read.items())
    source = (
        f"read_csv({literal(str(path))}, auto_detect=false, header=false, skip={sniffed.head.data}, "
        f"delim={literal(sniffed.delimiter)}, quote='\"', escape='\"', nullstr='', columns={{{declared}}})"
    )
    names = ", ".join(
        f"{_whole(column.header) if kinds[column.header] == 'BIGINT' else quoted(column.header)}"
        f" AS {quoted(column.name)}"
        for column in report.columns
    )
    units = literal(json.dumps(report.units, ensure_ascii=False))
    form = f"(FORMAT parquet, KV_METADATA {{units: {units}}})"
    query = f"COPY (SELECT {names} FROM {source}) TO {literal(str(target))} {form}"  # noqa: S608
    with watching.connect(MEMORY) as connection:
        connection.execute(f"SET temp_directory = {literal(str(target.parent))}")
        try:
            watching.execute(connection, query, watch)
        except duckdb.Error:
            target.unlink(missing_ok=True)
            return None
    return int(pq.read_metadata(target).num_rows)
