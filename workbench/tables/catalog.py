"""The workspace's tables: what there is, in which versions, and where its files lie.

A table is a folder below ``workspace.tables``; its name is ``name`` or ``schema.name``. Every write is a new
version and nothing is ever changed in place, so any number of processes may read while one writes.
"""

import getpass
import json
import re
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.config import Text, Workspace
from workbench.errors import Invalid, NotFound, Unavailable, unknown
from workbench.tables import beside, columns, filters, pruning, store
from workbench.tables.columns import Column

NAME = re.compile(r"[^\W\d_]\w{0,99}(\.[^\W\d_]\w{0,99})?")
REJECTED = "__rejected"  # the side table of cells that an import could not read


@dataclass(frozen=True)
class TableInfo:
    """One version of a table, without its rows."""

    name: str
    version: int
    rows: int
    columns: tuple[Column, ...]
    description: Text | str
    source: str
    created: datetime
    bytes: int
    rejected: int = 0  # cells of the last import that lie in the side table
    notes: tuple[Text, ...] = ()  # what else that import has to say

    def column(self, name: str) -> Column:
        """Return one column, or say which name comes close."""
        for each in self.columns:
            if each.name == name:
                return each
        raise unknown(f"column of {self.name}", name, [each.name for each in self.columns])


@dataclass(frozen=True)
class Version:
    """One entry of a table's history."""

    version: int
    created: datetime
    source: str
    rows: int
    how: str = ""  # import, connector, save-as, restore, retention, demo, program
    by: str = ""  # the account it was written under


# Inside Tables, ``list`` is the method.
History = list[Version]
Paths = list[str]


