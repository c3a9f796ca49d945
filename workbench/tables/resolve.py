"""Find what a reference means: a table at a version, or a file, made readable once, kept by its content."""

import hashlib
import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from workbench.config import Workspace
from workbench.errors import Invalid, NotFound
from workbench.tables import columns, files, store, views
from workbench.tables.catalog import Tables
from workbench.tables.columns import Column


@dataclass(frozen=True)
class Source:
    """The exact rows a reference stands for."""

    reference: str  # pinned: name@version, or an absolute path
    table: str  # name of the table or file, for people
    version: int | None  # None for a file
    files: tuple[str, ...]  # Parquet, in the order of the rows
    columns: tuple[Column, ...]
    rows: int
    sha256: str  # of the contents
    bounds: store.Bounds = field(default_factory=dict)  # of the files' columns, where the log has them


def resolve(
    reference: str, *, workspace: Workspace, cache: Path | None = None, tables: Tables | None = None
) -> Source:
    """Find what a reference means, a view brought up to date; ``tables`` may have read the log already.

    Raises
    ------
    NotFound
        If there is no such table, version or file.
    Invalid
        If the file cannot be read.
    """
    tables = tables or Tables(workspace)
    name = reference.partition("@")[0]
    if not tables.exists(name) and _is_path(reference):
        return _file(Path(reference).expanduser(), cache or workspace.root / "cache")
    if "@" not in reference:
        views.current(tables, reference)
    pinned, version = tables.pin(reference)
    found = tables.snapshot(pinned, version)
    return Source(
        reference=f"{pinned}@{version}",
        table=pinned,
        version=version,
        files=found.files,
        columns=columns.of_schema(found.schema),
        rows=found.rows,
        sha256=found.sha256,
        bounds=found.bounds,
    )


def _is_path(reference: str) -> bool:
    return any(sign in reference for sign in "/\\") or files.is_readable_name(reference)


def _file(path: Path, cache: Path) -> Source:
    if not path.is_file():
        what = "a folder" if path.is_dir() else None
        raise NotFound("no such file", given=what or repr(str(path)), hint="check the path")
    digest = sha256(path)
    readable = path.resolve() if files.as_it_is(path) else _cached(path, digest, cache)
    schema = pq.read_schema(readable)
    return Source(
        reference=str(path.resolve()),
        table=path.name,
        version=None,
        files=(str(readable),),
        columns=columns.of_schema(schema),
        rows=pq.read_metadata(readable).num_rows,
        sha256=digest,
    )


def sha256(path: Path) -> str:
    """Hash a file's content."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise Invalid(
            f"file {path.name}", given=error.strerror, expected="a file this user may read"
        ) from error


def _cached(path: Path, digest: str, cache: Path) -> Path:
    """Return the file as Parquet, made on first use; the reading program's version is part of the name."""
    # The ending decides how a file is read, so the same bytes as .csv and .txt are two things.
    key = hashlib.sha256(json.dumps([digest, files.VERSION, path.suffix.lower()]).encode()).hexdigest()[:40]
    for folder in (cache, Path(tempfile.gettempdir()) / "workbench-cache"):
        readable = folder / f"{key}.parquet"
        if readable.is_file():
            return readable.resolve()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:  # a read-only workspace: the notebook of a guest, bare papermill in a container
            continue
        written = store.new_file(folder)
        try:
            files.stage(path, written)
            written.replace(readable)
        finally:
            written.unlink(missing_ok=True)
        return readable.resolve()
    raise Invalid("cache", given=cache, expected="a folder this user may write")
