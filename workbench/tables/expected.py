"""The points a plant expects to be collected: declared in a file or on the page, kept in the workspace."""

import json
import os
import tempfile
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbench.config import Workspace, pick
from workbench.errors import Invalid, Unavailable
from workbench.governance.coverage import STAGES, Expected, stage_of
from workbench.tables import ingest
from workbench.tables.catalog import Tables

MOST = 50_000
LONGEST = 200
HEADS = {
    "stage": ("stage", "business stage", "阶段", "环节", "业务环节", "业务阶段"),
    "asset": ("asset", "equipment", "machine", "device", "设备", "设备名称", "资产", "机台"),
    "point": ("point", "tag", "measurement", "signal", "测点", "点位", "采集点", "数据项"),
    "table": ("table", "数据表"),
    "column": ("column", "列", "字段"),
}
NEEDED = ("stage", "asset", "point")


def read(workspace: Workspace) -> list[Expected]:
    """Return what is declared; nothing where nothing was."""
    try:
        kept = json.loads(_path(workspace).read_text(encoding="utf-8"))
        return [Expected(**each) for each in kept]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError) as error:
        hint = "declare the points again, or restore the file from a backup"
        raise Unavailable("the list of expected points", given="damaged", hint=hint) from error


def declare(workspace: Workspace, points: Iterable[Mapping[str, Any]]) -> list[Expected]:
    """Make these the expected points, all or nothing; each is kept once."""
    found = list(dict.fromkeys(_point(each, row) for row, each in enumerate(points, start=1)))
    if len(found) > MOST:
        raise Invalid("expected points", given=len(found), expected=f"at most {MOST}")
    path = _path(workspace)
    draft = path.with_name(f".writing-{uuid.uuid4().hex}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            json.dump([asdict(each) for each in found], file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise Unavailable("the list of expected points was not written", given=error.strerror) from error
    return found


def declare_file(workspace: Workspace, path: Path) -> list[Expected]:
    """Read the expected points from a CSV or Excel file with the columns stage, asset and point."""
    with tempfile.TemporaryDirectory(prefix="workbench-points-") as folder:
        aside = Tables(Workspace(Path(folder)).create())
        table = aside.head(ingest.add_file(aside, path, name="points").name, MOST + 1)
    heads = {role: _head(list(map(str, table.columns)), role) for role in HEADS}
    rows = table.astype(object).where(table.notna(), "").to_dict(orient="records")
    return declare(
        workspace, [{role: str(row[head]).strip() for role, head in heads.items() if head} for row in rows]
    )


def from_table(tables: Tables, name: str, stage: str, held: Iterable[Any]) -> list[Expected]:
    """Expect from now on, beside what was declared, every point that a table holds of named equipment."""
    code = stage_of(stage)
    new = [
        Expected(code, each.asset, each.point)
        for each in held
        if each.table == name and each.asset and each.rows
    ]
    if not new:
        hint = "declare which column names the machine on the Health part of its page"
        raise Invalid(f"table {name}", given="no column that names equipment", hint=hint)
    kept = read(tables.workspace)
    return declare(tables.workspace, [asdict(each) for each in [*kept, *new]])


def _head(columns: list[str], role: str) -> str | None:
    found = next((name for name in columns if name.strip().casefold() in HEADS[role]), None)
    if found is None and role in NEEDED:
        given = ", ".join(columns[:12])
        raise Invalid(
            f"column {role!r} of the expected points", given=given, expected=" or ".join(HEADS[role])
        )
    return found


def _point(given: Mapping[str, Any], row: int) -> Expected:
    values = {key: str(given.get(key) or "").strip() for key in HEADS}
    unknown = set(given) - set(HEADS)
    if unknown:
        raise Invalid(f"expected point {row}", given=", ".join(sorted(unknown)), expected=", ".join(HEADS))
    for key in NEEDED:
        if not values[key] or len(values[key]) > LONGEST:
            expected = f"a text of 1 to {LONGEST} characters"
            raise Invalid(f"{key} of expected point {row}", given=repr(values[key][:40]), expected=expected)
    return Expected(**{**values, "stage": stage_of(values["stage"])})


def csv_rows(points: Iterable[Expected], language: str) -> list[dict[str, str]]:
    """Return the points as rows of a file, with heads and stages in a language."""
    heads = (
        dict(zip(HEADS, ("阶段", "设备", "测点", "数据表", "列"), strict=True)) if language == "zh" else {}
    )
    named = {code: pick(name, language) if heads else code for code, name in STAGES.items()}
    rows = [asdict(each) | {"stage": named[each.stage]} for each in points]
    return [{heads.get(key, key): value for key, value in row.items()} for row in rows]


def _path(workspace: Workspace) -> Path:
    return workspace.root / "coverage.json"
