"""The Runs page: what ran, how it ended, and the way back to each answer.

The address holds all filters. A page reads one slice of the history however long that is, and while runs wait
it asks for their states alone: the list is drawn again when one of those on the page has changed.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import panel as pn

from workbench.app import Workbench
from workbench.runs.record import RunRecord
from workbench.ui.render import fragment
from workbench.ui.run_list import ORIGINS, TONES, listed, run_list
from workbench.ui.shell import Frame, html, page
from workbench.ui.view import View, visit

LIMIT = 50
REFRESH_MS = 1500
DAYS = ("1", "7", "30")
CHOICES = ("template", "status", "origin", "table", "text", "days")


def runs_page(bench: Workbench) -> Frame:
    """Build the page for the filters the address names."""
    view = visit(bench)
    chosen = {name: view.arguments.get(name, "").strip() for name in CHOICES}
    chosen["status"] = chosen["status"] if chosen["status"] in TONES else ""
    slice_ = Slice(view, chosen)
    slice_.refresh()
    if slice_.moves:
        slice_.watch = pn.state.add_periodic_callback(slice_.refresh, period=REFRESH_MS)
    lead = fragment("runsfilter", view=view, chosen=chosen, choices=_choices(view))
    roots = {
        "top": slice_.counts,
        "main": pn.Column(slice_.list, slice_.pages, margin=0, sizing_mode="stretch_width"),
    }
    return page(view, view.say("runs"), section="runs", lead=lead, roots=roots)


class Slice:
    """The runs one page shows, and the ways to those before and after."""

    def __init__(self, view: View, chosen: dict[str, str]) -> None:
        self.view, self.chosen = view, chosen
        self.filters: dict[str, str | None] = {
            name: chosen[name] or None for name in ("template", "origin", "table", "text")
        }
        if chosen["days"] in DAYS:
            since = datetime.now(UTC) - timedelta(days=int(chosen["days"]))
            self.filters["since"] = since.isoformat(timespec="milliseconds")
        self.watch: Any = None
        self.counts, self.list, self.pages = html(), run_list(), html()
        self._states: dict[str, str] = {}
        self._counted: dict[str, int] = {}

    @property
    def moves(self) -> bool:
        """Whether something on this page can still change: its newest part, while runs wait or go."""
        is_newest = not {"before", "after"} & set(self.view.arguments)
        return any(self._counted.get(state) for state in ("queued", "running")) and (
            is_newest or not {"queued", "running"}.isdisjoint(self._states.values())
        )

    def refresh(self) -> None:
        """Read what is shown, and draw it when something has changed."""
        history = self.view.bench.engine.history
        counted = history.counts(**self.filters)
        if counted != self._counted:
            self._counted = counted
            self.counts.object = self._tabs()
        elif self._states and history.states(self._states) == self._states:
            return
        records = self._records()
        states = {record.run: record.status for record in records}
        if states != self._states or not states:
            self._states = {run: str(status) for run, status in states.items()}
            self.list.content = self._listing(records)
            self.pages.object = self._ways(records)
        if self.watch is not None and not self.moves:
            self.watch.stop()
            self.watch = None

    def _records(self) -> list[RunRecord]:
        before, after = (self.view.arguments.get(name) for name in ("before", "after"))
        engine, status = self.view.bench.engine, self.chosen["status"] or None
        return engine.list(limit=LIMIT, before=before, after=after, status=status, **self.filters)

    def _listing(self, records: list[RunRecord]) -> str:
        if records:
            return listed(self.view, records)
        key = "runs_none_fit" if any(self.chosen.values()) else "runs_empty_next"
        return str(fragment("empty", title=self.view.say("runs_empty"), text=self.view.say(key)))

    def _address(self, **changed: str) -> str:
        kept = {name: value for name, value in (self.chosen | changed).items() if value}
        return f"/runs?{urlencode(kept)}" if kept else "/runs"

    def _tabs(self) -> str:
        """Return the states with their counts, each a way to see only those."""
        total = sum(self._counted.values())
        tabs = [
            (self.view.say("every_state"), total, self._address(status=""), not self.chosen["status"], "")
        ]
        tabs += [
            (self.view.say(f"status_{state}"), self._counted[state], self._address(status=state),
             state == self.chosen["status"], TONES[state])
            for state in TONES if self._counted.get(state) or state == self.chosen["status"]
            if state in self._counted
        ]  # fmt: skip
        return str(fragment("states", tabs=tabs))

    def _ways(self, records: list[RunRecord]) -> str:
        if not records:
            return ""
        history, filters = (
            self.view.bench.engine.history,
            self.filters | {"status": self.chosen["status"] or None},
        )
        first, last = records[0].run, records[-1].run
        has_newer = bool(history.newest(limit=1, after=first, **filters))
        has_older = bool(history.newest(limit=1, before=last, **filters))
        return str(
            fragment(
                "ways",
                view=self.view,
                newest=self._address() if has_newer else "",
                newer=self._address(after=first) if has_newer else "",
                older=self._address(before=last) if has_older else "",
            )
        )


def _choices(view: View) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return the lists to choose from: name, text of no choice, (value, label)."""
    apps = sorted(((t.id, view.pick(t.title)) for t in view.bench.library.list()), key=lambda app: app[1])
    return [
        ("template", view.say("all_apps"), apps),
        ("table", view.say("all_tables"), [(name, name) for name in view.bench.tables.names()]),
        ("origin", view.say("all_origins"), [(name, view.say(f"origin_{name}")) for name in ORIGINS]),
        ("days", view.say("any_time"), [(days, view.say(f"since_{days}")) for days in DAYS]),
    ]
