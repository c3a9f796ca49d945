"""Show a run's figures: the recorded Bokeh documents, each in a titled box, drawn by the browser."""

import json
from pathlib import Path
from typing import Any

import panel as pn
import param
from bokeh.document import Document
from panel.custom import JSComponent

from workbench.runs.record import RunRecord
from workbench.templates.template import Template
from workbench.ui.documents import fitted, harmless, lowered
from workbench.ui.render import ASSETS, fragment
from workbench.ui.shell import html
from workbench.ui.view import View

BOX = {
    "background": "var(--paper)",
    "border": "1px solid var(--line)",
    "border-radius": "8px",
    "padding": "2px 8px 6px 8px",
}
SMALL_PX = 190


class Figure(JSComponent):
    """A recorded Bokeh document, as text: the server neither reads nor keeps its models."""

    content = param.String()
    broken = param.String()

    _esm = ASSETS / "figure.js"


def figures(view: View, template: Template | None, record: RunRecord) -> dict[str, pn.Column]:
    """Return one box per figure, by name in the template's order."""
    specs = template.results.figures if template else {}
    names = sorted(record.figures, key=lambda name: list(specs).index(name) if name in specs else len(specs))
    titles = {name: view.pick(specs[name].label) if name in specs else name for name in names}
    foreign = template is None or template.contract is None
    return {
        name: boxed(figure(view, Path(record.figures[name]), title, foreign=foreign), title)
        for name, title in titles.items()
    }


def boxed(content: Any, title: str) -> pn.Column:
    """Put a figure into a titled box."""
    head = html(fragment("boxtitle", title=title))
    return pn.Column(head, content, styles=BOX, margin=(10, 0, 0, 0), sizing_mode="stretch_width")


def small(view: View, path: Path) -> Any:
    """Return one recorded figure as one of many: low, without tools and legend."""
    return figure(view, path, height=SMALL_PX)


def figure(
    view: View, path: Path, title: str = "", *, height: int | None = None, foreign: bool = False
) -> Any:
    """Return one recorded figure; a broken one says so in its place, of a stranger also one that acts."""
    broken = view.say("figure_broken", reason="{reason}")
    try:
        if path.suffix == ".png":
            return pn.pane.PNG(str(path), sizing_mode="scale_width", max_width=900, margin=0)
        recorded = json.loads(path.read_text(encoding="utf-8"))
        if foreign:
            harmless(recorded)
        document = fitted(recorded, view, title=title)
        if height is not None:
            lowered(document, height)
    except (OSError, ValueError, AttributeError) as error:
        reason = f"{type(error).__name__}: {error}"
        return html(fragment("note", problem=broken.replace("{reason}", reason), hint=""))
    return _shown(document, broken)


def drawn(view: View, plot: Any) -> Any:
    """Return a figure of the page's own, drawn by the browser like those of runs.

    A Bokeh pane would stand in the page's own layout, which may measure it before it is laid out.
    """
    plot.sizing_mode = "stretch_width"
    document = Document()
    document.add_root(plot)
    broken = view.say("figure_broken", reason="{reason}")
    return _shown(fitted(document.to_json(deferred=False), view), broken)


def _shown(document: dict[str, Any], broken: str) -> Figure:
    text = json.dumps(document, ensure_ascii=False)
    return Figure(content=text, broken=broken, sizing_mode="stretch_width", margin=0)
