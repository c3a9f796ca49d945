"""Show a run's figures: the recorded Bokeh documents, in the visitor's language and colours."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import panel as pn
from bokeh.document import Document
from bokeh.models import Plot, Title

from workbench.charts.text import localise
from workbench.charts.theme import ACCENT, BAD, GOOD, GREY, GRID, INK, WARNING
from workbench.runs.record import RunRecord
from workbench.templates.template import Template
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View

DARK = {
    INK: "#e5e9f0",
    GREY: "#9aa5b4",
    GRID: "#313a46",
    ACCENT: "#7db3f0",
    BAD: "#ff8a80",
    WARNING: "#f0b95a",
    GOOD: "#6fcf8e",
    "#ffffff": "#1b222c",
}
IDS = re.compile(r'"id":\s*"([^"]+)"')
SERIAL = itertools.count()
BOX = {
    "background": "var(--paper)",
    "border": "1px solid var(--line)",
    "border-radius": "8px",
    "padding": "2px 8px 6px 8px",
}


def figures(view: View, template: Template | None, record: RunRecord) -> list[pn.Column]:
    """Return one box per figure, in the template's order."""
    specs = template.results.figures if template else {}
    names = sorted(record.figures, key=lambda name: list(specs).index(name) if name in specs else len(specs))
    return [
        _titled(view, Path(record.figures[name]), view.pick(specs[name].label) if name in specs else name)
        for name in names
    ]


def _titled(view: View, path: Path, title: str) -> pn.Column:
    drawn = figure(view, path)
    for pane in drawn.select(pn.pane.Bokeh):
        if pane.object.select({"type": Title}) and getattr(pane.object, "title", None) is not None:
            pane.object.title.visible = pane.object.title.text != title
    return boxed(drawn, title)


def boxed(content: Any, title: str) -> pn.Column:
    """Put a figure into a titled box."""
    head = html(fragment("boxtitle", title=title))
    return pn.Column(head, content, styles=BOX, margin=(10, 0, 0, 0), sizing_mode="stretch_width")


def figure(view: View, path: Path) -> Any:
    """Return one recorded figure; a broken one says so in its place."""
    try:
        if path.suffix == ".png":
            return pn.pane.PNG(str(path), sizing_mode="scale_width", max_width=900, margin=0)
        return bokeh(json.loads(path.read_text(encoding="utf-8")), view)
    except Exception as error:  # noqa: BLE001 - a recorded figure may be broken in any way
        reason = f"{type(error).__name__}: {error}"
        return html(fragment("note", problem=view.say("figure_broken", reason=reason), hint=""))


def bokeh(recorded: dict[str, Any], view: View) -> pn.Column:
    """Return a recorded Bokeh document as panes that can stand in any page, more than once."""
    text = json.dumps(localise(recorded, view.language), ensure_ascii=False)
    # A document's ids are its own: shown twice in one page they would collide.
    text = IDS.sub(rf'"id": "f{next(SERIAL)}-\1"', text)
    if view.dark:
        for light, dark in DARK.items():
            text = text.replace(f'"{light}"', f'"{dark}"')
    document = Document.from_json(json.loads(text))
    roots = list(document.roots)
    document.clear()
    for root in roots:
        for plot in root.select({"type": Plot}):
            plot.background_fill_color = plot.border_fill_color = None
    panes = [pn.pane.Bokeh(root, sizing_mode="stretch_width", margin=0) for root in roots]
    return pn.Column(*panes, sizing_mode="stretch_width", margin=0)
