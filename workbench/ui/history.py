"""The History tab: every run of an app with its answer, and how its first number moved."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import panel as pn

from workbench.charts.theme import ACCENT, figure
from workbench.runs.record import RunRecord
from workbench.templates.front_matter import KpiSpec
from workbench.templates.template import Template
from workbench.ui.figures import boxed
from workbench.ui.numbers import duration, moment, number
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View

LIMIT = 50
KPIS = 3
ERROR_SHOWN = 160
SAYS_ALL = frozenset({"cancelled", "lost", "timed_out", "over_limit"})  # the chip has told it
TONES = {
    "succeeded": "good", "refused": "warning", "failed": "bad", "timed_out": "bad", "over_limit": "bad",
    "lost": "bad", "running": "info", "queued": "info", "cancelled": "",
}  # fmt: skip


def history(view: View, template: Template, current: str | None) -> list[Any]:
    """Return the tab's content."""
    records = view.bench.engine.list(template=template.id, limit=LIMIT)
    if not records:
        title, text = view.say("history_empty"), view.say("history_empty_next")
        return [html(fragment("empty", title=title, text=text))]
    specs = dict(list(template.results.kpis.items())[:KPIS])
    heads = [view.pick(spec.label) for spec in specs.values()]
    rows = [row(view, record, specs) | {"chosen": record.run == current} for record in records]
    listing = html(fragment("runs", view=view, rows=rows, heads=heads, with_app=False), margin=(12, 0, 0, 0))
    return [*_trend(view, template, records), listing]


def row(view: View, record: RunRecord, specs: Mapping[str, KpiSpec]) -> dict[str, Any]:
    """Return what a list shows of one run."""
    used = next(iter(record.inputs.values()), None)
    table = used.table.replace("\\", "/").rsplit("/", 1)[-1] if used else ""
    return {
        "address": f"/app?template={quote(record.template.id)}&run={quote(record.run)}",
        "run": record.run,
        "when": moment(record.created),
        "app": view.pick(record.template.title) or record.template.id,
        "status": view.say(f"status_{record.status}"),
        "tone": TONES[record.status],
        "answer": _answer(view, record),
        "input": f"{table} v{used.version}" if used and used.version is not None else table,
        "took": duration(record.seconds.total, view.language) if record.ended else "",
        "kpis": [_kpi(record, name, spec.decimals) for name, spec in specs.items()],
        "origin": view.say(f"origin_{record.origin}") if record.origin in ORIGINS else record.origin,
    }


ORIGINS = frozenset({"form", "cli", "api", "sweep", "proof", "test"})


def _answer(view: View, record: RunRecord) -> str:
    if record.status == "succeeded" and record.verdict:
        return view.pick(record.verdict.text)
    if record.refusal:
        return view.pick(record.refusal.text)
    if record.status in SAYS_ALL:
        return ""
    return record.error.message[:ERROR_SHOWN] if record.error else ""


def _kpi(record: RunRecord, name: str, decimals: int | None) -> str:
    kpi = record.kpis.get(name)
    return f"{number(kpi.value, decimals)} {kpi.unit or ''}".strip() if kpi else ""


def _trend(view: View, template: Template, records: list[RunRecord]) -> list[pn.Column]:
    """Draw the first number over the last runs, where there are enough to see a trend."""
    for name, spec in template.results.kpis.items():
        points = [
            (record.created, record.kpis[name].value)
            for record in reversed(records)
            if record.status == "succeeded" and name in record.kpis
        ]
        values = [
            value for _, value in points if isinstance(value, int | float) and not isinstance(value, bool)
        ]
        if len(values) >= 3 and len(values) == len(points) and len(set(values)) > 1:
            plot = figure(height=150, x_range=(0.5, len(values) + 0.5), toolbar_location=None, tools="")
            order = list(range(1, len(values) + 1))
            plot.line(order, values, color=ACCENT)
            plot.scatter(order, values, color=ACCENT, size=6)
            plot.xaxis.visible = False
            plot.background_fill_color = plot.border_fill_color = None
            pane = pn.pane.Bokeh(plot, sizing_mode="stretch_width", margin=0)
            return [boxed(pane, view.say("trend_of", kpi=view.pick(spec.label)))]
    return []
