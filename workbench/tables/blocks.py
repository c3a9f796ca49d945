"""Large text files that are not clean, block by block: memory stays bounded, every cell is read the same way.

The beginning decides the columns' types. A later block may widen one (a fraction among whole numbers, words
among numbers): then the file is read again with the wider type.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from workbench.config import Text
from workbench.errors import Invalid
from workbench.tables import cells, columns, encodings, interpret, rows_aside, text_files
from workbench.tables.headers import Head
from workbench.tables.interpret import LOST
from workbench.tables.recipe import Recipe
from workbench.tables.report import SHOWN, Rejected, Report
from workbench.tables.text_files import Grid, Sniffed

BLOCK = 8 * 2**20  # characters
SAMPLE = 4 * 2**20
REJECTABLE = 0.1  # a column of which more does not fit is text
MOST_REJECTED = 1_000_000  # cells in the side table; beyond it the file is not what it seems
Watch = Callable[[float], None]


class _Widen(Exception):
    def __init__(self, header: str, kind: str) -> None:
        self.header, self.kind = header, kind
        super().__init__(header)


@dataclass
class _Tally:
    """What was counted of one column over all blocks."""

    seen: int = 0
    rejected: int = 0
    missing: int = 0


def copy(
    path: Path, target: Path, *, recipe: Recipe, watch: Watch | None = None
) -> tuple[Report, pa.Table | None]:
    """Write a large text as Parquet; return its report and the cells that could not be read."""
    with path.open("rb") as handle:
        beginning = handle.read(SAMPLE)
    _, encoding = encodings.decode(
        beginning, name=path.name, whole=len(beginning) < SAMPLE, encoding=recipe.encoding or _encoding(path)
    )
    asked = recipe.model_copy(update={"encoding": encoding})
    while True:
        grid = text_files.read(beginning, name=path.name, recipe=asked, whole=len(beginning) < SAMPLE)
        first = interpret.interpret(grid, name=path.name, recipe=asked)
        try:
            return _Pass(path, target, first.report.pinned(asked), first.report, watch).run()
        except _Widen as wider:
            said = asked.column(wider.header).model_copy(update={"type": wider.kind})
            asked = asked.model_copy(update={"columns": {**asked.columns, wider.header: said}})


def _encoding(path: Path) -> str | None:
    """Find the encoding from places all over a file: the first Chinese character may come late."""
    size, step = path.stat().st_size, 64 * 1024
    with path.open("rb") as handle:
        first = handle.read(step)
        found = encodings.detect(first, whole=False)
        if found != "utf-8" or not first.isascii():
            return found
        for part in range(1, 200):
            handle.seek(part * size // 200)
            line = handle.readline() + handle.read(step)
            whole = line.partition(b"\n")[2].rpartition(b"\n")[0]
            if whole and (other := encodings.detect(whole, whole=True)) not in ("utf-8", None):
                return other
    return found


class _Pass:
    """One reading of the whole file with types that are known."""

    def __init__(self, path: Path, target: Path, recipe: Recipe, first: Report, watch: Watch | None) -> None:
        self.path, self.target, self.recipe, self.watch = path, target, recipe, watch
        self.report = replace(
            first, rejected=[], rejected_count=0, rows=0, aside=[], notes=_lasting(first), partial=False
        )
        self.wanted = [c.header for c in first.columns]
        self.tallies = {header: _Tally() for header in self.wanted}
        self.lost: list[Rejected] = []
        self.kept_aside: list[Rejected] = []
        self.told: dict[str, Text] = {}
        self.empty = 0

    def run(self) -> tuple[Report, pa.Table | None]:
        """Read, convert and write block after block."""
        schema = None
        with ExitStack() as stack:
            writer = None
            for grid, last in _blocks(self.path, self.recipe):
                table = self._converted(grid, last=last)
                if table is None:
                    continue
                if writer is None:
                    schema = columns.storable_schema(table.schema, units=self.report.units)
                    writer = stack.enter_context(pq.ParquetWriter(self.target, schema))
                writer.write_table(columns.conform(table, schema))
                if self.watch:
                    self.watch(min(0.99, grid.share))
        if schema is None:
            raise Invalid(
                f"file {self.path.name}", given="a header without rows", expected="a file with rows"
            )
        return self._concluded()

    def _converted(self, grid: "_Block", *, last: bool) -> pa.Table | None:
        columns_here, numbers, aside = self._data_rows(grid, last=last)
        self.kept_aside += aside
        self.lost += [Rejected(row, "", text) for row, text in grid.spilled]
        rows = len(columns_here[0]) if columns_here else 0
        if not rows:
            return None
        arrays, fields = [], []
        for header, column in zip(grid.names, columns_here, strict=False):
            if header not in self.tallies:
                if not interpret.is_empty(column) and not self.recipe.column(header).skip:
                    later = interpret.typed(header, column, self.recipe, comma=self.recipe.decimal == ",")
                    raise _Widen(header, columns.kind(later.values.type))
                continue
            found = interpret.typed(header, column, self.recipe, comma=self.recipe.decimal == ",")
            self._count(header, column, found, numbers)
            arrays.append(found.values)
            described = next(c for c in self.report.columns if c.header == header)
            fields.append(interpret.field_of(described, found.values.type))
        self.report.rows += rows
        return pa.Table.from_arrays(arrays, schema=pa.schema(fields))

    def _data_rows(self, grid: "_Block", *, last: bool) -> tuple[list[pa.ChunkedArray], Any, list[Rejected]]:
        scratch = Report(self.path.name)
        head = Head(grid.first, grid.names)
        block = Grid(head, grid.columns)
        totals = self.recipe.totals == "aside"
        return interpret.data_rows(block, scratch, totals=totals and (last or self._has_totals(grid)))

    @staticmethod
    def _has_totals(grid: "_Block") -> bool:
        texts = [column for column in grid.columns[:3] if pa.types.is_string(column.type)]
        return any(pc.any(pc.match_substring_regex(text, rows_aside.TOTAL)).as_py() for text in texts)

    def _count(self, header: str, column: pa.ChunkedArray, found: cells.Typed, numbers: Any) -> None:
        tally = self.tallies[header]
        wanted = self.recipe.columns[header].type
        if wanted == "integer" and pa.types.is_floating(found.values.type):
            raise _Widen(header, "number")
        tally.seen += len(column)
        tally.missing += found.values.null_count
        lost = list(interpret.rejected_cells(header, column, found.rejected, numbers))
        tally.rejected += len(lost)
        self.lost += lost
        if tally.rejected > max(1000, REJECTABLE * (tally.seen - tally.missing + tally.rejected)):
            raise _Widen(header, "text")
        if len(self.lost) > MOST_REJECTED:
            given = f"more than {MOST_REJECTED:,} cells that do not fit"
            raise Invalid(f"file {self.path.name}", given=given, expected="columns of one type")
        for note in found.notes:
            self.told.setdefault(note["en"].partition(":")[0], note)

    def _concluded(self) -> tuple[Report, pa.Table | None]:
        report = self.report
        report.aside = self.kept_aside[:SHOWN]
        if self.kept_aside:
            n, first = len(self.kept_aside), self.kept_aside[0].text[:80]
            report.notes.append(
                {"en": f"{n} rows of totals or remarks kept aside: {first}",
                 "zh": f"{n} 行合计或备注未作为数据，已另存：{first}"}
            )  # fmt: skip
        for column in report.columns:
            tally = self.tallies[column.header]
            column.missing, column.rejected = tally.missing, tally.rejected
            column.type = self.recipe.columns[column.header].type or column.type
        interpret.conclude(report, report.rows, self.lost)
        kept = self.lost + self.kept_aside
        return report, pa.Table.from_pylist([vars(each) for each in kept], schema=LOST) if kept else None


def _lasting(first: Report) -> list[Text]:
    """Keep what the beginning told about the layout; what it counted is counted anew."""
    passing = ("cells could not", "kept aside", "empty rows", "rows were shorter", "taken as missing")
    return [note for note in first.notes if not any(words in note["en"] for words in passing)]


@dataclass
class _Block:
    """Some rows of a file as text."""

    names: list[str]
    columns: list[pa.ChunkedArray]
    first: int  # rows of the file before these
    spilled: list[tuple[int, str]]
    share: float  # of the file read with them


def _blocks(path: Path, recipe: Recipe) -> Iterator[tuple[_Block, bool]]:
    """Cut a text where rows end, and split each piece."""
    held, sniffed, first, read, size = "", None, 0, 0, max(1, path.stat().st_size)
    source = encodings.pieces(path, recipe.encoding or "utf-8")
    waiting: _Block | None = None
    for piece in source:
        held += piece
        read += len(piece)
        if len(held) < BLOCK:
            continue
        if sniffed is None:
            held, sniffed, first = _begun(held, recipe)
        cut = _row_end(held)
        if cut == 0:
            if len(held) > 8 * BLOCK:
                raise Invalid(
                    f"file {path.name}", given="a cell of many million characters", expected="a table"
                )
            continue
        body, held = held[:cut], held[cut:]
        if waiting is not None:
            yield waiting, False
        waiting, first = _cut(body, sniffed, first, share=min(1.0, read / size))
    if sniffed is None:
        held, sniffed, first = _begun(held, recipe)
    if held.strip():
        if waiting is not None:
            yield waiting, False
        waiting, _ = _cut(held, sniffed, first, share=1.0)
    if waiting is not None:
        yield waiting, True


def _begun(text: str, recipe: Recipe) -> tuple[str, Sniffed, int]:
    text, recipe = text_files.named_separator(text.removeprefix("\ufeff"), recipe)
    sniffed = text_files.sniff(
        text[: text_files.SAMPLE_BYTES], encoding=recipe.encoding or "utf-8", recipe=recipe
    )
    sniffed = replace(sniffed, torn=False)
    return text_files.after(text, sniffed), sniffed, sniffed.head.data


def _row_end(text: str) -> int:
    """Return where the last whole row ends: a line feed outside of quotation marks."""
    cut = text.rfind("\n") + 1
    for _ in range(50):
        if cut <= 0 or text.count('"', 0, cut) % 2 == 0:
            return max(cut, 0)
        cut = text.rfind("\n", 0, cut - 1) + 1
    return text.rfind("\n") + 1  # a quotation mark is open far back: rows are mended one by one


def _cut(body: str, sniffed: Sniffed, first: int, *, share: float) -> tuple[_Block, int]:
    here = replace(sniffed, head=replace(sniffed.head, data=first), torn=body.count('"') % 2 == 1)
    grid = text_files.split(body, here)
    rows = len(grid.columns[0]) if grid.columns else 0
    return _Block(sniffed.head.names, grid.columns, first, grid.spilled, share), first + rows
