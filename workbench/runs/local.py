"""Runs on this machine: a nursery, drivers that take runs through their steps, shells that wait ready.

Everything here happens in the engine's thread; the selector tells which process has something to say.
"""

import contextlib
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import psutil

from workbench.runs.executor import Report
from workbench.runs.held import Held, HeldStates, resume
from workbench.runs.job import Job
from workbench.runs.nurseries import Nursery, fork, signature
from workbench.runs.processes import HELD, name_of
from workbench.runs.record import RunRecord
from workbench.runs.wire import Channel

CONCURRENCY = 2  # runs at the same time where the settings do not say
GRACE_S = 15.0  # a driver enforces its run's limits; past this it has hung and is killed
RESPAWN_S = 1.0
LOOK_S = 5.0  # how often the nursery's imports are compared with what is installed
WEIGH_S = 1.0  # how often memory is looked at
ANSWER_S = 1.0  # a held state that takes longer to answer is given up
SCARCE_BYTES = 1_500_000_000  # with less memory available one shell waits, and no state is held


@dataclass(eq=False)
class Process:
    """A driver or a shell, as its channel tells of it."""

    role: Literal["driver", "shell"]
    channel: Channel
    nursery: Nursery
    pid: int = 0
    ready: bool = False
    job: Job | None = None
    warm: bool | None = None  # a shell's: whether it did what is slow the first time; None: not asked yet
    deadline: float = 0.0
    stopped_for: str | None = None  # why the run was asked to end


