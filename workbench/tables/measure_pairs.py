"""Counts what the indicators need that look at a second table: references, copies, checked samples."""

from collections.abc import Callable, Sequence

from workbench.errors import WorkbenchError
from workbench.governance.metadata import unassessed
from workbench.governance.quality import Count, Part, Unassessed
from workbench.governance.rules import Agreement, Rules
from workbench.tables import relation
from workbench.tables.catalog import Tables
from workbench.tables.columns import NUMERIC
from workbench.tables.measure import Answer, Subject, present

Measure = Callable[[Subject], Answer]


def others(rules: Rules) -> list[str]:
    """Name the tables that a table's rules look at."""
    named = [target.partition(":")[0] for target in rules.references.values()]
    named += [each.table for each in (rules.truth, rules.copy_of) if each]
    return list(dict.fromkeys(named))


def measures(tables: Tables) -> Sequence[tuple[str, Measure]]:
    """Return the measures, which read the newest version of the other tables."""

    def truth(subject: Subject) -> Answer:
        if subject.rules.truth is None:
            return unassessed("no checked table is declared to compare with", "未声明用于核对的数据表")
        return _agreeing(subject, subject.rules.truth, tables)

    def copy(subject: Subject) -> Answer:
        if subject.rules.copy_of is None:
            return unassessed("no copy of these data is declared", "未声明相同数据的副本")
        return _agreeing(subject, subject.rules.copy_of, tables)

    def related(subject: Subject) -> Answer:
        return _related(subject, tables)

    return (("0301", truth), ("0401", copy), ("0402", related))


def _agreeing(subject: Subject, wanted: Agreement, tables: Tables) -> Answer:
    """Count the values equal, within the tolerance, to those of the same key in another table."""
    try:
        other = tables.get(wanted.table)
        for name in (*wanted.key, *wanted.columns):
            other.column(name)
            subject.column(name)
    except WorkbenchError as error:
        return unassessed(str(error), f"无法比较（{error}）")
    key = ", ".join(map(relation.quoted, wanted.key))
    columns = ", ".join(map(relation.quoted, (*wanted.key, *wanted.columns)))
    files = relation.listed(tables.files(other.name, other.version))
    rows = f"(SELECT {columns} FROM {subject.rows}) a"
    pairs = f"{rows} JOIN (SELECT {columns} FROM read_parquet({files})) b USING ({key})"
    counts = []
    for name in wanted.columns:
        one, two = (f"{side}.{relation.quoted(name)}" for side in "ab")
        numeric = subject.column(name).type in NUMERIC and other.column(name).type in NUMERIC
        same = f"abs({one} - {two}) <= {wanted.tolerance!r}" if numeric else f"{one} = {two}"
        counts.append(f"count(*) FILTER ({same}), count(*) FILTER ({one} IS NOT NULL AND {two} IS NOT NULL)")
    found = subject.one(", ".join(counts), pairs)
    parts = tuple(Part(name, found[2 * i], found[2 * i + 1]) for i, name in enumerate(wanted.columns))
    if not sum(part.of for part in parts):
        return unassessed(f"no row of {other.name} has the same key", f"{other.name} 中没有主键相同的行")
    return Count(sum(part.met for part in parts), sum(part.of for part in parts), parts)


def _related(subject: Subject, tables: Tables) -> Answer:
    """0402: values that are found in the table they refer to."""
    if not subject.rules.references:
        return unassessed("no references to other tables are declared", "未声明对其他数据表的引用")
    parts, examples = [], subject.examples("false")
    for name, target in subject.rules.references.items():
        found = _referred(subject, name, target, tables)
        if isinstance(found, Unassessed):
            return found
        part, missing = found
        parts.append(part)
        if part.met < part.of and not examples:
            examples = subject.examples(missing)
    return Count(sum(part.met for part in parts), sum(part.of for part in parts), tuple(parts), examples)


def _referred(subject: Subject, name: str, target: str, tables: Tables) -> tuple[Part, str] | Unassessed:
    table, _, column = target.partition(":")
    try:
        other = tables.get(table)
        other.column(column)
    except WorkbenchError as error:
        return unassessed(str(error), f"无法比较（{error}）")
    files = relation.listed(tables.files(other.name, other.version))
    there = f"SELECT CAST({relation.quoted(column)} AS VARCHAR) FROM read_parquet({files}) WHERE {relation.quoted(column)} IS NOT NULL"  # noqa: E501
    filled = present(subject.column(name))
    known = f"CAST({relation.quoted(name)} AS VARCHAR) IN ({there})"
    met, of = subject.one(f"count(*) FILTER ({filled} AND {known}), count(*) FILTER ({filled})")
    return Part(f"{name} → {target}", met, of), f"{filled} AND NOT ({known})"
