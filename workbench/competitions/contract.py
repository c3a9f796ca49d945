"""What ``competition.yaml`` may say: the contract of a competition, checked with lines and nearest names.

Whether the files it names hold what it says is decided by ``bundle``; when which phase goes, by ``phases``.
"""

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from workbench.templates.front_matter import Name, Slug, Texts, Version

MEGABYTES = Annotated[int, Field(ge=1, le=1_000_000)]
SUFFIXES = (".csv", ".parquet")
Rule = Literal["best", "last", "chosen"]
Board = Literal["public", "private"]


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError) as error:
        raise ValueError("expected an IANA name such as Asia/Shanghai") from error
    return value


def _moment(value: str) -> str:
    """Accept a day or a day with its time; the zone is the competition's own."""
    try:
        read = datetime.fromisoformat(value)
    except ValueError as error:
        raise ValueError("expected a day or a time, such as 2026-09-30 or 2026-09-30T18:00") from error
    if read.tzinfo is not None:
        raise ValueError("expected a time without an offset: it is read in the competition's zone")
    return value


def _inside(value: str) -> str:
    """Accept a path that stays inside the bundle."""
    path = PurePosixPath(value)
    if not value or path.is_absolute() or ".." in path.parts or re.search(r'[\x00-\x1f\\:*?"<>|]', value):
        raise ValueError("expected a path inside the bundle")
    return value


def _data_file(value: str) -> str:
    if PurePosixPath(value).suffix.lower() not in SUFFIXES:
        raise ValueError("expected a .csv or .parquet file")
    return _inside(value)


def _hidden(value: str) -> str:
    if PurePosixPath(value).parts[0] != "hidden":
        raise ValueError("expected a file below hidden/")
    return value


def _python_file(value: str) -> str:
    if not _inside(value).endswith(".py"):
        raise ValueError("expected a .py file")
    return value


def _public_file(value: str) -> str:
    if PurePosixPath(_data_file(value)).parts[0] == "hidden":
        raise ValueError("expected a file outside hidden/, which is never served")
    return value


Zone = Annotated[str, AfterValidator(_zone)]
Moment = Annotated[str, AfterValidator(_moment)]
HiddenFile = Annotated[str, AfterValidator(_data_file), AfterValidator(_hidden)]
HiddenCode = Annotated[str, AfterValidator(_python_file), AfterValidator(_hidden)]
PublicFile = Annotated[str, AfterValidator(_public_file)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Submissions(_Part):
    """How many entries a team may submit; a day begins at midnight in the competition's zone."""

    per_day: int = Field(default=5, ge=0, le=1000)
    total: int = Field(default=100, ge=0, le=100_000)


class Task(_Part):
    """Data to learn from, hidden features to predict for, hidden labels to be compared with."""

    title: Texts | None = None
    train: PublicFile
    others: list[PublicFile] = Field(default_factory=list)  # further public files
    test: HiddenFile
    labels: HiddenFile
    id: str  # column of test, labels and predictions
    target: str  # column of train and labels
    prediction: str = "prediction"  # column of the predictions beside the id
    kind: Literal["number", "label"] = "number"
    classes: list[str] = Field(default_factory=list)  # that may be predicted; empty: any
    group: str | None = None  # columns of the labels: the series, machine or query of a row,
    time: str | None = None  # its time in seconds,
    scale: str | None = None  # what its error is divided by,
    split: str | None = None  # and whether it is public or private
    public_share: float = Field(default=0.3, gt=0.0, lt=1.0)  # without a split column


class Phase(_Part):
    """A time in which entries are taken, and which rows its leaderboard shows."""

    id: Slug
    title: Texts
    starts: Moment
    ends: Moment | None = None
    task: Name | None = None
    board: Board = "public"
    submissions: Submissions | None = None
    carry: bool = True  # entries that count go on to a phase with another task


class Metric(_Part):
    """One column of the leaderboard; the first ranks, or the weighted total of all that have a weight."""

    name: str
    label: Texts | None = None
    own: HiddenCode | None = None  # a Python file with the organiser's own ``metric(rows)``
    direction: Literal["min", "max"] | None = None  # of an own metric
    weight: float | None = Field(default=None, gt=0)
    decimals: int = Field(default=3, ge=0, le=8)
    options: dict[str, Any] = Field(default_factory=dict)


class Limits(_Part):
    """What the box gives one entry; an absent value is the box's own."""

    wall_s: int | None = Field(default=None, ge=1, le=86_400)
    cpu_s: int | None = Field(default=None, ge=1, le=172_800)
    memory_mb: MEGABYTES | None = None
    disk_mb: MEGABYTES | None = None
    output_mb: MEGABYTES | None = None
    processes: int | None = Field(default=None, ge=1, le=4096)
    notebook_mb: float = Field(default=5.0, gt=0, le=20)
    cells: int = Field(default=300, ge=1, le=5000)


class Teams(_Part):
    """Who may take part."""

    max_members: int = Field(default=5, ge=1, le=100)
    limit: int = Field(default=1000, ge=1, le=100_000)


class Leaderboard(_Part):
    """What the leaderboard shows."""

    anonymous: bool = False  # teams are numbers until the end
    medals: bool = True
    limit: int = Field(default=500, ge=1, le=10_000)


class Contract(_Part):
    """The whole contract, schema version 1."""

    competition: Literal[1]
    id: Slug
    version: Version
    title: Texts
    summary: Texts
    organiser: str = ""
    zone: Zone = "UTC"
    pages: dict[Literal["overview", "data", "rules"], Texts] = Field(default_factory=dict)
    tasks: dict[Name, Task] = Field(min_length=1)
    phases: list[Phase] = Field(min_length=1)
    metrics: list[Metric] = Field(min_length=1)
    tie_break: list[str] = Field(default_factory=list)  # metrics, then seconds, memory or submitted
    limits: Limits = Field(default_factory=Limits)
    submissions: Submissions = Field(default_factory=Submissions)
    entry: Rule = "best"
    teams: Teams = Field(default_factory=Teams)
    leaderboard: Leaderboard = Field(default_factory=Leaderboard)
    kit: Annotated[str, AfterValidator(_inside)] | None = None  # the starter notebook
    domain: Literal["quality", "maintenance", "production", "energy", "planning", "data"] = "data"
    licence: str = ""

    @model_validator(mode="after")
    def _only_task(self) -> "Contract":
        """A phase without a task means the only one, or the first."""
        first = next(iter(self.tasks))
        filled = [phase if phase.task else phase.model_copy(update={"task": first}) for phase in self.phases]
        object.__setattr__(self, "phases", filled)
        return self

    def task_of(self, phase: Phase) -> Task:
        """Return the task that a phase sets."""
        return self.tasks[str(phase.task)]

    def quota(self, phase: Phase) -> Submissions:
        """Return how many entries a phase takes from each team."""
        return phase.submissions or self.submissions
