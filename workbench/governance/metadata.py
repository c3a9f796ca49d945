"""The indicators that columns and declarations alone decide: standard, model, metadata, security."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from workbench.config import Text
from workbench.governance.quality import Count, Measured, Part, Unassessed
from workbench.governance.rules import Rules

NUMERIC = ("number", "integer")


class Column(Protocol):
    """What is known of a column."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def type(self) -> str:
        """One of the types that people know."""

    @property
    def unit(self) -> str | None:
        """Its unit."""

    @property
    def label(self) -> str | None:
        """Its meaning, where the file gave one."""


def unassessed(en: str, zh: str) -> Unassessed:
    """Say why an indicator was not assessed."""
    return Unassessed(Text(en=en, zh=zh))


def described(
    columns: Iterable[Column], rules: Rules, meanings: Mapping[str, str], counted: Measured
) -> dict[str, Count | Unassessed]:
    """Count standard, model, metadata and security of a table."""
    columns = list(columns)
    return {
        "0101": _standard(columns, rules),
        "0102": _model(columns, rules, counted),
        "0103": _metadata(columns, rules, meanings),
        "0106": _security(rules),
    }


def _standard(columns: list[Column], rules: Rules) -> Count | Unassessed:
    if not rules.standard:
        return unassessed("no data standard is declared for its columns", "未声明各列的数据标准")
    parts = []
    for column in columns:
        wanted = rules.standard.get(column.name)
        fits = wanted is not None and (wanted.type, wanted.unit) == (column.type, column.unit)
        parts.append(Part(column.name, int(fits), 1))
    return _summed(parts)


def _model(columns: list[Column], rules: Rules, counted: Measured) -> Count | Unassessed:
    names = {column.name for column in columns}
    parts = [Part(name, int(name in names), 1) for name in rules.standard]
    if rules.key:
        unique, repeated = counted.get("0304"), counted.get("0303")
        if not isinstance(unique, Count) or not isinstance(repeated, Count):
            return unassessed("the key could not be counted", "无法统计主键")
        parts.append(Part(f"key ({', '.join(rules.key)})", int(repeated.met == 0 and unique.of > 0), 1))
    related = counted.get("0402")
    if isinstance(related, Count):
        parts += [Part(part.name, int(part.met == part.of), 1) for part in related.parts]
    if not parts:
        return unassessed(
            "no standard, key or reference to another table is declared", "未声明数据标准、主键或引用关系"
        )
    return _summed(parts)


def _metadata(columns: list[Column], rules: Rules, meanings: Mapping[str, str]) -> Count:
    parts = []
    for column in columns:
        filled = bool(meanings.get(column.name) or column.label)
        if column.type in NUMERIC:
            filled = filled and bool(column.unit) and column.name in rules.ranges
        parts.append(Part(column.name, int(filled), 1))
    return _summed(parts)


def _security(rules: Rules) -> Count | Unassessed:
    if not rules.sensitive:
        return unassessed("no sensitive columns are declared", "未声明敏感列")
    return _summed(
        [
            Part(name, int(guard.grade is not None and guard.masked), 1)
            for name, guard in rules.sensitive.items()
        ]
    )


def _summed(parts: list[Part]) -> Count:
    return Count(sum(part.met for part in parts), sum(part.of for part in parts), tuple(parts))
