"""How long a table keeps what it had: old versions and old rows go when someone says so, after a preview.

Decides what would go, and takes it away. A version stays while it is the newest, younger than the limit, or
held by a run that waits or goes. Rows older than the limit go by a new version without them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from workbench.errors import Invalid, Unavailable
from workbench.tables import beside, relation, rollup, store
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.columns import TIMESTAMP

HOW = "retention"
BATCH = 100_000


@dataclass(frozen=True)
class Plan:
    """What keeping only the last days would take away; nothing has been touched."""

    table: str
    days: int
    before: datetime
    versions: tuple[int, ...]  # would go
    kept: int  # the oldest version that stays
    files: tuple[str, ...]  # only those versions have them
    bytes: int
    held: tuple[int, ...]  # would go, but runs that wait or go read them
    time_column: str | None = None  # whose rows would go, when asked for
    rows: int = 0
    newest_rows: int = 0

    @property
    def nothing(self) -> bool:
        """Whether all may stay."""
        return not self.versions and not self.rows


def plan(
    tables: Tables, name: str, *, days: int, time_column: str | None = None, held: Collection[int] = ()
) -> Plan:
    """Say what would go of a table if it kept the last ``days`` days."""
    if days < 1:
        raise Invalid("days to keep", given=days, expected="1 or more")
    name, newest = tables.pin(name)
    before = datetime.now(UTC) - timedelta(days=days)
    present = tables.versions(name)
    old = [each.version for each in present if each.created < before and each.version != newest]
    # A log is cut at its old end, so whatever stays keeps all that came after it.
    stays = min([each.version for each in present if each.version not in old or each.version in held])
    gone = tuple(version for version in old if version < stays)
    kept_files = {f for each in present if each.version >= stays for f in tables.files(name, each.version)}
    files = sorted({f for version in gone for f in tables.files(name, version)} - kept_files)
    rows = _old_rows(tables, name, time_column, before) if time_column else 0
    return Plan(
        table=name,
        days=days,
        before=before,
        versions=gone,
        kept=stays,
        files=tuple(files),
        bytes=sum(Path(file).stat().st_size for file in files if Path(file).is_file()),
        held=tuple(version for version in old if version in held),
        time_column=time_column,
        rows=rows,
        newest_rows=tables.get(name).rows,
    )


def _condition(tables: Tables, name: str, column: str, before: datetime) -> str:
    found = tables.get(name).column(column)
    if found.type != TIMESTAMP:
        raise Invalid(f"column {column!r} of {name}", given=found.type, expected="a column of times")
    moment = relation.literal(before.replace(tzinfo=None).isoformat(sep=" "))
    return f"CAST({relation.quoted(column)} AS TIMESTAMP) < CAST({moment} AS TIMESTAMP)"


def _old_rows(tables: Tables, name: str, column: str, before: datetime) -> int:
    condition, files = _condition(tables, name, column, before), tables.files(name)
    if not files:
        return 0
    with relation.locked(files) as connection:
        return relation.count(connection, files, condition)


def prune(tables: Tables, wanted: Plan) -> TableInfo:
    """Take away what a plan names, rows first; return the newest version."""
    name = wanted.table
    if wanted.rows and wanted.time_column:
        _without_old_rows(tables, wanted, column=wanted.time_column)
    if wanted.versions:
        _cut(tables.home(name), wanted)
    return tables.get(name)


def _without_old_rows(tables: Tables, wanted: Plan, *, column: str) -> None:
    name = wanted.table
    found = tables.snapshot(*tables.pin(name))
    condition = _condition(tables, name, column, wanted.before)
    with relation.locked(found.files) as connection:
        source = relation.rows(found.files, f"({condition}) IS NOT TRUE")
        reader = connection.execute(f"SELECT * FROM {source}").to_arrow_reader(BATCH)  # noqa: S608 - quoted
        file = store.write_parquet(reader, tables.home(name), schema=found.schema)
    note = {**found.note, **tables.signed(HOW), "pruned_rows": wanted.rows}
    tables.commit(name, [file], schema=found.schema, note=note, append=False)


def _cut(folder: Path, wanted: Plan) -> None:
    """Begin the log at the oldest version that stays; then delete what nothing names any more."""
    try:
        DeltaTable(str(folder), version=wanted.kept).create_checkpoint()
    except (DeltaError, OSError) as error:
        raise Unavailable("table was not pruned", given=wanted.table, hint="nothing is lost") from error
    log = folder / store.LOG
    for entry in sorted(log.iterdir(), reverse=True):  # newest first: what is left over stays readable
        stem = entry.name.partition(".")[0]
        if stem.isdigit() and int(stem) < wanted.kept:
            entry.unlink(missing_ok=True)
    for file in wanted.files:
        Path(file).unlink(missing_ok=True)
    rollup.forget(wanted.files)
    beside.forget(folder, wanted.versions)
