"""Which runs there are, and who works on them.

The published folder is the truth of a run that ended; this book follows it. Every method is one transaction.
"""

import hashlib
import json
import time
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from workbench.runs.environment import environment
from workbench.runs.job import Job
from workbench.runs.record import ENDED, RunRecord, Status
from workbench.runs.state import METADATA, State

# What lists ask for comes first: SQLite reads a row from its start, and job and record are long.
RUNS = sa.Table(
    "runs",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("run", sa.String, unique=True, nullable=False),
    sa.Column("template", sa.String, nullable=False),
    sa.Column("status", sa.String, nullable=False),
    sa.Column("owner", sa.String),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("seconds", sa.Float),  # of work, without the time in the queue
    sa.Column("created", sa.String),
    sa.Column("tables", sa.String),  # every input's table between bars: |rings|limits|
    sa.Column("answer", sa.String),  # verdict, refusal or error in both languages, to search in
    sa.Column("notebook", sa.String),  # digest of the notebook that the job carries
    sa.Column("environment", sa.String),  # digest of what was installed
    sa.Column("fingerprint", sa.String),  # equal for runs that must give the same results
    sa.Column("priority", sa.Integer, default=0),
    sa.Column("origin", sa.String),
    sa.Column("user", sa.String),
    sa.Column("rows", sa.Integer),  # of all inputs together: what the time depends on
    sa.Column("sweep", sa.String),
    sa.Column("schedule", sa.String),
    sa.Column("job", sa.Text, nullable=False),
    sa.Column("record", sa.Text, nullable=False),
    sa.Index("ix_runs_status", "status"),
    sa.Index("ix_runs_template", "template", "number"),  # the newest of one template, without sorting all
    sa.Index("ix_runs_template_status", "template", "status", "number"),
    sa.Index("ix_runs_fingerprint", "fingerprint"),
    # All that filters and counts look at: they read this index alone, never the records.
    sa.Index(
        "ix_runs_listed", "number", "run", "template", "status", "origin", "created", "tables", "answer"
    ),
    sa.Index("ix_runs_sweep", "sweep"),
    sa.Index("ix_runs_schedule", "schedule"),
)
# Kept once however many runs share them: notebooks, and what was installed when a run was accepted.
CONTENTS = sa.Table(
    "notebooks",
    METADATA,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("content", sa.Text, nullable=False),
)
PULSE_S = 1.0
RECORD = (RUNS.c.record, RUNS.c.status, RUNS.c.attempts)


