"""Competitions of a workspace: what every face calls. What the judge does with an entry lies in ``judge``.

Faces may write from any process: the judge looks into the book, so a submission by the command line is judged
by a running server without a word between them.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from workbench.competitions import bundle, leaderboard, phases, teams, turns
from workbench.competitions.book import Book
from workbench.competitions.bundle import Bundle
from workbench.competitions.contract import Contract, Phase
from workbench.competitions.ending import waiting_cancelled
from workbench.competitions.entry import Entry, Quota, Shown, rounded
from workbench.competitions.judge import Judge
from workbench.competitions.leaderboard import Board
from workbench.competitions.organiser import Organiser
from workbench.competitions.sanitise import sanitise
from workbench.competitions.shelf import NOTEBOOK, Shelf
from workbench.competitions.telling import plain
from workbench.config import Workspace
from workbench.errors import Invalid, NotFound, Refused
from workbench.runs.state import State

NAME_CHARACTERS = 120


class Overview(BaseModel):
    """A competition as a list shows it."""

    id: str
    version: str
    title: dict[str, str]
    summary: dict[str, str]
    organiser: str
    standing: str  # upcoming, open, between, over, archived
    phase: str | None
    phase_title: dict[str, str] | None
    phase_ends: datetime | None
    starts: datetime
    ends: datetime | None
    zone: str
    teams: int
    entries: int
    waiting: int


class Competitions:
    """The competitions of one workspace."""

    def __init__(
        self,
        workspace: Workspace,
        state: State,
        *,
        clock: Callable[[], datetime] | None = None,
        judges: int = 1,
    ) -> None:
        self.clock = clock or (lambda: datetime.now(UTC))
        self.book = Book(state)
        self.shelf = Shelf(workspace.root / "competitions")
        self.organiser = Organiser(self.book, self.shelf, clock=self.clock)
        self.judge = Judge(self.book, self.shelf, clock=self.clock, judges=judges)

    # --- the organiser's: what there is -----------------------------------------------------------------

    def publish(self, source: Path) -> Overview:
        """Check a bundle and make it the version that counts."""
        with bundle.opened(source) as read:
            kept = self.shelf.put(read)
        contract = kept.contract
        self.book.publish(contract.id, contract.version, self.clock())
        return self.overview(contract.id)

    def bundle(self, competition: str) -> Bundle:
        """Return the version of a competition that counts."""
        row = self.book.competition(competition)
        return self.shelf.get(row.id, row.version)

    def contract(self, competition: str) -> Contract:
        """Return the contract of the version that counts."""
        return self.bundle(competition).contract

    def archive(self, competition: str) -> Overview:
        """Close a competition for good: it stays to be read, and takes nothing more."""
        self.book.competition(competition)
        self.book.change_competition(competition, archived=self.clock().timestamp())
        return self.overview(competition)

    def overviews(self) -> list[Overview]:
        """Return all competitions: those that go first."""
        order = ("open", "upcoming", "between", "over", "archived")
        found = [self.overview(row.id) for row in self.book.competitions()]
        return sorted(found, key=lambda each: (order.index(each.standing), each.id))

    def overview(self, competition: str) -> Overview:
        """Return what a list shows of a competition."""
        row, now = self.book.competition(competition), self.clock()
        contract = self.contract(competition)
        phase = phases.current(contract, now)
        entries = self.book.entries(competition)
        return Overview(
            id=competition,
            version=contract.version,
            title=contract.title,
            summary=contract.summary,
            organiser=contract.organiser,
            standing="archived" if row.archived else phases.standing(contract, now),
            phase=phase.id if phase else None,
            phase_title=phase.title if phase else None,
            phase_ends=phases.ends(contract, phase) if phase else None,
            starts=phases.starts(contract, contract.phases[0]),
            ends=phases.ends(contract, contract.phases[-1]),
            zone=contract.zone,
            teams=len(self.book.teams(competition)),
            entries=len(entries),
            waiting=sum(entry.status == "queued" for entry in entries),
        )

    # --- the participant's ------------------------------------------------------------------------------

    def join(self, competition: str, name: str, members: Sequence[str] = ()) -> teams.Joined:
        """Add a team to a competition that still takes some."""
        contract = self.contract(competition)
        if self.overview(competition).standing in {"over", "archived"}:
            raise Refused(f"competition {competition}", given="it is over", hint="choose one that is open")
        return teams.join(self.book, contract, name, members=list(members), now=self.clock())

    def team_named(self, competition: str, name: str) -> Any:
        """Return a team, which joins when it is new: for whoever may write this workspace anyway."""
        return teams.named(self.book, competition, name) or teams.get(
            self.book, competition, self.join(competition, name).team
        )

    def submit(
        self, competition: str, team: Any, notebook: Path, *, name: str | None = None, origin: str = "api"
    ) -> Entry:
        """Check a notebook and queue it: when this returns, the entry survives whatever happens."""
        kept = self.bundle(competition)
        phase = self._takes(competition, kept.contract, team)
        accepted = sanitise(notebook, kept.contract.limits, name=name)
        entry = f"entry-{secrets.token_hex(5)}"
        now = self.clock()
        row = {
            "entry": entry,
            "competition": competition,
            "version": kept.contract.version,
            "phase": phase.id,
            "team": team.id,
            "name": plain(name or notebook.name, NAME_CHARACTERS) or "notebook.ipynb",
            "status": "queued",
            "submitted": now.timestamp(),
            "counts": True,
            "origin": origin,
        }
        self.shelf.keep_notebook(competition, entry, accepted.content)
        quota = kept.contract.quota(phase)
        begin, end = phases.day_of(now, kept.contract.zone)
        spent = self.book.add_entry(row, since=begin, per_day=quota.per_day, total=quota.total)
        if spent is not None:
            self.shelf.forget(competition, entry)
            most = quota.per_day if spent == "day" else quota.total
            hint = f"a new day begins {end:%Y-%m-%d %H:%M} ({kept.contract.zone})" if spent == "day" else None
            word = "a day" if spent == "day" else f"in the phase {phase.id}"
            raise Refused("submissions", given=f"all used: {most} {word}", expected="some left", hint=hint)
        self.judge.wake()
        return self.book.entry(entry)

    def _takes(self, competition: str, contract: Contract, team: Any) -> Phase:
        """Return the phase that goes, or say why nothing is taken."""
        overview, phase = self.overview(competition), phases.current(contract, self.clock())
        if team.disqualified:
            raise Refused(f"team {team.name}", given=f"disqualified: {team.disqualified}")
        if overview.standing == "archived" or phase is None:
            when = f"it begins {overview.starts:%Y-%m-%d %H:%M}" if overview.standing == "upcoming" else None
            given = f"it is {overview.standing}"
            raise Refused(f"competition {competition}", given=given, expected="an open phase", hint=when)
        return phase

    def quota(self, competition: str, team: str) -> Quota:
        """Return what a team has left in the phase that goes, or went last."""
        contract, now = self.contract(competition), self.clock()
        phase = phases.latest(contract, now)
        most = contract.quota(phase)
        begin, end = phases.day_of(now, contract.zone)
        today, used = self.book.spent(competition, team, phase.id, begin)
        left = max(0, most.total - used)
        return Quota(
            per_day=most.per_day,
            total=most.total,
            today=today,
            used=used,
            left=left,
            left_today=min(left, max(0, most.per_day - today)),
            new_day=end,
        )

    def entries(self, competition: str, team: str) -> list[Shown]:
        """Return the entries of a team, newest first, as it sees them."""
        going = self.book.open_entries()
        return [self.shown(entry, going) for entry in self.book.entries(competition, team=team)]

    def shown(self, entry: Entry, going: Sequence[Entry] | None = None) -> Shown:
        """Return an entry as its team sees it: rounded, and without the rows kept back."""
        contract = self.shelf.get(entry.competition, entry.version).contract
        phase = next((each for each in contract.phases if each.id == entry.phase), contract.phases[0])
        private = phases.shows_private(contract, phase, self.clock())
        scores = entry.private if private else entry.public
        decimals = {metric.name: metric.decimals for metric in contract.metrics}
        given = entry.model_dump(include=set(Shown.model_fields) - {"position", "score", "scores", "quota"})
        team = teams.get(self.book, entry.competition, entry.team)
        open_now = self.book.open_entries() if going is None else going
        return Shown.model_validate(
            given
            | {
                "team": team.name,
                "position": turns.position(open_now, entry.entry),
                "scores": rounded(scores, decimals),
                "score": leaderboard.total(contract, scores),
            }
        )

    def cancel(self, entry: str) -> Entry:
        """Cancel an entry; one that waits gives its submission back, one that has ended stays as it is."""
        kept = self.book.entry(entry)
        body = waiting_cancelled().body(None)
        if not self.book.cancel_waiting(entry, self.clock(), body) and kept.open:
            self.book.change_entry(entry, cancel=True)
        self.judge.wake()
        return self.book.entry(entry)

    def choose(self, entry: str) -> Entry:
        """Let a team's own choice count, where the rules say so."""
        kept = self.book.entry(entry)
        contract = self.contract(kept.competition)
        if contract.entry != "chosen":
            given = f"the {contract.entry} entry counts"
            raise Refused(f"competition {contract.id}", given=given, expected="rules by which teams choose")
        if kept.status != "scored":
            raise Refused(f"entry {entry}", given=kept.status, expected="one with a score")
        self.book.choose(kept)
        return self.book.entry(entry)

    def notebook(self, entry: str) -> Path:
        """Return the notebook of an entry as it was accepted."""
        kept = self.book.entry(entry)
        path = self.shelf.entry(kept.competition, entry) / NOTEBOOK
        if not path.is_file():
            raise NotFound(f"entry {entry} has no notebook any more")
        return path

    def leaderboard(self, competition: str, phase: str | None = None, *, organiser: bool = False) -> Board:
        """Return the leaderboard of a phase: of the one that goes, or went last, when none is named."""
        contract, now = self.contract(competition), self.clock()
        shown = phases.latest(contract, now)
        if phase is not None:
            found = [each for each in contract.phases if each.id == phase]
            if not found:
                known = ", ".join(each.id for each in contract.phases)
                raise Invalid("phase", given=repr(phase), expected=f"one of {known}")
            shown = found[0]
        return leaderboard.board(
            contract,
            shown,
            self.book.entries(competition, phase=shown.id),
            teams=self.book.teams(competition),
            private=phases.shows_private(contract, shown, now),
            named=organiser or not contract.leaderboard.anonymous or phases.standing(contract, now) == "over",
            whole=organiser,
        )
