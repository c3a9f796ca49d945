"""``workbench schedules``: the book of schedules from the command line.

What is written into the book takes effect in a running server within a second, so nothing is handed over.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import Any

from workbench.app import Workbench
from workbench.commands import handover, run
from workbench.commands.output import emit, exit_status, note, say, show_table
from workbench.config import Settings, pick
from workbench.errors import Unavailable
from workbench.schedules.schedule import Firing, NewSchedule, Overview

START_S = 30.0
LOOK_S = 0.1


def list_all(settings: Settings, *, as_json: bool) -> None:
    """List schedules."""
    with _workbench(settings) as bench:
        found = bench.schedules.overviews()
        seen, alive = bench.schedules.heartbeat()
    if as_json:
        scheduler = {"seen": seen.isoformat() if seen else None, "alive": alive}
        emit({"scheduler": scheduler, "schedules": [each.model_dump(mode="json") for each in found]})
        return
    if not found:
        say(
            "no schedules yet: add one with `workbench schedules add TEMPLATE --cron '0 6 * * *' --zone ZONE`"
        )
        return
    show_table([_line(each, settings.language) for each in found])
    _say_alive(alive, seen)


def add(settings: Settings, new: Mapping[str, Any], *, as_json: bool) -> None:
    """Add a schedule."""
    with _workbench(settings) as bench:
        created = bench.schedules.add(NewSchedule.model_validate(new))
        overview = bench.schedules.overview(created.id)
        seen, alive = bench.schedules.heartbeat()
    if as_json:
        emit(overview.model_dump(mode="json"))
        return
    _say_schedule(overview)
    _say_alive(alive, seen)


def show(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show a schedule and its last firings."""
    with _workbench(settings) as bench:
        overview = bench.schedules.overview(name)
        firings = bench.schedules.firings(name, 20)
    if as_json:
        past = [firing.model_dump(mode="json") for firing in firings]
        emit(overview.model_dump(mode="json") | {"firings": past})
        return
    _say_schedule(overview)
    zone = overview.schedule.times().zone
    show_table(
        [_past(firing, zone) for firing in firings], ["due", "cause", "state", "run", "status", "missed"]
    )


def switch(settings: Settings, name: str, *, paused: bool, as_json: bool) -> None:
    """Pause or resume a schedule."""
    with _workbench(settings) as bench:
        (bench.schedules.pause if paused else bench.schedules.resume)(name)
        overview = bench.schedules.overview(name)
    emit(overview.model_dump(mode="json")) if as_json else _say_schedule(overview)


def remove(settings: Settings, name: str, *, as_json: bool) -> None:
    """Remove a schedule."""
    with _workbench(settings) as bench:
        removed = bench.schedules.remove(name)
    emit(removed.model_dump(mode="json")) if as_json else say(f"removed {removed.name}")


def run_now(settings: Settings, name: str, *, as_json: bool) -> int:
    """Run a schedule's request now and wait; return the exit status of the run."""
    served = handover.find(settings.workspace.root) is not None
    with _workbench(settings, start=not served) as bench:
        number = bench.schedules.run_now(name)
        if not served:
            waiting = bench.schedules.book.waiting(bench.schedules.clock())
            asked = next(each for each in waiting if each.number == number)
            bench.schedules.clockwork.start(asked, bench.schedules.clock())
        firing = _started(bench, name, number)
        record = _ended(bench, firing)
        if not served:
            bench.schedules.clockwork.ended(bench.engine.get(record["run"]))
    emit(record) if as_json else run.show(record, language=settings.language)
    return exit_status(record)


def _started(bench: Workbench, name: str, number: int) -> Firing:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        firing = next(each for each in bench.schedules.firings(name) if each.number == number)
        if firing.run:
            return firing
        if firing.state in {"skipped", "not_started"}:
            reason = (firing.error or {}).get("message") or "its last run still goes"
            raise Unavailable(f"schedule {name!r} did not start", given=reason)
        time.sleep(LOOK_S)
    raise Unavailable(f"schedule {name!r} did not start", given=f"nothing in {START_S:g} s")


def _ended(bench: Workbench, firing: Firing) -> dict[str, Any]:
    record = bench.engine.get(str(firing.run))
    while not record.ended:
        time.sleep(LOOK_S)
        record = bench.engine.get(record.run)
    return record.model_dump(mode="json")


@contextmanager
def _workbench(settings: Settings, *, start: bool = False) -> Iterator[Workbench]:
    """Open the workspace; nothing is started unless a run is to go right here."""
    bench = Workbench(settings, full=False)
    if start:
        bench.start(adopt=False)
    try:
        yield bench
    finally:
        bench.stop()


def _line(overview: Overview, language: str) -> dict[str, Any]:
    schedule = overview.schedule
    result = overview.result
    answer = (result.verdict or result.refusal) if result else None
    return {
        "schedule": schedule.name,
        "cron": schedule.cron,
        "zone": schedule.zone,
        "next": "paused" if schedule.paused else _moment(overview.upcoming[0] if overview.upcoming else None),
        "last": _last(overview),
        "answer": pick(answer.text, language) if answer else "",
    }


def _last(overview: Overview) -> str:
    if overview.problem:
        return "cannot start"
    if overview.going:
        return "running"
    return (overview.last.status or overview.last.state) if overview.last else ""


def _past(firing: Firing, zone: tzinfo) -> dict[str, Any]:
    return {
        "due": _moment(firing.due.astimezone(zone)),
        "cause": firing.cause,
        "state": firing.state,
        "run": firing.run or "",
        "status": firing.status or (firing.error or {}).get("message") or "",
        "missed": firing.missed or "",
    }


def _say_schedule(overview: Overview) -> None:
    schedule = overview.schedule
    say(f"{schedule.name}  {schedule.request.template}  {schedule.cron}  {schedule.zone}  {schedule.id}")
    if schedule.paused:
        say("  paused")
    for moment in overview.upcoming:
        say(f"  next {_moment(moment)}")
    if overview.problem:
        say(f"  ! cannot start: {overview.problem['message']}")
    if overview.last:
        due = overview.last.due.astimezone(schedule.times().zone)
        say(f"  last {_moment(due)}  {_last(overview)}  {overview.last.run or ''}".rstrip())
    if overview.missed or overview.skipped:
        say(f"  {overview.missed} times missed, {overview.skipped} skipped because the last run still went")


def _say_alive(alive: bool, seen: datetime | None) -> None:
    if not alive:
        since = f"last seen {_moment(seen)}" if seen else "never seen"
        note(f"nobody keeps these schedules ({since}): start `workbench serve`")


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}" if moment else "–"
