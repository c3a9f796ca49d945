"""One submission, from the queue to its score: the states it goes through and what each face may say of it.

``queued → running → scoring → scored | failed | timed_out | over_limit | refused | cancelled | lost``.
"""

import math
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, computed_field

Status = Literal[
    "queued",
    "running",
    "scoring",
    "scored",
    "failed",
    "timed_out",
    "over_limit",
    "refused",
    "cancelled",
    "lost",
]
OPEN: frozenset[str] = frozenset({"queued", "running", "scoring"})
GOING: frozenset[str] = frozenset({"running", "scoring"})
Scored = dict[str, float | None]
DIGITS = 6


class Reason(BaseModel):
    """Why an entry has no score: a class, a place and a sentence, never a value of the hidden data."""

    model_config = ConfigDict(frozen=True)

    code: str
    text: dict[str, str]
    cell: int | None = None  # counted from 1, as the notebook's reader counts
    heading: str | None = None
    error_class: str | None = None
    limit: str | None = None

    @computed_field  # type: ignore[prop-decorator]
    @property
    def message(self) -> str:
        """The sentence in English, as every error of the API has one."""
        return self.text["en"]


class Entry(BaseModel):
    """All that is kept of a submission; ``shown`` is what its team may see."""

    model_config = ConfigDict(frozen=True)

    number: int
    entry: str
    competition: str
    version: str
    phase: str
    team: str
    name: str  # of the file
    status: Status
    submitted: datetime
    started: datetime | None = None
    ended: datetime | None = None
    attempts: int = 0
    counts: bool = True  # takes one of the team's submissions
    chosen: bool = False
    cancel: bool = False
    disqualified: str | None = None
    origin: str = "api"
    source: str | None = None  # the entry it goes on from, in a phase with another task
    reason: Reason | None = None
    public: Scored = Field(default_factory=dict)
    private: Scored = Field(default_factory=dict)
    seconds: float | None = None
    memory_mb: float | None = None
    code_print: str | None = None
    answer_print: str | None = None

    @property
    def open(self) -> bool:
        """Whether it still waits or goes."""
        return self.status in OPEN


class Quota(BaseModel):
    """How many submissions a team has left, and when a new day begins."""

    per_day: int
    total: int
    today: int
    used: int
    left: int
    left_today: int
    new_day: datetime


class Shown(BaseModel):
    """An entry as its team sees it."""

    entry: str
    competition: str
    version: str
    phase: str
    team: str
    name: str
    status: Status
    submitted: datetime
    started: datetime | None
    ended: datetime | None
    position: int | None  # 0: the next to start
    counts: bool
    chosen: bool
    disqualified: str | None
    reason: Reason | None
    score: float | None  # what ranks, on the rows that are shown
    scores: Scored
    seconds: float | None
    memory_mb: float | None
    quota: Quota | None = None


def rounded(scores: Scored, decimals: dict[str, int]) -> Scored:
    """Return scores with as many decimals as the contract grants: fewer tell less of the labels.

    Of a large score not all digits before the point either: with values in steps of a thousand as predictions
    one score would spell many labels out.
    """
    return {
        name: None if value is None else granted(value, decimals.get(name, 3))
        for name, value in scores.items()
    }


def granted(value: float, decimals: int) -> float:
    """Return a score with so many decimals, and with so many digits in all."""
    whole = math.floor(math.log10(abs(value))) + 1 if value and math.isfinite(value) else 0
    return round(value, min(decimals, DIGITS - whole)) + 0.0
