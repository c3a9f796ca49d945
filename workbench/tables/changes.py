"""What changed in the data: two versions of a table beside each other, rows, columns and statistics.

Files that both versions have hold the same rows, so an append is compared in no time. Rows are told apart by
a key, where a column or two identify every row; without one a changed row is one removed and one added. What
is too large to compare row by row says so and still gets its statistics.
"""

from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
from pydantic import BaseModel, Field

from workbench.errors import NotFound
from workbench.tables import columns, relation
from workbench.tables.columns import TIMESTAMP, Column
from workbench.tables.profile import FIELDS, measures

MOST_ROWS = 2_000_000  # of both versions together, compared row by row
MOST_KEY_COLUMNS = 8  # the first so many are tried as a key, alone and in pairs
EXAMPLES = 5
MEMORY = "1GB"
SHOWN = ("count", "missing", "min", "max", "mean", "std")


class Statistic(BaseModel):
    """One measure of one column that differs."""

    column: str
    measure: str
    before: Any
    after: Any


class Change(BaseModel):
    """One value of one row that differs."""

    key: dict[str, Any]
    column: str
    before: Any
    after: Any


class Changes(BaseModel):
    """What is different between two versions; the counts of rows are None where they were not compared."""

    rows: tuple[int, int]
    added_columns: list[str] = Field(default_factory=list)
    removed_columns: list[str] = Field(default_factory=list)
    retyped_columns: dict[str, tuple[str, str]] = Field(default_factory=dict)
    key: list[str] = Field(default_factory=list)
    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    changed_cells: dict[str, int] = Field(default_factory=dict)  # column → values that differ
    examples: list[Change] = Field(default_factory=list)
    statistics: list[Statistic] = Field(default_factory=list)
    too_large: bool = False

    @property
    def nothing(self) -> bool:
        """Whether both hold the same."""
        told = (self.added, self.removed, self.changed or 0)
        columns_differ = self.added_columns or self.removed_columns or self.retyped_columns
        return told == (0, 0, 0) and not columns_differ


def changes(
    before: Sequence[str], after: Sequence[str], *, most_rows: int = MOST_ROWS, key: Sequence[str] = ()
) -> Changes:
    """Compare the rows of two lists of Parquet files; ``key`` is what their owner says tells rows apart.

    Raises
    ------
    NotFound
        If a file is no longer there.
    """
    gone = [file for file in (*before, *after) if not Path(file).is_file()]
    if gone:
        raise NotFound("the rows of an earlier version are no longer there", given=Path(gone[0]).name)
    rows = tuple(sum(pq.read_metadata(file).num_rows for file in files) for files in (before, after))
    schemas = [columns.of_schema(pq.read_schema(files[0])) if files else () for files in (before, after)]
    old, new = ({column.name: column for column in schema} for schema in schemas)
    shared = [column for name, column in old.items() if name in new and new[name].type == column.type]
    found = Changes(
        rows=rows,
        added_columns=[name for name in new if name not in old],
        removed_columns=[name for name in old if name not in new],
        retyped_columns={
            name: (_kind(old[name]), _kind(new[name]))
            for name in old
            if name in new and _kind(old[name]) != _kind(new[name])
        },
    )
    with relation.locked([*before, *after], memory=MEMORY) as connection:
        found.statistics = _statistics(connection, before, after, shared)
        only = [file for file in before if file not in after], [file for file in after if file not in before]
        if sum(pq.read_metadata(file).num_rows for files in only for file in files) > most_rows:
            return found.model_copy(update={"too_large": True})
        _compare_rows(connection, *only, shared=shared, found=found, known=key)
    return found


def _kind(column: Column) -> str:
    return f"{column.type} {column.unit or ''}".strip()


def _statistics(
    connection: duckdb.DuckDBPyConnection,
    before: Sequence[str],
    after: Sequence[str],
    shared: Sequence[Column],
) -> list[Statistic]:
    """Profile both versions and keep what differs."""
    if not shared or not before or not after:
        return []
    terms = [dict(zip(FIELDS, measures(column), strict=True)) for column in shared]
    wanted = ", ".join(each[measure] for each in terms for measure in SHOWN)
    first, second = (
        connection.execute(f"SELECT {wanted} FROM {_rows(files)}").fetchall()[0]  # noqa: S608 - names are quoted
        for files in (before, after)
    )
    names = [(column.name, measure) for column in shared for measure in SHOWN]
    return [
        Statistic(column=column, measure=measure, before=one, after=two)
        for (column, measure), one, two in zip(names, first, second, strict=True)
        if one != two and not _only_rounded(one, two)
    ]


