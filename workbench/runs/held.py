"""States held between two cells of earlier runs: which of them a new run can go on from.

A state fits when the notebook is the same and all that differs is first used at or after the cell before
which the state stands. Everything else runs in full.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workbench.runs.job import Job, Resume
from workbench.runs.processes import share
from workbench.runs.record import RunRecord
from workbench.runs.wire import Channel

KEEP = 6
KEEP_BYTES = 1_000_000_000  # of all together, shared pages counted by share
KEEP_S = 900.0


@dataclass(eq=False)
class Held:
    """A stopped copy of a run's process, and what it has not yet looked at."""

    control: Channel
    job: Job
    cell: int
    pid: int
    free: frozenset[str]
    notebook: str = ""  # of the run it copies, once that is published
    size: int = 0  # once it was measured
    used: float = field(default_factory=time.monotonic)

    def fits(self, job: Job) -> bool:
        """Whether a job's results are the same when it goes on from here."""
        same = self.job.template.digest == job.template.digest and self.job.notebook == job.notebook
        mine, its = told(self.job), told(job)
        # A name that only one of them was told has a default in the other, which is not set anew.
        return same and mine.keys() == its.keys() and {n for n in its if mine[n] != its[n]} <= self.free


class HeldStates:
    """The few states that are kept; the one used longest ago goes first."""

    def __init__(self, closed: Callable[[Held], None]) -> None:
        self._closed = closed
        self._coming: dict[str, list[Held]] = {}
        self._kept: list[Held] = []

    def __len__(self) -> int:
        return len(self._kept) + sum(map(len, self._coming.values()))

    def add(self, held: Held) -> None:
        """Take a state of a run that still goes."""
        self._coming.setdefault(held.job.run, []).append(held)

    def ended(self, run: str, record: RunRecord | None) -> None:
        """Keep the states of a run that gave an answer; there is no use for those of another."""
        for held in self._coming.pop(run, []):
            if record is None or record.status not in {"succeeded", "refused"} or not record.notebook:
                self._closed(held)
                continue
            held.notebook = record.notebook
            for old in [one for one in self._kept if one.cell == held.cell and one.fits(held.job)]:
                self._drop(old)
            self._kept.append(held)

    def best(self, job: Job) -> Held | None:
        """Return the state that leaves the least to do."""
        fitting = [held for held in self._kept if held.fits(job)]
        best = max(fitting, key=lambda held: held.cell, default=None)
        if best is not None:
            best.used = time.monotonic()
        return best

    def trim(self, keep: int = KEEP) -> None:
        """Let go of what is too old or too much."""
        now = time.monotonic()
        self._kept.sort(key=lambda held: held.used)
        for held in self._kept:
            held.size = held.size or share(held.pid)
        for held in list(self._kept):
            too_much = sum(one.size for one in self._kept) > KEEP_BYTES
            if len(self._kept) > keep or too_much or now - held.used > KEEP_S:
                self._drop(held)

    def clear(self) -> None:
        """Let go of all."""
        for run in list(self._coming):
            self.ended(run, None)
        self.trim(keep=0)

    def forget(self, held: Held) -> None:
        """Let go of a state that does not answer."""
        if held in self._kept:
            self._drop(held)

    def _drop(self, held: Held) -> None:
        self._kept.remove(held)
        self._closed(held)


def told(job: Job) -> dict[str, str]:
    """Return what a notebook is told, by parameter: an input stands for its pinned rows."""
    values: dict[str, Any] = {**job.parameters}
    values |= {role: [job.parameters.get(role), source] for role, source in job.sources.items()}
    return {name: json.dumps(value, sort_keys=True, default=str) for name, value in values.items()}


def resume(held: Held) -> Resume:
    """Describe a held state to the driver that goes on from it."""
    return Resume(run=held.job.run, cell=held.cell, notebook=held.notebook)
