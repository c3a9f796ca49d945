"""What happens when: a time comes, a run ends, a process died in between. One step at a time, in one thread.

Every method may be interrupted by ``kill -9`` at any line; ``recover`` and ``tick`` go on from the book.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from workbench.errors import RunFailed, Unavailable, WorkbenchError
from workbench.runs.engine import Engine
from workbench.runs.record import RunError, RunRecord, TemplateUsed
from workbench.schedules import alarms
from workbench.schedules.alarms import Alarms
from workbench.schedules.book import FIRINGS, Book, by_run, schedule_of, settle
from workbench.schedules.rules import NOT_STARTED
from workbench.schedules.schedule import RETRIED, Firing, Schedule, backoff, newest

LOG = logging.getLogger(__name__)
LATE = timedelta(seconds=90)  # from here on a time has been missed: its run is a catch-up
TRY_AGAIN = timedelta(seconds=30)  # when the engine or the disk is not there


class Clockwork:
    """Moves schedules on."""

    def __init__(self, engine: Engine, book: Book, *, clock: Callable[[], datetime]) -> None:
        self.engine, self.book, self.clock = engine, book, clock
        self.state = engine.state
        self.alarms = Alarms(engine.state)

    def recover(self) -> None:
        """Take up what a crash left: firings half started, runs nobody has looked at."""
        for firing in self.book.half_started():
            state = "started" if firing.run else "due"
            self.book.settle(firing.number, state=state, run=firing.run)
        for run in self.alarms.unjudged():
            self.ended(self.engine.get(run))

    def tick(self) -> None:
        """Note every time that has come, then start what is to be started."""
        now = self.clock()
        for schedule in self.book.due(now):
            self._claim(schedule, now)
        for firing in self.book.waiting(now):
            self.start(firing, now)

    def _claim(self, schedule: Schedule, now: datetime) -> None:
        """Turn all times that have come since the last look into one firing."""
        assert schedule.next is not None  # noqa: S101 - `due` asks for it
        last, before = schedule.times().due(schedule.next, now)
        late = now - last > LATE
        missed = before + 1 if late else before
        cause = "catch_up" if missed else "clock"
        firing = self._new(schedule.id, cause, now, due=last) | {"missed": missed}
        self.book.claim(schedule, firing, schedule.times().next(now))

    def _new(self, schedule: str, cause: str, at: datetime, due: datetime) -> dict[str, Any]:
        seconds = {"due": due.timestamp(), "at": at.timestamp()}
        return {"schedule": schedule, "cause": cause, "state": "due", **seconds}

    def now(self, schedule: Schedule) -> int:
        """Ask for a run outside the times; return the number of the firing."""
        at = self.clock()
        return self.book.fire(self._new(schedule.id, "now", at, at))

    def start(self, firing: Firing, now: datetime) -> None:
        """Start the run of a firing, or say why there is none."""
        try:
            schedule = self.book.get(firing.schedule)
        except LookupError:
            return  # removed a moment ago, and its firings with it
        if self.book.going(firing.schedule):
            self.book.settle(firing.number, state="skipped")
            return
        self.book.start(firing)
        try:
            run = self.engine.submit(newest(schedule.request, schedule.id, firing.retry_of))
        except Unavailable as error:
            LOG.warning("schedule %s waits: %s", schedule.name, error)
            self.book.settle(
                firing.number, state="due", at=(now + TRY_AGAIN).timestamp(), error=error.record()
            )
        except WorkbenchError as error:
            self._not_started(schedule, firing, error)
        except Exception as error:  # whatever it is, the schedule says so and goes on
            LOG.exception("schedule %s could not start its run", schedule.name)
            self._not_started(schedule, firing, RunFailed(f"{type(error).__name__}: {error}"))
        else:
            self.book.settle(firing.number, state="started", run=run, error=None)

    def _not_started(self, schedule: Schedule, firing: Firing, error: WorkbenchError) -> None:
        """Say that a run could not even begin, where people look and to the alarm rules."""
        message = RunError(code=error.code, message=str(error))
        template = TemplateUsed(id=schedule.request.template, title=schedule.name)
        record = RunRecord(run="", status="failed", template=template, schedule=schedule.id, error=message)
        # Not a state of a run, for there is none: rules on the state see it and no others.
        record = record.model_copy(update={"status": NOT_STARTED})
        with self.state.begin() as connection:
            settle(connection, firing.number, state="not_started", error=error.record())
            rules = alarms.rules_for(connection, record)
            alarms.judge(connection, record, rules, labels={}, now=self.clock())

    def ended(self, record: RunRecord) -> None:
        """Look at a run that has ended: its firing, a retry, the alarm rules; all or nothing, and once."""
        labels = alarms.labels_of(self.engine.library, record.template.id)
        with self.state.begin() as connection:
            if not alarms.judge_once(connection, record.run):
                return
            rules = alarms.rules_for(connection, record)
            alarms.judge(connection, record, rules, labels=labels, now=self.clock())
            if record.schedule:
                self._close(connection, record, record.schedule)

    def _close(self, connection: sa.Connection, record: RunRecord, id: str) -> None:  # noqa: A002
        firing = by_run(connection, record.run)
        schedule = schedule_of(connection, id)
        if firing is None:
            return
        settle(connection, firing.number, state="ended", status=record.status)
        again = record.status in RETRIED and schedule is not None and not schedule.paused
        if again and schedule is not None and firing.attempt < schedule.retries:
            attempt = firing.attempt + 1
            at = self.clock() + timedelta(seconds=backoff(schedule, attempt))
            retry = self._new(id, "retry", at, due=firing.due)
            retry |= {"attempt": attempt, "retry_of": record.run}
            connection.execute(sa.insert(FIRINGS).values(retry))
