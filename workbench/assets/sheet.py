"""Assets from a CSV file: one a line, found by the names of the columns in English or Chinese."""

import csv
import io
from collections.abc import Mapping
from typing import Any

from workbench.assets.model import Asset, Binding, level_of
from workbench.errors import Invalid, did_you_mean

COLUMNS = {
    "id": ("id", "asset", "asset_id", "code", "编号", "资产编号", "设备编号", "编码"),
    "name": ("name", "asset_name", "名称", "资产名称", "设备名称"),
    "level": ("level", "type", "层级", "级别", "类型"),
    "parent": ("parent", "parent_id", "belongs_to", "上级", "父级", "上级编号", "所属"),
    "identifier": ("identifier", "handle", "标识", "标识码", "工业互联网标识"),
    "role": ("role", "input", "角色", "输入"),
    "table": ("table", "数据表", "表"),
    "column": ("column", "asset_column", "列", "资产列"),
    "value": ("value", "值", "列值"),
}
_KNOWN = {word: column for column, words in COLUMNS.items() for word in words}
LARGEST = 20_000_000  # bytes


def read(content: bytes) -> list[Asset]:
    """Read the assets of a file; an asset may have several lines, one for each role.

    Raises
    ------
    Invalid
        Naming the line and what is wrong with it.
    """
    if len(content) > LARGEST:
        raise Invalid("file of assets", given=f"{len(content)} bytes", expected=f"at most {LARGEST}")
    lines = csv.reader(io.StringIO(_text(content), newline=""), delimiter=_delimiter(content))
    try:
        header = next(lines, [])
        places = _places(header)
        found: dict[str, Asset] = {}
        for line in lines:
            cells = {column: line[at].strip() for column, at in places.items() if at < len(line)}
            if any(cells.values()):
                _add(found, cells, line=lines.line_num)
    except csv.Error as error:
        raise Invalid("file of assets", given=str(error), expected="a CSV file") from error
    if not found:
        raise Invalid("file of assets", given="no assets", expected="a line for each asset")
    return list(found.values())


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise Invalid("file of assets", given="a file that is no text", expected="a CSV file: save it as CSV")


def _delimiter(content: bytes) -> str:
    first = _text(content).partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)


def _places(header: list[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for at, title in enumerate(header):
        column = _KNOWN.get(title.strip().casefold().replace(" ", "_"))
        if column and column not in places:
            places[column] = at
    if "id" not in places:
        near = did_you_mean("id", header)
        hint = (
            f"is it {near!r}?"
            if near
            else "columns: id, name, level, parent, identifier, role, table, column"
        )
        raise Invalid(
            "file of assets", given=", ".join(header)[:80] or "nothing", expected="a column id", hint=hint
        )
    return places


def _add(found: dict[str, Asset], cells: Mapping[str, str], *, line: int) -> None:
    if not cells.get("id"):
        raise Invalid(f"line {line} of the assets", given="no id", expected="an id for each asset")
    told: dict[str, Any] = {part: cells[part] for part in ("id", "name", "identifier") if cells.get(part)}
    if cells.get("level"):
        told["level"] = level_of(cells["level"])
    if "parent" in cells:
        told["parent"] = cells["parent"] or None
    roles = _roles(cells, line=line)
    before = found.get(cells["id"])
    if before is None:
        found[cells["id"]] = Asset(**told, roles=roles)
        return
    same = all(not value or value == getattr(before, part) for part, value in told.items())
    if not roles or not same or set(roles) & set(before.roles):
        raise Invalid(
            f"line {line} of the assets", given=repr(cells["id"]), expected="an id that is not there yet"
        )
    before.roles.update(roles)


def _roles(cells: Mapping[str, str], *, line: int) -> dict[str, Binding]:
    table, column, value = (cells.get(part) or None for part in ("table", "column", "value"))
    if not (table or column or value):
        return {}
    if not cells.get("role"):
        expected = "the role that the table plays, for instance measurements"
        raise Invalid(f"line {line} of the assets", given="a table without a role", expected=expected)
    return {cells["role"]: Binding(table=table, column=column, value=value)}


def over(given: list[Asset], known: Mapping[str, Asset]) -> list[Asset]:
    """Lay the assets of a file over those there are: what the file does not say stays."""
    return [_over(asset, known.get(asset.id)) for asset in given]


def _over(asset: Asset, before: Asset | None) -> Asset:
    if before is None:
        return asset
    told = {part: getattr(asset, part) for part in asset.model_fields_set - {"roles"}}
    return before.model_copy(update={**told, "roles": before.roles | asset.roles})
