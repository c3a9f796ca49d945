"""The History tab: every run of an app with its answer, and how its first number moved."""

from typing import Any
from urllib.parse import quote

import panel as pn

from workbench.charts.theme import ACCENT, figure
from workbench.runs.record import RunRecord
from workbench.templates.template import Template
from workbench.ui.figures import boxed, drawn
from workbench.ui.render import fragment
from workbench.ui.run_list import listed, run_list
from workbench.ui.shell import html
from workbench.ui.view import View

LIMIT = 50
KPIS = 3


def history(view: View, template: Template, current: str | None) -> list[Any]:
    """Return the tab's content."""
    records = view.bench.engine.list(template=template.id, limit=LIMIT)
    if not records:
        title, text = view.say("history_empty"), view.say("history_empty_next")
        return [html(fragment("empty", title=title, text=text))]
    specs = dict(list(template.results.kpis.items())[:KPIS])
    found = [*_trend(view, template, records), run_list(listed(view, records, specs=specs, current=current))]
    if view.served:
        address = f"/runs?template={quote(template.id)}"
        found.append(html(fragment("more", address=address, label=view.say("all_runs"))))
    return found


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
            return [boxed(drawn(view, plot), view.say("trend_of", kpi=view.pick(spec.label)))]
    return []
