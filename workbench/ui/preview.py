"""The finished app beside the notebook, for its author in JupyterLab: the form, and the answer so far."""

import tempfile
from pathlib import Path
from typing import Any

import panel as pn

from workbench.app import Workbench
from workbench.runs.collect import Collected, take
from workbench.runs.record import RunRecord, TemplateUsed
from workbench.templates.template import Template
from workbench.ui.form import Form
from workbench.ui.render import TOKENS_CSS
from workbench.ui.result import ResultView
from workbench.ui.view import View, visit


def preview(template: Template | None, recorded: list[dict[str, Any]]) -> Any:
    """Return the app of a notebook whose cells have just run in this kernel, ready for Panel's preview."""
    pn.extension("tabulator", raw_css=[TOKENS_CSS])
    view = visit(Workbench(), served=False)
    result = ResultView(view, template)
    result.ended(_record(template, recorded))
    parts = [result.panel]
    if template is not None:
        form = _form(view, template)
        parts.insert(0, pn.Column(form.panel, form.actions, width=340))
    return pn.Row(*parts, sizing_mode="stretch_width").servable(title="preview")


def _form(view: View, template: Template) -> Form:
    """Return the form as people will see it; running is the notebook's own business here."""
    form = Form(view, template, run=lambda: form.say(view.say("preview_runs_cells")), cancel=lambda: None)
    return form


def _record(template: Template | None, recorded: list[dict[str, Any]]) -> RunRecord:
    """Build the record of a run from what the kernel has recorded."""
    found = Collected()
    for bundle in recorded:
        take(found, bundle)
    folder = Path(tempfile.mkdtemp(prefix="wb-preview-"))
    tables, figures = found.write(folder)
    return RunRecord(
        run="preview",
        status="refused" if found.refusal else "succeeded",
        template=TemplateUsed(
            id=template.id if template else "notebook", version=template.version if template else None
        ),
        verdict=found.verdict,
        kpis=found.kpis,
        tables={name: str(folder / path) for name, path in tables.items()},
        figures={name: str(folder / path) for name, path in figures.items()},
        alarms=list(found.alarms.values()),
        refusal=found.refusal,
    )
