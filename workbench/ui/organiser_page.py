"""The organiser's page: all entries with hidden scores, judging again, disqualifying, copies, numbers."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.competitions import certificates, leaderboard, teams
from workbench.competitions.entry import Entry
from workbench.competitions.winner import Form
from workbench.competitions.winner import template as packed
from workbench.errors import WorkbenchError
from workbench.templates import package
from workbench.ui.boards import TONES, status_word
from workbench.ui.gate import ORGANISER_COOKIE, organiser_gate
from workbench.ui.numbers import moment
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

REFRESH_MS = 3000
SHOWN = 200


def organiser_page(bench: Workbench) -> Frame:
    """Build the organiser's page, or ask for the token that opens it."""
    view = visit(bench)
    id_ = view.arguments.get("id", "")
    overview = bench.competitions.overview(id_)
    bench.competitions.organiser.token()  # there is one from now on, for the command that prints it
    token = (pn.state.cookies or {}).get(ORGANISER_COOKIE, "")
    main: Any = themed(view, organiser_gate(view))
    if bench.competitions.organiser.is_organiser(token):
        main = Organising(view, id_).panel
    lead = fragment("organiserlead", view=view, title=view.pick(overview.title), id=id_)
    return page(view, view.say("organiser"), section="competitions", lead=lead, roots={"main": main})


