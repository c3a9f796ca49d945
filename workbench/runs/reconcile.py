"""After a crash: what became of the runs that were going.

A published folder is whole, so it is believed. Anything else of a dead process goes back to the queue, a
limited number of times; then it is ``lost``, and says so.
"""

from pathlib import Path

from workbench.config import Workspace
from workbench.runs.collect import stopped
from workbench.runs.history import History
from workbench.runs.lease import Lease
from workbench.runs.prepare import queued_record
from workbench.runs.publish import RECORD, discard, run_of, withdraw
from workbench.runs.queue import Waiting
from workbench.runs.record import RunError, RunRecord, stamp

MAX_ATTEMPTS = 3


def published(workspace: Workspace, run: str) -> RunRecord | None:
    """Return the record of a run whose folder was renamed into place."""
    path = workspace.runs / run / RECORD
    return RunRecord.model_validate_json(path.read_text(encoding="utf-8")) if path.is_file() else None


def outcome_of_lost(
    workspace: Workspace, history: History, run: str, *, stopped_for: str | None = None
) -> tuple[RunRecord, bool]:
    """Return how a run stands whose process is gone, and whether to run it again."""
    withdraw(workspace.staging, run)  # before looking: from here on nobody else can publish it
    record = published(workspace, run)
    if record is not None:
        return record, False
    job = history.job(run)
    waiting = queued_record(job)
    if stopped_for is not None:
        status, error = stopped(stopped_for, job.limits)
        ended = {"status": status, "error": error, "finished": stamp(job.created)}
        return waiting.model_copy(update=ended), False
    if history.attempts(run) < MAX_ATTEMPTS:
        return waiting, True
    message = f"the run's process ended {MAX_ATTEMPTS} times without a result; it is not tried again"
    return given_up(waiting, message), False


def given_up(record: RunRecord, message: str) -> RunRecord:
    """Return a run of which nobody can say how it went."""
    error = RunError(code="lost", message=message)
    return record.model_copy(update={"status": "lost", "error": error, "finished": stamp(record.created)})


def reconcile(workspace: Workspace, history: History, owner: str) -> tuple[list[Waiting], list[RunRecord]]:
    """Settle what dead processes left; return the runs to queue, oldest first, and those that have ended.

    The engine that calls holds its lease, so that its own runs are those of a living one.
    """
    staged = list(workspace.staging.iterdir())  # before the book is read: what begins later is not in it
    whole = {path.name for path in workspace.runs.iterdir()}
    alive, dead = engines(workspace)
    queue: list[Waiting] = []
    ended: list[RunRecord] = []
    kept = set()
    for row in history.open_runs():
        run, waiting = row.run, Waiting(row.run, row.priority or 0, row.user or "")
        if row.owner in alive:
            kept.add(run)
        elif row.status == "queued" and run not in whole:
            queue.append(waiting)
        else:
            record, again = outcome_of_lost(workspace, history, run)
            if again:
                history.requeue(run, owner)
                queue.append(waiting)
            else:
                ended.append(record)
    history.adopt([waiting.run for waiting in queue], owner)
    for leftover in staged:
        if run_of(leftover) not in kept:
            discard(leftover)
    for path in dead:
        path.unlink(missing_ok=True)
    return queue, ended


def left_behind(workspace: Workspace) -> bool:
    """Whether an engine of this workspace has died since the last look."""
    return bool(engines(workspace)[1])


def engines(workspace: Workspace) -> tuple[set[str], list[Path]]:
    """Return the names of the engines whose processes live, and the files of the others."""
    found = [(path, Lease(path).held()) for path in (workspace.root / "engines").glob("*.lock")]
    return {path.stem for path, lives in found if lives}, [path for path, lives in found if not lives]
