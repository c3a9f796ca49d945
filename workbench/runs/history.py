"""The state database: which runs there are, who works on them, and which mappings were chosen.

Small, durable transactions on SQLite (WAL, synchronous=FULL). The published folder is the truth of a run that
ended; this database follows it.
"""

import json
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from workbench.runs.job import Job
from workbench.runs.record import ENDED, RunRecord, Status

METADATA = sa.MetaData()
RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run", sa.String, unique=True, nullable=False),
    sa.Column("template", sa.String, nullable=False, index=True),
    sa.Column("status", sa.String, nullable=False, index=True),
    sa.Column("owner", sa.String),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("seconds", sa.Float),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
)
MAPPINGS = sa.Table(
    "mappings",
    METADATA,
    sa.Column("template", sa.String, primary_key=True),
    sa.Column("role", sa.String, primary_key=True),
    sa.Column("table", sa.String, primary_key=True),
    sa.Column("mapping", sa.Text, nullable=False),
)


def _durable(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.close()


class History:
    """Reads and writes the state database; every method is one transaction."""

    def __init__(self, path: Path) -> None:
        self._engine = sa.create_engine(f"sqlite:///{path}")
        sa.event.listen(self._engine, "connect", _durable)
        METADATA.create_all(self._engine)

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def add(self, job: Job, record: RunRecord, owner: str) -> None:
        """Accept a run; when this returns it survives a crash."""
        row = {
            "run": job.run,
            "template": job.template.id,
            "status": record.status,
            "owner": owner,
            "attempts": 0,
            "job": job.model_dump_json(),
            "record": record.model_dump_json(),
        }
        with self._engine.begin() as connection:
            connection.execute(sa.insert(RUNS).values(row))

    def claim(self, run: str, owner: str) -> bool:
        """Take a queued run in one transaction; False when it is no longer there to take."""
        statement = (
            sa.update(RUNS)
            .where(RUNS.c.run == run, RUNS.c.status == "queued")
            .values(status="running", owner=owner, attempts=RUNS.c.attempts + 1)
        )
        with self._engine.begin() as connection:
            return connection.execute(statement).rowcount == 1

    def finish(self, record: RunRecord) -> None:
        """Write how a run ended; what has ended does not change again."""
        statement = (
            sa.update(RUNS)
            .where(RUNS.c.run == record.run, RUNS.c.status.not_in(ENDED))
            .values(status=record.status, record=record.model_dump_json(), seconds=record.seconds.total)
        )
        with self._engine.begin() as connection:
            connection.execute(statement)

    def requeue(self, run: str, owner: str) -> None:
        """Put a run whose process is gone back into the queue."""
        with self._engine.begin() as connection:
            connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.run == run, RUNS.c.status == "running")
                .values(status="queued", owner=owner)
            )

    def get(self, run: str) -> RunRecord | None:
        """Return one run."""
        rows = self._records(sa.select(RUNS.c.record, RUNS.c.status).where(RUNS.c.run == run))
        return rows[0] if rows else None

    def job(self, run: str) -> Job:
        """Return what was accepted."""
        with self._engine.connect() as connection:
            return Job.model_validate_json(
                connection.execute(sa.select(RUNS.c.job).where(RUNS.c.run == run)).scalar_one()
            )

    def attempts(self, run: str) -> int:
        """Return how often a run was started."""
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(RUNS.c.attempts).where(RUNS.c.run == run)).scalar_one())

    def newest(self, *, template: str | None, status: str | None, limit: int) -> list[RunRecord]:
        """Return runs, newest first."""
        statement = sa.select(RUNS.c.record, RUNS.c.status).order_by(RUNS.c.number.desc()).limit(limit)
        if template:
            statement = statement.where(RUNS.c.template == template)
        if status:
            statement = statement.where(RUNS.c.status == status)
        return self._records(statement)

    def open_runs(self) -> list[tuple[str, Status, str]]:
        """Return (run, status, owner) of what has not ended, oldest first."""
        statement = (
            sa.select(RUNS.c.run, RUNS.c.status, RUNS.c.owner)
            .where(RUNS.c.status.in_(("queued", "running")))
            .order_by(RUNS.c.number)
        )
        with self._engine.connect() as connection:
            return [(row.run, row.status, row.owner or "") for row in connection.execute(statement)]

    def durations(self, template: str, limit: int = 20) -> list[float]:
        """Return how long this template's last successful runs took, in seconds."""
        statement = (
            sa.select(RUNS.c.seconds)
            .where(RUNS.c.template == template, RUNS.c.status == "succeeded", RUNS.c.seconds.is_not(None))
            .order_by(RUNS.c.number.desc())
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [float(value) for value in connection.execute(statement).scalars() if value is not None]

    def remember(self, template: str, role: str, table: str, mapping: dict[str, str]) -> None:
        """Keep how a table's columns fill an input, for the next time."""
        key = {"template": template, "role": role, "table": table}
        with self._engine.begin() as connection:
            connection.execute(sa.delete(MAPPINGS).filter_by(**key))
            connection.execute(sa.insert(MAPPINGS).values(**key, mapping=json.dumps(mapping)))

    def remembered(self, template: str, role: str, table: str) -> dict[str, str]:
        """Return the mapping chosen last time; empty when there was none."""
        statement = sa.select(MAPPINGS.c.mapping).filter_by(template=template, role=role, table=table)
        with self._engine.connect() as connection:
            found = connection.execute(statement).scalar()
        return dict(json.loads(found)) if found else {}

    def _records(self, statement: Any) -> list[RunRecord]:
        with self._engine.connect() as connection:
            rows = connection.execute(statement).all()
        return [
            RunRecord.model_validate_json(row.record).model_copy(update={"status": row.status})
            for row in rows
        ]
