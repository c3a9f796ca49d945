"""The book of schedules: what is due, what was started, what came of it. Each step is durable first.

A firing goes ``due → starting → started → ended``. After a crash ``starting`` means that a run may exist: the
history of runs is asked, so that nothing is lost and nothing starts twice.
"""

import json
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from workbench.errors import unknown
from workbench.runs.history import RUNS
from workbench.runs.state import METADATA, State
from workbench.schedules.schedule import Firing, Schedule

SCHEDULES = sa.Table(
    "schedules",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("paused", sa.Boolean, nullable=False, default=False),
    sa.Column("next", sa.Float),  # seconds since 1970, so that clocks and zones do not matter to the order
    sa.Column("body", sa.Text, nullable=False),
)
FIRINGS = sa.Table(
    "firings",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("schedule", sa.String, nullable=False),
    sa.Column("cause", sa.String, nullable=False),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=0),
    sa.Column("missed", sa.Integer, nullable=False, default=0),
    sa.Column("retry_of", sa.String),
    sa.Column("run", sa.String),
    sa.Column("status", sa.String),
    sa.Column("error", sa.Text),
    sa.Index("ix_firings_schedule", "schedule", "number"),
    sa.Index("ix_firings_state", "state", "at"),
    sa.Index("ix_firings_run", "run"),
)
HEARTBEAT = sa.Table(
    "heartbeat", METADATA, sa.Column("name", sa.String, primary_key=True), sa.Column("at", sa.Float)
)
KEPT_BODY = {"id", "name", "paused", "next"}


