"""Memory: what waits and what works, each page counted by share (PSS), and what one run has of its own."""

import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.click import rest
from benchmarks.figures import summary
from benchmarks.place import Case
from benchmarks.warm import environment
from workbench.app import Workbench
from workbench.runs.processes import descendants, name_of, share

RUNS = 3
MB = 1e6


def measure(bench: Workbench, case: Case, home: Path) -> dict[str, Any]:
    """Measure processes that wait, a few runs at their end, and a server with its pages."""
    rest(bench)
    waiting = {"nursery": [nursery.process.pid for nursery in bench.engine.executor._nurseries]}
    for process in list(bench.engine.executor._processes):
        waiting.setdefault(process.role, []).append(process.pid)
    found: dict[str, Any] = {
        f"{role}_pss_mb": summary([with_children(pid, role) / MB for pid in pids])
        for role, pids in waiting.items()
    }
    found["run_private_mb"] = summary([private_at_end(bench, case, number) / MB for number in range(RUNS)])
    return found | served(home)


def private_at_end(bench: Workbench, case: Case, number: int) -> int:
    """Return the most a run's process had of its own; what it shares with the nursery is not counted."""
    rest(bench)
    run = bench.engine.submit(case.request(number, origin="sweep"))
    most = 0
    while not bench.engine.get(run).ended:
        for nursery in list(bench.engine.executor._nurseries):
            shells = [pid for pid in descendants(nursery.process.pid) if name_of(pid) == "wb-shell"]
            most = max([most, *map(private, shells)])
        time.sleep(0.005)
    return most


def with_children(pid: int, role: str) -> int:
    """Return the share of a process; a shell counts with the keeper that stands above it."""
    return share(pid) + (sum(map(share, descendants(pid))) if role == "shell" else 0)


def private(pid: int) -> int:
    """Return the bytes that only this process has (USS); 0 when it is gone."""
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    return sum(int(size) for size in re.findall(r"^Private_\w+:\s+(\d+)", text, re.MULTILINE)) * 1024


def served(home: Path) -> dict[str, Any]:
    """Start the server as people do, in a workspace of its own, and measure it with all it has started."""
    command = [sys.executable, "-m", "workbench", "serve", "--port", "0", "--no-demo", "--workspace", home]
    with subprocess.Popen(
        list(map(str, command)),
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            settle(server.pid)
            whole = [server.pid, *descendants(server.pid)]
            return {
                "server_process_pss_mb": round(share(server.pid) / MB, 1),
                "server_in_all_pss_mb": round(sum(map(share, whole)) / MB, 1),
            }
        finally:
            server.terminate()


def settle(pid: int, *, still_s: float = 2.0, most_s: float = 60.0) -> None:
    """Wait until a server has its kernels and uses the processor no more."""
    begin, since, before = time.monotonic(), time.monotonic(), -1
    while time.monotonic() - begin < most_s:
        family = [pid, *descendants(pid)]
        used = sum(ticks(each) for each in family)
        if used - before > 2 or len(family) < 4:  # nursery, driver, shell
            since = time.monotonic()
        before = used
        if time.monotonic() - since > still_s:
            return
        time.sleep(0.2)


def ticks(pid: int) -> int:
    """Return the processor time a process has used, in clock ticks."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
