"""Large clean CSV files straight from DuckDB's reader into Parquet, with bounded memory and in their order.

Only where the beginning of the file leaves no question open; whatever else turns up later in the file makes
this path give up, and the file is read the careful way.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import Invalid
from workbench.tables import cells, text_files
from workbench.tables.relation import literal, quoted

LARGE = 48 * 2**20
TYPES = {pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.bool_(): "BOOLEAN", pa.timestamp("us"): "TIMESTAMP"}
MEMORY = "1GB"


@dataclass(frozen=True)
class Done:
    """What was written."""

    rows: int
    delimiter: str
    header_rows: int
    units: dict[str, str]


def is_large(path: Path) -> bool:
    """Whether reading a file into memory is a bad idea."""
    return path.suffix.lower() != ".gz" and path.stat().st_size >= LARGE


def copy(path: Path, target: Path) -> Done | None:
    """Write a large clean file as Parquet; None where it must be read the careful way."""
    if not is_large(path):
        return None
    with path.open("rb") as handle:
        beginning = handle.read(text_files.SAMPLE_BYTES)
    try:
        text, encoding = text_files.decode(beginning, name=path.name, whole=False)
        sniffed = text_files.sniff(text, encoding=encoding)
        grid = text_files.read(text.rpartition("\n")[0].encode(), name=path.name, delimiter=sniffed.delimiter)
    except Invalid:
        return None
    if encoding not in {"utf-8", "utf-8-sig"} or sniffed.delimiter == text_files.BLANKS or grid.spilled:
        return None
    kinds = _kinds(grid)
    if kinds is None:
        return None
    rows = _copy(path, target, sniffed=sniffed, kinds=kinds)
    if rows is None and "BIGINT" in kinds.values():
        # The first decimal may come after a million whole numbers.
        kinds = {name: "DOUBLE" if kind == "BIGINT" else kind for name, kind in kinds.items()}
        rows = _copy(path, target, sniffed=sniffed, kinds=kinds)
    if rows is None:
        return None
    return Done(rows, sniffed.delimiter, sniffed.head.header_rows, sniffed.head.units)


def _kinds(grid: text_files.Grid) -> dict[str, str] | None:
    """Choose DuckDB's types; None where a column needs more than its reader can do."""
    kinds = {}
    for name, column in zip(grid.head.names, grid.columns, strict=True):
        found = cells.read(name, column)
        if found.rejected is not None or found.unit or found.notes or column.null_count == len(column):
            return None
        kinds[name] = TYPES.get(found.values.type, "VARCHAR")
    return kinds


def _whole(name: str) -> str:
    """Cast a text to a whole number; a fraction, an exponent or a leading zero ends the query."""
    text = quoted(name)
    odd = f"contains({text}, '.') OR contains(lower({text}), 'e') OR (length({text}) > 1 AND {text}[1] = '0')"
    return (
        f"CASE WHEN {odd} THEN CAST(error('not whole') AS BIGINT) ELSE CAST({text} AS BIGINT) END AS {text}"
    )


def _copy(path: Path, target: Path, *, sniffed: text_files.Sniffed, kinds: dict[str, str]) -> int | None:
    # Read as BIGINT, 0.5 would silently become 1: whole numbers are cast here, where that can be seen.
    read = {name: "VARCHAR" if kind == "BIGINT" else kind for name, kind in kinds.items()}
    declared = ", ".join(f"{literal(name)}: '{kind}'" for name, kind in read.items())
    source = (
        f"read_csv({literal(str(path))}, auto_detect=false, header=false, skip={sniffed.head.data}, "
        f"delim={literal(sniffed.delimiter)}, quote='\"', escape='\"', nullstr='', columns={{{declared}}})"
    )
    names = ", ".join(_whole(name) if kind == "BIGINT" else quoted(name) for name, kind in kinds.items())
    units = literal(json.dumps(sniffed.head.units, ensure_ascii=False))
    form = f"(FORMAT parquet, KV_METADATA {{units: {units}}})"
    query = f"COPY (SELECT {names} FROM {source}) TO {literal(str(target))} {form}"  # noqa: S608
    with duckdb.connect(":memory:", config={"memory_limit": MEMORY}) as connection:
        connection.execute(f"SET temp_directory = {literal(str(target.parent))}")
        try:
            connection.execute(query)
        except duckdb.Error:
            target.unlink(missing_ok=True)
            return None
    return int(pq.read_metadata(target).num_rows)
