"""The steps of a run, from a job and a shell to a published folder; reading ``STEPS`` is reading a run.

Whoever calls ``run_job`` (a driver process, a Dask worker) hears what happens while it happens and gets the
record; nothing here touches the state database.
"""

import errno
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from workbench.runs.collect import Collected, collect, judge
from workbench.runs.execute import Emit, Shell, execute
from workbench.runs.job import Job
from workbench.runs.publish import SCRATCH, discard, publish
from workbench.runs.record import Resumed, RunError, RunRecord, Seconds, Status, Step


@dataclass
class Going:
    """A run on its way through the steps; each step fills in what it decides."""

    job: Job
    shell: Shell
    emit: Emit
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    clock: dict[str, float] = field(default_factory=lambda: {"begin": time.monotonic()})
    notebook: Any = None
    found: Collected = field(default_factory=Collected)
    status: Status = "lost"
    error: RunError | None = None
    steps: list[Step] = field(default_factory=list)

    def mark(self, name: str) -> None:
        """Note when a phase ended."""
        self.clock[name] = time.monotonic()


def stage(run: Going) -> None:
    """Make the run's folder, unless a worker has: one that was withdrawn meanwhile must not come back."""
    folder = run.job.staging_folder
    if not run.job.taken:
        discard(folder)
        (folder / SCRATCH).mkdir(parents=True)
    run.mark("start")


def execute_notebook(run: Going) -> None:
    """Run the notebook's cells."""
    work = run.job.folder or str(run.job.staging_folder / SCRATCH)
    context = {"run": run.job.run, "inputs": run.job.sources, "folder": work}
    run.notebook = execute(run.job, run.shell, run.emit, context=context)
    run.shell.close()
    run.mark("execute")


def collect_results(run: Going) -> None:
    """Read the results from the notebook, and nowhere else."""
    run.found = collect(run.notebook)


def judge_outcome(run: Going) -> None:
    """Decide the status."""
    run.status, run.error = judge(run.found, run.job.declared, run.shell.guard.reason, run.job.limits)


def publish_run(run: Going) -> RunRecord:
    """Write everything and rename the folder into place."""
    job, folder = run.job, run.job.staging_folder
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    # Without indents: Python writes them ten times slower, and a chart is a thousand short lines.
    text = json.dumps(run.notebook, ensure_ascii=False) + "\n"
    (folder / "notebook.ipynb").write_text(text, encoding="utf-8", errors="replace")
    tables, figures = run.found.write(folder)
    final = job.published_folder
    record = _record(run)
    record.tables = {name: str(final / path) for name, path in tables.items()}
    record.figures = {name: str(final / path) for name, path in figures.items()}
    record.notebook = str(final / "notebook.ipynb")
    publish(folder, final, record.model_dump_json(indent=1))
    return record


STEPS: tuple[Callable[[Going], None], ...] = (stage, execute_notebook, collect_results, judge_outcome)


def run_job(job: Job, shell: Shell, emit: Emit) -> RunRecord:
    """Take a job through all steps; a full disk is an outcome, not a crash."""
    going = Going(job, shell, emit, steps=[step.model_copy() for step in job.steps])
    try:
        for step in STEPS:
            step(going)
        return publish_run(going)
    except OSError as error:
        if "execute" not in going.clock:
            shell.close()  # the cell would go on for nobody
        discard(job.staging_folder)
        full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        reason = "the disk is full" if full else f"the workspace cannot be written ({error.strerror})"
        going.status = "failed"
        message = f"{reason}: nothing of this run was kept; free some space and run it again"
        going.error = RunError(code="disk_full" if full else "unavailable", message=message)
        return _record(going)


def _record(run: Going) -> RunRecord:
    job, clock, now = run.job, run.clock, time.monotonic()
    begin = clock["begin"]
    start = clock.get("start", now)
    done = clock.get("execute", now)
    return RunRecord(
        run=job.run,
        status=run.status,
        template=job.template,
        verdict=run.found.verdict,
        kpis=run.found.kpis,
        alarms=list(run.found.alarms.values()),
        refusal=run.found.refusal,
        error=run.error,
        inputs=job.inputs,
        parameters=job.values,
        steps=_finished(run),
        seconds=Seconds(
            queued=round(job.queued_s, 4),
            start=round(start - begin, 4),
            execute=round(done - start, 4),
            publish=round(now - done, 4),
            total=round(job.queued_s + now - begin, 4),
        ),
        created=job.created,
        started=run.started.isoformat(timespec="milliseconds"),
        finished=datetime.now(UTC).isoformat(timespec="milliseconds"),
        origin=job.origin,
        user=job.user,
        sweep=job.sweep,
        schedule=job.schedule,
        retry_of=job.retry_of,
        attempts=job.attempt,
        executor=job.executor,
        resumed=Resumed(run=job.resume.run, cell=job.resume.cell) if job.resume else None,
        classification=job.classification,
    )


def _finished(run: Going) -> list[Step]:
    """Say of each step how it ended: all before the failing one are done."""
    if run.status == "succeeded":
        return [step.model_copy(update={"state": "done"}) for step in run.job.steps]
    failing = run.error.heading if run.error else None
    states: list[Step] = []
    reached = True
    for step in run.job.steps:
        is_failing = step.title == failing
        state = "failed" if is_failing else "done" if reached and failing else "waiting"
        reached = reached and not is_failing
        states.append(step.model_copy(update={"state": state}))
    return states
