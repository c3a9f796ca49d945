"""What a schedule is, and what is known of each time it was due."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.runs.record import RunRecord, Status
from workbench.runs.request import RunRequest
from workbench.schedules.cron import Cron, cron

Cause = Literal["clock", "catch_up", "retry", "now"]
State = Literal["due", "starting", "started", "ended", "skipped", "not_started"]

RETRIED: frozenset[str] = frozenset({"failed", "timed_out", "lost", "over_limit"})
LONGEST_BACKOFF_S = 6 * 3600.0


class NewSchedule(BaseModel):
    """What a person decides about a schedule."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    request: RunRequest
    cron: str
    zone: str
    retries: int = Field(default=2, ge=0, le=10)
    backoff_s: float = Field(default=60.0, ge=1.0, le=LONGEST_BACKOFF_S)  # doubled with each try

    def times(self) -> Cron:
        """Return when it is due; raise one sentence when that cannot be read."""
        return cron(self.cron, self.zone)


class Schedule(NewSchedule):
    """A schedule as it is kept."""

    id: str
    paused: bool = False
    next: datetime | None = None  # when it is due; None while it is paused
    created: datetime


class Firing(BaseModel):
    """One time a schedule was due, and what came of it."""

    number: int
    schedule: str
    cause: Cause
    due: datetime  # the time it stands for
    at: datetime  # when it is to be started: later than due for a retry
    state: State
    attempt: int = 0
    missed: int = 0  # earlier times that this one stands for as well
    retry_of: str | None = None
    run: str | None = None
    status: Status | None = None
    error: dict[str, Any] | None = None  # why it could not be started


class Overview(BaseModel):
    """A schedule with what a list shows beside it."""

    schedule: Schedule
    upcoming: list[datetime] = Field(default_factory=list)
    going: str | None = None  # the run under way
    last: Firing | None = None
    result: RunRecord | None = None  # of the last run that ended
    missed: int = 0  # times that passed while nobody served the workspace
    skipped: int = 0  # times at which its last run still went
    problem: dict[str, Any] | None = None  # why it could not start now: its template or table is gone


def newest(request: RunRequest, schedule: str, retry_of: str | None) -> RunRequest:
    """Return the request as a schedule makes it: on the newest version of each table."""
    inputs = {
        role: reference if "/" in reference or "\\" in reference else reference.partition("@")[0]
        for role, reference in request.inputs.items()
    }
    update = {"inputs": inputs, "origin": "schedule", "schedule": schedule, "retry_of": retry_of}
    return request.model_copy(update=update | {"reuse": False, "sweep": None})


def backoff(schedule: NewSchedule, attempt: int) -> float:
    """Return how long to wait before a try; the first one is number 1."""
    return min(schedule.backoff_s * 2.0 ** (attempt - 1), LONGEST_BACKOFF_S)
