"""The page of one competition: read it, take its kit, submit, follow one's entries, see who is ahead."""

from typing import Any
from urllib.parse import quote

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.competitions import teams
from workbench.competitions.leaderboard import direction
from workbench.errors import WorkbenchError
from workbench.ui.asking import refreshed
from workbench.ui.boards import board_markup, entries_markup
from workbench.ui.competitions_page import TONES, when
from workbench.ui.drop import DropZone
from workbench.ui.gate import TEAM_COOKIE, team_gate
from workbench.ui.outputs import prose
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, tabs, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

REFRESH_MS = 1500


def competition_page(bench: Workbench) -> Frame:
    """Build the page of the competition that the address names."""
    view = visit(bench)
    id_ = view.arguments.get("id", "")
    overview = bench.competitions.overview(id_)
    lead = fragment(
        "competitionlead",
        view=view,
        title=view.pick(overview.title),
        summary=view.pick(overview.summary),
        standing=view.say(f"standing_{overview.standing}"),
        tone=TONES.get(overview.standing, ""),
        when=when(view, overview),
        organiser=overview.organiser,
        organiser_address=f"/organiser?id={quote(id_)}",
    )
    board = html()
    refreshed(board, lambda: board_markup(view, id_))
    kit = fragment(
        "kit", view=view, address=f"/api/v1/competitions/{quote(id_)}/kit", id=id_, kit=_kit(view, id_)
    )
    shown = tabs(
        (view.say("overview"), html(_announcements(view, id_) + _text(view, id_, "overview") + kit)),
        (view.say("data"), html(_text(view, id_, "data") + kit)),
        (view.say("rules"), html(_text(view, id_, "rules") + _facts(view, id_))),
        (view.say("submit_tab"), _submitting(view, id_)),
        (view.say("leaderboard"), board),
    )
    shown.active = 4 if view.arguments.get("tab") == "leaderboard" else 0
    shown.active = 3 if view.arguments.get("tab") == "submit" else shown.active
    title = view.pick(overview.title)
    return page(view, title, section="competitions", lead=lead, roots={"main": themed(view, shown)})


def _text(view: View, id_: str, name: str) -> Any:
    """Return one of the organiser's pages, made harmless."""
    texts = view.bench.competitions.bundle(id_).page(name)
    return fragment("prose", body=prose(view.pick(texts)) if texts else "")


def _kit(view: View, id_: str) -> str:
    return view.bench.competitions.contract(id_).kit or "entry.ipynb"


def _announcements(view: View, id_: str) -> Any:
    found = view.bench.competitions.book.announcements(id_)
    rows = [{"when": f"{at.astimezone():%Y-%m-%d %H:%M}", "text": view.pick(text)} for at, text in found[:5]]
    return fragment("announcements", view=view, rows=rows)


def _facts(view: View, id_: str) -> Any:
    """Return limits, quota and metrics as the contract has them, beside what the organiser wrote."""
    contract = view.bench.competitions.contract(id_)
    limits = contract.limits.model_dump(exclude_none=True)
    metrics = [
        {"label": view.pick(each.label) or each.name, "better": view.say(f"better_{direction(each)}")}
        for each in contract.metrics
    ]
    rule = view.say(f"rule_{contract.entry}")
    return fragment("competitionfacts", view=view, limits=limits, metrics=metrics, rule=rule)


def _team(view: View, id_: str) -> Any | None:
    """Return the team that the visitor's cookie proves."""
    token = (pn.state.cookies or {}).get(f"{TEAM_COOKIE}{id_}", "")
    try:
        return teams.of_token(view.bench.competitions.book, id_, token)
    except WorkbenchError:
        return None


def _submitting(view: View, id_: str) -> Any:
    team = _team(view, id_)
    if team is None:
        return themed(view, team_gate(view, id_))
    return Submitting(view, id_, team).panel


class Submitting:
    """The drop zone, what is left of the quota, and the team's entries as they go."""

    def __init__(self, view: View, competition: str, team: Any) -> None:
        self.view, self.competition, self.team = view, competition, team
        self.zone = DropZone(
            heading=view.say("drop_entry"),
            hint=view.say("drop_entry_hint"),
            reading=view.say("sending_entry", name="{name}"),
            accept=".ipynb",
            address=f"/api/v1/competitions/{quote(competition)}/entries",
            sizing_mode="stretch_width",
            margin=0,
        )
        self.zone.receive = self._received
        self.head, self.list = html(), html()
        self.buttons = pn.Row(margin=(4, 0, 0, 0))
        self._open: list[str] = []
        self.panel = themed(view, self.head, self.zone, self.buttons, self.list)
        self.refresh()
        pn.state.add_periodic_callback(self.refresh, period=REFRESH_MS)

    def refresh(self) -> None:
        """Show what has changed."""
        competitions = self.view.bench.competitions
        quota = competitions.quota(self.competition, self.team.id)
        entries = competitions.entries(self.competition, self.team.id)
        head = fragment(
            "quota", view=self.view, team=self.team.name, quota=quota, alive=competitions.judge.alive()
        )
        listed = entries_markup(self.view, entries)
        for pane, drawn in ((self.head, head), (self.list, listed)):
            if pane.object != drawn:
                pane.object = drawn
        going = [each.entry for each in entries if each.status in {"queued", "running"}][:3]
        if going != self._open:
            self._open = going
            self.buttons.objects = [self._cancel(entry) for entry in going]

    def _cancel(self, entry: str) -> Any:
        label = self.view.say("cancel_entry", entry=entry)
        button = pmui.Button(label=label, variant="outlined", size="small", margin=(0, 8, 0, 0))

        def cancel(_: Any) -> None:
            self.view.bench.competitions.cancel(entry)
            self.refresh()

        button.on_click(cancel)
        return button

    def _received(self, message: dict[str, Any]) -> None:
        name = str(message.get("name", ""))
        if message.get("kind") == "sent":
            self._say(self.view.say("entry_taken", name=name), "good")
        else:
            why = reason(self.view, message.get("error") or {"message": str(message.get("status") or "")})
            self._say(self.view.say("entry_refused", name=name, reason=why), "bad")
        self.refresh()

    def _say(self, text: str, tone: str) -> None:
        self.zone.param.update(status=text, tone=tone, serial=self.zone.serial + 1)
