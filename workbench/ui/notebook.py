"""The Notebook tab: the executed notebook as a page, cleaned, in a frame that may run nothing."""

import asyncio
from functools import lru_cache
from pathlib import Path
from typing import Any

import nbformat
from markupsafe import Markup
from nbconvert import HTMLExporter

from workbench.runs.record import RunRecord
from workbench.ui.foreign import cleaned, framed
from workbench.ui.outputs import MARKER, MIME
from workbench.ui.render import fragment
from workbench.ui.shell import html
from workbench.ui.view import View

MAX_BYTES = 30_000_000
HEIGHT = "max(420px, calc(100vh - 190px))"


async def notebook(view: View, record: RunRecord | None) -> list[Any]:
    """Return the tab's content."""
    if record is None or not record.notebook or not Path(record.notebook).is_file():
        title, text = view.say("notebook_none"), view.say("notebook_none_next")
        return [html(fragment("empty", title=title, text=text))]
    body = await asyncio.to_thread(rendered, record.notebook)
    frame = framed(view, body, title=view.say("tab_notebook"), height=HEIGHT)
    return [html(fragment("notebook", view=view, record=record, frame=frame))]


@lru_cache(maxsize=8)
def rendered(path: str) -> Markup:
    """Return an executed notebook as cleaned HTML."""
    if Path(path).stat().st_size > MAX_BYTES:
        return Markup("<p>…</p>")
    found = nbformat.read(path, as_version=4)
    found.cells = [cell for cell in found.cells if MARKER not in cell.metadata.get("tags", [])]
    for cell in found.cells:
        # What was recorded stands on the Result tab; here it would be a wall of JSON.
        cell["outputs"] = [out for out in cell.get("outputs", []) if MIME not in out.get("data", {})]
        if cell.cell_type != "code":
            cell.pop("outputs")
    exporter = HTMLExporter(template_name="basic", exclude_raw=True)
    body, _ = exporter.from_notebook_node(found)
    return cleaned(body)