class Book:
    """Reads and writes schedules and firings."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add(self, schedule: Schedule) -> None:
        """Keep a new schedule."""
        with self.state.begin() as connection:
            connection.execute(sa.insert(SCHEDULES).values(_row(schedule)))

    def change(self, schedule: Schedule) -> None:
        """Keep what has changed of a schedule; what waited for its old times is dropped."""
        with self.state.begin() as connection:
            statement = sa.update(SCHEDULES).where(SCHEDULES.c.id == schedule.id)
            connection.execute(statement.values(_row(schedule)))
            if schedule.paused:
                drop_waiting(connection, schedule.id)

    def remove(self, id: str) -> None:  # noqa: A002 - the word of the model
        """Forget a schedule; its runs stay."""
        with self.state.begin() as connection:
            connection.execute(sa.delete(SCHEDULES).where(SCHEDULES.c.id == id))
            connection.execute(sa.delete(FIRINGS).where(FIRINGS.c.schedule == id))

    def all(self) -> list[Schedule]:
        """Return all schedules by name."""
        with self.state.connect() as connection:
            return [_schedule(row) for row in connection.execute(sa.select(SCHEDULES).order_by("name"))]

    def get(self, handle: str) -> Schedule:
        """Return a schedule by its id or its name."""
        statement = sa.select(SCHEDULES).where((SCHEDULES.c.id == handle) | (SCHEDULES.c.name == handle))
        with self.state.connect() as connection:
            row = connection.execute(statement).first()
        if row is None:
            raise unknown("schedule", handle, [schedule.name for schedule in self.all()])
        return _schedule(row)

    def due(self, now: datetime) -> list[Schedule]:
        """Return the schedules whose time has come."""
        statement = sa.select(SCHEDULES).where(SCHEDULES.c.next <= now.timestamp(), ~SCHEDULES.c.paused)
        with self.state.connect() as connection:
            return [_schedule(row) for row in connection.execute(statement.order_by(SCHEDULES.c.next))]

    def claim(self, schedule: Schedule, firing: dict[str, Any], following: datetime | None) -> None:
        """Note that a schedule is due and when it is due next, in one transaction."""
        following_s = following.timestamp() if following else None
        taken = sa.func.abs(SCHEDULES.c.next - _seconds(schedule.next)) < 0.001  # a float went through a time
        same = (SCHEDULES.c.id == schedule.id) & taken
        with self.state.begin() as connection:
            moved = connection.execute(sa.update(SCHEDULES).where(same).values(next=following_s))
            if moved.rowcount == 1:  # else somebody changed it meanwhile
                connection.execute(sa.insert(FIRINGS).values(firing))

    def fire(self, firing: dict[str, Any]) -> int:
        """Note that a run is wanted."""
        with self.state.begin() as connection:
            return int(connection.execute(sa.insert(FIRINGS).values(firing)).lastrowid)

    def waiting(self, now: datetime) -> list[Firing]:
        """Return the firings that are to be started."""
        ready = (FIRINGS.c.state == "due") & (FIRINGS.c.at <= now.timestamp())
        return self.firings(sa.select(FIRINGS).where(ready).order_by(FIRINGS.c.number))

    def settle(self, number: int, **values: Any) -> None:
        """Note what came of a firing."""
        with self.state.begin() as connection:
            settle(connection, number, **values)

    def start(self, firing: Firing) -> None:
        """Note that a firing is being started; a retry that waited has become pointless."""
        with self.state.begin() as connection:
            statement = sa.update(FIRINGS).where(FIRINGS.c.number == firing.number)
            connection.execute(statement.values(state="starting"))
            drop_waiting(connection, firing.schedule, cause="retry")

    def half_started(self) -> list[Firing]:
        """Return what a crash left between its start and its run, with the run where there is one."""
        found = self.firings(sa.select(FIRINGS).where(FIRINGS.c.state == "starting"))
        known = sa.select(FIRINGS.c.run).where(FIRINGS.c.run.is_not(None))
        with self.state.connect() as connection:
            for firing in found:
                mine = (RUNS.c.schedule == firing.schedule) & RUNS.c.run.not_in(known)
                latest = sa.select(RUNS.c.run).where(mine).order_by(RUNS.c.number.desc()).limit(1)
                firing.run = connection.execute(latest).scalar()
        return found

    def going(self, schedule: str) -> str | None:
        """Return the run of a schedule that has not ended."""
        mine = (RUNS.c.schedule == schedule) & RUNS.c.status.in_(("queued", "running"))
        with self.state.connect() as connection:
            return connection.execute(sa.select(RUNS.c.run).where(mine).limit(1)).scalar()

    def firings(self, statement: Any) -> list[Firing]:
        """Return the firings that a statement selects."""
        with self.state.connect() as connection:
            return [_firing(row) for row in connection.execute(statement)]

    def last(self, schedule: str, limit: int) -> list[Firing]:
        """Return the latest firings of a schedule, newest first."""
        statement = sa.select(FIRINGS).where(FIRINGS.c.schedule == schedule)
        return self.firings(statement.order_by(FIRINGS.c.number.desc()).limit(limit))

    def counts(self, schedule: str) -> tuple[int, int]:
        """Return how many times were missed, and how many were skipped."""
        skipped = sa.func.count().filter(FIRINGS.c.state == "skipped")
        statement = sa.select(sa.func.coalesce(sa.func.sum(FIRINGS.c.missed), 0), skipped)
        with self.state.connect() as connection:
            missed, left_out = connection.execute(statement.where(FIRINGS.c.schedule == schedule)).one()
        return int(missed), int(left_out)

    def beat(self, now: datetime) -> None:
        """Note that the scheduler lives."""
        with self.state.begin() as connection:
            connection.execute(sa.delete(HEARTBEAT))
            connection.execute(sa.insert(HEARTBEAT).values(name="scheduler", at=now.timestamp()))

    def heartbeat(self) -> datetime | None:
        """Return when the scheduler was last seen alive."""
        with self.state.connect() as connection:
            found = connection.execute(sa.select(HEARTBEAT.c.at)).scalar()
        return None if found is None else moment(found)


def settle(connection: sa.Connection, number: int, **values: Any) -> None:
    """Note what came of a firing, as part of a transaction."""
    if values.get("error") is not None:
        values["error"] = json.dumps(values["error"], ensure_ascii=False)
    connection.execute(sa.update(FIRINGS).where(FIRINGS.c.number == number).values(values))


def drop_waiting(connection: sa.Connection, schedule: str, cause: str | None = None) -> None:
    """Forget what waits to be started."""
    waits = (FIRINGS.c.schedule == schedule) & (FIRINGS.c.state == "due")
    waits = waits & (FIRINGS.c.cause == cause) if cause else waits
    connection.execute(sa.delete(FIRINGS).where(waits))


def by_run(connection: sa.Connection, run: str) -> Firing | None:
    """Return the firing that started a run."""
    row = connection.execute(sa.select(FIRINGS).where(FIRINGS.c.run == run)).first()
    return _firing(row) if row else None


def schedule_of(connection: sa.Connection, id: str) -> Schedule | None:  # noqa: A002 - the word of the model
    """Return a schedule, if it still exists."""
    row = connection.execute(sa.select(SCHEDULES).where(SCHEDULES.c.id == id)).first()
    return _schedule(row) if row else None


def moment(seconds: float) -> datetime:
    """Return a time as people and programs read it."""
    return datetime.fromtimestamp(seconds, UTC)


def _seconds(when: datetime | None) -> float | None:
    return when.timestamp() if when else None


def _row(schedule: Schedule) -> dict[str, Any]:
    return {
        "id": schedule.id,
        "name": schedule.name,
        "paused": schedule.paused,
        "next": _seconds(schedule.next),
        "body": schedule.model_dump_json(exclude=KEPT_BODY),
    }


def _schedule(row: Any) -> Schedule:
    following = moment(row.next) if row.next is not None else None
    own = {"id": row.id, "name": row.name, "paused": row.paused, "next": following}
    return Schedule.model_validate(json.loads(row.body) | own)


def _firing(row: Any) -> Firing:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    values |= {"due": moment(row.due), "at": moment(row.at)}
    values["error"] = json.loads(row.error) if row.error else None
    return Firing.model_validate(values)
