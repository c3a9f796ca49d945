"""What a run may take: the limits of a job, watched from outside the notebook's process.

Each limit names itself. The first reason to stop a run stands; a person's cancel is one of them.
"""

import contextlib
import os
import signal
import time

from workbench.runs.job import Limits
from workbench.runs.processes import deaths_by_memory, descendants, processor_seconds, resident, share

LOOK_S = 0.25  # how often memory, time and signs of life are looked at


class Guard:
    """Ends the notebook's process when a limit is hit or a person cancels, and remembers why."""

    def __init__(self, limits: Limits, pid: int) -> None:
        self.limits, self.pid = limits, pid  # the pid is the keeper's: all of the run descends from it
        self.reason: str | None = None
        self.how = ""  # a process ended that nobody stopped
        self._outputs = 0
        self._began = self._alive = time.monotonic()
        self._used = 0.0
        self._deaths = deaths_by_memory()

    def stop(self, reason: str) -> None:
        """End the run for ``reason``; the first reason stands."""
        if self.reason is None:
            self.reason = reason
            self.kill()

    def kill(self) -> int:
        """End the notebook's process and what it started; return how many. The keeper gets what escapes."""
        family = list(descendants(self.pid))
        for process in family:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, signal.SIGKILL)
        return len(family)

    def alive(self) -> bool:
        """Whether some process of the run is still there."""
        return any(True for _ in descendants(self.pid))

    def heard(self, received: int) -> None:
        """Note a sign of life; end the run when it has written more than it may."""
        self._alive = time.monotonic()
        if received > self.limits.output_bytes:
            self.stop("output_bytes")

    def spend(self) -> None:
        """Count one output; end the run when there are more than it may put out."""
        self._outputs += 1
        if self._outputs > self.limits.outputs:
            self.stop("outputs")

    def look(self) -> None:
        """End the run when it takes too long, too much memory, or shows no sign of life."""
        if self.reason:
            self.kill()  # again: a process that copied itself at that moment was taken for its copy
            return None
        now = time.monotonic()
        if now - self._began > self.limits.seconds:
            return self.stop("timed_out")
        family = list(descendants(self.pid))
        # What is resident is never less than the share of it: the exact count costs milliseconds.
        most = self.limits.memory_bytes
        if sum(map(resident, family)) > most and sum(map(share, family)) > most:
            return self.stop("memory")
        used = sum(map(processor_seconds, family))
        if used != self._used:  # less than before is a sign of life too: a child has ended
            self._used, self._alive = used, now
        if now - self._alive > self.limits.silent_seconds:
            self.stop("silent")
        return None

    def died(self, how: str) -> None:
        """Say why a process ended that nobody stopped: on its own, or for want of memory."""
        if self.reason is None:
            self.reason = "system_memory" if deaths_by_memory() > self._deaths else "kernel_died"
            self.how = how
