"""What is known of a run: the document that ``run --json`` prints and ``run.json`` keeps."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from workbench.config import Text


def stamp(not_before: str = "") -> str:
    """Return the time; when the machine's clock was set back, that of the event which came before."""
    return max(datetime.now(UTC).isoformat(timespec="milliseconds"), not_before)


Status = Literal[
    "queued", "running", "succeeded", "refused", "failed", "timed_out", "over_limit", "cancelled", "lost"
]
ENDED: frozenset[str] = frozenset(
    {"succeeded", "refused", "failed", "timed_out", "over_limit", "cancelled", "lost"}
)


class Kpi(BaseModel):
    """One number with its unit, and its confidence interval and target where the notebook gave them."""

    value: float | int | str | bool | None
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    note: Text | None = None


class Verdict(BaseModel):
    """The answer in one sentence, and what to do next."""

    code: str
    level: Literal["good", "warning", "bad", "info"]
    text: Text
    next_step: Text | None = None


class Alarm(BaseModel):
    """A condition that was looked at, and whether it holds."""

    name: str
    level: Literal["info", "warning", "bad"] = "warning"
    active: bool
    text: Text


class Refusal(BaseModel):
    """Which need is not met, what was found, what to do next."""

    code: str
    need: float | int | str | None = None
    have: float | int | str | None = None
    text: Text
    remedy: Text | None = None


class RunError(BaseModel):
    """Why a run ended without an answer: the failing cell, its heading, the notebook's own error."""

    code: str  # failed, incomplete, kernel_died, garbled, lost, disk_full, unavailable, internal, or a limit
    message: str
    name: str | None = None  # exception class
    cell: int | None = None
    heading: str | None = None
    source: str | None = None
    traceback: str | None = None


class InputUsed(BaseModel):
    """The exact rows a run read."""

    table: str
    version: int | None = None
    rows: int | None = None
    sha256: str | None = None
    mapping: dict[str, str] = Field(default_factory=dict)
    filter: dict[str, Any] = Field(default_factory=dict)  # source column → the value or range it is held to


class LimitsUsed(BaseModel):
    """The approved limits that a run judged its data by, instead of limits of its own."""

    id: str
    since: str
    approved_by: str
    proposed_by: str
    run: str  # in which they were found


class Step(BaseModel):
    """One heading of the notebook and how far it is."""

    title: str
    state: Literal["waiting", "running", "done", "failed"] = "waiting"
    seconds: float | None = None


class Seconds(BaseModel):
    """Where the time went."""

    queued: float = 0.0
    start: float = 0.0
    execute: float = 0.0
    publish: float = 0.0
    total: float = 0.0


class Resumed(BaseModel):
    """The run whose state this one went on from, and the first cell that it executed itself."""

    run: str
    cell: int


class TemplateUsed(BaseModel):
    """Which template, in which version."""

    id: str
    version: str | None = None
    title: Text | str = ""
    digest: str | None = None
    path: str | None = None  # of a notebook that was given by its path, to run it again


class RunRecord(BaseModel):
    """One run, whole or still going; immutable once its status has ended."""

    run: str
    status: Status
    answer: Status | None = None  # while it runs: how it ends, once what it found is kept
    template: TemplateUsed
    verdict: Verdict | None = None
    kpis: dict[str, Kpi] = Field(default_factory=dict)
    tables: dict[str, str] = Field(default_factory=dict)  # name → absolute Parquet path once published
    figures: dict[str, str] = Field(
        default_factory=dict
    )  # name → absolute path: Bokeh document .json or .png
    alarms: list[Alarm] = Field(default_factory=list)
    refusal: Refusal | None = None
    error: RunError | None = None
    notebook: str | None = None
    inputs: dict[str, InputUsed] = Field(default_factory=dict)
    limits: LimitsUsed | None = None  # in force, and applied to this run
    parameters: dict[str, Any] = Field(default_factory=dict)
    steps: list[Step] = Field(default_factory=list)
    seconds: Seconds = Field(default_factory=Seconds)
    created: str = ""  # ISO 8601 with zone
    started: str | None = None
    finished: str | None = None
    origin: str = "cli"
    user: str = ""
    attempts: int = 0  # how often it was started; more than 1 after a process died
    executor: str = "local"  # where it ran: local, or a Dask worker's address
    sweep: str | None = None
    schedule: str | None = None
    asset: str = ""  # the asset it was about
    retry_of: str | None = None
    resumed: Resumed | None = None
    classification: str = "general"

    @property
    def ended(self) -> bool:
        """Whether nothing more will change."""
        return self.status in ENDED
