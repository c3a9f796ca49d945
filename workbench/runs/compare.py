"""Runs side by side: what differs between their records, and, on request, in their data, notebook and tables.

The first run is what the others are compared with. ``compare`` looks at records alone; the other functions
open files, so a page asks for them only where records say that there is a difference.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from workbench.errors import NotFound
from workbench.runs.job import Job
from workbench.runs.record import RunRecord
from workbench.tables.changes import Changes, changes
from workbench.templates.template import Template

MOST_DIFF_LINES = 400
MOST_TABLE_ROWS = 200_000  # of a result table, compared row by row


def compare(*records: RunRecord, better: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return what differs between runs, and every KPI of all with its change.

    ``better`` says of a KPI whether ``"higher"`` or ``"lower"`` is the better direction. Each difference is a
    list with one value per run; ``change`` is the last against the first, ``changes`` each against the first.
    """
    return {
        "runs": [record.run for record in records],
        "template": _different([_versions(record) for record in records]),
        "inputs": _different([_inputs(record) for record in records]),
        "parameters": _different([record.parameters for record in records]),
        "verdict": _different([{"code": _code(record)} for record in records]),
        "kpis": _kpis(records, better or {}),
    }


def directions(template: Template | None) -> dict[str, str]:
    """Return which way each KPI of a template is better."""
    return {name: spec.better for name, spec in template.results.kpis.items()} if template else {}


def data_changes(first: Job, second: Job) -> dict[str, Changes | str]:
    """Compare the rows behind each input where both read the same table, but not the same rows."""
    found: dict[str, Changes | str] = {}
    for role, source in first.sources.items():
        other = second.sources.get(role)
        if other is None or other["table"] != source["table"] or other["sha256"] == source["sha256"]:
            continue
        try:
            # Whole tables: a filter may have left out files of one version that the other has.
            found[role] = changes(*(each.get("all_files", each["files"]) for each in (source, other)))
        except NotFound as error:
            found[role] = str(error)
    return found


def table_changes(first: RunRecord, second: RunRecord) -> dict[str, Changes]:
    """Compare the result tables that both runs have."""
    shared = [name for name in first.tables if name in second.tables]
    found = {}
    for name in shared:
        try:
            found[name] = changes([first.tables[name]], [second.tables[name]], most_rows=MOST_TABLE_ROWS)
        except NotFound:  # a run's folder was deleted: its record still counts
            continue
    return found


def notebook_changes(first: Job, second: Job) -> list[str]:
    """Return how the cells of two notebooks differ, as lines of a unified diff; empty where they do not."""
    before, after = (f"{job.template.id} {job.template.version or ''} ({job.run})" for job in (first, second))
    cells = _cells(first.notebook), _cells(second.notebook)
    lines = list(difflib.unified_diff(cells[0], cells[1], before, after, lineterm="", n=2))
    return lines if len(lines) <= MOST_DIFF_LINES else [*lines[:MOST_DIFF_LINES], "…"]


def _cells(notebook: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    for number, cell in enumerate(notebook.get("cells", ())):
        source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
        lines += [f"# --- cell {number + 1}, {cell['cell_type']}", *source.splitlines()]
    return lines


def _versions(record: RunRecord) -> dict[str, Any]:
    return {"id": record.template.id, "version": record.template.version, "digest": record.template.digest}


def _inputs(record: RunRecord) -> dict[str, Any]:
    keys = {"table", "version", "sha256", "mapping", "filter"}
    found: dict[str, Any] = {}
    for role, used in record.inputs.items():
        told = used.model_dump(include=keys)
        found[role] = told if told["filter"] else {key: told[key] for key in told if key != "filter"}
    return found


def _code(record: RunRecord) -> str:
    if record.verdict:
        return record.verdict.code
    return record.refusal.code if record.refusal else record.status


def _different(parts: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for part in parts for name in part)
    found = {name: [part.get(name) for part in parts] for name in names}
    return {name: values for name, values in found.items() if any(value != values[0] for value in values)}


def _kpis(records: Sequence[RunRecord], better: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    names = dict.fromkeys(name for record in records for name in record.kpis)
    return {name: _kpi([record.kpis.get(name) for record in records], better.get(name)) for name in names}


def _kpi(kpis: Sequence[Any], better: str | None) -> dict[str, Any]:
    values = [kpi.value if kpi else None for kpi in kpis]
    units = {kpi.unit for kpi in kpis if kpi}
    # Numbers of different units have no difference.
    steps = [_change(values[0], value) if len(units) == 1 else None for value in values]
    return {
        "values": values,
        "unit": next(kpi.unit for kpi in kpis if kpi),
        "units": [kpi.unit if kpi else None for kpi in kpis],
        "change": steps[-1],
        "changes": steps,
        "relative": [_relative(values[0], step) for step in steps],
        "better": [_is_better(step, better) for step in steps],
    }


def _change(before: Any, after: Any) -> float | None:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (before, after))
    return float(after - before) if numbers else None


def _relative(before: Any, change: float | None) -> float | None:
    return change / abs(before) if change is not None and before else None


def _is_better(change: float | None, better: str | None) -> bool | None:
    if not change or better not in {"higher", "lower"}:
        return None
    return (change > 0) == (better == "higher")
