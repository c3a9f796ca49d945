"""Runs over REST: create, watch, cancel, take the results away. Paths of the server stay with the server."""

import time
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, Response

from workbench.api.access import Bench, MayNameFiles
from workbench.app import Workbench
from workbench.errors import Invalid, NotFound, unknown
from workbench.runs import a3, cause_book, evidence, export, joint, printing, report
from workbench.runs.again import request_of
from workbench.runs.compare import compare as compared
from workbench.runs.compare import directions
from workbench.runs.record import RunRecord, Status
from workbench.runs.request import RunRequest
from workbench.templates.scenarios import scenarios
from workbench.templates.template import Template

router = APIRouter(prefix="/runs", tags=["runs"])
ADDRESS = "/api/v1/runs"
SLICE_S = 0.5  # a waiting request looks up this often, so that a stopping server need not wait for it
WAITERS = CapacityLimiter(200)  # waiting requests must not take the threads that answer the others
Format = Literal["csv", "xlsx", "parquet"]


class Filters:
    """What a list of runs can be narrowed down by, beside app and state."""

    def __init__(
        self,
        origin: Annotated[
            str | None, Query(description="Only runs started from there: form, api, cli, …")
        ] = None,
        table: Annotated[str | None, Query(description="Only runs that read this table")] = None,
        text: Annotated[str | None, Query(description="Only runs whose name or answer holds this")] = None,
        since: Annotated[str | None, Query(description="Only runs created at this time or later")] = None,
        until: Annotated[str | None, Query(description="Only runs created before this time")] = None,
    ) -> None:
        self.origin, self.table, self.text = origin, table, text
        self.since, self.until = since, until


@router.post("", status_code=201, summary="Run a template")
async def create(
    request: RunRequest,
    bench: Bench,
    may_name_files: MayNameFiles,
    answer: Response,
    wait: Annotated[bool, Query(description="Answer when the run has ended, not when it is queued")] = False,
    reuse: Annotated[bool, Query(description="An earlier run of exactly this will do: status 200")] = False,
) -> RunRecord:
    """Check the request, queue it, and answer at once or when the run has ended."""
    if not may_name_files:
        ours = {"origin": "api", "sweep": None, "schedule": None, "retry_of": None}
        request = request.model_copy(update=ours)
        await to_thread.run_sync(refuse_files, bench, request)
    if reuse or request.reuse:
        earlier = await to_thread.run_sync(bench.engine.earlier, request)
        if earlier is not None:
            answer.status_code = 200  # nothing was created
            return public(earlier)
    run = await to_thread.run_sync(bench.engine.submit, request)
    return public(await _waited(bench, run, float("inf") if wait else 0.0))


@router.get("", summary="List runs, newest first")
def list_runs(
    bench: Bench,
    filters: Annotated[Filters, Depends()],
    template: Annotated[str | None, Query(description="Only runs of this template")] = None,
    status: Annotated[Status | None, Query(description="Only runs in this state")] = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="At most so many")] = 50,
    before: Annotated[str | None, Query(description="Only runs older than this one: the next page")] = None,
) -> list[RunRecord]:
    """Return the newest runs of the workspace."""
    chosen = vars(filters) | {"template": template, "status": status, "before": before}
    return [public(record) for record in bench.engine.list(limit=limit, **chosen)]


@router.get("/counts", summary="Count runs by state")
def counts(
    bench: Bench,
    filters: Annotated[Filters, Depends()],
    template: Annotated[str | None, Query(description="Only runs of this template")] = None,
) -> dict[str, int]:
    """Return how many runs are in each state."""
    return bench.engine.history.counts(template=template, **vars(filters))


@router.get("/compare", summary="Set runs side by side")
def compare(
    bench: Bench,
    run: Annotated[list[str], Query(min_length=2, max_length=12, description="A run; give two or more")],
) -> dict[str, Any]:
    """Return what differs between runs, each against the first, and every number with its change."""
    records = [public(bench.engine.get(name)) for name in run]
    return compared(*records, better=directions(_template(bench, records[0].template.id)))


