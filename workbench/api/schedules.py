"""Schedules over REST: runs by the clock. Paths of the server stay with the server."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from workbench.api.access import Bench, MayNameFiles
from workbench.api.runs import public, refuse_files
from workbench.schedules.cron import cron as read_cron
from workbench.schedules.schedule import Firing, NewSchedule, Overview

router = APIRouter(prefix="/schedules", tags=["schedules"])


class Scheduler(BaseModel):
    """Whether the schedules are being kept."""

    seen: datetime | None  # when it was last alive
    alive: bool
    trouble: str  # why it could not do its work the last time


class Listing(BaseModel):
    """All schedules, and whether somebody keeps them."""

    scheduler: Scheduler
    schedules: list[Overview]


class Times(BaseModel):
    """When a cron expression is due."""

    expression: str
    zone: str
    upcoming: list[datetime]


@router.get("", summary="List schedules")
def list_schedules(bench: Bench) -> Listing:
    """Return every schedule with its next times, its last firing and what is wrong with it."""
    seen, alive = bench.schedules.heartbeat()
    scheduler = Scheduler(seen=seen, alive=alive, trouble=bench.schedules.trouble)
    return Listing(scheduler=scheduler, schedules=[_shown(each) for each in bench.schedules.overviews()])


@router.post("", status_code=201, summary="Put a template on a schedule")
def create(new: NewSchedule, bench: Bench, may_name_files: MayNameFiles) -> Overview:
    """Check the request and the times, and keep both; it must be able to run now."""
    if not may_name_files:
        refuse_files(bench, new.request)
    return _shown(bench.schedules.overview(bench.schedules.add(new).id))


@router.get("/times", summary="Show when a cron expression is due")
def times(
    cron: Annotated[str, Query(description="Five fields: minute hour day month weekday")],
    zone: Annotated[str, Query(description="IANA name of the time zone")] = "UTC",
    count: Annotated[int, Query(ge=1, le=50, description="So many times")] = 3,
) -> Times:
    """Return the next times in the zone."""
    found = read_cron(cron, zone)
    return Times(expression=found.expression, zone=zone, upcoming=found.upcoming(datetime.now(UTC), count))


@router.get("/{id}", summary="Show a schedule")
def show(id: str, bench: Bench) -> Overview:  # noqa: A002 - the word of the model
    """Return a schedule by its id or its name."""
    return _shown(bench.schedules.overview(id))


@router.put("/{id}", summary="Change a schedule")
def change(id: str, new: NewSchedule, bench: Bench, may_name_files: MayNameFiles) -> Overview:  # noqa: A002
    """Replace what a person decides about a schedule; its next time is counted from now."""
    if not may_name_files:
        refuse_files(bench, new.request)
    return _shown(bench.schedules.overview(bench.schedules.edit(id, new).id))


@router.delete("/{id}", status_code=204, summary="Remove a schedule with its alarm rules")
def remove(id: str, bench: Bench) -> Response:  # noqa: A002
    """Forget a schedule; its runs stay."""
    bench.schedules.remove(id)
    return Response(status_code=204)


@router.get("/{id}/firings", summary="List what came of a schedule's times, newest first")
def firings(
    id: str,  # noqa: A002
    bench: Bench,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many")] = 50,
) -> list[Firing]:
    """Return started, skipped, missed and retried times."""
    return bench.schedules.firings(id, limit)


@router.post("/{id}/pause", summary="Pause a schedule")
def pause(id: str, bench: Bench) -> Overview:  # noqa: A002
    """Start no more runs; one that goes is left alone."""
    return _shown(bench.schedules.overview(bench.schedules.pause(id).id))


@router.post("/{id}/resume", summary="Resume a schedule")
def resume(id: str, bench: Bench) -> Overview:  # noqa: A002
    """Start runs again from the next time on."""
    return _shown(bench.schedules.overview(bench.schedules.resume(id).id))


@router.post("/{id}/run", status_code=202, summary="Run a schedule's request now")
def run(id: str, bench: Bench) -> Firing:  # noqa: A002
    """Ask for one run outside the times; its firing names the run within seconds."""
    number = bench.schedules.run_now(id)
    return next(firing for firing in bench.schedules.firings(id) if firing.number == number)


def _shown(overview: Overview) -> Overview:
    """Return an overview as clients see it: names in place of the server's paths."""
    request = overview.schedule.request
    inputs = {role: _name(reference) for role, reference in request.inputs.items()}
    request = request.model_copy(update={"template": _name(request.template), "inputs": inputs})
    update: dict[str, Any] = {"schedule": overview.schedule.model_copy(update={"request": request})}
    update["result"] = public(overview.result) if overview.result else None
    return overview.model_copy(update=update)


def _name(reference: str) -> str:
    return Path(reference).name if Path(reference).is_absolute() else reference
