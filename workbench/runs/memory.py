"""Which columns were confirmed for which role of which table, kept in the state database.

A mapping belongs to the table and the role, whatever template asked: the next template, a schedule, a sweep
and the command line find it. What it means for a table that has changed is for ``tables.remembered``.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

import sqlalchemy as sa

from workbench.runs.state import METADATA, State
from workbench.tables.remembered import Kept
from workbench.tables.suspicion import Spread

CONFIRMED = sa.Table(
    "confirmed_columns",
    METADATA,
    sa.Column("table", sa.String, primary_key=True),
    sa.Column("role", sa.String, primary_key=True),
    sa.Column("column", sa.String, primary_key=True),
    sa.Column("source", sa.String, nullable=False),
    sa.Column("type", sa.String, nullable=False),
    sa.Column("unit", sa.String),
    sa.Column("low", sa.Float),
    sa.Column("middle", sa.Float),
    sa.Column("high", sa.Float),
    sa.Column("instead_of", sa.String),
    sa.Column("at", sa.String, nullable=False),
    sa.Column("user", sa.String, nullable=False),
)


class Memory:
    """Reads and writes confirmed columns."""

    def __init__(self, state: State) -> None:
        self.state = state

    def keep(self, table: str, role: str, columns: Mapping[str, Kept], *, user: str = "") -> None:
        """Keep what fills some columns of a role; what else was confirmed for it stays."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        with self.state.begin() as connection:
            for name, one in columns.items():
                key = {"table": table, "role": role, "column": name}
                connection.execute(sa.delete(CONFIRMED).filter_by(**key))
                connection.execute(sa.insert(CONFIRMED).values(**key, **_row(one), at=now, user=user))

    def of(self, table: str) -> dict[str, dict[str, Kept]]:
        """Return everything confirmed for a table: role → column → what fills it."""
        statement = sa.select(CONFIRMED).filter_by(table=table).order_by("role", "column")
        found: dict[str, dict[str, Kept]] = {}
        with self.state.connect() as connection:
            for row in connection.execute(statement):
                found.setdefault(row.role, {})[row.column] = _kept(row)
        return found

    def forget(self, table: str, role: str | None = None) -> int:
        """Forget what was confirmed for a table, or for one role of it; return how many columns that was."""
        which = {"table": table} | ({"role": role} if role else {})
        with self.state.begin() as connection:
            return int(connection.execute(sa.delete(CONFIRMED).filter_by(**which)).rowcount)


def _row(one: Kept) -> dict[str, object]:
    spread = one.spread
    return {
        "source": one.source,
        "type": one.type,
        "unit": one.unit,
        "low": spread.low if spread else None,
        "middle": spread.middle if spread else None,
        "high": spread.high if spread else None,
        "instead_of": one.instead_of,
    }


def _kept(row: sa.Row[tuple[object, ...]]) -> Kept:
    spread = Spread(row.low, row.middle, row.high) if row.middle is not None else None
    return Kept(row.source, row.type, row.unit, spread, row.instead_of, row.at, row.user)
