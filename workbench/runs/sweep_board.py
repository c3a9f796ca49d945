"""The board of a sweep: every point with its answer, worst first.

Looks at states every time and at a record only once it has ended, so that a page may ask every second.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from workbench.runs.record import ENDED, Kpi, RunRecord
from workbench.runs.sweep_store import Sweep, SweepStore
from workbench.templates.front_matter import KpiSpec
from workbench.templates.template import Template

# What needs a person first; what has no answer comes before what is well, since nobody knows.
RANKS = {"bad": 0, "warning": 1, "no_answer": 2, "refused": 3, "info": 4, "good": 5, "open": 6}
FEW = 3  # finished runs, below which a remaining time would be a guess


@dataclass(frozen=True)
class Row:
    """One point of a sweep."""

    point: int
    run: str
    at: dict[str, Any]
    state: str  # waiting, not_accepted, or a run's state
    level: str  # one of RANKS
    reused: bool = False
    code: str = ""
    text: Any = ""  # the verdict, the refusal, or the reason
    kpis: Mapping[str, Kpi] = field(default_factory=dict)
    seconds: float | None = None
    finished: str | None = None
    problem: Mapping[str, Any] | None = None
    figure: str | None = None  # path of the first one

    @property
    def has_run(self) -> bool:
        """Whether there is a run to open."""
        return self.state not in {"waiting", "not_accepted"}


class Board:
    """The rows of one sweep, brought up to date by ``refresh``."""

    def __init__(self, store: SweepStore, sweep: str) -> None:
        self.store, self.name = store, sweep
        self.sweep: Sweep = store.get(sweep)
        self.rows: list[Row] = []
        self._ended: dict[str, Row] = {}
        self.refresh()

    def refresh(self) -> bool:
        """Read what has changed; return whether any row has."""
        self.sweep = self.store.get(self.name)
        states = self.store.states(self.name)
        fresh = [row.run for row in states if row.state in ENDED and row.run not in self._ended]
        records = self.store.records(fresh)
        rows = []
        for row in states:
            if row.run in records:
                record = RunRecord.model_validate_json(records[row.run])
                self._ended[row.run] = _answered(_bare(row), record)
            kept = self._ended.get(row.run)
            rows.append(kept if kept is not None and kept.state == row.state else _bare(row))
        changed, self.rows = rows != self.rows, rows
        return changed

    def remaining_s(self) -> float | None:
        """Return how long the rest takes at the pace so far; None when too few runs have finished to tell."""
        ended = sorted(
            datetime.fromisoformat(row.finished).timestamp()
            for row in self.rows
            if row.finished and not row.reused
        )
        left = sum(row.level == "open" for row in self.rows)
        if len(ended) < FEW or not left or ended[-1] <= ended[0]:
            return None
        return left * (ended[-1] - ended[0]) / (len(ended) - 1)


def _bare(row: Any) -> Row:
    problem = json.loads(row.problem) if row.problem else None
    level = "no_answer" if problem else "open"
    text = problem["message"] if problem else ""
    at = json.loads(row.at)
    return Row(row.point, row.run, at, row.state, level, reused=bool(row.reused), text=text, problem=problem)


def _answered(row: Row, record: RunRecord) -> Row:
    verdict, refusal, error = record.verdict, record.refusal, record.error
    told: dict[str, Any] = {"level": "no_answer"}
    if record.status == "succeeded":
        told = {"level": "info"}
        if verdict is not None:
            told = {"level": verdict.level, "code": verdict.code, "text": verdict.text}
    elif record.status == "refused" and refusal is not None:
        told = {"level": "refused", "code": refusal.code, "text": refusal.text}
    elif error is not None:
        told |= {"code": error.code, "text": error.message}
    return replace(
        row,
        **told,
        kpis=record.kpis,
        seconds=record.seconds.total,
        finished=record.finished,
        figure=next(iter(record.figures.values()), None),
    )


def lead_kpi(template: Template | None, rows: Iterable[Row]) -> str | None:
    """Return the number that tells good from bad: the first with a target, or a better side, or any."""
    specs = template.results.kpis if template else {}
    numeric = {name for row in rows for name, kpi in row.kpis.items() if is_number(kpi.value)}
    names = [name for name in specs if name in numeric] or sorted(numeric)
    targets = [name for name in names if name in specs and specs[name].target is not None]
    sided = [name for name in names if name in specs and specs[name].better != "none"]
    return next(iter([*targets, *sided, *names]), None)


def worst_first(rows: Iterable[Row], template: Template | None) -> list[Row]:
    """Return rows by how much they need somebody: by level, then by how far the lead number is off."""
    rows = list(rows)
    lead = lead_kpi(template, rows)
    spec = template.results.kpis.get(lead) if template and lead else None
    return sorted(rows, key=lambda row: (RANKS[row.level], -_off(row.kpis.get(lead or ""), spec), row.point))


def _off(kpi: Kpi | None, spec: KpiSpec | None) -> float:
    """Return how far a number is on its bad side; far below everything when there is none."""
    if kpi is None or not is_number(kpi.value):
        return float("-inf")
    value = float(kpi.value or 0.0)
    target = kpi.target if kpi.target is not None else spec.target if spec else None
    better = spec.better if spec else None
    if better == "higher":
        return (target or 0.0) - value
    if better == "lower":
        return value - (target or 0.0)
    return abs(value - target) if target is not None else 0.0


def is_number(value: Any) -> bool:
    """Whether a KPI can be ordered and drawn."""
    return isinstance(value, int | float) and not isinstance(value, bool) and value == value