@router.get("/report", summary="Download one report of several runs", response_class=Response)
def joint_report(
    bench: Bench,
    run: Annotated[
        list[str], Query(min_length=1, max_length=12, description="A run, in the order of reading")
    ],
    format: Annotated[Literal["html", "xlsx", "pdf"], Query(description="File type")] = "html",  # noqa: A002
    language: Annotated[Literal["en", "zh"], Query(description="Language of the report")] = "en",
    scenario: Annotated[str, Query(description="The scenario app that asked, such as line_quality")] = "",
) -> Response:
    """Return runs that answer one question as one file, which begins with what they say together."""
    records = [_ended(bench, name) for name in run]
    known = {one.name: one.title for one in scenarios()}
    if scenario and scenario not in known:
        raise unknown("scenario", scenario, known)
    content = joint.write(
        records, format, language=language, library=bench.library, title=known.get(scenario)
    )
    media = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "xlsx": export.MEDIA_TYPES["xlsx"]}
    return download(content, f"{scenario or 'runs'}-{run[0]}.{format}", media[format])


@router.get("/{run}", summary="Show a run, also while it goes")
async def show(
    run: str,
    bench: Bench,
    wait_s: Annotated[float, Query(ge=0, le=60, description="Wait so many seconds for its end")] = 0.0,
) -> RunRecord:
    """Return a run's record; ``wait_s`` makes one request enough to follow a run."""
    return public(await _waited(bench, run, wait_s))


@router.post("/{run}/cancel", summary="Cancel a run")
def cancel(run: str, bench: Bench) -> RunRecord:
    """Cancel a run; one that has ended stays as it is."""
    return public(bench.engine.cancel(run))


@router.post("/{run}/rerun", status_code=201, summary="Run again what a run ran")
def rerun(run: str, bench: Bench) -> RunRecord:
    """Queue a new run of the same template with the same inputs, mapping and parameters."""
    bench.engine.get(run)  # says so when there is no such run
    request = request_of(bench.engine.history.job(run), origin="api")
    return public(bench.engine.get(bench.engine.submit(request)))


@router.get("/{run}/notebook", summary="Download the executed notebook", response_class=FileResponse)
def notebook(run: str, bench: Bench) -> FileResponse:
    """Return the executed notebook: the complete record."""
    path = bench.engine.get(run).notebook
    if path is None or not Path(path).is_file():
        raise NotFound(f"run {run} has no notebook yet")
    return FileResponse(path, media_type="application/x-ipynb+json", filename=f"{run}.ipynb")


@router.get("/{run}/tables/{name}", summary="Download a result table", response_class=Response)
def table(
    run: str,
    name: str,
    bench: Bench,
    format: Annotated[Format, Query(description="File type")] = "csv",  # noqa: A002 - the name users expect
) -> Response:
    """Return a table that the run recorded."""
    frame = export.read(_result(bench.engine.get(run), "tables", name))
    return download(export.export(frame, format, name=name), f"{name}.{format}", export.MEDIA_TYPES[format])


@router.get("/{run}/figures/{name}", summary="Download a figure", response_class=FileResponse)
def figure(run: str, name: str, bench: Bench) -> FileResponse:
    """Return a figure: a Bokeh document as JSON, or a PNG."""
    return FileResponse(_result(bench.engine.get(run), "figures", name))


@router.get("/{run}/evidence", summary="Download the evidence", response_class=Response)
def run_evidence(run: str, bench: Bench) -> Response:
    """Return one zip: notebook, inputs' hashes, results, environment, the command to run it again."""
    record = bench.engine.get(run)
    history = bench.engine.history
    content = evidence.pack(
        record,
        history.job(run),
        installed=history.environment(run),
        labels=labels(bench, record.template.id),
    )
    return download(content, f"{run}.zip", "application/zip")


