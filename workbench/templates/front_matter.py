"""The contract of a template: what its first cell, raw YAML between `---` lines, may say.

Name, type and default of a parameter live in the parameters cell only; `agreement` in template.py compares.
"""

import re
from collections.abc import Collection, Iterator
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from workbench.config import LANGUAGES
from workbench.errors import did_you_mean
from workbench.templates.located_yaml import Document, parse, validate
from workbench.templates.problem import Problem

Domain = Literal["quality", "maintenance", "production", "energy", "planning", "data"]
ColumnType = Literal["number", "integer", "text", "timestamp", "boolean", "any"]
Level = Literal["good", "warning", "bad", "info"]


def _both_languages(value: Any) -> Any:
    """Accept one string for both languages; refuse other languages and empty texts."""
    if isinstance(value, str) and value.strip():
        return dict.fromkeys(LANGUAGES, value)
    if not isinstance(value, dict) or not value or not set(value) <= set(LANGUAGES):
        raise ValueError("expected a text or {en: …, zh: …}")
    texts = {language: text for language, text in value.items() if isinstance(text, str) and text.strip()}
    if len(texts) < len(value):
        raise ValueError("expected a text in each language")
    return {language: texts.get(language) or next(iter(texts.values())) for language in LANGUAGES}


def _identifier(value: str) -> str:
    if not value.isidentifier():
        raise ValueError("expected a name of letters, digits and _")
    return value


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value):
        raise ValueError("expected lower-case words joined by -")
    return value


def _semver(value: str) -> str:
    if not re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?", value):
        raise ValueError("expected a version of three numbers, such as 1.0.0")
    return value


Texts = Annotated[dict[str, str], BeforeValidator(_both_languages)]
Name = Annotated[str, AfterValidator(_identifier)]
Slug = Annotated[str, AfterValidator(_slug)]
Version = Annotated[str, AfterValidator(_semver)]
Scalar = str | int | float | bool


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Part):
    """One column a role needs: its type, the names it usually has, its unit."""

    type: ColumnType
    label: Texts
    help: Texts | None = None
    optional: bool = False
    synonyms: list[str] = Field(default_factory=list)
    unit: str | None = None  # "any": carry the table's unit; a unit: convert to it; absent: no dimension
    usual: tuple[float, float] | None = None  # where its values usually lie, in that unit


class Input(_Part):
    """A role a table plays."""

    label: Texts
    help: Texts | None = None
    optional: bool = False
    min_rows: int | None = Field(default=None, ge=0)
    columns: dict[Name, Column] = Field(default_factory=dict)
    others: ColumnType | None = None  # pass every further column of this type through under its own name
    example: str | None = None


class ParameterSpec(_Part):
    """What people need to know of a parameter, and its bounds."""

    label: Texts
    help: Texts | None = None
    unit: str | None = None  # a unit, or input.column whose unit it shares
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    choices: dict[Scalar, Texts] | None = None
    advanced: bool = False
    format: Literal["date"] | None = None  # a text that is a day, YYYY-MM-DD
    non_finite: bool = False  # NaN and infinity are values too


class KpiSpec(_Part):
    """One number a run records."""

    label: Texts
    help: Texts | None = None
    unit: str | None = None
    optional: bool = False
    decimals: int | None = Field(default=None, ge=0, le=12)
    better: Literal["none", "lower", "higher"] = "none"
    target: float | None = None


class ResultColumn(_Part):
    """One column of a result table; codes are shown through `values`."""

    label: Texts
    unit: str | None = None
    values: dict[Scalar, Texts] = Field(default_factory=dict)


class TableSpec(_Part):
    """One table a run records."""

    label: Texts
    help: Texts | None = None
    optional: bool = False
    columns: dict[str, ResultColumn] = Field(default_factory=dict)


class FigureSpec(_Part):
    """One figure a run records."""

    label: Texts
    help: Texts | None = None
    optional: bool = False


class AlarmSpec(_Part):
    """One condition a run looks at."""

    label: Texts
    help: Texts | None = None
    optional: bool = False


class VerdictSpec(_Part):
    """One possible answer."""

    level: Level
    label: Texts | None = None


class RefusalSpec(_Part):
    """One reason for which the data cannot carry the answer."""

    label: Texts
    help: Texts | None = None


class Results(_Part):
    """Everything a run may record, by name."""

    kpis: dict[Name, KpiSpec] = Field(default_factory=dict)
    tables: dict[Name, TableSpec] = Field(default_factory=dict)
    figures: dict[Name, FigureSpec] = Field(default_factory=dict)
    alarms: dict[Name, AlarmSpec] = Field(default_factory=dict)
    verdicts: dict[Name, VerdictSpec] = Field(default_factory=dict)
    refusals: dict[Name, RefusalSpec] = Field(default_factory=dict)


