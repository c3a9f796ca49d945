"""The one form a template has on disk: no outputs, no counts, no volatile metadata, stable ids, sorted keys.

Saving in JupyterLab changes none of what is kept here, so a template's digest is taken over this form.
"""

import json
import re
from typing import Any

from workbench.templates.notebook_file import Cell, Notebook
from workbench.templates.steps import BETWEEN_LANGUAGES, headings

_RANDOM_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?|[0-9a-f]{12,}")
_KEPT_METADATA = ("tags",)


def canonical(notebook: Notebook) -> bytes:
    """Return the canonical bytes of a notebook."""
    text = json.dumps(document(notebook), ensure_ascii=False, indent=1, sort_keys=True)
    return text.encode() + b"\n"


def document(notebook: Notebook) -> dict[str, Any]:
    """Return the canonical notebook as plain data (a fresh copy each time)."""
    ids = _ids(notebook)
    return {
        "cells": [_cell(cell, id_) for cell, id_ in zip(notebook.cells, ids, strict=True)],
        "metadata": _metadata(notebook),
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _metadata(notebook: Notebook) -> dict[str, Any]:
    if notebook.language == "python":
        return {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    kernel = notebook.metadata.get("kernelspec")
    return {
        "kernelspec": dict(kernel) if isinstance(kernel, dict) else {},
        "language_info": {"name": notebook.language},
    }


def _cell(cell: Cell, id_: str) -> dict[str, Any]:
    metadata = {key: value for key, value in cell.metadata.items() if key in _KEPT_METADATA and value}
    source = cell.source.rstrip("\n").splitlines(keepends=True)
    data: dict[str, Any] = {
        "cell_type": cell.kind,
        "id": id_,
        "metadata": metadata,
        "source": source,
    }
    if cell.kind == "code":
        data |= {"execution_count": None, "outputs": []}
    elif cell.attachments:
        data["attachments"] = cell.attachments
    return data


def _ids(notebook: Notebook) -> list[str]:
    """Keep the ids an author chose; name the others after their heading, never twice the same."""
    ids: list[str] = []
    heading = "start"
    for index, cell in enumerate(notebook.cells):
        if cell.kind == "markdown":
            titles = [title for _, title in headings(cell.source)]
            heading = slug(titles[-1].partition(BETWEEN_LANGUAGES)[0]) if titles else heading
        wanted = cell.id if cell.id and _is_chosen(cell.id) else _name(cell, index, heading)
        unique, number = wanted, 2
        while unique in ids:
            unique, number = f"{wanted[:58]}-{number}", number + 1
        ids.append(unique)
    return ids


def _is_chosen(id_: str) -> bool:
    return re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", id_) is not None and not _RANDOM_ID.fullmatch(id_)


def _name(cell: Cell, index: int, heading: str) -> str:
    if cell.kind == "raw" and index == 0:
        return "front-matter"
    if "parameters" in cell.tags:
        return "parameters"
    return heading if cell.kind == "markdown" else f"{heading}-{cell.kind}"


def slug(text: str) -> str:
    """Return lower-case ASCII words joined by -; `cell` where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:50].strip("-") or "cell"
