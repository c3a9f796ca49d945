"""The one request that every face builds: form, API, CLI, schedule, sweep, submission, proof and test."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

# Who waits for the answer decides who goes first: a person, then a clock, then a batch.
BATCH = 2
PRIORITIES = {"schedule": 1, "sweep": BATCH}


class RunRequest(BaseModel):
    """A template, what fills its inputs, and its parameter values. Nothing here is trusted yet."""

    model_config = ConfigDict(extra="forbid")

    template: str  # an id of the library, or a path to a notebook
    inputs: dict[str, str] = Field(default_factory=dict)  # role → table, table@version, or file
    mapping: dict[str, dict[str, str]] = Field(default_factory=dict)  # role → {column: source column}
    filters: dict[str, dict[str, Any]] = Field(default_factory=dict)  # role → {source column: value or range}
    asset: str = ""  # fills what is left open: tables, rows, columns and parameters, by role
    parameters: dict[str, Any] = Field(default_factory=dict)
    origin: str = "cli"  # who asks: form, api, cli, schedule, sweep, proof, test
    user: str = ""  # whose turn it is: users take turns in the queue
    contents: dict[str, str] = Field(default_factory=dict)  # role → hash that the rows must have
    reuse: bool = False  # an earlier run of exactly this will do
    sweep: str | None = None  # the sweep this run is part of
    schedule: str | None = None  # the schedule that asked
    retry_of: str | None = None  # the run this one tries again

    @property
    def priority(self) -> int:
        """How soon this goes: 0 before 1 before 2."""
        return PRIORITIES.get(self.origin, 0)
