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
from typing import Any

from workbench.runs.collect import Collected, Drawn, collect, judge
from workbench.runs.execute import Emit, Shell, execute
from workbench.runs.job import Job
from workbench.runs.publish import SCRATCH, discard, publish
from workbench.runs.record import Resumed, RunError, RunRecord, Seconds, Status, Step, stamp
from workbench.runs.request import BATCH

ANSWERS = frozenset({"succeeded", "refused"})


@dataclass
class Going:
    """A run on its way through the steps; each step fills in what it decides."""

    job: Job
    shell: Shell
    emit: Emit
    started: str = ""
    clock: dict[str, float] = field(default_factory=lambda: {"begin": time.monotonic()})
    notebook: Any = None
    drawn: dict[str, Drawn] = field(default_factory=dict)
    found: Collected = field(default_factory=Collected)
    status: Status = "lost"
    error: RunError | None = None
    steps: list[Step] = field(default_factory=list)

    def mark(self, name: str) -> None:
        """Note when a phase ended."""
        self.clock[name] = time.monotonic()


def stage(run: Going) -> None:
    """Make the run's folder, unless a worker has: one that was withdrawn meanwhile must not come back."""
    run.started = stamp(run.job.created)
    folder = run.job.staging_folder
    if not run.job.taken:
        discard(folder)
        (folder / SCRATCH).mkdir(parents=True)
    run.mark("start")


def execute_notebook(run: Going) -> None:
    """Run the notebook's cells."""
    work = run.job.folder or str(run.job.staging_folder / SCRATCH)
    context = {"run": run.job.run, "inputs": run.job.sources, "folder": work}
    run.notebook, run.drawn = execute(run.job, run.shell, run.emit, context=context)
    run.mark("execute")


def collect_results(run: Going) -> None:
    """Read the results from the notebook, and nowhere else."""
    run.found = collect(run.notebook)


def judge_outcome(run: Going) -> None:
    """Decide the status."""
    guard = run.shell.guard
    run.status, run.error = judge(run.found, run.job.declared, guard.reason, guard.limits, how=guard.how)


def tell_answer(run: Going) -> None:
    """Tell who waits what was found; it stands once it is published, which takes a disk its time."""
    if run.status in ANSWERS and run.job.priority != BATCH:
        figures = {name: str(run.job.staging_folder / one.path) for name, one in run.drawn.items()}
        known = {"status": "running", "answer": run.status, "figures": figures, "finished": None}
        record = _record(run).model_copy(update=known)
        run.emit({"event": "answer", "record": record.model_dump(mode="json")})


def clear_up(run: Going) -> None:
    """End the notebook's process, and what it started: it could still write into the run's folder."""
    run.shell.close()


def publish_run(run: Going) -> RunRecord:
    """Write everything and rename the folder into place."""
    job, folder = run.job, run.job.staging_folder
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    # Without indents: Python writes them ten times slower, and a chart is a thousand short lines.
    text = json.dumps(run.notebook, ensure_ascii=False) + "\n"
    (folder / "notebook.ipynb").write_text(text, encoding="utf-8", errors="replace")
    tables, figures = run.found.write(folder, run.drawn)
    final = job.published_folder
    record = _record(run)
    record.tables = {name: str(final / path) for name, path in tables.items()}
    record.figures = {name: str(final / path) for name, path in figures.items()}
    record.notebook = str(final / "notebook.ipynb")
    publish(folder, final, record.model_dump_json(indent=1))
    return record


STEPS: tuple[Callable[[Going], None], ...] = (
    stage,
    execute_notebook,
    collect_results,
    judge_outcome,
    tell_answer,
    clear_up,
)


def run_job(job: Job, shell: Shell, emit: Emit) -> RunRecord:
    """Take a job through all steps; whatever goes wrong on the way is an outcome, not a crash."""
    going = Going(job, shell, emit, steps=[step.model_copy() for step in job.steps])
    try:
        for step in STEPS:
            step(going)
        return publish_run(going)
    except ConnectionError:
        raise  # the engine is gone: nobody waits for this any more
    except Exception as error:  # noqa: BLE001 - a run ends here; the driver goes on to the next
        shell.close()
        discard(job.staging_folder)
        going.status, going.error = "failed", _unkept(error)
        return _record(going)


def _unkept(error: Exception) -> RunError:
    """Say why nothing of a run could be kept."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        message = "the disk is full: nothing of this run was kept; free some space and run it again"
        return RunError(code="disk_full", message=message)
    if isinstance(error, FileNotFoundError):
        message = "the run's folder was removed while it went: nothing was kept; run it again"
        return RunError(code="unavailable", message=message)
    if isinstance(error, OSError):
        reason = f"the workspace cannot be written ({error.strerror})"
        return RunError(code="unavailable", message=f"{reason}: nothing of this run was kept; run it again")
    message = f"the results could not be kept: {error!r}"
    return RunError(code="internal", message=message, name=type(error).__name__)


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
        limits=job.in_force,
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
        started=run.started,
        finished=stamp(run.started),
        origin=job.origin,
        user=job.user,
        sweep=job.sweep,
        asset=job.asset,
        schedule=job.schedule,
        retry_of=job.retry_of,
        attempts=job.attempt,
        executor=job.executor,
        resumed=Resumed(run=job.resume.run, cell=job.resume.cell) if job.resume else None,
        classification=job.classification,
    )


def _finished(run: Going) -> list[Step]:
    """Say of each step how it ended: all before the one that failed, or that was the last, are done."""
    if run.status == "succeeded" and run.found.left is None:
        return [step.model_copy(update={"state": "done"}) for step in run.job.steps]
    last = run.error.heading if run.error else run.found.left
    states: list[Step] = []
    reached = True
    for step in run.job.steps:
        is_last = step.title == last
        state = "failed" if is_last and run.error else "done" if reached and last else "waiting"
        reached = reached and not is_last
        states.append(step.model_copy(update={"state": state}))
    return states
