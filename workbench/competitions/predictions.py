"""Reads the columns of a predictions or labels file: CSV or Parquet, as agreed, or says what is odd.

Runs only where it may crash: in a box. It never says what a cell holds, only where it is.
"""

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
LONGEST_HEADER, LONGEST_CELL, LONGEST_LINE = 4096, 1000, 65_536
MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PARQUET_RATIO = 200  # unpacked over packed: beyond this it is a bomb
ROW_BYTES = 100


class Odd(Exception):
    """The file is not as agreed: a code for ``scoring_words`` and its facts."""

    def __init__(self, code: str, **facts: Any) -> None:
        self.code, self.facts = code, facts
        super().__init__(code)


@dataclass(frozen=True)
class Columns:
    """Which columns a file must have, no more and no less, and which of them are numbers."""

    names: tuple[str, ...]
    numbers: frozenset[str]
    exact: bool = True  # labels may have more columns than are asked for


def read(path: Path, columns: Columns, most_rows: int) -> dict[str, list[Any]]:
    """Return the columns as lists of strings and finite floats."""
    with path.open("rb") as file:
        head = file.read(4)
        if not head:
            raise Odd("empty")
        file.seek(0)
        if head == b"PAR1":
            return _parquet(path, columns, most_rows)
        if head.startswith((b"PK", b"\x1f\x8b")):
            raise Odd("packed")
        if head.startswith(MARKS):
            raise Odd("encoding")
        return _csv(file, columns, most_rows)


def _csv(file: IO[bytes], columns: Columns, most_rows: int) -> dict[str, list[Any]]:
    rows = csv.reader(_lines(file), strict=True)
    csv.field_size_limit(LONGEST_LINE)
    try:
        header = next(rows, [])
        places = _places(header, columns)
        found: dict[str, list[Any]] = {name: [] for name in columns.names}
        for number, row in enumerate(rows, 2):
            if len(row) != len(header):
                raise Odd("ragged", row=number)
            if number - 1 > most_rows:
                raise Odd("too_many_rows", expected=most_rows)
            for name, place in places.items():
                found[name].append(_cell(row[place], name in columns.numbers, name=name, row=number))
    except csv.Error as error:
        raise Odd("not_csv") from error
    return found


def _lines(file: IO[bytes]) -> Iterator[str]:
    first = True
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > (LONGEST_HEADER if first else LONGEST_LINE):
            raise Odd("wide" if first else "long_line")
        if b"\0" in line:
            raise Odd("encoding")
        first = False
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Odd("encoding") from error


def _places(header: Sequence[str], columns: Columns) -> dict[str, int]:
    lacking = [name for name in columns.names if name not in header]
    if lacking or len(set(header)) != len(header) or (columns.exact and len(header) != len(columns.names)):
        raise Odd("columns", expected=", ".join(columns.names), count=len(header))
    return {name: header.index(name) for name in columns.names}


def _cell(text: str, number: bool, *, name: str, row: int) -> Any:
    if len(text) > LONGEST_CELL:
        raise Odd("long_cell", column=name, row=row)
    if not number:
        if text.startswith(FORMULA) and not NUMBER.fullmatch(text):
            raise Odd("formula", column=name, row=row)
        return text
    if not text:
        raise Odd("gap", column=name, row=row)
    if not NUMBER.fullmatch(text):
        word = text.strip().lower().lstrip("+-")
        raise Odd("not_finite" if word in {"nan", "inf", "infinity"} else "not_number", column=name, row=row)
    return _finite(float(text), name=name, row=row)


def _finite(value: float, *, name: str, row: int) -> float:
    if not math.isfinite(value):
        raise Odd("not_finite", column=name, row=row)
    return value


def _parquet(path: Path, columns: Columns, most_rows: int) -> dict[str, list[Any]]:
    import pyarrow as pa  # most files are CSV, and this takes longest to import
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(
            path, thrift_string_size_limit=1 << 24, thrift_container_size_limit=1 << 20
        ) as file:
            metadata = file.metadata
            names = [field.name for field in file.schema_arrow]
            _places(names, columns)
            if metadata.num_rows > most_rows:
                raise Odd("too_many_rows", expected=most_rows)
            unpacked = sum(metadata.row_group(one).total_byte_size for one in range(metadata.num_row_groups))
            if unpacked > max(PARQUET_RATIO * path.stat().st_size, most_rows * ROW_BYTES):
                raise Odd("packed")
            return _batches(file, columns, most_rows)
    except (pa.ArrowException, OSError, MemoryError) as error:
        raise Odd("not_parquet") from error


def _batches(file: Any, columns: Columns, most_rows: int) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in columns.names}
    for batch in file.iter_batches(batch_size=4096, columns=list(columns.names)):
        for name in columns.names:
            begin = len(found[name]) + 2
            for row, value in enumerate(batch.column(name).to_pylist(), begin):
                found[name].append(_typed(value, name in columns.numbers, name=name, row=row))
        if len(found[columns.names[0]]) > most_rows:
            raise Odd("too_many_rows", expected=most_rows)
    return found


def _typed(value: Any, number: bool, *, name: str, row: int) -> Any:
    if value is None:
        raise Odd("gap", column=name, row=row)
    if number:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Odd("not_number", column=name, row=row)
        return _finite(float(value), name=name, row=row)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Odd("not_text", column=name, row=row)
    return _cell(str(value), False, name=name, row=row)