@router.get("/{run}/report", summary="Download the report", response_class=Response)
def run_report(
    run: str,
    bench: Bench,
    format: Annotated[  # noqa: A002
        Literal["html", "xlsx", "pdf", "a3"],
        Query(description="File type; a3 is a problem report on one sheet, as PDF"),
    ] = "html",
    language: Annotated[Literal["en", "zh"], Query(description="Language of the report")] = "en",
) -> Response:
    """Return the run as one file that needs nothing else."""
    record = _ended(bench, run)
    if format == "xlsx":
        book = report.xlsx(record, language, labels=labels(bench, record.template.id))
        return download(book, f"{run}.xlsx", export.MEDIA_TYPES["xlsx"])
    names = labels(bench, record.template.id)
    if format == "a3":
        causes = cause_book.confirmed(bench.engine.preparer.causes, bench.library, record, language)
        page = a3.html(record, language, labels=names, causes=causes)
    else:
        page = report.html(record, language, labels=names)
    if format in {"pdf", "a3"}:
        width = a3.WIDTH_MM if format == "a3" else printing.A4_MM
        return download(printing.pdf(page, width_mm=width), f"{run}-{format}.pdf", "application/pdf")
    return download(page.encode("utf-8"), f"{run}.html", "text/html; charset=utf-8")


def _ended(bench: Workbench, run: str) -> RunRecord:
    record = bench.engine.get(run)
    if not record.ended:
        raise Invalid(f"run {run}", given=record.status, expected="a run that has ended")
    return record


def public(record: RunRecord) -> RunRecord:
    """Return a record as clients see it: addresses in place of the server's paths."""
    base = f"{ADDRESS}/{record.run}"
    inputs = {
        role: used.model_copy(update={"table": Path(used.table).name})
        if Path(used.table).is_absolute()
        else used
        for role, used in record.inputs.items()
    }
    return record.model_copy(
        update={
            "tables": {name: f"{base}/tables/{quote(name)}" for name in record.tables},
            "figures": {name: f"{base}/figures/{quote(name)}" for name in record.figures},
            "notebook": f"{base}/notebook" if record.notebook else None,
            "inputs": inputs,
            "template": record.template.model_copy(update={"path": None}),
        }
    )


def download(content: bytes, name: str, media_type: str) -> Response:
    """Return bytes as a file to save; a browser never shows them as a page of ours."""
    return Response(content, media_type=media_type, headers=attached(name))


def attached(name: str) -> dict[str, str]:
    """Return the header that makes a browser save an answer under a name."""
    return {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}


def labels(bench: Workbench, template: str) -> dict[str, Any]:
    """Return the names of a template's results for people; none when the template is gone."""
    found = _template(bench, template)
    return found.labels() if found else {}


def _template(bench: Workbench, template: str) -> Template | None:
    try:
        return bench.library.get(template)
    except (NotFound, Invalid):  # the run outlives its template
        return None


async def _waited(bench: Workbench, run: str, seconds: float) -> RunRecord:
    deadline = time.monotonic() + seconds
    record = await to_thread.run_sync(bench.engine.get, run)
    while not record.ended and time.monotonic() < deadline:
        slice_s = min(SLICE_S, deadline - time.monotonic())
        record = await to_thread.run_sync(bench.engine.wait, run, slice_s, limiter=WAITERS)
    return record


def refuse_files(bench: Workbench, request: RunRequest) -> None:
    """Keep strangers on this machine from reading its files through the server."""
    if "/" in request.template or "\\" in request.template or request.template.endswith(".ipynb"):
        hint = "install the notebook with: workbench templates install FILE"
        raise Invalid("template", given=repr(request.template), expected="the id of a template", hint=hint)
    for role, reference in request.inputs.items():
        if "/" in reference or "\\" in reference:
            expected, hint = "a table of this workspace", "upload the file first: POST /api/v1/tables"
            raise Invalid(f"input {role}", given=repr(reference), expected=expected, hint=hint)
        if reference:
            bench.tables.get(reference)


def _result(record: RunRecord, kind: Literal["tables", "figures"], name: str) -> str:
    found: dict[str, str] = getattr(record, kind)
    if name not in found:
        raise unknown(kind[:-1], name, found)
    if not Path(found[name]).is_file():
        raise NotFound(f"{kind[:-1]} {name!r} of run {record.run}", hint="it is there once the run has ended")
    return found[name]
