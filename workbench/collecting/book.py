"""The book of connectors: what is to be collected, its encrypted credentials, how it stands, and its gaps.

What is written here takes effect in the running server within a second.
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from workbench.collecting.model import Kept, Status
from workbench.connectors.protocol import Gap
from workbench.errors import unknown
from workbench.runs.state import METADATA, State

CONNECTORS = sa.Table(
    "connectors",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String, nullable=False, unique=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False, default=""),
)
STATUS = sa.Table(
    "connector_status",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
GAPS = sa.Table(
    "connector_gaps",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("begin", sa.Float, primary_key=True),
    sa.Column("end", sa.Float, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
)


class Book:
    """Reads and writes connectors."""

    def __init__(self, state: State) -> None:
        self.state = state

    def all(self) -> list[Kept]:
        """Return all connectors by name."""
        with self.state.connect() as connection:
            rows = connection.execute(sa.select(CONNECTORS.c.body).order_by("name")).scalars()
            return [Kept.model_validate_json(body) for body in rows]

    def get(self, handle: str) -> Kept:
        """Return a connector by its name or id."""
        known = self.all()
        for kept in known:
            if handle in {kept.id, kept.name}:
                return kept
        raise unknown("connector", handle, [kept.name for kept in known])

    def sealed(self, id: str) -> str:  # noqa: A002 - the word of the model
        """Return the encrypted credentials of a connector."""
        with self.state.connect() as connection:
            query = sa.select(CONNECTORS.c.sealed).where(CONNECTORS.c.id == id)
            return str(connection.execute(query).scalar() or "")

    def save(self, kept: Kept, sealed: str | None = None) -> None:
        """Keep a connector; ``sealed`` replaces its credentials."""
        values: dict[str, Any] = {"id": kept.id, "name": kept.name, "body": kept.model_dump_json()}
        if sealed is not None:
            values["sealed"] = sealed
        with self.state.begin() as connection:
            update = sa.update(CONNECTORS).where(CONNECTORS.c.id == kept.id).values(values)
            if connection.execute(update).rowcount == 0:
                connection.execute(sa.insert(CONNECTORS).values({"sealed": "", **values}))

    def remove(self, id: str) -> None:  # noqa: A002
        """Forget a connector with its credentials; its table stays."""
        with self.state.begin() as connection:
            for table in (CONNECTORS, STATUS, GAPS):
                connection.execute(sa.delete(table).where(table.c.id == id))

    def status(self, id: str) -> tuple[Status, datetime | None]:  # noqa: A002
        """Return how a connector stood when its server last said so, and when that was."""
        with self.state.connect() as connection:
            row = connection.execute(sa.select(STATUS).where(STATUS.c.id == id)).one_or_none()
        if row is None:
            return Status(), None
        return Status.model_validate_json(row.body), datetime.fromtimestamp(row.at, UTC)

    def tell(self, statuses: dict[str, Status]) -> None:
        """Keep how connectors stand now."""
        at = datetime.now(UTC).timestamp()
        with self.state.begin() as connection:
            for id_, status in statuses.items():
                values = {"id": id_, "body": status.model_dump_json(), "at": at}
                update = sa.update(STATUS).where(STATUS.c.id == id_).values(values)
                if connection.execute(update).rowcount == 0:
                    connection.execute(sa.insert(STATUS).values(values))

    def gaps(self, id: str, limit: int = 50) -> list[Gap]:  # noqa: A002
        """Return the gaps of a connector, newest first."""
        query = sa.select(GAPS).where(GAPS.c.id == id).order_by(GAPS.c.begin.desc()).limit(limit)
        with self.state.connect() as connection:
            return [
                Gap(begin=_moment(row.begin), end=_moment(row.end), why=row.why)
                for row in connection.execute(query)
            ]

    def add_gaps(self, id: str, gaps: list[Gap]) -> None:  # noqa: A002
        """Keep gaps; one with the same begin is the same gap, which may have grown."""
        with self.state.begin() as connection:
            for gap in gaps:
                begin, end = gap.begin.timestamp(), gap.end.timestamp()
                same = (GAPS.c.id == id) & (GAPS.c.begin == begin)
                values = {"id": id, "begin": begin, "end": end, "why": gap.why}
                if connection.execute(sa.update(GAPS).where(same).values(values)).rowcount == 0:
                    connection.execute(sa.insert(GAPS).values(values))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