class History:
    """Reads and writes the runs of the state database."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._felt: tuple[float, dict[str, int]] = (-PULSE_S, {})

    def add(self, jobs: Iterable[tuple[Job, RunRecord]], owner: str) -> None:
        """Accept runs, all or none; when this returns they survive a crash."""
        rows: list[dict[str, Any]] = []
        contents: dict[str, str] = {}
        digests: dict[str, str] = {}
        notebook: dict[str, Any] | None = None
        installed = environment()
        for job, record in jobs:
            if job.notebook != notebook:  # the runs of a sweep share one
                notebook = job.notebook
                shared = {"environment": installed, "notebook": json.dumps(notebook, ensure_ascii=False)}
                digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in shared.items()}
                contents |= {digests[name]: text for name, text in shared.items()}
            rows.append(_row(job, record) | digests | {"owner": owner})
        with self.state.begin() as connection:
            for digest, content in contents.items():
                known = sa.select(CONTENTS.c.digest).filter_by(digest=digest)
                if connection.execute(known).scalar() is None:
                    connection.execute(sa.insert(CONTENTS).values(digest=digest, content=content))
            connection.execute(sa.insert(RUNS), rows)

    def claim(self, run: str, owner: str) -> int:
        """Take a queued run in one transaction; return which attempt this is, 0 when it does not wait."""
        statement = (
            sa.update(RUNS)
            .where(RUNS.c.run == run, RUNS.c.status == "queued")
            .values(status="running", owner=owner, attempts=RUNS.c.attempts + 1)
            .returning(RUNS.c.attempts)
        )
        with self.state.begin() as connection:
            return int(connection.execute(statement).scalar() or 0)

    def finish(self, record: RunRecord) -> None:
        """Write how a run ended; what has ended does not change again."""
        statement = (
            sa.update(RUNS)
            .where(RUNS.c.run == record.run, RUNS.c.status.not_in(ENDED))
            .values(
                status=record.status,
                record=record.model_dump_json(),
                # A run that went on from another's state says nothing about how long a whole one takes.
                seconds=None if record.resumed else record.seconds.total - record.seconds.queued,
                answer=_answer(record),
            )
        )
        with self.state.begin() as connection:
            connection.execute(statement)

    def requeue(self, run: str, owner: str, *, spent: bool = True) -> None:
        """Put a run back into the queue; an attempt is spent when a process died, not when it was told to."""
        with self.state.begin() as connection:
            connection.execute(
                sa.update(RUNS)
                .where(RUNS.c.run == run, RUNS.c.status == "running")
                .values(status="queued", owner=owner, attempts=RUNS.c.attempts - (0 if spent else 1))
            )

    def cancel_waiting(self, record: RunRecord) -> bool:
        """End a run that waits, in one transaction; False when it does not wait any more."""
        statement = (
            sa.update(RUNS)
            .where(RUNS.c.run == record.run, RUNS.c.status == "queued")
            .values(status=record.status, record=record.model_dump_json())
        )
        with self.state.begin() as connection:
            return connection.execute(statement).rowcount == 1

    def owner(self, run: str) -> str | None:
        """Return the engine that a run belongs to."""
        with self.state.connect() as connection:
            return connection.execute(sa.select(RUNS.c.owner).where(RUNS.c.run == run)).scalar()

    def adopt(self, runs: Iterable[str], owner: str) -> None:
        """Become the owner of runs that wait."""
        with self.state.begin() as connection:
            statement = sa.update(RUNS).where(RUNS.c.run == sa.bindparam("name")).values(owner=owner)
            names = [{"name": run} for run in runs]
            if names:
                connection.execute(statement, names)

    def get(self, run: str) -> RunRecord | None:
        """Return one run."""
        rows = self._records(sa.select(*RECORD).where(RUNS.c.run == run))
        return rows[0] if rows else None

    def job(self, run: str) -> Job:
        """Return what was accepted."""
        statement = (
            sa.select(RUNS.c.job, CONTENTS.c.content)
            .join_from(RUNS, CONTENTS, RUNS.c.notebook == CONTENTS.c.digest, isouter=True)
            .where(RUNS.c.run == run)
        )
        with self.state.connect() as connection:
            row = connection.execute(statement).one()
        job = Job.model_validate_json(row.job)
        if row.content is not None:
            job.notebook = json.loads(row.content)
        return job

    def attempts(self, run: str) -> int:
        """Return how often a run was started."""
        with self.state.connect() as connection:
            return int(connection.execute(sa.select(RUNS.c.attempts).where(RUNS.c.run == run)).scalar_one())

    def newest(
        self, *, limit: int, before: str | None = None, after: str | None = None, **filters: str | None
    ) -> list[RunRecord]:
        """Return runs, newest first: those directly older than ``before``, or directly newer than ``after``.

        ``filters`` are template, status, origin, sweep, schedule, and what ``_condition`` names.
        """
        order = RUNS.c.number.asc() if after else RUNS.c.number.desc()
        found = (
            sa.select(RUNS.c.number).order_by(order).limit(limit).where(*map(_condition, *_given(filters)))
        )
        for run, is_past in ((before, RUNS.c.number.__lt__), (after, RUNS.c.number.__gt__)):
            if run:
                found = found.where(
                    is_past(sa.select(RUNS.c.number).where(RUNS.c.run == run).scalar_subquery())
                )
        numbers = found.subquery()
        statement = sa.select(*RECORD).where(RUNS.c.number.in_(sa.select(numbers.c.number)))
        return self._records(statement.order_by(RUNS.c.number.desc()))

    def same(self, fingerprint: str) -> RunRecord | None:
        """Return the newest run that answered exactly this."""
        answered = RUNS.c.status.in_(("succeeded", "refused"))
        statement = sa.select(*RECORD).where(RUNS.c.fingerprint == fingerprint, answered)
        rows = self._records(statement.order_by(RUNS.c.number.desc()).limit(1))
        return rows[0] if rows else None

    def counts(self, **filters: str | None) -> dict[str, int]:
        """Return how many runs are in each state."""
        # Grouped by the bare column, SQLite follows the index of states and looks every row up.
        aside = RUNS.c.status.concat(sa.literal_column("''"))
        status = aside if set(_given(filters)[0]) - _INDEXED else RUNS.c.status
        statement = sa.select(status, sa.func.count()).group_by(status)
        statement = statement.where(*map(_condition, *_given(filters)))
        with self.state.connect() as connection:
            return {status: count for status, count in connection.execute(statement)}  # noqa: C416 (rows)

    def pulse(self) -> dict[str, int]:
        """Return how many runs are in each state, at most a second ago: for many that ask all the time."""
        if time.monotonic() - self._felt[0] > PULSE_S:
            self._felt = (time.monotonic(), self.counts())
        return self._felt[1]

    def states(self, runs: Iterable[str]) -> dict[str, str]:
        """Return the states of some runs, without reading their records."""
        statement = sa.select(RUNS.c.run, RUNS.c.status).where(RUNS.c.run.in_(list(runs)))
        with self.state.connect() as connection:
            return {run: status for run, status in connection.execute(statement)}  # noqa: C416 (rows)

    def environment(self, run: str) -> dict[str, Any] | None:
        """Return what was installed when a run was accepted; None for runs of an earlier version."""
        statement = (
            sa.select(CONTENTS.c.content)
            .join(RUNS, RUNS.c.environment == CONTENTS.c.digest)
            .where(RUNS.c.run == run)
        )
        with self.state.connect() as connection:
            found = connection.execute(statement).scalar()
        return dict(json.loads(found)) if found else None

    def open_runs(self) -> list[Any]:
        """Return (run, status, owner, priority, user) of what has not ended, oldest first."""
        columns = (RUNS.c.run, RUNS.c.status, RUNS.c.owner, RUNS.c.priority, RUNS.c.user)
        waiting = RUNS.c.status.in_(("queued", "running"))
        with self.state.connect() as connection:
            return list(connection.execute(sa.select(*columns).where(waiting).order_by(RUNS.c.number)))

    def durations(self, template: str, limit: int = 50) -> list[tuple[int, float]]:
        """Return (input rows, seconds) of this template's last successful runs."""
        statement = (
            sa.select(RUNS.c.rows, RUNS.c.seconds)
            .where(RUNS.c.template == template, RUNS.c.status == "succeeded", RUNS.c.seconds.is_not(None))
            .order_by(RUNS.c.number.desc())
            .limit(limit)
        )
        with self.state.connect() as connection:
            return [(int(row.rows or 0), float(row.seconds or 0.0)) for row in connection.execute(statement)]

    def _records(self, statement: Any) -> list[RunRecord]:
        with self.state.connect() as connection:
            rows = connection.execute(statement).all()
        return [
            RunRecord.model_validate_json(row.record).model_copy(
                update={"status": row.status, "attempts": row.attempts}
            )
            for row in rows
        ]


