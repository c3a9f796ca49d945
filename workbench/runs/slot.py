"""One slot: a driver process with its own ready kernel, used for exactly one run.

The slot is forked ahead of time, connects to its kernel, and waits. When a job arrives it goes through the
run's steps and reports each on its channel; it never touches the state database.
"""

import errno
import json
import os
import shutil
import socket
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import nbformat

from workbench.runs.collect import Collected, collect, judge
from workbench.runs.execute import Emit, Guard, Kernel, execute
from workbench.runs.forked import fork_kernel
from workbench.runs.job import Job
from workbench.runs.publish import discard, publish
from workbench.runs.record import RunError, RunRecord, Seconds, Status, Step

SCRATCH, CONTEXT = "work", "context.json"


@dataclass
class Going:
    """A run on its way through the steps; each step fills in what it decides."""

    job: Job
    kernel: Kernel
    guard: Guard
    emit: Emit
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
    """Make the run's folder and write down what the kernel may read."""
    folder = run.job.staging_folder
    discard(folder)
    (folder / SCRATCH).mkdir(parents=True)
    work = run.job.folder or str(folder / SCRATCH)
    told = {"run": run.job.run, "inputs": run.job.sources, "folder": work}
    (folder / CONTEXT).write_text(json.dumps(told), encoding="utf-8")
    run.mark("start")


def execute_notebook(run: Going) -> None:
    """Run the notebook's cells."""
    run.notebook = execute(run.job, run.job.staging_folder / CONTEXT, run.kernel, run.guard, run.emit)
    if run.guard.reason is None and not run.kernel.alive:
        run.guard.reason = "kernel_died"
    run.kernel.kill()
    run.mark("execute")


def collect_results(run: Going) -> None:
    """Read the results from the notebook, and nowhere else."""
    run.found = collect(run.notebook)


def judge_outcome(run: Going) -> None:
    """Decide the status."""
    run.status, run.error = judge(run.found, run.job.declared, run.guard.reason, run.job.limits)


def publish_run(run: Going) -> RunRecord:
    """Write everything and rename the folder into place."""
    job, folder = run.job, run.job.staging_folder
    shutil.rmtree(folder / SCRATCH, ignore_errors=True)
    (folder / CONTEXT).unlink(missing_ok=True)
    nbformat.write(run.notebook, folder / "notebook.ipynb")
    tables, figures = run.found.write(folder)
    final = job.published_folder
    record = _record(run)
    record.tables = {name: str(final / path) for name, path in tables.items()}
    record.figures = {name: str(final / path) for name, path in figures.items()}
    record.notebook = str(final / "notebook.ipynb")
    publish(folder, final, record.model_dump_json(indent=1))
    return record


STEPS: tuple[Callable[[Going], None], ...] = (stage, execute_notebook, collect_results, judge_outcome)


def run_job(job: Job, kernel: Kernel, guard: Guard, emit: Emit) -> RunRecord:
    """Take a job through all steps; a full disk is an outcome, not a crash."""
    going = Going(job, kernel, guard, emit, steps=[step.model_copy() for step in job.steps])
    try:
        for step in STEPS:
            step(going)
        return publish_run(going)
    except OSError as error:
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
        finished=datetime.now(UTC).isoformat(timespec="milliseconds"),
        origin=job.origin,
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


def main(channel: socket.socket, folder: Path, *, warm: bool) -> NoReturn:
    """Get a kernel ready, wait for a job, run it, and end; called in a forked child."""
    status = 1
    try:
        _serve(channel, folder, warm=warm)
        status = 0
    except BrokenPipeError:
        status = 0  # the owner is gone; so is the reason to be here
    except Exception:  # noqa: BLE001 (the last frame of a forked child: say why, then end)
        traceback.print_exc()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(status)


def _serve(channel: socket.socket, folder: Path, *, warm: bool) -> None:
    folder.mkdir(mode=0o700, parents=True)
    pid, connection = fork_kernel(folder)
    kernel = Kernel(pid, connection)
    if warm:
        kernel.warm()
    sending = threading.Lock()

    def emit(event: dict[str, Any]) -> None:
        with sending:
            channel.sendall(json.dumps(event, ensure_ascii=False).encode() + b"\n")

    emit({"event": "ready", "pid": os.getpid(), "kernel": pid})
    lines = channel.makefile("r", encoding="utf-8")
    first = lines.readline()
    if first:
        job = Job.model_validate_json(first)
        guard = Guard(kernel, job)
        listener = threading.Thread(target=_listen, args=(lines, guard), daemon=True)
        listener.start()
        emit({"event": "end", "record": run_job(job, kernel, guard, emit).model_dump(mode="json")})
    kernel.kill()


def _listen(lines: Any, guard: Guard) -> None:
    """Wait for a cancel; with the owner gone there is nobody left to run for."""
    for line in lines:
        if json.loads(line).get("event") == "cancel":
            guard.stop("cancelled")
    guard.kernel.kill()
    os._exit(1)
