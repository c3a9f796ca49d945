"""After a crash: what became of the runs that were going.

A published folder is whole, so it is believed. Anything else of a dead process goes back to the queue, a
limited number of times; then it is ``lost``, and says so.
"""

from workbench.config import Workspace
from workbench.runs.collect import stopped
from workbench.runs.history import History
from workbench.runs.lease import Lease
from workbench.runs.prepare import queued_record
from workbench.runs.publish import RECORD, discard, run_of, withdraw
from workbench.runs.queue import Waiting
from workbench.runs.record import RunError, RunRecord

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
        return waiting.model_copy(update={"status": status, "error": error}), False
    if history.attempts(run) < MAX_ATTEMPTS:
        return waiting, True
    message = f"the run's process ended {MAX_ATTEMPTS} times without a result; it is not tried again"
    return waiting.model_copy(
        update={"status": "lost", "error": RunError(code="lost", message=message)}
    ), False


def reconcile(workspace: Workspace, history: History, owner: str) -> list[Waiting]:
    """Settle what dead processes left; return the runs to queue, oldest first."""
    alive = _living_engines(workspace)
    queue: list[Waiting] = []
    kept = set()
    for row in history.open_runs():
        run, waiting = row.run, Waiting(row.run, row.priority or 0, row.user or "")
        if row.owner in alive and row.owner != owner:
            kept.add(run)
        elif row.status == "queued":
            queue.append(waiting)
        else:
            record, again = outcome_of_lost(workspace, history, run)
            if again:
                history.requeue(run, owner)
                queue.append(waiting)
            else:
                history.finish(record)
    history.adopt([waiting.run for waiting in queue], owner)
    for leftover in workspace.staging.iterdir():
        if run_of(leftover) not in kept:
            discard(leftover)
    return queue


def _living_engines(workspace: Workspace) -> set[str]:
    folder = workspace.root / "engines"
    alive = set()
    for path in folder.glob("*.lock") if folder.is_dir() else ():
        if Lease(path).held():
            alive.add(path.stem)
        else:
            path.unlink(missing_ok=True)
    return alive