_INDEXED = frozenset({"template", "status", "sweep", "schedule"})
ANSWER_CHARACTERS = 300  # of each language


def _given(filters: Mapping[str, str | None]) -> tuple[list[str], list[str]]:
    kept = [(name, value) for name, value in filters.items() if value]
    return [name for name, _ in kept], [value for _, value in kept]


def _condition(name: str, value: str) -> Any:
    """Return what one filter asks of a row: table, text, since and until, or the value of a column."""
    if name == "table":
        return RUNS.c.tables.contains(f"|{value}|", autoescape=True)
    if name == "text":
        return sa.or_(*(column.icontains(value, autoescape=True) for column in (RUNS.c.run, RUNS.c.answer)))
    if name == "since":
        return RUNS.c.created >= value
    if name == "until":
        return RUNS.c.created < value
    return RUNS.c[name] == value


def _answer(record: RunRecord) -> str:
    """Return what a run said, as far as people search in it."""
    told = record.verdict or record.refusal
    texts = [told.text["en"], told.text["zh"]] if told else [record.error.message] if record.error else []
    return "\n".join(text[:ANSWER_CHARACTERS] for text in dict.fromkeys(texts))


def _row(job: Job, record: RunRecord) -> dict[str, Any]:
    status: Status = record.status
    return {
        "run": job.run,
        "template": job.template.id,
        "status": status,
        "attempts": 0,
        "job": job.model_dump_json(exclude={"notebook"}),
        "record": record.model_dump_json(),
        "fingerprint": job.fingerprint,
        "priority": job.priority,
        "origin": job.origin,
        "user": job.user,
        "created": job.created,
        "tables": "".join(f"|{used.table}" for used in job.inputs.values()) + "|",
        "rows": sum(used.rows or 0 for used in job.inputs.values()),
        "sweep": job.sweep,
        "schedule": job.schedule,
    }
