"""Promises under kill -9: processes of a working server are killed at random.

Run: python -m benchmarks.chaos [--kills 200] [--seed N] [--json]. Prints what was killed, how the accepted
runs ended, the restart times, and every promise that was broken (none is expected; the exit status says so).
A kind of work under way (a sweep, a schedule) is one entry of ``LOADS``.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pyarrow.parquet as pq

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.errors import WorkbenchError
from workbench.runs.processes import HELD, descendants, name_of
from workbench.runs.reconcile import MAX_ATTEMPTS
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.runs.sweep import SweepRequest
from workbench.schedules.schedule import NewSchedule

VICTIMS = {"server": 2, "wb-nursery": 2, "wb-driver": 3, "wb-shell": 3, "wb-keeper": 1, HELD: 1}
SETTLED = frozenset({"ended", "skipped", "not_started"})
PATIENCE_S = 20.0  # for a process of the wanted kind
WAITS = (0.0, 0.05, 0.1, 0.2, 0.3)
OUTSTANDING = 12  # so many runs wait or go at most
CELLS = (
    "import workbench as wb\nimport pandas as pd\nsum(range(3_000_000))",  # long enough to be held
    "frame = pd.DataFrame({'x': range(2000)})\nwb.kpi('rows', len(frame))",
    "import time\ntime.sleep(wait)",
    "wb.table('numbers', frame)\nwb.verdict('done', level='good', text='done')",
)


def serve(home: str) -> None:
    """Be the server: requests come in as lines, the names of accepted runs go out."""
    bench = Workbench(load_settings(home=home, ready_kernels=1, run_seconds=60.0), full=False)
    bench.serve_at("chaos")
    ends = (Path(home) / "ends.log").open("a", encoding="utf-8")

    def told(record: RunRecord) -> None:
        ends.write(f"{record.run} {record.status}\n")
        ends.flush()

    bench.engine.on_end.append(told)
    bench.start()
    print("ready", flush=True)
    for line in sys.stdin:
        try:
            answer = obey(bench, json.loads(line))
        except WorkbenchError:  # the schedule's last run still goes
            answer = []
        print(json.dumps(answer), flush=True)
    bench.stop()


def obey(bench: Workbench, order: dict[str, Any]) -> list[Any]:
    """Carry out one order; what is returned is promised."""
    if "sweep" in order:
        return [bench.sweeps.create(SweepRequest.model_validate(order["sweep"]))]
    if "schedule" in order:
        return [bench.schedules.add(NewSchedule.model_validate(order["schedule"])).id]
    if "fire" in order:
        return [bench.schedules.run_now(order["fire"])]
    return bench.engine.submit_many([RunRequest.model_validate(one) for one in order["runs"]])


@dataclass
class Chaos:
    """One server over one workspace, what it has accepted, and what was done to it."""

    home: Path
    chance: random.Random
    accepted: list[str] = field(default_factory=list)
    sweeps: list[str] = field(default_factory=list)
    schedules: list[str] = field(default_factory=list)
    firings: list[int] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    restarts: list[float] = field(default_factory=list)
    server: "subprocess.Popen[str] | None" = None
    book: Workbench | None = None  # to look into; it runs nothing

    def __post_init__(self) -> None:
        self.home.mkdir(parents=True)
        node = nbformat.v4.new_notebook()
        node.cells = [nbformat.v4.new_code_cell("wait: float = 0.0", metadata={"tags": ["parameters"]})]
        node.cells += [nbformat.v4.new_code_cell(cell) for cell in CELLS]
        (self.home / "templates").mkdir()
        nbformat.write(node, self.home / "templates" / "chaos.ipynb")

    def start(self) -> None:
        """Start the server and wait until it has taken up what was left."""
        begin = time.monotonic()
        command = [sys.executable, str(Path(__file__).resolve()), "serve", str(self.home)]
        self.server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not self._line():
            raise RuntimeError("the server does not start")
        self.restarts.append(time.monotonic() - begin)

    def request(self, origin: str) -> dict[str, Any]:
        """Write down a run that takes a while or not."""
        wait = self.chance.choice((0.0, 0.1, 0.4))
        return {"template": "chaos", "origin": origin, "parameters": {"wait": wait}}

    def ask(self, **order: Any) -> list[Any]:
        """Give the server an order; what it answers is promised."""
        try:
            self.server.stdin.write(json.dumps(order) + "\n")
            self.server.stdin.flush()
        except OSError:
            return []
        return json.loads(self._line() or "[]")

    def work(self) -> None:
        """Keep some of every kind of work under way."""
        for load in LOADS:
            if _open(self.book) < OUTSTANDING:
                load(self)

    def strike(self) -> None:
        """Kill one process of a random kind, as far as there is one."""
        kinds = list(VICTIMS)
        (kind,) = self.chance.choices(kinds, [VICTIMS[one] for one in kinds])
        deadline = time.monotonic() + PATIENCE_S
        while not (pids := self._named(kind)):
            if time.monotonic() > deadline:
                return
            self.work()
            time.sleep(0.05)
        time.sleep(self.chance.uniform(0.0, 0.4))
        try:
            os.kill(self.chance.choice(pids), 9)
        except ProcessLookupError:
            return
        self.kills[kind] += 1
        if kind == "server":
            self.close()
            self.start()

    def close(self) -> None:
        """End the server, if it still goes."""
        self.server.stdin.close()
        self.server.wait()
        self.server.stdout.close()

    def _line(self) -> str:
        return self.server.stdout.readline().strip()

    def _named(self, kind: str) -> list[int]:
        if kind == "server":
            return [self.server.pid]
        if kind == HELD:
            return [
                one.pid
                for one in psutil.Process(self.server.pid).children(recursive=True)
                if name_of(one.pid) == HELD
            ]
        return [pid for pid in descendants(self.server.pid) if name_of(pid) == kind]


def interactive(chaos: Chaos) -> None:
    """A person asks."""
    chaos.accepted += chaos.ask(runs=[chaos.request("form")])


def sweep(chaos: Chaos) -> None:
    """A sweep over a parameter: five points that become runs behind its back."""
    if chaos.chance.random() < 0.2:
        axis = {"kind": "parameter", "parameter": "wait", "values": WAITS}
        chaos.sweeps += chaos.ask(sweep={"run": chaos.request("sweep"), "over": [axis]})


def schedule(chaos: Chaos) -> None:
    """A schedule that is due every minute, and is asked to run now as well."""
    if not chaos.schedules:
        told = {"name": "chaos", "request": chaos.request("schedule"), "cron": "* * * * *", "zone": "UTC"}
        chaos.schedules += chaos.ask(schedule=told | {"retries": 0})
    elif chaos.chance.random() < 0.2:
        chaos.firings += chaos.ask(fire=chaos.schedules[0])


LOADS: tuple[Callable[[Chaos], None], ...] = (interactive, sweep, schedule)


def torment(home: Path, *, kills: int, seed: int) -> dict[str, object]:
    """Kill ``kills`` times while work goes on; return what was found, promises broken included."""
    chaos = Chaos(home, random.Random(seed))
    chaos.start()
    book = chaos.book = Workbench(home, full=False)
    try:
        while chaos.kills.total() < kills:
            chaos.work()
            chaos.strike()
        deadline = time.monotonic() + 120
        while (_open(book) or _behind(chaos, book)) and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        chaos.close()
    try:
        return _found(chaos, book, seed)
    finally:
        book.stop()


def _open(book: Workbench) -> int:
    counts = book.engine.history.counts()
    return counts.get("queued", 0) + counts.get("running", 0)


def _behind(chaos: Chaos, book: Workbench) -> list[str]:
    """Return what was promised of sweeps and schedules and has not come about, each point and time once."""
    problems = []
    for name in chaos.sweeps:
        found = book.sweeps.get(name)
        runs = len(book.engine.history.newest(limit=1000, sweep=name))
        if not found.ended or runs != len(WAITS):
            problems.append(f"sweep {name}: {found.counts}, {runs} runs for {len(WAITS)} points")
    for handle in chaos.schedules:
        known = {firing.number: firing for firing in book.schedules.firings(handle, limit=10_000)}
        problems += [
            f"time {number} of the schedule is forgotten" for number in chaos.firings if number not in known
        ]
        problems += [
            f"time {firing.number} of the schedule is {firing.state}"
            for firing in known.values()
            if firing.state not in SETTLED
        ]
    return problems


def _found(chaos: Chaos, book: Workbench, seed: int) -> dict[str, object]:
    everything = [record.run for record in book.engine.history.newest(limit=100_000)]
    records = {run: book.engine.get(run) for run in {*chaos.accepted, *everything}}
    ends = Counter(tuple(line.split()) for line in (chaos.home / "ends.log").read_text().splitlines())
    folders = {path.name for path in book.workspace.runs.iterdir()}
    broken = [problem for run, record in records.items() for problem in _broken(chaos, run, record)]
    broken += [
        f"{run} ended {count} times as {status}"
        for (run, status), count in ends.items()
        if count > 1 and status == "succeeded"
    ]
    broken += [
        f"{run} is published, but the book says {book.engine.get(run).status}"
        for run in folders
        if not book.engine.get(run).ended
    ]
    broken += _behind(chaos, book)
    broken += [f"left in staging: {path.name}" for path in book.workspace.staging.iterdir()]
    broken += [f"process {pid} ({name_of(pid)}) is left" for pid in left(chaos.home)]
    return {
        "seed": seed,
        "kills": dict(chaos.kills),
        "runs": len(records),
        "sweeps": len(chaos.sweeps),
        "scheduled": len(chaos.firings),
        "ended": dict(Counter(record.status for record in records.values())),
        "open": _open(book),
        "restart_s": [round(one, 2) for one in chaos.restarts],
        "broken": broken,
    }


def _broken(chaos: Chaos, run: str, record: RunRecord) -> list[str]:
    """Return how a run's end differs from what was promised."""
    folder = chaos.home / "runs" / run
    if record.status == "succeeded":
        whole = json.loads((folder / "run.json").read_text())["status"] == "succeeded"
        whole = whole and len(nbformat.read(folder / "notebook.ipynb", as_version=4).cells) >= len(CELLS)
        whole = (
            whole and pq.read_table(record.tables["numbers"]).num_rows == record.kpis["rows"].value == 2000
        )
        return [] if whole and record.verdict is not None else [f"{run} is not whole"]
    if record.status == "failed" and record.error.code == "kernel_died":
        return []  # its shell or keeper was the victim, and it says so
    if record.status == "lost" and record.attempts == MAX_ATTEMPTS:
        return []
    return [f"{run}: {record.status} after {record.attempts} attempts, {record.error}"]


