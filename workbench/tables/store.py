"""How rows lie on disk: Parquet files named by their content, committed to a Delta log.

We write the Parquet files and let deltalake commit them, instead of handing it the rows: that keeps the
order of rows, makes a table's hash a hash of its contents, and lets a bulk import write straight into the
table's folder. A file that no commit names does not exist; a killed writer leaves only such files.
"""

import dataclasses
import hashlib
import json
import math
import os
import re
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Schema, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from workbench.errors import Unavailable
from workbench.tables import columns

LOG = "_delta_log"
NOTE = "workbench"
CHUNK = re.compile(
    r"\.(-?\d+)_(\d+)\.parquet$"
)  # a file of one stretch of time: its start and width in seconds
LONGEST_BOUND = 100  # characters of a text that the log may repeat for every file
REWRITES = 50  # attempts between the commits of others
COLUMNS_WITH_STATISTICS = 32  # Delta's own default: a table of 16 000 columns must not bloat its log
# Runs pin versions: a version may only go when someone says so, not because 30 days have passed.
_HOOK = PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=False)


# Per file the smallest and largest value of a column; None where that is not known.
Bounds = Mapping[str, tuple[Sequence[Any], Sequence[Any]]]


@dataclass(frozen=True)
class Snapshot:
    """One version of a table, as its log tells it; no row has been read."""

    version: int
    files: tuple[str, ...]
    rows: int
    bytes: int
    schema: pa.Schema
    note: dict[str, Any]
    created: datetime
    rows_of_files: tuple[int, ...] = ()
    bounds: Bounds = dataclasses.field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """A hash of contents, types and units; equal on every machine."""
        digest = hashlib.sha256(str(columns.of_schema(self.schema)).encode())
        for file in self.files:
            digest.update(Path(file).name.partition("-")[0].encode())
        return digest.hexdigest()


def is_table(folder: Path) -> bool:
    """Whether a folder holds at least one committed version."""
    return bool(versions(folder))


def versions(folder: Path) -> list[int]:
    """List the versions whose commit is in the log, oldest first."""
    try:
        with os.scandir(folder / LOG) as entries:
            stems = [entry.name.partition(".")[0] for entry in entries if entry.name.endswith(".json")]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(int(stem) for stem in stems if stem.isdigit())


def commit_path(folder: Path, version: int) -> Path:
    """The log entry of one version."""
    return folder / LOG / f"{version:020d}.json"


def commit_info(folder: Path, version: int) -> dict[str, Any]:
    """Read what the commit of one version says about itself."""
    for line in commit_path(folder, version).read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        if "commitInfo" in entry:
            return dict(entry["commitInfo"])
    return {}


def note(folder: Path, version: int) -> dict[str, Any]:
    """Read what a version says about itself, without looking at its files."""
    try:
        return dict(json.loads(commit_info(folder, version).get(NOTE, "{}")))
    except (OSError, ValueError):
        return {}


def snapshot(folder: Path, version: int) -> Snapshot:
    """Read one version from the log."""
    try:
        table = DeltaTable(str(folder), version=version)
        actions = pa.table(table.get_add_actions(flatten=True)).to_pydict()
        schema = pa.schema(table.schema().to_arrow())
        info = commit_info(folder, version)
    except (DeltaError, OSError, ValueError) as error:
        raise Unavailable(
            "table cannot be read", given=folder.name, hint="restore its folder from a backup"
        ) from error
    order = sorted(range(len(actions["path"])), key=lambda i: _place(actions, i))
    return Snapshot(
        version=version,
        files=tuple(str(folder / actions["path"][i]) for i in order),
        rows=sum(actions["num_records"]),
        bytes=sum(actions["size_bytes"]),
        schema=schema,
        note=json.loads(info.get(NOTE, "{}")),
        created=datetime.fromtimestamp(info.get("timestamp", 0) / 1000, tz=UTC),
        rows_of_files=tuple(actions["num_records"][i] for i in order),
        bounds={
            name: ([actions[f"min.{name}"][i] for i in order], [actions[f"max.{name}"][i] for i in order])
            for name in schema.names
            if f"min.{name}" in actions and f"max.{name}" in actions
        },
    )


