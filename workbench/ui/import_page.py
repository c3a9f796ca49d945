"""The import page: files arrive, are looked at and corrected, become tables; progress, and a way to stop."""

import asyncio
import threading
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.app import Workbench
from workbench.errors import WorkbenchError
from workbench.tables import ingest
from workbench.tables.arrivals import Arrivals
from workbench.tables.ingest import Added, Wish
from workbench.tables.watching import Stopped
from workbench.ui.asking import in_turn
from workbench.ui.drop import REFUSED, DropZone
from workbench.ui.import_file import FileCard
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page, themed
from workbench.ui.view import View, visit
from workbench.ui.wording import reason

LOOK_S = 0.3


def import_page(bench: Workbench) -> Frame:
    """Build the page for one visitor."""
    view = visit(bench)
    desk = Desk(view)
    lead = fragment("lead", text=view.say("import_lead"))
    return page(
        view,
        view.say("bring_in"),
        section="bring_in",
        roots={"top": desk.zone, "main": desk.panel},
        lead=lead,
    )


class Job:
    """One import under way."""

    def __init__(self, file: str, stopped: threading.Event | None = None) -> None:
        self.file, self.share, self.stopped = file, 0.0, stopped or threading.Event()

    def watch(self, share: float) -> None:
        """Note how far it is; stop where the visitor asked for it."""
        self.share = share
        if self.stopped.is_set():
            raise Stopped


