"""What this machine tells about processes: who descends from whom, and what they use.

Held states (see ``held.py``) call themselves by a name of their own and are never counted among a run's
processes: they outlive it.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_NAME, PR_SET_CHILD_SUBREAPER = 1, 15, 36
PAGE = os.sysconf("SC_PAGE_SIZE")
SHELL, HELD = "wb-shell", "wb-held"
HARMLESS = frozenset({"jemalloc_bg_thd"})  # an allocator's own, which it starts again after a fork


def call(name: str) -> None:
    """Give this process the name under which ``ps`` and ``top`` show it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode())


def follow(parent: int) -> None:
    """Ask Linux to kill this process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of what children leave behind, so that somebody knows of it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def threads() -> list[str]:
    """Return the names of this process's threads, native ones included, but for harmless ones."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            names.append((task / "comm").read_text().strip())
    return [name for name in names if name not in HARMLESS]


def name_of(pid: int) -> str:
    """Return what a process calls itself; empty when it is gone."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that one has started, and those that these have; held states apart."""
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                if name_of(int(child)) != HELD:
                    yield int(child)
                    yield from descendants(int(child))


def sweep() -> None:
    """End all processes that descend from this one, and those that they start meanwhile."""
    pause = 0.001
    while family := list(descendants(os.getpid())):
        for pid in family:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(pause)
        pause = min(2 * pause, 0.1)


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
