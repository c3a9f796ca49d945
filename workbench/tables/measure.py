"""Counts what the indicators of quality need, indicator by indicator, in DuckDB.

Each is counted by itself and in bounded time: what takes too long or cannot be counted is not assessed and
says why. Judges nothing; see ``governance.quality``.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import duckdb

from workbench.errors import WorkbenchError
from workbench.governance.metadata import unassessed
from workbench.governance.quality import Count, Part, Unassessed
from workbench.governance.rules import Rules
from workbench.tables import relation
from workbench.tables.browse import plain
from workbench.tables.catalog import TableInfo
from workbench.tables.columns import NUMERIC, TEXT, Column
from workbench.tables.conditions import condition
from workbench.tables.interrupt import limited

SECONDS = 40.0  # for one indicator
EXAMPLES = 3
AT_ONCE = 200  # columns of one query
Answer = Count | Unassessed


@dataclass
class Subject:
    """One version of a table, opened to be counted."""

    connection: duckdb.DuckDBPyConnection
    info: TableInfo
    rules: Rules
    files: tuple[str, ...]
    retention_days: int | None = None
    today: date = field(default_factory=date.today)

    @property
    def rows(self) -> str:
        """What to select from."""
        return f"read_parquet({relation.listed(self.files)})"

    def one(self, wanted: str, source: str = "") -> tuple[Any, ...]:
        """Run a query that has one row."""
        found = self.connection.execute(f"SELECT {wanted} FROM {source or self.rows}").fetchall()[0]
        return tuple(found)

    def examples(self, where: str) -> tuple[dict[str, Any], ...]:
        """Return some rows that meet a condition."""
        query = f"SELECT * FROM {self.rows} WHERE {where} LIMIT {EXAMPLES}"
        names = [column.name for column in self.info.columns]
        rows = self.connection.execute(query).fetchall()
        return tuple(dict(zip(names, map(plain, row), strict=False)) for row in rows)

    def column(self, name: str) -> Column:
        """Return a column that a rule names."""
        return self.info.column(name)


def counted(
    subject: Subject, measures: Iterable[tuple[str, Callable[[Subject], Answer]]]
) -> dict[str, Answer]:
    """Count each measure in its own time; one that fails says why and stops no other."""
    found: dict[str, Answer] = {}
    for code, measure in measures:
        if not subject.info.rows:
            found[code] = unassessed("the table has no rows", "数据表没有行")
            continue
        try:
            with limited(subject.connection, SECONDS, subject.info.name):
                found[code] = measure(subject)
        except WorkbenchError as error:
            found[code] = unassessed(str(error), f"无法统计（{error}）")
        except duckdb.Error as error:
            told = str(error).partition("\n")[0]
            found[code] = unassessed(f"it cannot be counted: {told}", f"无法统计（{told}）")
    return found


def present(column: Column) -> str:
    """Write the condition that a cell has a value: neither null, nor not-a-number, nor blank."""
    name = relation.quoted(column.name)
    if column.type in NUMERIC:
        return f"({name} IS NOT NULL AND NOT isnan(CAST({name} AS DOUBLE)))"
    if column.type == TEXT:
        return f"({name} IS NOT NULL AND trim({name}) <> '')"
    return f"({name} IS NOT NULL)"


def complete(subject: Subject) -> Answer:
    """0201: cells with a value, of the required columns."""
    wanted = subject.rules.required or [column.name for column in subject.info.columns]
    columns = [subject.column(name) for name in wanted]
    counts: list[int] = []
    for start in range(0, len(columns), AT_ONCE):
        part = columns[start : start + AT_ONCE]
        counts += subject.one(", ".join(f"count(*) FILTER ({present(column)})" for column in part))
    rows = subject.info.rows
    parts = tuple(Part(column.name, n, rows) for column, n in zip(columns, counts, strict=True))
    missing = [column for column, n in zip(columns, counts, strict=True) if n < rows]
    bad = " OR ".join(f"NOT {present(column)}" for column in missing[:AT_ONCE])
    return Count(sum(counts), rows * len(columns), parts, subject.examples(bad) if bad else ())


def well_formed(subject: Subject) -> Answer:
    """0302: values in range and format, and the cells an import could not read."""
    rules, terms = subject.rules, {}
    for name in dict.fromkeys([*rules.ranges, *rules.formats]):
        fits = [_in_range(subject, name)] if name in rules.ranges else []
        if name in rules.formats:
            pattern = relation.literal(rules.formats[name])
            fits.append(f"regexp_full_match(CAST({relation.quoted(name)} AS VARCHAR), {pattern})")
        terms[name] = " AND ".join(fits)
    rejected = subject.info.rejected
    if not terms and not rejected:
        return unassessed("no ranges or formats are declared", "未声明范围或格式")
    if not terms:
        filled = complete(subject)
        met = sum(n.met for n in filled.parts) if isinstance(filled, Count) else 0
        return Count(met, met + rejected, (Part("rejected by the import", 0, rejected),))
    parts, bad = _filtered(subject, terms)
    if rejected:
        parts.append(Part("rejected by the import", 0, rejected))
    return _count(parts, subject.examples(bad))


def _in_range(subject: Subject, name: str) -> str:
    limits, value = (
        subject.rules.ranges[name],
        f"CAST({relation.quoted(subject.column(name).name)} AS DOUBLE)",
    )
    low = f"{value} >= {limits.low!r}" if limits.low is not None else "true"
    high = f"{value} <= {limits.high!r}" if limits.high is not None else "true"
    return f"({low} AND {high})"


def _filtered(subject: Subject, terms: dict[str, str]) -> tuple[list[Part], str]:
    """Count the values of some columns that meet a term each; also say which rows do not."""
    columns = {name: present(subject.column(name)) for name in terms}
    wanted = [f"count(*) FILTER ({columns[name]} AND {term})" for name, term in terms.items()]
    wanted += [f"count(*) FILTER ({filled})" for filled in columns.values()]
    counts = subject.one(", ".join(wanted))
    met, of = counts[: len(terms)], counts[len(terms) :]
    parts = [Part(name, a, b) for name, a, b in zip(terms, met, of, strict=True)]
    bad = " OR ".join(f"({columns[name]} AND NOT ({term}))" for name, term in terms.items())
    return parts, bad


def _count(parts: list[Part], examples: tuple[dict[str, Any], ...] = ()) -> Count:
    return Count(sum(part.met for part in parts), sum(part.of for part in parts), tuple(parts), examples)


def allowed(subject: Subject) -> Answer:
    """0105: values that are among the allowed ones."""
    if not subject.rules.allowed:
        return unassessed("no lists of allowed values are declared", "未声明允许值清单")
    terms = {
        name: f"list_contains({relation.listed(values)}, CAST({relation.quoted(name)} AS VARCHAR))"
        for name, values in subject.rules.allowed.items()
    }
    parts, bad = _filtered(subject, terms)
    return _count(parts, subject.examples(bad))


def business(subject: Subject) -> Answer:
    """0104: rows for which the declared rules are true."""
    if not subject.rules.conditions:
        return unassessed("no business rules are declared", "未声明业务规则")
    names = [column.name for column in subject.info.columns]
    terms = {text: condition(text, names) for text in subject.rules.conditions}
    wanted = [f"count(*) FILTER ({term}), count({term})" for term in terms.values()]
    counts = subject.one(", ".join(wanted))
    parts = [Part(text, counts[2 * i], counts[2 * i + 1]) for i, text in enumerate(terms)]
    return _count(parts, subject.examples(" OR ".join(f"NOT {term}" for term in terms.values())))


def _keys(subject: Subject) -> str:
    """Write what tells rows apart: the declared key, else the whole row."""
    names = subject.rules.key or [column.name for column in subject.info.columns]
    columns = ", ".join(relation.quoted(subject.column(name).name) for name in names)
    # Hashed, so that five million wide rows need not be held; a collision among them is one in a million.
    return f"hash(({columns}))" if len(names) > 1 else columns


def repeated(subject: Subject) -> Answer:
    """0303: rows that repeat another one."""
    of, distinct = subject.one(
        "coalesce(sum(n), 0), count(*)",
        f"(SELECT count(*) AS n FROM {subject.rows} GROUP BY {_keys(subject)})",
    )
    met = int(of) - distinct
    names = subject.rules.key
    examples = subject.examples(_repeats(subject, names)) if met and names else ()
    return Count(met, int(of), (Part(", ".join(names) if names else "whole row", met, int(of)),), examples)


def _repeats(subject: Subject, names: Iterable[str]) -> str:
    columns = ", ".join(relation.quoted(name) for name in names)
    return f"({columns}) IN (SELECT ({columns}) FROM {subject.rows} GROUP BY ALL HAVING count(*) > 1)"


def unique(subject: Subject) -> Answer:
    """0304: keys that occur once."""
    if not subject.rules.key:
        return unassessed("no key is declared", "未声明主键")
    of, once = subject.one(
        "count(*), count(*) FILTER (n = 1)",
        f"(SELECT count(*) AS n FROM {subject.rows} GROUP BY {_keys(subject)})",
    )
    return Count(once, of, (Part(", ".join(subject.rules.key), once, of),))


def kept(subject: Subject) -> Answer:
    """0602: rows within the days they are kept."""
    if subject.retention_days is None or not subject.rules.time:
        return unassessed("no retention and column of times are declared", "未声明保留期限和时间列")
    time = f"CAST({relation.quoted(subject.column(subject.rules.time).name)} AS TIMESTAMP)"
    first = (subject.today - timedelta(days=subject.retention_days)).isoformat()
    met, of = subject.one(f"count(*) FILTER ({time} >= TIMESTAMP '{first}'), count({time})")
    return Count(met, of, (Part(f"since {first}", met, of),))


MEASURES: tuple[tuple[str, Callable[[Subject], Answer]], ...] = (
    ("0104", business),
    ("0105", allowed),
    ("0201", complete),
    ("0302", well_formed),
    ("0303", repeated),
    ("0304", unique),
    ("0602", kept),
)
