"""The Runs page: what ran, how it ended, and the way back to each answer."""

from typing import Any

import panel as pn

from workbench.app import Workbench
from workbench.runs.record import RunRecord
from workbench.ui.history import TONES, row
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page
from workbench.ui.view import View, visit

LIMIT = 100
REFRESH_MS = 1500


def runs_page(bench: Workbench) -> Frame:
    """Build the page for the filters the address names."""
    view = visit(bench)
    template = view.arguments.get("template") or None
    status = view.arguments.get("status") or None
    status = status if status in TONES else None
    lead = fragment(
        "runsfilter", view=view, apps=_apps(view), template=template, status=status, states=list(TONES)
    )
    pane = html()

    def refresh() -> None:
        records = bench.engine.list(template=template, status=status, limit=LIMIT)
        pane.object = _listing(view, records)
        if watch and all(record.ended for record in records):
            watch.pop().stop()

    watch: list[Any] = []
    refresh()
    if any(not record.ended for record in bench.engine.list(limit=LIMIT)):
        watch.append(pn.state.add_periodic_callback(refresh, period=REFRESH_MS))
    return page(view, view.say("runs"), section="runs", lead=lead, roots={"main": pane})


def _listing(view: View, records: list[RunRecord]) -> Any:
    if not records:
        return fragment("empty", title=view.say("runs_empty"), text=view.say("runs_empty_next"))
    rows = [row(view, record, {}) | {"chosen": False} for record in records]
    return fragment("runs", view=view, rows=rows, heads=[], with_app=True)


def _apps(view: View) -> list[tuple[str, str]]:
    """Return the apps to filter by: (id, title)."""
    found = [(template.id, view.pick(template.title)) for template in view.bench.library.list()]
    return sorted(found, key=lambda app: app[1])
