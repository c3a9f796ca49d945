"""A sweep: one run for each asset, beside what else one could do with two processors.

The limit is the same cells as function calls in two warm processes. Plain papermill is measured on a few runs
and its rate taken for all: a run costs the same however many there are.
"""

import queue
import threading
import time
from typing import Any

from benchmarks.click import rest
from benchmarks.figures import ratio, summary
from benchmarks.place import Case
from benchmarks.plain import two_at_a_time
from benchmarks.warm import Warm
from workbench.app import Workbench
from workbench.runs.job import Job

PROCESSES = 2


def measure(bench: Workbench, case: Case, *, runs: int, passes: int, papermill_s: float) -> dict[str, Any]:
    """Measure sweeps and limits in turn, then papermill on two runs at a time."""
    ours, limit = [], []
    requests = [case.request(number, origin="sweep") for number in range(runs)]
    jobs = [bench.engine.preparer.job(request) for request in requests]
    with Warm(bench.workspace.root) as one, Warm(bench.workspace.root) as two:
        for warm in (one, two):
            warm.call(jobs[0])
        for _ in range(passes):
            rest(bench)
            ours.append(sweep(bench, case, runs))
            limit.append(calls((one, two), jobs))
    beside = {
        "papermill_loop_per_minute": round(60 / papermill_s, 1),
        "papermill_2_processes_per_minute": round(two_at_a_time(bench, case, min(runs, 2 * PROCESSES)), 1),
    }
    figures = {"runs_per_minute": summary(ours), "limit_per_minute": summary(limit)}
    rate = figures["runs_per_minute"]["median"]
    return {
        "sweep_share_of_limit": ratio(rate, figures["limit_per_minute"]["median"]),
        "sweep_vs_papermill_loop": ratio(rate, beside["papermill_loop_per_minute"]),
        "runs": runs,
        **figures,
        **beside,
    }


def sweep(bench: Workbench, case: Case, runs: int) -> float:
    """Submit all runs and wait for the last; return runs per minute."""
    begin = time.perf_counter()
    names = bench.engine.submit_many([case.request(number, origin="sweep") for number in range(runs)])
    records = [bench.engine.wait(name, timeout=600) for name in names]
    took = time.perf_counter() - begin
    wrong = [record.status for record in records if record.status not in {"succeeded", "refused"}]
    if wrong:
        raise SystemExit(f"{len(wrong)} runs of the sweep ended as {', '.join(sorted(set(wrong)))}")
    return 60 * runs / took


def calls(processes: tuple[Warm, ...], jobs: list[Job]) -> float:
    """Give the jobs to warm processes, each taking the next when it is free; return calls per minute."""
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)

    def work(warm: Warm) -> None:
        while True:
            try:
                job = waiting.get_nowait()
            except queue.Empty:
                return
            warm.call(job)

    begin = time.perf_counter()
    threads = [threading.Thread(target=work, args=(warm,)) for warm in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return 60 * len(jobs) / (time.perf_counter() - begin)
