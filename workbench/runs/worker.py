"""On a worker of a cluster: it has its own nursery and drivers, and a task is one attempt at a run.

Everything here is called by Dask in its worker process. An attempt belongs to the one task that makes its
working folder; when that folder is gone the engine has given the attempt up, and the run is stopped.
"""

import asyncio
import logging
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from typing_extensions import TypedDict

from workbench import __version__
from workbench.runs.job import Job
from workbench.runs.local import LocalExecutor
from workbench.runs.publish import SCRATCH

LOG = logging.getLogger(__name__)
MARK = "cluster.id"  # a file of the workspace: whoever reads the same there sees the same folder
PULL_S = 30.0
LINGER_S = 0.02  # one answer for what is said in a breath
TURN_S = 0.5
LOOK_S = 1.0  # how often a task looks whether its attempt is still wanted
PAUSE_S = 1.0


class Offer(TypedDict):
    """What the engine tells a worker about itself; a plain mapping, so that any version can read it."""

    engine: str
    version: str
    home: str
    mark: str
    full: bool
    ready: int
    preload: tuple[str, ...]


class Outbox:
    """What runs of one engine have said and it has not fetched yet; what an ended run said is dropped."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self._filled = loop, asyncio.Event()
        self._lock = threading.Lock()
        self._asked = 0
        self._said: list[tuple[str, dict[str, Any]]] = []

    def put(self, attempt: str, event: dict[str, Any]) -> None:
        """Add an event; may be called from any thread."""
        with self._lock:
            self._said.append((attempt, event))
        self._loop.call_soon_threadsafe(self._filled.set)

    def drop(self, attempt: str) -> None:
        """Forget what nobody has fetched: the record says it all."""
        with self._lock:
            self._said = [one for one in self._said if one[0] != attempt]

    async def take(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what there is, as soon as there is something or the time is up.

        A new question ends the one before it, whose asker may be gone: it must not take the answer along.
        """
        self._asked += 1
        mine = self._asked
        self._filled.set()
        if not self._said:
            self._filled.clear()
            try:
                await asyncio.wait_for(self._filled.wait(), PULL_S)
            except TimeoutError:
                return []
            await asyncio.sleep(LINGER_S)
        if mine != self._asked:
            return []
        with self._lock:
            said, self._said = self._said, []
        return said


class Attempt:
    """One task's run on this worker."""

    def __init__(self, name: str, job: Job, outbox: Outbox) -> None:
        self.name, self.job, self._outbox = name, job, outbox
        self.end: dict[str, Any] = {"event": "gone"}
        self.over = threading.Event()

    def say(self, event: dict[str, Any]) -> None:
        """Pass an event on to the engine; the last one is the task's result."""
        if event["event"] in {"end", "gone"}:
            self.end = event
            self.over.set()
        else:
            self._outbox.put(self.name, event)


class Host:
    """The processes of one workspace on this worker, served by a thread that lives as long as the worker.

    The nursery ends with the thread that started it (see ``processes.follow``), so no task may start it.
    """

    def __init__(self, offer: Offer, threads: int) -> None:
        self.preload = offer["preload"]
        self._executor = LocalExecutor(
            Path(offer["home"]),
            concurrency=threads,
            ready=offer["ready"],
            full=offer["full"],
            preload=lambda: self.preload,
        )
        self._orders: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._waiting: list[Attempt] = []
        self._going: dict[str, Attempt] = {}  # by run
        self._turn = threading.Condition()
        self._executor.start()
        threading.Thread(target=self._loop, name="workbench runs", daemon=True).start()

    def serve(self, attempt: Attempt) -> dict[str, Any]:
        """Take a job to its end, from a task's thread; return how it ended."""
        run = attempt.job.run
        with self._turn:  # an attempt that was given up ends first: the processes know runs by their name
            while run in self._going:
                self.stop(run, self._going[run].name, "cancelled")
                self._turn.wait(LOOK_S)
            self._going[run] = attempt
        self._order(lambda: self._waiting.append(attempt))
        while not attempt.over.wait(LOOK_S):
            if not attempt.job.staging_folder.is_dir():
                self.stop(run, attempt.name, "cancelled")
        with self._turn:
            del self._going[run]
            self._turn.notify_all()
        return attempt.end

    def stop(self, run: str, attempt: str, reason: str) -> None:
        """Ask an attempt to end; may be called from any thread."""
        self._order(lambda: self._stop(run, attempt, reason))

    def _order(self, order: Callable[[], None]) -> None:
        self._orders.put(order)
        self._executor.wake()

    def _stop(self, run: str, attempt: str, reason: str) -> None:
        known = self._going.get(run)
        if known is None or known.name != attempt:
            return
        if known in self._waiting:
            self._waiting.remove(known)
            known.say({"event": "gone", "reason": reason})
        else:
            self._executor.stop(run, reason)

    def _loop(self) -> None:
        while True:
            try:
                self._once()
            except Exception:
                LOG.exception("the runs of this worker met what they do not know")
                time.sleep(PAUSE_S)

    def _once(self) -> None:
        while not self._orders.empty():
            self._orders.get()()
        self._executor.tend(len(self._waiting))
        while self._waiting and self._executor.free():
            self._executor.begin(self._waiting.pop(0).job)
        self._executor.tend(len(self._waiting))
        for run, event in self._executor.wait(TURN_S):
            if run in self._going:
                self._going[run].say(event)


