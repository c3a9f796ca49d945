"""Fingerprints by which entries that are copies of each other are found, however they were renamed.

The print of the code forgets names, comments, strings, numbers and layout; what is left is its shape, as a
set of hashes of neighbouring nodes, so that two entries can also be alike in part.
"""

import ast
import hashlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.templates.notebook_file import read_notebook

SHINGLE = 6  # nodes in a row
KEPT = 400  # the smallest hashes stand for all of them, a sample that two notebooks share
BYTES = 6


def code_print(path: Path) -> str | None:
    """Return the print of a notebook's code, or None where it has no shape to speak of."""
    try:
        cells = [cell.source for cell in read_notebook(path).cells if cell.kind == "code"]
    except WorkbenchError:
        return None
    shape = [node for cell in cells for node in _shape(cell)]
    shingles = {
        hashlib.blake2b("|".join(shape[place : place + SHINGLE]).encode(), digest_size=BYTES).hexdigest()
        for place in range(max(0, len(shape) - SHINGLE + 1))
    }
    return json.dumps(sorted(shingles)[:KEPT]) if shingles else None


def _shape(source: str) -> Iterator[str]:
    """Yield the kinds of a cell's nodes in order; what is called on an object keeps its name."""
    lines = [line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))]
    try:
        tree = ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    yield from _nodes(tree)


def _nodes(tree: ast.AST) -> Iterator[str]:
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.expr_context | ast.Load | ast.Expr):
            if isinstance(node, ast.Expr):
                waiting.append(node.value)
            continue
        yield f"{type(node).__name__}.{node.attr}" if isinstance(node, ast.Attribute) else type(node).__name__
        waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def likeness(one: str | None, other: str | None) -> float:
    """Return which share of two prints is common, from 0 to 1."""
    if not one or not other:
        return 0.0
    first, second = set(json.loads(one)), set(json.loads(other))
    smallest = set(sorted(first | second)[:KEPT])
    return len(first & second & smallest) / len(smallest)


def own(print_: str | None, common: Iterable[str]) -> str | None:
    """Return what is left of a print without the shape everybody was given in the starter kit."""
    if not print_:
        return None
    left = sorted(set(json.loads(print_)) - set(common))
    return json.dumps(left) if left else None
