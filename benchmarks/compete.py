"""Competitions under load and under fire: many entries at once, and kills at random moments.

The judge runs in a process of its own, so that it can be killed; the book tells what became of each entry.
"""

import contextlib
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil

from workbench.competitions import ready
from workbench.competitions.entry import Entry
from workbench.competitions.service import Competitions
from workbench.config import Workspace
from workbench.runs.state import State

ROOT = Path(__file__).resolve().parents[1]
NAME = "demand-forecast"
DEADLINE_S = 3600.0
OPEN = 4  # entries that wait or go while processes are killed
PATIENCE_S = 30.0
VICTIMS = ("judge", "box", "scorer")
SCORING = ("competitions.scorer", "competitions.reader")
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
    return {"load": load(entries), "kills": killed(kills)}


def submitted(competitions: Competitions, count: int) -> list[str]:
    """Submit the baseline so many times, as twenty teams."""
    ready.load(competitions, [NAME])
    notebook = ready.contents() / NAME / "baseline.ipynb"
    teams = [competitions.team_named(NAME, f"team {number}") for number in range(20)]
    left = [team for team in teams for _ in range(competitions.quota(NAME, team.id).left_today)]
    spread = [left[n * len(left) // count] for n in range(count)]
    return [competitions.submit(NAME, team, notebook, origin="benchmark").entry for team in spread]


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


def killed(kills: int) -> dict[str, Any]:
    """Kill the judge, boxes and scorers at random moments while entries keep coming; then let all end."""
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        competitions = opened(home)
        names = submitted(competitions, OPEN)
        made: Counter[str] = Counter()
        judge = started(home)
        while made.total() < kills:
            names += submitted(competitions, OPEN - len(competitions.book.open_entries()))
            if judge.poll() is not None:
                judge = started(home)
            time.sleep(chance.uniform(0.0, 4.0))
            made[struck(judge, chance.choice(VICTIMS))] += 1
            made.pop("", None)
        judge.wait(DEADLINE_S)
        started(home).wait(DEADLINE_S)
        found = [competitions.book.entry(name) for name in names]
        return {"kills": dict(made), **outcome(competitions, found), **left(home)}


def struck(judge: subprocess.Popen[bytes], victim: str) -> str:
    """Kill the judge, a process of its box or one of its scorer; return which, or nothing if none came."""
    until = time.monotonic() + PATIENCE_S
    while victim != "judge" and judge.poll() is None and time.monotonic() < until:
        below = [pid for pid, what in under(judge.pid) if what == victim]
        if below:
            with contextlib.suppress(ProcessLookupError):
                os.kill(random.choice(below), signal.SIGKILL)
                return victim
        time.sleep(0.03)
    if victim != "judge" or judge.poll() is not None:
        return ""
    judge.kill()
    judge.wait()
    return "judge"


def under(pid: int) -> Iterator[tuple[int, str]]:
    """Yield the processes below a judge: each is part of a box or of a scorer."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                line = " ".join(process.cmdline())
                yield process.pid, "scorer" if any(word in line for word in SCORING) else "box"


def left(home: Path) -> dict[str, int]:
    """Count what kills left behind: folders of attempts, and boxes that nobody waits for."""
    boxes = [each for each in psutil.process_iter(["cmdline"]) if str(home) in str(each.info["cmdline"])]
    return {"folders_left": len(list((home / "competitions").glob(".judging-*"))), "boxes_left": len(boxes)}


def outcome(competitions: Competitions, found: Sequence[Entry]) -> dict[str, Any]:
    """Count how entries ended; the baseline is good, so that only a score may use up a submission."""
    used = sum(competitions.quota(NAME, team.id).used for team in competitions.book.teams(NAME))
    return {
        "entries": len(found),
        "ended": dict(Counter(each.status for each in found)),
        "reasons": dict(Counter(each.reason.code for each in found if each.reason)),
        "stuck": sum(each.open for each in found),
        "different_scores": len({str(each.public) for each in found if each.status == "scored"}),
        "quota_right": used == sum(each.counts for each in found)
        and all(each.counts == (each.status == "scored") for each in found),
    }


def started(home: Path) -> subprocess.Popen[bytes]:
    """Start a judge in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", JUDGE, str(home)], env=environment, cwd=ROOT)


def resident(pid: int) -> int:
    """Return the memory of a process and all below it."""
    total = 0
    try:
        for each in (psutil.Process(pid), *psutil.Process(pid).children(recursive=True)):
            total += each.memory_info().rss
    except psutil.NoSuchProcess:
        pass
    return total
