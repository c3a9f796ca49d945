"""What a table can run: the apps that go now, those that lack one column and which, and why.

Decides from names, types, units and what was confirmed; rows are only read where a text would have to be a
number or a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.config import Text
from workbench.runs.mappings import Mappings, key
from workbench.tables.columns import NUMERIC, TEXT
from workbench.tables.proposing import SURE, doubt
from workbench.tables.remembered import Kept
from workbench.tables.resolve import Source
from workbench.tables.spreads import can_be_read
from workbench.templates.front_matter import Column, Input
from workbench.templates.library import Library
from workbench.templates.template import Template

RUNS, ONE, MORE, FEW = "runs", "misses_one", "misses_more", "too_few_rows"
ORDER = (RUNS, ONE, FEW, MORE)
TYPES = {
    "number": ("numbers", "数值"),
    "integer": ("whole numbers", "整数"),
    "timestamp": ("times", "时间"),
    "boolean": ("yes or no", "是/否"),
    "text": ("text", "文本"),
    "any": ("any kind", "任意类型"),
}


@dataclass(frozen=True)
class Lack:
    """One column that an app needs and a table does not have, in words."""

    column: str
    label: Text
    text: Text


@dataclass(frozen=True)
class Fit:
    """How one table fits one app."""

    template: str
    title: Any
    role: str
    state: str
    sure: bool  # there are required columns, each confirmed or under one of its usual names
    why: Text
    missing: tuple[Lack, ...]
    mapping: dict[str, str]
    others: dict[str, str]  # further inputs the app needs → the table they would read, empty: none yet

    def document(self) -> dict[str, Any]:
        """Return the fit as clients see it."""
        missing = [{"column": one.column, "label": one.label, "text": one.text} for one in self.missing]
        return {**self.__dict__, "missing": missing}


def fits(library: Library, mappings: Mappings, source: Source) -> list[Fit]:
    """Try a table on every app: what runs comes first, then what lacks least."""
    confirmed = mappings.memory.of(key(source))
    found = [fit(template, mappings, source, confirmed) for template in library.list()]
    kept = [one for one in found if one is not None]
    return sorted(kept, key=lambda one: (ORDER.index(one.state), not one.sure, len(one.missing)))


def fit(
    template: Template, mappings: Mappings, source: Source, confirmed: Mapping[str, Mapping[str, Kept]]
) -> Fit | None:
    """Try a table on one app; None where the app takes no table."""
    roles = [role for role, need in template.inputs.items() if not need.optional] or list(template.inputs)[:1]
    tried = [_tried(template, role, mappings, source, confirmed.get(role, {})) for role in roles]
    if not tried:
        return None
    best = min(tried, key=lambda one: len(one.missing))
    defaults = template.default_inputs()
    others = {
        role: defaults.get(role, "")
        for role, need in template.inputs.items()
        if role != best.role and not need.optional
    }
    return Fit(**{**best.__dict__, "others": others})


def _tried(
    template: Template, role: str, mappings: Mappings, source: Source, kept: Mapping[str, Kept]
) -> Fit:
    need = template.inputs[role]
    found = mappings.proposed(source, need, kept)
    missing = [
        _lack(name, column, found[name], source)
        for name, column in need.columns.items()
        if not column.optional and not _usable(found[name], column, source)
    ]
    if not missing and not _says_anything(need, found, source):
        missing = [_nothing(need)]
    short = max(0, (need.min_rows or 0) - source.rows)
    state = ONE if len(missing) == 1 else MORE if missing else FEW if short else RUNS
    required = [found[name] for name, column in need.columns.items() if not column.optional]
    return Fit(
        template=template.id,
        title=template.title,
        role=role,
        state=state,
        sure=not missing
        and bool(required)
        and all(one["state"] == "confirmed" or one["score"] >= SURE for one in required),
        why=_why(need, found, missing, (need.min_rows or 0, source.rows) if short else None),
        missing=tuple(missing),
        mapping={name: one["source"] for name, one in found.items() if one["source"]},
        others={},
    )


def _usable(found: Mapping[str, Any], column: Column, source: Source) -> bool:
    own = next((each for each in source.columns if each.name == found["source"]), None)
    if own is None or found["state"] == "asked" or doubt(column, own, None):
        return False
    if own.type != TEXT or column.type in (TEXT, "any"):
        return True
    return can_be_read(source.files, own.name, own.type, column.type)


def _says_anything(need: Input, found: Mapping[str, Any], source: Source) -> bool:
    """Whether a role without required columns finds something in a table at all."""
    if any(not column.optional for column in need.columns.values()):
        return True
    numbers = any(column.type in NUMERIC for column in source.columns)
    if need.others in NUMERIC:
        return numbers
    return any(one["source"] for one in found.values()) or need.others is not None


def _lack(name: str, column: Column, found: Mapping[str, Any], source: Source) -> Lack:
    own = next((each for each in source.columns if each.name == found["source"]), None)
    against = doubt(column, own, None) if own else None
    en, zh = TYPES[column.type]
    unit = f" ({column.unit})" if column.unit and column.unit != "any" else ""
    label: Text = {"en": column.label["en"], "zh": column.label["zh"]}
    text: Text = {
        "en": f"needs a column for {label['en']}: {en}{unit}",
        "zh": f"缺少“{label['zh']}”列：{zh}{unit}",
    }
    if found["state"] == "asked":
        text = {
            "en": f"{label['en']}: {found['reason']['en']}; confirm which column it is now",
            "zh": f"{label['zh']}：{found['reason']['zh']}，请重新确认",
        }
    elif against:
        text = {"en": f"{label['en']}: {against['en']}", "zh": f"{label['zh']}：{against['zh']}"}
    elif found["source"]:
        text = {
            "en": f"{label['en']}: {found['source']!r} holds texts that are no {en}",
            "zh": f"{label['zh']}：“{found['source']}”中的文本不是{zh}",
        }
    return Lack(name, label, text)


def _nothing(need: Input) -> Lack:
    shown = list(need.columns.values())[:3]
    label: Text = {
        "en": " / ".join(column.label["en"] for column in shown) or "numbers",
        "zh": " / ".join(column.label["zh"] for column in shown) or "数值",
    }
    text: Text = {"en": f"finds none of its columns: {label['en']}", "zh": f"找不到所需的列：{label['zh']}"}
    return Lack("", label, text)


def _why(need: Input, found: Mapping[str, Any], missing: list[Lack], short: tuple[int, int] | None) -> Text:
    """Say in one sentence why an app runs, or why not."""
    if missing:
        told = [lack.text for lack in missing[:3]]
        return {"en": "; ".join(each["en"] for each in told), "zh": "；".join(each["zh"] for each in told)}
    if short:
        return {
            "en": f"needs at least {short[0]} rows, has {short[1]}",
            "zh": f"至少需要 {short[0]} 行，只有 {short[1]} 行",
        }
    used = [(need.columns[name], one) for name, one in found.items() if one["source"]]
    required = [pair for pair in used if not pair[0].optional] or used[:1]
    return {
        language: sign.join(
            f"{column.label[language]} ← {one['source']} ({one['reason'][language]})"
            for column, one in required
        )
        or nothing
        for language, sign, nothing in (
            ("en", "; ", "takes the columns of numbers as they are"),
            ("zh", "；", "直接使用各数值列"),
        )
    }  # type: ignore[return-value]
