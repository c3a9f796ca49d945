"""Entries and leaderboards as markup: states in words, scores as granted, the best score as a small curve."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from workbench.competitions.entry import Shown
from workbench.competitions.leaderboard import Step
from workbench.ui.numbers import moment
from workbench.ui.render import fragment
from workbench.ui.view import View

TONES = {
    "queued": "info",
    "running": "info",
    "scoring": "info",
    "scored": "good",
    "failed": "bad",
    "timed_out": "bad",
    "over_limit": "bad",
    "refused": "warning",
    "cancelled": "",
    "lost": "warning",
}
WIDTH, HEIGHT, PAD = 560, 120, 14
MEDALS = {"gold": "🥇", "silver": "🥈", "bronze": "🥉"}


def status_word(view: View, status: str) -> str:
    """Return a state of an entry in a word."""
    return view.say("status_refused" if status == "refused" else f"entry_{status}")


def entries_markup(view: View, entries: Sequence[Shown]) -> Markup:
    """Return a team's entries as a table."""
    rows = []
    for each in entries:
        why = each.reason
        took = ""
        if each.seconds is not None and each.memory_mb is not None:
            took = view.say("takes", seconds=f"{each.seconds:.0f}", memory=f"{each.memory_mb:.0f}")
        rows.append(
            {
                "entry": each.entry,
                "when": moment(each.submitted),
                "name": each.name,
                "status": status_word(view, each.status),
                "tone": TONES[each.status],
                "waiting": view.say("in_place", count=each.position) if each.position else "",
                "score": "" if each.score is None else f"{each.score:g}",
                "took": took,
                "why": view.pick(why.text) if why else "",
                "counts": each.counts,
                "out": each.disqualified,
            }
        )
    return fragment("entries", view=view, rows=rows)


def board_markup(view: View, competition: str) -> Markup:
    """Return the leaderboard of the phase that goes, or went last."""
    board = view.bench.competitions.leaderboard(competition)
    if not board.rows:
        return fragment("empty", title=view.say("no_scores"), text=view.say("no_scores_next"))
    rows = [
        {
            "rank": row.rank,
            "medal": MEDALS.get(row.medal or "", ""),
            "medal_name": view.say(f"medal_{row.medal}") if row.medal else "",
            "team": row.team,
            "score": f"{row.score:g}",
            "scores": [_shown(row.scores.get(column.name)) for column in board.columns],
            "seconds": _shown(row.seconds),
            "entries": row.entries,
            "when": moment(row.submitted),
        }
        for row in board.rows
    ]
    columns = [view.pick(column.label) for column in board.columns]
    return fragment(
        "board",
        view=view,
        rows=rows,
        columns=columns,
        weighted=board.weighted,
        note=view.say(f"board_{board.rows_shown}"),
        curve=curve(board.history),
        csv=f"/api/v1/competitions/{competition}/leaderboard.csv",
    )


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:g}"


def curve(steps: Sequence[Step]) -> dict[str, Any] | None:
    """Return the best score over time as the points of a staircase; None for a single step."""
    if len(steps) < 2:
        return None
    times = [step.at.timestamp() for step in steps]
    scores = [step.score for step in steps]
    span_t = (times[-1] - times[0]) or 1.0
    low, high = min(scores), max(scores)
    points: list[tuple[float, float]] = []
    for at, score in zip(times, scores, strict=True):
        x = PAD + (WIDTH - 2 * PAD) * (at - times[0]) / span_t
        y = PAD + (HEIGHT - 2 * PAD) * (high - score) / ((high - low) or 1.0)
        if points:
            points.append((x, points[-1][1]))
        points.append((x, y))
    return {
        "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in points),
        "dots": [{"x": round(x, 1), "y": round(y, 1)} for x, y in points[::2]],
        "first": f"{scores[0]:g}",
        "last": f"{scores[-1]:g}",
        "width": WIDTH,
        "height": HEIGHT,
    }
