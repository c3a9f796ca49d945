"""What lies beside a table's rows: small JSON documents that people or the workbench keep about it.

They live in the table's own folder, so that they are backed up, moved and removed with it, and writing one
makes no new version: a run that pinned a version is not touched by a better description.
"""

import json
import os
import uuid
from collections.abc import Collection
from pathlib import Path
from typing import Any

from workbench.errors import Unavailable

FOLDER = "_workbench"  # readers of Delta tables pass over folders that begin with an underscore


def read(folder: Path, key: str) -> Any:
    """Return a document, or None where there is none or a damaged one."""
    try:
        return json.loads((folder / FOLDER / f"{key}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def write(folder: Path, key: str, document: Any) -> None:
    """Keep a document, all or nothing."""
    target = folder / FOLDER / f"{key}.json"
    draft = target.with_name(f".writing-{uuid.uuid4().hex}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        given = error.strerror or str(error)
        raise Unavailable(f"what is known of table {folder.name} was not written", given=given) from error


def forget(folder: Path, versions: Collection[int]) -> None:
    """Remove what was worked out for versions that are gone."""
    for path in (folder / FOLDER).glob("*-*.json"):
        of = path.stem.split("-")[1]
        if of.isdecimal() and int(of) in versions:
            path.unlink(missing_ok=True)
