"""What a run may take: the limits of a job, watched from outside the notebook's process.

Each limit names itself. The first reason to stop a run stands; a person's cancel is one of them.
"""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from workbench.runs.job import Limits

LOOK_S = 0.25  # how often memory, time and signs of life are looked at
PAGE = os.sysconf("SC_PAGE_SIZE")


class Guard:
    """Ends the notebook's process when a limit is hit or a person cancels, and remembers why."""

    def __init__(self, limits: Limits, pid: int) -> None:
        self.limits, self.pid = limits, pid
        self.reason: str | None = None
        self._bytes = self._outputs = 0
        self._began = self._alive = time.monotonic()
        self._used = 0.0
        self._spared: set[int] = set()
        self._deaths = deaths_by_memory()

    def stop(self, reason: str) -> None:
        """End the run for ``reason``; the first reason stands."""
        if self.reason is None:
            self.reason = reason
            self.kill()

    def spare(self, pid: int) -> None:
        """Leave a held state of the notebook alone: it is to outlive the run."""
        self._spared.add(pid)

    def family(self) -> list[int]:
        """Return the notebook's process and what it has started."""
        return [self.pid, *(pid for pid in descendants(self.pid) if pid not in self._spared)]

    def kill(self) -> None:
        """End the notebook's process and everything it started."""
        for process in self.family():
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(process, signal.SIGKILL)

    def spend(self, size: int) -> None:
        """Count one output; end the run when there is more than it may put out."""
        self._alive = time.monotonic()
        self._bytes += size
        self._outputs += 1
        if self._bytes > self.limits.output_bytes:
            self.stop("output_bytes")
        if self._outputs > self.limits.outputs:
            self.stop("outputs")

    def look(self) -> None:
        """End the run when it takes too long, too much memory, or shows no sign of life."""
        now = time.monotonic()
        if now - self._began > self.limits.seconds:
            return self.stop("timed_out")
        family = self.family()
        # What is resident is never less than the share of it: the exact count costs milliseconds.
        most = self.limits.memory_bytes
        if sum(map(resident, family)) > most and sum(map(share, family)) > most:
            return self.stop("memory")
        used = sum(map(processor_seconds, family))
        if used - self._used > 0.01 * LOOK_S:
            self._used, self._alive = used, now
        if now - self._alive > self.limits.silent_seconds:
            self.stop("silent")
        return None

    def died(self) -> None:
        """Say why a process ended that nobody stopped: on its own, or for want of memory."""
        self.reason = self.reason or ("system_memory" if deaths_by_memory() > self._deaths else "kernel_died")


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that one has started, and those that these have."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield int(child)
                yield from descendants(int(child))


def resident(pid: int) -> int:
    """Return the bytes of a process that are in memory, shared ones included; 0 when it is gone."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    return 0


def share(pid: int) -> int:
    """Return a process's proportional share of memory (PSS) in bytes; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    return 0


def processor_seconds(pid: int) -> float:
    """Return the processor time a process has used; 0 when it is gone."""
    with contextlib.suppress(OSError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def deaths_by_memory() -> int:
    """Return how many processes this machine has killed for want of memory."""
    with contextlib.suppress(OSError, IndexError, ValueError):
        return int(Path("/proc/vmstat").read_text().split("oom_kill ")[1].split()[0])
    return 0
