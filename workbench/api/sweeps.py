"""Sweeps over REST: create, watch, cancel, retry, take the answers of all points away as one table."""

from typing import Annotated, Literal

from anyio import to_thread
from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, Field

from workbench.api.access import Bench, MayNameFiles
from workbench.api.runs import Format, download, refuse_files
from workbench.api.tables import TableShown, shown
from workbench.app import Workbench
from workbench.config import Language, Text
from workbench.runs import export, sweep_table
from workbench.runs.sweep import Plan, SweepRequest, TableAxis
from workbench.runs.sweep_board import worst_first
from workbench.runs.sweep_store import Sweep

router = APIRouter(prefix="/sweeps", tags=["sweeps"])


class SweepShown(BaseModel):
    """A sweep and how far it is."""

    sweep: str
    template: str
    title: Text | str
    axes: list[dict[str, str]]
    points: int
    done: int
    failed: int
    ended: bool
    cancelled: bool
    left_out: int = Field(description="Rows without a value on an axis: they are in no run")
    counts: dict[str, int] = Field(
        description="Points by state; waiting: no run yet, not_accepted: there will be none"
    )
    created: str


class SaveRequest(BaseModel):
    """Where the answers of a sweep go."""

    name: str


@router.post("", status_code=201, summary="Run a template over many")
async def create(request: SweepRequest, bench: Bench, may_name_files: MayNameFiles) -> SweepShown:
    """Check and store the sweep with all its points; their runs follow."""
    request = await to_thread.run_sync(_checked, bench, request, may_name_files)
    sweep = await to_thread.run_sync(bench.sweeps.create, request)
    return _shown(bench.sweeps.get(sweep))


@router.post("/plan", summary="Show what a sweep would run")
async def plan(request: SweepRequest, bench: Bench, may_name_files: MayNameFiles) -> Plan:
    """Return the points that a request means; nothing is stored and nothing runs."""
    request = await to_thread.run_sync(_checked, bench, request, may_name_files)
    return await to_thread.run_sync(bench.sweeps.plan, request)


@router.get("", summary="List sweeps, newest first")
def list_sweeps(
    bench: Bench, limit: Annotated[int, Query(ge=1, le=1000, description="At most so many")] = 50
) -> list[SweepShown]:
    """Return the newest sweeps of the workspace."""
    return [_shown(sweep) for sweep in bench.sweeps.list(limit)]


@router.get("/{sweep}", summary="Show a sweep, also while it goes")
def show(sweep: str, bench: Bench) -> SweepShown:
    """Return a sweep with its counts."""
    return _shown(bench.sweeps.get(sweep))


@router.get("/{sweep}/table", summary="Download the answers of all points", response_class=Response)
def table(
    sweep: str,
    bench: Bench,
    format: Annotated[  # noqa: A002 - the name users expect
        Literal["json", Format], Query(description="File type; json is worst first")
    ] = "json",
    language: Annotated[Language, Query(description="Language of the answers")] = "en",
) -> Response:
    """Return one row per point: axes, status, verdict, every KPI with its unit, the run."""
    board = bench.sweeps.board(sweep)
    template = bench.sweeps.template(board.sweep)
    if format == "json":
        rows = worst_first(board.rows, template)
        return JSONResponse([sweep_table.document(row, language) for row in rows])
    frame = sweep_table.with_units(*sweep_table.table(board, template, language=language))
    content = export.export(frame, format, name="sweep")
    return download(content, f"{sweep}.{format}", export.MEDIA_TYPES[format])


@router.post("/{sweep}/save", status_code=201, summary="Save the answers as a table")
def save(sweep: str, request: SaveRequest, bench: Bench) -> TableShown:
    """Write the answers of all points as a table of the workspace, or its next version."""
    board = bench.sweeps.board(sweep)
    return shown(sweep_table.save(bench.tables, board, bench.sweeps.template(board.sweep), name=request.name))


@router.post("/{sweep}/cancel", summary="Cancel a sweep")
def cancel(sweep: str, bench: Bench) -> SweepShown:
    """Cancel every run of a sweep that has not ended, and make no more."""
    return _shown(bench.sweeps.cancel(sweep))


@router.post("/{sweep}/retry", summary="Run the failed points again")
def retry(sweep: str, bench: Bench) -> SweepShown:
    """Run the points again that ended without an answer; what was cancelled goes on."""
    return _shown(bench.sweeps.retry(sweep))


@router.post("/{sweep}/resume", summary="Go on with a cancelled sweep")
def resume(sweep: str, bench: Bench) -> SweepShown:
    """Make the runs that were cancelled or never made."""
    return _shown(bench.sweeps.resume(sweep))


def _checked(bench: Workbench, request: SweepRequest, may_name_files: bool) -> SweepRequest:
    run = request.run.model_copy(update={"origin": "sweep"})
    if not may_name_files:
        refuse_files(bench, run)
        for axis in request.over:
            for table in axis.values if isinstance(axis, TableAxis) else ():
                refuse_files(bench, run.model_copy(update={"inputs": {axis.role or "table": table}}))
    return request.model_copy(update={"run": run})


def _shown(sweep: Sweep) -> SweepShown:
    return SweepShown(**sweep.document())