class InForceSpec(_Part):
    """What a run finds that may be approved and applied to later data, and how a later run is given it."""

    parameter: Name  # a text that takes limits in force
    table: Name  # the result that holds them, a row for each stage
    values: list[Name] = Field(min_length=1)  # its columns that are the limits
    columns: list[str]  # input.column: together with table and rows they are the characteristic
    chart: list[Name] = Field(default_factory=list)  # parameters that make it another chart
    not_for: dict[Name, list[Scalar]] = Field(default_factory=dict)  # values whose limits depend on the data


class FrontMatter(_Part):
    """The whole contract, schema version 1."""

    workbench: Literal[1]
    id: Slug
    version: Version
    title: Texts
    summary: Texts
    decision: Texts
    domain: Domain
    inputs: dict[Name, Input] = Field(default_factory=dict)
    parameters: dict[Name, ParameterSpec] = Field(default_factory=dict)
    results: Results = Field(default_factory=Results)
    in_force: InForceSpec | None = None
    standards: list[str] = Field(default_factory=list)
    authors: list[str] = Field(default_factory=list)
    licence: str = ""
    classification: Literal["general", "important", "core"] = "general"


def front_matter_text(source: str) -> str | None:
    """Return the YAML between the `---` lines of a raw cell, or None when there is none."""
    lines = source.strip("\ufeff").splitlines()
    if not lines or lines[0].strip() != "---":
        return None
    ends = [number for number, line in enumerate(lines[1:], start=1) if line.strip() in {"---", "..."}]
    return "\n".join(lines[1 : ends[0]] if ends else lines[1:])


def is_contract(text: str) -> bool:
    """Tell a Workbench contract from the front matter of other tools."""
    return re.search(r"^['\"]?workbench['\"]?\s*:", text, re.MULTILINE) is not None


def read_front_matter(text: str) -> tuple[FrontMatter | None, Document, list[Problem]]:
    """Read a contract; whatever is wrong comes back as problems with the line in the first cell."""
    document, problems = parse(text, offset=1)
    if problems:
        return None, document, problems
    if not isinstance(document.data, dict):
        return None, document, [Problem("expected key: value lines", line=2)]
    contract, problems = validate(FrontMatter, document)
    if contract is not None:
        problems = [*_broken_units(contract, document), *_broken_limits(contract, document)]
    return contract, document, problems


def _broken_units(contract: FrontMatter, document: Document) -> Iterator[Problem]:
    """Find units that name a column of an input which does not exist."""
    columns = {f"{role}.{name}" for role, spec in contract.inputs.items() for name in spec.columns}
    places: list[tuple[tuple[str, ...], str | None]] = [
        (("parameters", name, "unit"), spec.unit) for name, spec in contract.parameters.items()
    ]
    places += [(("results", "kpis", name, "unit"), spec.unit) for name, spec in contract.results.kpis.items()]
    for table, spec in contract.results.tables.items():
        path = ("results", "tables", table, "columns")
        places += [((*path, name, "unit"), column.unit) for name, column in spec.columns.items()]
    for place, unit in places:
        role = (unit or "").partition(".")[0]
        if not unit or "." not in unit or unit in columns:
            continue
        near = did_you_mean(unit, columns)
        if near or role in contract.inputs:
            hint = f"did you mean {near!r}?" if near else None
            yield Problem(
                f"no input column {unit!r}", line=document.line(place), path=".".join(place), hint=hint
            )


def _broken_limits(contract: FrontMatter, document: Document) -> Iterator[Problem]:
    """Find what limits in force name and the contract does not have."""
    spec = contract.in_force
    if spec is None:
        return
    table = contract.results.tables.get(spec.table)
    columns = {f"{role}.{name}" for role, one in contract.inputs.items() for name in one.columns}
    places: list[tuple[str, list[str], Collection[str]]] = [
        ("parameter", [spec.parameter], contract.parameters),
        ("table", [spec.table], contract.results.tables),
        ("values", spec.values, table.columns if table else spec.values),
        ("columns", spec.columns, columns),
        ("chart", [*spec.chart, *spec.not_for], contract.parameters),
    ]
    for key, names, known in places:
        for name in names:
            if name not in known:
                near = did_you_mean(name, known)
                hint = f"did you mean {near!r}?" if near else None
                line = document.line(("in_force", key))
                yield Problem(f"no such name {name!r}", line=line, path=f"in_force.{key}", hint=hint)
