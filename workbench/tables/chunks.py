"""How a long time series lies on disk: one file for each stretch of time, sorted by asset inside.

Rows arrive in any order and in files of any size; what was written is tidied up afterwards, as a new version
with the same rows. Sorted by asset alone, all assets' last day took 10 s on 200 M rows; by time alone, one
asset's year reads everything. The stretch is kept in the file's name, not in a column: a column would show up
in every other program that reads the table, and the log's bounds of the time column prune just as well.
"""

import math
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from workbench.errors import Unavailable
from workbench.tables import store
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.columns import INTEGER, TEXT, kind
from workbench.tables.pruning import plain_time
from workbench.tables.relation import listed, literal, quoted

HOW = "tidy"
LONG = 2_000_000  # rows; a shorter table is read whole in no time, and keeps the order it came in
MANY = 64  # files that appends may leave before they are put together
SMALL = 2**24  # bytes; a file below it is worth putting together with its neighbours
CELLS = 12_000_000  # of one file: rows times columns
WIDTHS_S = (600, 3_600, 21_600, 86_400, 7 * 86_400, 28 * 86_400, 364 * 86_400)
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - tables keep plant time
MEMORY = "1GB"
LEFT_BEHIND_S = 86_400
ASSETS = re.compile(
    r"asset|tag|machine|equip|device|sensor|signal|channel|series|point|meter|pump|unit_?id|line|station"
    r"|位号|设备|测点|点位|机台|机组|产线|传感器|仪表|编号",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Plan:
    """What is to be put together: files of one table, into chunks of time or into one file."""

    name: str
    found: store.Snapshot
    loose: tuple[str, ...]
    time: str | None = None
    width_s: int = 0


def plan(tables: Tables, name: str) -> Plan | None:
    """Say what of a table is worth tidying, from its log alone; None where all is well."""
    found = tables.snapshot(*tables.pin(name))
    rows = {
        file: n for file, n in zip(found.files, found.rows_of_files, strict=True) if not store.chunk_of(file)
    }
    column = time_column(found)
    if column and found.rows >= LONG:
        if len(rows) <= MANY and sum(rows.values()) < LONG:
            return None
        return Plan(name, found, tuple(rows), column, _width(found, column))
    tail = _small_tail(list(rows))
    return Plan(name, found, tuple(tail)) if len(tail) > MANY else None


def time_column(found: store.Snapshot) -> str | None:
    """Return the first column of times that has bounds; dates alone are too coarse to be a series."""
    for field in found.schema:
        if pa.types.is_timestamp(field.type) and any(
            low is not None for low in found.bounds.get(field.name, ((), ()))[0]
        ):
            return str(field.name)
    return None


def _small_tail(files: list[str]) -> list[str]:
    """Return the small files at the end, so that a large one is not written again for each batch."""
    sizes = [Path(file).stat().st_size for file in files]
    large = [i for i, size in enumerate(sizes) if size >= SMALL]
    return files[large[-1] + 1 if large else 0 :]


def _width(found: store.Snapshot, column: str) -> int:
    """Choose the stretch of time that gives files of a handy size; once chosen, it stays."""
    for file in found.files:
        if chunk := store.chunk_of(file):
            return chunk[1]
    lows, highs = ([plain_time(v) for v in values if v is not None] for values in found.bounds[column])
    span = max(1.0, (max(highs) - min(lows)).total_seconds())
    wanted = CELLS / len(found.schema) * span / max(found.rows, 1)
    return max((width for width in WIDTHS_S if width <= wanted), default=WIDTHS_S[0])


def tidy(tables: Tables, name: str) -> TableInfo | None:
    """Put a table's loose files in order, as a new version with the same rows; None where all is well.

    Raises
    ------
    Unavailable
        If others replaced the table meanwhile; nothing is lost, and the next turn tries again.
    """
    name, _ = tables.pin(name)
    wanted = plan(tables, name)
    if wanted is None:
        return None
    folder = Path(wanted.loose[0]).parent
    made: list[Path] = []
    try:
        with _scratch(folder) as scratch, _connection(scratch) as connection:
            if wanted.time:
                old = _chunked(connection, wanted, scratch, made)
            else:
                old = list(wanted.loose)
                made.append(store.seal(_joined(connection, wanted, scratch)))
            made = [file.rename(folder / file.name) for file in made]
        note = {**wanted.found.note, "how": HOW}
        version = store.rewrite(folder, old, made, schema=wanted.found.schema, note=note)
    except BaseException as error:
        for file in made:
            file.unlink(missing_ok=True)
        if isinstance(error, duckdb.Error | OSError):
            first = str(error).partition("\n")[0]
            raise Unavailable(f"table {name} was not tidied", given=first, hint="nothing is lost") from error
        raise
    return tables.get(f"{name}@{version}")


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    for each in folder.glob(".tidying-*"):  # what a killed process left
        if time.time() - each.stat().st_mtime > LEFT_BEHIND_S:
            shutil.rmtree(each, ignore_errors=True)
    scratch = folder / f".tidying-{uuid.uuid4().hex}"
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _connection(scratch: Path) -> duckdb.DuckDBPyConnection:
    config = {"memory_limit": MEMORY, "threads": "2", "temp_directory": str(scratch / "spill")}
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def _joined(connection: duckdb.DuckDBPyConnection, wanted: Plan, scratch: Path) -> Path:
    target = store.new_file(scratch)
    connection.execute(
        f"COPY (FROM read_parquet({listed(wanted.loose)})) TO {literal(str(target))} (FORMAT parquet)"
    )
    return target


def _chunked(
    connection: duckdb.DuckDBPyConnection, wanted: Plan, scratch: Path, made: list[Path]
) -> list[str]:
    """Write a file for each stretch of time that loose rows fall into; return the files they stand for."""
    parts = _scattered(connection, wanted, scratch)
    present = {chunk[0]: file for file in wanted.found.files if (chunk := store.chunk_of(file))}
    order = [quoted(name) for name in (_asset(connection, wanted), wanted.time) if name]
    own = ", ".join(quoted(name) for name in wanted.found.schema.names)
    for start, part in parts.items():
        sources = [f"SELECT {own}, __at_file, __at_row FROM read_parquet({listed(part)})"]  # noqa: S608 - quoted
        if start in present:
            before = f"read_parquet({literal(present[start])})"
            sources.insert(0, f"SELECT {own}, -1 AS __at_file, file_row_number AS __at_row FROM {before}")  # noqa: S608 - quoted
        target = store.new_file(scratch)
        rows = f"SELECT {own} FROM ({' UNION ALL '.join(sources)})"  # noqa: S608 - quoted
        ordered = f"{rows} ORDER BY {', '.join(order)}, __at_file, __at_row"
        connection.execute(f"COPY ({ordered}) TO {literal(str(target))} (FORMAT parquet)")
        made.append(store.seal(target, (start, wanted.width_s)))
        for file in part:
            Path(file).unlink()
    return [*wanted.loose, *(present[start] for start in parts if start in present)]


def _scattered(connection: duckdb.DuckDBPyConnection, wanted: Plan, scratch: Path) -> dict[int, list[str]]:
    """Part the loose rows by stretch of time; a row without a time goes with the earliest."""
    lows = [plain_time(low) for low in wanted.found.bounds[str(wanted.time)][0] if low is not None]
    column = f"epoch_us(CAST({quoted(str(wanted.time))} AS TIMESTAMP))"
    stretch = f"CAST(floor({column} / {wanted.width_s}e6) AS BIGINT)"
    first = math.floor((min(lows) - EPOCH).total_seconds() / wanted.width_s)
    target = scratch / "parts"
    places = (
        f"file_index AS __at_file, file_row_number AS __at_row, coalesce({stretch}, {first}) AS __at_stretch"
    )
    rows = f"SELECT *, {places} FROM read_parquet({listed(wanted.loose)})"  # noqa: S608 - quoted
    form = "(FORMAT parquet, PARTITION_BY (__at_stretch))"
    connection.execute(f"COPY ({rows}) TO {literal(str(target))} {form}")
    folders = sorted(target.iterdir(), key=lambda each: int(each.name.partition("=")[2]))
    return {
        int(each.name.partition("=")[2]) * wanted.width_s: [str(file) for file in sorted(each.iterdir())]
        for each in folders
    }


def _asset(connection: duckdb.DuckDBPyConnection, wanted: Plan) -> str | None:
    """Choose the column that tells series apart: by name, else a text with many but not endless values."""
    names: list[str] = [f.name for f in wanted.found.schema if kind(f.type) in (TEXT, INTEGER)]
    names = [name for name in names if name in wanted.found.bounds][: store.COLUMNS_WITH_STATISTICS]
    if not names:
        return None
    counts = ", ".join(f"approx_count_distinct({quoted(name)})" for name in names)
    found = connection.execute(f"SELECT {counts} FROM read_parquet({listed(wanted.loose)})").fetchall()[0]  # noqa: S608 - quoted
    distinct = dict(zip(names, map(int, found), strict=True))
    most = wanted.found.rows / 1000
    for name in names:
        if ASSETS.search(name) and 2 <= distinct[name] <= most:
            return name
    texts: list[str] = [f.name for f in wanted.found.schema if kind(f.type) == TEXT and f.name in distinct]
    likely = [name for name in texts if 8 <= distinct[name] <= most]  # fewer: a state, not an asset
    return max(likely, key=lambda name: distinct[name], default=None)
