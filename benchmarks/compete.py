"""Competitions under load and under fire: many entries at once, and kills at random moments.

The judge runs in a process of its own, so that it can be killed; the book tells what became of each entry.
"""

import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil

from workbench.competitions import ready
from workbench.competitions.entry import Entry
from workbench.competitions.service import Competitions
from workbench.config import Workspace
from workbench.runs.state import State

NAME = "demand-forecast"
DEADLINE_S = 3600.0
JUDGE = """
import sys, time
from pathlib import Path
from benchmarks.compete import opened
competitions = opened(Path(sys.argv[1]))
competitions.judge.start()
while competitions.book.open_entries():
    time.sleep(0.1)
competitions.judge.stop()
"""


def opened(home: Path) -> Competitions:
    """Open a workspace's competitions with as many judges as a server has."""
    workspace = Workspace(home).create()
    return Competitions(workspace, State(workspace.state), judges=1)


def measure(*, entries: int, kills: int) -> dict[str, Any]:
    """Return what became of entries submitted at once, without and with kills."""
    return {"load": load(entries), "kills": killed(max(3, kills // 8), kills)}


def submitted(competitions: Competitions, count: int) -> list[str]:
    """Submit the baseline so many times, as ten teams."""
    ready.load(competitions, [NAME])
    notebook = ready.contents() / NAME / "baseline.ipynb"
    teams = [competitions.team_named(NAME, f"team {number}") for number in range(10)]
    return [
        competitions.submit(NAME, teams[n % 10], notebook, origin="benchmark").entry for n in range(count)
    ]


def load(count: int) -> dict[str, Any]:
    """Judge entries that all came at once; return their outcomes, the pace and the judge's memory."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        competitions = opened(home)
        names = submitted(competitions, count)
        begin = time.monotonic()
        judge, peak = started(home), 0
        while judge.poll() is None and time.monotonic() - begin < DEADLINE_S:
            peak = max(peak, resident(judge.pid))
            time.sleep(0.2)
        seconds = time.monotonic() - begin
        found = [competitions.book.entry(name) for name in names]
        boxed = [each.seconds for each in found if each.seconds is not None]
        return {
            **outcome(competitions, found),
            "seconds": round(seconds, 1),
            "entries_per_hour": round(3600 * count / seconds),
            "median_in_box_s": round(statistics.median(boxed), 2) if boxed else None,
            "judge_and_boxes_peak_mb": round(peak / 1e6),
        }


def killed(count: int, kills: int) -> dict[str, Any]:
    """Kill the judge, or what it started, at random moments until so many kills were made."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        competitions = opened(home)
        names = submitted(competitions, count)
        made: Counter[str] = Counter()
        while made.total() < kills and competitions.book.open_entries():
            judge = started(home)
            time.sleep(chance.uniform(0.8, 5.0))
            made[kill(judge, whole=chance.random() < 0.5)] += 1
            if judge.poll() is None and chance.random() < 0.5:
                judge.kill()
            judge.wait() if judge.poll() is None and chance.random() < 0.3 else judge.kill()
            judge.wait()
        started(home).wait(DEADLINE_S)
        found = [competitions.book.entry(name) for name in names]
        return {"kills": dict(made), **outcome(competitions, found)}


def kill(judge: subprocess.Popen[bytes], *, whole: bool) -> str:
    """Kill the judge, or one of the processes below it; return which."""
    try:
        below = psutil.Process(judge.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return "ended"
    if whole or not below:
        judge.send_signal(signal.SIGKILL)
        return "judge"
    victim = random.choice(below)
    line = " ".join(victim.cmdline()) if victim.is_running() else ""
    victim.kill()
    return "scorer" if "scorer" in line else "box"


def outcome(competitions: Competitions, found: Sequence[Entry]) -> dict[str, Any]:
    """Count how entries ended, and whether the quota agrees with it."""
    used = sum(competitions.quota(NAME, team.id).used for team in competitions.book.teams(NAME))
    return {
        "entries": len(found),
        "ended": dict(Counter(each.status for each in found)),
        "stuck": sum(each.open for each in found),
        "quota_right": used == sum(each.counts for each in found)
        and all(each.counts == (each.status not in {"lost", "refused"}) for each in found),
    }


def started(home: Path) -> subprocess.Popen[bytes]:
    """Start a judge in a process of its own."""
    root = Path(__file__).resolve().parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.Popen([sys.executable, "-c", JUDGE, str(home)], env=environment, cwd=root)


def resident(pid: int) -> int:
    """Return the memory of a process and all below it."""
    total = 0
    try:
        for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            total += each.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total
