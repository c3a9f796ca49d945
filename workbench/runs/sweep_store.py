"""Sweeps and their points in the state database, written before any run: a restart knows what is missing.

A point names its run from the start; whether that run exists is a look into the book of runs. So no point can
get two runs, whoever was killed when.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from workbench.errors import NotFound
from workbench.runs.history import RUNS
from workbench.runs.record import ENDED
from workbench.runs.request import RunRequest
from workbench.runs.state import METADATA, State
from workbench.runs.sweep import Plan, Point, SweepRequest

SWEEPS = sa.Table(
    "sweeps",
    METADATA,
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("sweep", sa.String, unique=True, nullable=False),
    sa.Column("template", sa.String, nullable=False),
    sa.Column("cancelled", sa.Boolean, nullable=False, default=False),
    sa.Column("owner", sa.String),
    sa.Column("created", sa.String, nullable=False),
    sa.Column("points", sa.Integer, nullable=False),
    sa.Column("about", sa.Text, nullable=False),  # title, axes, rows left out, the request
)
POINTS = sa.Table(
    "sweep_points",
    METADATA,
    sa.Column("sweep", sa.String, primary_key=True),
    sa.Column("point", sa.Integer, primary_key=True),
    sa.Column("run", sa.String, nullable=False),  # its run, also before there is one
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("request", sa.Text, nullable=False),
    sa.Column("problem", sa.Text),  # why there will be no run: an error's record
    sa.Column("reused", sa.Boolean, nullable=False, default=False),
    sa.Column("attempt", sa.Integer, nullable=False, default=1),
    sa.Index("ix_sweep_points_run", "run"),
)
UNANSWERED = (*sorted(ENDED - {"succeeded", "refused"}), "not_accepted")


@dataclass(frozen=True)
class Sweep:
    """One sweep as it was asked for, and how many of its points are in which state."""

    sweep: str
    template: str
    title: Any
    axes: list[dict[str, str]]
    points: int
    created: str
    cancelled: bool
    left_out: int
    counts: dict[str, int]  # waiting: no run yet; not_accepted: there will be none; else the run's state

    @property
    def done(self) -> int:
        """How many points have come to an end."""
        return sum(count for state, count in self.counts.items() if state in ENDED | {"not_accepted"})

    @property
    def failed(self) -> int:
        """How many points came to an end without an answer."""
        return sum(self.counts.get(state, 0) for state in UNANSWERED)

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen."""
        going = any(self.counts.get(state) for state in ("queued", "running"))
        return not going and (self.cancelled or not self.counts.get("waiting"))

    def document(self) -> dict[str, Any]:
        """Return the sweep as programs read it."""
        told = {name: getattr(self, name) for name in ("done", "failed", "ended")}
        return {**asdict(self), **told}


@dataclass(frozen=True)
class Waiting:
    """A point that has no run yet."""

    point: int
    run: str
    request: RunRequest


