"""Who is ahead: which entry of a team counts, in which order teams stand, and what of it is shown.

Pure: entries in, rows out. Which entry counts is decided on the rows that teams may see, also where the rows
kept back are shown: else the final board would be one more guess at them.
"""

import csv
import io
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from workbench.competitions.contract import Contract, Metric, Phase
from workbench.competitions.entry import Entry, Scored, granted, rounded
from workbench.competitions.metrics import METRICS

MEDALS: tuple[Literal["gold", "silver", "bronze"], ...] = ("gold", "silver", "bronze")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Row(BaseModel):
    """One team."""

    rank: int
    team: str
    medal: Literal["gold", "silver", "bronze"] | None
    score: float
    scores: Scored
    seconds: float | None
    memory_mb: float | None
    submitted: datetime
    entries: int
    entry: str


class Step(BaseModel):
    """A moment at which the best score became better."""

    at: datetime
    score: float
    team: str


class Column(BaseModel):
    """One column of scores."""

    name: str
    label: dict[str, str]
    direction: str
    weight: float | None


class Board(BaseModel):
    """A leaderboard."""

    competition: str
    phase: str
    rows_shown: Literal["public", "private"]
    columns: list[Column]
    weighted: bool
    rows: list[Row]
    history: list[Step]


def weighted(contract: Contract) -> bool:
    """Whether a weighted total ranks, and not the first metric."""
    return sum(metric.weight is not None for metric in contract.metrics) > 1


def direction(metric: Metric) -> str:
    """Return which way a metric is better: min or max."""
    return metric.direction or METRICS[metric.name].direction


def total(contract: Contract, scores: Scored) -> float | None:
    """Return what ranks, with the decimals that are granted: the first metric, or the weighted mean.

    In the mean a metric of the other direction than the first counts negative.
    """
    given = rounded(scores, {metric.name: metric.decimals for metric in contract.metrics})
    first = contract.metrics[0]
    if not weighted(contract):
        return given.get(first.name)
    summed = weights = 0.0
    for metric in contract.metrics:
        value = given.get(metric.name)
        if metric.weight is None:
            continue
        if value is None:
            return None
        weights += metric.weight
        summed += metric.weight * value * (1 if direction(metric) == direction(first) else -1)
    return granted(summed / weights, max(metric.decimals for metric in contract.metrics))


def board(
    contract: Contract,
    phase: Phase,
    entries: Sequence[Entry],
    *,
    teams: Sequence[Any],
    private: bool,
    named: bool,
    whole: bool = False,
) -> Board:
    """Return the leaderboard of a phase: its first places, or ``whole``."""
    names = {team.id: team.name if named else f"#{place}" for place, team in enumerate(teams, start=1)}
    out = {team.id for team in teams if team.disqualified}
    valid = [
        entry
        for entry in entries
        if entry.status == "scored"
        and not entry.disqualified
        and entry.team in names
        and entry.team not in out
        and total(contract, entry.public) is not None
    ]
    counted = [
        entry
        for entry in counting(contract, valid)
        if total(contract, entry.private if private else entry.public) is not None
    ]
    keys = {entry.entry: sort_key(contract, entry, private=private) for entry in counted}
    ranked = sorted(counted, key=lambda entry: (keys[entry.entry], entry.number))
    rows: list[Row] = []
    for place, entry in enumerate(ranked, start=1):
        tied = rows and keys[entry.entry] == keys[rows[-1].entry]
        rank = rows[-1].rank if tied else place
        number = sum(other.team == entry.team for other in valid)
        rows.append(_row(contract, entry, rank=rank, name=names[entry.team], private=private, entries=number))
    return Board(
        competition=contract.id,
        phase=phase.id,
        rows_shown="private" if private else "public",
        columns=[
            Column(
                name=metric.name,
                label=dict(metric.label or dict.fromkeys(("en", "zh"), metric.name)),
                direction=direction(metric),
                weight=metric.weight if weighted(contract) else None,
            )
            for metric in contract.metrics
        ],
        weighted=weighted(contract),
        rows=rows if whole else rows[: contract.leaderboard.limit],
        history=history(contract, valid, names),
    )


def counting(contract: Contract, entries: Iterable[Entry]) -> list[Entry]:
    """Return the entry of each team that counts: the best, the last, or the one that it chose."""
    teams: dict[str, list[Entry]] = {}
    for entry in entries:
        teams.setdefault(entry.team, []).append(entry)
    return [_counts(contract, mine) for mine in teams.values()]


def _counts(contract: Contract, mine: list[Entry]) -> Entry:
    if contract.entry == "last":
        return max(mine, key=lambda entry: entry.number)
    chosen = [entry for entry in mine if entry.chosen] if contract.entry == "chosen" else []
    pool = chosen or mine
    return min(pool, key=lambda entry: (sort_key(contract, entry, private=False), entry.number))


def sort_key(contract: Contract, entry: Entry, *, private: bool) -> tuple[float, ...]:
    """Return what is compared: smaller stands higher; equal all through means the same rank."""
    scores = rounded(
        entry.private if private else entry.public,
        {metric.name: metric.decimals for metric in contract.metrics},
    )
    first = total(contract, scores)
    parts = [_signed(first, direction(contract.metrics[0]))]
    metrics = {metric.name: metric for metric in contract.metrics}
    for name in contract.tie_break:
        if name in metrics:
            parts.append(_signed(scores.get(name), direction(metrics[name])))
        else:
            value = {
                "seconds": entry.seconds,
                "memory": entry.memory_mb,
                "submitted": entry.submitted.timestamp(),
            }[name]
            parts.append(_signed(value, "min"))
    return tuple(parts)


def _signed(value: float | None, way: str) -> float:
    if value is None:
        return math.inf
    return value if way == "min" else -value


def _row(contract: Contract, entry: Entry, *, rank: int, name: str, private: bool, entries: int) -> Row:
    scores = entry.private if private else entry.public
    medal = MEDALS[rank - 1] if contract.leaderboard.medals and rank <= len(MEDALS) else None
    return Row(
        rank=rank,
        team=name,
        medal=medal,
        score=float(total(contract, scores) or 0.0),
        scores=rounded(scores, {metric.name: metric.decimals for metric in contract.metrics}),
        seconds=entry.seconds,
        memory_mb=entry.memory_mb,
        submitted=entry.submitted,
        entries=entries,
        entry=entry.entry,
    )


def history(contract: Contract, entries: Iterable[Entry], names: dict[str, str]) -> list[Step]:
    """Return when the best score on the public rows became better, and by whom."""
    way = direction(contract.metrics[0])
    made = [
        Step(at=entry.submitted, score=score, team=names[entry.team])
        for entry in sorted(entries, key=lambda each: each.number)
        if (score := total(contract, entry.public)) is not None
    ]
    steps: list[Step] = []
    for step in made:
        if not steps or _signed(step.score, way) < _signed(steps[-1].score, way):
            steps.append(step)
    return steps


def as_csv(shown: Board) -> str:
    """Return a leaderboard as CSV; a name that a spreadsheet would run as a formula is quoted."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    names = [column.name for column in shown.columns]
    writer.writerow(["rank", "team", "score", *names, "seconds", "memory_mb", "entries", "submitted"])
    for row in shown.rows:
        team = f"'{row.team}" if row.team.startswith(FORMULA) else row.team
        values = [row.scores.get(name) for name in names]
        when = row.submitted.isoformat(timespec="seconds")
        writer.writerow([row.rank, team, row.score, *values, row.seconds, row.memory_mb, row.entries, when])
    return "\ufeff" + out.getvalue()  # without the mark Excel reads Chinese names as something else
