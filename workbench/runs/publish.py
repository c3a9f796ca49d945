"""Make a finished run durable: fsync what was staged, then rename. The rename is the commit point.

Whoever gives an attempt up renames its folder too, so that one of the two renames fails: a process that was
believed dead cannot publish afterwards.
"""

import contextlib
import os
import secrets
import shutil
from pathlib import Path

RECORD = "run.json"
SCRATCH = "work"  # where the notebook works; not published


def publish(staging: Path, final: Path, record: str) -> None:
    """Write the record beside the staged files and move the folder into place, whole or not at all."""
    (staging / RECORD).write_text(record, encoding="utf-8")
    for path in [*staging.rglob("*"), staging]:
        _fsync(path)
    final.parent.mkdir(parents=True, exist_ok=True)
    staging.rename(final)
    _fsync(final.parent)


def discard(staging: Path) -> None:
    """Remove what was never published."""
    shutil.rmtree(staging, ignore_errors=True)


def withdraw(staging: Path, run: str) -> None:
    """Take back what attempts at a run have staged; after this none of them can publish."""
    for folder in staging.iterdir():
        if run_of(folder) == run:
            gone = staging / f"gone-{secrets.token_hex(4)}"
            with contextlib.suppress(FileNotFoundError):  # it was published at this very moment
                folder.rename(gone)
            discard(gone)


def run_of(staged: Path) -> str:
    """Return whose folder this is: an attempt on a cluster has one of its own, named after the run."""
    return staged.name.partition(".")[0]


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
