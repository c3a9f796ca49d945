"""How long lists and counts take as the history grows: rows are written straight into a fresh state database.

Run: python benchmarks/long_history.py [rows]. The newest ones are queued, as after a large sweep; of each
question the median and the 95th percentile of repeated asking are printed.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.runs.history import RUNS, History
from workbench.runs.record import RunRecord, TemplateUsed, Verdict
from workbench.runs.state import State

ROUNDS = 40
TEMPLATES = ("control-chart", "process-capability", "data-health", "demand-forecast")
PADDING = "x" * 5000  # a record of a real run is as long


def fill(state: State, rows: int, queued: int = 10_000) -> None:
    """Write ``rows`` runs: the newest wait, the others have ended."""
    chance = random.Random(1)
    with state.begin() as connection:
        for first in range(0, rows, 5000):
            block = [_row(n, rows - n <= queued, chance) for n in range(first, min(rows, first + 5000))]
            connection.execute(sa.insert(RUNS), block)


def _row(number: int, waits: bool, chance: random.Random) -> dict[str, Any]:
    template, table = chance.choice(TEMPLATES), f"line{number % 40}"
    status = "queued" if waits else chance.choice(("succeeded",) * 8 + ("refused", "failed"))
    text = f"The process is unstable: {number % 7} signals"
    verdict = None if waits else Verdict(code="unstable", level="bad", text={"en": text, "zh": "过程不稳定"})
    created = f"2026-{1 + number * 11 // 1_000_000:02d}-{1 + number // 4000 % 28:02d}T08:00:00.000+00:00"
    run = f"20260101-{number:06d}-abc"
    used = {"id": template, "title": {"en": template.title(), "zh": "应用"}}
    record = RunRecord(
        run=run, status=status, template=TemplateUsed(**used), verdict=verdict, created=created, origin="form"
    )
    return {
        "run": run, "template": template, "status": status, "attempts": 0, "created": created,
        "tables": f"|{table}|", "answer": f"{text}\n过程不稳定" if verdict else None, "rows": 200,
        "seconds": None if waits else 0.5, "origin": chance.choice(("form", "api", "sweep")), "priority": 0,
        "job": PADDING, "record": json.dumps(record.model_dump(mode="json") | {"padding": PADDING}),
    }  # fmt: skip


def timed(name: str, ask: Callable[[], Any]) -> None:
    """Ask many times and print how long it took."""
    taken = []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        ask()
        taken.append(1000 * (time.perf_counter() - begin))
    p95 = statistics.quantiles(taken, n=20)[-1]
    print(f"{name:<44} {statistics.median(taken):8.1f} ms   p95 {p95:8.1f} ms")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        state = State(Path(folder) / "state.sqlite")
        fill(state, rows)
        history = History(state)
        old = f"20260101-{rows // 3:06d}-abc"
        print(f"{rows} runs, {(Path(folder) / 'state.sqlite').stat().st_size / 1e6:.0f} MB")
        timed("newest 50", lambda: history.newest(limit=50))
        timed("newest 50 before an old one", lambda: history.newest(limit=50, before=old))
        for filters in (
            {"template": "control-chart"}, {"status": "failed"}, {"origin": "api"}, {"table": "line7"},
            {"text": "6 signals"}, {"text": "nothing says this"}, {"since": "2026-01-20"},
            {"template": "control-chart", "status": "queued", "origin": "api", "since": "2026-01-20"},
        ):  # fmt: skip
            timed(f"newest 50 {filters}"[:44], lambda f=filters: history.newest(limit=50, **f))
            timed(f"counts    {filters}"[:44], lambda f=filters: history.counts(**f))
        timed("counts", history.counts)
        timed("durations", lambda: history.durations("control-chart"))
        timed("states of 50", lambda: history.states([f"20260101-{n:06d}-abc" for n in range(50)]))
        state.close()


if __name__ == "__main__":
    main()