class SweepStore:
    """Reads and writes sweeps; every method is one transaction."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add(self, sweep: str, request: SweepRequest, plan: Plan, *, owner: str) -> None:
        """Accept a sweep with all its points; when this returns they survive a crash."""
        about = plan.model_dump(exclude={"points", "template"}) | {"request": request.model_dump(mode="json")}
        rows = [_row(sweep, point) for point in plan.points]
        with self.state.begin() as connection:
            connection.execute(
                sa.insert(SWEEPS).values(
                    sweep=sweep,
                    template=plan.template,
                    owner=owner,
                    created=datetime.now(UTC).isoformat(timespec="milliseconds"),
                    points=len(rows),
                    about=json.dumps(about, ensure_ascii=False),
                )
            )
            connection.execute(sa.insert(POINTS), rows)

    def get(self, sweep: str) -> Sweep:
        """Return one sweep."""
        with self.state.connect() as connection:
            row = connection.execute(sa.select(SWEEPS).filter_by(sweep=sweep)).first()
            if row is None:
                raise NotFound("unknown sweep", given=repr(sweep), hint="list them: workbench sweeps list")
            return _sweep(row, self._counts(connection, [sweep]).get(sweep, {}))

    def list(self, limit: int) -> Sequence[Sweep]:
        """Return sweeps, newest first."""
        statement = sa.select(SWEEPS).order_by(SWEEPS.c.number.desc()).limit(limit)
        with self.state.connect() as connection:
            rows = list(connection.execute(statement))
            counts = self._counts(connection, [row.sweep for row in rows])
        return [_sweep(row, counts.get(row.sweep, {})) for row in rows]

    def _counts(self, connection: sa.Connection, sweeps: Sequence[str]) -> dict[str, dict[str, int]]:
        state = _state_of_point()
        statement = (
            sa.select(POINTS.c.sweep, state, sa.func.count())
            .join_from(POINTS, RUNS, POINTS.c.run == RUNS.c.run, isouter=True)
            .where(POINTS.c.sweep.in_(sweeps))
            .group_by(POINTS.c.sweep, state)
        )
        found: dict[str, dict[str, int]] = {}
        for sweep, name, count in connection.execute(statement):
            found.setdefault(sweep, {})[name] = count
        return found

    def unfinished(self) -> Sequence[tuple[str, str]]:
        """Return (sweep, owner) of sweeps that still lack runs, oldest first."""
        lacking = _lacking(sa.select(POINTS.c.sweep)).distinct()
        statement = (
            sa.select(SWEEPS.c.sweep, SWEEPS.c.owner)
            .where(SWEEPS.c.sweep.in_(lacking), SWEEPS.c.cancelled.is_(False))
            .order_by(SWEEPS.c.number)
        )
        with self.state.connect() as connection:
            return [(row.sweep, row.owner) for row in connection.execute(statement)]

    def lacking(self, sweep: str, limit: int) -> Sequence[Waiting]:
        """Return points of a sweep that have no run and were not turned down, in order."""
        columns = (POINTS.c.point, POINTS.c.run, POINTS.c.request)
        statement = _lacking(sa.select(*columns)).where(POINTS.c.sweep == sweep)
        statement = statement.join(SWEEPS, SWEEPS.c.sweep == POINTS.c.sweep)
        statement = statement.where(SWEEPS.c.cancelled.is_(False)).order_by(POINTS.c.point).limit(limit)
        with self.state.connect() as connection:
            return [
                Waiting(row.point, row.run, RunRequest.model_validate_json(row.request))
                for row in connection.execute(statement)
            ]

    def turn_down(self, sweep: str, problems: Mapping[int, Mapping[str, Any]]) -> None:
        """Note points that will have no run, each with the reason."""
        self._change(
            sweep,
            [
                {"number": point, "problem": json.dumps(problem, ensure_ascii=False)}
                for point, problem in problems.items()
            ],
        )

    def take_over(self, sweep: str, runs: Mapping[int, str]) -> None:
        """Note points whose answer is there already."""
        self._change(sweep, [{"number": point, "run": run, "reused": True} for point, run in runs.items()])

    def again(self, sweep: str, states: Sequence[str]) -> None:
        """Give every point in one of these states a new run to come."""
        state = _state_of_point()
        statement = (
            sa.select(
                POINTS.c.point, POINTS.c.attempt, POINTS.c.run, POINTS.c.request, RUNS.c.run.label("old")
            )
            .join_from(POINTS, RUNS, POINTS.c.run == RUNS.c.run, isouter=True)
            .where(POINTS.c.sweep == sweep, state.in_(states))
        )
        with self.state.begin() as connection:
            rows = [_next_attempt(sweep, row) for row in connection.execute(statement)]
            _update(connection, sweep, rows)
            connection.execute(sa.update(SWEEPS).filter_by(sweep=sweep).values(cancelled=False))

    def cancel(self, sweep: str) -> None:
        """Note that no further run of a sweep is wanted."""
        with self.state.begin() as connection:
            connection.execute(sa.update(SWEEPS).filter_by(sweep=sweep).values(cancelled=True))

    def adopt(self, sweep: str, owner: str) -> None:
        """Become the one that makes the missing runs of a sweep."""
        with self.state.begin() as connection:
            connection.execute(sa.update(SWEEPS).filter_by(sweep=sweep).values(owner=owner))

    def open_runs(self, sweep: str) -> Sequence[str]:
        """Return the sweep's own runs that have not ended, the last first."""
        statement = (
            sa.select(RUNS.c.run)
            .where(RUNS.c.sweep == sweep, RUNS.c.status.in_(("queued", "running")))
            .order_by(RUNS.c.number.desc())
        )
        with self.state.connect() as connection:
            return list(connection.execute(statement).scalars())

    def states(self, sweep: str) -> Sequence[Any]:
        """Return every point with its state but without its answer: pages ask every second."""
        columns = (POINTS.c.point, POINTS.c.run, POINTS.c.at, POINTS.c.problem, POINTS.c.reused)
        statement = (
            sa.select(*columns, _state_of_point().label("state"))
            .join_from(POINTS, RUNS, POINTS.c.run == RUNS.c.run, isouter=True)
            .where(POINTS.c.sweep == sweep)
            .order_by(POINTS.c.point)
        )
        with self.state.connect() as connection:
            return list(connection.execute(statement))

    def records(self, runs: Sequence[str]) -> dict[str, str]:
        """Return the records of runs, as JSON."""
        statement = sa.select(RUNS.c.run, RUNS.c.record).where(RUNS.c.run.in_(runs))
        with self.state.connect() as connection:
            return {row.run: row.record for row in connection.execute(statement)}

    def _change(self, sweep: str, rows: Iterable[dict[str, Any]]) -> None:
        with self.state.begin() as connection:
            _update(connection, sweep, list(rows))


