"""Competitions over REST: read, join, submit, follow. A team's token, or its cookie, says who asks."""

import tempfile
import time
from pathlib import Path
from typing import Annotated, Any

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from workbench.api.access import Bench, MayNameFiles
from workbench.api.upload import received
from workbench.app import Workbench
from workbench.competitions import kit as kits
from workbench.competitions import leaderboard as boards
from workbench.competitions import teams
from workbench.competitions.described import described
from workbench.competitions.entry import OPEN, Quota, Shown
from workbench.competitions.leaderboard import Board
from workbench.competitions.service import Overview
from workbench.competitions.teams import NoTeam
from workbench.errors import unknown

router = APIRouter(prefix="/competitions", tags=["competitions"])
COOKIE = "workbench_team_"
A_YEAR_S = 365 * 24 * 3600
SLICE_S = 0.3
WAITERS = CapacityLimiter(100)


class NewTeam(BaseModel):
    """Who wants to take part."""

    name: str
    members: list[str] = Field(default_factory=list)


class Token(BaseModel):
    """A token that a team was given when it joined."""

    token: str


class JoinedTeam(BaseModel):
    """A new team; its token is shown this once."""

    team: str
    token: str


class Listing(BaseModel):
    """A team's entries, newest first, and what it has left."""

    team: str
    quota: Quota
    entries: list[Shown]


def asking(
    competition: str,
    request: Request,
    bench: Bench,
    trusted: MayNameFiles,
    token: Annotated[str | None, Header(alias="X-Team-Token", description="The team's token")] = None,
    team: Annotated[str | None, Header(alias="X-Team", description="With the server's token: a name")] = None,
) -> Any:
    """Return the team that asks."""
    bench.competitions.contract(competition)
    if trusted and team:
        return bench.competitions.team_named(competition, team)
    given = token or request.cookies.get(f"{COOKIE}{competition}", "")
    return teams.of_token(bench.competitions.book, competition, given)


Team = Annotated[Any, Depends(asking)]


@router.get("", summary="List competitions")
def list_competitions(bench: Bench) -> list[Overview]:
    """Return every competition, those that go first."""
    return bench.competitions.overviews()


@router.get("/{competition}", summary="Show a competition")
def show(competition: str, bench: Bench) -> dict[str, Any]:
    """Return phases, tasks, metrics, limits, pages and announcements."""
    return described(bench.competitions, competition)


@router.get("/{competition}/kit", summary="Download the starter kit", response_class=FileResponse)
def kit(competition: str, bench: Bench) -> Response:
    """Return public data, a notebook that scores and a twin of the hidden data in one zip."""
    with tempfile.TemporaryDirectory(prefix="kit-") as folder:
        content = kits.write(bench.competitions.bundle(competition), Path(folder) / "kit.zip").read_bytes()
    named = {"Content-Disposition": f'attachment; filename="{competition}-kit.zip"'}
    return Response(content, media_type="application/zip", headers=named)


@router.get("/{competition}/leaderboard", summary="Show who is ahead")
def leaderboard(
    competition: str,
    bench: Bench,
    phase: Annotated[str | None, Query(description="Default: the phase that goes, or went last")] = None,
) -> Board:
    """Return the leaderboard with the history of the best score."""
    return bench.competitions.leaderboard(competition, phase)


@router.get("/{competition}/leaderboard.csv", summary="Download the leaderboard", response_class=Response)
def leaderboard_csv(competition: str, bench: Bench) -> Response:
    """Return the leaderboard as CSV."""
    named = {"Content-Disposition": f'attachment; filename="{competition}-leaderboard.csv"'}
    content = boards.as_csv(bench.competitions.leaderboard(competition))
    return Response(content, media_type="text/csv; charset=utf-8", headers=named)


@router.post("/{competition}/teams", status_code=201, summary="Join a competition")
def join(competition: str, new: NewTeam, bench: Bench, answer: Response) -> JoinedTeam:
    """Add a team; the token in the answer is shown this once."""
    joined = bench.competitions.join(competition, new.name, new.members)
    _remember(answer, competition, joined.token)
    return JoinedTeam(team=joined.name, token=joined.token)


@router.post("/{competition}/session", summary="Use a team's token in this browser")
def session(competition: str, given: Token, bench: Bench, answer: Response) -> dict[str, str]:
    """Check a token and keep it in a cookie."""
    team = teams.of_token(bench.competitions.book, competition, given.token.strip())
    _remember(answer, competition, given.token.strip())
    return {"team": team.name}


