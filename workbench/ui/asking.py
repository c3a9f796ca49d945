"""What pages do: ask before something cannot be undone, keep a fragment fresh, go to another address."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import panel as pn
import panel_material_ui as pmui

from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View

REFRESH_MS = 3000


def ask_first(
    view: View,
    question: str,
    do: Callable[[], None],
    then: dict[str, str],
    *,
    page: str = "",
    label: str = "",
) -> pn.Column:
    """Return a Delete button that asks; when told yes it does it and goes to ``then``, here or on a page."""
    ask = pmui.Button(
        label=label or view.say("delete"), variant="text", color="error", size="small", margin=0
    )
    sure = pmui.Button(
        label=label or view.say("delete_yes"), color="error", size="small", margin=(4, 8, 4, 0)
    )
    keep = pmui.Button(label=view.say("keep"), variant="outlined", size="small", margin=(4, 0, 4, 0))
    note = html(fragment("note", problem=question, hint=""))
    asked = pn.Column(note, pn.Row(sure, keep, margin=0), visible=False, margin=0)

    def show(visible: bool) -> None:
        asked.visible, ask.visible = visible, not visible

    async def go_on(_: Any) -> None:
        sure.disabled = True
        await asyncio.to_thread(do)
        go(page, **then)

    ask.on_click(lambda _: show(True))
    keep.on_click(lambda _: show(False))
    sure.on_click(go_on)
    return pn.Column(ask, asked, margin=0)


def refreshed(pane: Any, draw: Callable[[], Any]) -> None:
    """Draw a fragment now and again and again; nothing is sent while it stays the same."""
    pane.object = draw()

    def look() -> None:
        drawn = draw()
        if drawn != pane.object:
            pane.object = drawn

    pn.state.add_periodic_callback(look, period=REFRESH_MS)


def go(page: str = "", /, **query: str) -> None:
    """Show another part of the same page, or of another one."""
    place = {"pathname": page} if page else {}
    pn.state.location.param.update(search="?" + urlencode(query), reload=True, **place)


def in_turn() -> Callable[[Callable[[], None]], None]:
    """Return how a task of this page changes it: in turn with the visitor's own events, in one message."""
    document = pn.state.curdoc

    def held(change: Callable[[], None]) -> None:
        # Sent one by one, a change may speak of a part that another has taken away meanwhile.
        with pn.io.hold():
            change()

    if document is None:
        return held
    return lambda change: document.add_next_tick_callback(lambda: held(change)) and None