class Organising:
    """What the organiser sees and does."""

    def __init__(self, view: View, competition: str) -> None:
        self.view, self.competition = view, competition
        self.competitions, self.organiser = view.bench.competitions, view.bench.competitions.organiser
        self.numbers, self.list, self.alike, self.note = html(), html(), html(), html()
        self.pick = pmui.Select(label=view.say("pick_entry"), options=[], size="small", width=340)
        self.why = pmui.TextInput(label=view.say("why_out"), size="small", width=300)
        self.app = pmui.TextInput(label=view.say("app_id"), size="small", width=340)
        self.text = pmui.TextInput(label=view.say("announcement_text"), size="small", width=420)
        self.team = pmui.Select(label=view.say("team"), options=[], size="small", width=340)
        self.days = pmui.FloatInput(
            label=view.say("older_than"), value=30.0, start=0, size="small", width=340
        )
        self.code = pmui.TextInput(label=view.say("certificate_code"), size="small", width=340)
        self.ranked = html()
        self.panel = themed(
            view,
            self.numbers,
            self.note,
            pn.FlexBox(
                self.pick,
                self._button("again_one", self._again_one),
                self._button("again_all", self._again_all),
            ),
            pn.FlexBox(
                self.why, self._button("disqualify", self._out), self._button("count_again", self._in)
            ),
            pn.FlexBox(self.app, self._button("as_app", self._as_app)),
            pn.FlexBox(self.text, self._button("announce", self._announce)),
            pn.FlexBox(self.team, self._button("renew_token", self._renew)),
            pn.FlexBox(self.days, self._button("prune", self._prune)),
            pn.FlexBox(self.code, self._button("check_code", self._check)),
            self.ranked,
            self.alike,
            self.list,
        )
        self.refresh()
        pn.state.add_periodic_callback(self.refresh, period=REFRESH_MS)

    def refresh(self) -> None:
        """Show what has changed."""
        entries = self.organiser.book.entries(self.competition)
        drawn = (
            (self.numbers, self._numbers()),
            (self.list, self._listing(entries)),
            (self.alike, self._copies()),
            (self.ranked, self._certificates()),
        )
        for pane, markup in drawn:
            if pane.object != markup:
                pane.object = markup
        _offer(self.pick, [entry.entry for entry in entries[:SHOWN]])
        _offer(self.team, [team.name for team in self.organiser.book.teams(self.competition)])

    def _button(self, key: str, do: Callable[[], str]) -> Any:
        button = pmui.Button(label=self.view.say(key), variant="outlined", size="small", margin=(8, 8, 8, 0))

        def clicked(_: Any) -> None:
            try:
                said = do()
                self.note.object = fragment("told", text=said, tone="good") if said else ""
            except WorkbenchError as error:
                self.note.object = fragment("told", text=reason(self.view, error), tone="bad")
            self.refresh()

        button.on_click(clicked)
        return button

    def _again_one(self) -> str:
        queued = self.organiser.again(self.competition, self.pick.value)
        self.competitions.judge.wake()
        return self.view.say("queued_again", count=len(queued))

    def _again_all(self) -> str:
        queued = self.organiser.again(self.competition)
        self.competitions.judge.wake()
        return self.view.say("queued_again", count=len(queued))

    def _out(self) -> str:
        self.organiser.disqualify(self.competition, self.pick.value, self.why.value or "–")
        return self.view.say("disqualified_for", reason=self.why.value or "–")

    def _in(self) -> str:
        self.organiser.disqualify(self.competition, self.pick.value, None)
        return ""

    def _announce(self) -> str:
        self.organiser.announce(self.competition, self.text.value)
        self.text.value = ""
        return ""

    def _as_app(self) -> str:
        entry = self.organiser.entry(self.competition, self.pick.value)
        bundle = self.competitions.shelf.get(self.competition, entry.version)
        team = teams.get(self.organiser.book, self.competition, entry.team).name
        with tempfile.TemporaryDirectory(prefix="winner-") as folder:
            form = Form(id=self.app.value.strip())
            notebook = self.competitions.notebook(entry.entry)
            file = packed(bundle, entry, notebook, form=form, folder=Path(folder), team=team)
            package.install(file, self.view.bench.workspace.templates)
        return self.view.say("app_made", name=form.id)

    def _renew(self) -> str:
        joined = self.organiser.renew(self.competition, self.team.value or "")
        return self.view.say("token_renewed", team=joined.name, token=joined.token)

    def _prune(self) -> str:
        pruned = self.organiser.prune(self.competition, days=self.days.value or 0.0)
        return self.view.say("pruned", count=pruned.entries, mb=f"{pruned.bytes / 1e6:.1f}")

    def _check(self) -> str:
        found = certificates.check(self.competitions, self.code.value)
        facts = found.certificate.facts
        said = self.view.say(
            f"certificate_{found.standing}", team=facts.team, rank=facts.rank, score=facts.score
        )
        return f"{self.view.pick(facts.title)} · {self.view.pick(facts.phase_title)}: {said}"

    def _certificates(self) -> Any:
        board = self.competitions.leaderboard(self.competition, organiser=True)
        return fragment(
            "certificates", view=self.view, id=self.competition, phase=board.phase, rows=board.rows[:SHOWN]
        )

    def _numbers(self) -> Any:
        found = self.organiser.statistics(self.competition)
        states = {status_word(self.view, name): count for name, count in found.by_status.items()}
        return fragment("statistics", view=self.view, found=found, states=states)

    def _copies(self) -> Any:
        pairs = self.organiser.duplicates(self.competition)[:SHOWN]
        return fragment("alike", view=self.view, pairs=pairs)

    def _listing(self, entries: list[Entry]) -> Any:
        names = {team.id: team.name for team in self.organiser.book.teams(self.competition)}
        rows = []
        for each in entries[:SHOWN]:
            contract = self.competitions.shelf.get(each.competition, each.version).contract
            rows.append(
                {
                    "entry": each.entry,
                    "when": moment(each.submitted),
                    "team": names.get(each.team, each.team),
                    "status": status_word(self.view, each.status),
                    "tone": TONES[each.status],
                    "why": self.view.pick(each.reason.text) if each.reason else "",
                    "out": each.disqualified,
                    "public": leaderboard.total(contract, each.public),
                    "private": leaderboard.total(contract, each.private),
                }
            )
        return fragment("allentries", view=self.view, rows=rows)


def _offer(select: Any, names: list[str]) -> None:
    """Offer names, and keep what is chosen where it is still there."""
    if select.options != names:
        select.options = names
        select.value = select.value if select.value in names else (names[0] if names else None)