def _only_rounded(one: Any, two: Any) -> bool:
    """Whether two sums differ only by the order in which they were added up."""
    numbers = isinstance(one, float) and isinstance(two, float)
    return numbers and abs(one - two) <= 1e-12 * max(abs(one), abs(two))


def _compare_rows(
    connection: duckdb.DuckDBPyConnection,
    before: Sequence[str],
    after: Sequence[str],
    *,
    shared: Sequence[Column],
    found: Changes,
    known: Sequence[str],
) -> None:
    if not before or not after or not shared:
        counts = [sum(pq.read_metadata(file).num_rows for file in files) for files in (before, after)]
        found.removed, found.added = counts
        found.changed = 0 if not (before and after) else None
        return
    names = ", ".join(relation.quoted(column.name) for column in shared)
    for view, files in (("old", before), ("new", after)):
        connection.execute(f"CREATE VIEW {view} AS SELECT {names} FROM {_rows(files)}")  # noqa: S608 - quoted
    found.key = _key(connection, shared, known)
    if found.key:
        _by_key(connection, [column.name for column in shared], found)
    else:
        found.removed = _count(connection, "(SELECT * FROM old EXCEPT ALL SELECT * FROM new)")
        found.added = _count(connection, "(SELECT * FROM new EXCEPT ALL SELECT * FROM old)")


def _rows(files: Sequence[str]) -> str:
    return f"read_parquet({relation.listed(files)}, union_by_name = true)"


def _count(connection: duckdb.DuckDBPyConnection, source: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {source}").fetchall()[0][0])  # noqa: S608 - ours


def _key(connection: duckdb.DuckDBPyConnection, shared: Sequence[Column], known: Sequence[str]) -> list[str]:
    """Find the fewest columns that tell every row of both versions apart; measured values are no names."""
    named = [c.name for c in shared if c.type in ("integer", "text", TIMESTAMP)][:MOST_KEY_COLUMNS]
    told_keys = [tuple(known)] if known and set(known) <= {column.name for column in shared} else []
    for names in [*told_keys, *((name,) for name in named), *combinations(named, 2)]:
        listed = ", ".join(map(relation.quoted, names))
        whole = " AND ".join(f"{relation.quoted(name)} IS NOT NULL" for name in names)
        told = f"count(*) = count(DISTINCT ({listed})) AND count(*) = count(*) FILTER ({whole})"
        query = f"SELECT (SELECT {told} FROM old) AND (SELECT {told} FROM new)"  # noqa: S608 - names are quoted
        if connection.execute(query).fetchall()[0][0]:
            return list(names)
    return []


def _by_key(connection: duckdb.DuckDBPyConnection, names: Sequence[str], found: Changes) -> None:
    key = ", ".join(map(relation.quoted, found.key))
    both = f"old JOIN new USING ({key})"
    values = [name for name in names if name not in found.key]
    differs = {
        name: f"old.{relation.quoted(name)} IS DISTINCT FROM new.{relation.quoted(name)}" for name in values
    }
    any_differs = " OR ".join(differs.values()) or "false"
    found.removed = _count(connection, f"old ANTI JOIN new USING ({key})")
    found.added = _count(connection, f"new ANTI JOIN old USING ({key})")
    found.changed = _count(connection, f"{both} WHERE {any_differs}")
    if not found.changed:
        return
    counted = ", ".join(f"count(*) FILTER ({condition})" for condition in differs.values())
    cells = connection.execute(f"SELECT {counted} FROM {both}").fetchall()[0]  # noqa: S608 - quoted
    found.changed_cells = {name: count for name, count in zip(differs, cells, strict=True) if count}
    for name, condition in differs.items():
        column = relation.quoted(name)
        query = f"SELECT {key}, old.{column}, new.{column} FROM {both} WHERE {condition} LIMIT {EXAMPLES}"  # noqa: S608
        for *keys, old, new in connection.execute(query).fetchall():
            told = dict(zip(found.key, map(_plain, keys), strict=True))
            found.examples.append(Change(key=told, column=name, before=_plain(old), after=_plain(new)))
        if len(found.examples) >= EXAMPLES:
            break
    found.examples = found.examples[:EXAMPLES]


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)
