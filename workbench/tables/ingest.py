"""Bring files into the workspace: read as found, as corrected, or as last time; all of a file or nothing.

One engine for the page, the command line and the REST interface. Decides nothing about how a file is read
(``files``) or how rows become a version (``landing``).
"""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.config import Text
from workbench.errors import Invalid, Unavailable
from workbench.tables import archives, columns, files, landing, remember, reshape
from workbench.tables.catalog import REJECTED, TableInfo, Tables
from workbench.tables.files import Staged, Watch
from workbench.tables.landing import Batch, Landing, Mode
from workbench.tables.recipe import FREE, Recipe, fingerprint
from workbench.tables.remember import Remembered
from workbench.tables.report import Import, Report


@dataclass(frozen=True)
class Wish:
    """Where a file goes, and how it is read; what is left open is found out."""

    name: str | None = None
    mode: Mode = "replace"
    key: tuple[str, ...] = ()
    recipe: Recipe | None = None  # None: as last time, or as found

    def __post_init__(self) -> None:
        """Refuse what is not a way to import."""
        if self.mode not in landing.MODES:
            raise Invalid("mode", given=repr(self.mode), expected="replace, append or merge")
        if self.mode == "merge" and not self.key:
            raise Invalid("merge", given="no key", expected="the columns that tell rows apart")


@dataclass(frozen=True)
class Added:
    """A table that an import wrote, and what was understood of its file."""

    table: TableInfo
    report: Report


@dataclass(frozen=True)
class Look:
    """A file as it would be read, before anything is written."""

    found: Import
    recipe: Recipe  # with which it was read
    source: Remembered | None = None
    differences: list[Text] = field(default_factory=list)


def add_file(
    tables: Tables,
    path: Path | str,
    *,
    name: str | None = None,
    mode: Mode = "replace",
    key: tuple[str, ...] = (),
    recipe: Recipe | None = None,
) -> TableInfo:
    """Import a file of one table as a new version, named after the file unless told otherwise."""
    added = add(tables, Path(path), Wish(name, mode, key, recipe))
    if len(added) > 1:
        return max((each.table for each in added), key=lambda table: table.rows)
    return added[0].table


def add(tables: Tables, path: Path, wish: Wish = Wish(), *, watch: Watch | None = None) -> list[Added]:
    """Import a file; an archive becomes one table of files that are alike, else one each."""
    if files.kind_of(path) != "archive":
        return [_added(tables, [path], wish, watch)]
    with scratch(tables) as folder:
        members, notes = archives.unpack(path, folder, readable=files.is_readable_name)
        if len(members) == 1:
            single = replace(wish, name=wish.name or files.table_name(members[0]))
            return [_added(tables, members, single, watch, notes)]
        if alike(members, wish.recipe or FREE):
            stacked = replace(wish, name=wish.name or files.table_name(path))
            return [_added(tables, members, stacked, watch, notes)]
        return _each(tables, members, wish, watch, notes)


def add_together(tables: Tables, paths: list[Path], wish: Wish, *, watch: Watch | None = None) -> Added:
    """Import several files of the same columns as one table and one version."""
    if not alike(paths, wish.recipe or FREE):
        names = ", ".join(path.name for path in paths[:4])
        hint = "import them one by one"
        raise Invalid("files for one table", given=names, expected="files with the same columns", hint=hint)
    return _added(tables, paths, replace(wish, name=wish.name or files.table_name(paths[0])), watch)


def _each(
    tables: Tables, members: list[Path], wish: Wish, watch: Watch | None, notes: list[Text]
) -> list[Added]:
    """Import files of different kinds as a table each; read all before the first is written."""
    names = [files.table_name(member) for member in members]
    names = [f"{wish.name}_{name}" if wish.name else name for name in names]
    doubled = {name for name in names if names.count(name) > 1}
    names = [f"{name}_{i}" if name in doubled else name for i, name in enumerate(names, start=1)]
    for member in members:
        look(tables, member, wish.recipe)
    done = []
    for i, (member, name) in enumerate(zip(members, names, strict=True)):
        part = None if watch is None else _part(watch, i, len(members))
        done.append(_added(tables, [member], replace(wish, name=name), part, notes if i == 0 else []))
    return done