class LocalExecutor:
    """The machine's own processes."""

    def __init__(
        self, home: Path, *, concurrency: int, ready: int, full: bool, preload: Callable[[], tuple[str, ...]]
    ) -> None:
        self.home, self.ready, self.full = home, ready, full
        self.concurrency = concurrency or CONCURRENCY
        self.capacity = self.concurrency + 1  # a person need not wait for a batch
        self._preload = preload
        self._waker: socket.socket | None = None
        self._nurseries: list[Nursery] = []
        self._processes: list[Process] = []
        self._held = HeldStates(_release)
        self._reports: list[Report] = []
        self._born = self._looked = self._weighed = 0.0
        self._scarce = False

    # --- what the engine calls ----------------------------------------------------------------------------

    def start(self) -> None:
        """Get ready to listen; processes are started on the first turn."""
        self._selector = selectors.DefaultSelector()
        self._awake, self._waker = socket.socketpair()
        self._selector.register(self._awake, selectors.EVENT_READ, self._drain)

    def tend(self, waiting: int) -> None:
        """Keep a nursery, drivers and shells; let go of what is old, idle or hung."""
        self._tend_nursery()
        scarce = self._is_scarce()
        self._held.trim(**({"keep": 0} if scarce else {}))
        nursery = self._nurseries[-1] if self._nurseries else None
        if nursery is not None and not nursery.retired:
            busy = sum(process.job is not None for process in self._of("driver"))
            # One shell beyond what is asked for: it gets ready while the one before it is used.
            wanted = 1 if scarce else min(self.ready + max(0, waiting - 1), self.capacity + 1)
            self._fill(nursery, "driver", min(self.capacity, busy + max(1, waiting)))
            self._fill(nursery, "shell", wanted)
        if not waiting:
            self._warm_one()
        self._kill_hung()

    def limit(self) -> int:
        """Return how many runs may go at the same time where the settings do not say."""
        return self.concurrency

    def trouble(self) -> str | None:
        """There is none that lasts: what has died is started again."""
        return None

    def _is_scarce(self) -> bool:
        """Whether memory is short, looked at once a second: each turn asks twice."""
        now = time.monotonic()
        if now - self._weighed > WEIGH_S:
            self._weighed, self._scarce = now, psutil.virtual_memory().available < SCARCE_BYTES
        return self._scarce

    def free(self) -> int:
        """Return how many runs could begin at once."""
        idle = sum(process.ready and process.job is None for process in self._of("driver"))
        return min(idle, sum(process.ready for process in self._of("shell")))

    def begin(self, job: Job) -> None:
        """Hand a job and a shell to a driver; go on from a held state where one fits."""
        driver = next(one for one in self._of("driver") if one.ready and one.job is None)
        channel, pid = self._resumed(job) or self._fresh()
        driver.job, driver.stopped_for = job, None
        driver.deadline = time.monotonic() + job.limits.seconds + GRACE_S
        with channel.socket, contextlib.suppress(OSError):  # a driver that is gone shows on its channel
            # As text of its own: on the wire a NaN becomes a word, and a parameter must arrive unchanged.
            order = {"order": "job", "job": job.model_dump_json(), "pid": pid}
            driver.channel.send(order, channel.socket)

    def stop(self, run: str, reason: str) -> None:
        """Tell the driver to end its run."""
        for driver in self._of("driver"):
            if driver.job is not None and driver.job.run == run:
                driver.stopped_for = reason
                with contextlib.suppress(OSError):
                    driver.channel.send({"order": "stop", "run": run, "reason": reason})

    def wait(self, timeout: float) -> Iterator[Report]:
        """Yield what the drivers report."""
        for key, _events in self._selector.select(timeout):
            key.data()
        reports, self._reports = self._reports, []
        yield from reports

    def wake(self) -> None:
        """End a wait."""
        if self._waker is not None:  # before the start there is no wait to end
            with contextlib.suppress(OSError):
                self._waker.send(b"x")

    def close(self) -> None:
        """End every process."""
        self._held.clear()
        for process in list(self._processes):
            self._forget(process, kill=True)
        for nursery in self._nurseries:
            nursery.stop()
        self._selector.close()
        self._awake.close()
        if self._waker is not None:
            self._waker.close()

    # --- the nursery --------------------------------------------------------------------------------------

    def _tend_nursery(self) -> None:
        now = time.monotonic()
        if not self._nurseries and now - self._born > RESPAWN_S:
            self._start_nursery()
        elif self._nurseries and now - self._looked > LOOK_S:
            self._looked = now
            if self._nurseries[-1].signature != signature(self._preload()):
                self._start_nursery()
        for nursery in [one for one in self._nurseries if one.retired and not one.children]:
            self._end_nursery(nursery)

    def _start_nursery(self) -> None:
        """Start a nursery; the one before it serves the runs it has under way and then ends."""
        self._born = self._looked = time.monotonic()
        for old in self._nurseries:
            old.retired = True
            self._held.clear()
            for process in [one for one in self._processes if one.nursery is old and one.job is None]:
                self._forget(process, kill=True)
        nursery = Nursery(self.home, full=self.full, preload=self._preload())
        self._nurseries.append(nursery)
        read = lambda: self._read_nursery(nursery)  # noqa: E731
        self._selector.register(nursery.control.socket, selectors.EVENT_READ, read)

    def _read_nursery(self, nursery: Nursery) -> None:
        if nursery not in self._nurseries:
            return
        events = nursery.control.receive()
        nursery.ready = nursery.ready or bool(events)
        if None in events:
            self._end_nursery(nursery)

    def _end_nursery(self, nursery: Nursery) -> None:
        self._selector.unregister(nursery.control.socket)
        self._nurseries.remove(nursery)
        for shell in [one for one in self._of("shell") if one.nursery is nursery]:
            self._forget(shell)
        self._held.clear()
        nursery.stop()

    # --- processes ----------------------------------------------------------------------------------------

    def _of(self, role: str) -> list[Process]:
        return [
            one for one in self._processes if one.role == role and not (one.nursery.retired and not one.job)
        ]

    def _fill(self, nursery: Nursery, role: Literal["driver", "shell"], wanted: int) -> None:
        for _ in range(wanted - len(self._of(role))):
            try:
                channel = nursery.fork(role)
            except OSError:  # the nursery is gone, or there are no descriptors left: tried again next turn
                return
            process = Process(role, channel, nursery)
            nursery.children += 1
            self._processes.append(process)
            read = lambda process=process: self._read(process)  # noqa: E731
            self._selector.register(channel.socket, selectors.EVENT_READ, read)

    def _read(self, process: Process) -> None:
        if process not in self._processes:  # it was let go of in this very turn
            return
        for event in process.channel.receive():
            if event is None:
                self._gone(process)
            elif event["event"] in {"ready", "warm"}:
                process.ready, process.pid = True, event.get("pid", process.pid)
                process.warm = event["event"] == "warm"
            elif event["event"] == "held":
                self._hold(process, event)
            elif process.job is not None:
                self._reports.append((process.job.run, event))
                if event["event"] == "end":
                    self._held.ended(process.job.run, RunRecord.model_validate(event["record"]))
                    process.job = None

    def _gone(self, process: Process) -> None:
        job = process.job
        self._forget(process)
        if job is not None:
            _kill(process.pid)  # it may only have lost its voice; a shell ends with its channel
            self._held.ended(job.run, None)
            self._reports.append((job.run, {"event": "gone", "reason": process.stopped_for}))

    def _forget(self, process: Process, *, kill: bool = False) -> None:
        self._selector.unregister(process.channel.socket)
        process.channel.close()
        self._processes.remove(process)
        process.nursery.children -= 1
        if kill and process.role == "driver":  # a shell's keeper sees its channel close
            _kill(process.pid)

    def _kill_hung(self) -> None:
        for driver in self._of("driver"):
            if driver.job is not None and time.monotonic() > driver.deadline:
                driver.stopped_for = driver.stopped_for or "timed_out"
                _kill(driver.pid)

    # --- shells -------------------------------------------------------------------------------------------

    def _fresh(self) -> tuple[Channel, int]:
        shell = max((one for one in self._of("shell") if one.ready), key=lambda one: one.warm is True)
        self._selector.unregister(shell.channel.socket)
        self._processes.remove(shell)
        shell.nursery.children -= 1
        return shell.channel, shell.pid

    def _warm_one(self) -> None:
        """While nothing goes, let a shell do what is slow the first time, so that no run has to."""
        if self.full and not any(process.job for process in self._processes):
            cold = [one for one in self._of("shell") if one.ready and one.warm is False]
            if cold and not any(one.warm is None and one.ready for one in self._of("shell")):
                cold[0].warm = None
                cold[0].channel.send({"order": "warm"})

    def _hold(self, driver: Process, event: dict[str, Any]) -> None:
        try:
            control = Channel(driver.channel.handed())
        except OSError:  # no descriptor was free to take it
            return
        if driver.job is None:
            control.close()
        else:
            free = frozenset(event["free"])
            self._held.add(Held(control, driver.job, event["cell"], event["pid"], free))

    def _resumed(self, job: Job) -> tuple[Channel, int] | None:
        """Return a shell that stands where an earlier run stood; None when none fits or answers."""
        held = self._held.best(job) if job.hold else None
        if held is None:
            return None
        try:
            channel = fork(held.control.socket, "shell")
        except OSError:
            self._held.forget(held)
            return None
        channel.socket.settimeout(ANSWER_S)
        event = channel.receive()[0]
        if not event or "pid" not in event:
            channel.close()
            self._held.forget(held)
            return None
        channel.socket.settimeout(None)
        job.resume = resume(held)
        return channel, int(event["pid"])

    def _drain(self) -> None:
        self._awake.recv(4096)


def _release(held: Held) -> None:
    """Let a held state end; one that was stopped would not notice."""
    held.control.close()
    if name_of(held.pid) == HELD:
        _kill(held.pid)


def _kill(pid: int) -> None:
    if pid:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
