"""The organiser's side of competitions over REST: with the server's token, or the organiser's own."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel

from workbench.api.access import Bench
from workbench.api.competitions import A_YEAR_S, JoinedTeam, Token, organising
from workbench.competitions import teams
from workbench.competitions.entry import Entry
from workbench.competitions.organiser import Organiser, Pair, Pruned, Statistics
from workbench.competitions.service import Overview
from workbench.competitions.teams import NoTeam

router = APIRouter(prefix="/organiser", tags=["competitions"])
Asking = Annotated[Organiser, Depends(organising)]


class Why(BaseModel):
    """Why something is taken off the leaderboard; None puts it back."""

    reason: str | None = None


class Announcement(BaseModel):
    """A text for everybody who takes part."""

    text: str | dict[str, str]


@router.post("/session", summary="Use the organiser's token in this browser")
def session(given: Token, bench: Bench, answer: Response) -> dict[str, bool]:
    """Check the organiser's token and keep it in a cookie."""
    if not bench.competitions.organiser.is_organiser(given.token.strip()):
        raise NoTeam("organiser", given="another token", hint="`workbench compete organiser` prints it")
    options: dict[str, Any] = {"httponly": True, "samesite": "strict", "path": "/", "max_age": A_YEAR_S}
    answer.set_cookie("workbench_organiser", given.token.strip(), **options)
    return {"organiser": True}


@router.get("/{competition}/entries", summary="List all entries with everything that is kept")
def entries(competition: str, organiser: Asking) -> list[Entry]:
    """Return the entries of all teams, newest first, with the scores on the rows kept back."""
    organiser.book.competition(competition)
    return organiser.book.entries(competition)


@router.post("/{competition}/again", status_code=202, summary="Judge again after a fix")
def again(
    competition: str,
    organiser: Asking,
    bench: Bench,
    entry: Annotated[str | None, Query(description="One entry; default: all that have ended")] = None,
) -> list[str]:
    """Queue one entry, or all that have ended, and return their names."""
    queued = organiser.again(competition, entry)
    bench.competitions.judge.wake()
    return queued


@router.post("/{competition}/entries/{entry}/disqualify", summary="Take an entry off the leaderboard")
def disqualify(competition: str, entry: str, why: Why, organiser: Asking) -> Entry:
    """Disqualify an entry with a reason its team reads; without one it counts again."""
    return organiser.disqualify(competition, entry, why.reason)


@router.post("/{competition}/teams/{team}/disqualify", status_code=204, summary="Take a team off")
def disqualify_team(competition: str, team: str, why: Why, organiser: Asking) -> Response:
    """Disqualify a team with a reason; without one it counts again."""
    organiser.disqualify_team(teams.get(organiser.book, competition, team).id, why.reason)
    return Response(status_code=204)


@router.post("/{competition}/teams/{team}/token", summary="Renew the token of a team")
def renew(competition: str, team: str, organiser: Asking) -> JoinedTeam:
    """Return a new token, this once; the old one stops working."""
    joined = organiser.renew(competition, team)
    return JoinedTeam(team=joined.name, token=joined.token)


@router.post("/{competition}/prune", summary="Remove files of old entries")
def prune(
    competition: str,
    organiser: Asking,
    days: Annotated[float, Query(ge=0, description="Entries that ended so many days ago")] = 30.0,
) -> Pruned:
    """Remove logs, predictions and executed notebooks; notebooks and scores stay."""
    return organiser.prune(competition, days=days)


@router.post("/{competition}/announcements", status_code=201, summary="Announce something")
def announce(competition: str, new: Announcement, organiser: Asking) -> dict[str, int]:
    """Show a text on the competition's page."""
    organiser.announce(competition, new.text)
    return {"announcements": len(organiser.book.announcements(competition))}


@router.get("/{competition}/statistics", summary="Show a competition in numbers")
def statistics(competition: str, organiser: Asking) -> Statistics:
    """Return counts by state, day and reason."""
    organiser.book.competition(competition)
    return organiser.statistics(competition)


@router.get("/{competition}/duplicates", summary="Look for entries that are copies")
def duplicates(competition: str, organiser: Asking) -> list[Pair]:
    """Return pairs of entries of different teams that are alike."""
    return organiser.duplicates(competition)


@router.post("/{competition}/archive", summary="Close a competition for good")
def archive(competition: str, organiser: Asking, bench: Bench) -> Overview:
    """Archive a competition: it stays to be read."""
    organiser.book.competition(competition)
    return bench.competitions.archive(competition)
