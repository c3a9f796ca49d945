"""Recipes kept per source: next month's file is read like this month's, and what differs is said.

A source is known again by the pattern of its name (digits vary) or by its headers. Kept as one small JSON
file per source in the workspace.
"""

import json
import re
import unicodedata
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workbench.config import Text, Workspace
from workbench.errors import Invalid, unknown
from workbench.tables import headers, units
from workbench.tables import recipe as recipes
from workbench.tables.columns import Column
from workbench.tables.recipe import ColumnRecipe, Recipe
from workbench.tables.report import ColumnReport, Report

ALIKE = 0.5  # share of headers that a file has in common with a source of the same name
MONTHS = re.compile(r"(?i)(?<![a-z])(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}(?![a-z])")


@dataclass(frozen=True)
class Remembered:
    """What is known of a source."""

    pattern: str
    recipe: Recipe
    types: dict[str, str]  # of its columns by header, as they were found
    table: str
    mode: str
    key: tuple[str, ...]
    file: str  # the last one


def pattern_of(file: str) -> str:
    """Return what stays the same in a file's name from month to month."""
    stem = unicodedata.normalize("NFKC", file).rsplit(".", 1)[0]
    return re.sub(r"[#\W_]+", "_", re.sub(r"\d+", "#", MONTHS.sub("#", stem))).strip("_").casefold() or "_"


def remember(workspace: Workspace, known: Remembered) -> None:
    """Keep a source's recipe, all of it or nothing."""
    folder = workspace.recipes
    folder.mkdir(parents=True, exist_ok=True)
    record = {
        "pattern": known.pattern, "table": known.table, "mode": known.mode, "key": list(known.key),
        "file": known.file, "types": known.types, "recipe": known.recipe.dump(),
        "saved": datetime.now(tz=UTC).isoformat(),
    }  # fmt: skip
    written = folder / f".{uuid.uuid4().hex}"
    written.write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    written.replace(_file(workspace, known.pattern, known.table))


def _file(workspace: Workspace, pattern: str, table: str) -> Path:
    return workspace.recipes / f"{recipes.fingerprint([pattern, f'/{table}'])}.json"


def known(workspace: Workspace) -> list[Remembered]:
    """List what is known, the latest source first; a damaged file is as if it were not there."""
    try:
        files = sorted(workspace.recipes.glob("*.json"), key=lambda f: f.stat().st_mtime, reverse=True)
    except OSError:
        return []
    return [found for file in files if (found := _read(file)) is not None]


def _read(file: Path) -> Remembered | None:
    try:
        record: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return Remembered(
            record["pattern"], recipes.parse(record["recipe"]), dict(record["types"]), record["table"],
            record["mode"], tuple(record["key"]), record["file"],
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError):
        return None


def find(
    workspace: Workspace, file: str, headers: Sequence[str], *, table: str | None = None
) -> Remembered | None:
    """Find the source a file comes from: a like name and similar headers, or the very same headers.

    One source may feed several tables, each with a recipe of its own; ``table`` asks for that of one.
    """
    pattern, layout = pattern_of(file), recipes.fingerprint(headers)
    exact = None
    for each in known(workspace):
        if table is not None and each.table != table:
            continue
        if each.pattern == pattern and _share(headers, each.types) >= ALIKE:
            return each
        if exact is None and len(headers) > 2 and recipes.fingerprint(each.types) == layout:
            exact = each
    return exact


def named(workspace: Workspace, name: str) -> Remembered:
    """Return what is known under a table's or a source's name."""
    present = known(workspace)
    for each in present:
        if name in (each.table, each.pattern, each.file):
            return each
    raise unknown("recipe", name, [each.table for each in present])


def _share(headers: Iterable[str], other: Iterable[str]) -> float:
    a, b = set(map(normal, headers)), set(map(normal, other))
    return len(a & b) / max(1, len(b))


def normal(header: str) -> str:
    """Return a header without what people write now one way, now another: case, width, blanks."""
    return "".join(unicodedata.normalize("NFKC", header).casefold().split())


def replayed(source: Remembered, report: Report) -> tuple[Recipe, list[Text]]:
    """Return the recipe for a file of a known source, and what the file has that the last one had not."""
    here = {normal(column.header): column for column in report.columns}
    last = {normal(header): kind for header, kind in source.types.items()}
    said: dict[str, ColumnRecipe] = {}
    for header, each in source.recipe.columns.items():
        found = here.get(normal(header))
        said[found.header if found else header] = each
    left_out = {normal(header) for header, each in source.recipe.columns.items() if each.skip}
    gone = [header for header in source.types if normal(header) not in here]
    new = [column.header for key, column in here.items() if key not in last and key not in left_out]
    odd = [
        f"{column.header} ({last[key]} → {column.type})"
        for key, column in here.items()
        if key in last and last[key] != column.type and {last[key], column.type} != {"integer", "number"}
        and source.recipe.column(column.header).type is None
    ]  # fmt: skip
    differences = _told("columns that the last file had are missing", "缺少上次文件中的列", gone)
    differences += _told("columns that the last file did not have", "上次文件中没有的列", new)
    differences += _told("columns of another type than last time", "类型与上次不同的列", odd)
    return source.recipe.model_copy(update={"columns": said}), differences


def relaxed(recipe: Recipe, report: Report) -> tuple[Recipe, list[Text]]:
    """Let go of the types that a file does not fit any more."""
    said, odd = dict(recipe.columns), []
    for column in report.columns:
        full = max(1, report.rows - column.missing + column.rejected)
        if column.rejected > 0.1 * full and said.get(column.header, ColumnRecipe()).type:
            said[column.header] = said[column.header].model_copy(update={"type": None, "dates": None})
            odd.append(column.header)
    return recipe.model_copy(update={"columns": said}), _told(
        "columns that do not fit their type of last time", "与上次类型不符的列", odd
    )


def fitted(recipe: Recipe, report: Report, stored: Sequence[Column]) -> Recipe:
    """Read a file's columns as the table they go into has them."""
    by_name = {normal(column.name): column for column in stored}
    here = {normal(column.header) for column in report.columns}
    said = dict(recipe.columns)
    for column in report.columns:
        mine = said.get(column.header, ColumnRecipe())
        target = by_name.get(normal(mine.name or column.header))
        if target is None and mine.name is None:
            target = _in_another_unit(column, [each for each in stored if normal(each.name) not in here])
        if target is None or mine.skip:
            continue
        kind = mine.type or (target.type if target.type != "any" else None)
        name = target.name if target.name != column.header else mine.name
        said[column.header] = mine.model_copy(update={"type": kind, "name": name})
    return recipe.model_copy(update={"columns": said})


def _in_another_unit(column: ColumnReport, free: Sequence[Column]) -> Column | None:
    """Find ``pressure [bar]`` for ``pressure [kPa]``: one name, and units that convert."""
    bare = normal(headers.without_unit(column.header))
    found = [each for each in free if normal(headers.without_unit(each.name)) == bare]
    if len(found) != 1 or not column.unit or not found[0].unit or bare == normal(column.header):
        return None
    try:
        units.conversion(column.unit, found[0].unit)
    except Invalid:
        return None
    return found[0]


def _told(en: str, zh: str, names: Sequence[str]) -> list[Text]:
    if not names:
        return []
    listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
    return [{"en": f"{en}: {listed}", "zh": f"{zh}：{listed}"}]
