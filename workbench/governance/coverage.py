"""The coverage map of guideline clause 1: which points of which equipment are collected, stage by stage.

Pure: what is expected and what tables hold in, shares out. The guideline (工信部信发〔2020〕67号) asks for
collection along research and design, production, business and service; which points there should be is
declared by the plant.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from workbench.config import Text
from workbench.errors import Invalid, did_you_mean

STAGES: dict[str, Text] = {
    "design": Text(en="R&D and design", zh="研发设计"),
    "production": Text(en="Production", zh="生产制造"),
    "business": Text(en="Business", zh="经营管理"),
    "service": Text(en="Operation and service", zh="运维服务"),
}
WORDS = {
    "design": ("r&d", "rd", "research", "development", "engineering", "研发", "设计", "研发设计"),
    "production": ("manufacturing", "生产", "制造", "生产制造"),
    "business": ("management", "administration", "经营", "管理", "经营管理"),
    "service": ("operation", "maintenance", "operation and maintenance", "运维", "服务", "维护", "运维服务"),
}
State = Literal["collected", "stale", "missing"]
BLANKS = re.compile(r"[\s_\-·.]+")


@dataclass(frozen=True)
class Expected:
    """A point that should be collected; table and column only where it is known where."""

    stage: str
    asset: str
    point: str
    table: str = ""
    column: str = ""


@dataclass(frozen=True)
class Holding:
    """Rows of one point of one asset in one table; the asset is empty where rows do not name one."""

    table: str
    asset: str
    point: str
    rows: int
    newest: str | None = None  # ISO 8601, plant time
    max_age_s: float | None = None


@dataclass(frozen=True)
class Point:
    """An expected point and where it was found."""

    expected: Expected
    state: State
    found: Holding | None = None
    near: str | None = None  # a point of that asset with a name close to it


@dataclass(frozen=True)
class Cell:
    """One asset in one stage."""

    stage: str
    asset: str
    points: tuple[Point, ...]

    @property
    def collected(self) -> int:
        """How many of its points are collected now."""
        return sum(point.state == "collected" for point in self.points)

    @property
    def share(self) -> float:
        """Share of its points that are collected now."""
        return self.collected / len(self.points)


@dataclass(frozen=True)
class Coverage:
    """The whole map; cells only where something is expected."""

    cells: tuple[Cell, ...]
    unexpected: tuple[str, ...]  # assets that tables hold and nobody expects anything of

    @property
    def expected(self) -> int:
        """How many points are expected."""
        return sum(len(cell.points) for cell in self.cells)

    @property
    def collected(self) -> int:
        """How many of them are collected now."""
        return sum(cell.collected for cell in self.cells)

    @property
    def share(self) -> float | None:
        """Share of expected points that are collected; None where nothing is expected."""
        return self.collected / self.expected if self.expected else None

    @property
    def assets(self) -> list[str]:
        """The assets, in the order they were declared in."""
        return list(dict.fromkeys(cell.asset for cell in self.cells))


def stage_of(text: str) -> str:
    """Read a stage by its code or its name in either language."""
    wanted = text.strip().casefold()
    for code, name in STAGES.items():
        if wanted in {code, name["en"].casefold(), name["zh"], *WORDS[code]}:
            return code
    expected = ", ".join(f"{code} ({name['zh']})" for code, name in STAGES.items())
    raise Invalid("business stage", given=repr(text), expected=expected)


def folded(text: str) -> str:
    """Write a name as it is compared: case, blanks, dashes and underscores do not matter."""
    return BLANKS.sub("", text.casefold())


def coverage(
    expected: Iterable[Expected], held: Iterable[Holding], *, now: datetime, assets: Iterable[str] = ()
) -> Coverage:
    """Compare what is expected with what tables hold.

    Parameters
    ----------
    expected : the declared points, each once
    held : what tables hold, as of now
    now : plant time, without a zone, as tables keep it
    assets : further equipment that is known
    """
    wanted = list(dict.fromkeys(expected))
    holdings = [each for each in held if each.rows]
    by_point: dict[str, list[Holding]] = {}
    for holding in holdings:
        by_point.setdefault(folded(holding.point), []).append(holding)
    cells: dict[tuple[str, str], list[Point]] = {}
    for each in wanted:
        cells.setdefault((each.asset, each.stage), []).append(_found(each, by_point, now))
    known = {folded(each.asset) for each in wanted}
    others = [holding.asset for holding in holdings if holding.asset] + list(assets)
    unexpected = {folded(name): name for name in others if folded(name) not in known}
    return Coverage(
        tuple(Cell(stage, asset, tuple(points)) for (asset, stage), points in cells.items()),
        tuple(sorted(unexpected.values())),
    )


def _found(wanted: Expected, by_point: Mapping[str, list[Holding]], now: datetime) -> Point:
    name = wanted.column or wanted.point
    fitting = [each for each in by_point.get(folded(name), ()) if _fits(wanted, each)]
    if not fitting:
        near = [
            each.point for group in by_point.values() for each in group if each.asset and _fits(wanted, each)
        ]
        return Point(wanted, "missing", near=did_you_mean(name, near))
    fresh = [each for each in fitting if not _stale(each, now)]
    best = max(fresh or fitting, key=lambda each: (each.newest or "", each.rows))
    return Point(wanted, "collected" if fresh else "stale", best)


def _fits(wanted: Expected, each: Holding) -> bool:
    if wanted.table and wanted.table != each.table:
        return False
    # Rows that name no asset count only where the plant says that this table is meant.
    return folded(each.asset) == folded(wanted.asset) or (not each.asset and bool(wanted.table))


def _stale(each: Holding, now: datetime) -> bool:
    if each.newest is None or each.max_age_s is None:
        return False
    return (now - datetime.fromisoformat(each.newest)).total_seconds() > each.max_age_s


def document(found: Coverage) -> dict[str, Any]:
    """Return a coverage map as programs read it."""
    by_stage: dict[str, list[Any]] = {}
    for cell in found.cells:
        by_stage.setdefault(cell.stage, []).append(cell)
    return {
        "expected": found.expected,
        "collected": found.collected,
        "share": found.share,
        "stages": [
            {
                "stage": code,
                "name": STAGES[code],
                "expected": (of := sum(len(cell.points) for cell in by_stage.get(code, ()))),
                "collected": (met := sum(cell.collected for cell in by_stage.get(code, ()))),
                "share": met / of if of else None,
            }
            for code in STAGES
        ],
        "cells": [
            {
                "stage": cell.stage,
                "asset": cell.asset,
                "expected": len(cell.points),
                "collected": cell.collected,
                "share": cell.share,
                "points": [_told(point) for point in cell.points],
            }
            for cell in found.cells
        ],
        "unexpected_assets": list(found.unexpected),
    }


def _told(point: Point) -> dict[str, Any]:
    return {
        "point": point.expected.point,
        "state": point.state,
        "table": point.found.table if point.found else None,
        "rows": point.found.rows if point.found else 0,
        "newest": point.found.newest if point.found else None,
        "did_you_mean": point.near,
    }