OUTBOXES: dict[str, Outbox] = {}  # by engine
HOSTS: dict[str, Host] = {}  # by workspace
LOCK = threading.Lock()


async def prepare(offer: Offer, dask_worker: Any) -> str | None:
    """Get ready for an engine's runs; return in one sentence why this worker cannot take them."""
    return _ready(offer, dask_worker)


def _ready(offer: Offer, worker: Any) -> str | None:
    refusal = unfit(version=offer["version"], home=offer["home"], mark=offer["mark"])
    if refusal is None:
        with LOCK:
            if offer["engine"] not in OUTBOXES:
                OUTBOXES[offer["engine"]] = Outbox(worker.loop.asyncio_loop)
            if offer["home"] not in HOSTS:
                HOSTS[offer["home"]] = Host(offer, worker.state.nthreads)
            HOSTS[offer["home"]].preload = offer["preload"]
    return refusal


def versions() -> str:
    """Say what a server and its workers must have in common."""
    return f"workbench {__version__} on Python {sys.version_info[0]}.{sys.version_info[1]}"


def unfit(*, version: str, home: str, mark: str) -> str | None:
    """Say why a process with this code on this machine cannot serve a workspace."""
    if version != versions():
        return f"has {versions()}, the server {version}; install the same versions on both"
    try:
        seen = (Path(home) / MARK).read_text(encoding="utf-8")
    except OSError:
        seen = ""
    if seen != mark:
        return f"does not see the workspace folder {home}; mount it there under the same path"
    if not os.access(home, os.W_OK):
        return f"may not write the workspace folder {home}; give its user the right to"
    return None


async def pull(engine: str) -> list[tuple[str, dict[str, Any]]]:
    """Return what the runs of an engine have said meanwhile."""
    return await OUTBOXES[engine].take()


def stop(home: str, *, run: str, attempt: str, reason: str) -> None:
    """Ask an attempt to end."""
    if home in HOSTS:
        HOSTS[home].stop(run, attempt, reason)


def execute(offer: Offer, attempt: str, text: str) -> dict[str, Any]:
    """Take one attempt at a run to its end: the task. A second task for the same attempt does nothing."""
    from distributed import get_worker  # only a worker needs the optional package

    worker = get_worker()
    job = Job.model_validate_json(text)
    try:
        (job.staging_folder / SCRATCH).mkdir()
    except OSError:  # the attempt was taken before, or given up
        return {"event": "gone"}
    if refusal := _ready(offer, worker):  # another process than the engine has met under this address
        LOG.warning("this worker %s", refusal)
        return {"event": "gone"}
    job.taken, job.executor = True, worker.address
    outbox = OUTBOXES[offer["engine"]]
    outbox.put(attempt, {"event": "placed", "executor": worker.address})
    try:
        return HOSTS[offer["home"]].serve(Attempt(attempt, job, outbox))
    finally:
        outbox.drop(attempt)
