"""Text files to columns of text: separator, lines above the table, quotation marks, rows of uneven length.

Decides nothing about characters or types; see ``encodings`` and ``cells``.
"""

import csv
import gzip
import io
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pa_csv

from workbench.config import Text
from workbench.errors import Invalid
from workbench.tables import encodings, headers
from workbench.tables.headers import Head
from workbench.tables.recipe import FREE, Recipe

SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 400
SEPARATORS = (
    "\t",
    ";",
    "|",
    ",",
    "；",
    "，",
    "^",
    "~",
)  # a comma after the semicolon: there it is a decimal mark
BLANKS = "whitespace"
NAMED = re.compile(r"\s*\"?sep=(.)\"?\s*")  # Excel's own way to name the separator, in the first line
MAX_UNPACKED = 4 * 2**30
LONGEST_CELL = 16 * 2**20
csv.field_size_limit(LONGEST_CELL)


@dataclass
class Grid:
    """The columns of a file before they have types."""

    head: Head
    columns: list[pa.ChunkedArray]
    encoding: str | None = None
    delimiter: str | None = None
    notes: list[Text] = field(default_factory=list)
    spilled: list[tuple[int, str]] = field(default_factory=list)  # row and text that no column holds
    titles: list[str] = field(default_factory=list)
    kind: str = "text"
    sheet: str | None = None
    sheets: list[str] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)  # row, column, text of cells in error


@dataclass(frozen=True)
class Sniffed:
    """What the beginning of a text file shows."""

    encoding: str
    delimiter: str
    head: Head
    width: int
    prose: bool = False  # lines above that are not written in the table's own way
    torn: bool = False  # a quotation mark is never closed
    titles: tuple[str, ...] = ()


def load(path: Path) -> bytes:
    """Read a file, unpacked where it is gzip."""
    try:
        if path.suffix.lower() != ".gz":
            return path.read_bytes()
        with gzip.open(path) as packed:
            content = packed.read(MAX_UNPACKED + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path) from error
    if len(content) > MAX_UNPACKED:
        raise _too_much(path)
    return content


def unpack(path: Path, target: Path) -> None:
    """Write what a gzip holds to another file."""
    size = 0
    try:
        with gzip.open(path) as packed, target.open("wb") as plain:
            while block := packed.read(1 << 20):
                size += len(block)
                if size > MAX_UNPACKED and size > 200 * path.stat().st_size:
                    raise _too_much(path)
                plain.write(block)
    except (OSError, EOFError, zlib.error) as error:
        raise _unreadable(path) from error
    if not size:
        raise Invalid(f"file {path.name}", given="0 bytes unpacked", expected="a file with rows")


def _unreadable(path: Path) -> Invalid:
    return Invalid(f"file {path.name}", given="a file that cannot be read", hint="save it again")


def _too_much(path: Path) -> Invalid:
    return Invalid(f"file {path.name}", given="more than 4 GB unpacked", expected="a smaller file")


def read(content: bytes, *, name: str, recipe: Recipe = FREE, whole: bool = True) -> Grid:
    """Split a text file, or the beginning of one, into columns."""
    text, encoding = encodings.decode(content, name=name, whole=whole, encoding=recipe.encoding)
    text, notes = encodings.tidied(text)
    if not text.strip():
        raise Invalid(f"file {name}", given="no text at all", expected="a file with rows")
    if not whole:
        text = text.rpartition("\n")[0] or text
    text, recipe = named_separator(text, recipe)
    text, told = without_comments(text)
    notes += told
    sniffed = sniff(text, encoding=encoding, recipe=recipe)
    try:
        grid = split(after(text, sniffed), sniffed)
    except csv.Error as error:
        given = f"a cell of more than {LONGEST_CELL // 2**20} million characters"
        raise Invalid(f"file {name}", given=given, expected="a table") from error
    grid.notes = notes + grid.notes
    grid.titles = list(sniffed.titles)
    return grid


def split(body: str, sniffed: Sniffed) -> Grid:
    """Split the rows of data."""
    if sniffed.delimiter == BLANKS:
        return _from_rows((line.split() for line in body.splitlines()), sniffed)
    if sniffed.torn:
        notes: list[Text] = []
        grid = _from_rows(_mended(body, sniffed.delimiter, notes), sniffed)
        grid.notes += notes
        return grid
    return _fast(body, sniffed) or _from_rows(
        csv.reader(io.StringIO(body), delimiter=sniffed.delimiter), sniffed
    )


def named_separator(text: str, recipe: Recipe) -> tuple[str, Recipe]:
    """Take Excel's line that names the separator out of a text, keeping its place."""
    first, _, rest = text.partition("\n")
    found = NAMED.fullmatch(first)
    if not found:
        return text, recipe
    return "\n" + rest, recipe.model_copy(update={"delimiter": recipe.delimiter or found.group(1)})


