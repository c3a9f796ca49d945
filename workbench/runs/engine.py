"""The run engine: accepts requests, hands out runs in turn, and never loses sight of one.

One thread does all the work: it claims queued runs, hears what the executor reports, and writes down how each
ended. Faces call the public methods from any thread.
"""

import contextlib
import logging
import os
import secrets
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workbench.config import Settings
from workbench.errors import NotFound, Unavailable, WorkbenchError
from workbench.runs.executor import Executor, Report
from workbench.runs.history import History
from workbench.runs.job import Job
from workbench.runs.lease import Lease
from workbench.runs.live import apply_event
from workbench.runs.prepare import Prepared, Preparer, fingerprint, queued_record
from workbench.runs.queue import INTERACTIVE, Queue, Waiting
from workbench.runs.reconcile import given_up, left_behind, outcome_of_lost, reconcile
from workbench.runs.record import RunRecord, stamp
from workbench.runs.remaining import Usual, usual
from workbench.runs.request import RunRequest
from workbench.runs.state import State
from workbench.templates.library import Library

LOG = logging.getLogger(__name__)
TURN_S = 0.5
CANCEL_S = 5.0
DRAIN_LOOK_S = 0.05
LOOK_S = 5.0  # how often it is looked whether another engine of this workspace has died
PAUSE_S = 1.0  # before trying again what a locked or full disk did not let happen
JOBS_KEPT = 100
INTERACTIVE_ORIGINS = frozenset({"form", "api", "cli"})


