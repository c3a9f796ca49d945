"""What the organiser of a competition may do: judge again, disqualify, announce, count, look for copies.

There is no login yet: whoever can read the organiser's token in the workspace is the organiser.
"""

import hmac
import json
import os
import secrets
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import combinations
from typing import Any

from pydantic import BaseModel

from workbench.competitions import prints, teams
from workbench.competitions.book import Book
from workbench.competitions.entry import Entry
from workbench.competitions.shelf import Shelf
from workbench.competitions.teams import Joined
from workbench.config import LANGUAGES
from workbench.errors import Invalid, Refused

TOKEN = "organiser.token"  # noqa: S105 - the name of a file
MOST_DAYS = 36_500
ALIKE = 0.6  # share of common shape from which two entries are worth a look


class Pair(BaseModel):
    """Two entries of different teams that are alike."""

    entry: str
    team: str
    other: str
    other_team: str
    code: float  # share of the code's shape that is common, without the starter kit's
    same_predictions: bool


class Statistics(BaseModel):
    """A competition in numbers."""

    teams: int
    entries: int
    by_status: dict[str, int]
    by_day: dict[str, int]
    reasons: dict[str, int]
    median_seconds: float | None
    most_memory_mb: float | None


class Pruned(BaseModel):
    """What was removed of old entries."""

    entries: int
    bytes: int


class Organiser:
    """The organiser's side of the competitions of one workspace."""

    def __init__(self, book: Book, shelf: Shelf, *, clock: Callable[[], datetime]) -> None:
        self.book, self.shelf, self.clock = book, shelf, clock

    def token(self) -> str:
        """Return the organiser's token, made when it is first asked for; only this user can read it."""
        self.shelf.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self.shelf.root / TOKEN
        if not path.is_file():
            draft = path.with_name(f"{TOKEN}.{secrets.token_hex(4)}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(24))
            draft.replace(path)
        return path.read_text(encoding="ascii")

    def is_organiser(self, given: str) -> bool:
        """Whether a token is the organiser's."""
        return bool(given) and hmac.compare_digest(given.encode(errors="replace"), self.token().encode())

    def again(self, competition: str, entry: str | None = None) -> list[str]:
        """Judge one entry again, or all that have ended, by the version that counts now."""
        row = self.book.competition(competition)
        found = [self.entry(competition, entry)] if entry else self.book.entries(competition)
        queued = [each.entry for each in reversed(found) if self.book.again(each.entry, row.version)]
        if entry and not queued:
            raise Refused(f"entry {entry}", given=found[0].status, expected="one that has ended")
        return queued

    def entry(self, competition: str, entry: str) -> Entry:
        """Return an entry of a competition."""
        found = self.book.entry(entry)
        if found.competition != competition:
            raise Invalid(f"entry {entry}", given=found.competition, expected=f"one of {competition}")
        return found

    def disqualify(self, competition: str, entry: str, reason: str | None) -> Entry:
        """Take an entry off the leaderboard with a reason, or put it back with None."""
        self.entry(competition, entry)
        self.book.change_entry(entry, disqualified=(reason or "").strip()[:500] or None)
        return self.book.entry(entry)

    def disqualify_team(self, team: str, reason: str | None) -> None:
        """Take a team off the leaderboard with a reason, or put it back with None."""
        self.book.change_team(team, disqualified=(reason or "").strip()[:500] or None)

    def renew(self, competition: str, team: str) -> Joined:
        """Give a team a new token in place of one that it lost."""
        self.book.competition(competition)
        return teams.renew(self.book, competition, team)

    def prune(self, competition: str, *, days: float) -> Pruned:
        """Remove executed notebooks, logs and predictions of entries that ended so many days ago.

        Notebooks and scores stay, so that an entry can still be judged again or become an app.
        """
        if not 0 <= days <= MOST_DAYS:
            raise Invalid("days", given=f"{days:g}", expected=f"0 to {MOST_DAYS}")
        self.book.competition(competition)
        until = self.clock() - timedelta(days=days)
        old = [each for each in self.book.entries(competition) if each.ended and each.ended <= until]
        freed = [self.shelf.prune(competition, each.entry) for each in old if not each.open]
        return Pruned(entries=sum(size > 0 for size in freed), bytes=sum(freed))

    def announce(self, competition: str, text: str | dict[str, str]) -> None:
        """Say something to everybody who takes part."""
        self.book.competition(competition)
        both = dict.fromkeys(LANGUAGES, text) if isinstance(text, str) else dict(text)
        if not any(each.strip() for each in both.values()) or any(len(each) > 4000 for each in both.values()):
            raise Invalid("announcement", given="no text, or over 4000 characters", expected="a short text")
        self.book.announce(competition, {str(key): each for key, each in both.items()}, self.clock())

    def statistics(self, competition: str) -> Statistics:
        """Return a competition in numbers."""
        entries = self.book.entries(competition)
        seconds = sorted(each.seconds for each in entries if each.seconds is not None)
        memory = [each.memory_mb for each in entries if each.memory_mb is not None]
        days = Counter(each.submitted.date().isoformat() for each in entries)
        return Statistics(
            teams=len(self.book.teams(competition)),
            entries=len(entries),
            by_status=dict(Counter(each.status for each in entries)),
            by_day=dict(sorted(days.items())),
            reasons=dict(Counter(each.reason.code for each in entries if each.reason)),
            median_seconds=seconds[len(seconds) // 2] if seconds else None,
            most_memory_mb=max(memory, default=None),
        )

    def duplicates(self, competition: str) -> list[Pair]:
        """Return entries of different teams that are alike in their code or equal in what they predict."""
        row = self.book.competition(competition)
        bundle = self.shelf.get(competition, row.version)
        kit = bundle.path(bundle.contract.kit) if bundle.contract.kit else None
        common = json.loads((prints.code_print(kit) if kit else None) or "[]")
        names = {team.id: team.name for team in self.book.teams(competition)}
        newest: dict[tuple[str, Any], Entry] = {}
        for entry in reversed(self.book.entries(competition)):
            if not entry.open:
                newest[entry.team, entry.code_print or entry.entry] = entry
        own = {each.entry: prints.own(each.code_print, common) for each in newest.values()}
        found = []
        for one, other in combinations(newest.values(), 2):
            code = prints.likeness(own[one.entry], own[other.entry])
            same = bool(one.answer_print) and one.answer_print == other.answer_print
            if one.team != other.team and (code >= ALIKE or same):
                found.append(
                    Pair(
                        entry=one.entry,
                        team=names.get(one.team, one.team),
                        other=other.entry,
                        other_team=names.get(other.team, other.team),
                        code=round(code, 2),
                        same_predictions=same,
                    )
                )
        return sorted(found, key=lambda pair: (not pair.same_predictions, -pair.code))
