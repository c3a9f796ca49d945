"""The Competitions page: what there is, how it stands, and the way to each."""

from typing import Any
from urllib.parse import quote

from workbench.app import Workbench
from workbench.competitions.service import Overview
from workbench.ui.asking import refreshed
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page
from workbench.ui.view import View, visit

TONES = {"open": "good", "upcoming": "info", "between": "warning"}


def competitions_page(bench: Workbench) -> Frame:
    """Build the list of competitions."""
    view = visit(bench)
    pane = html()
    refreshed(pane, lambda: _listing(view))
    lead = fragment("competitionslead", view=view)
    return page(view, view.say("competitions"), section="competitions", lead=lead, roots={"main": pane})


def _listing(view: View) -> Any:
    found = view.bench.competitions.overviews()
    if not found:
        title, text = view.say("no_competitions"), view.say("no_competitions_next")
        return fragment("empty", title=title, text=text)
    rows = [
        {
            "address": f"/competition?id={quote(each.id)}",
            "title": view.pick(each.title),
            "summary": view.pick(each.summary),
            "standing": view.say(f"standing_{each.standing}"),
            "tone": TONES.get(each.standing, ""),
            "when": when(view, each),
            "teams": each.teams,
            "entries": each.entries,
        }
        for each in found
    ]
    return fragment("competitions", view=view, rows=rows)


def when(view: View, each: Overview) -> str:
    """Say which phase goes and until when, in the competition's zone."""
    if each.phase_title is None:
        start = f"{each.starts:%Y-%m-%d %H:%M}"
        return view.say("phase_from", start=start, zone=each.zone) if each.standing == "upcoming" else "–"
    title = view.pick(each.phase_title)
    if each.phase_ends is None:
        return title
    return view.say("phase_until", phase=title, end=f"{each.phase_ends:%Y-%m-%d %H:%M}", zone=each.zone)
