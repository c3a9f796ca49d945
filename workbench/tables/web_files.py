"""Web pages that call themselves workbooks, as many systems export them: their largest table is read."""

from html.parser import HTMLParser

import pyarrow as pa

from workbench.errors import Invalid
from workbench.tables import columns, encodings, headers
from workbench.tables.recipe import FREE, Recipe
from workbench.tables.text_files import Grid

MARKS = (b"<!doctype html", b"<html", b"<table", b"<meta", b"<head", b"<style")
MOST_SPAN = 1000
SAMPLE_ROWS = 60


def is_page(beginning: bytes) -> bool:
    """Whether a file begins like a web page."""
    text = beginning.lstrip(b"\xef\xbb\xbf \t\r\n")[:400].lower()
    return text.startswith(MARKS) or (text.startswith(b"<?xml") and b"<html" in text)


class _Tables(HTMLParser):
    """Collect the cells of every table; a cell over several columns stands in each of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[list[list[str]]] = []
        self.open: list[list[list[str]]] = []
        self.cell: list[str] | None = None
        self.span = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        if tag == "table":
            self.open.append([])
            self.tables.append(self.open[-1])
        elif tag == "tr" and self.open:
            self._close_cell()
            self.open[-1].append([])
        elif tag in ("td", "th") and self.open:
            self._close_cell()
            span = dict(attrs).get("colspan") or "1"
            self.cell, self.span = [], min(int(span), MOST_SPAN) if span.isdecimal() else 1
        elif tag == "br" and self.cell is not None:
            self.cell.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """End a cell or a table."""
        if tag in ("td", "th", "tr", "table"):
            self._close_cell()
        if tag == "table" and self.open:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        """Take what stands in a cell."""
        if self.cell is not None:
            self.cell.append(data)

    def _close_cell(self) -> None:
        if self.cell is not None and self.open:
            if not self.open[-1]:
                self.open[-1].append([])
            text = " ".join("".join(self.cell).split())
            self.open[-1][-1] += [text] * max(1, self.span)
        self.cell = None


def read(content: bytes, *, name: str, recipe: Recipe = FREE) -> Grid:
    """Read the largest table of a page."""
    text, encoding = encodings.decode(content, name=name, encoding=recipe.encoding)
    parser = _Tables()
    parser.feed(text)
    parser.close()
    found = [[row for row in table if any(row)] for table in parser.tables]
    rows = max(found, key=lambda table: sum(map(len, table)), default=[])
    if len(rows) < 2:
        hint = "open it in Excel and save it as xlsx"
        given = "a web page without a table"
        raise Invalid(f"file {name}", given=given, expected="a table: CSV, Excel or Parquet", hint=hint)
    width = headers.data_width(rows)
    head = headers.placed(rows[:SAMPLE_ROWS], width=width, recipe=recipe)
    body = rows[head.data :]
    width = max(width, *map(len, body), 1) if body else width
    head.names = columns.unique([*head.names, *[""] * (width - len(head.names))])
    cells = [[row[i] if i < len(row) and row[i] else None for row in body] for i in range(width)]
    arrays = [pa.chunked_array([pa.array(column, pa.string())]) for column in cells]
    grid = Grid(head, arrays, encoding, kind="web page")
    grid.titles = [" ".join(dict.fromkeys(filter(None, row))) for row in rows[: head.skipped]]
    grid.notes.append(
        {"en": "a web page saved as a workbook: its table was read", "zh": "文件实为网页：已读取其中的表格"}
    )
    return grid