def _place(actions: Mapping[str, Any], i: int) -> tuple[bool, int, str]:
    """Where a file's rows come: chunks by their time, then the rest in the order it was written."""
    path = actions["path"][i]
    chunk = chunk_of(path)
    return (False, chunk[0], path) if chunk else (True, actions["modification_time"][i], path)


def chunk_of(file: str) -> tuple[int, int] | None:
    """Return start and width, in seconds, of the stretch of time a file was made for."""
    found = CHUNK.search(file)
    return (int(found[1]), int(found[2])) if found else None


def how(note: dict[str, Any]) -> str:
    """Say in what way a version came about; versions that do not say it are judged by their source."""
    said, source = note.get("how"), note.get("source", "")
    if said:
        return str(said)
    if source.startswith("sweep "):
        return "save-as"
    if source.startswith("demo"):
        return "demo"
    return "connector" if "://" in source else "import" if source else "program"


def commit(
    folder: Path,
    files: Iterable[Path],
    *,
    schema: pa.Schema,
    note: dict[str, Any],
    append: bool,
    sequence: tuple[str, int] | None = None,
) -> int:
    """Make files the new version of a table, all or nothing; return the version.

    ``sequence`` is who wrote it and how far: it stands in the same commit, so that a writer which died knows
    what it had written.
    """
    present = versions(folder)
    stamp = _next_stamp(folder, present[-1]) if present else _milliseconds()
    actions = [_add_action(file, stamp + position) for position, file in enumerate(files)]
    properties = CommitProperties(
        custom_metadata={NOTE: json.dumps(note, ensure_ascii=False)},
        app_transactions=[Transaction(*sequence)] if sequence else None,
    )
    try:
        if append and present:
            DeltaTable(str(folder)).create_write_transaction(
                actions,  # type: ignore[arg-type, unused-ignore]
                "append",
                schema,
                commit_properties=properties,
                post_commithook_properties=_HOOK,
            )
        else:
            create_table_with_add_actions(
                str(folder),
                Schema.from_arrow(schema),
                actions,
                mode="overwrite" if present else "error",
                commit_properties=properties,
                post_commithook_properties=_HOOK,
            )
    except (CommitFailedError, DeltaError, OSError) as error:
        hint = "another process wrote it at the same moment: try again"
        raise Unavailable("table was not written", given=folder.name, hint=hint) from error
    version = versions(folder)[-1]
    _sync(folder / LOG)
    return version


def rewrite(
    folder: Path, old: Collection[str], new: Iterable[Path], *, schema: pa.Schema, note: dict[str, Any]
) -> int:
    """Put new files with the same rows in the place of old ones; what others append meanwhile stays.

    Raises
    ------
    Unavailable
        If the old files are no longer part of the table, or others keep writing.
    """
    stamp = _milliseconds()
    adding = [_add_action(file, stamp + position, changed=False) for position, file in enumerate(new)]
    removing = [
        RemoveAction(path=name, deletion_timestamp=stamp, data_change=False)
        for name in (Path(file).name for file in old)
    ]
    # Without retries: the log would take a removal of files that another commit has removed already.
    properties = CommitProperties(
        custom_metadata={NOTE: json.dumps(note, ensure_ascii=False)}, max_commit_retries=0
    )
    for _ in range(REWRITES):
        table = DeltaTable(str(folder))
        present = set(pa.table(table.get_add_actions(flatten=True))["path"].to_pylist())
        if not {action.path for action in removing} <= present:
            break
        try:
            table.create_write_transaction(
                [*adding, *removing],
                "append",
                schema,
                commit_properties=properties,
                post_commithook_properties=_HOOK,
            )
        except (CommitFailedError, DeltaError, OSError):
            continue
        _sync(folder / LOG)
        return versions(folder)[-1]
    raise Unavailable("table was not rewritten", given=folder.name, hint="others wrote it; nothing is lost")


