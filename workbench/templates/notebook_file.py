"""An .ipynb of any age from anywhere, read into one plain shape, or refused with one sentence.

nbformat is imported only for the very old (it alone costs more than reading fifty templates).
"""

import json
import re
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.errors import Invalid, NotFound

MAX_BYTES = 20_000_000
ERROR_TAG = "papermill-error-cell-tag"  # papermill removes such cells before a run, and so do we


@dataclass(frozen=True)
class Cell:
    """One cell without its outputs."""

    kind: str  # raw, markdown or code
    source: str
    id: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    attachments: dict[str, Any] | None = None

    @property
    def tags(self) -> list[str]:
        """The cell's tags."""
        tags = self.metadata.get("tags")
        return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


@dataclass(frozen=True)
class Notebook:
    """The cells of a file, and what it says of itself."""

    cells: tuple[Cell, ...]
    metadata: dict[str, Any]

    @property
    def language(self) -> str:
        """The language of its kernel, lower-case; python where it does not say."""
        for section, key in (("language_info", "name"), ("kernelspec", "language")):
            part = self.metadata.get(section)
            if isinstance(part, dict) and isinstance(part.get(key), str) and part[key]:
                return str(part[key]).lower()
        return "python"

    def tagged(self, tag: str) -> int | None:
        """Return the index of the first code cell with a tag."""
        for index, cell in enumerate(self.cells):
            if cell.kind == "code" and tag in cell.tags:
                return index
        return None


def read_notebook(path: Path) -> Notebook:
    """Read a notebook file; raise Invalid or NotFound with what is wrong with it."""
    return from_json(_load(path), path.name)


def _load(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            hint = "clear its outputs and save it again"
            given = f"{size / 1e6:.0f} MB"
            raise Invalid(path.name, given=given, expected=f"at most {MAX_BYTES / 1e6:.0f} MB", hint=hint)
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise NotFound("no such file", given=str(path)) from None
    except UnicodeDecodeError:
        raise Invalid(path.name, expected="a notebook in UTF-8", given="other bytes") from None
    except OSError as error:
        raise Invalid(path.name, given=error.strerror, expected="a file this user may read") from None
    if not text.strip():
        raise Invalid(path.name, given="an empty file", expected="a notebook")
    try:
        return json.loads(text, parse_constant=_constant)
    except json.JSONDecodeError as error:
        given = f"not JSON (line {error.lineno}, column {error.colno}: {error.msg})"
        raise Invalid(path.name, given=given, expected="a notebook") from None
    except RecursionError:
        raise Invalid(path.name, given="JSON nested too deeply", expected="a notebook") from None
    except ValueError as error:
        raise Invalid(path.name, given=f"not JSON ({error})", expected="a notebook") from None


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def from_json(data: Any, name: str) -> Notebook:
    """Bring a notebook document of any version into one shape."""
    if not isinstance(data, dict) or not isinstance(data.get("nbformat"), int):
        raise Invalid(name, given="JSON without nbformat", expected="a notebook")
    if data["nbformat"] > 4:
        hint = "save it as version 4"
        raise Invalid(name, given=f"nbformat {data['nbformat']}", expected="nbformat 4", hint=hint)
    if data["nbformat"] < 4:
        data = _modernise(data, name)
    cells, metadata = data.get("cells"), data.get("metadata")
    if not isinstance(cells, list):
        raise Invalid(name, given="a notebook without cells", expected="a list of cells")
    read = [_cell(cell, index, name) for index, cell in enumerate(cells)]
    kept = tuple(cell for cell in read if ERROR_TAG not in cell.tags)
    return Notebook(kept, metadata if isinstance(metadata, dict) else {})


def _modernise(data: dict[str, Any], name: str) -> Any:
    import nbformat

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return nbformat.convert(nbformat.reader.reads(json.dumps(data)), 4)
    except (KeyError, TypeError, ValueError, AttributeError, nbformat.ValidationError) as error:
        given = f"nbformat {data['nbformat']} that cannot be upgraded ({type(error).__name__})"
        raise Invalid(name, given=given, expected="nbformat 4") from None


def _cell(cell: Any, index: int, name: str) -> Cell:
    kind = cell.get("cell_type") if isinstance(cell, dict) else None
    source = cell.get("source", "") if isinstance(cell, dict) else None
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if kind not in ("raw", "markdown", "code") or not isinstance(source, str):
        raise Invalid(
            f"{name}, cell {index}", given="something else", expected="a raw, markdown or code cell"
        )
    if re.search("[\ud800-\udfff]", source):
        raise Invalid(f"{name}, cell {index}", given="broken characters (lone surrogates)", expected="text")
    id_, metadata, attachments = cell.get("id"), cell.get("metadata"), cell.get("attachments")
    return Cell(
        kind,
        source,
        id_ if isinstance(id_, str) else None,
        metadata if isinstance(metadata, dict) else {},
        attachments if isinstance(attachments, dict) and attachments else None,
    )