def alike(paths: list[Path], recipe: Recipe = FREE) -> bool:
    """Whether files have the same columns, in whatever order."""
    layouts = {fingerprint(c.header for c in files.preview(path, recipe).report.columns) for path in paths}
    return len(layouts) == 1


def look(
    tables: Tables,
    path: Path,
    recipe: Recipe | None = None,
    *,
    name: str | None = None,
    mode: Mode = "replace",
) -> Look:
    """Read the beginning of a file as it would be imported: as asked, as last time, or as found."""
    found = files.preview(path, recipe or FREE)
    source: Remembered | None = None
    differences: list[Text] = []
    used = recipe or FREE
    if recipe is None:
        known = name if name is not None and tables.exists(name) else None
        headers = [c.header for c in found.report.columns]
        source = remember.find(tables.workspace, path.name, headers, table=known)
        if source is not None:
            used, differences = remember.replayed(source, found.report)
            found = files.preview(path, used)
            used, more = remember.relaxed(used, found.report)
            differences += more
            found = files.preview(path, used) if more else found
    if mode != "replace" and name is not None and tables.exists(name) and not _reshapes(used):
        stored = tables.get(name)
        used = remember.fitted(used, found.report, stored.columns)
        found = files.preview(path, used)
        _refuse_misfits(found.report, name)
    found.report.differences = differences
    return Look(found, used, source, differences)


def _reshapes(recipe: Recipe) -> bool:
    """Whether the columns of the table are not those of the file."""
    return recipe.unpivot is not None or recipe.pivot is not None


def _refuse_misfits(report: Report, name: str) -> None:
    """Refuse rows of which a column is of another type than the table's, in one sentence."""
    for column in report.columns:
        full = max(1, report.rows - column.missing + column.rejected)
        if column.rejected > full / 2:
            sample = next(iter(column.samples), "")
            hint = "correct its type, or import the file as a new table"
            raise Invalid(
                f"column {column.name} for table {name}",
                given=repr(sample),
                expected=f"{column.type}, as the table has it",
                hint=hint,
            )


def _added(
    tables: Tables, paths: list[Path], wish: Wish, watch: Watch | None, notes: list[Text] | None = None
) -> Added:
    name = wish.name or files.table_name(paths[0])
    tables.folder_for(name)
    with scratch(tables) as folder:
        looked = look(tables, paths[0], wish.recipe, name=name, mode=wish.mode)
        staged = _staged(
            paths, folder, looked.recipe, None if watch is None else _part(watch, 0, 1, most=0.8)
        )
        report = staged.report
        report.differences = looked.differences
        if wish.mode != "replace" and tables.exists(name) and not _reshapes(looked.recipe):
            _refuse_misfits(report, name)
        batch, shaped = _shaped(folder, report, looked.recipe)
        told = [*(notes or []), *report.notes, *looked.differences, *shaped]
        flight = Landing(
            tables,
            name,
            wish.mode,
            wish.key,
            source=_source(paths),
            watch=None if watch is None else _part(watch, 4, 5),
        )
        if staged.rejected is not None or tables.exists(name + REJECTED):
            _keep_rejected(tables, name, staged, wish.mode, _source(paths))
        table = flight.land(batch, {"rejected": report.rejected_count}, told)
        report.notes = told
    if watch is not None:
        watch(1.0)
    remember.remember(
        tables.workspace,
        Remembered(
            remember.pattern_of(paths[0].name), report.lasting(looked.recipe),
            {c.header: c.type for c in report.columns}, name, wish.mode, wish.key, paths[0].name,
        ),
    )  # fmt: skip
    return Added(table, report)


def _source(paths: list[Path]) -> str:
    return paths[0].name if len(paths) == 1 else f"{paths[0].name} +{len(paths) - 1}"