class Engine:
    """Runs requests of one workspace; see the module for how."""

    def __init__(self, settings: Settings, library: Library, executor: Executor) -> None:
        self.settings, self.library, self.executor = settings, library, executor
        self.workspace = settings.workspace.create()
        self.state = State(self.workspace.state)
        self.history = History(self.state)
        self.preparer = Preparer(settings, library, self.history)
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self.on_end: list[Callable[[RunRecord], None]] = []  # called in the engine's thread: be quick
        self._lease = Lease(self.workspace.root / "engines" / f"{self.name}.lock")
        self._queue = Queue()
        self._live: dict[str, RunRecord] = {}  # what goes, and what ended but is not in the book yet
        self._going: dict[str, Waiting] = {}
        self._jobs: OrderedDict[str, Job] = OrderedDict()  # of runs that wait, as far as they are at hand
        self._cancels: set[str] = set()
        self._unwritten: list[RunRecord] = []
        self._reports: deque[Report] = deque()  # heard, but not yet acted on
        self._adopts, self._looked = False, 0.0
        self._hurry = threading.Event()
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._stopping = self._draining = False

    # --- what faces call ----------------------------------------------------------------------------------

    def start(self, *, adopt: bool = True) -> None:
        """Take up what other processes leave behind, now and later, and start to work."""
        self.executor.start()  # first: when it refuses there is nothing to undo
        self._lease.take()
        self._adopts = adopt
        if adopt:
            self._adopt()
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)
        self._thread.start()

    def stop(self, *, drain_s: float = 0.0) -> None:
        """Begin nothing more, give what goes ``drain_s`` to end; the rest returns to the queue."""
        self._draining = True
        deadline = time.monotonic() + drain_s
        while self._going and time.monotonic() < deadline and not self._hurry.wait(DRAIN_LOOK_S):
            pass
        self._stopping = True
        if self._thread is not None:
            self.executor.wake()
            self._thread.join()
            self._thread = None
        self._lease.drop()
        self.state.close()

    def hurry(self) -> None:
        """End a ``stop`` that waits; may be called from a signal handler."""
        self._hurry.set()

    def submit(self, request: RunRequest) -> str:
        """Check a request and queue it; return the run's name. What is returned survives a crash."""
        return self.submit_many([request])[0]

    def submit_many(self, requests: Sequence[RunRequest]) -> list[str]:
        """Queue several requests, all or none."""
        return self.accept([self.preparer.job(request) for request in requests])

    def accept(self, jobs: Sequence[Job]) -> list[str]:
        """Queue what was prepared, in one transaction; return the names of the runs."""
        if self._draining:
            raise Unavailable("the server is stopping", hint="send the request again when it is back")
        records = [queued_record(job) for job in jobs]
        self.history.add(zip(jobs, records, strict=True), self.name)
        with self._changed:
            for job in jobs:
                job.hold = job.origin in INTERACTIVE_ORIGINS
                self._jobs[job.run] = job
                self._queue.put(Waiting(job.run, job.priority, job.user))
            while len(self._jobs) > JOBS_KEPT:
                self._jobs.popitem(last=False)
        self.executor.wake()
        return [job.run for job in jobs]

    def prepare(self, request: RunRequest) -> Prepared:
        """Check a request as ``submit`` would, without running it."""
        return self.preparer.prepare(request)[1]

    def earlier(self, request: RunRequest) -> RunRecord | None:
        """Return a run that answered exactly this: same template, rows, mapping, filters and parameters."""
        template, prepared = self.preparer.prepare(request)
        # A notebook without a contract may read whatever it likes: equal requests prove nothing about it.
        found = self.history.same(fingerprint(template, prepared)) if template.contract else None
        return found if found and found.notebook and Path(found.notebook).is_file() else None

    def propose(self, template: str, role: str, reference: str) -> dict[str, Any]:
        """Say how a table's columns fill an input: confirmed, proposed with the reason, or to be asked."""
        return self.preparer.propose(self.library.get(template), role, reference)

    def get(self, run: str) -> RunRecord:
        """Return what is known of a run, also while it goes."""
        with self._changed:
            live = self._live.get(run)
        record = live or self.history.get(run)
        if record is None:
            raise NotFound("unknown run", given=repr(run), hint="list runs with: workbench runs list")
        return record

    def wait(self, run: str, timeout: float | None = None) -> RunRecord:
        """Return a run's record once it has ended, or as it is after ``timeout`` seconds."""
        with self._changed:
            self._changed.wait_for(lambda: not self._is_open(run), timeout)
        return self.get(run)

    def answer(self, run: str, timeout: float | None = None) -> RunRecord:
        """Return a run's record once its answer is known, which is before all of it is on the disk."""
        with self._changed:
            self._changed.wait_for(
                lambda: not self._is_open(run) or (run in self._live and self._live[run].answer), timeout
            )
        return self.get(run)

    def ahead(self, run: str) -> int:
        """Return how many runs are likely to start before one that waits."""
        with self._changed:
            return self._queue.ahead(run)

    def trouble(self) -> str | None:
        """Say in one sentence why no run begins at the moment; None when nothing is in the way."""
        return self.executor.trouble()

    def cancel(self, run: str) -> RunRecord:
        """Cancel a run; one that has ended stays as it is."""
        record = self.get(run)
        if not record.ended and self._thread is not None and self._is_open(run):
            with self._changed:
                self._cancels.add(run)
            self.executor.wake()
            with self._changed:
                self._changed.wait_for(lambda: run not in self._cancels, CANCEL_S)
        elif not record.ended and not self.history.cancel_waiting(cancelled(record)):
            self._cancel_elsewhere(run)
        return self.get(run)

    def _cancel_elsewhere(self, run: str) -> None:
        """Cancel a run that another engine has begun: only that one can stop it while it lives."""
        owner = self.history.owner(run) or ""
        if Lease(self.workspace.root / "engines" / f"{owner}.lock").held():
            process = f"being executed by process {owner.partition('-')[0]}"
            raise Unavailable(f"run {run}", given=process, hint="cancel it there")
        outcome, _ = outcome_of_lost(self.workspace, self.history, run, stopped_for="cancelled")
        self.history.finish(outcome)

    def list(self, *, limit: int = 50, **filters: str | None) -> list[RunRecord]:
        """Return runs, newest first; ``filters`` as for ``History.newest``."""
        found = self.history.newest(limit=limit, **filters)
        with self._changed:
            return [self._live.get(record.run, record) for record in found]

    def usual(self, template: str, rows: int) -> Usual | None:
        """Tell how long a run of a template over so many rows takes; None: too few runs to know."""
        return usual(self.history.durations(template), rows)

    # --- the loop -----------------------------------------------------------------------------------------

    def _is_open(self, run: str) -> bool:
        return run in self._queue or run in self._going or run in self._live

    def _loop(self) -> None:
        while not self._stopping:
            try:
                self._turn()
            except WorkbenchError as error:  # the disk is full, the database locked: nothing is lost
                LOG.warning("the engine waits: %s", error)
                time.sleep(PAUSE_S)
            except Exception:
                LOG.exception("the engine met what it does not know")
                time.sleep(PAUSE_S)
        self._shut_down()

    def _turn(self) -> None:
        """Do everything once: cancel, hand out, write what is due, hear."""
        self._cancel_asked()
        self.executor.tend(len(self._queue))
        try:
            self._dispatch()  # before the book is brought up to date: a processor should not wait for a disk
        finally:
            while self._unwritten:
                self._write(self._unwritten[0])
        self.executor.tend(len(self._queue))
        self._reports.extend(self.executor.wait(0.0 if self._reports else TURN_S))
        self._hear_all()
        if self._adopts and time.monotonic() - self._looked > LOOK_S:
            self._looked = time.monotonic()
            if left_behind(self.workspace):
                self._adopt()

    def _adopt(self) -> None:
        """Take up the runs of engines that have died."""
        waiting, ended = reconcile(self.workspace, self.history, self.name)
        with self._changed:
            for one in waiting:
                self._queue.put(one)
        for record in ended:
            self._end(record)

    def _cancel_asked(self) -> None:
        """Cancel what was asked for, here, where a run cannot move on meanwhile."""
        with self._changed:
            asked = set(self._cancels)
        for run in asked:
            if run in self._going:
                self.executor.stop(run, "cancelled")
            elif run in self._queue:
                self._end(cancelled(self.get(run)))
        with self._changed:
            self._cancels -= asked
            self._changed.notify_all()

    def _dispatch(self) -> None:
        while not self._draining and self.executor.free() > 0:
            with self._changed:
                waiting = self._queue.take(self._may_go)
                if waiting is None:
                    return
                self._going[waiting.run] = waiting
            try:
                self._begin(waiting)
            except WorkbenchError:  # the book cannot be read or written now: it waits as before
                with self._changed:
                    del self._going[waiting.run]
                    self._queue.put(waiting, first=True)
                raise

    def _may_go(self, waiting: Waiting) -> bool:
        """Whether a run may start beside those that go; a person need not wait for a batch."""
        limit = self.settings.concurrency or self.executor.limit()
        of_user = self.settings.concurrency_per_user
        going = list(self._going.values())
        if of_user and sum(one.user == waiting.user for one in going) >= of_user:
            return False
        if len(going) < limit:
            return True
        batch = any(one.priority != INTERACTIVE for one in going)
        return waiting.priority == INTERACTIVE and batch and len(going) == limit

    def _begin(self, waiting: Waiting) -> None:
        run = waiting.run
        try:
            job = self._jobs.pop(run, None) or self.history.job(run)
        except WorkbenchError:
            raise
        except Exception:  # of another version, or damaged: it must not keep the others waiting
            LOG.exception("what was asked for run %s cannot be read", run)
            self._end(given_up(self.get(run), "what was asked for cannot be read any more"))
            return
        job.attempt = self.history.claim(run, self.name)
        if not job.attempt:  # cancelled by another process meanwhile
            with self._changed:
                del self._going[run]
                self._changed.notify_all()
            return
        job.queued_s = time.monotonic() - waiting.since
        record = queued_record(job).model_copy(
            update={"status": "running", "started": stamp(job.created), "attempts": job.attempt}
        )
        with self._changed:
            self._live[run] = record
            self._changed.notify_all()
        try:
            self.executor.begin(job)
        except Exception:
            LOG.exception("run %s could not be handed out", run)
            self._reports.append((run, {"event": "gone"}))

    def _hear_all(self) -> None:
        """Act on what was reported; what the book does not take now stays first in line."""
        while self._reports:
            run, event = self._reports[0]
            try:
                self._hear(run, event)
            except WorkbenchError:
                raise
            except Exception:
                LOG.exception("a report of run %s cannot be understood", run)
                self._end(given_up(self._live[run], "what its process reported cannot be understood"))
            self._reports.popleft()

    def _hear(self, run: str, event: dict[str, Any]) -> None:
        if run not in self._going:
            return
        if event["event"] == "end":
            self._end(RunRecord.model_validate(event["record"]))
        elif event["event"] == "gone":
            self._lose(run, stopped_for=event.get("reason"))
        else:
            with self._changed:
                self._live[run] = apply_event(self._live[run], event)
                self._changed.notify_all()

    def _lose(self, run: str, *, stopped_for: str | None) -> None:
        """Find out what became of a run whose process is gone."""
        record, again = outcome_of_lost(self.workspace, self.history, run, stopped_for=stopped_for)
        if not again:
            self._end(record)
            return
        self.history.requeue(run, self.name)
        with self._changed:
            waiting = self._going.pop(run)
            self._live.pop(run, None)
            self._queue.put(waiting, first=True)

    def _end(self, record: RunRecord) -> None:
        """Let a run be ended from now on; it is written on this turn, or as soon as the disk lets us."""
        with self._changed:
            self._queue.remove(record.run)
            self._going.pop(record.run, None)
            self._live[record.run] = record
        self._unwritten.append(record)
        if not self._queue:
            with contextlib.suppress(Unavailable):
                self._write(record)

    def _write(self, record: RunRecord) -> None:
        self.history.finish(record)
        self._unwritten.remove(record)
        with self._changed:
            self._live.pop(record.run, None)
            self._jobs.pop(record.run, None)
            self._changed.notify_all()
        for tell in self.on_end:
            try:
                tell(record)
            except Exception:
                LOG.exception("run %s has ended, but not everybody could be told", record.run)

    def _shut_down(self) -> None:
        self.executor.close()
        with contextlib.suppress(Unavailable):  # else the published folder tells the next server
            while self._unwritten:
                self._write(self._unwritten[0])
        for run in list(self._going):
            with contextlib.suppress(Unavailable):
                record, again = outcome_of_lost(self.workspace, self.history, run)
                if again or record.status == "lost":  # it was told to stop, so no attempt is spent
                    self.history.requeue(run, self.name, spent=False)
                else:
                    self.history.finish(record)
        with self._changed:
            self._going.clear()
            self._queue = Queue()
            self._live.clear()  # whoever waits sees the run in the queue again
            self._changed.notify_all()


def cancelled(record: RunRecord) -> RunRecord:
    """Return a run that was cancelled before it began."""
    return record.model_copy(update={"status": "cancelled", "finished": stamp(record.created)})
