"""A run while it goes: what its driver has reported so far, in the shape of a record."""

import contextlib
from typing import Any

from workbench.runs.record import Alarm, Kpi, RunRecord, Verdict


def apply_event(record: RunRecord, event: dict[str, Any]) -> RunRecord:
    """Return the record as it is after one report."""
    if event["event"] == "step":
        return record.model_copy(update={"steps": _reached(record, event["index"])})
    if event["event"] == "answer":
        return RunRecord.model_validate(event["record"])
    if event["event"] == "placed":
        return record.model_copy(update={"executor": event["executor"]})
    if event["event"] == "result":
        with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):  # made by hand, or broken
            return _with_result(record, event["result"])
    return record


def _reached(record: RunRecord, index: int) -> list[Any]:
    states = {number: "done" if number < index else "running" for number in range(index + 1)}
    return [
        step.model_copy(update={"state": states.get(number, step.state)})
        for number, step in enumerate(record.steps)
    ]


def _with_result(record: RunRecord, bundle: dict[str, Any]) -> RunRecord:
    kind = bundle["kind"]
    fields = {key: value for key, value in bundle.items() if key != "kind"}
    if kind == "kpi":
        name = fields.pop("name")
        return record.model_copy(update={"kpis": {**record.kpis, name: Kpi(**fields)}})
    if kind == "figure":
        return record.model_copy(update={"figures": {**record.figures, fields["name"]: fields["path"]}})
    if kind == "verdict":
        return record.model_copy(update={"verdict": Verdict(**fields)})
    if kind == "alarm":
        return record.model_copy(update={"alarms": [*record.alarms, Alarm(**fields)]})
    return record
