"""Put the pages on a FastAPI application: Panel sessions for pages, plain routes for the rest."""

import logging
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import panel as pn
from bokeh.core.validation import silence
from bokeh.core.validation.warnings import EMPTY_LAYOUT
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from panel.io.fastapi import add_applications

from workbench.app import Workbench
from workbench.config import LANGUAGES
from workbench.templates.scenarios import scenarios
from workbench.ui import benches
from workbench.ui.alarms_page import alarms_page
from workbench.ui.app_page import app_page
from workbench.ui.assets_page import assets_page
from workbench.ui.broken import broken_page
from workbench.ui.caching import CacheStatic
from workbench.ui.compare_page import compare_page
from workbench.ui.competition_page import competition_page
from workbench.ui.competitions_page import competitions_page
from workbench.ui.connectors_page import connectors_page
from workbench.ui.coverage_page import coverage_page
from workbench.ui.gallery import gallery_page
from workbench.ui.import_page import import_page
from workbench.ui.limits_page import NAME_COOKIE, cookie, limits_page
from workbench.ui.organiser_page import organiser_page
from workbench.ui.proof_page import proof_page
from workbench.ui.query_page import query_page
from workbench.ui.render import ASSETS
from workbench.ui.runs_page import runs_page
from workbench.ui.schedules_page import schedules_page
from workbench.ui.signals_page import signals_page
from workbench.ui.sockets import send_everything
from workbench.ui.sweep_page import sweep_page
from workbench.ui.sweeps_page import sweeps_page
from workbench.ui.table_page import table_page
from workbench.ui.tables_page import tables_page
from workbench.ui.trend_page import trend_page
from workbench.ui.view import LANGUAGE_COOKIE, THEME_COOKIE

LOG = logging.getLogger(__name__)
A_YEAR_S = 365 * 24 * 3600
REMEMBERING = {"limits": "/limits?limits=", "signals": "/signals?run="}  # where a name was given
KEEP_SESSION_MS = 60_000


def mount(app: FastAPI, bench: Workbench) -> None:
    """Add every page of the interface to ``app``."""
    benches.share(bench)
    send_everything()
    silence(EMPTY_LAYOUT, True)  # a result without tables is an empty column, not a mistake
    pn.extension("tabulator", notifications=False)
    app.include_router(_preferences())
    app.mount("/assets/fonts", StaticFiles(directory=ASSETS / "fonts"), name="fonts")
    pages: dict[str, Any] = {
        address: _safely(build, bench)
        for address, build in (
            ("/", gallery_page),
            ("/app", app_page),
            ("/data", tables_page),
            ("/tables", tables_page),
            ("/import", import_page),
            ("/table", table_page),
            ("/coverage", coverage_page),
            ("/trend", trend_page),
            ("/proof", proof_page),
            ("/query", query_page),
            ("/runs", runs_page),
            ("/compare", compare_page),
            ("/sweep", sweep_page),
            ("/sweeps", sweeps_page),
            ("/schedules", schedules_page),
            ("/alarms", alarms_page),
            ("/limits", limits_page),
            ("/signals", signals_page),
            ("/connectors", connectors_page),
            ("/competitions", competitions_page),
            ("/competition", competition_page),
            ("/organiser", organiser_page),
            ("/assets", assets_page),
        )
    }
    pages |= {f"/apps/{scenario.name}": str(scenario.path) for scenario in scenarios()}
    add_applications(
        pages,
        app=app,
        title="Workbench",
        websocket_origins=["*"],  # the outermost guard refuses other origins, for pages and sockets alike
        unused_session_lifetime_milliseconds=KEEP_SESSION_MS,
    )
    app.add_middleware(CacheStatic)


def _safely(build: Callable[[Workbench], Any], bench: Workbench) -> Callable[[], Any]:
    """Return a page function that shows its own failure instead of a white page."""

    def built() -> Any:
        try:
            return build(bench)
        except Exception as error:
            LOG.exception("page could not be built")
            return broken_page(bench, error)

    return built


def _preferences() -> APIRouter:
    """Return the routes that remember language, theme and name, and come back."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/prefer/{value}")
    def prefer(value: str, request: Request) -> RedirectResponse:
        answer = RedirectResponse(_back(request.headers.get("referer", "")), status_code=303)
        cookie = LANGUAGE_COOKIE if value in LANGUAGES else THEME_COOKIE
        if value in (*LANGUAGES, "light", "dark"):
            answer.set_cookie(cookie, value, max_age=A_YEAR_S, samesite="lax")
        return answer

    @routes.get("/remember")
    def remember(name: str, to: str, key: str) -> RedirectResponse:
        place = REMEMBERING.get(to, "/limits?limits=")
        answer = RedirectResponse(place + quote(key), status_code=303)
        answer.set_cookie(NAME_COOKIE, cookie(name), max_age=A_YEAR_S, samesite="lax")
        return answer

    return routes


def _back(referer: str) -> str:
    """Return the page a visitor came from, as an address on this server, without the old preference."""
    parts = urlsplit(referer)
    path = "/" + parts.path.lstrip("/\\")
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in {"lang", "theme"}]
    return path + (f"?{urlencode(kept)}" if kept else "")
