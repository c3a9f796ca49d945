"""The Result tab: nothing yet, a run that goes, or its answer with charts and tables."""

import time
from typing import Any

import panel as pn

from workbench.runs.record import RunRecord
from workbench.templates.template import Template
from workbench.ui.answer import answer, arriving, progress
from workbench.ui.figures import Figure, figures
from workbench.ui.frames import tables
from workbench.ui.outputs import outputs
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View

FADED = {"opacity": "0.45"}
SHOWN = {"opacity": "1"}


class ResultView:
    """Shows one run after the other; the last answer stays, faded, until the next one is there."""

    def __init__(self, view: View, template: Template | None, *, brief: bool = False) -> None:
        self.view, self.template, self.brief = view, template, brief
        self.shown: str | None = None
        self._boxes: dict[str, pn.Column] = {}
        self._since: dict[str, float] = {}
        self._usual: tuple[float, float] | None = None
        self.steps = html(visible=False)
        nothing = fragment("empty", title=view.say("no_result"), text=view.say("no_result_next"))
        self.head = html("" if brief else nothing)
        self.body = pn.Column(margin=0, sizing_mode="stretch_width")
        self.panel = pn.Column(self.steps, self.head, self.body, margin=0, sizing_mode="stretch_width")

    def going(self, record: RunRecord) -> None:
        """Show how far a run is, and the numbers it has reported."""
        if record.run not in self._since:
            self._since[record.run] = time.monotonic()
            self._usual = self.view.bench.engine.typical_seconds(record.template.id)
        elapsed_s = time.monotonic() - self._since[record.run]
        self.steps.param.update(
            object=progress(self.view, record, elapsed_s=elapsed_s, usual=self._usual), visible=True
        )
        if self.shown is None:
            self.head.object = arriving(self.view, self.template, record)
        elif self.body.styles != FADED:
            self.head.styles = self.body.styles = FADED

    def ended(self, record: RunRecord, *, before: RunRecord | None = None) -> None:
        """Show what a run found, or why it found nothing."""
        self.answered(record, before=before)
        self.body.param.update(objects=self._results(record), styles=SHOWN)

    def answered(self, record: RunRecord, *, before: RunRecord | None = None) -> str:
        """Show the answer alone, for a page whose charts follow once it stands; return its markup."""
        self.shown = record.run
        markup = answer(self.view, self.template, record, before=before)
        self.steps.visible = False
        self.head.param.update(object=markup, styles=SHOWN)
        return markup

    def _results(self, record: RunRecord) -> list[Any]:
        drawn = figures(self.view, self.template, record)
        found = [self._kept(f"figure {name}", box) for name, box in drawn.items()]
        if self.brief:
            return found[:1]
        listed = tables(self.view, self.template, record)
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


def _alike(known: pn.Column, box: pn.Column) -> bool:
    """Whether one box can show what the other holds."""
    old, new = known[1], box[1]
    if isinstance(new, Figure):
        return isinstance(old, Figure)
    if not (isinstance(old, pn.widgets.Tabulator) and isinstance(new, pn.widgets.Tabulator)):
        return False
    same = list(old.value.columns) == list(new.value.columns) and old.titles == new.titles
    return same and (old.pagination, old.header_filters) == (new.pagination, new.header_filters)
