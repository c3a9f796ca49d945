"""Alarms: rules, how each stands, and the log of every change. What a run changes is one transaction."""

import json
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

import pyarrow.parquet as pq
import sqlalchemy as sa
from pydantic import BaseModel

from workbench.errors import Invalid, unknown
from workbench.runs.history import RUNS
from workbench.runs.record import ENDED, RunRecord
from workbench.runs.state import METADATA, State
from workbench.schedules.book import moment
from workbench.schedules.message import compose
from workbench.schedules.outbox import put
from workbench.schedules.quiet import quiet_until
from workbench.schedules.rules import Reading, Rule, Standing, decide, read
from workbench.templates.library import Library

RULES = sa.Table(
    "alarm_rules",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("schedule", sa.String),
    sa.Column("template", sa.String),
    sa.Column("after", sa.Integer, nullable=False),  # runs up to this number were there before the rule
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("standing", sa.Text, nullable=False),
)
EVENTS = sa.Table(
    "alarm_events",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("rule", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("change", sa.String, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("run", sa.String),
    sa.Column("reading", sa.Text),
    sa.Column("by", sa.String),
    sa.Index("ix_alarm_events_rule", "rule", "number"),
)
# Runs that were looked at: what a crash left out is found by what is missing here.
JUDGED = sa.Table("judged_runs", METADATA, sa.Column("run", sa.String, primary_key=True))

Labels = dict[str, Any]


class Event(BaseModel):
    """One change of one alarm, for good."""

    number: int
    rule: str
    name: str
    change: Literal["raised", "again", "cleared", "acknowledged"]
    at: datetime
    run: str | None = None
    reading: Reading | None = None
    by: str | None = None


class Alarm(BaseModel):
    """A rule and how it stands."""

    rule: Rule
    standing: Standing
    last: Event | None = None  # the last change that a run made


class Alarms:
    """Reads and writes rules and what became of them."""

    def __init__(self, state: State) -> None:
        self.state = state

    def all(self, schedule: str | None = None) -> list[Alarm]:
        """Return all alarms: what is raised first, then by name."""
        statement = sa.select(RULES).order_by(RULES.c.name)
        if schedule:
            statement = statement.where(RULES.c.schedule == schedule)
        with self.state.connect() as connection:
            found = [_alarm(connection, row) for row in connection.execute(statement).all()]
        return sorted(found, key=lambda alarm: (not alarm.standing.raised, bool(alarm.standing.acknowledged)))

    def get(self, handle: str) -> Alarm:
        """Return an alarm by the id or the name of its rule."""
        statement = sa.select(RULES).where((RULES.c.id == handle) | (RULES.c.name == handle))
        with self.state.connect() as connection:
            row = connection.execute(statement).first()
            if row is not None:
                return _alarm(connection, row)
        raise unknown("alarm rule", handle, [alarm.rule.name for alarm in self.all()])

    def save(self, rule: Rule) -> Rule:
        """Keep a checked rule; a changed one starts afresh, for it means something else now."""
        rule = rule if rule.id else rule.model_copy(update={"id": f"rule-{secrets.token_hex(4)}"})
        with self.state.begin() as connection:
            same = (RULES.c.name == rule.name) & (RULES.c.id != rule.id)
            if connection.execute(sa.select(RULES.c.id).where(same)).first():
                raise Invalid("alarm rule", given=repr(rule.name), expected="a name that no other rule has")
            connection.execute(sa.delete(RULES).where(RULES.c.id == rule.id))
            newest = connection.execute(sa.select(sa.func.max(RUNS.c.number))).scalar() or 0
            row = {"id": rule.id, "name": rule.name, "schedule": rule.schedule, "template": rule.template}
            body, standing = rule.model_dump_json(), Standing().model_dump_json()
            connection.execute(
                sa.insert(RULES).values(row | {"after": newest, "body": body, "standing": standing})
            )
        return rule

    def remove(self, handle: str) -> None:
        """Forget a rule; its log stays."""
        rule = self.get(handle).rule
        with self.state.begin() as connection:
            connection.execute(sa.delete(RULES).where(RULES.c.id == rule.id))

    def remove_of(self, schedule: str) -> None:
        """Forget the rules of a schedule that is removed."""
        with self.state.begin() as connection:
            connection.execute(sa.delete(RULES).where(RULES.c.schedule == schedule))

    def acknowledge(self, handle: str, *, by: str, now: datetime | None = None) -> Alarm:
        """Note that somebody has seen a raised alarm; it is not told again until it clears."""
        alarm, now = self.get(handle), now or datetime.now(UTC)
        if not alarm.standing.raised or alarm.standing.acknowledged:
            return alarm
        standing = alarm.standing.model_copy(update={"acknowledged": now, "acknowledged_by": by})
        unchanged = RULES.c.standing == alarm.standing.model_dump_json()
        with self.state.begin() as connection:
            if _stand(connection, alarm.rule, standing, unchanged):  # else a run has changed it meanwhile
                _log(connection, alarm.rule, "acknowledged", at=now, by=by)
        return self.get(alarm.rule.id)

    def events(self, limit: int = 100, rule: str | None = None) -> list[Event]:
        """Return the log, newest first."""
        statement = sa.select(EVENTS).order_by(EVENTS.c.number.desc()).limit(limit)
        statement = statement.where(EVENTS.c.rule == rule) if rule else statement
        with self.state.connect() as connection:
            return [_event(row) for row in connection.execute(statement)]

    def unjudged(self) -> list[str]:
        """Return the runs of schedules and rules that ended but were not looked at, oldest first."""
        concerns = RUNS.c.schedule.is_not(None) | RUNS.c.template.in_(
            sa.select(RULES.c.template).where(RULES.c.template.is_not(None))
        )
        since = sa.select(sa.func.min(RULES.c.after)).scalar_subquery()
        wanted = RUNS.c.schedule.is_not(None) | (RUNS.c.number > since)
        seen = sa.exists().where(JUDGED.c.run == RUNS.c.run)
        statement = sa.select(RUNS.c.run).where(RUNS.c.status.in_(ENDED), concerns, wanted, ~seen)
        with self.state.connect() as connection:
            return list(connection.execute(statement.order_by(RUNS.c.number)).scalars())


def judge_once(connection: sa.Connection, run: str) -> bool:
    """Mark a run as looked at; False when it was already.

    Writing first takes the database's write lock: what is read after it in this transaction stays true.
    """
    return connection.execute(sa.insert(JUDGED).prefix_with("OR IGNORE").values(run=run)).rowcount == 1


def rules_for(connection: sa.Connection, record: RunRecord) -> list[tuple[Rule, Standing]]:
    """Return the rules that look at a run, with how they stand."""
    number = connection.execute(sa.select(RUNS.c.number).where(RUNS.c.run == record.run)).scalar()
    mine = RULES.c.template == record.template.id
    if record.schedule:
        mine = mine | (RULES.c.schedule == record.schedule)
    statement = sa.select(RULES).where(mine)
    if number is not None:
        statement = statement.where(RULES.c.after < number)
    return [(_rule(row), Standing.model_validate_json(row.standing)) for row in connection.execute(statement)]


def judge(
    connection: sa.Connection,
    record: RunRecord,
    rules: Iterable[tuple[Rule, Standing]],
    *,
    labels: Labels,
    now: datetime,
) -> list[Event]:
    """Look at a run with each rule; note and put into the outbox what has changed."""
    changed = []
    for rule, before in rules:
        rows = _rows(record, rule.on) if rule.kind == "rows" else None
        reading = read(rule, record, rows)
        standing, change = decide(rule, before, reading, now=now)
        if standing != before:
            _stand(connection, rule, standing)
        if change is None:
            continue
        changed.append(_log(connection, rule, change, at=now, run=record.run or None, reading=reading))
        message = compose(rule, change, reading, record=record, labels=labels, now=now)
        link = (
            f"/app?template={quote(record.template.id)}&run={quote(record.run)}"
            if record.run
            else "/schedules"
        )
        until = quiet_until(rule.quiet, rule.zone, now)
        for channel in rule.channels:
            put(connection, channel, message, now=now, rule=rule.id, link=link, until=until)
    return changed


def labels_of(library: Library, template: str) -> Labels:
    """Return what a template calls its results; nothing when it is gone."""
    try:
        return dict(library.get(template).labels())
    except (LookupError, ValueError):
        return {}


def _rows(record: RunRecord, table: str) -> int | None:
    path = record.tables.get(table)
    if path is None or not Path(path).is_file():
        return None
    return int(pq.read_metadata(path).num_rows)


def _stand(connection: sa.Connection, rule: Rule, standing: Standing, *where: Any) -> bool:
    statement = sa.update(RULES).where(RULES.c.id == rule.id, *where)
    return connection.execute(statement.values(standing=standing.model_dump_json())).rowcount == 1


def _log(connection: sa.Connection, rule: Rule, change: str, *, at: datetime, **facts: Any) -> Event:
    if facts.get("reading") is not None:
        facts["reading"] = facts["reading"].model_dump_json()
    values = {"rule": rule.id, "name": rule.name, "change": change, "at": at.timestamp(), **facts}
    number = connection.execute(sa.insert(EVENTS).values(values)).lastrowid
    return _event(connection.execute(sa.select(EVENTS).where(EVENTS.c.number == number)).one())


def _event(row: Any) -> Event:
    values = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    reading = json.loads(row.reading) if row.reading else None
    return Event.model_validate(values | {"at": moment(row.at), "reading": reading})


def _rule(row: Any) -> Rule:
    return Rule.model_validate_json(row.body)


def _alarm(connection: sa.Connection, row: Any) -> Alarm:
    made = (EVENTS.c.rule == row.id) & (EVENTS.c.change != "acknowledged")
    statement = sa.select(EVENTS).where(made).order_by(EVENTS.c.number.desc()).limit(1)
    last = connection.execute(statement).first()
    return Alarm(
        rule=_rule(row),
        standing=Standing.model_validate_json(row.standing),
        last=_event(last) if last else None,
    )
