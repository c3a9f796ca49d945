"""What every connector is: settings a person gives, a test, a look around, and batches of rows with a cursor.

A third party's connector is a subclass of ``Connector`` behind an entry point of the group
``workbench.connectors``. Nothing here keeps rows: whoever reads a connector stores each batch before asking
for the next, and a connector acknowledges to its source only then.
"""

import contextlib
import math
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, ClassVar
from urllib.parse import quote, quote_plus

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from workbench.config import Text

Cursor = dict[str, Any]
UTC_TIME = pa.timestamp("us", tz="UTC")
# Points of machines come one below the other: a thousand points are a thousand rows, not columns.
READING = pa.schema(
    [
        ("time", UTC_TIME),
        ("point", pa.string()),
        ("value", pa.float64()),
        ("text", pa.string()),
        ("unit", pa.string()),
        ("quality", pa.string()),
    ]
)


class Point(BaseModel):
    """One thing a source offers: a folder to look into, or a value that can be collected."""

    address: str
    name: str
    folder: bool = False
    type: str | None = None
    unit: str | None = None
    value: str | None = None  # as it is now, for people


class Gap(BaseModel):
    """A time of which rows are missing, and why."""

    begin: datetime
    end: datetime
    why: str = ""  # empty: the reason for which reading ended before


@dataclass(frozen=True)
class Batch:
    """Rows as they came, and the cursor with which reading goes on after them."""

    rows: pa.Table
    cursor: Cursor
    keys: tuple[int, ...] = ()  # one per row: a row whose key was seen lately is the same row again
    doubtful: frozenset[int] = frozenset()  # keys that say so only of a row that came before an interruption
    lasting: bool = False  # the cursor must be on disk though no rows came
    gaps: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()  # what could not be read, a sentence each


def setting(default: Any, label: Text, help: Text | None = None, **rules: Any) -> Any:  # noqa: A002 - the word
    """Declare a setting with the texts a form shows beside it."""
    extra: dict[str, Any] = {"label": dict(label), "help": dict(help or {"en": "", "zh": ""})}
    return Field(default, description=(help or label)["en"], json_schema_extra=extra, **rules)


class Settings(BaseModel):
    """What a person gives a connector. Credentials are ``SecretStr``: they are stored encrypted."""

    model_config = ConfigDict(extra="forbid", validate_default=True)


class Connector(ABC):
    """One source."""

    kind: ClassVar[str]
    label: ClassVar[Text]
    Settings: ClassVar[type[Settings]]

    def __init__(self, settings: Any, *, id: str = "workbench") -> None:  # noqa: A002 - the word of the book
        self.settings, self.id = settings, id

    @abstractmethod
    async def test(self) -> str:
        """Reach the source and say what answered; raise when it cannot be read."""

    @abstractmethod
    async def browse(self, parent: str = "") -> list[Point]:
        """List what the source offers below an address."""

    @abstractmethod
    def read(self, cursor: Cursor) -> AsyncGenerator[Batch, None]:
        """Yield what is new after the cursor, then end; a source that sends by itself never ends.

        The generator is resumed once the batch is on disk. A batch without rows says that the source answers.
        """

    @property
    def every(self) -> float:
        """Seconds after which to look again when reading has ended."""
        return float(getattr(self.settings, "every", 0.0))


@dataclass
class Readings:
    """Readings being gathered into one batch."""

    rows: list[tuple[datetime, str, float | None, str | None, str | None, str | None]] = field(
        default_factory=list
    )
    keys: list[int] = field(default_factory=list)
    doubtful: set[int] = field(default_factory=set)

    def add(
        self,
        time: datetime,
        point: str,
        value: Any,
        *,
        unit: str | None = None,
        quality: str | None = None,
        key: int | None = None,
    ) -> None:
        """Add one reading: numbers and switches as a value, everything else as text."""
        number, text = split(value)
        self.rows.append((as_utc(time), _text(point), number, text, unit and _text(unit), quality))
        if key is not None:
            self.keys.append(key)

    def __len__(self) -> int:
        return len(self.rows)

    def batch(self, cursor: Cursor, **more: Any) -> Batch:
        """Return what was gathered as a batch."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(READING)
        arrays = [pa.array(column, kind.type) for column, kind in zip(columns, READING, strict=True)]
        rows = pa.Table.from_arrays(arrays, schema=READING)
        return Batch(rows, cursor, tuple(self.keys), frozenset(self.doubtful), **more)


def split(value: Any) -> tuple[float | None, str | None]:
    """Tell a number from a text; what no calculation may meet, such as NaN, is a text."""
    if isinstance(value, bool | int | float):
        with contextlib.suppress(OverflowError):
            if math.isfinite(number := float(value)):
                return number, None
    return None, None if value is None else _text(str(value))


def _text(text: str) -> str:
    """Return a text that can be stored: JSON may hold halves of characters."""
    return text.encode("utf-8", "replace").decode("utf-8")


def as_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; sources without a zone speak UTC."""
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # the first or last day there is
        return moment.replace(tzinfo=UTC)


def now() -> datetime:
    """Return the time."""
    return datetime.now(UTC)


def secrets_of(settings: Settings) -> list[str]:
    """Return every secret value in the settings, to be removed from whatever is shown."""
    found = {text for text in _secrets(dict(settings)) if text}
    # A driver that quotes an address quotes the password the way addresses are written.
    found |= {quote(text, safe="") for text in found} | {quote_plus(text) for text in found}
    return sorted(found, key=len, reverse=True)


def _secrets(value: Any) -> Iterable[str]:
    if hasattr(value, "get_secret_value"):
        yield value.get_secret_value()
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _secrets(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _secrets(each)


def hash_of(data: bytes) -> int:
    """Return a number for some bytes, the same in every process."""
    return int.from_bytes(blake2b(data, digest_size=8).digest(), "big")
