"""Rows that were read become a table's next version: instead of the old rows, after them, or merged by a key.

Every way is one new version. A change of the table's columns is told; where two units measure the same, rows
are converted into the table's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb
import pyarrow as pa

from workbench.config import Text
from workbench.errors import Invalid, Unavailable, unknown
from workbench.tables import columns, store, units, watching
from workbench.tables.catalog import TableInfo, Tables
from workbench.tables.columns import Column
from workbench.tables.relation import literal, quoted

Mode = Literal["replace", "append", "merge"]
MODES = ("replace", "append", "merge")
MEMORY = "1GB"
TRIES = 5  # another writer may come in between


@dataclass(frozen=True)
class Batch:
    """Rows in a Parquet file, with their schema."""

    file: Path
    schema: pa.Schema


_Stored = tuple[int, pa.Schema, tuple[str, ...]]


@dataclass(frozen=True)
class _Plan:
    """How the next version is written."""

    schema: pa.Schema
    query: str | None  # None: the batch's file as it is
    version: int | None  # the version that it follows
    append: bool = False  # only the new rows are written


@dataclass
class Landing:
    """One import on its way into a table."""

    tables: Tables
    name: str
    mode: Mode
    key: tuple[str, ...] = ()
    source: str = ""
    watch: Callable[[float], None] | None = None

    def land(self, batch: Batch, note: dict[str, Any], notes: list[Text]) -> TableInfo:
        """Write the next version; what has to be told is added to ``notes`` before."""
        self.tables.folder_for(self.name)
        for _ in range(TRIES):
            told = list(notes)
            if self.mode == "replace" or not self.tables.exists(self.name):
                if self.mode == "merge":
                    self._check_key(batch.schema.names)
                stored = None if not self.tables.exists(self.name) else self._stored()
                told += changes(stored[1], batch.schema) if stored else []
                schema, query = batch.schema, None
                if self.mode == "merge":
                    query = self._once(batch, told)
                plan = _Plan(schema, query, stored[0] if stored else None)
            else:
                plan = self._together(batch, self._stored(), told)
            found = self._commit(batch, plan, note | {"notes": told})
            if found is not None:
                notes[:] = told
                return found
        raise Unavailable(
            "table was not written", given=self.name, hint="others keep writing it: try again later"
        )

    def _stored(self) -> _Stored:
        _, version = self.tables.pin(self.name)
        found = self.tables.snapshot(self.name, version)
        return version, found.schema, found.files

    def _commit(self, batch: Batch, plan: _Plan, note: dict[str, Any]) -> TableInfo | None:
        """Write the file and commit it, unless somebody else was faster."""
        folder = self.tables.folder_for(self.name)
        fresh = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        target = store.new_file(folder)
        try:
            if plan.query is None:
                batch.file.replace(target)
            else:
                self._write(plan.query, target)
            sealed = store.seal(target)
            present = store.versions(folder)
            if not plan.append and (present[-1] if present else None) != plan.version:
                if plan.query is None:
                    sealed.replace(batch.file)
                else:
                    sealed.unlink()
                return None
            described = self.tables.note(self.name, source=self.source) | note
            return self.tables.commit(
                self.name, [sealed], schema=plan.schema, note=described, append=plan.append
            )
        except OSError as error:
            raise Unavailable("table was not written", given=error.strerror or str(error)) from error
        finally:
            target.unlink(missing_ok=True)
            if fresh and not store.is_table(folder):
                _remove_empty(folder, self.tables.workspace.tables)

    def _write(self, query: str, target: Path) -> None:
        with watching.connect(MEMORY) as connection:
            connection.execute(f"SET temp_directory = {literal(str(target.parent))}")
            try:
                watching.execute(
                    connection, f"COPY ({query}) TO {literal(str(target))} (FORMAT parquet)", self.watch
                )
            except duckdb.ConversionException as error:
                expected = "values of the table's types"
                raise Invalid(
                    f"table {self.name}", given=str(error).partition("\n")[0], expected=expected
                ) from error
            except duckdb.Error as error:
                raise Unavailable("table was not written", given=str(error).partition("\n")[0]) from error

    # --- append and merge ------------------------------------------------------------------------------

    def _together(self, batch: Batch, stored: _Stored, told: list[Text]) -> _Plan:
        version, old_schema, files = stored
        old, new = columns.of_schema(old_schema), columns.of_schema(batch.schema)
        fields = [_wider(field, batch.schema) for field in old_schema]
        fields += [field for field in batch.schema if field.name not in old_schema.names]
        told += _columns_changed(old, new, self.name) + _types_changed(old_schema, fields)
        cells = {column.name: _converted(column, old, self.name, told) for column in new}
        schema = pa.schema(fields)
        after = f"read_parquet({literal(str(batch.file))})"
        before = f"read_parquet([{', '.join(map(literal, files))}])" if files else f"{after} WHERE false"
        if self.mode == "merge":
            self._check_key(old_schema.names)
            self._check_key(batch.schema.names)
            return _Plan(schema, self._merged(batch, schema, old_schema, cells, before, told), version)
        second = ", ".join(_cell(field, cells.get(field.name)) for field in schema)
        rows = f"SELECT {second} FROM {after}"  # noqa: S608 - names are quoted
        if schema.names == old_schema.names and schema.types == old_schema.types:
            return _Plan(old_schema, rows, version, append=True)
        first = ", ".join(
            _cell(field, quoted(field.name) if field.name in old_schema.names else None) for field in schema
        )
        return _Plan(schema, f"SELECT {first} FROM {before} UNION ALL {rows}", version)  # noqa: S608

    def _check_key(self, names: Sequence[str]) -> None:
        if not self.key:
            raise Invalid("merge", given="no key", expected="the columns that tell rows apart")
        for column in self.key:
            if column not in names:
                raise unknown("key column", column, names)

    def _merged(
        self,
        batch: Batch,
        schema: pa.Schema,
        stored: pa.Schema,
        cells: dict[str, str],
        before: str,
        told: list[Text],
    ) -> str:
        self._refuse_double_keys(before)
        by = ", ".join(map(quoted, self.key))
        same = " AND ".join(f"o.{quoted(k)} IS NOT DISTINCT FROM n.{quoted(k)}" for k in self.key)
        renamed = ", ".join(f"{cell} AS {quoted(name)}" for name, cell in cells.items())
        new = (
            f"SELECT * FROM (SELECT {renamed}, row_number() OVER () AS __n "  # noqa: S608
            f"FROM read_parquet({literal(str(batch.file))})) "
            f"QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY __n DESC) = 1"
        )
        kept = ", ".join(_cell(f, f"o.{quoted(f.name)}" if f.name in stored.names else None) for f in schema)
        taken = ", ".join(
            _cell(f, f"n.{quoted(f.name)}" if f.name in cells else f"o.{quoted(f.name)}") for f in schema
        )
        self._tell_merge(batch, before, by, told)
        names = ", ".join(map(quoted, schema.names))
        return (
            f"WITH o AS (SELECT *, row_number() OVER () AS __o FROM {before}), n AS ({new}) "  # noqa: S608
            f"SELECT {names} FROM ("
            f"SELECT {kept}, o.__o AS __a, 0 AS __b FROM o ANTI JOIN n ON {same} UNION ALL "
            f"SELECT {taken}, o.__o AS __a, n.__n AS __b FROM n LEFT JOIN o ON {same}"
            ") ORDER BY __a NULLS LAST, __b"
        )

    def _once(self, batch: Batch, told: list[Text]) -> str:
        """Return the rows of a new table, each key once."""
        by = ", ".join(map(quoted, self.key))
        rows = f"read_parquet({literal(str(batch.file))})"
        self._tell_merge(batch, None, by, told)
        names = ", ".join(map(quoted, batch.schema.names))
        return (
            f"SELECT {names} FROM (SELECT *, row_number() OVER () AS __n FROM {rows}) "  # noqa: S608
            f"QUALIFY row_number() OVER (PARTITION BY {by} ORDER BY __n DESC) = 1 ORDER BY __n"
        )

    def _tell_merge(self, batch: Batch, before: str | None, by: str, told: list[Text]) -> None:
        rows = f"read_parquet({literal(str(batch.file))})"
        self._refuse_no_keys(rows)
        with watching.connect(MEMORY) as connection:
            keys = f"(SELECT count(*) FROM (SELECT DISTINCT {by} FROM {rows}))"  # noqa: S608
            counted = connection.execute(f"SELECT count(*), {keys} FROM {rows}").fetchall()[0]  # noqa: S608
            total, double = counted[0], counted[0] - counted[1]
            changed = 0
            if before:
                keys = f"SELECT DISTINCT {by} FROM {rows} INTERSECT SELECT {by} FROM {before}"  # noqa: S608
                changed = connection.execute(f"SELECT count(*) FROM ({keys})").fetchall()[0][0]  # noqa: S608
        added = total - double - changed
        told.append(
            {"en": f"merged by {', '.join(self.key)}: {added} rows added, {changed} rows updated",
             "zh": f"按 {'、'.join(self.key)} 合并：新增 {added} 行，更新 {changed} 行"}
        )  # fmt: skip
        if double:
            told.append(
                {"en": f"{double} rows have a key that comes again later in the file: the last one counts",
                 "zh": f"{double} 行的键在文件后面重复出现：以最后一行为准"}
            )  # fmt: skip

    def _refuse_no_keys(self, rows: str) -> None:
        """Refuse rows without a key: they would overwrite each other."""
        empty = " AND ".join(f"{quoted(column)} IS NULL" for column in self.key)
        with watching.connect(MEMORY) as connection:
            found = connection.execute(f"SELECT count(*) FROM {rows} WHERE {empty}").fetchall()[0][0]  # noqa: S608
        if found:
            raise Invalid(
                f"merge into {self.name} by {', '.join(self.key)}",
                given=f"{found} rows of the file without a value there",
                expected="a key in every row",
                hint="fill it in, leave the rows out, or append",
            )

    def _refuse_double_keys(self, before: str) -> None:
        by = ", ".join(map(quoted, self.key))
        query = f"SELECT count(*) FROM (SELECT 1 FROM {before} GROUP BY {by} HAVING count(*) > 1)"  # noqa: S608
        with watching.connect(MEMORY) as connection:
            double = connection.execute(query).fetchall()[0][0]
        if double:
            raise Invalid(
                f"merge into {self.name} by {', '.join(self.key)}",
                given=f"{double} keys that stand on several rows of the table",
                expected="a key that tells rows apart",
                hint="name more columns, or append",
            )


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _wider(field: pa.Field, new: pa.Schema) -> pa.Field:
    """Let whole numbers become numbers where the file has fractions, and days times where it has clocks."""
    arrow = new.field(field.name).type if field.name in new.names else field.type
    fractions = pa.types.is_integer(field.type) and pa.types.is_floating(arrow)
    clocks = pa.types.is_date(field.type) and pa.types.is_timestamp(arrow)
    return field.with_type(arrow) if fractions or clocks else field


def _cell(field: pa.Field, expression: str | None) -> str:
    return f"CAST({expression or 'NULL'} AS {sql_type(field.type)}) AS {quoted(field.name)}"


def sql_type(arrow: pa.DataType) -> str:
    """Name DuckDB's type for a storable one."""
    if pa.types.is_timestamp(arrow):
        return "TIMESTAMPTZ" if arrow.tz else "TIMESTAMP"
    names = {pa.int64(): "BIGINT", pa.float64(): "DOUBLE", pa.float32(): "FLOAT", pa.bool_(): "BOOLEAN",
             pa.date32(): "DATE", pa.binary(): "BLOB"}  # fmt: skip
    return names.get(arrow, "VARCHAR")


