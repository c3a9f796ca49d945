"""Alarms and channels over REST: rules, how they stand, what happened, and whom to tell."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from workbench.api.access import Bench
from workbench.schedules.alarms import Alarm, Event
from workbench.schedules.channels import Channel
from workbench.schedules.outbox import Delivery
from workbench.schedules.rules import Rule

router = APIRouter()
alarms = APIRouter(prefix="/alarms", tags=["alarms"])
channels = APIRouter(prefix="/channels", tags=["channels"])
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many")]


class Seen(BaseModel):
    """Who has seen an alarm."""

    by: str = Field(default="", max_length=80)


class Address(BaseModel):
    """Where a channel leads; never shown again."""

    url: str = Field(max_length=2000)


@alarms.get("", summary="List alarm rules, what is raised first")
def list_alarms(bench: Bench) -> list[Alarm]:
    """Return every rule and how it stands."""
    return bench.schedules.alarms.all()


@alarms.post("", status_code=201, summary="Add an alarm rule")
def create(rule: Rule, bench: Bench) -> Alarm:
    """Check and keep a rule; it looks at the runs that are started from now on."""
    return bench.schedules.alarms.get(bench.schedules.save_rule(rule.model_copy(update={"id": ""})).id)


@alarms.get("/events", summary="List what alarms did, newest first")
def events(bench: Bench, limit: Limit = 100) -> list[Event]:
    """Return raised, cleared and acknowledged alarms."""
    return bench.schedules.alarms.events(limit)


@alarms.get("/{id}", summary="Show an alarm rule")
def show(id: str, bench: Bench) -> Alarm:  # noqa: A002 - the word of the model
    """Return a rule by its id or its name."""
    return bench.schedules.alarms.get(id)


@alarms.put("/{id}", summary="Change an alarm rule")
def change(id: str, rule: Rule, bench: Bench) -> Alarm:  # noqa: A002
    """Replace a rule; it starts afresh."""
    kept = bench.schedules.alarms.get(id).rule
    return bench.schedules.alarms.get(bench.schedules.save_rule(rule.model_copy(update={"id": kept.id})).id)


@alarms.delete("/{id}", status_code=204, summary="Remove an alarm rule")
def remove(id: str, bench: Bench) -> Response:  # noqa: A002
    """Forget a rule; what it did stays in the list of events."""
    bench.schedules.alarms.remove(id)
    return Response(status_code=204)


@alarms.post("/{id}/acknowledge", summary="Acknowledge a raised alarm")
def acknowledge(id: str, seen: Seen, bench: Bench) -> Alarm:  # noqa: A002
    """Note that somebody has seen it; it is not told again until it has cleared."""
    return bench.schedules.alarms.acknowledge(id, by=seen.by)


@channels.get("", summary="List channels")
def list_channels(bench: Bench) -> list[Channel]:
    """Return every channel; addresses are masked."""
    return bench.schedules.channels.all()


@channels.get("/deliveries", summary="List messages and whether they arrived, newest first")
def deliveries(bench: Bench, limit: Limit = 50) -> list[Delivery]:
    """Return what was sent, what waits and what was given up."""
    return bench.schedules.outbox.last(limit)


@channels.put("/{name}", summary="Save a channel")
def save(name: str, address: Address, bench: Bench) -> Channel:
    """Check an Apprise address and keep it where only this user can read it."""
    return bench.schedules.save_channel(name, address.url)


@channels.delete("/{name}", status_code=204, summary="Remove a channel")
def forget(name: str, bench: Bench) -> Response:
    """Forget a channel; messages that wait for it are given up."""
    bench.schedules.channels.remove(name)
    return Response(status_code=204)


@channels.post("/{name}/test", summary="Send a test message")
def test(name: str, bench: Bench) -> Delivery:
    """Send a message now and return whether it arrived."""
    return bench.schedules.outbox.test(name)


router.include_router(alarms)
router.include_router(channels)
