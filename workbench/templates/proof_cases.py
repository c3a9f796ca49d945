"""What a proof says: cases in `<id>.proof.yaml`, and the sheet in `<id>.proof.json` that pages show."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.templates.front_matter import Texts
from workbench.templates.located_yaml import parse, validate
from workbench.templates.problem import invalid
from workbench.templates.template import Template

Index = int | str


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CaseInput(_Part):
    """What one role reads in a case."""

    file: str | None = None  # below the reference data
    table: str | None = None  # a table of the workspace, such as demo.bore_diameter
    map: dict[str, str] = Field(default_factory=dict)
    where: str | None = None  # part = 'train' and sample <= 25
    values: dict[str, list[Any]] | list[float] | None = None  # numbers printed in a book; a list is `value`
    skip_header: int | Literal["dashes"] | None = None  # lines before the data, or all up to a dashed one
    columns: list[str] | None = None  # names for a file without a header

    @model_validator(mode="after")
    def _one_origin(self) -> "CaseInput":
        if sum(origin is not None for origin in (self.file, self.table, self.values)) != 1:
            raise ValueError("expected one of file, table, values")
        return self

    @property
    def is_written_out(self) -> bool:
        """Whether the run reads a copy made for it, not the file itself."""
        parts = (self.where, self.values, self.skip_header, self.columns)
        return any(part is not None for part in parts)


class Expectation(_Part):
    """One result and the number it is held to: from published.json, or written here with its source."""

    result: str
    entry: tuple[str, str] | None = None  # data set, quantity
    index: Index | list[Index] | None = None  # into an entry that is a list or an object
    value: Any = None
    scale: float = 1.0  # the entry times this: percent for a share
    tolerance_abs: float | None = Field(default=None, ge=0)
    tolerance_rel: float | None = Field(default=None, ge=0)
    at_most: float | None = None
    at_least: float | None = None
    at_most_entry: tuple[str, str] | None = None
    allowance: float = 0.0  # at most the entry times (1 + allowance)
    source: str | None = None
    why: Texts | None = None  # why the number is not met, where it is known not to be

    @model_validator(mode="after")
    def _one_standard(self) -> "Expectation":
        standards = (self.entry, self.value, self.at_most, self.at_least, self.at_most_entry)
        if sum(standard is not None for standard in standards) != 1:
            raise ValueError("expected one of entry, value, at_most, at_least, at_most_entry")
        if self.entry is None and self.at_most_entry is None and not self.source:
            raise ValueError("expected a source: who says so")
        return self


class Case(_Part):
    """One run and what is expected of it."""

    name: Texts
    inputs: dict[str, CaseInput] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    expect: list[Expectation] = Field(min_length=1)


class Proof(_Part):
    """The cases of one template."""

    workbench: int = 1
    cases: list[Case]


class Outcome(BaseModel):
    """One line of the sheet."""

    model_config = ConfigDict(frozen=True)

    result: str
    dataset: str | None = None
    quantity: str | None = None
    comparison: str = "equal"  # equal, at_most, at_least
    expected: Any = None
    obtained: Any = None
    digits: float | None = None
    tolerance: str | None = None
    passed: bool = False
    source: str | None = None
    kind: str | None = None  # certified, published, reference-computed, literature
    reason: str | None = None  # why there is nothing to compare
    why: Texts | None = None  # why a number that is not met is not


class CaseSheet(BaseModel):
    """What one case gave."""

    model_config = ConfigDict(frozen=True)

    name: Texts
    files: dict[str, str] = Field(default_factory=dict)
    parameters: dict[str, Any] = Field(default_factory=dict)
    absent: bool = False
    outcomes: list[Outcome] = Field(default_factory=list)


class Sheet(BaseModel):
    """What a template gets for published numbers."""

    model_config = ConfigDict(frozen=True)

    template: str
    version: str | None = None
    digest: str
    cases: list[CaseSheet] = Field(default_factory=list)

    @property
    def outcomes(self) -> list[Outcome]:
        """Every line."""
        return [outcome for case in self.cases for outcome in case.outcomes]

    @property
    def absent(self) -> bool:
        """Whether published data were missing, so that the sheet proves nothing."""
        return any(case.absent for case in self.cases)

    @property
    def passed(self) -> bool:
        """Whether every line was compared and agrees."""
        return bool(self.outcomes) and not self.absent and all(line.passed for line in self.outcomes)

    @property
    def summary(self) -> str:
        """How many lines agree: 46/46."""
        return f"{sum(line.passed for line in self.outcomes)}/{len(self.outcomes)}"

    def is_current(self, template: Template) -> bool:
        """Whether the sheet was made with this very template."""
        return self.digest == template.digest


def read_proof(template: Template) -> Proof | None:
    """Read the cases beside a template; None where there are none."""
    path = template.path.with_suffix(".proof.yaml")
    if not path.is_file():
        return None
    document, problems = parse(path.read_text(encoding="utf-8"))
    if not problems:
        proof, problems = validate(Proof, document)
        if proof is not None:
            return proof
    raise invalid(path.name, problems)


def sheet_path(template: Template) -> Path:
    """Return where the sheet of a template lies."""
    return template.path.with_suffix(".proof.json")


def read_sheet(template: Template) -> Sheet | None:
    """Read the sheet beside a template; None where nothing was proved or it cannot be read."""
    path = sheet_path(template)
    try:
        return _sheet(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return None


@lru_cache(maxsize=256)  # the first page counts the lines of all
def _sheet(path: Path, _written: int) -> Sheet:
    return Sheet.model_validate_json(path.read_bytes())
