"""Make a finished run durable: fsync what was staged, then rename. The rename is the commit point."""

import os
import shutil
from pathlib import Path

RECORD = "run.json"


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


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
