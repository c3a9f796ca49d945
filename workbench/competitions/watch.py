"""Watches a box from outside: time, processor, memory and disk of everything in it, and ends it when told."""

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbench.competitions.confine import WORK
from workbench.runs.processes import resident, share

LOOK_S, CLOSE_LOOK_S = 0.1, 0.02  # the second when memory is half used: it may be filled in a moment
WEIGH_S = 0.5  # between two looks at exact shares of memory, which cost milliseconds for each process
MOST_FILES = 100_000
SPARE = 8  # processes of ours in the box, and some that are just ending
GONE_S = 10.0
LEAST_WEIGHT = "19"
TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def below(pid: int) -> Iterator[int]:
    """Yield all that descends from a process, whatever it calls itself."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text(encoding="ascii").split():
                yield int(child)
                yield from below(int(child))


@dataclass
class Watch:
    """What a box has used so far, and the first limit that it hit."""

    process: subprocess.Popen[bytes]
    wall_s: float
    cpu_limit_s: float
    memory_limit: int  # bytes
    processes: int
    hit: str | None = None
    cpu_s: float = 0.0
    peak: int = 0
    began: float = field(default_factory=time.monotonic)
    _first: int | None = None  # a descriptor of the box's first process: when that ends, all of it has
    _first_pid: int = 0
    _weighed: float = 0.0
    _light: set[int] = field(default_factory=lambda: {os.getsid(0)})  # sessions that need nothing more
    _resident: int = 0

    def _step_back(self, found: list[int]) -> None:
        """Give the box little weight: where Linux weighs sessions, nice counts only inside of one."""
        for pid in found:
            with contextlib.suppress(OSError):  # it has ended, or Linux does not weigh sessions
                session = os.getsid(pid)
                if session not in self._light:
                    self._light.add(session)
                    Path(f"/proc/{pid}/autogroup").write_text(LEAST_WEIGHT, encoding="ascii")

    @property
    def pause(self) -> float:
        """How long to wait before the next look."""
        return CLOSE_LOOK_S if 2 * self._resident > self.memory_limit else LOOK_S

    def look(self) -> None:
        """Note what is used; end the box when that is more than it may."""
        if self.hit is None:
            found = list(below(self.process.pid))
            self._step_back(found)
            self._meet(found)
            hit = self._limit(found)
            if hit:
                self.stop(hit)

    def stop(self, why: str) -> None:
        """End the box; the first reason stands."""
        self.hit = self.hit or why
        self.end()

    def end(self) -> None:
        """Kill all that is in the box, and wait until it is gone."""
        if self._first is None:
            self._meet(list(below(self.process.pid)))
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if self._first is not None:
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            self.process.kill()
        self.process.wait()
        if self._first is not None:
            select.select([self._first], [], [], GONE_S)
            os.close(self._first)
            self._first = None

    def seconds(self) -> float:
        """Return how long the box has been there."""
        return time.monotonic() - self.began

    def _meet(self, family: list[int]) -> None:
        if self._first is None and family:
            with contextlib.suppress(ProcessLookupError):
                self._first = os.pidfd_open(family[0])
                self._first_pid = family[0]

    def _limit(self, family: list[int]) -> str | None:
        now = time.monotonic()
        if now - self.began > self.wall_s:
            return "wall"
        # Less than before only when a process ended whose time nobody asked for.
        self.cpu_s = max(self.cpu_s, sum(map(_processor_seconds, family)))
        if self.cpu_s > self.cpu_limit_s:
            return "cpu"
        if len(family) > self.processes + SPARE:
            return "processes"
        return self._memory(family, now) or self._disk()

    def _memory(self, family: list[int], now: float) -> str | None:
        # What is resident is never less than the share of it.
        self._resident = sum(map(resident, family))
        if self._resident <= self.memory_limit and now - self._weighed < WEIGH_S:
            return None
        self._weighed = now
        used = sum(map(share, family))
        self.peak = max(self.peak, used)
        return "memory" if used > self.memory_limit else None

    def _disk(self) -> str | None:
        """Bytes are limited by the size of the box's disk; the number of files is not."""
        with contextlib.suppress(OSError):
            found = os.statvfs(f"/proc/{self._first_pid}/root{WORK}")
            return "disk" if found.f_files - found.f_ffree > MOST_FILES else None
        return None


def _processor_seconds(pid: int) -> float:
    """Return the processor time of a process and of its children that have ended."""
    with contextlib.suppress(OSError, IndexError):
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            fields = file.read().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / TICKS
    return 0.0
