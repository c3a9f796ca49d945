"""Data health over REST: the score of a table, its rules, what could be declared, the list of all tables."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel

from workbench.api.access import Bench
from workbench.app import Workbench
from workbench.config import Text
from workbench.governance.proposals import merged
from workbench.governance.quality import document
from workbench.governance.rules import Rules
from workbench.schedules.standing import standing
from workbench.tables import health
from workbench.tables.suggest import proposals

router = APIRouter(prefix="/tables", tags=["data health"])
overview = APIRouter(tags=["data health"])


class Standing(BaseModel):
    """How one table stands, as far as it was counted."""

    table: str
    version: int
    score: float | None
    assessed: int
    total: int
    lights: dict[str, bool]
    waiting: bool


class Suggested(BaseModel):
    """A rule that could be declared."""

    rule: str
    value: Any
    reason: Text


@overview.get("/data-health", summary="Show the health of all tables")
def show_all(
    bench: Bench,
    ask: Annotated[bool, Query(description="Have those counted that were not yet")] = True,
) -> list[Standing]:
    """Return score, coverage and lights of the newest version of every table; never waits for counting."""
    infos = bench.tables.list()
    known = {info.name: health.known(bench.tables, info.name) for info in infos}
    if ask:
        bench.checkups.ask(*(info.name for info in infos if known[info.name] is None))
    waiting = bench.checkups.waiting()
    return [
        Standing(
            table=info.name,
            version=info.version,
            score=found.score if (found := known[info.name]) else None,
            assessed=found.assessed if found else 0,
            total=20,
            lights={each.code: each.on for each in standing(bench.engine, bench.tables, info.name, found)},
            waiting=info.name in waiting,
        )
        for info in infos
    ]


@router.get("/{name}/health", summary="Show the health of a table")
def show(name: str, bench: Bench) -> dict[str, Any]:
    """Return score, coverage, the twenty indicators with evidence or reason, lights, and the trend."""
    return health_document(bench, name)


def health_document(bench: Workbench, reference: str) -> dict[str, Any]:
    """Return the health of a version of a table as programs read it."""
    info = bench.tables.get(reference)
    found = health.health(bench.tables, reference)
    told = {"table": info.name, "version": info.version, "rows": info.rows, **document(found)}
    told["lights"] = [asdict(each) for each in standing(bench.engine, bench.tables, info.name, found)]
    told["rules"] = health.rules(bench.tables, info.name).declared
    told["trend"] = [
        {
            "version": version,
            "created": created.isoformat(),
            "score": each.score if each else None,
            "assessed": each.assessed if each else None,
        }
        for version, created, each in health.trend(bench.tables, info.name)
    ]
    return told


@router.get("/{name}/rules", summary="Show what is declared about a table")
def show_rules(name: str, bench: Bench) -> Rules:
    """Return key, ranges, formats, period, weights and all else that health is judged by."""
    return health.rules(bench.tables, name)


@router.patch("/{name}/rules", summary="Declare rules about a table")
def declare(name: str, changed: dict[str, Any], bench: Bench) -> Rules:
    """Change what is declared; what is not named stays, null takes a rule back."""
    return health.declare(bench.tables, name, changed)


@router.get("/{name}/proposals", summary="Show which rules could be declared")
def show_proposals(name: str, bench: Bench) -> list[Suggested]:
    """Return what the rows suggest and nobody declared yet."""
    return [Suggested(**asdict(each)) for each in proposals(bench.tables, name)]


@router.post("/{name}/proposals", summary="Declare proposed rules")
def confirm(name: str, rules: list[str], bench: Bench) -> Rules:
    """Declare the named proposals, such as ``key`` or ``ranges.value``; an empty list means all."""
    found = [each for each in proposals(bench.tables, name) if not rules or each.rule in rules]
    return health.declare(bench.tables, name, merged(found, health.rules(bench.tables, name).declared))