def _converted(column: Column, old: tuple[Column, ...], table: str, told: list[Text]) -> str:
    """Bring a column into the unit that the table has."""
    cell = quoted(column.name)
    stored = next((each for each in old if each.name == column.name), None)
    if stored is None or not stored.unit or not column.unit or stored.unit == column.unit:
        return cell
    try:
        scale, shift = units.conversion(column.unit, stored.unit)
    except Invalid as error:
        hint = f"table {table} has it in {stored.unit}: correct the unit, or rename the column"
        raise Invalid(
            f"unit of {column.name}",
            given=column.unit,
            expected=f"one that converts to {stored.unit}",
            hint=hint,
        ) from error
    if (scale, shift) == (1.0, 0.0):
        return cell
    told.append(
        {"en": f"{column.name} converted from {column.unit} to the table's {stored.unit}",
         "zh": f"{column.name} 已由 {column.unit} 换算为表中的 {stored.unit}"}
    )  # fmt: skip
    return f"({cell} * {scale!r} + {shift!r})"


def _columns_changed(old: tuple[Column, ...], new: tuple[Column, ...], table: str) -> list[Text]:
    had, has = [c.name for c in old], [c.name for c in new]
    added, missing = [n for n in has if n not in had], [n for n in had if n not in has]
    notes: list[Text] = []
    if len(added) == len(has):
        given = f"columns {', '.join(has[:8])}"
        hint = f"it has {', '.join(had[:12])}; import the file as a new table, or rename its columns"
        raise Invalid(f"rows for {table}", given=given, expected="columns of the table", hint=hint)
    if added:
        names = ", ".join(added)
        notes.append(
            {
                "en": f"new columns: {names}; earlier rows are empty there",
                "zh": f"新增列：{names}；先前的行为空",
            }
        )
    if missing:
        names = ", ".join(missing)
        notes.append(
            {"en": f"columns not in the file: {names}; left empty", "zh": f"文件中没有列：{names}；留空"}
        )
    return notes