@router.post("/{competition}/entries", status_code=201, summary="Submit a notebook")
async def submit(competition: str, request: Request, bench: Bench, team: Team) -> Shown:
    """Take one .ipynb in a field named file, check it and queue it."""
    limit = (await to_thread.run_sync(bench.competitions.contract, competition)).limits.notebook_mb * 1e6
    async with received(request, bench.workspace.uploads, limit=limit) as file:
        entry = await to_thread.run_sync(bench.competitions.submit, competition, team, file.path)
    return _with_quota(bench, bench.competitions.shown(entry), team)


@router.get("/{competition}/entries", summary="List a team's entries and its quota")
def entries(competition: str, bench: Bench, team: Team) -> Listing:
    """Return the entries of the team that asks."""
    found = bench.competitions.entries(competition, team.id)
    quota = bench.competitions.quota(competition, team.id)
    return Listing(team=team.name, quota=quota, entries=found)


@router.get("/{competition}/entries/{entry}", summary="Show an entry, also while it waits or goes")
async def entry(
    competition: str,
    entry: str,
    bench: Bench,
    team: Team,
    wait_s: Annotated[float, Query(ge=0, le=60, description="Wait so many seconds for its end")] = 0.0,
) -> Shown:
    """Return an entry of the team that asks."""
    await to_thread.run_sync(_own, bench, competition, entry, team)
    until = time.monotonic() + wait_s

    def look() -> Shown:
        shown = bench.competitions.shown(bench.competitions.book.entry(entry))
        if shown.status in OPEN and time.monotonic() < until:
            time.sleep(SLICE_S)
        return shown

    shown = await to_thread.run_sync(look, limiter=WAITERS)
    while shown.status in OPEN and time.monotonic() < until:
        shown = await to_thread.run_sync(look, limiter=WAITERS)
    return _with_quota(bench, shown, team)


@router.post("/{competition}/entries/{entry}/cancel", summary="Cancel an entry")
def cancel(competition: str, entry: str, bench: Bench, team: Team) -> Shown:
    """Cancel an entry; one that still waits gives its submission back."""
    _own(bench, competition, entry, team)
    return _with_quota(bench, bench.competitions.shown(bench.competitions.cancel(entry)), team)


@router.post("/{competition}/entries/{entry}/choose", summary="Let this entry count")
def choose(competition: str, entry: str, bench: Bench, team: Team) -> Shown:
    """Choose the entry that counts, where the rules let teams choose."""
    _own(bench, competition, entry, team)
    return bench.competitions.shown(bench.competitions.choose(entry))


@router.get(
    "/{competition}/entries/{entry}/notebook", summary="Download one's entry", response_class=FileResponse
)
def notebook(competition: str, entry: str, bench: Bench, team: Team) -> FileResponse:
    """Return the notebook as it was accepted: without outputs, also after it ran."""
    _own(bench, competition, entry, team)
    path = bench.competitions.notebook(entry)
    return FileResponse(path, media_type="application/x-ipynb+json", filename=f"{entry}.ipynb")


def _own(bench: Workbench, competition: str, entry: str, team: Any) -> None:
    """Say that there is no such entry, also when it is another team's."""
    mine = bench.competitions.book.entries(competition, team=team.id)
    if entry not in {each.entry for each in mine}:
        raise unknown("entry", entry, [])


def _with_quota(bench: Workbench, shown: Shown, team: Any) -> Shown:
    return shown.model_copy(update={"quota": bench.competitions.quota(shown.competition, team.id)})


def _remember(answer: Response, competition: str, token: str) -> None:
    answer.set_cookie(
        f"{COOKIE}{competition}", token, max_age=A_YEAR_S, httponly=True, samesite="strict", path="/"
    )


def organising(
    request: Request,
    bench: Bench,
    trusted: MayNameFiles,
    token: Annotated[str | None, Header(alias="X-Organiser-Token", description="The organiser's")] = None,
) -> Any:
    """Return the organiser's side to whoever has the server's token or the organiser's."""
    given = token or request.cookies.get("workbench_organiser", "")
    if not trusted and not bench.competitions.organiser.is_organiser(given):
        hint = "`workbench compete organiser` prints it"
        raise NoTeam("organiser", given="no token of the organiser", hint=hint)
    return bench.competitions.organiser
