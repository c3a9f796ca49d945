"""Runs set side by side and run again: what differs between two records, and the request behind one."""

from collections.abc import Mapping
from typing import Any

from workbench.runs.job import Job
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest


def request_of(job: Job, *, origin: str) -> RunRequest:
    """Return the request that does again what a job did, on the very same table versions.

    An optional input that the job left empty stays empty, whatever its default has become.
    """
    roles = [name for name in job.parameters if name not in job.values]
    return RunRequest(
        template=job.template.path or job.template.id,
        inputs={role: str(job.parameters[role]).removesuffix(f"#{role}") for role in roles},
        mapping={role: used.mapping for role, used in job.inputs.items() if used.mapping},
        filters={role: used.filter for role, used in job.inputs.items() if used.filter},
        parameters=job.values,
        origin=origin,
    )


def compare(first: RunRecord, second: RunRecord) -> dict[str, Any]:
    """Return what differs between two runs, and every KPI of both with its change."""
    return {
        "runs": [first.run, second.run],
        "template": _changes(_versions(first), _versions(second)),
        "inputs": _changes(_inputs(first), _inputs(second)),
        "parameters": _changes(first.parameters, second.parameters),
        "verdict": _changes({"code": _code(first)}, {"code": _code(second)}),
        "kpis": _kpis(first, second),
    }


def _versions(record: RunRecord) -> dict[str, Any]:
    return {"id": record.template.id, "version": record.template.version, "digest": record.template.digest}


def _inputs(record: RunRecord) -> dict[str, Any]:
    return {
        role: used.model_dump(include={"table", "version", "sha256", "mapping", "filter"})
        for role, used in record.inputs.items()
    }


def _code(record: RunRecord) -> str:
    if record.verdict:
        return record.verdict.code
    return record.refusal.code if record.refusal else record.status


def _changes(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, list[Any]]:
    names = [*first, *(name for name in second if name not in first)]
    return {
        name: [first.get(name), second.get(name)] for name in names if first.get(name) != second.get(name)
    }


def _kpis(first: RunRecord, second: RunRecord) -> dict[str, dict[str, Any]]:
    names = [*first.kpis, *(name for name in second.kpis if name not in first.kpis)]
    found = {}
    for name in names:
        values = [record.kpis[name].value if name in record.kpis else None for record in (first, second)]
        unit = (first.kpis.get(name) or second.kpis[name]).unit
        found[name] = {"values": values, "unit": unit, "change": _change(*values)}
    return found


def _change(before: Any, after: Any) -> float | None:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (before, after))
    return float(after - before) if numbers else None
