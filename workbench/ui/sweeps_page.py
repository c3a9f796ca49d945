"""The Sweeps page: what was run over many, how far it is, and the way to each board."""

from typing import Any
from urllib.parse import quote

import panel as pn

from workbench.app import Workbench
from workbench.runs.sweep_store import Sweep
from workbench.ui.numbers import moment
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page
from workbench.ui.sweep_words import axes_title
from workbench.ui.view import View, visit

REFRESH_MS = 2000


def sweeps_page(bench: Workbench) -> Frame:
    """Build the list of sweeps, newest first."""
    view = visit(bench)
    pane = html()

    def refresh() -> None:
        found = bench.sweeps.list()
        pane.object = _listing(view, list(found))
        if watch and all(sweep.ended for sweep in found):
            watch.pop().stop()

    watch: list[Any] = []
    refresh()
    if any(not sweep.ended for sweep in bench.sweeps.list()):
        watch.append(pn.state.add_periodic_callback(refresh, period=REFRESH_MS))
    lead = fragment("sweeptitle", title=view.say("sweeps"))
    return page(view, view.say("sweeps"), section="sweeps", lead=lead, roots={"main": pane})


def _listing(view: View, found: list[Sweep]) -> Any:
    if not found:
        return fragment("empty", title=view.say("sweeps_empty"), text=view.say("sweeps_empty_next"))
    rows = [
        {
            "address": f"/sweep?sweep={quote(sweep.sweep)}",
            "when": moment(sweep.created),
            "app": view.pick(sweep.title),
            "over": axes_title(view, view.bench.sweeps.template(sweep), sweep.axes),
            "done": view.say("done_of", done=sweep.done, points=sweep.points),
            "percent": round(100 * sweep.done / max(1, sweep.points)),
            "failed": sweep.failed,
            "cancelled": sweep.cancelled,
            "going": not sweep.ended,
        }
        for sweep in found
    ]
    return fragment("sweeps", view=view, rows=rows)
