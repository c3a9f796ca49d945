"""Who takes part: a team is a name and a token; the token is shown once, when it joins, and kept hashed."""

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from workbench.competitions.book import Book
from workbench.competitions.contract import Contract
from workbench.competitions.telling import hidden, plain
from workbench.errors import Invalid, Refused, unknown

NAME_CHARACTERS = 40
MEMBER_CHARACTERS = 400
BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by their kind that show nothing


@dataclass(frozen=True)
class Joined:
    """A new team, and the token that proves who it is."""

    team: str
    name: str
    token: str


class NoTeam(Refused):
    """The token belongs to no team of this competition."""

    status = 401


def join(book: Book, contract: Contract, name: str, *, members: list[str], now: datetime) -> Joined:
    """Add a team under a name that no other has."""
    name = unicodedata.normalize("NFKC", name).strip()
    if not _readable(name):
        raise Invalid("team", given=repr(name[:60]), expected=f"a name of 1 to {NAME_CHARACTERS} characters")
    if len(members) > contract.teams.max_members:
        raise Invalid("members", given=len(members), expected=f"at most {contract.teams.max_members}")
    token = secrets.token_urlsafe(24)
    row = {
        "id": f"team-{secrets.token_hex(6)}",
        "competition": contract.id,
        "name": name,
        "members": "\n".join(plain(one, NAME_CHARACTERS) for one in members)[:MEMBER_CHARACTERS],
        "token": _hashed(token),
        "joined": now.timestamp(),
    }
    if not book.add_team(row, contract.teams.limit):
        taken = any(team.name == name for team in book.teams(contract.id))
        given = repr(name) if taken else f"{contract.teams.limit} teams already"
        raise Invalid("team", given=given, expected="a name that no other team has" if taken else "fewer")
    return Joined(str(row["id"]), name, token)


def renew(book: Book, competition: str, handle: str) -> Joined:
    """Give a team that lost its token a new one; the old one proves nothing from now on."""
    team = get(book, competition, handle)
    token = secrets.token_urlsafe(24)
    book.change_team(team.id, token=_hashed(token))
    return Joined(team.id, team.name, token)


def of_token(book: Book, competition: str, token: str) -> Any:
    """Return the team that a token proves."""
    hashed = _hashed(token)
    for team in book.teams(competition):
        if token and secrets.compare_digest(team.token, hashed):
            return team
    raise NoTeam("token", given="no team of this competition", hint="join it to get one; it is shown once")


def named(book: Book, competition: str, name: str) -> Any | None:
    """Return the team of a name, or None."""
    wanted = unicodedata.normalize("NFKC", name).strip()
    return next((team for team in book.teams(competition) if team.name == wanted), None)


def get(book: Book, competition: str, handle: str) -> Any:
    """Return a team by its id or its name."""
    for team in book.teams(competition):
        if handle in (team.id, team.name):
            return team
    raise unknown("team", handle, [team.name for team in book.teams(competition)])


def _readable(name: str) -> bool:
    """Whether a name is seen as what it is: no tags, nothing hidden, and something that is not a blank."""
    seen = any(unicodedata.category(one)[0] in "LNPS" and one not in BLANK for one in name)
    return 1 <= len(name) <= NAME_CHARACTERS and seen and not any(one in "<>" or hidden(one) for one in name)


def _hashed(token: str) -> str:
    return hashlib.sha256(
        token.encode(errors="replace")
    ).hexdigest()  # random already, so that a slow hash adds nothing
