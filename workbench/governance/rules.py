"""What people declare about a table so that its health can be judged: key, ranges, formats, period.

A rule that was not declared is not applied: what could be one is only proposed.
"""

import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from workbench.governance.indicators import BY_CODE, DIMENSIONS

Seconds = Annotated[float, Field(gt=0, le=1e9, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=300)]


class Declared(BaseModel):
    """Part of the rules: nothing unknown in it, and it never changes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Range(Declared):
    """Where a number may lie; an end that is None is open."""

    low: float | None = Field(None, allow_inf_nan=False)
    high: float | None = Field(None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _ordered(self) -> "Range":
        if self.low is None and self.high is None:
            raise ValueError("a low or a high end")
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("the low end below the high one")
        return self


class Standard(Declared):
    """What a column is by the plant's data standard."""

    type: Literal["number", "integer", "text", "timestamp", "boolean", "any"]
    unit: str | None = None


class Agreement(Declared):
    """Another table that must say the same: a checked sample, or a copy."""

    table: Name
    key: tuple[Name, ...] = Field(min_length=1)
    columns: tuple[Name, ...] = Field(min_length=1)
    tolerance: float = Field(0.0, ge=0, allow_inf_nan=False)


class Guarded(Declared):
    """A sensitive column: its grade, and whether it is masked where it is shown."""

    grade: Literal[1, 2, 3] | None = None
    masked: bool = False


class Rules(Declared):
    """Everything that was declared about one table."""

    key: tuple[Name, ...] = ()
    time: Name | None = None
    entity: Name | None = None  # the column that names the machine, tag or other thing a row belongs to
    period_s: Seconds | None = None  # between two rows of one entity
    max_age_s: Seconds | None = None  # of the newest row
    received: Name | None = None  # the column of the time when a row arrived
    max_delay_s: Seconds | None = None
    required: tuple[Name, ...] = ()  # none: all columns
    ranges: dict[Name, Range] = Field(default_factory=dict)
    formats: dict[Name, str] = Field(default_factory=dict)  # column → regular expression of the whole text
    allowed: dict[Name, tuple[str, ...]] = Field(default_factory=dict)
    references: dict[Name, str] = Field(default_factory=dict)  # column → table:column
    standard: dict[Name, Standard] = Field(default_factory=dict)
    conditions: tuple[str, ...] = ()  # such as: ok + ng = quantity
    truth: Agreement | None = None
    copy_of: Agreement | None = None
    sensitive: dict[Name, Guarded] = Field(default_factory=dict)
    weights: dict[str, float] = Field(default_factory=dict)  # indicator or dimension → weight; else 1
    threshold: float = Field(80.0, ge=0, le=100)  # from which score on data count as trusted

    @field_validator("formats")
    @classmethod
    def _readable(cls, formats: dict[str, str]) -> dict[str, str]:
        for pattern in formats.values():
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"a regular expression ({error})") from error
        return formats

    @field_validator("references")
    @classmethod
    def _pointing(cls, references: dict[str, str]) -> dict[str, str]:
        for target in references.values():
            if not all(target.partition(":")[::2]):
                raise ValueError("a table and a column, as in orders:order_no")
        return references

    @field_validator("weights")
    @classmethod
    def _weighing(cls, weights: dict[str, float]) -> dict[str, float]:
        for code, weight in weights.items():
            if code not in BY_CODE and code not in DIMENSIONS:
                raise ValueError(f"codes of indicators (0101 … 0602) or dimensions (01 … 06), not {code!r}")
            if not 0 <= weight <= 100:
                raise ValueError("weights from 0 to 100")
        return weights

    @property
    def columns(self) -> set[str]:
        """Every column of the table itself that a rule names, apart from those that a standard may miss."""
        single = {name for name in (self.time, self.entity, self.received) if name}
        named = [
            self.key,
            self.required,
            self.ranges,
            self.formats,
            self.allowed,
            self.references,
            self.sensitive,
        ]
        both = [name for each in (self.truth, self.copy_of) if each for name in (*each.key, *each.columns)]
        return single.union(*named, both)

    @property
    def declared(self) -> dict[str, Any]:
        """What was declared, without what was left as it is."""
        return self.model_dump(mode="json", exclude_defaults=True)
