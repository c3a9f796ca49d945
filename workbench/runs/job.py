"""A prepared request: everything a slot needs to execute a run, pinned at the moment it was accepted."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.runs.record import InputUsed, LimitsUsed, Step, TemplateUsed


class Limits(BaseModel):
    """What a run may take; the limit that was hit names itself."""

    seconds: float  # wall time
    output_bytes: int
    outputs: int = 5000  # how many a notebook may put out
    memory_bytes: int = 4_000_000_000  # of all its processes together, shared pages counted by share
    silent_seconds: float = 300.0  # without output and without using the processor


class Declared(BaseModel):
    """Names the template promises to record, by kind; empty for a notebook without a contract."""

    kpis: list[str] = Field(default_factory=list)
    tables: list[str] = Field(default_factory=list)
    figures: list[str] = Field(default_factory=list)
    alarms: list[str] = Field(default_factory=list)
    verdict: bool = False


class Resume(BaseModel):
    """A held state of an earlier run to go on from: before which cell it stands, and that run's notebook."""

    run: str
    cell: int
    notebook: str


class Job(BaseModel):
    """One run to execute. The notebook travels with it, so a later edit of the template changes nothing."""

    # Without this a NaN that a person chose would reach the notebook as None.
    model_config = ConfigDict(ser_json_inf_nan="constants")

    run: str
    template: TemplateUsed
    notebook: dict[str, Any] = Field(default_factory=dict)
    parameters: dict[str, Any]  # what papermill injects, input references included
    values: dict[str, Any]  # what the person chose, without the inputs
    inputs: dict[str, InputUsed]
    sources: dict[str, dict[str, Any]]  # role → what the kernel opens
    declared: Declared
    in_force: LimitsUsed | None = None
    limits: Limits
    staging: str
    published: str
    folder: str | None = None  # where the notebook works; None: a scratch folder of the run
    steps: list[Step] = Field(default_factory=list)
    created: str
    origin: str = "cli"
    user: str = ""
    priority: int = 0
    sweep: str | None = None
    schedule: str | None = None
    asset: str = ""
    retry_of: str | None = None
    fingerprint: str | None = None
    classification: str = "general"
    hold: bool = False  # leave states behind, for the same with one thing changed
    resume: Resume | None = None
    queued_s: float = 0.0
    attempt: int = 0  # how often it has been started, this time included
    executor: str = "local"
    taken: bool = False  # a worker has made its folder, for this attempt alone

    @property
    def staging_folder(self) -> Path:
        """Where the run writes until it is whole."""
        return Path(self.staging)

    @property
    def published_folder(self) -> Path:
        """Where it stands once it is whole."""
        return Path(self.published)
