"""Bring an earlier version back: as a new version with the same rows, so that nothing is lost on the way.

The files are linked under new names rather than listed again: the log may not add what it takes away. Their
content is compared with their hash first: damaged rows must not become the newest ones.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from workbench.errors import Invalid, Unavailable
from workbench.tables import store
from workbench.tables.catalog import TableInfo, Tables

HOW = "restore"


def restore(tables: Tables, reference: str) -> TableInfo:
    """Make the rows of ``name@version`` the newest version of their table.

    Raises
    ------
    Invalid
        If no version is named, or it is the newest already.
    Unavailable
        If the files of that version are gone or damaged.
    """
    name, version = tables.pin(reference)
    newest = tables.pin(name)[1]
    if "@" not in reference:
        hint = f"name one, as in {name}@{max(newest - 1, 0)}"
        raise Invalid("restore", given=repr(reference), expected="a table and a version", hint=hint)
    if version == newest:
        raise Invalid(f"restore {name}", given=f"version {version}", hint="it is the newest already")
    found = tables.snapshot(name, version)
    check(found.files, name=name, version=version)
    note = {
        **found.note,
        "description": tables.note(name, source="")["description"],
        **tables.signed(HOW),
        "restored": version,
    }
    copies = [_again(Path(file)) for file in found.files]
    try:
        return tables.commit(name, copies, schema=found.schema, note=note, append=False)
    except Unavailable:
        for copy in copies:
            copy.unlink(missing_ok=True)
        raise


def check(files: Sequence[str], *, name: str, version: int) -> None:
    """Make sure that every file is there and holds what it held when it was written."""
    for file in map(Path, files):
        named = file.name.partition("-")[0]
        try:
            with file.open("rb") as handle:
                digest = hashlib.file_digest(handle, "sha256").hexdigest()
        except OSError:
            digest = ""
        if not digest.startswith(named):
            state = "damaged" if digest else "missing"
            hint = "restore another version, or the folder from a backup"
            raise Unavailable(f"rows of {name}@{version}", given=f"{state} file {file.name}", hint=hint)


def _again(file: Path) -> Path:
    copy = file.with_name(f".writing-{store.new_file(file.parent).name[-32:]}")
    with contextlib.suppress(OSError):  # not every file system has links
        os.link(file, copy)
    if not copy.exists():
        shutil.copy2(file, copy)
    return store.seal(copy, store.chunk_of(file.name))
