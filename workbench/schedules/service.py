"""Schedules of a workspace: what every face calls, and the thread that keeps them going in a server.

Faces may write from any process: the thread looks into the book once a second, so a change made by the
command line takes effect in a running server without a word between them.
"""

import logging
import queue
import secrets
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from workbench.errors import Invalid, Refused, WorkbenchError
from workbench.runs.engine import Engine
from workbench.runs.record import RunRecord
from workbench.schedules import send
from workbench.schedules.alarms import Alarms
from workbench.schedules.book import Book
from workbench.schedules.channels import Channel, Channels, as_apprise, mask, service
from workbench.schedules.clockwork import Clockwork
from workbench.schedules.outbox import Outbox
from workbench.schedules.rules import Rule
from workbench.schedules.schedule import Firing, NewSchedule, Overview, Schedule, newest

LOG = logging.getLogger(__name__)
LOOK_S = 1.0
BEAT_S = 10.0
ALIVE = timedelta(seconds=3 * BEAT_S)
SHOWN_TIMES = 3


class Schedules:
    """The schedules, alarms and channels of one workspace."""

    def __init__(self, engine: Engine, *, clock: Callable[[], datetime] | None = None) -> None:
        self.engine = engine
        self.clock = clock or (lambda: datetime.now(UTC))
        self.book = Book(engine.state)
        self.alarms = Alarms(engine.state)
        self.channels = Channels(engine.workspace.root)
        self.outbox = Outbox(engine.state, self.channels, language=engine.settings.language, clock=self.clock)
        self.clockwork = Clockwork(engine, self.book, clock=self.clock)
        self.trouble = ""  # why the scheduler could not do its work the last time
        self._ended: queue.SimpleQueue[RunRecord | None] = queue.SimpleQueue()  # None: look again
        self._stopping = False
        self._thread: threading.Thread | None = None

    # --- in a server ------------------------------------------------------------------------------------

    def start(self) -> None:
        """Take up what an earlier process left, and keep the schedules going."""
        self._stopping = False
        self.engine.on_end.append(self._ended.put)
        self._thread = threading.Thread(target=self._loop, name="schedules", daemon=True)
        self._thread.start()
        self.outbox.start()

    def stop(self) -> None:
        """Stop; times that come meanwhile are caught up on once when the server is back."""
        if self._thread is None:
            return
        self.engine.on_end.remove(self._ended.put)
        self._stopping = True
        self._ended.put(None)
        self._thread.join()
        self._thread = None
        self.outbox.stop()

    def _loop(self) -> None:
        recovered, beaten = False, 0.0
        while not self._stopping:
            try:
                if not recovered:
                    self.clockwork.recover()
                    recovered = True
                self.clockwork.tick()
                now = self.clock()
                if now.timestamp() - beaten >= BEAT_S or now.timestamp() < beaten:
                    self.book.beat(now)
                    beaten = now.timestamp()
                self.trouble = ""
            except Exception as error:  # a thread that ends starts nothing any more
                self.trouble = str(error)
                LOG.exception("the scheduler could not do its work; trying again")
            self._wait()

    def _wait(self) -> None:
        """Wait for the end of a run, a second at most, and look at it."""
        try:
            record = self._ended.get(timeout=LOOK_S)
        except queue.Empty:
            return
        if record is None:
            return
        try:
            self.clockwork.ended(record)
            self.outbox.wake()
        except Exception:  # the run stays unjudged, and is looked at when the server starts again
            LOG.exception("the end of run %s could not be looked at", record.run)

    # --- schedules --------------------------------------------------------------------------------------

    def add(self, new: NewSchedule) -> Schedule:
        """Check and keep a schedule: it must be able to run now."""
        self._check(new)
        now = self.clock()
        schedule = Schedule(
            **new.model_dump(exclude={"id", "paused", "next", "created"}),
            id=f"schedule-{secrets.token_hex(4)}",
            next=new.times().next(now),
            created=now,
        )
        self.book.add(schedule)
        return schedule

    def edit(self, handle: str, new: NewSchedule) -> Schedule:
        """Change a schedule; its next time is counted from now."""
        kept = self.book.get(handle)
        self._check(new, kept.id)
        times = None if kept.paused else new.times().next(self.clock())
        changed = kept.model_copy(update={**dict(new), "next": times})
        self.book.change(changed)
        return changed

    def pause(self, handle: str) -> Schedule:
        """Stop starting runs; a run that goes is left alone."""
        return self._switch(handle, paused=True)

    def resume(self, handle: str) -> Schedule:
        """Start runs again, from the next time on: what passed in the pause is not caught up on."""
        return self._switch(handle, paused=False)

    def remove(self, handle: str) -> Schedule:
        """Forget a schedule with its alarm rules; its runs stay."""
        schedule = self.book.get(handle)
        self.alarms.remove_of(schedule.id)
        self.book.remove(schedule.id)
        return schedule

    def run_now(self, handle: str) -> int:
        """Ask for one run outside the times; return the number of the firing."""
        schedule = self.book.get(handle)
        going = self.book.going(schedule.id)
        if going:
            raise Refused(
                f"schedule {schedule.name!r}", given=f"run {going} still goes", hint="wait for its end"
            )
        number = self.clockwork.now(schedule)
        self._ended.put(None)
        return number

    def overviews(self) -> list[Overview]:
        """Return all schedules with what a list shows."""
        return [self.overview(schedule.id) for schedule in self.book.all()]

    def overview(self, handle: str) -> Overview:
        """Return a schedule with its next times, its last firing and why it could not start now."""
        schedule = self.book.get(handle)
        firings = self.book.last(schedule.id, 20)
        ended = next((firing for firing in firings if firing.state == "ended" and firing.run), None)
        missed, skipped = self.book.counts(schedule.id)
        return Overview(
            schedule=schedule,
            upcoming=[] if schedule.paused else schedule.times().upcoming(self.clock(), SHOWN_TIMES),
            going=self.book.going(schedule.id),
            last=next((firing for firing in firings if firing.state not in {"due", "starting"}), None),
            result=self.engine.get(ended.run) if ended and ended.run else None,
            missed=missed,
            skipped=skipped,
            problem=self._problem(schedule),
        )

    def firings(self, handle: str, limit: int = 50) -> list[Firing]:
        """Return what came of a schedule's times, newest first."""
        return self.book.last(self.book.get(handle).id, limit)

    def heartbeat(self) -> tuple[datetime | None, bool]:
        """Return when the scheduler was last seen, and whether it lives."""
        seen = self.book.heartbeat()
        return seen, seen is not None and abs(self.clock() - seen) < ALIVE

    def _switch(self, handle: str, *, paused: bool) -> Schedule:
        schedule = self.book.get(handle)
        if schedule.paused == paused:
            return schedule
        following = None if paused else schedule.times().next(self.clock())
        changed = schedule.model_copy(update={"paused": paused, "next": following})
        self.book.change(changed)
        return changed

    def _check(self, new: NewSchedule, id: str | None = None) -> None:  # noqa: A002
        new.times()
        if any(other.name == new.name and other.id != id for other in self.book.all()):
            raise Invalid("schedule", given=repr(new.name), expected="a name that no other schedule has")
        self.engine.prepare(newest(new.request, "", None))

    def _problem(self, schedule: Schedule) -> dict[str, Any] | None:
        try:
            self.engine.prepare(newest(schedule.request, schedule.id, None))
        except WorkbenchError as error:
            return error.record()
        return None

    # --- rules and channels -----------------------------------------------------------------------------

    def save_rule(self, rule: Rule) -> Rule:
        """Check and keep an alarm rule."""
        if rule.schedule:
            rule = rule.model_copy(update={"schedule": self.book.get(rule.schedule).id})
        if rule.template:
            self.engine.library.get(rule.template)
        self.channels.known(rule.channels)
        return self.alarms.save(rule.checked())

    def save_channel(self, name: str, url: str) -> Channel:
        """Check and keep a channel."""
        address = as_apprise(url)
        send.check(address)
        self.channels.save(name, address)
        return Channel(name=name.strip(), address=mask(address), service=service(address))
