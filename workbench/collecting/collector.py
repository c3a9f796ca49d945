"""One connector kept running: read, buffer, write; when it fails, wait longer each time and go on."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from workbench.collecting.journal import Journal
from workbench.collecting.model import Kept, LastValue, State, Status
from workbench.collecting.vault import scrub
from workbench.collecting.writer import Writer
from workbench.connectors.protocol import READING, Batch, Connector, Gap, as_utc, secrets_of
from workbench.errors import Invalid, NotFound, Refused, Unavailable, WorkbenchError

LOG = logging.getLogger(__name__)
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
FIRST_WRITE_S = 2.0
FULL_PAUSE_S = 1.0
ROWS_AT_ONCE = 20_000  # so many waiting rows are written before their time
REMEMBERED = 50_000  # keys of rows that a source may send again: fewer than MQTT has packet numbers
SHOWN_VALUES = 200
SHOWN_NOTES = 10
STOPPED = "collecting was stopped"
LASTING = (Invalid, NotFound, Refused)  # waiting alone does not mend these


@dataclass
class Collector:
    """Keeps one connector of the book running until it is cancelled."""

    kept: Kept
    make: Callable[[], Connector]
    journal: Journal
    writer: Writer
    keep_gaps: Callable[[list[Gap]], None]
    status: Status = field(default_factory=Status)

    def __post_init__(self) -> None:
        newest = self.journal.newest()
        self._cursor: dict[str, Any] = newest.cursor if newest else {}
        self._recent: dict[int, None] = dict.fromkeys(self.journal.keys())
        self._before = dict(self._recent)  # what had come before reading was interrupted
        self._why = STOPPED
        self._hidden: list[str] = []
        self._values: dict[str, LastValue] = {value.point: value for value in self.status.values}
        self._wake = asyncio.Event()
        self._pause = FIRST_PAUSE_S
        self._trouble = ""  # why rows cannot be written to the table

    # --- the life of it ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Read and write until cancelled; then write what is left."""
        self._say("waiting", "connecting")
        writing = asyncio.create_task(self._write_always())
        try:
            if self.journal.holes:
                await finish(self.keep_gaps, self.journal.holes)
            while True:
                await self._read_once()
        finally:
            writing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writing
            with contextlib.suppress(WorkbenchError):
                await finish(self.writer.drain)

    async def _read_once(self) -> None:
        try:
            connector = self.make()
            self._hidden = secrets_of(connector.settings)
            self._before = dict(self._recent)
            while True:
                async with contextlib.aclosing(connector.read(self._cursor)) as batches:
                    async for batch in batches:
                        await self._keep(batch)
                        leave()
                await asyncio.sleep(connector.every)
        except WorkbenchError as error:
            self._failed(error, lasting=isinstance(error, LASTING))
        except Exception as error:  # noqa: BLE001 - a library of a third party: its connector goes on
            LOG.warning("connector %s: %s", self.kept.name, scrub(repr(error), self._hidden))
            self._failed(Unavailable(f"connector {self.kept.name}", given=str(error) or type(error).__name__))
        leave()
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_S)

    def _failed(self, error: WorkbenchError, *, lasting: bool = False) -> None:
        parts = {name: part and scrub(part, self._hidden) for name, part in error.record().items()}
        self._why = str(parts["message"])
        self._say("failed" if lasting else "waiting", self._why)
        self.status.problem = parts

    def _say(self, state: State, reason: str = "") -> None:
        if (state, reason) != (self.status.state, self.status.reason):
            self.status.state, self.status.reason, self.status.problem = state, reason, None
            self.status.since = datetime.now(UTC)

    # --- rows coming in ---------------------------------------------------------------------------------

    async def _keep(self, batch: Batch) -> None:
        """Put a batch on disk; return only when it is there."""
        rows, keys = self._fresh(batch)
        if rows.num_rows or batch.gaps or batch.lasting:
            await self._room()
            gaps = [gap if gap.why else gap.model_copy(update={"why": self._why}) for gap in batch.gaps]
            await self._until_stored(gaps, rows, batch, keys)
            for key in keys:
                self._recent[key] = None
            for old in list(islice(self._recent, max(0, len(self._recent) - REMEMBERED))):
                del self._recent[old]
            self._show(rows)
            if self.journal.waiting("table") >= ROWS_AT_ONCE:
                self._wake.set()
        self._cursor = batch.cursor
        self._pause = FIRST_PAUSE_S
        notes = [scrub(note, self._hidden) for note in batch.notes if note not in self.status.notes]
        self.status.notes = [*self.status.notes, *notes][-SHOWN_NOTES:]
        self._say("running", self._trouble)

    def _fresh(self, batch: Batch) -> tuple[pa.Table, tuple[int, ...]]:
        """Leave out rows that came before."""
        if not batch.keys:
            return batch.rows, ()
        seen: set[int] = set()
        kept = []
        for position, key in enumerate(batch.keys):
            known = key in self._before if key in batch.doubtful else key in self._recent or key in seen
            if not known:
                seen.add(key)
                kept.append(position)
        self.status.repeated += len(batch.keys) - len(kept)
        if len(kept) == len(batch.keys):
            return batch.rows, batch.keys
        return batch.rows.take(pa.array(kept, pa.int64())), tuple(batch.keys[position] for position in kept)

    async def _room(self) -> None:
        """Hold the buffer to its size, the way the person chose."""
        limit = self.kept.buffer_megabytes * 1_000_000
        while self.journal.bytes_waiting >= limit:
            if self.kept.when_full == "drop_oldest":
                gap = await finish(self.journal.drop_oldest)
                if gap:
                    await finish(self.keep_gaps, [gap])
                continue
            self._why = f"the buffer of {self.kept.buffer_megabytes} MB is full"
            self._say("waiting", f"{self._why}; {self._trouble or 'its rows wait to be written'}")
            self._wake.set()
            await asyncio.sleep(FULL_PAUSE_S)

    async def _until_stored(
        self, gaps: list[Gap], rows: pa.Table, batch: Batch, keys: tuple[int, ...]
    ) -> None:
        while True:
            try:
                if gaps:
                    await finish(self.keep_gaps, gaps)
                await finish(self.journal.append, rows, batch.cursor, keys)
                return
            except (
                WorkbenchError
            ) as error:  # the disk is full: the source waits, the buffer keeps what it has
                self._why = str(error)
                self._say("waiting", self._why)
                await asyncio.sleep(FULL_PAUSE_S)

    def _show(self, rows: pa.Table) -> None:
        if not rows.num_rows:
            return
        if rows.schema.equals(READING):
            self._show_readings(rows)
        else:
            self._values = {value.point: value for value in _last_row(rows)}
        moments = [
            pc.max(column).as_py()
            for column, kind in zip(rows.columns, rows.schema, strict=True)
            if pa.types.is_timestamp(kind.type)
        ][:1]
        for newest in map(as_utc, filter(None, moments)):
            self.status.last_row = max(newest, self.status.last_row or newest)

    def _show_readings(self, rows: pa.Table) -> None:
        tail = rows.slice(max(0, rows.num_rows - 5000)).to_pylist()
        for row in tail:
            before = self._values.get(row["point"])
            if before and before.time and row["time"] and row["time"] < before.time:
                continue  # a late row is not the newest
            value = row["value"] if row["value"] is not None else row["text"]
            shown = LastValue(point=row["point"], time=row["time"], value=value, unit=row["unit"])
            self._values[row["point"]] = shown

    def standing(self) -> Status:
        """Return how it stands now."""
        status, journal = self.status, self.journal
        status.rows, status.buffered = journal.total, journal.waiting("table")
        status.written = status.rows - status.buffered
        status.buffered_bytes = journal.bytes_waiting
        status.unsent = journal.waiting("centre") if "centre" in journal.consumers else 0
        if status.last_row:
            status.lag_s = round((datetime.now(UTC) - status.last_row).total_seconds(), 1)
        status.values = sorted(self._values.values(), key=lambda value: value.point)[:SHOWN_VALUES]
        return status.model_copy(deep=True)

    # --- rows going out ---------------------------------------------------------------------------------

    async def _write_always(self) -> None:
        pause = min(FIRST_WRITE_S, self.kept.write_every)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()
            self._wake.clear()
            try:
                moved = await finish(self.writer.drain)
                self._trouble = ""
            except WorkbenchError as error:
                self._trouble = f"rows wait in the buffer: {error}"
                moved = 0
            except Exception as error:  # noqa: BLE001 - a writer that ends would fill the disk
                LOG.warning("connector %s could not write: %r", self.kept.name, error)
                self._trouble = f"rows wait in the buffer: {type(error).__name__}"
                moved = 0
            if self.status.state == "running":
                self._say("running", self._trouble)
            # A new connector shows rows soon; one that runs for long makes few files.
            pause = min(pause * 2, self.kept.write_every) if moved or self._trouble else pause


def _last_row(rows: pa.Table) -> list[LastValue]:
    row = rows.slice(rows.num_rows - 1).to_pylist()[0]
    moments = [value for value in row.values() if isinstance(value, datetime)]
    at = moments[0] if moments else None
    at = as_utc(at) if at else None
    return [
        LastValue(point=name, time=at, value=value if isinstance(value, int | float) else str(value))
        for name, value in row.items()
        if value is not None and not isinstance(value, datetime)
    ]


def leave() -> None:
    """End when told to: what a library raises while it closes its connection may hide that it was."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def finish(function: Callable[..., Any], *arguments: Any) -> Any:
    """Do blocking work in a thread; when cancelled, wait until it is done all the same."""
    work = asyncio.ensure_future(asyncio.to_thread(function, *arguments))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
