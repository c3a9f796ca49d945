"""JSON lines, and lists of JSON objects, to columns: nested objects become columns with dotted names."""

import json
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from workbench.errors import Invalid
from workbench.tables import columns, encodings
from workbench.tables.headers import Head
from workbench.tables.recipe import FREE, Recipe
from workbench.tables.text_files import Grid

MOST_COLUMNS = 20_000


def is_json(beginning: bytes, ending: str) -> bool:
    """Whether a file holds JSON objects."""
    text = beginning.lstrip(b"\xef\xbb\xbf \t\r\n")
    if ending in {".json", ".jsonl", ".ndjson"}:
        return True
    return text.startswith((b'{"', b"[{")) and b'":' in text


def read(content: bytes, *, name: str, recipe: Recipe = FREE, whole: bool = True) -> Grid:
    """Read objects, one per line or in one list; lines that are none are kept aside."""
    text, encoding = encodings.decode(content, name=name, whole=whole, encoding=recipe.encoding)
    text, notes = encodings.tidied(text)
    if not whole and "\n" in text:
        text = text.rpartition("\n")[0]
    spilled: list[tuple[int, str]] = []
    found: dict[str, list[Any]] = {}
    rows = 0
    for number, value in _objects(text, name):
        if not isinstance(value, dict):
            spilled.append(
                (number, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
            )
            continue
        for key, cell in _flat(value):
            cells = found.setdefault(key, [])
            cells.extend([None] * (rows - len(cells)))
            cells.append(cell)
        rows += 1
        if len(found) > MOST_COLUMNS:
            given = f"more than {MOST_COLUMNS} different fields"
            raise Invalid(f"file {name}", given=given, expected="objects with the same fields")
    if not rows:
        raise Invalid(
            f"file {name}", given="no JSON object", expected="one object per line, or a list of objects"
        )
    for cells in found.values():
        cells.extend([None] * (rows - len(cells)))
    names = columns.unique(found)
    grid = Grid(Head(0, names), [_column(cells) for cells in found.values()], encoding, kind="json")
    grid.spilled, grid.notes = spilled, notes
    return grid


def _objects(text: str, name: str) -> Iterator[tuple[int, Any]]:
    if text.lstrip().startswith("["):
        try:
            listed = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Invalid(f"file {name}", given="damaged JSON", hint="export it again") from error
        yield from enumerate(listed if isinstance(listed, list) else [], start=1)
        return
    try:  # one object over several lines, perhaps with the list of rows inside
        single = json.loads(text)
    except (ValueError, RecursionError):
        single = None
    if isinstance(single, dict):
        lists = [value for value in single.values() if _is_rows(value)]
        yield from enumerate(lists[0] if len(lists) == 1 else [single], start=1)
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except (ValueError, RecursionError):
                yield number, line


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _flat(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, cell in value.items():
        if isinstance(cell, dict) and cell:
            yield from _flat(cell, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", cell


def _column(cells: list[Any]) -> pa.ChunkedArray:
    kinds = {type(cell) for cell in cells if cell is not None}
    try:
        if kinds == {bool}:
            return pa.chunked_array([pa.array(cells, pa.bool_())])
        if kinds == {int}:
            return pa.chunked_array([pa.array(cells, pa.int64())])
        if kinds and kinds <= {int, float}:
            return pa.chunked_array(
                [pa.array([None if c is None else float(c) for c in cells], pa.float64())]
            )
    except (OverflowError, pa.ArrowInvalid):  # a number of more than 18 digits is an identifier
        pass
    return pa.chunked_array([pa.array([_text(cell) for cell in cells], pa.string())])


def _text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    return json.dumps(cell, ensure_ascii=False)
