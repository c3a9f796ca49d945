"""What a sweep is asked for: one run request, and the one or two things that vary over its runs.

Checks the form of a request only; what it means for the tables of a workspace is for ``sweep_points``.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from workbench.runs.request import RunRequest
from workbench.tables.groups import Window

AXES = 2


class Axis(BaseModel):
    """One thing that varies; ``kind`` says which."""

    model_config = ConfigDict(extra="forbid")

    role: str = ""  # the input it is about; empty: the template's first


class Assets(Axis):
    """One run per value of a column: a machine, line, product, batch."""

    kind: Literal["assets"] = "assets"
    column: str  # of the table
    values: list[Any] | None = None  # None: all of them
    top: int | None = Field(default=None, ge=1)  # only the values that most rows have

    @property
    def name(self) -> str:
        """What the axis is called."""
        return self.column


class Characteristics(Axis):
    """One run per column of the table, each in turn filling the same column of the input."""

    kind: Literal["characteristics"] = "characteristics"
    column: str  # of the input
    values: list[str] | None = None  # columns of the table; None: every one that holds numbers

    @property
    def name(self) -> str:
        """What the axis is called."""
        return self.column


class TableAxis(Axis):
    """One run per table."""

    kind: Literal["tables"] = "tables"
    values: list[str] = Field(min_length=1)

    @property
    def name(self) -> str:
        """What the axis is called."""
        return self.role or "table"


class Periods(Axis):
    """One run per window of time: per day, week, month or shift, or in so many equal windows."""

    kind: Literal["periods"] = "periods"
    column: str  # of the table
    every: Window | None = None
    count: int | None = Field(default=None, ge=1, le=10_000)

    @property
    def name(self) -> str:
        """What the axis is called."""
        return self.column

    @model_validator(mode="after")
    def _one_way(self) -> "Periods":
        if (self.every is None) == (self.count is None):
            raise ValueError("either every (day, week, month, shift) or count (of equal windows)")
        return self


class ParameterAxis(Axis):
    """One run per value of a parameter: listed, or from start to stop in steps."""

    kind: Literal["parameter"] = "parameter"
    parameter: str
    values: list[Any] | None = None
    start: float | None = None
    stop: float | None = None
    step: float | None = None

    @property
    def name(self) -> str:
        """What the axis is called."""
        return self.parameter

    @model_validator(mode="after")
    def _one_way(self) -> "ParameterAxis":
        ends = (self.start, self.stop, self.step)
        if (self.values is None) == (None in ends) or (self.values is not None and any(ends)):
            raise ValueError("either values, or start, stop and step")
        if self.values is None and (not self.step or (self.stop or 0) < (self.start or 0) or self.step < 0):
            raise ValueError("a step above 0 and a stop that is not below the start")
        return self


class Subtree(Axis):
    """One run per asset below one: the ends of the tree, or everything of one level."""

    kind: Literal["subtree"] = "subtree"
    asset: str
    level: Literal["enterprise", "site", "area", "line", "unit", "equipment"] | None = None

    @property
    def name(self) -> str:
        """What the axis is called."""
        return "asset"


AnyAxis = Annotated[
    Assets | Subtree | Characteristics | TableAxis | Periods | ParameterAxis, Field(discriminator="kind")
]


class SweepRequest(BaseModel):
    """One template over assets, characteristics, tables, periods or parameter values."""

    model_config = ConfigDict(extra="forbid")

    run: RunRequest  # what all runs have in common; its ``reuse`` takes over answers that are there already
    over: list[AnyAxis] = Field(min_length=1, max_length=AXES)


class Point(BaseModel):
    """One run of a sweep: where it stands on the axes, and the request that makes it."""

    number: int
    at: dict[str, Any]  # axis → value
    request: RunRequest


class Plan(BaseModel):
    """What a sweep will run, before it does."""

    template: str
    title: Any
    axes: list[dict[str, str]]  # name and kind
    points: list[Point]
    left_out: int = 0  # rows without a value on the first axis: they are in no run
