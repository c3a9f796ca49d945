"""What an OpenDocument sheet's XML tells beyond its reader: merged cells, formulas that ended in an error."""

import io
import zipfile
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError, iterparse

from workbench.tables.sheet_xml import MOST_SHEET, Found

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TYPE = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"
CONTENT = "content.xml"
Span = tuple[int, int, int, int]  # top, left, bottom, right from 0


def look(content: bytes, sheet: str) -> tuple[Found, list[Span]]:
    """Search one sheet of an ods; other kinds of workbook tell nothing."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if archive.getinfo(CONTENT).file_size > MOST_SHEET:
                return Found(), []
            with archive.open(CONTENT) as xml:
                # expat limits what entities may grow to; positions and short texts are all that is taken.
                return _searched(_rows(iterparse(xml, events=("start", "end")), sheet))  # noqa: S314
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, RuntimeError, ParseError):
        return Found(), []


def is_encrypted(content: bytes) -> bool:
    """Whether an ods is protected by a password."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return b"encryption-data" in archive.read("META-INF/manifest.xml")
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, RuntimeError):
        return False


def _rows(events: Iterator[tuple[str, Element]], sheet: str) -> Iterator[Element]:
    """Yield the rows of one sheet, each let go before the next."""
    inside = False
    for event, element in events:
        if element.tag == f"{TABLE}table":
            if inside and event == "end":
                return
            inside = inside or (event == "start" and element.get(f"{TABLE}name") == sheet)
        elif event == "end" and element.tag == f"{TABLE}table-row":
            if inside:
                yield element
            element.clear()


def _searched(rows: Iterator[Element]) -> tuple[Found, list[Span]]:
    found, spans, top = Found(), [], 0
    for row in rows:
        left = 0
        for cell in row:
            high, wide = _count(cell, "number-rows-spanned"), _count(cell, "number-columns-spanned")
            if high > 1 or wide > 1:
                spans.append((top, left, top + high - 1, left + wide - 1))
            if cell.get(TYPE) == "error":
                found.errors.append((top, left, "".join(cell.itertext()) or "#ERROR"))
            left += _count(cell, "number-columns-repeated")
        top += _count(row, "number-rows-repeated")
    return found, spans


def _count(element: Element, name: str) -> int:
    return int(element.get(f"{TABLE}{name}", "1"))
