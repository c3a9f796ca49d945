"""What a workbook's XML tells beyond its reader: cells in error, formulas without a result, its true size."""

import io
import re
import zipfile
from dataclasses import dataclass, field
from xml.sax.saxutils import unescape

from workbench.errors import Invalid

MOST_UNPACKED = 4 * 2**30
MOST_SHEET = 512 * 2**20  # beyond it a sheet is not searched
SUSPICIOUS = 400  # times its size; a sheet of equal cells packs to a hundredth
ZIP = b"PK\x03\x04"
ERROR = re.compile(
    rb'<c\b[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*?\bt="e"[^>]*>(?:(?!</c>).)*?<v>([^<]*)</v>', re.DOTALL
)
EMPTY = re.compile(rb"<f\b[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v>\s*</v>|<v\s*/>)?\s*</c>")
HIDDEN = re.compile(rb'<row\b[^>]*\bhidden="(?:1|true)"[^>/]*>\s*<c\b')
SHEET = re.compile(r"<sheet\b[^>]*>")
RELATION = re.compile(r"<Relationship\b[^>]*>")
ATTRIBUTE = re.compile(r'([\w:]+)="([^"]*)"')


@dataclass
class Found:
    """What a sheet's XML tells."""

    errors: list[tuple[int, int, str]] = field(default_factory=list)  # row, column from 0, and text
    uncalculated: int = 0
    hidden: int = 0  # rows that a filter or a person hid


def refuse_bomb(content: bytes, *, name: str) -> None:
    """Refuse a workbook that would unpack to more than a machine holds."""
    if not content.startswith(ZIP):
        return
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = [(each.file_size, each.compress_size) for each in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError):
        return  # its reader says what is wrong with it
    total = sum(size for size, _ in sizes)
    if total > MOST_UNPACKED or (total > 2**28 and total > SUSPICIOUS * len(content)):
        given = f"a file that unpacks to {total / 1e9:.1f} GB"
        raise Invalid(f"workbook {name}", given=given, expected="at most 4 GB, packed as Excel does")


def look(content: bytes, sheet: str) -> Found:
    """Search one sheet of an xlsx; other kinds of workbook tell nothing."""
    if not content.startswith(ZIP):
        return Found()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            part = _part(archive, sheet)
            if part is None or archive.getinfo(part).file_size > MOST_SHEET:
                return Found()
            xml = archive.read(part)
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, NotImplementedError, RuntimeError):
        return Found()
    errors = []
    if b't="e"' in xml:
        errors = [
            (int(row) - 1, _column(letters), unescape(text.decode("utf-8", "replace")))
            for letters, row, text in ERROR.findall(xml)
        ]
    uncalculated = len(EMPTY.findall(xml)) if b"<f" in xml else 0
    return Found(errors, uncalculated, len(HIDDEN.findall(xml)) if b"hidden=" in xml else 0)


def _part(archive: zipfile.ZipFile, sheet: str) -> str | None:
    """Find the part of the archive that holds a sheet."""
    if "xl/workbook.xml" not in archive.namelist():
        return None
    book = archive.read("xl/workbook.xml").decode("utf-8", "replace")
    relations = archive.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    targets = {}
    for relation in RELATION.findall(relations):
        given = dict(ATTRIBUTE.findall(relation))
        targets[given.get("Id")] = given.get("Target", "")
    for tag in SHEET.findall(book):
        given = dict(ATTRIBUTE.findall(tag))
        if unescape(given.get("name", ""), {"&quot;": '"', "&apos;": "'"}) == sheet:
            target = targets.get(given.get("r:id"), "")
            return target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return None


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
