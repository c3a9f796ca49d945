"""The Compare page and tab: what records tell at once, then charts over each other and changes in data."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import panel as pn

from workbench.app import Workbench
from workbench.charts.overlay import overlay
from workbench.errors import NotFound, WorkbenchError
from workbench.runs.compare import data_changes, notebook_changes, table_changes
from workbench.runs.record import RunRecord
from workbench.templates.template import Template
from workbench.ui.broken import broken_page
from workbench.ui.compare import data, overview
from workbench.ui.documents import fitted
from workbench.ui.figures import Figure, boxed, figure
from workbench.ui.numbers import moment
from workbench.ui.render import fragment
from workbench.ui.shell import Frame, html, page
from workbench.ui.view import View, given, visit

MOST = 6  # runs side by side: as many as there are colours that can be told apart


def compare_page(bench: Workbench) -> Frame:
    """Build the page for the runs the address names."""
    view = visit(bench)
    names = list(dict.fromkeys(given("run")))
    try:
        found = [bench.engine.get(name) for name in names[:MOST]]
    except NotFound as error:
        return broken_page(bench, error, answer=view.say("unknown_run", run=str(error.given).strip("'")))
    records = sorted(found, key=lambda record: record.created)  # a difference is what came after
    title = view.say("compare_title")
    if len(records) < 2:
        lacking = fragment("empty", title=view.say("compare_too_few"), text=view.say("compare_too_few_next"))
        return page(view, title, section="runs", body=lacking)
    template = _template(view, records[0])
    note = view.say("compare_most", most=MOST) if len(names) > MOST else ""
    lead = fragment("compared", view=view, note=note, content=overview(view, template, records))
    body = pn.Column(html(view.say("loading")), margin=0, sizing_mode="stretch_width")

    async def fill() -> None:
        body.objects = await asyncio.to_thread(details, view, template, records)

    pn.state.onload(fill)
    return page(view, title, section="runs", lead=lead, roots={"main": body})


async def compare_tab(view: View, records: Sequence[RunRecord]) -> list[Any]:
    """Return the Compare tab of an app: a run beside the one before it."""
    if len(records) < 2:
        return [html(fragment("empty", title=view.say("compare_none"), text=view.say("compare_none_next")))]
    template = _template(view, records[0])
    found = await asyncio.to_thread(details, view, template, records)
    hint = html(fragment("note", problem="", hint=view.say("compare_with")), margin=(12, 0, 0, 0))
    return [hint, html(overview(view, template, records)), *found]


def details(view: View, template: Template | None, records: Sequence[RunRecord]) -> list[Any]:
    """Return what takes longer: charts, what changed in the data, in the results and in the notebook."""
    found = [*_charts(view, template, records)]
    markup = "".join(_changes(view, template, records))
    return [*found, html(markup)] if markup else found


def _template(view: View, record: RunRecord) -> Template | None:
    try:
        return view.bench.library.get(record.template.id)
    except WorkbenchError:  # the run outlives its template
        return None


def _charts(view: View, template: Template | None, records: Sequence[RunRecord]) -> list[Any]:
    specs = template.results.figures if template else {}
    shared = [name for name in records[0].figures if any(name in record.figures for record in records[1:])]
    found: list[Any] = []
    for name in shared:
        having = [(number, record) for number, record in enumerate(records, 1) if name in record.figures]
        title = view.pick(specs[name].label) if name in specs else name
        found.append(boxed(_chart(view, name, having), title))
    return [html(fragment("heading", text=view.say("charts"), small=False)), *found] if found else []


def _chart(view: View, name: str, having: Sequence[tuple[int, RunRecord]]) -> Any:
    """Lay one figure of all runs over each other, or put them side by side."""
    try:
        labelled = [
            (_named(view, number, record), json.loads(Path(record.figures[name]).read_text(encoding="utf-8")))
            for number, record in having
        ]
        laid = overlay(labelled)
    except (OSError, ValueError, AttributeError, KeyError, TypeError):  # a picture, or a chart that is broken
        laid = None
    if laid is not None:
        text = json.dumps(fitted(laid, view), ensure_ascii=False)
        broken = view.say("figure_broken", reason="{reason}")
        return Figure(content=text, broken=broken, sizing_mode="stretch_width", margin=0)
    beside = [
        pn.Column(
            html(fragment("note", problem="", hint=_named(view, number, record))),
            figure(view, Path(record.figures[name])),
            margin=0,
            sizing_mode="stretch_width",
            min_width=320,
        )
        for number, record in having
    ]
    hint = html(fragment("note", problem="", hint=view.say("side_by_side")))
    return pn.Column(hint, pn.FlexBox(*beside, flex_wrap="wrap"), margin=0, sizing_mode="stretch_width")


def _named(view: View, number: int, record: RunRecord) -> str:
    return f"{view.say('run_number', number=number)} · {moment(record.created)}"


def _changes(view: View, template: Template | None, records: Sequence[RunRecord]) -> list[str]:
    """Return what changed in inputs, result tables and notebook, each run against the first."""
    history = view.bench.engine.history
    first, jobs = records[0], [history.job(record.run) for record in records]
    inputs = template.inputs if template else {}
    tables = template.results.tables if template else {}
    parts: list[str] = []
    for number, (record, job) in enumerate(zip(records[1:], jobs[1:], strict=True), 2):
        between = view.say("between_runs", first=1, second=number) if len(records) > 2 else ""
        for role, found in data_changes(jobs[0], job).items():
            label = view.pick(inputs[role].label) if role in inputs else role
            parts.append(data(view, view.say("data_changed", input=label), found, between=between))
        if record.template.id != first.template.id:
            continue
        differing = {name: found for name, found in table_changes(first, record).items() if not found.nothing}
        for name, changed in differing.items():
            label = view.pick(tables[name].label) if name in tables else name
            title = (
                f"{view.say('result_tables')}: {label}"
                if view.language == "en"
                else f"{view.say('result_tables')}：{label}"
            )
            parts.append(data(view, title, changed, between=between, spec=tables.get(name)))
        lines = notebook_changes(jobs[0], job)
        if lines:
            parts.append(str(fragment("notebookdiff", view=view, lines=lines, between=between)))
    return parts