def without_comments(text: str) -> tuple[str, list[Text]]:
    """Empty the lines that begin with # where a text opens with such lines, keeping their places.

    The last of them may be the header, as numpy and many loggers write it.
    """
    if not text.lstrip().startswith("#"):
        return text, []
    lines = text.split("\n")
    marked = [i for i, line in enumerate(lines) if line.startswith("#")]
    last = next((i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
    if last is None:
        return text, []
    header = max((i for i in marked if i < last), default=None)
    if header is not None and (name := _commented_header(lines[header], lines[last])):
        marked.remove(header)
        lines[header] = name
    for i in marked:
        lines[i] = ""
    n = len(marked)
    told: Text = {"en": f"{n} comment lines left out", "zh": f"略去 {n} 行注释"}
    return "\n".join(lines), [told] if n else []


def _commented_header(line: str, following: str) -> str | None:
    """Return the names in the last comment where they are as many as the values in the row under it."""
    separator = _separator(following)
    bare = line[1:].lstrip()
    cells = _split(following, separator)[0]
    for text in (line, bare) if line[1:2] in SEPARATORS else (bare,):
        names = _split(text, separator)[0] if text else []
        fits = len(names) == len(cells) and not any(map(headers.is_value, names))
        if fits and any(map(headers.is_value, cells)):
            return text
    return None


def sniff(text: str, *, encoding: str, recipe: Recipe = FREE) -> Sniffed:
    """Find separator and header from the beginning of a text."""
    beginning = text[:SAMPLE_BYTES]
    if len(text) > SAMPLE_BYTES:
        beginning = beginning.rpartition("\n")[0]
    torn = text.count('"') % 2 == 1
    raw = beginning.splitlines()[:SAMPLE_ROWS]
    rule = next((i for i, line in enumerate(raw[:100]) if headers.RULE.fullmatch(line)), None)
    if rule is not None and recipe.header_row is None:
        separator = recipe.delimiter or _separator("\n".join(raw[rule + 1 :]), torn)
        return _below(raw, rule + 1, separator, encoding=encoding)
    separator = recipe.delimiter or _separator(beginning, torn)
    lines = _split(beginning, separator, torn)[:SAMPLE_ROWS]
    if separator == BLANKS and recipe.header_row is None and (first := _numeric_tail(lines)):
        return _below(raw, first, separator, encoding=encoding)
    rows = [row for row in lines if any(cell.strip() for cell in row)]
    # Count the blank lines back in: positions are those of the file.
    filled = [i for i, row in enumerate(lines) if any(cell.strip() for cell in row)]
    width = headers.data_width(rows)
    head = headers.placed(rows, width=width, recipe=recipe, numbers=filled)
    titles = tuple(_joined(row) for row in rows[: head.skipped])
    head.data = filled[head.data] if head.data < len(filled) else len(lines)
    head.row = filled[head.row] if head.header_rows else head.data
    return Sniffed(encoding, separator, head, width, torn=torn, titles=titles)


def _joined(row: list[str]) -> str:
    return " ".join(cell.strip() for cell in row if cell.strip())


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


def _separator(beginning: str, torn: bool = False) -> str:
    best, best_share = None, 0.0
    for candidate in SEPARATORS:
        if candidate not in beginning:
            continue
        widths = Counter(len(row) for row in _split(beginning, candidate, torn)[-SAMPLE_ROWS:] if row)
        if not widths:
            continue
        width, count = widths.most_common(1)[0]
        share = count / widths.total()
        if width > 1 and share > best_share + 0.1:
            best, best_share = candidate, share
    if best and best_share >= 0.5:
        return best
    lines = [line.split() for line in beginning.splitlines() if line.strip()]
    later = (lines[1:] or lines)[-max(3, len(lines) // 4) :]  # the first may be the header
    cells = [cell for row in later for cell in row]
    numeric = sum(headers.is_value(cell) for cell in cells)
    usual = Counter(map(len, later)).most_common(1)[0][0] if later else 1
    return BLANKS if usual > 1 and numeric >= 0.8 * len(cells) else best or ","


def _split(text: str, separator: str, torn: bool = False) -> list[list[str]]:
    if separator == BLANKS:
        return [line.split() for line in text.splitlines()]
    if torn:
        return list(_mended(text, separator, []))
    try:
        return list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error:
        return [line.split(separator) for line in text.splitlines()]


def _mended(text: str, separator: str, notes: list[Text]) -> Iterator[list[str]]:
    """Split lines among which a quotation mark is not closed: it may not swallow the rows after it."""
    lines = text.splitlines()
    position = 0
    while position < len(lines):
        taken, line = 1, lines[position]
        while line.count('"') % 2 and taken < 20 and position + taken < len(lines):
            line += "\n" + lines[position + taken]
            taken += 1
        whole = line.count('"') % 2 == 0 and not (taken > 1 and _is_row(lines[position + 1], line, separator))
        if not whole:
            taken, line = 1, lines[position]
            en = f"a quotation mark is not closed, line {position + 1} of the rows"
            notes.append({"en": en, "zh": f"引号未闭合：数据第 {position + 1} 行"})
        if line.count('"') % 2:
            yield [cell.strip('"') for cell in line.split(separator)]
        else:
            yield next(csv.reader([line] if taken == 1 else io.StringIO(line), delimiter=separator), [])
        position += taken


def _is_row(following: str, joined: str, separator: str) -> bool:
    """Whether the line after a lone quotation mark is a row of its own."""
    return following.count(separator) >= joined.partition("\n")[0].count(separator) > 0


def after(text: str, sniffed: Sniffed) -> str:
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
    """Split with Arrow; None where rows are of uneven length, or some are empty and would not be counted."""
    if len(sniffed.delimiter.encode()) > 1 or (sniffed.width > 1 and "\n\n" in body.rstrip("\n")):
        return None
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
    short, empty = 0, 0
    for number, row in enumerate(rows, start=sniffed.head.data + 1):
        if not row:
            empty += 1  # at the end of a file they are nothing
            continue
        for column in columns:
            column.extend([None] * empty)
        empty = 0
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