class Desk:
    """The files of one visit, and what becomes of them."""

    def __init__(self, view: View) -> None:
        self.view, self.arrivals = view, Arrivals(view.bench.workspace)
        self.later = in_turn()
        self.cards: list[FileCard] = []
        self.job: Job | None = None
        self.zone = DropZone(
            heading=view.say("import_drop"), hint=view.say("import_drop_hint"), reading=view.say("reading"),
            address="/api/v1/imports", multiple=True, stop=view.say("cancel"),
            sizing_mode="stretch_width", margin=0,
        )  # fmt: skip
        self.zone.receive = lambda message: self.later(lambda: self._received(message))
        self.chosen = pmui.Select(
            label=view.say("import_file"),
            options={},
            size="small",
            width=420,
            visible=False,
            margin=(16, 0, 0, 0),
        )
        self.chosen.param.watch(lambda _: self._show(), "value")
        self.together = pmui.Checkbox(label="", value=False, visible=False, margin=(8, 0, 0, 0))
        self.together.param.watch(lambda _: self._buttons(), "value")
        self.body = pn.Column(margin=(10, 0, 0, 0), sizing_mode="stretch_width")
        self.go = pmui.Button(label=view.say("import_go"), visible=False, margin=(12, 8, 4, 0))
        self.cancel = pmui.Button(
            label=view.say("cancel"), variant="outlined", visible=False, margin=(12, 8, 4, 0)
        )
        self.leave = pmui.Button(
            label=view.say("import_drop_file"), variant="text", visible=False, margin=(12, 8, 4, 0)
        )
        self.fresh = pmui.Button(
            label=view.say("import_as_new"), variant="text", size="small", visible=False, margin=(0, 0, 4, 0)
        )
        self.go.on_click(self._import)
        self.cancel.on_click(lambda _: self._stop())
        self.leave.on_click(lambda _: self._dropped(self.card))
        self.fresh.on_click(lambda _: self._forget())
        self.progress, self.done = html(), html()
        self.panel = themed(
            view, self.done, self.chosen, self.together, self.body, self.fresh,
            pn.Row(self.go, self.cancel, self.leave, margin=0), self.progress,
        )  # fmt: skip
        if pn.state.curdoc is not None:
            pn.state.on_session_destroyed(lambda _: self._left())

    @property
    def card(self) -> FileCard | None:
        """The file that is shown."""
        return next((card for card in self.cards if card.arrival == self.chosen.value), None)

    def _stop(self) -> None:
        if self.job is not None:
            self.job.stopped.set()

    def _forget(self) -> None:
        if self.card is not None:
            self.card.forget()

    # --- files come and go -----------------------------------------------------------------------------

    def _received(self, message: dict[str, Any]) -> None:
        view, name = self.view, str(message.get("name", ""))
        if message.get("kind") == "sent":
            arrival = str(message.get("arrival"))
            try:
                card = FileCard(view, self.arrivals.path(arrival), arrival, self._changed)
            except WorkbenchError as error:
                self._say(reason(view, error), "bad")
                return
            card.target.told = self._buttons
            self.cards.append(card)
            self._say(view.say("import_sent", name=name), "good")
            self.done.object = ""
            self._list(arrival if len(self.cards) == 1 else self.chosen.value)
            asyncio.get_running_loop().create_task(card.look())
            return
        limit = f"{view.bench.settings.upload_megabytes:,.0f}"
        key = (
            "upload_empty"
            if message.get("kind") == "empty"
            else REFUSED.get(int(message.get("status") or 0), "unreadable")
        )
        why = reason(view, message.get("error") or {})
        self._say(view.say(key, name=name, limit=limit, reason=why), "bad")

    def _say(self, text: str, tone: str = "") -> None:
        self.zone.param.update(status=text, tone=tone, serial=self.zone.serial + 1)

    def _list(self, chosen: str | None) -> None:
        self.chosen.param.update(
            options={f"{i}. {card.path.name}": card.arrival for i, card in enumerate(self.cards, start=1)},
            value=chosen if chosen else None,
        )
        many = len(self.cards) > 1
        self.chosen.visible = self.together.visible = many
        self.together.label = self.view.say("import_together", count=len(self.cards))
        self._show()

    def _show(self) -> None:
        card = self.card
        if self.body.objects != ([card.panel] if card else []):
            self.body.objects = [card.panel] if card else []
        self._buttons()

    def _changed(self) -> None:
        self._show()

    def _buttons(self) -> None:
        card, many = self.card, len(self.cards)
        running = self.job is not None
        ready = bool(self.cards) and all(each.is_ready for each in self._wanted())
        label = self.view.say("import_go") if many < 2 else self.view.say("import_go_all", count=many)
        self.go.param.update(label=label, visible=many > 0, disabled=running or not ready)
        self.cancel.visible = running
        self.leave.param.update(visible=card is not None, disabled=running)
        remembered = card is not None and card.looked is not None and card.looked.source is not None
        self.fresh.visible = bool(
            remembered and card and card.recipe is None and card.looked and card.looked.recipe.columns
        )

    def _wanted(self) -> list[FileCard]:
        return self.cards[:1] if self.together.value else self.cards

    def _dropped(self, card: FileCard | None) -> None:
        if card is not None:
            self._finished([], [card], "", None)
            self._say("")

    def _left(self) -> None:
        """Stop and clean up when the visitor is gone."""
        self._stop()
        for card in self.cards:
            self.arrivals.drop(card.arrival)

    # --- the import ------------------------------------------------------------------------------------

    async def _import(self, _: Any) -> None:
        cards = list(self._wanted())
        self.job = Job(cards[0].path.name)
        asyncio.get_running_loop().create_task(self._work(cards))
        self._buttons()

    async def _work(self, cards: list[FileCard]) -> None:
        done: list[Added] = []
        gone: list[FileCard] = []
        told, failed = "", None
        for card in cards:
            try:
                done += await self._one(card)
            except Stopped:
                told = fragment("note", problem="", hint=self.view.say("import_stopped", file=card.path.name))
                break
            except WorkbenchError as error:
                failed = card
                told = fragment("note", problem=f"{card.path.name}: {reason(self.view, error)}", hint="")
                break
            gone += self.cards if self.together.value else [card]
        self.later(lambda: self._finished(done, gone, told, failed))

    def _finished(self, done: list[Added], gone: list[FileCard], told: str, failed: FileCard | None) -> None:
        self.job = None
        self.progress.object = told
        for card in gone:
            self.arrivals.drop(card.arrival)
        self.cards = [card for card in self.cards if card not in gone]
        if done:
            self._say("")
            self.done.object = fragment("importdone", view=self.view, added=done)
        first = failed or next(iter(self.cards), None)
        self._list(first.arrival if first else None)

    async def _one(self, card: FileCard) -> list[Added]:
        """Import a file, or all of them together, and show how far it is."""
        stopped = self.job.stopped if self.job else threading.Event()
        self.job = job = Job(card.path.name, stopped)
        recipe = card.recipe
        shaped = card.target.shaped(card.used)
        if shaped != card.used:
            recipe = shaped
        wish = card.target.wish(recipe)
        paths = [each.path for each in self.cards] if self.together.value else [card.path]
        work = asyncio.ensure_future(asyncio.to_thread(_run, self.view, paths, wish, job))
        while not work.done():
            self.later(lambda: self._progress(job))
            await asyncio.wait({work}, timeout=LOOK_S)
        return work.result()

    def _progress(self, job: Job) -> None:
        if self.job is job:
            share = int(100 * job.share)
            self.progress.object = fragment("importprogress", view=self.view, file=job.file, share=share)


def _run(view: View, paths: list[Any], wish: Wish, job: Job) -> list[Added]:
    tables = view.bench.tables
    if len(paths) > 1:
        return [ingest.add_together(tables, paths, wish, watch=job.watch)]
    return ingest.add(tables, paths[0], wish, watch=job.watch)
