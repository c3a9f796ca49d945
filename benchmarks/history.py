"""The cost of a run as the history grows: accepting, claiming and finishing one, and what pages ask for.

The rows are those of a real run of the asset template under other names; only the state database grows.
"""

import os
import secrets
import statistics
import time
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from benchmarks.figures import ratio
from benchmarks.place import Case
from workbench.app import Workbench
from workbench.runs.history import RUNS
from workbench.runs.job import Job
from workbench.runs.prepare import queued_record
from workbench.runs.record import Kpi, RunRecord, Seconds, Verdict

SIZES = (100, 1_000, 10_000, 100_000)
AT_ONCE = 1_000
REPEATS = 30

Ask = Callable[[], object]


def measure(small: Workbench, large: Workbench, case: Case, sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Let one history grow beside one that stays, both engines at rest; ask both in turn at each size."""
    job = small.engine.preparer.job(case.request(0))
    grow(small, job, sizes[0])
    at = {}
    for size in sizes[1:]:
        grow(large, job, size)
        at[str(size)] = beside(questions(small, case, job), questions(large, case, job))
    growth = {name: ratio(figure["large"], figure["small"]) for name, figure in at[str(sizes[-1])].items()}
    return {
        "cost_per_run_growth": growth["run_ms"],
        "growth": growth,
        "from_runs": sizes[0],
        "to_runs": sizes[-1],
        "database_mb": round(large.workspace.state.stat().st_size / 1e6, 1),
        "at": at,
    }


def beside(small: dict[str, Ask], large: dict[str, Ask]) -> dict[str, dict[str, float]]:
    """Time each question to both histories, call by call in turn; return the medians in milliseconds."""
    found = {}
    for name in small:
        times: dict[str, list[float]] = {"small": [], "large": []}
        for _ in range(REPEATS):
            for which, ask in (("small", small[name]), ("large", large[name])):
                begin = time.perf_counter()
                ask()
                times[which].append(1000 * (time.perf_counter() - begin))
        found[name] = {which: round(statistics.median(each), 3) for which, each in times.items()}
    return found


def questions(bench: Workbench, case: Case, job: Job) -> dict[str, Ask]:
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


def grow(bench: Workbench, job: Job, size: int) -> None:
    """Add ended runs until there are ``size``; one in a hundred has failed."""
    book = bench.engine.history
    done = ended(queued_record(job))
    missing = size - sum(book.counts().values())
    for begin in range(0, missing, AT_ONCE):
        numbers = range(begin, min(begin + AT_ONCE, missing))
        book.add([renamed(job, done, number) for number in numbers], "benchmark")
    text = "\n".join(done.verdict.text.values()) if done.verdict else ""
    written = {"seconds": done.seconds.execute, "answer": text, "attempts": 1}  # as ``finish`` does
    with book.state.begin() as connection:
        connection.execute(sa.update(RUNS).where(RUNS.c.seconds.is_(None)).values(**written))
    with book.state.connect() as connection:  # what was added at once must not be paid for by what comes next
        connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
    os.sync()


def renamed(job: Job, record: RunRecord, number: int) -> tuple[Job, RunRecord]:
    """Return an ended run under another name."""
    run, status = name(number), "failed" if number % 100 == 0 else "succeeded"
    other = {"run": run, "fingerprint": secrets.token_hex(32)}
    return job.model_copy(update=other), record.model_copy(update={"run": run, "status": status})


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
