"""The book of competitions in the state database: what is published, teams, entries, announcements.

Each change is one transaction, and an entry changes hands only from the state in which it was read: what a
killed process leaves is a state that somebody can go on from.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from workbench.competitions.entry import GOING, OPEN, Entry
from workbench.errors import unknown
from workbench.runs.state import METADATA, State

COMPETITIONS = sa.Table(
    "competitions",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("published", sa.Float, nullable=False),
    sa.Column("archived", sa.Float),
    sa.Column("phase", sa.String),  # the last phase whose begin was seen to
)
TEAMS = sa.Table(
    "competition_teams",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("competition", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("members", sa.Text, nullable=False, default=""),
    sa.Column("token", sa.String, nullable=False),  # a digest: the token itself is shown once
    sa.Column("joined", sa.Float, nullable=False),
    sa.Column("disqualified", sa.Text),
    sa.UniqueConstraint("competition", "name"),
)
ENTRIES = sa.Table(
    "competition_entries",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("entry", sa.String, nullable=False, unique=True),
    sa.Column("competition", sa.String, nullable=False),
    sa.Column("version", sa.String, nullable=False),
    sa.Column("phase", sa.String, nullable=False),
    sa.Column("team", sa.String, nullable=False),
    sa.Column("name", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("submitted", sa.Float, nullable=False),
    sa.Column("started", sa.Float),
    sa.Column("ended", sa.Float),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("counts", sa.Boolean, nullable=False, default=True),
    sa.Column("chosen", sa.Boolean, nullable=False, default=False),
    sa.Column("cancel", sa.Boolean, nullable=False, default=False),
    sa.Column("disqualified", sa.Text),
    sa.Column("origin", sa.String, nullable=False),
    sa.Column("source", sa.String),
    sa.Column("body", sa.Text, nullable=False, default="{}"),
    sa.Index("ix_competition_entries_team", "competition", "team"),
    sa.Index("ix_competition_entries_status", "status", "number"),
)
ANNOUNCEMENTS = sa.Table(
    "competition_announcements",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("competition", sa.String, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
)
CERTIFICATES = sa.Table(
    "competition_certificates",
    METADATA,
    sa.Column("code", sa.String, primary_key=True),
    sa.Column("competition", sa.String, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("facts", sa.Text, nullable=False),
    sa.UniqueConstraint("competition", "facts"),
)
TIMES = ("submitted", "started", "ended")
BODY = ("reason", "public", "private", "seconds", "memory_mb", "code_print", "answer_print")


class Book:
    """Reads and writes the book."""

    def __init__(self, state: State) -> None:
        self.state = state

    # --- competitions -----------------------------------------------------------------------------------

    def publish(self, id: str, version: str, now: datetime) -> None:  # noqa: A002 - the word of the contract
        """Note which version of a competition counts."""
        at = now.timestamp()
        with self.state.begin() as connection:
            kept = connection.execute(sa.select(COMPETITIONS.c.id).where(COMPETITIONS.c.id == id)).first()
            if kept is None:
                connection.execute(sa.insert(COMPETITIONS).values(id=id, version=version, published=at))
            else:
                statement = sa.update(COMPETITIONS).where(COMPETITIONS.c.id == id)
                connection.execute(statement.values(version=version, archived=None))

    def competitions(self) -> list[Any]:
        """Return the rows of all competitions."""
        with self.state.connect() as connection:
            return list(connection.execute(sa.select(COMPETITIONS).order_by("id")))

    def competition(self, id: str) -> Any:  # noqa: A002
        """Return the row of a competition."""
        with self.state.connect() as connection:
            row = connection.execute(sa.select(COMPETITIONS).where(COMPETITIONS.c.id == id)).first()
        if row is None:
            raise unknown("competition", id, [each.id for each in self.competitions()])
        return row

    def change_competition(self, id: str, **values: Any) -> None:  # noqa: A002
        """Note what has changed of a competition."""
        with self.state.begin() as connection:
            connection.execute(sa.update(COMPETITIONS).where(COMPETITIONS.c.id == id).values(values))

    def announce(self, competition: str, text: dict[str, str], now: datetime) -> None:
        """Keep an announcement."""
        row = {
            "competition": competition,
            "at": now.timestamp(),
            "text": json.dumps(text, ensure_ascii=False),
        }
        with self.state.begin() as connection:
            connection.execute(sa.insert(ANNOUNCEMENTS).values(row))

    def announcements(self, competition: str) -> list[tuple[datetime, dict[str, str]]]:
        """Return the announcements of a competition, newest first."""
        statement = sa.select(ANNOUNCEMENTS).where(ANNOUNCEMENTS.c.competition == competition)
        with self.state.connect() as connection:
            rows = list(connection.execute(statement.order_by(ANNOUNCEMENTS.c.number.desc())))
        return [(_moment(row.at), dict(json.loads(row.text))) for row in rows]

    def certify(self, competition: str, facts: str, *, code: str, now: datetime) -> tuple[str, datetime]:
        """Keep what a certificate says, once; return the code and the time under which it is kept."""
        row = {"code": code, "competition": competition, "at": now.timestamp(), "facts": facts}
        same = (CERTIFICATES.c.competition == competition) & (CERTIFICATES.c.facts == facts)
        with self.state.begin() as connection:
            connection.execute(sa.update(CERTIFICATES).where(CERTIFICATES.c.code == "").values(at=0.0))
            kept = connection.execute(sa.select(CERTIFICATES).where(same)).first()
            if kept is None:
                connection.execute(sa.insert(CERTIFICATES).values(row))
        return (code, _moment(now.timestamp())) if kept is None else (kept.code, _moment(kept.at))

    def certified(self, code: str) -> tuple[str, datetime] | None:
        """Return what the certificate of a code says, and since when; None when there is none."""
        with self.state.connect() as connection:
            row = connection.execute(sa.select(CERTIFICATES).where(CERTIFICATES.c.code == code)).first()
        return None if row is None else (row.facts, _moment(row.at))

    # --- teams ------------------------------------------------------------------------------------------

    def teams(self, competition: str) -> list[Any]:
        """Return the rows of all teams, in the order in which they joined."""
        statement = sa.select(TEAMS).where(TEAMS.c.competition == competition).order_by("joined")
        with self.state.connect() as connection:
            return list(connection.execute(statement))

    def add_team(self, row: dict[str, Any], limit: int) -> bool:
        """Keep a team unless its name is taken or there are as many as may be; one transaction."""
        mine = TEAMS.c.competition == row["competition"]
        with self.state.begin() as connection:
            connection.execute(sa.update(TEAMS).where(TEAMS.c.id == "").values(name=""))  # the write lock
            count = connection.execute(sa.select(sa.func.count()).select_from(TEAMS).where(mine)).scalar_one()
            same = connection.execute(sa.select(TEAMS.c.id).where(mine, TEAMS.c.name == row["name"])).first()
            if same is not None or count >= limit:
                return False
            connection.execute(sa.insert(TEAMS).values(row))
        return True

    def change_team(self, team: str, **values: Any) -> None:
        """Note what has changed of a team."""
        with self.state.begin() as connection:
            connection.execute(sa.update(TEAMS).where(TEAMS.c.id == team).values(values))

    # --- entries ----------------------------------------------------------------------------------------

    def add_entry(self, row: dict[str, Any], *, since: datetime, per_day: int, total: int) -> str | None:
        """Queue an entry unless the team's quota is spent; return which limit it is: one transaction."""
        with self.state.begin() as connection:
            connection.execute(sa.update(ENTRIES).where(ENTRIES.c.number < 0).values(cancel=False))
            today, used = spent(connection, row["competition"], row["team"], row["phase"], since)
            if row["counts"] and used >= total:
                return "total"
            if row["counts"] and today >= per_day:
                return "day"
            connection.execute(sa.insert(ENTRIES).values(row))
        return None

    def spent(self, competition: str, team: str, phase: str, since: datetime) -> tuple[int, int]:
        """Return how many submissions a team has used since a time, and in the phase as a whole."""
        with self.state.connect() as connection:
            return spent(connection, competition, team, phase, since)

    def entry(self, handle: str) -> Entry:
        """Return an entry by its name."""
        found = self._entries(sa.select(ENTRIES).where(ENTRIES.c.entry == handle))
        if not found:
            raise unknown("entry", handle, [])
        return found[0]

    def entries(self, competition: str, *, team: str | None = None, phase: str | None = None) -> list[Entry]:
        """Return the entries of a competition, newest first."""
        statement = sa.select(ENTRIES).where(ENTRIES.c.competition == competition)
        if team is not None:
            statement = statement.where(ENTRIES.c.team == team)
        if phase is not None:
            statement = statement.where(ENTRIES.c.phase == phase)
        return self._entries(statement.order_by(ENTRIES.c.number.desc()))

    def open_entries(self) -> list[Entry]:
        """Return everything that waits or goes, oldest first."""
        return self._entries(sa.select(ENTRIES).where(ENTRIES.c.status.in_(OPEN)).order_by("number"))

    def claim(self, entry: str, now: datetime) -> bool:
        """Take an entry out of the queue; False when somebody else did, or it was cancelled."""
        return self._moved(
            entry,
            ("queued",),
            status="running",
            started=now.timestamp(),
            attempts=ENTRIES.c.attempts + 1,
        )

    def to_scoring(self, entry: str) -> bool:
        """Note that the box is gone and the predictions are being scored."""
        return self._moved(entry, ("running",), status="scoring")

    def back_to_queue(self, entry: str) -> bool:
        """Let an entry run again whose process is gone."""
        return self._moved(entry, tuple(GOING), status="queued", started=None)

    def cancel_waiting(self, entry: str, now: datetime, body: dict[str, Any]) -> bool:
        """Cancel an entry that has not started, and give its submission back."""
        ended = {"status": "cancelled", "ended": now.timestamp(), "counts": False, "cancel": True}
        return self._moved(entry, ("queued",), body=json.dumps(body), **ended)

    def finish(self, entry: str, now: datetime, body: dict[str, Any], **values: Any) -> bool:
        """Note how an entry ended, once."""
        return self._moved(entry, tuple(OPEN), ended=now.timestamp(), body=json.dumps(body), **values)

    def again(self, entry: str, version: str) -> bool:
        """Queue an entry that has ended once more; its submission is not counted twice."""
        states = ("scored", "failed", "timed_out", "over_limit", "refused", "lost")
        return self._moved(
            entry,
            states,
            status="queued",
            version=version,
            attempts=0,
            started=None,
            ended=None,
            cancel=False,
        )

    def change_entry(self, entry: str, **values: Any) -> None:
        """Note what people decided about an entry."""
        with self.state.begin() as connection:
            connection.execute(sa.update(ENTRIES).where(ENTRIES.c.entry == entry).values(values))

    def choose(self, entry: Entry) -> None:
        """Let one entry of a team count, and no other of its phase."""
        mine = (ENTRIES.c.competition == entry.competition) & (ENTRIES.c.team == entry.team)
        mine &= ENTRIES.c.phase == entry.phase
        with self.state.begin() as connection:
            connection.execute(sa.update(ENTRIES).where(mine).values(chosen=ENTRIES.c.entry == entry.entry))

    def _moved(self, entry: str, states: Sequence[str], **values: Any) -> bool:
        here = (ENTRIES.c.entry == entry) & ENTRIES.c.status.in_(states)
        with self.state.begin() as connection:
            return connection.execute(sa.update(ENTRIES).where(here).values(values)).rowcount == 1

    def _entries(self, statement: Any) -> list[Entry]:
        with self.state.connect() as connection:
            return [_entry(row) for row in connection.execute(statement)]


def spent(
    connection: sa.Connection, competition: str, team: str, phase: str, since: datetime
) -> tuple[int, int]:
    """Return how many submissions count against a team's day and against the phase."""
    mine = (ENTRIES.c.competition == competition) & (ENTRIES.c.team == team) & ENTRIES.c.counts
    mine &= ENTRIES.c.phase == phase
    today = sa.func.coalesce(sa.func.sum(sa.case((ENTRIES.c.submitted >= since.timestamp(), 1), else_=0)), 0)
    row = connection.execute(sa.select(today, sa.func.count()).select_from(ENTRIES).where(mine)).one()
    return int(row[0]), int(row[1])


def _entry(row: Any) -> Entry:
    given = dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it
    body = json.loads(given.pop("body") or "{}")
    for name in TIMES:
        given[name] = _moment(given[name]) if given[name] is not None else None
    return Entry(**given, **{name: body[name] for name in BODY if name in body})


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
