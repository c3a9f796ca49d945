"""The one request that every face builds: form, API, CLI, schedule, sweep, submission, proof and test."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class RunRequest(BaseModel):
    """A template, what fills its inputs, and its parameter values. Nothing here is trusted yet."""

    model_config = ConfigDict(extra="forbid")

    template: str  # an id of the library, or a path to a notebook
    inputs: dict[str, str] = Field(default_factory=dict)  # role → table, table@version, or file
    mapping: dict[str, dict[str, str]] = Field(default_factory=dict)  # role → {column: source column}
    parameters: dict[str, Any] = Field(default_factory=dict)
    origin: str = "cli"  # who asks: form, api, cli, proof, test
