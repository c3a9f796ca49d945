"""Certificates: what a team reached, written down once under a code by which anybody may check it later.

What was written down stays as it was; a check adds whether the leaderboard still says the same.
"""

import re
import secrets
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from workbench.competitions import phases, teams
from workbench.competitions.contract import Contract, Phase
from workbench.competitions.leaderboard import Board, Row, direction
from workbench.competitions.service import Competitions
from workbench.errors import NotFound, Refused

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none that is read as another
BLOCKS, BLOCK = 4, 4  # 80 bits: nobody guesses one


class Facts(BaseModel):
    """What a certificate says; kept as it was when it was written."""

    model_config = ConfigDict(frozen=True)

    competition: str
    title: dict[str, str]
    organiser: str
    phase: str
    phase_title: dict[str, str]
    final: bool  # the phase is over: no entry can change it any more
    team: str
    rank: int
    teams: int  # on the leaderboard
    medal: Literal["gold", "silver", "bronze"] | None
    score: str  # with the decimals that were granted
    metric: dict[str, str]
    better: Literal["min", "max"]
    rows: Literal["public", "private"]
    entry: str


class Certificate(BaseModel):
    """A certificate: what it says, since when, and its code."""

    code: str
    day: str  # in the competition's zone
    facts: Facts


class Checked(BaseModel):
    """What a check of a code found."""

    standing: Literal["confirmed", "changed", "withdrawn"]
    certificate: Certificate
    now: Facts | None = None  # what the leaderboard says today, where it says something else


def issue(
    competitions: Competitions, competition: str, *, phase: str | None = None, team: str | None = None
) -> list[Certificate]:
    """Return the certificates of all teams on the leaderboard, or of one; the same facts keep their code."""
    contract = competitions.contract(competition)
    board = competitions.leaderboard(competition, phase, organiser=True)
    rows = board.rows
    if team is not None:
        name = teams.get(competitions.book, competition, team).name
        rows = [row for row in rows if row.team == name]
        if not rows:
            raise Refused(f"team {name}", given="no score that counts", expected="a place on the leaderboard")
    if not rows:
        raise Refused(
            f"competition {competition}", given="no scores yet", expected="a leaderboard with teams"
        )
    found = [_facts(competitions, contract, board, row) for row in rows]
    now = competitions.clock()
    kept = [
        competitions.book.certify(competition, each.model_dump_json(), code=new_code(), now=now)
        for each in found
    ]
    return [
        Certificate(code=code, day=_day(contract, at), facts=each)
        for each, (code, at) in zip(found, kept, strict=True)
    ]


def check(competitions: Competitions, code: str) -> Checked:
    """Return what the certificate of a code says, and whether it still holds."""
    kept = competitions.book.certified(spelled(code))
    if kept is None:
        raise NotFound(
            "no certificate has this code", given=repr(code[:40]), hint="compare it with the paper"
        )
    facts = Facts.model_validate_json(kept[0])
    contract = competitions.contract(facts.competition)
    certificate = Certificate(code=spelled(code), day=_day(contract, kept[1]), facts=facts)
    known = {phase.id for phase in contract.phases}
    phase = facts.phase if facts.phase in known else None
    board = competitions.leaderboard(facts.competition, phase, organiser=True)
    row = next((row for row in board.rows if row.team == facts.team), None)
    if phase is None or row is None:
        return Checked(standing="withdrawn", certificate=certificate)
    now = _facts(competitions, contract, board, row)
    if _said(now) == _said(facts):
        return Checked(standing="confirmed", certificate=certificate)
    return Checked(standing="changed", certificate=certificate, now=now)


def new_code() -> str:
    """Return a code that nobody guesses, in blocks that are easy to type."""
    blocks = ("".join(secrets.choice(LETTERS) for _ in range(BLOCK)) for _ in range(BLOCKS))
    return "-".join(blocks)


def spelled(code: str) -> str:
    """Return a typed code as it is kept: capitals, blocks of four."""
    letters = re.sub(r"[^0-9A-Z]", "", code.upper())[: BLOCK * BLOCKS * 2]
    return "-".join(letters[place : place + BLOCK] for place in range(0, len(letters), BLOCK))


def _said(facts: Facts) -> tuple[object, ...]:
    """What must still be so for a certificate to hold: how many came in behind a team does not matter."""
    return facts.team, facts.rank, facts.score, facts.rows


def _facts(competitions: Competitions, contract: Contract, board: Board, row: Row) -> Facts:
    phase = next(each for each in contract.phases if each.id == board.phase)
    first = contract.metrics[0]
    total = {"en": "weighted total", "zh": "加权总分"}
    decimals = max(each.decimals for each in contract.metrics) if board.weighted else first.decimals
    return Facts(
        competition=contract.id,
        title=dict(contract.title),
        organiser=contract.organiser,
        phase=phase.id,
        phase_title=dict(phase.title),
        final=_final(competitions, contract, phase),
        team=row.team,
        rank=row.rank,
        teams=len(board.rows),
        medal=row.medal,
        score=f"{row.score:.{decimals}f}",
        metric=total if board.weighted else board.columns[0].label,
        better="max" if direction(first) == "max" else "min",
        rows=board.rows_shown,
        entry=row.entry,
    )


def _final(competitions: Competitions, contract: Contract, phase: Phase) -> bool:
    end = phases.ends(contract, phase)
    archived = competitions.book.competition(contract.id).archived is not None
    going = any(
        each.phase == phase.id for each in competitions.book.open_entries() if each.competition == contract.id
    )
    return (archived or (end is not None and competitions.clock() >= end)) and not going


def _day(contract: Contract, at: datetime) -> str:
    return phases.day_of(at, contract.zone)[0].date().isoformat()
