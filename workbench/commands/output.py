"""How commands speak: one JSON document or readable lines on stdout, everything else on stderr.

Standard library only, so that a command handed to a running server starts at once.
"""

import json
import math
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

EXIT_STATUS = {"succeeded": 0, "refused": 3}


def exit_status(record: Mapping[str, Any]) -> int:
    """Return the exit status of a run: 0 succeeded, 3 refused, 1 every other end."""
    return EXIT_STATUS.get(record["status"], 1)


def emit(document: Any) -> None:
    """Print the one JSON document of a command."""
    text = json.dumps(_plain(document), ensure_ascii=False, indent=2, allow_nan=False, default=str)
    sys.stdout.write(text + "\n")


def say(*lines: str) -> None:
    """Print readable lines."""
    for line in lines:
        sys.stdout.write(line + "\n")


def note(line: str) -> None:
    """Tell the person at the terminal something that is not the answer."""
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


def write(path: Path, content: bytes) -> None:
    """Write a file the user asked for, and say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    note(f"wrote {path}")


def show_table(rows: Sequence[Mapping[Any, Any]], columns: Iterable[Any] | None = None) -> None:
    """Print rows as aligned columns; Chinese characters count as two."""
    names = list(columns or (rows[0] if rows else ()))
    cells = [list(map(str, names)), *([_cell(row.get(name)) for name in names] for row in rows)]
    widths = [max(_width(line[i]) for line in cells) for i in range(len(names))]
    for line in cells:
        padded = (text + " " * (width - _width(text)) for text, width in zip(line, widths, strict=True))
        say("  ".join(padded).rstrip())


def number(value: Any) -> str:
    """Return a KPI's value as people read it."""
    if value is None:
        return "–"
    return f"{value:.7g}" if isinstance(value, float) else str(value)


def _cell(value: Any) -> str:
    text = number(value).replace("\n", " ")
    return text if _width(text) <= 60 else text[:57] + "..."


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _plain(value: Any) -> Any:
    """Turn what is not JSON into its nearest: NaN and infinity become null, NumPy scalars Python ones."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, bytes):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
