"""The REST face: builds the FastAPI application from a workbench and turns its errors into one JSON shape."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.exceptions import HTTPException

from workbench import __version__
from workbench.api import (
    alarms,
    assets,
    certificates,
    competitions,
    connectors,
    coverage,
    edge,
    health,
    imports,
    limits,
    mappings,
    organiser,
    query,
    runs,
    schedules,
    sweeps,
    table_care,
    table_health,
    tables,
    templates,
    trend,
)
from workbench.app import Workbench
from workbench.errors import Invalid, NotFound, Unavailable, WorkbenchError

PREFIX = "/api/v1"
NO_PAGE = (
    "<!doctype html><meta charset=utf-8><title>Workbench</title><body style='font:16px system-ui;margin:3em'>"
    "<p>There is no page at this address. · 此地址没有页面。</p><p><a href='/'>Workbench</a></p>"
)
STATUS: dict[str, int] = {
    "invalid": 422,
    "not_found": 404,
    "refused": 409,
    "run_failed": 500,
    "unavailable": 503,
}


def create(bench: Workbench, *, token: str | None = None) -> FastAPI:
    """Build the API over a workbench; whoever presents ``token`` may name files of this machine.

    The documentation pages of FastAPI are left out: they load their scripts from another host.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        bench.start()
        try:
            yield
        finally:
            bench.stop(drain_s=bench.settings.drain_seconds)

    app = FastAPI(
        title="Workbench",
        version=__version__,
        summary="Templates, tables and runs of one workspace",
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.bench = bench
    app.state.token = token
    for routes in (
        health,
        templates,
        tables,
        imports,
        table_care,
        table_health,
        trend,
        query,
        runs,
        sweeps,
        schedules,
        alarms,
        connectors,
        coverage,
        limits,
        mappings,
        assets,
        competitions,
        organiser,
        certificates,
        edge,
    ):
        app.include_router(routes.router, prefix=PREFIX)
    app.include_router(table_health.overview, prefix=PREFIX)
    app.include_router(limits.causes, prefix=PREFIX)
    handlers: list[tuple[type[Exception], Callable[..., Any]]] = [
        (WorkbenchError, _own_error),
        (RequestValidationError, _invalid_request),
        (HTTPException, _http_error),
        (UnicodeEncodeError, _half_characters),
    ]
    for kind, handler in handlers:
        app.add_exception_handler(kind, handler)
    return app


def answer(error: WorkbenchError, status: int | None = None) -> JSONResponse:
    """Return an error as every route shows it."""
    code = status or getattr(error, "status", None) or STATUS.get(error.code, 409)
    return JSONResponse({"error": error.record()}, status_code=code)


def _own_error(_: Request, error: WorkbenchError) -> JSONResponse:
    return answer(error)


def _invalid_request(_: Request, error: RequestValidationError) -> JSONResponse:
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        reason = str(first.get("ctx", {}).get("error", "")) or "damaged"
        return answer(Invalid("request body", given=f"no JSON ({reason})", expected="a JSON object"))
    where = ".".join(str(part) for part in first["loc"] if part not in {"body", "query", "path"})
    given = first.get("input")
    shown = repr(given)[:100] if isinstance(given, str | int | float | bool) else None
    return answer(Invalid(where or "request", given=shown, expected=first["msg"]))


def _half_characters(_: Request, __: Exception) -> JSONResponse:
    """JSON can carry half of a pair of characters, which no file, database or answer can."""
    return answer(Invalid("text", given="half characters (lone surrogates)", expected="text"))


def _http_error(request: Request, error: HTTPException) -> Response:
    if error.status_code == 404 and not request.url.path.startswith(PREFIX):
        return HTMLResponse(NO_PAGE, status_code=404)
    if error.status_code == 404:
        return answer(NotFound("unknown address", given=request.url.path, hint=f"see {PREFIX}/openapi.json"))
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return answer(Invalid("method", given=request.method, expected=allowed), status=405)
    if error.status_code == 400:  # a body that no reader of JSON or forms gets through
        return answer(Invalid("request body", given=str(error.detail), expected="a JSON object"), status=400)
    return answer(Unavailable(str(error.detail)), status=error.status_code)
