"""What is known of a connector that is kept running: what a person decided, and how it stands."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from workbench.connectors.protocol import Gap

State = Literal["running", "waiting", "failed", "stopped"]
WhenFull = Literal["wait", "drop_oldest"]
NAME = r"^\w[\w.\- ]{0,59}$"


class NewConnector(BaseModel):
    """What a person decides about a connector."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(pattern=NAME, description="Name of the connector")
    type: str = Field(description="Type: files, sql, opcua, mqtt, modbus, rest")
    table: str = Field(description="Table that the rows go to")
    settings: dict[str, Any] = Field(default_factory=dict, description="Settings of the type")
    enabled: bool = Field(default=True, description="Whether it is kept running")
    buffer_megabytes: int = Field(default=1024, ge=20, le=1_000_000, description="Largest buffer on disk")
    when_full: WhenFull = Field(
        default="wait", description="Full buffer: stop reading, or drop the oldest rows"
    )
    write_every: float = Field(
        default=30.0, ge=0.2, le=3600, description="Longest time until rows reach the table (s)"
    )


class Kept(NewConnector):
    """A connector in the book: its settings without credentials, which are named but not told."""

    id: str
    revision: int = 1
    secrets: list[str] = Field(default_factory=list)
    created: datetime


class LastValue(BaseModel):
    """The newest value of a point."""

    point: str
    time: datetime | None = None
    value: float | str | None = None
    unit: str | None = None


class Status(BaseModel):
    """How a connector stands."""

    state: State = "stopped"
    reason: str = ""  # one sentence, where it does not simply run
    problem: dict[str, Any] | None = None  # the error behind it, whose parts can be translated
    since: datetime | None = None
    rows: int = 0  # that came from the source
    written: int = 0  # of them in the table
    buffered: int = 0  # of them on disk only
    buffered_bytes: int = 0
    unsent: int = 0  # of them not yet at the centre
    repeated: int = 0  # rows that the source sent again
    last_row: datetime | None = None  # the time of the newest row
    lag_s: float | None = None  # how long ago that is
    notes: list[str] = Field(default_factory=list)
    values: list[LastValue] = Field(default_factory=list)


class Overview(BaseModel):
    """A connector with how it stands."""

    connector: Kept
    status: Status
    gaps: list[Gap] = Field(default_factory=list)
    alive: bool = False  # whether a server keeps it now
