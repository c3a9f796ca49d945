"""Where a table comes from and what uses it: sources → versions → runs, sweeps, schedules, mappings, tables.

Reads histories that others keep; keeps nothing itself.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, Field

from workbench.runs.engine import Engine
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.schedules.book import Book
from workbench.tables.catalog import Tables
from workbench.tables.store import how

LAST_RUNS = 200
LAST_VERSIONS = 200
SWEEP = "sweep "


class Origin(BaseModel):
    """One source of a table's rows and the versions it gave."""

    how: str
    source: str
    versions: list[int]


class RunUse(BaseModel):
    """One run that read the table."""

    run: str
    template: str
    status: str
    created: str
    version: int | None
    roles: list[str]


class Uses(BaseModel):
    """What would notice if the table were gone."""

    schedules: list[dict[str, str]] = Field(default_factory=list)  # id and name
    mappings: list[dict[str, str]] = Field(default_factory=list)  # template and role
    sweeps: list[dict[str, str]] = Field(default_factory=list)


class Lineage(Uses):
    """Both ways from one table."""

    table: str
    sources: list[Origin]
    runs: list[RunUse]
    runs_by_version: dict[int, int]
    answered: int  # of these runs
    more_runs: bool
    tables: list[str]  # made from what its sweeps found


def uses(engine: Engine, name: str) -> Uses:
    """Say what refers to a table by its name."""
    found = Uses()
    for schedule in Book(engine.state).all():
        if _reads(schedule.request, name):
            found.schedules.append({"id": schedule.id, "name": schedule.name})
    mapped = engine.preparer.mappings.mapped(name, engine.library)
    found.mappings = [{"template": template, "role": role} for template, role in mapped]
    return found


def _reads(request: RunRequest, name: str) -> bool:
    return any(reference.partition("@")[0] == name for reference in request.inputs.values())


def lineage(engine: Engine, tables: Tables, name: str) -> Lineage:
    """Return where a table's versions come from and which runs read which of them."""
    name, _ = tables.pin(name)
    records = engine.list(limit=LAST_RUNS + 1, table=name)
    read = [use for record in records[:LAST_RUNS] for use in _uses_of(record, name)]
    counted = Counter(use.version for use in read if use.version is not None)
    sweeps = {record.sweep for record in records if record.sweep}
    return Lineage(
        **uses(engine, name).model_dump(exclude={"sweeps"}),
        sweeps=[{"id": sweep} for sweep in sorted(sweeps)],
        table=name,
        sources=_sources(tables.notes(name, last=LAST_VERSIONS)),
        runs=read,
        runs_by_version=dict(sorted(counted.items())),
        answered=sum(use.status in {"succeeded", "refused"} for use in read),
        more_runs=len(records) > LAST_RUNS,
        tables=_made_from(tables, sweeps),
    )


def held_versions(engine: Engine, name: str) -> set[int]:
    """Return the versions that runs which wait or go still have to read."""
    found = set()
    for status in ("queued", "running"):
        for record in engine.list(limit=10_000, table=name, status=status):
            found |= {use.version for use in _uses_of(record, name) if use.version is not None}
    return found


def _uses_of(record: RunRecord, name: str) -> Iterable[RunUse]:
    roles: dict[int | None, list[str]] = {}
    for role, used in record.inputs.items():
        if used.table == name:
            roles.setdefault(used.version, []).append(role)
    for version, named in roles.items():
        yield RunUse(
            run=record.run,
            template=record.template.id,
            status=record.status,
            created=record.created,
            version=version,
            roles=named,
        )


def _sources(history: Iterable[tuple[int, dict[str, Any]]]) -> list[Origin]:
    found: dict[tuple[str, str], Origin] = {}
    for version, note in history:
        way, source = how(note), note.get("source", "")
        found.setdefault((way, source), Origin(how=way, source=source, versions=[])).versions.append(version)
    return list(found.values())


def _made_from(tables: Tables, sweeps: Iterable[Any]) -> list[str]:
    names = {f"{SWEEP}{sweep}" for sweep in sweeps}
    return [info.name for info in tables.list() if info.source in names]
