"""The Result tab: nothing yet, a run that goes, or its answer with charts and tables."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import panel as pn
import panel_material_ui as pmui

from workbench.runs.record import RunRecord
from workbench.runs.remaining import Usual
from workbench.templates.template import Template
from workbench.ui.answer import answer, arriving, progress
from workbench.ui.figures import Figure, figures
from workbench.ui.follow_up import follow_up
from workbench.ui.frames import tables
from workbench.ui.numbers import moment
from workbench.ui.outputs import outputs
from workbench.ui.render import fragment
from workbench.ui.shell import html, themed
from workbench.ui.view import View

FADED = {"opacity": "0.45"}
SHOWN = {"opacity": "1"}
KNOWN = {"background": "var(--info-ground)", "border-radius": "6px", "padding": "6px 14px"}
TABLES_AFTER_S = 0.1


class ResultView:
    """Shows one run after the other; the last answer stays, faded, until the next one is there."""

    def __init__(
        self,
        view: View,
        template: Template | None,
        *,
        brief: bool = False,
        figure: str = "",
        run_again: Callable[[], None] | None = None,
    ) -> None:
        self.view, self.template, self.brief = view, template, brief
        self.figure = figure  # the one a brief answer shows; the first unless named
        self.shown: str | None = None
        self._boxes: dict[str, pn.Column] = {}
        self._only_charts = False
        self._since: dict[str, float] = {}
        self._usual: Usual | None = None
        self.steps = html(visible=False)
        nothing = fragment("empty", title=view.say("no_result"), text=view.say("no_result_next"))
        self.head = html("" if brief else nothing)
        self.body = pn.Column(margin=0, sizing_mode="stretch_width")
        self.again = pmui.Button(label=view.say("run_again"), variant="outlined", size="small", margin=0)
        self.again.on_click(lambda _: run_again() if run_again else None)
        self.told = html(margin=(6, 0))
        line = pn.Row(self.told, self.again, margin=0, sizing_mode="stretch_width")
        self.known = themed(view, line, visible=False, styles=KNOWN, margin=(12, 0, 0, 0))
        self.panel = pn.Column(
            self.steps, self.known, self.head, self.body, margin=0, sizing_mode="stretch_width"
        )

    def going(self, record: RunRecord) -> None:
        """Show how far a run is, and the numbers it has reported."""
        self.known.visible = False
        phase = f"{record.run} {record.status}"  # the time in the queue says nothing about the time it takes
        if phase not in self._since:
            self._since[phase] = time.monotonic()
            rows = sum(used.rows or 0 for used in record.inputs.values())
            self._usual = self.view.bench.engine.usual(record.template.id, rows)
        elapsed_s = time.monotonic() - self._since[phase]
        engine = self.view.bench.engine
        self.steps.param.update(
            object=progress(
                self.view,
                record,
                elapsed_s=elapsed_s,
                usual=self._usual,
                ahead=engine.ahead(record.run) if record.status == "queued" else 0,
                stuck=engine.trouble() is not None,
            ),
            visible=True,
        )
        if self.shown is None:
            self.head.object = arriving(self.view, self.template, record)
            if len(record.figures) > len(self._boxes):
                self.body.objects = self._drawn(record)
        elif self.body.styles != FADED:
            self.head.styles = self.body.styles = FADED

    def clear(self) -> None:
        """Show nothing: an answer to another question would mislead."""
        self.shown, self._boxes = None, {}
        self.steps.visible = self.known.visible = False
        self.head.object, self.body.objects = "", []

    def early(self, record: RunRecord, *, before: RunRecord | None = None) -> None:
        """Show an answer that is being written still: its tables come with the end."""
        self.answered(record, before=before)
        if not self._boxes:
            self.body.param.update(objects=self._drawn(record), styles=SHOWN)
            self._only_charts = True

    def ended(self, record: RunRecord, *, before: RunRecord | None = None) -> None:
        """Show what a run found, or why it found nothing."""
        self.answered(record, before=before)
        fresh = self._only_charts or not self._boxes  # charts that are being drawn get a start before tables
        self._only_charts = False
        drawn = self._drawn(record)
        if fresh and _is_in_loop():
            self.body.param.update(objects=drawn, styles=SHOWN)
            asyncio.get_running_loop().create_task(self._complete(record, drawn))
        else:
            self.body.param.update(objects=[*drawn, *self._listed(record)], styles=SHOWN)

    def earlier(self, record: RunRecord) -> None:
        """Show a run that answered exactly this before, say so, and offer to run it anew."""
        self.ended(record)
        when = moment(record.finished or record.created)
        self.told.object = fragment("heading", text=self.view.say("same_run", when=when), small=True)
        self.known.visible = True

    async def _complete(self, record: RunRecord, drawn: list[Any]) -> None:
        """Add the tables once the charts are on their way: they take longest and are looked at last."""
        await asyncio.sleep(TABLES_AFTER_S)
        if self.shown == record.run:
            self.body.objects = [*drawn, *self._listed(record)]

    def answered(self, record: RunRecord, *, before: RunRecord | None = None) -> str:
        """Show the answer alone, for a page whose charts follow once it stands; return its markup."""
        self.shown = record.run
        self.known.visible = False
        markup = answer(self.view, self.template, record, before=before, brief=self.brief)
        self.steps.visible = False
        self.head.param.update(object=markup, styles=SHOWN)
        return markup

    def _drawn(self, record: RunRecord) -> list[Any]:
        drawn = figures(self.view, self.template, record)
        if self.brief:
            drawn = {name: drawn[name] for name in [self.figure, *drawn][self.figure not in drawn :][:1]}
        return [self._kept(f"figure {name}", box) for name, box in drawn.items()]

    def _listed(self, record: RunRecord) -> list[Any]:
        if self.brief:
            return []
        listed = tables(self.view, self.template, record)
        follows = follow_up(self.view, self.template, record)
        found: list[Any] = [html(follows, margin=(10, 0, 0, 0))] if follows else []
        found += [self._kept(f"table {name}", box) for name, box in listed.items()]
        if self.template is not None and self.template.contract is None:
            markup = outputs(self.view, record)
            if markup is not None:
                found.append(html(markup, margin=(10, 0, 0, 0)))
        return found

    def _kept(self, name: str, box: pn.Column) -> pn.Column:
        """Fill the box on the page with what a new one holds: only the change travels to the browser."""
        known = self._boxes.get(name)
        if known is None or not _alike(known, box):
            self._boxes[name] = box
            return box
        known[0].object = box[0].object
        if isinstance(box[1], Figure):
            known[1].content = box[1].content
        else:
            known[1].param.update(value=box[1].value, formatters=box[1].formatters)
        return known


def _is_in_loop() -> bool:
    """Whether a page is being served; a notebook's preview may be built without a loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _alike(known: pn.Column, box: pn.Column) -> bool:
    """Whether one box can show what the other holds."""
    old, new = known[1], box[1]
    if isinstance(new, Figure):
        return isinstance(old, Figure)
    if not (isinstance(old, pn.widgets.Tabulator) and isinstance(new, pn.widgets.Tabulator)):
        return False
    same = list(old.value.columns) == list(new.value.columns) and old.titles == new.titles
    return same and (old.pagination, old.header_filters) == (new.pagination, new.header_filters)
