"""The coverage map over REST: what is expected, what tables hold, what is missing."""

from dataclasses import asdict
from typing import Annotated, Any

import pandas as pd
from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict

from workbench.api.access import Bench
from workbench.api.runs import download
from workbench.config import Language
from workbench.governance.coverage import document
from workbench.runs import export
from workbench.tables import expected
from workbench.tables.holdings import coverage_of

router = APIRouter(prefix="/coverage", tags=["coverage"])


class PointGiven(BaseModel):
    """A point that should be collected; the stage by its code or name in either language."""

    model_config = ConfigDict(extra="forbid")

    stage: str
    asset: str
    point: str
    table: str = ""
    column: str = ""


@router.get("", summary="Show the coverage map")
def show(bench: Bench) -> dict[str, Any]:
    """Return the share of expected points that tables hold, by stage and equipment, with what is missing."""
    return document(coverage_of(bench.tables, assets=bench.engine.preparer.assets.equipment()))


@router.get("/points", summary="List the expected points")
def points(bench: Bench) -> list[PointGiven]:
    """Return what is declared."""
    return [PointGiven(**asdict(each)) for each in expected.read(bench.workspace)]


@router.get("/points.csv", summary="Download the expected points", response_class=Response)
def points_file(
    bench: Bench, language: Annotated[Language, Query(description="Of heads and stages")] = "en"
) -> Response:
    """Return the list as a file that can be changed and declared again."""
    frame = pd.DataFrame(expected.csv_rows(expected.read(bench.workspace), language))
    return download(export.csv(frame), "coverage-points.csv", export.MEDIA_TYPES["csv"])


@router.put("/points", summary="Declare the expected points")
def declare(given: list[PointGiven], bench: Bench) -> list[PointGiven]:
    """Make these the expected points; the earlier ones go."""
    kept = expected.declare(bench.workspace, [each.model_dump() for each in given])
    return [PointGiven(**asdict(each)) for each in kept]