def _update(connection: sa.Connection, sweep: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        which = (POINTS.c.sweep == sweep, POINTS.c.point == sa.bindparam("number"))
        connection.execute(sa.update(POINTS).where(*which), list(rows))


def _next_attempt(sweep: str, row: Any) -> dict[str, Any]:
    attempt = row.attempt + 1
    request = json.loads(row.request) | {"retry_of": row.old}
    return {
        "number": row.point,
        "attempt": attempt,
        "run": f"{run_of(sweep, row.point)}-{attempt}",
        "request": json.dumps(request, ensure_ascii=False),
        "problem": None,
        "reused": False,
    }


def run_of(sweep: str, point: int) -> str:
    """Return the name of the first run of a point."""
    return f"{sweep}-{point:04d}"


def _row(sweep: str, point: Point) -> dict[str, Any]:
    request = point.request.model_copy(update={"origin": "sweep", "sweep": sweep})
    return {
        "sweep": sweep,
        "point": point.number,
        "run": run_of(sweep, point.number),
        "at": json.dumps(point.at, ensure_ascii=False),
        "request": request.model_dump_json(),
    }


def _state_of_point() -> Any:
    turned_down = POINTS.c.problem.is_not(None)
    return sa.case((turned_down, "not_accepted"), else_=sa.func.coalesce(RUNS.c.status, "waiting"))


def _lacking(statement: Any) -> Any:
    return statement.join_from(POINTS, RUNS, POINTS.c.run == RUNS.c.run, isouter=True).where(
        RUNS.c.run.is_(None), POINTS.c.problem.is_(None)
    )


def _sweep(row: Any, counts: dict[str, int]) -> Sweep:
    about = json.loads(row.about)
    return Sweep(
        sweep=row.sweep,
        template=row.template,
        title=about["title"],
        axes=about["axes"],
        points=row.points,
        created=row.created,
        cancelled=bool(row.cancelled),
        left_out=about["left_out"],
        counts=counts,
    )