def _staged(paths: list[Path], folder: Path, recipe: Recipe, watch: Watch | None) -> Staged:
    """Write all files as one Parquet file; several get a column that says which row is of which file."""
    if len(paths) == 1:
        return files.stage(paths[0], folder / "rows", recipe, watch=watch)
    parts = []
    for i, path in enumerate(paths):
        target = folder / f"rows{i}"
        part = None if watch is None else _part(watch, i, len(paths))
        parts.append((path.name, target, files.stage(path, target, recipe, watch=part)))
    return _stacked(parts, folder / "rows")


def _stacked(parts: list[tuple[str, Path, Staged]], target: Path) -> Staged:
    first = pq.read_schema(parts[0][1])
    schemas = [pq.read_schema(file) for _, file, _ in parts]
    label = "file" if "file" not in first.names else "source_file"
    fields = []
    for each in first:
        found = [schema.field(each.name).type for schema in schemas]
        fields.append(each if len(set(found)) == 1 else each.with_type(_common(each.name, found)))
    schema = pa.schema([*fields, pa.field(label, pa.string())])
    with pq.ParquetWriter(target, schema) as writer:
        for name, file, _ in parts:
            for batch in pq.ParquetFile(file).iter_batches():
                arrays = [pa.array(batch.column(f.name)).cast(f.type) for f in fields]
                arrays.append(pa.array([name] * batch.num_rows, pa.string()))
                writer.write_table(
                    pa.Table.from_arrays([pa.chunked_array([a]) for a in arrays], schema=schema)
                )
            file.unlink()
    return _summed(parts, label)


def _common(name: str, found: list[pa.DataType]) -> pa.DataType:
    if all(pa.types.is_integer(arrow) or pa.types.is_floating(arrow) for arrow in found):
        return pa.float64()
    if len({str(arrow) for arrow in found}) > 1 and any(pa.types.is_string(arrow) for arrow in found):
        return pa.string()
    raise Invalid(f"column {name}", given="of another type in each file", expected="files that are alike")


def _summed(parts: list[tuple[str, Path, Staged]], label: str) -> Staged:
    report = parts[0][2].report
    n = len(parts)
    for _, _, staged in parts[1:]:
        report.rows += staged.report.rows
        report.rejected_count += staged.report.rejected_count
        report.notes += [note for note in staged.report.notes if note not in report.notes]
    report.notes.append(
        {
            "en": f"{n} files stacked; column {label} says which",
            "zh": f"已合并 {n} 个文件；列 {label} 标明来源",
        }
    )
    rejected = [staged.rejected for _, _, staged in parts if staged.rejected is not None]
    return Staged(report, pa.concat_tables(rejected) if rejected else None)


def _shaped(folder: Path, report: Report, recipe: Recipe) -> tuple[Batch, list[Text]]:
    rows = folder / "rows"
    if recipe.unpivot is None and recipe.pivot is None:
        return Batch(rows, columns.storable_schema(pq.read_schema(rows), units=report.units)), []
    schema, notes = reshape.reshape(rows, folder / "shaped", recipe)
    return Batch(folder / "shaped", schema), notes


def _keep_rejected(tables: Tables, name: str, staged: Staged, mode: Mode, source: str) -> None:
    """Keep what could not be read; after an append also what could not be read before."""
    lost = staged.rejected if staged.rejected is not None else files.no_rejects()
    tables.add(name + REJECTED, lost, source=source, mode="replace" if mode == "replace" else "append")


def _part(watch: Watch, i: int, n: int, *, most: float = 1.0) -> Watch:
    return lambda share: watch((i + share) / n * most)


@contextmanager
def scratch(tables: Tables) -> Iterator[Path]:
    """Return a folder on the workspace's own disk that is gone afterwards, whatever happens."""
    try:
        tables.workspace.uploads.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="import-", dir=tables.workspace.uploads))
    except OSError as error:
        raise Unavailable("workspace", given=error.strerror, hint="make room on its disk") from error
    try:
        yield folder
    except OSError as error:
        full = error.errno == errno.ENOSPC or f"errno {errno.ENOSPC}]" in str(error)  # Arrow only writes it
        given = "a full disk" if full else error.strerror or str(error)
        raise Unavailable("import", given=given, hint="make room on the disk") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)
