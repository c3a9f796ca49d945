"""The cost of a run as the history grows: accepting, claiming and finishing one, and what pages ask for.

The rows are those of a real run of the asset template under other names; only the state database grows.
"""

import secrets
import statistics
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from benchmarks.figures import ratio
from benchmarks.place import Case
from workbench.app import Workbench
from workbench.runs.history import RUNS, _row
from workbench.runs.job import Job
from workbench.runs.prepare import queued_record
from workbench.runs.record import Kpi, RunRecord, Seconds, Verdict

SIZES = (100, 1_000, 10_000, 100_000)
AT_ONCE = 1_000
REPEATS = 30


def measure(bench: Workbench, case: Case, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Let the history of a workbench whose engine stands still grow, and measure at each size."""
    book = bench.engine.history
    job = bench.engine.preparer.job(case.request(0))
    at: dict[str, dict[str, float]] = {}
    for size in sizes:
        grow(bench, job, size)
        at[str(size)] = {
            name: round(1000 * middle(ask), 3) for name, ask in questions(bench, case, job).items()
        }
    first, last = at[str(sizes[0])], at[str(sizes[-1])]
    return {
        "cost_per_run_growth": ratio(last["run_ms"], first["run_ms"]),
        "growth": {name: ratio(last[name], first[name]) for name in first},
        "from_runs": sizes[0],
        "to_runs": sum(book.counts().values()),
        "database_mb": round(bench.workspace.state.stat().st_size / 1e6, 1),
        "at": at,
    }


def questions(bench: Workbench, case: Case, job: Job) -> dict[str, Callable[[], object]]:
    """Return what is timed: a run's own cost, and what pages ask."""
    book, engine = bench.engine.history, bench.engine
    page = [record.run for record in engine.list(limit=50)]
    return {
        "run_ms": lambda: one_run(bench, case),
        "list_page_ms": lambda: engine.list(limit=50),
        "next_page_ms": lambda: book.newest(limit=50, before=page[-1]),
        "list_of_template_ms": lambda: book.newest(limit=50, template=case.name),
        "list_of_rare_status_ms": lambda: book.newest(limit=50, status="failed"),
        "counts_ms": book.counts,
        "same_ms": lambda: book.same(str(job.fingerprint)),
        "durations_ms": lambda: book.durations(case.name),
        "open_runs_ms": book.open_runs,
    }


def one_run(bench: Workbench, case: Case) -> None:
    """Do everything a run costs outside of its processes: check and accept, claim, finish."""
    book = bench.engine.history
    run = bench.engine.submit(case.request(secrets.randbelow(1000), origin="sweep"))
    book.claim(run, "benchmark")
    book.finish(ended(queued_record(book.job(run))))


def middle(ask: Callable[[], object]) -> float:
    """Return the median seconds of several calls."""
    times = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        ask()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def grow(bench: Workbench, job: Job, size: int) -> None:
    """Add ended runs until there are ``size``; one in a hundred has failed."""
    book = bench.engine.history
    missing = size - sum(book.counts().values())
    book.add([(job.model_copy(update={"run": name(0)}), ended(queued_record(job)))], "benchmark")
    done = ended(queued_record(job))
    with book.state.connect() as connection:
        notebook = connection.execute(sa.select(RUNS.c.notebook).limit(1)).scalar()
    for begin in range(1, missing, AT_ONCE):
        rows = [row(job, done, number) for number in range(begin, min(begin + AT_ONCE, missing))]
        with book.state.begin() as connection:
            connection.execute(sa.insert(RUNS), [each | {"notebook": notebook} for each in rows])


def row(job: Job, record: RunRecord, number: int) -> dict[str, Any]:
    """Write one ended run as the history would."""
    run, status = name(number), "failed" if number % 100 == 0 else "succeeded"
    told = record.model_copy(update={"run": run, "status": status})
    fields = {"owner": "benchmark", "attempts": 1, "seconds": told.seconds.total}
    other = job.model_copy(update={"run": run, "fingerprint": secrets.token_hex(32)})
    return _row(other, told) | fields


def name(number: int) -> str:
    """Name a run as the engine does, in a way that never comes twice."""
    return f"20250101-{number % 1_000_000:06d}-{secrets.token_hex(6)}"


def ended(record: RunRecord) -> RunRecord:
    """Let a record say what one of a run that succeeded says."""
    text = {"en": "3 means speak of a change", "zh": "3 个均值表明有变化"}
    kpis = {key: Kpi(value=1.0, unit="°C") for key in ("center", "ucl", "lcl", "signals", "explained")}
    folder = f"runs/{record.run}"
    return record.model_copy(
        update={
            "status": "succeeded",
            "verdict": Verdict(code="left", level="bad", text=text),
            "kpis": kpis,
            "figures": {key: f"{folder}/figures/{key}.json" for key in ("chart", "trend")},
            "tables": {"coefficients": f"{folder}/tables/coefficients.parquet"},
            "notebook": f"{folder}/notebook.ipynb",
            "seconds": Seconds(queued=0.01, start=0.001, execute=0.4, publish=0.03, total=0.441),
            "finished": record.created,
        }
    )
