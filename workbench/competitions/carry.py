"""From phase to phase by the clock: when a phase sets another task, the entries that count go on to it.

Each copy is named after its source and the phase, so that doing it twice, after a crash, does nothing twice.
"""

from datetime import datetime

from workbench.competitions import leaderboard, phases
from workbench.competitions.book import Book
from workbench.competitions.contract import Contract, Phase
from workbench.competitions.entry import Entry
from workbench.competitions.shelf import NOTEBOOK, Shelf


def carry(book: Book, shelf: Shelf, now: datetime) -> list[str]:
    """Look at every competition; return the entries that were carried into a phase that has begun."""
    carried: list[str] = []
    for row in book.competitions():
        if row.archived:
            continue
        contract = shelf.get(row.id, row.version).contract
        phase = phases.current(contract, now)
        if phase is None or phase.id == row.phase:
            continue
        before = next((each for each in contract.phases if each.id == row.phase), None)
        if before is not None and phase.carry and before.task != phase.task:
            carried += _carried(book, shelf, contract, before, phase, now)
        book.change_competition(row.id, phase=phase.id)  # last: a crash before this carries again
    return carried


def _carried(
    book: Book, shelf: Shelf, contract: Contract, before: Phase, phase: Phase, now: datetime
) -> list[str]:
    teams = {team.id for team in book.teams(contract.id) if not team.disqualified}
    valid = [
        entry
        for entry in book.entries(contract.id, phase=before.id)
        if entry.status == "scored" and not entry.disqualified and entry.team in teams
    ]
    there = {entry.entry for entry in book.entries(contract.id, phase=phase.id)}
    names = []
    for entry in sorted(leaderboard.counting(contract, valid), key=lambda each: each.number):
        name = f"{entry.entry}-{phase.id}"
        if name not in there:
            _copy(book, shelf, entry, name, contract, phase, now)
            names.append(name)
    return names


def _copy(
    book: Book, shelf: Shelf, entry: Entry, name: str, contract: Contract, phase: Phase, now: datetime
) -> None:
    shelf.forget(contract.id, name)
    shelf.keep_notebook(contract.id, name, (shelf.entry(contract.id, entry.entry) / NOTEBOOK).read_bytes())
    row = {
        "entry": name,
        "competition": contract.id,
        "version": contract.version,
        "phase": phase.id,
        "team": entry.team,
        "name": entry.name,
        "status": "queued",
        "submitted": now.timestamp(),
        "counts": False,  # the team did not submit it again
        "origin": "carry",
        "source": entry.entry,
    }
    book.add_entry(row, since=now, per_day=0, total=0)
