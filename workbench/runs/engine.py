"""The run engine: accepts requests, keeps kernels ready, hands out runs, and never loses sight of one.

One thread does all the work: it reads what slots report, claims queued runs and enforces deadlines. Faces
call the public methods from any thread.
"""

import contextlib
import os
import secrets
import selectors
import signal
import socket
import threading
import time
from collections.abc import Sequence
from typing import Any

from workbench.config import Settings
from workbench.errors import NotFound, Unavailable, WorkbenchError
from workbench.runs.history import History
from workbench.runs.job import Job
from workbench.runs.lease import Lease
from workbench.runs.live import apply_event
from workbench.runs.pool import Nursery, Slot
from workbench.runs.prepare import Prepared, Preparer, new_run, queued_record
from workbench.runs.publish import discard
from workbench.runs.reconcile import outcome_of_lost, reconcile
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.runs.state import State
from workbench.templates.library import Library

GRACE_S = 15.0  # a slot enforces its own limit; past this it has hung and is killed
RESPAWN_S = 1.0
CANCEL_S = 5.0


class Engine:
    """Runs requests of one workspace; see the module for how."""

    def __init__(self, settings: Settings, library: Library, *, full: bool = True) -> None:
        self.settings, self.library = settings, library
        self.workspace = settings.workspace.create()
        self.state = State(self.workspace.state)
        self.history = History(self.state)
        self.preparer = Preparer(settings, library, self.history)
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._full = full
        self._lease = Lease(self.workspace.root / "engines" / f"{self.name}.lock")
        self._queue: list[tuple[str, float]] = []
        self._live: dict[str, RunRecord] = {}
        self._cancels: set[str] = set()
        self._slots: list[Slot] = []
        self._changed = threading.Condition()
        self._nursery: Nursery | None = None
        self._nursery_born = 0.0
        self._thread: threading.Thread | None = None
        self._stopping = False

    # --- what faces call --------------------------------------------------------------------------------

    def start(self, *, adopt: bool = True) -> None:
        """Take up what an earlier process left behind, and start the nursery."""
        self._lease.take()
        if adopt:
            for run in reconcile(self.workspace, self.history, self.name):
                self._live[run] = queued_record(self.history.job(run))
                self._queue.append((run, time.monotonic()))
        self._selector = selectors.DefaultSelector()
        self._wake_out, self._wake_in = socket.socketpair()
        self._selector.register(self._wake_out, selectors.EVENT_READ, self._drain_wake)
        self._thread = threading.Thread(target=self._loop, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop at once; runs that are going return to the queue, for when the workspace is served again."""
        self._stopping = True
        if self._thread is not None:
            self._wake()
            self._thread.join()
        self._lease.drop()
        self.state.close()

    def submit(self, request: RunRequest) -> str:
        """Check a request and queue it; return the run's name. What is returned survives a crash."""
        if self._stopping:
            raise Unavailable("the server is stopping", hint="send the request again when it is back")
        return self.accept([self.preparer.job(request)])[0]

    def submit_many(self, requests: Sequence[RunRequest]) -> Sequence[str]:
        """Check requests and queue them, all or none; tables they share are read once."""
        jobs = self.preparer.jobs({f"{new_run()}-{number}": one for number, one in enumerate(requests)})
        for error in (job for job in jobs.values() if isinstance(job, WorkbenchError)):
            raise error
        return self.accept([job for job in jobs.values() if isinstance(job, Job)])

    def accept(self, jobs: Sequence[Job]) -> Sequence[str]:
        """Queue what was prepared, in one transaction; return the names of the runs."""
        if self._stopping:
            raise Unavailable("the server is stopping", hint="send the request again when it is back")
        records = {job.run: queued_record(job) for job in jobs}
        self.history.add([(job, records[job.run]) for job in jobs], self.name)
        with self._changed:
            self._live.update(records)
            self._queue.extend((run, time.monotonic()) for run in records)
        self._wake()
        return list(records)

    def prepare(self, request: RunRequest) -> Prepared:
        """Check a request as ``submit`` would, without running it."""
        return self.preparer.prepare(request)[1]

    def propose(self, template: str, role: str, reference: str) -> dict[str, Any]:
        """Propose how a table's columns fill an input: what was chosen last time, then names and types."""
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
            self._changed.wait_for(lambda: run not in self._live, timeout)
        return self.get(run)

    def cancel(self, run: str) -> RunRecord:
        """Cancel a run; one that has ended stays as it is."""
        record = self.get(run)
        if (
            self._thread is None and not record.ended
        ):  # nobody works here: what waits is cancelled in the book
            self._end(record.model_copy(update={"status": "cancelled"}))
        elif not record.ended:
            with self._changed:
                self._cancels.add(run)
            self._wake()
            with self._changed:
                self._changed.wait_for(lambda: run not in self._cancels, CANCEL_S)
        return self.get(run)

    def list(
        self, template: str | None = None, status: str | None = None, limit: int = 50
    ) -> list[RunRecord]:
        """Return runs, newest first."""
        found = self.history.newest(limit=limit, template=template, status=status)
        with self._changed:
            return [self._live.get(record.run, record) for record in found]

    def typical_seconds(self, template: str) -> tuple[float, float] | None:
        """Return the usual range of this template's own run times; None without history."""
        times = sorted(seconds for _rows, seconds in self.history.durations(template))
        if len(times) < 3:
            return None
        return times[len(times) // 10], times[-1 - len(times) // 10]

    # --- the loop ---------------------------------------------------------------------------------------

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_in.send(b"x")

    def _drain_wake(self) -> None:
        self._wake_out.recv(4096)

    def _loop(self) -> None:
        try:
            while not self._stopping:
                self._keep_nursery()
                self._cancel_asked()
                self._dispatch()
                self._refill()
                for key, _events in self._selector.select(timeout=0.5):
                    key.data()
                self._enforce_deadlines()
        finally:
            self._shut_down()

    def _keep_nursery(self) -> None:
        if self._nursery is None and time.monotonic() - self._nursery_born > RESPAWN_S:
            self._nursery_born = time.monotonic()
            self._nursery = Nursery(self.workspace.root, full=self._full)
            control = self._nursery.control
            self._selector.register(control.socket, selectors.EVENT_READ, self._read_nursery)

    def _read_nursery(self) -> None:
        nursery = self._nursery
        if nursery is not None and None in list(nursery.control.receive()):
            self._selector.unregister(nursery.control.socket)
            self._nursery = None
            nursery.stop()

    def _cancel_asked(self) -> None:
        """Cancel what was asked for, here, where a run cannot move on meanwhile."""
        with self._changed:
            asked = set(self._cancels)
            waiting = [item for item in self._queue if item[0] in asked]
            self._queue = [item for item in self._queue if item not in waiting]
        for run, _since in waiting:
            self._end(self.get(run).model_copy(update={"status": "cancelled"}))
        for slot in [slot for slot in self._slots if slot.run in asked]:
            slot.stopped_for = "cancelled"
            with contextlib.suppress(OSError):
                slot.channel.send({"event": "cancel"})
        if asked:
            with self._changed:
                self._cancels -= asked
                self._changed.notify_all()

    def _dispatch(self) -> None:
        while True:
            ready = next((slot for slot in self._slots if slot.state == "ready"), None)
            busy = sum(slot.state == "busy" for slot in self._slots)
            with self._changed:
                if ready is None or not self._queue or busy >= self.settings.concurrency:
                    return
                run, since = self._queue.pop(0)
            if self.history.claim(run, self.name):
                self._assign(ready, run, time.monotonic() - since)

    def _assign(self, slot: Slot, run: str, queued_s: float) -> None:
        job = self.history.job(run)
        job.queued_s = queued_s
        slot.state, slot.run = "busy", run
        slot.deadline = time.monotonic() + job.limits.seconds + GRACE_S
        with self._changed:
            self._live[run] = queued_record(job).model_copy(update={"status": "running"})
            self._changed.notify_all()
        with contextlib.suppress(OSError):  # a slot that is gone shows as such on its channel
            slot.channel.send(job.model_dump(mode="json"))

    def _refill(self) -> None:
        """Keep kernels waiting; while a run goes, starting more would slow it down unless runs queue up."""
        if self._nursery is None:
            return
        idle = sum(slot.state != "busy" for slot in self._slots)
        busy = len(self._slots) - idle
        wanted = self.settings.ready_kernels if busy == 0 or self._queue else 1
        for _ in range(wanted - idle):
            try:
                slot = self._nursery.new_slot()
            except OSError:
                return
            self._slots.append(slot)
            self._selector.register(
                slot.channel.socket, selectors.EVENT_READ, lambda slot=slot: self._read_slot(slot)
            )

    def _read_slot(self, slot: Slot) -> None:
        for event in slot.channel.receive():
            if event is None:
                self._lose(slot)
            elif event["event"] == "ready":
                slot.state, slot.pid = "ready", event["pid"]
            elif event["event"] == "end":
                run, slot.run = slot.run, None
                if run is not None:
                    self._end(RunRecord.model_validate(event["record"]))
            elif slot.run is not None:
                with self._changed:
                    self._live[slot.run] = apply_event(self._live[slot.run], event)

    def _lose(self, slot: Slot) -> None:
        """Forget a slot whose process is gone; find out what became of its run."""
        self._selector.unregister(slot.channel.socket)
        slot.channel.socket.close()
        self._slots.remove(slot)
        run = slot.run
        if run is None:
            return
        record, again = outcome_of_lost(self.workspace, self.history, run, stopped_for=slot.stopped_for)
        if again:
            self.history.requeue(run, self.name)
            with self._changed:
                self._live[run] = record
                self._queue.insert(0, (run, time.monotonic()))
        else:
            self._end(record)

    def _end(self, record: RunRecord) -> None:
        self.history.finish(record)
        with self._changed:
            self._live.pop(record.run, None)
            self._changed.notify_all()

    def _enforce_deadlines(self) -> None:
        for slot in self._slots:
            if slot.state == "busy" and slot.run and time.monotonic() > slot.deadline:
                slot.stopped_for = slot.stopped_for or "timed_out"
                with contextlib.suppress(ProcessLookupError):
                    os.kill(slot.pid, signal.SIGKILL)

    def _shut_down(self) -> None:
        for slot in self._slots:
            with contextlib.suppress(ProcessLookupError):
                if slot.pid:
                    os.kill(slot.pid, signal.SIGKILL)
            slot.channel.socket.close()
            if slot.run is not None:
                self.history.requeue(slot.run, self.name)
                discard(self.workspace.staging / slot.run)
        if self._nursery is not None:
            self._nursery.stop()
        self._selector.close()
        self._wake_in.close()
        self._wake_out.close()
        with self._changed:
            self._live.clear()  # whoever waits sees the run in the queue again
            self._changed.notify_all()
