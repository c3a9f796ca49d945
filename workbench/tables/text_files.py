"""Text files to columns of text: encoding, separator, lines above the table, rows of uneven length.

Decides nothing about types; see ``cells``.
"""

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from workbench.config import Text
from workbench.errors import Invalid
from workbench.tables import headers
from workbench.tables.headers import Head

SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 400
SEPARATORS = ("\t", ";", "|", ",")  # a comma last: in a file with semicolons it is a decimal mark
BLANKS = "whitespace"
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f]")
MAX_UNPACKED = 4 * 2**30


@dataclass
class Grid:
    """The columns of a file before they have types."""

    head: Head
    columns: list[pa.ChunkedArray]
    encoding: str | None = None
    delimiter: str | None = None
    notes: list[Text] = field(default_factory=list)
    spilled: list[tuple[int, str]] = field(default_factory=list)  # row and text that no column holds


@dataclass(frozen=True)
class Sniffed:
    """What the beginning of a text file shows."""

    encoding: str
    delimiter: str
    head: Head
    width: int
    prose: bool = False  # lines above that are not written in the table's own way


def load(path: Path) -> bytes:
    """Read a file, unpacked where it is gzip."""
    try:
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as packed:
            content = packed.read(MAX_UNPACKED + 1)
    except (OSError, EOFError) as error:
        raise Invalid(
            f"file {path.name}", given="a file that cannot be read", hint="save it again"
        ) from error
    if len(content) > MAX_UNPACKED:
        raise Invalid(f"file {path.name}", given="more than 4 GB unpacked", expected="a smaller file")
    return content


def decode(content: bytes, *, name: str, whole: bool = True) -> tuple[str, str]:
    """Return text and encoding: byte order mark, then strict UTF-8, then GB18030, then Western European."""
    for mark, encoding in BOMS:
        if content.startswith(mark):
            return _checked(content.decode(encoding, errors="strict" if whole else "ignore"), name), encoding
    if len(content) > 3 and content[1::2].count(0) > 0.4 * len(content) / 2:
        return _checked(content.decode("utf-16-le", errors="replace"), name), "utf-16-le"
    for encoding in ("utf-8", "gb18030", "cp1252"):
        try:
            decoder = codecs.getincrementaldecoder(encoding)("strict")
            return _checked(decoder.decode(content, final=whole), name), encoding
        except UnicodeDecodeError:
            continue
    raise not_a_table(name)


def not_a_table(name: str) -> Invalid:
    """Say that a file holds no table."""
    return Invalid(
        f"file {name}",
        given="content that is not a table",
        expected="CSV, TSV or other text, an Excel workbook (xlsx, xls, ods) or Parquet",
    )


def _checked(text: str, name: str) -> str:
    sample = text[:20000]
    if len(CONTROL.findall(sample)) > 0.002 * len(sample):
        raise not_a_table(name)
    return text


def read(content: bytes, *, name: str, delimiter: str | None = None) -> Grid:
    """Split a text file into columns."""
    text, encoding = decode(content, name=name)
    if not text.strip():
        raise Invalid(f"file {name}", given="no text at all", expected="a file with rows")
    sniffed = sniff(text, encoding=encoding, delimiter=delimiter)
    body = _after(text, sniffed)
    if sniffed.delimiter == BLANKS:
        grid = _from_rows((line.split() for line in body.splitlines()), sniffed)
    else:
        grid = _fast(body, sniffed) or _from_rows(
            csv.reader(io.StringIO(body), delimiter=sniffed.delimiter), sniffed
        )
    return grid


def sniff(text: str, *, encoding: str, delimiter: str | None = None) -> Sniffed:
    """Find separator and header from the beginning of a text."""
    beginning = text[:SAMPLE_BYTES]
    if len(text) > SAMPLE_BYTES:
        beginning = beginning.rpartition("\n")[0]
    raw = beginning.splitlines()[:SAMPLE_ROWS]
    rule = next((i for i, line in enumerate(raw[:100]) if headers.RULE.fullmatch(line)), None)
    if rule is not None:
        separator = delimiter or _separator("\n".join(raw[rule + 1 :]))
        return _below(raw, rule + 1, separator, encoding=encoding)
    separator = delimiter or _separator(beginning)
    lines = _split(beginning, separator)[:SAMPLE_ROWS]
    if separator == BLANKS and (first := _numeric_tail(lines)):
        return _below(raw, first, separator, encoding=encoding)
    rows = [row for row in lines if any(cell.strip() for cell in row)]
    width = headers.data_width(rows)
    head = headers.find(rows, width=width)
    # Count the blank lines back in: positions are those of the file.
    filled = [i for i, row in enumerate(lines) if any(cell.strip() for cell in row)]
    head.data = filled[head.data] if head.data < len(filled) else len(lines)
    return Sniffed(encoding, separator, head, width)