def left(home: Path) -> list[int]:
    """Return the processes that still work for a workspace."""
    mark = f"WORKBENCH_HOME={home}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kills", type=int, default=200)
    options.add_argument("--seed", type=int, default=None)
    options.add_argument("--json", action="store_true")
    given = options.parse_args()
    seed = random.randrange(10**6) if given.seed is None else given.seed
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="wb-chaos-", ignore_cleanup_errors=True) as folder:
        found = torment(Path(folder) / "plant", kills=given.kills, seed=seed)
    found["seconds"] = round(time.monotonic() - begin, 1)
    if given.json:
        print(json.dumps(found))
    else:
        show(found)
    return 1 if found["broken"] or found["open"] else 0


def show(found: dict) -> None:
    restarts = found["restart_s"]
    print(f"seed {found['seed']}, {found['seconds']} s")
    print("killed    ", ", ".join(f"{count} {kind}" for kind, count in sorted(found["kills"].items())))
    print("beside    ", found["sweeps"], "sweeps,", found["scheduled"], "scheduled times")
    print("runs      ", found["runs"], "accepted:", found["ended"], "still open:", found["open"])
    print(f"restart   median {statistics.median(restarts):.2f} s, longest {max(restarts):.2f} s")
    print("broken    ", len(found["broken"]))
    for problem in found["broken"][:20]:
        print("  ", problem)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    else:
        sys.exit(main())