def note_column(folder: Path, column: str, notes: dict[str, str], *, note: dict[str, Any]) -> int:
    """Write something down beside a column, as a version with the same files; return the version."""
    properties = CommitProperties(custom_metadata={NOTE: json.dumps(note, ensure_ascii=False)})
    try:
        DeltaTable(str(folder)).alter.set_column_metadata(
            column, notes, commit_properties=properties, post_commithook_properties=_HOOK
        )
    except (CommitFailedError, DeltaError, OSError) as error:
        hint = "another process wrote it at the same moment: try again"
        raise Unavailable("table was not written", given=folder.name, hint=hint) from error
    _sync(folder / LOG)
    return versions(folder)[-1]


def written(folder: Path, writer: str) -> int:
    """Return how far a writer came, as its last commit says; 0 when it never wrote."""
    if not is_table(folder):
        return 0
    try:
        return int(DeltaTable(str(folder)).transaction_version(writer) or 0)
    except (DeltaError, OSError, ValueError) as error:
        hint = "restore its folder from a backup"
        raise Unavailable("table cannot be read", given=folder.name, hint=hint) from error


def _milliseconds() -> int:
    return int(datetime.now(tz=UTC).timestamp() * 1000)


def _next_stamp(folder: Path, version: int) -> int:
    """Keep files in the order of their commits even when the clock was set back."""
    newest = commit_info(folder, version).get("timestamp", 0)
    return max(_milliseconds(), int(newest) + 1)


def write_parquet(data: pa.Table | pa.RecordBatchReader, folder: Path, *, schema: pa.Schema) -> Path:
    """Write rows, in order, to one sealed file."""
    folder.mkdir(parents=True, exist_ok=True)
    target = new_file(folder)
    batches = data.to_batches() if isinstance(data, pa.Table) else data
    try:
        with pq.ParquetWriter(target, schema) as writer:
            for batch in batches:
                writer.write_table(columns.conform(batch, schema))
        return seal(target)
    except OSError as error:
        raise Unavailable("table was not written", given=error.strerror or str(error)) from error
    finally:
        target.unlink(missing_ok=True)


def new_file(folder: Path) -> Path:
    """Name a file to write to before it is sealed."""
    return folder / f".writing-{uuid.uuid4().hex}"


def seal(file: Path, chunk: tuple[int, int] | None = None) -> Path:
    """Flush a written file to disk and name it by its content, and by the stretch of time it was made for."""
    with file.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()[:32]
        os.fsync(handle.fileno())
    ending = f".{chunk[0]}_{chunk[1]}.parquet" if chunk else ".parquet"
    sealed = file.with_name(f"{digest}-{uuid.uuid4().hex[:12]}{ending}")
    file.rename(sealed)
    _sync(file.parent)
    return sealed


def _sync(folder: Path) -> None:
    if os.name == "nt":  # a directory cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _add_action(file: Path, stamp: int, *, changed: bool = True) -> AddAction:
    statistics = json.dumps(_statistics(pq.read_metadata(file)))
    return AddAction(file.name, file.stat().st_size, {}, stamp, data_change=changed, stats=statistics)


def _statistics(footer: pq.FileMetaData) -> dict[str, Any]:
    """Collect rows, minima, maxima and nulls, so that readers can skip whole files."""
    result: dict[str, Any] = {
        "numRecords": footer.num_rows,
        "minValues": {},
        "maxValues": {},
        "nullCount": {},
    }
    groups = [footer.row_group(g) for g in range(footer.num_row_groups)]
    for position, field in enumerate(footer.schema.to_arrow_schema()):
        if position >= COLUMNS_WITH_STATISTICS or pa.types.is_nested(field.type) or not groups:
            break
        found = [group.column(position).statistics for group in groups]
        if all(f is not None and f.has_null_count for f in found):
            result["nullCount"][field.name] = sum(f.null_count for f in found)
        if all(f is not None and f.has_min_max for f in found):
            low, high = _plain(min(f.min for f in found)), _plain(max(f.max for f in found))
            if low is not None and high is not None:
                result["minValues"][field.name], result["maxValues"][field.name] = low, high
    return result


def _plain(value: Any) -> Any:
    """Write a bound as Delta wants it; leave out what would not be exact."""
    if isinstance(value, bool) or (isinstance(value, float) and not math.isfinite(value)):
        return None
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f") + ("Z" if value.tzinfo else "")
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= LONGEST_BOUND else None
    return value if isinstance(value, int | float) else None
