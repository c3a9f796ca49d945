"""What the engine asks of a place where runs execute: on this machine, or on the workers of a cluster.

The engine calls every method from one thread, ``wake`` apart. Each executor passes the same contract suite.
"""

from collections.abc import Iterator
from typing import Any, Protocol

from workbench.runs.job import Job

Report = tuple[str, dict[str, Any]]  # the run, and what is reported of it: placed, step, result, end, gone


class Executor(Protocol):
    """Takes jobs and reports on them."""

    def start(self) -> None:
        """Get ready."""

    def tend(self, waiting: int) -> None:
        """Keep what is needed ready for the runs that wait; called on every turn."""

    def limit(self) -> int:
        """Return how many runs may go at the same time where the settings do not say."""

    def trouble(self) -> str | None:
        """Say in one sentence why no run can begin; None when one can."""

    def free(self) -> int:
        """Return how many runs could begin at once."""

    def begin(self, job: Job) -> None:
        """Start a run."""

    def stop(self, run: str, reason: str) -> None:
        """Ask a run to end for ``reason``; it reports its end as any other."""

    def wait(self, timeout: float) -> Iterator[Report]:
        """Yield what has been reported; wait for it at most so long, or until ``wake`` is called."""

    def wake(self) -> None:
        """End a wait; may be called from any thread."""

    def close(self) -> None:
        """End everything at once; runs under way are not reported again."""