def _below(raw: list[str], first: int, separator: str, *, encoding: str) -> Sniffed:
    """Read a table under prose or a dashed line, as NIST writes them: its names stand close above."""
    lines = [_split(line, separator)[0] if line.strip() else [] for line in raw]
    width = headers.data_width(lines[first:])
    names = None
    for row in reversed([line for line in lines[max(0, first - 4) : first] if line]):
        words = row[1:] if row[0].endswith(":") else row
        if row[0] in {"READ", "SKIP"}:
            break
        if len(words) == width and not any(
            headers.is_value(cell) or set(cell) <= set("-=") for cell in words
        ):
            names = words
    head = headers.named(names, width=width, data=first) if names else headers.plain(width, data=first)
    head.skipped = first - bool(names)
    return Sniffed(encoding, separator, head, width, prose=True)


def _numeric_tail(lines: list[list[str]]) -> int:
    """Return where the rows of numbers begin that end the sample; 0 where they fill it but for a header."""
    width = next((len(line) for line in reversed(lines) if line), 0)
    first = len(lines)
    while first and len(lines[first - 1]) in (0, width) and all(map(headers.is_value, lines[first - 1])):
        first -= 1
    while first < len(lines) and not lines[first]:
        first += 1
    return first if first > 2 else 0


def _separator(beginning: str) -> str:
    best, best_share = None, 0.0
    for candidate in SEPARATORS:
        widths = Counter(len(row) for row in _split(beginning, candidate)[-SAMPLE_ROWS:] if row)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        share = count / widths.total()
        if width > 1 and share > best_share + 0.1:
            best, best_share = candidate, share
    if best and best_share >= 0.5:
        return best
    lines = [line.split() for line in beginning.splitlines() if line.strip()]
    later = lines[-max(3, len(lines) // 4) :]
    cells = [cell for row in later for cell in row]
    numeric = sum(bool(headers.NUMBER.fullmatch(cell)) for cell in cells)
    usual = Counter(map(len, later)).most_common(1)[0][0] if later else 1
    return BLANKS if usual > 1 and numeric >= 0.8 * len(cells) else best or ","


def _split(text: str, separator: str) -> list[list[str]]:
    if separator == BLANKS:
        return [line.split() for line in text.splitlines()]
    try:
        return list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error:
        return [line.split(separator) for line in text.splitlines()]


def _after(text: str, sniffed: Sniffed) -> str:
    """Return what follows the header; a header cell may itself hold a line break."""
    if sniffed.head.data == 0:
        return text
    if sniffed.prose or sniffed.delimiter == BLANKS:
        return "\n".join(text.splitlines()[sniffed.head.data :])
    source = io.StringIO(text)
    reader = csv.reader(iter(source.readline, ""), delimiter=sniffed.delimiter)
    for _ in range(sniffed.head.data):
        next(reader, None)
    return source.read()


def _fast(body: str, sniffed: Sniffed) -> Grid | None:
    """Split with Arrow; None where rows are of uneven length."""
    names = [str(i) for i in range(sniffed.width)]
    uneven: list[int] = []

    def note_uneven(row: pa_csv.InvalidRow) -> str:
        uneven.append(row.actual_columns)
        return "skip"

    try:
        table = pa_csv.read_csv(
            io.BytesIO(body.encode("utf-8")),
            read_options=pa_csv.ReadOptions(column_names=names),
            parse_options=pa_csv.ParseOptions(
                delimiter=sniffed.delimiter,
                newlines_in_values='"' in body,
                invalid_row_handler=note_uneven,
                ignore_empty_lines=sniffed.width > 1,
            ),
            convert_options=pa_csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid:
        return None
    if uneven:
        return None
    return Grid(sniffed.head, table.columns, sniffed.encoding, sniffed.delimiter)


def _from_rows(rows: Iterable[list[str]], sniffed: Sniffed) -> Grid:
    """Split row by row: short rows are filled up, cells beyond the last column are kept aside."""
    columns: list[list[str | None]] = [[] for _ in range(sniffed.width)]
    grid = Grid(sniffed.head, [], sniffed.encoding, sniffed.delimiter)
    short = 0
    for number, row in enumerate(rows, start=sniffed.head.data + 1):
        if not row:
            continue
        short += len(row) < sniffed.width
        if any(cell.strip() for cell in row[sniffed.width :]):
            grid.spilled.append((number, sniffed.delimiter.join(row[sniffed.width :])))
        for position, column in enumerate(columns):
            column.append(row[position] if position < len(row) else None)
    grid.columns = [pa.chunked_array([pa.array(column, pa.string())]) for column in columns]
    if short:
        grid.notes.append(
            {"en": f"{short} rows were shorter than the header", "zh": f"{short} 行比表头短，已用空值补齐"}
        )
    return grid
