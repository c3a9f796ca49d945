"""The result of a notebook without a contract: what its cells print, in order, made harmless."""

import base64
import binascii
import re
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup, escape
from nbconvert.filters import markdown2html

from workbench.runs.record import RunRecord
from workbench.ui.foreign import cleaned, framed
from workbench.ui.render import fragment
from workbench.ui.view import View

MIME = "application/vnd.workbench.result+json"
IMAGES = ("image/png", "image/jpeg")
MAX_TEXT = 20_000  # characters of one output
SCRIPTED = (
    "application/vnd.bokehjs_exec.v0+json",
    "application/vnd.holoviews_exec.v0+json",
    "application/javascript",
)
MARKER = "papermill-error-cell-tag"  # cells papermill adds to a notebook that failed
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def outputs(view: View, record: RunRecord) -> Markup | None:
    """Return what a run's cells printed; None where there is no notebook."""
    if not record.notebook or not Path(record.notebook).is_file():
        return None
    notebook = nbformat.read(record.notebook, as_version=4)
    parts: list[Markup] = []
    scripted = False
    for cell in notebook.cells:
        if MARKER in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "markdown":
            parts.append(cleaned(markdown2html(cell.source)))
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if MIME in data or output.output_type == "error":
                continue
            part = shown(output)
            scripted = scripted or (
                any(kind in data for kind in SCRIPTED) or "<script" in str(data.get("text/html", ""))
            )
            if part:
                parts.append(part)
    body = Markup("\n").join(parts)
    frame = framed(view, body, title=view.say("outputs_title")) if parts else None
    return fragment("outputs", view=view, frame=frame, scripted=scripted)


def shown(output: Any) -> Markup:
    """Return one output as harmless HTML: a table or picture rather than its text."""
    if output.output_type == "stream":
        return _pre(output.text)
    data = output.get("data", {})
    for kind in IMAGES:
        if kind in data:
            return _image(kind, data[kind])
    html = data.get("text/html")
    if html and "<script" not in html:
        return cleaned(html)
    if "text/markdown" in data:
        return cleaned(markdown2html(data["text/markdown"]))
    return _pre(data["text/plain"]) if "text/plain" in data else Markup("")


def _pre(text: Any) -> Markup:
    text = text if isinstance(text, str) else "".join(text)
    cut = text[:MAX_TEXT] + (" …" if len(text) > MAX_TEXT else "")
    return Markup("<pre>{}</pre>").format(ANSI.sub("", cut))


def _image(kind: str, encoded: Any) -> Markup:
    try:
        content = base64.b64decode(encoded if isinstance(encoded, str) else "".join(encoded))
    except binascii.Error:
        return Markup("")
    return Markup('<p><img alt="" src="data:{};base64,{}"></p>').format(
        escape(kind), base64.b64encode(content).decode("ascii")
    )


def prose(markdown: str) -> Markup:
    """Return a stranger's Markdown as harmless HTML."""
    return cleaned(markdown2html(markdown))