@dataclass(frozen=True)
class Tables:
    """The catalogue of one workspace. Cheap to make; safe to use from several processes at once."""

    workspace: Workspace
    _seen: dict[tuple[Path, int, int], store.Snapshot] = field(
        default_factory=dict, repr=False, compare=False
    )

    # --- what there is ---------------------------------------------------------------------------------

    def names(self, *, rejected: bool = False) -> list[str]:
        """List the names of all tables; the side tables of imports only when asked for."""
        found = []
        for folder in _folders(self.workspace.tables):
            if store.is_table(folder):
                found.append(folder.name)
            found += [f"{folder.name}.{inner.name}" for inner in _folders(folder) if store.is_table(inner)]
        return sorted(name for name in found if rejected or not name.endswith(REJECTED))

    def list(self) -> list[TableInfo]:
        """Describe the newest version of every table, from the logs alone."""
        infos = []
        for name in self.names():
            try:
                infos.append(self.get(name))
            except (NotFound, Unavailable):  # removed meanwhile, or damaged: ``get`` says which
                continue
        return infos

    def get(self, reference: str) -> TableInfo:
        """Describe a table, ``name`` or ``name@version``."""
        name, version = self.pin(reference)
        found = self.snapshot(name, version)
        return TableInfo(
            name=name,
            version=version,
            rows=found.rows,
            columns=columns.of_schema(found.schema),
            description=self._description(name, found.note),
            source=found.note.get("source", ""),
            created=found.created,
            bytes=found.bytes,
            rejected=found.note.get("rejected", 0),
            notes=tuple(found.note.get("notes", ())),
        )

    def exists(self, name: str) -> bool:
        """Whether there is a table of this name."""
        return bool(NAME.fullmatch(name)) and store.is_table(self._folder(name))

    def pin(self, reference: str) -> tuple[str, int]:
        """Turn a reference into a name and an existing version; the newest where none is asked for."""
        name, _, wanted = reference.partition("@")
        present = store.versions(self._folder(name)) if NAME.fullmatch(name) else []
        if not present:
            raise unknown("table", name, self.names(rejected=True))
        if not wanted:
            return name, present[-1]
        if not wanted.isdecimal() or int(wanted) not in present:
            shown = f"{present[0]} to {present[-1]}" if len(present) > 1 else str(present[0])
            raise NotFound(
                f"unknown version of table {name}", given=repr(wanted), expected=f"version {shown}"
            )
        return name, int(wanted)

    def versions(self, name: str, *, last: int | None = None) -> History:
        """Return the history of a table, oldest first; or only its last versions."""
        name, _ = self.pin(name)
        history = []
        for version in store.versions(self._folder(name))[-last if last else None :]:
            found = self.snapshot(name, version)
            source, how = found.note.get("source", ""), store.how(found.note)
            by = found.note.get("by", "")
            history.append(Version(version, found.created, source, found.rows, how, by))
        return history

    def notes(self, name: str, *, last: int) -> Iterator[tuple[int, dict[str, Any]]]:
        """Return the last versions with what each says about itself, oldest first; opens no file of rows."""
        folder = self.home(name)
        yield from ((version, store.note(folder, version)) for version in store.versions(folder)[-last:])

    def snapshot(self, name: str, version: int) -> store.Snapshot:
        """Read one version's log entry; remembered, since a version never changes."""
        folder = self._folder(name)
        try:
            # A table removed and made again starts at version 0 anew: the time tells them apart.
            key = (folder, version, store.commit_path(folder, version).stat().st_mtime_ns)
        except OSError as error:
            raise NotFound("table was removed", given=repr(name)) from error
        if key not in self._seen:
            self._seen[key] = store.snapshot(folder, version)
        return self._seen[key]

    def files(
        self, name: str, version: int | None = None, *, where: Mapping[str, Any] | None = None
    ) -> Paths:
        """Return the Parquet files of a version that can hold rows for a filter, in the order of its rows."""
        pinned, newest = self.pin(name if version is None else f"{name}@{version}")
        found = self.snapshot(pinned, newest)
        if not where:
            return [*found.files]
        known = columns.of_schema(found.schema)
        settled = filters.settle(where, known, subject=f"table {pinned}")
        return pruning.pruned(found.files, found.bounds, settled, filters.types(settled, known))

    def head(self, reference: str, n: int = 50) -> pd.DataFrame:
        """Read the first rows."""
        frame: pd.DataFrame = self.slice(reference, n).to_pandas()
        return frame

    def slice(self, reference: str, n: int) -> pa.Table:
        """Read the first rows as Arrow, opening no more files than needed."""
        found = self.snapshot(*self.pin(reference))
        parts: list[pa.RecordBatch] = []
        missing = n
        for file in found.files:
            for batch in pq.ParquetFile(file).iter_batches(batch_size=max(1, min(missing, 65536))):
                parts.append(batch.slice(0, missing))
                missing -= parts[-1].num_rows
                if missing <= 0:
                    break
            if missing <= 0:
                break
        if not parts:
            return found.schema.empty_table()
        return pa.Table.from_batches(parts).cast(pa.schema([f.remove_metadata() for f in parts[0].schema]))

    def batches(self, reference: str, *, rows: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Read all rows in their order, some at a time; at least one batch, so that columns are known."""
        found = self.snapshot(*self.pin(reference))
        plain = pa.schema([f.remove_metadata() for f in found.schema])
        yield from plain.empty_table().to_batches() or [pa.RecordBatch.from_pylist([], schema=plain)]
        for file in found.files:
            with pq.ParquetFile(file) as opened:
                for batch in opened.iter_batches(batch_size=rows):
                    yield batch.cast(plain)

    # --- writing ---------------------------------------------------------------------------------------

    def add(
        self,
        name: str,
        data: Any,
        *,
        units: Mapping[str, str | None] | None = None,
        source: str = "",
        description: Text | str | None = None,
        mode: Literal["replace", "append"] = "replace",
        note: Mapping[str, Any] | None = None,
    ) -> TableInfo:
        """Write a new version of a table.

        Parameters
        ----------
        name : str
            ``name`` or ``schema.name``.
        data : Arrow table, record batch reader, pandas DataFrame, or anything with an Arrow stream
        units : column name → unit
        source : str
            Where the rows came from, for people.
        description : text in both languages, or None to keep the last one
        mode : "replace" or "append"
        note : what an import has to say: ``rejected`` and ``notes``

        Returns
        -------
        TableInfo
        """
        if mode not in {"replace", "append"}:
            raise Invalid("mode", given=repr(mode), expected="'replace' or 'append'")
        append = mode == "append"
        file, schema = self._staged(name, data, units=units or {}, append=append)
        kept = self.note(name, source=source, description=description) | dict(note or {})
        return self.commit(name, [file], schema=schema, note=kept, append=append)

    def extend(self, name: str, data: Any, *, source: str, sequence: tuple[str, int]) -> TableInfo:
        """Append rows and, in the same commit, who wrote them and how far that is; see ``written``."""
        file, schema = self._staged(name, data, units={}, append=True)
        note = self.note(name, source=source) | self.signed("connector")
        return self.commit(name, [file], schema=schema, note=note, append=True, sequence=sequence)

    def written(self, name: str, writer: str) -> int:
        """Return how far a writer that names its sequence came in a table; 0 when it never wrote."""
        return store.written(self._folder(name), writer)

    def _staged(
        self, name: str, data: Any, *, units: Mapping[str, str | None], append: bool
    ) -> tuple[Path, pa.Schema]:
        """Write rows to a sealed file of the table's folder that no commit names yet."""
        folder = self.folder_for(name)
        reader = _reader(data)
        schema = columns.storable_schema(reader.schema, units=units)
        if append and store.is_table(folder):
            stored = self.snapshot(*self.pin(name)).schema
            reader, schema = _aligned(reader, stored, name), stored
        try:
            return store.write_parquet(reader, folder, schema=schema), schema
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise Invalid(f"table {name}", given=_first_line(error), expected="values of one type") from error

    def commit(
        self,
        name: str,
        files: Iterable[Path],
        *,
        schema: pa.Schema,
        note: dict[str, Any],
        append: bool,
        sequence: tuple[str, int] | None = None,
    ) -> TableInfo:
        """Make sealed Parquet files, already in the table's folder, its new version."""
        version = store.commit(
            self._folder(name), files, schema=schema, note=note, append=append, sequence=sequence
        )
        return self.get(f"{name}@{version}")

    def folder_for(self, name: str) -> Path:
        """Return the folder of a table that may be written, or say what is wrong with the name."""
        if not NAME.fullmatch(name):
            expected = "letters, digits and underscores, with at most one dot, as in line1.torque"
            raise Invalid("table name", given=repr(name), expected=expected)
        known = self.names(rejected=True)
        for other in known:
            if other != name and other.casefold() == name.casefold():
                raise Invalid("table name", given=repr(name), hint=f"{other!r} exists: use that spelling")
            if name.startswith(f"{other}.") or other.startswith(f"{name}."):
                raise Invalid("table name", given=repr(name), hint=f"it collides with table {other!r}")
        return self._folder(name)

    def home(self, name: str) -> Path:
        """Return the folder of a table that exists."""
        return self._folder(self.pin(name)[0])

    def signed(self, how: str) -> dict[str, Any]:
        """Say in what way a version came about, and under which account."""
        try:
            return {"how": how, "by": getpass.getuser()}
        except (OSError, KeyError):  # an account without a name
            return {"how": how, "by": ""}

    def note(self, name: str, *, source: str, description: Text | str | None = None) -> dict[str, Any]:
        """Write what a commit says about itself; a description stays until there is another."""
        if description is None:
            description = self.get(name).description if self.exists(name) else ""
        return {"source": source, "description": description} | self.signed(store.how({"source": source}))

    def remove(self, name: str) -> None:
        """Take a table, with its history and side table, out of the workspace."""
        pinned, _ = self.pin(name)
        for each in (pinned, pinned + REJECTED):
            folder = self._folder(each)
            if store.is_table(folder):
                # Renamed first: the table is gone at once and whole, however long deleting takes.
                grave = folder.with_name(f".removed-{uuid.uuid4().hex}")
                folder.rename(grave)
                shutil.rmtree(grave, ignore_errors=True)

    def _description(self, name: str, note: Mapping[str, Any]) -> Text | str:
        """Return what people say of a table; else what it said when it was written."""
        said = (beside.read(self._folder(name), "card") or {}).get("description")
        found: Text | str = note.get("description", "") if said is None else said
        return found

    def _folder(self, name: str) -> Path:
        return self.workspace.tables.joinpath(*name.split("."))


def _folders(parent: Path) -> list[Path]:
    try:
        return [each for each in parent.iterdir() if each.is_dir() and each.name[0] not in "._"]
    except FileNotFoundError:
        return []


def _reader(data: Any) -> pa.RecordBatchReader:
    if isinstance(data, pa.RecordBatchReader):
        return data
    if isinstance(data, pd.DataFrame):
        data = pa.Table.from_pandas(data, preserve_index=False)
    if isinstance(data, pa.Table):
        return data.to_reader()
    if hasattr(data, "__arrow_c_stream__"):
        return pa.RecordBatchReader.from_stream(data)
    raise Invalid(
        "rows", given=type(data).__name__, expected="an Arrow table or reader, or a pandas DataFrame"
    )


def _aligned(reader: pa.RecordBatchReader, stored: pa.Schema, name: str) -> pa.RecordBatchReader:
    """Order appended rows like the stored ones; a missing column stays empty, a new one is refused."""
    new = [column for column in reader.schema.names if column not in stored.names]
    if new:
        hint = f"it has {', '.join(stored.names[:12])}; replace the table to change its columns"
        raise Invalid(f"append to {name}: new column", given=", ".join(map(repr, new)), hint=hint)

    def batches() -> Any:
        for batch in reader:
            arrays = [
                batch.column(field.name)
                if field.name in batch.schema.names
                else pa.nulls(len(batch), field.type)
                for field in stored
            ]
            yield pa.RecordBatch.from_arrays(arrays, names=stored.names)

    plain = [
        reader.schema.field(f.name).with_metadata(None)
        if f.name in reader.schema.names
        else f.remove_metadata()
        for f in stored
    ]
    return pa.RecordBatchReader.from_batches(pa.schema(plain), batches())


def _first_line(error: Exception) -> str:
    return json.dumps(str(error).partition("\n")[0], ensure_ascii=False)
