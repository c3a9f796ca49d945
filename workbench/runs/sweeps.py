"""Sweeps of one workspace: accepted at once, their runs made in the background, resumed after a restart.

One thread makes the runs that points still lack, a few at a time and in one transaction each, so that the
first results are there while the last runs are being made. A point that cannot run is noted with the reason
and stops no other.
"""

import logging
import queue
import threading
from collections.abc import Mapping, Sequence

from workbench.errors import WorkbenchError
from workbench.runs.engine import Engine
from workbench.runs.job import Job
from workbench.runs.lease import Lease
from workbench.runs.prepare import new_run
from workbench.runs.sweep import Plan, SweepRequest
from workbench.runs.sweep_board import Board
from workbench.runs.sweep_points import Planner
from workbench.runs.sweep_store import UNANSWERED, Sweep, SweepStore, Waiting
from workbench.templates.template import Template

LOG = logging.getLogger(__name__)
AT_ONCE = 40  # points made into runs in one transaction
AGAIN_S = 5.0  # the state database was locked, the disk full: look again after so long


class Sweeps:
    """Accepts sweeps and sees to it that every point gets its run, once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.store = SweepStore(engine.state)
        self._making = threading.Lock()  # held while points become runs: a cancelled sweep gets no more
        self._asked: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, *, adopt: bool = True) -> None:
        """Begin to make runs; ``adopt`` takes up the sweeps that a dead process left unfinished."""
        self._thread = threading.Thread(target=self._work, name="sweeps", daemon=True)
        self._thread.start()
        for sweep, owner in self.store.unfinished() if adopt else ():
            if not Lease(self.engine.workspace.root / "engines" / f"{owner}.lock").held():
                self.store.adopt(sweep, self.engine.name)
                self._asked.put(sweep)

    def stop(self) -> None:
        """Stop making runs; what is missing is made when the workspace is served again."""
        self._stopping.set()
        self._asked.put(None)
        if self._thread is not None:
            self._thread.join()

    def plan(self, request: SweepRequest) -> Plan:
        """Return the points that a request means, without running any."""
        return Planner(request, self.engine.preparer, most=self.engine.settings.sweep_runs).plan()

    def create(self, request: SweepRequest) -> str:
        """Accept a sweep and return its name; its runs follow. What is returned survives a crash."""
        plan = self.plan(request)
        sweep = new_run()
        self.store.add(sweep, request, plan, owner=self.engine.name)
        self._asked.put(sweep)
        return sweep

    def get(self, sweep: str) -> Sweep:
        """Return a sweep with its counts."""
        return self.store.get(sweep)

    def list(self, limit: int = 50) -> Sequence[Sweep]:
        """Return sweeps, newest first."""
        return self.store.list(limit)

    def board(self, sweep: str) -> Board:
        """Return the points of a sweep with their answers; ``refresh`` brings it up to date."""
        return Board(self.store, sweep)

    def template(self, sweep: Sweep) -> Template | None:
        """Return the template of a sweep; None when it is gone, or was a notebook given by its path."""
        try:
            return self.engine.library.get(sweep.template)
        except WorkbenchError:
            return None

    def cancel(self, sweep: str) -> Sweep:
        """Cancel every run of a sweep that has not ended, and make no more."""
        self.store.get(sweep)
        with self._making:
            self.store.cancel(sweep)
        for run in self.store.open_runs(sweep):
            self.engine.cancel(run)
        return self.store.get(sweep)

    def retry(self, sweep: str) -> Sweep:
        """Run the points again that ended without an answer."""
        return self._again(sweep, UNANSWERED)

    def resume(self, sweep: str) -> Sweep:
        """Go on with a sweep that was cancelled."""
        return self._again(sweep, ("cancelled",))

    def _again(self, sweep: str, states: Sequence[str]) -> Sweep:
        self.store.get(sweep)
        with self._making:
            self.store.again(sweep, states)
            self.store.adopt(sweep, self.engine.name)
        self._asked.put(sweep)
        return self.store.get(sweep)

    # --- the thread -------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (sweep := self._asked.get()) is not None and not self._stopping.is_set():
            try:
                while not self._stopping.is_set() and self._make_some(sweep):
                    pass
            except WorkbenchError as error:
                LOG.warning("sweep %s waits: %s", sweep, error)
                self._stopping.wait(AGAIN_S)
                self._asked.put(sweep)

    def _make_some(self, sweep: str) -> bool:
        """Make the next points of a sweep into runs; return whether there were any."""
        with self._making:
            points = self.store.lacking(sweep, AT_ONCE)
            if not points:
                return False
            found = self.engine.preparer.jobs({point.run: point.request for point in points})
            answered = self._answered(points, found)
            self.store.take_over(sweep, answered)
            problems = {
                point.point: error.record()
                for point in points
                if isinstance(error := found[point.run], WorkbenchError)
            }
            self.store.turn_down(sweep, problems)
            wanted = [found[point.run] for point in points if point.point not in answered]
            jobs = [job for job in wanted if isinstance(job, Job)]
            if jobs:
                self.engine.accept(jobs)
            return True

    def _answered(
        self, points: Sequence[Waiting], found: Mapping[str, Job | WorkbenchError]
    ) -> dict[int, str]:
        """Return the points for which an earlier run will do, with that run."""
        answered = {}
        for point in points:
            job = found[point.run]
            if point.request.reuse and isinstance(job, Job) and job.fingerprint:
                earlier = self.engine.history.same(job.fingerprint)
                if earlier is not None:
                    answered[point.point] = earlier.run
        return answered
