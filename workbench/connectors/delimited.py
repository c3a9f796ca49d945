"""Text files of machines and historians: how one is written, and lines turned into typed rows.

What the first file was understood to be holds for those after it, so that a table keeps its columns. A cell
that does not fit its column becomes empty and is counted.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

import pandas as pd
import pyarrow as pa
from pydantic import BaseModel

from workbench.errors import Invalid

DELIMITERS = "\t;|,"  # a comma may be a decimal mark: the others come first
SAMPLE_LINES = 200
MOST = 0.8  # of the cells of a sample must fit a type; the others are what went wrong
MISSING = {"", "na", "n/a", "nan", "null", "none", "-", "--", "bad", "no data", "无", "缺失"}
TRUTH = {"true": 1.0, "false": 0.0, "on": 1.0, "off": 0.0, "yes": 1.0, "no": 0.0, "是": 1.0, "否": 0.0}
TIMES = (
    "ISO8601",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M:%S.%f",
    "%Y/%m/%d %H:%M",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S.%f",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%d-%b-%y %H:%M:%S",
    "%d-%b-%Y %H:%M:%S",
    "%Y年%m月%d日 %H:%M:%S",
    "%Y%m%d %H:%M:%S",
    "%Y%m%d%H%M%S",
)


class Layout(BaseModel):
    """How the files of one source are written."""

    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    header: bool = True
    columns: list[str] = []
    types: dict[str, str] = {}  # number, text, or the format of a time


def encoding_of(data: bytes, *, whole: bool) -> str:
    """Tell how a text is encoded; a head may end in the middle of a character."""
    for mark, name in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return name
    if b"\x00" in data:
        raise Invalid("file", given="bytes that are no text", expected="CSV or other text, Excel or Parquet")
    text = data if whole else data[: data.rfind(b"\n") + 1]
    for name in ("utf-8", "gb18030"):
        try:
            text.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def understand(data: bytes, *, whole: bool = True, delimiter: str = "") -> Layout:
    """Decide how a file is written from its first lines."""
    encoding = encoding_of(data, whole=whole)
    lines = data.decode(encoding, "replace").splitlines()[:SAMPLE_LINES]
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise Invalid("file", given="no text at all", expected="lines with values")
    delimiter = delimiter or max(DELIMITERS, key=lambda mark: _regularity(lines, mark))
    table = list(csv.reader(lines, delimiter=delimiter))
    width = max(len(row) for row in table)
    header = not any(_is_value(cell, delimiter) for cell in table[0])
    names = _unique(table[0]) if header else []
    names += [f"column{position}" for position in range(len(names) + 1, width + 1)]
    body = table[1:] if header else table
    decimal = "," if delimiter != "," and _has_decimal_commas(body) else "."
    layout = Layout(encoding=encoding, delimiter=delimiter, decimal=decimal, header=header, columns=names)
    for position, name in enumerate(names):
        cells = [row[position] for row in body if position < len(row)]
        layout.types[name] = _type(cells, decimal)
    return layout


def header_of(line: bytes, layout: Layout) -> list[str]:
    """Read the names in a file's first line."""
    text = line.decode(layout.encoding, "replace").strip("\ufeff\r\n")
    return _unique(next(csv.reader([text], delimiter=layout.delimiter), []))


def rows(data: bytes, layout: Layout, names: Sequence[str]) -> tuple[pa.Table, int]:
    """Turn lines without a header into rows of the layout's columns; return how many cells did not fit."""
    text = data.decode(layout.encoding, "replace").lstrip("\ufeff").replace("\x00", "")
    table = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=layout.delimiter) if any(row)]
    columns, bad = [], sum(len(row) > len(names) for row in table)
    place = {name: position for position, name in enumerate(names)}
    for name in layout.columns:
        position = place.get(name)
        cells = [
            row[position].strip() if position is not None and position < len(row) else "" for row in table
        ]
        array, wrong = _typed(cells, layout.types[name], layout.decimal)
        columns.append(array)
        bad += wrong
    return pa.Table.from_arrays(columns, names=layout.columns), bad


def _typed(cells: list[str], kind: str, decimal: str) -> tuple[pa.Array, int]:
    series = pd.Series(cells, dtype=object)
    missing = series.map(lambda cell: cell.lower() in MISSING)
    if kind == "text":
        return pa.array([None if cell == "" else cell for cell in cells], pa.string()), 0
    if kind == "number":
        values = _numbers(series, decimal)
        array = pa.array(values, pa.float64(), from_pandas=True)
    else:
        moments = _moments(series.mask(missing), kind)
        values = moments
        zone = "UTC" if getattr(moments.dt, "tz", None) is not None else None
        array = pa.Array.from_pandas(moments, type=pa.timestamp("us", tz=zone), safe=False)
    return array, int((values.isna() & ~missing).sum())


def _numbers(cells: "pd.Series[Any]", decimal: str) -> "pd.Series[Any]":
    def plain(cell: str) -> str:
        text = cell.replace("\u00a0", "").replace(" ", "")
        return text.replace(".", "").replace(",", ".") if decimal == "," else text

    text = cells.map(plain)
    numbers = pd.to_numeric(text, errors="coerce")
    return numbers.where(numbers.notna(), cells.str.lower().map(TRUTH))


def _moments(cells: "pd.Series[Any]", kind: str) -> "pd.Series[Any]":
    layout, _, zone = kind.partition("|")
    found = pd.to_datetime(cells, format=layout, errors="coerce", utc=zone == "utc")
    return pd.Series(found)


def _type(cells: list[str], decimal: str) -> str:
    """Choose the type that the cells of a sample have."""
    filled = pd.Series([cell.strip() for cell in cells if cell.strip().lower() not in MISSING], dtype=object)
    if filled.empty:
        return "text"
    leading_zero = filled.str.fullmatch(r"0\d+").any()  # a code, which a number would shorten
    if not leading_zero and _numbers(filled, decimal).notna().mean() >= MOST:
        return "number"
    for layout in TIMES:
        zoned = layout == "ISO8601" and filled.str.contains(r"\d(?:Z|[+-]\d\d:?\d\d)$").mean() >= MOST
        kind = f"{layout}|utc" if zoned else layout
        try:
            if (
                _moments(filled, kind).notna().mean() >= MOST
                and filled.str.contains(r"[-/.:年]").mean() >= MOST
            ):
                return kind
        except (ValueError, TypeError, AttributeError):
            continue
    return "text"


def _is_value(cell: str, delimiter: str) -> bool:
    decimal = "," if delimiter != "," and "," in cell else "."
    return bool(cell.strip()) and _type([cell], decimal) != "text"


def _has_decimal_commas(body: list[list[str]]) -> bool:
    cells = [cell.strip() for row in body for cell in row if "," in cell]
    return bool(cells) and _numbers(pd.Series(cells, dtype=object), ",").notna().mean() > 0.5


def _regularity(lines: list[str], mark: str) -> int:
    """Prefer the delimiter that cuts most lines into equally many cells."""
    widths = [len(row) for row in csv.reader(lines, delimiter=mark)]
    common = max(set(widths), key=widths.count)
    return widths.count(common) if common > 1 else 0


def _unique(names: Sequence[str]) -> list[str]:
    taken: set[str] = set()
    result = []
    for position, raw in enumerate(names, start=1):
        base = " ".join(raw.split()) or f"column{position}"
        name, copy = base, 1
        while name.casefold() in taken:
            copy += 1
            name = f"{base}_{copy}"
        taken.add(name.casefold())
        result.append(name)
    return result