def _types_changed(stored: pa.Schema, fields: list[pa.Field]) -> list[Text]:
    changed = [f.name for f in fields if f.name in stored.names and stored.field(f.name).type != f.type]
    names = ", ".join(changed)
    return (
        [{"en": f"columns of a wider type now: {names}", "zh": f"类型已放宽的列：{names}"}] if changed else []
    )


def changes(stored: pa.Schema, schema: pa.Schema) -> list[Text]:
    """Say how a table's columns change when it is replaced."""
    old, new = columns.of_schema(stored), columns.of_schema(schema)
    known = {each.name: each for each in old}
    added = [each.name for each in new if each.name not in known]
    gone = [name for name in known if name not in schema.names]
    kinds = [
        f"{each.name} ({known[each.name].type} → {each.type})"
        for each in new
        if each.name in known and known[each.name].type != each.type
    ]
    notes: list[Text] = []
    for en, zh, names in (
        ("new columns", "新增列", added),
        ("columns gone", "消失的列", gone),
        ("types changed", "类型变化", kinds),
    ):  # fmt: skip
        if names:
            listed = ", ".join(names[:12]) + (" …" if len(names) > 12 else "")
            notes.append({"en": f"{en}: {listed}", "zh": f"{zh}：{listed}"})
    return notes
