"""The answers of all points of a sweep as one table: for a file, for the workspace, for a program."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from workbench.config import Text, pick
from workbench.runs.record import Kpi
from workbench.runs.sweep_board import Board, Row, is_number
from workbench.tables.catalog import TableInfo, Tables
from workbench.templates.template import Template


def kpi_names(template: Template | None, rows: Iterable[Row]) -> Sequence[str]:
    """Return every KPI that a run recorded, in the template's order."""
    found = {name for row in rows for name in row.kpis}
    specs = list(template.results.kpis) if template else []
    return [name for name in specs if name in found] + sorted(found - set(specs))


def table(
    board: Board, template: Template | None, *, language: str = "en"
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return all points as one table, and the units of its columns.

    A number whose unit differs between points has its unit in a column of its own.
    """
    rows = board.rows
    columns: dict[str, Any] = {}
    for axis in board.sweep.axes:
        columns |= _axis(axis["name"], axis["kind"], rows)
    columns |= {
        "status": [row.state for row in rows],
        "level": [row.level if row.level in {"good", "warning", "bad", "info"} else None for row in rows],
        "code": [row.code or None for row in rows],
        "answer": [pick(row.text, language) or None for row in rows],
    }
    units: dict[str, str] = {}
    for name in kpi_names(template, rows):
        kpis = [row.kpis.get(name) for row in rows]
        found = sorted({kpi.unit for kpi in kpis if kpi is not None and kpi.unit})
        own = name if name not in columns else f"{name}_result"
        columns[own] = _values(kpis)
        if len(found) == 1:
            units[own] = found[0]
        elif found:
            columns[f"{own}_unit"] = [kpi.unit if kpi else None for kpi in kpis]
    columns["seconds"] = [row.seconds for row in rows]
    columns["run"] = [row.run if row.has_run else None for row in rows]
    return pd.DataFrame(columns), units


def _axis(name: str, kind: str, rows: Sequence[Row]) -> dict[str, list[Any]]:
    values = [row.at[name] for row in rows]
    if kind != "periods":
        one_type = len({type(value) for value in values if value is not None}) <= 1
        return {name: values if one_type else [None if v is None else str(v) for v in values]}
    return {
        f"{name}_{end}": list(pd.to_datetime([value[end] for value in values], format="ISO8601"))
        for end in ("from", "to")
    }


def _values(kpis: Sequence[Kpi | None]) -> list[Any]:
    values = [kpi.value if kpi else None for kpi in kpis]
    numbers = all(value is None or is_number(value) or value != value for value in values)
    if numbers:
        return [float("nan") if value is None else float(value) for value in values]
    return [None if value is None else str(value) for value in values]


def with_units(frame: pd.DataFrame, units: Mapping[str, str]) -> pd.DataFrame:
    """Return a table whose headers say the units, to be read outside."""
    return frame.rename(columns={name: f"{name} [{unit}]" for name, unit in units.items()})


def save(
    tables: Tables, board: Board, template: Template | None, *, name: str, language: str = "en"
) -> TableInfo:
    """Write the answers of all points as a table of the workspace, or as its next version."""
    frame, units = table(board, template, language=language)
    title = board.sweep.title
    description: Text = {"en": f"Sweep: {pick(title, 'en')}", "zh": f"批量：{pick(title, 'zh')}"}
    return tables.add(name, frame, units=units, source=f"sweep {board.name}", description=description)


def document(row: Row, language: str) -> dict[str, Any]:
    """Return one point as programs read it."""
    return {
        "point": row.point,
        "at": row.at,
        "status": row.state,
        "level": row.level,
        "code": row.code,
        "answer": pick(row.text, language),
        # Through JSON, where NaN is null.
        "kpis": {name: json.loads(kpi.model_dump_json(exclude_none=True)) for name, kpi in row.kpis.items()},
        "seconds": row.seconds,
        "run": row.run if row.has_run else None,
        "reused": row.reused,
    }
