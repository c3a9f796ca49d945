"""The buffer on disk: numbered records in append-only segments, checked and fsynced before they count.

A record is rows with the cursor after them. It stays until every consumer has taken it; the newest segments
stay longer, since they hold the cursor and the keys of rows that a source may send again. A torn end is cut
off, a damaged record in the middle is skipped and reported as a gap.
"""

import contextlib
import json
import os
import struct
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from workbench.connectors.protocol import Gap
from workbench.errors import Unavailable

MAGIC = b"WBJ1"
HEAD = struct.Struct("<4sIIQ")  # magic, length, checksum, number
SEGMENT_BYTES = 8_000_000
KEPT_SEGMENTS = 2
KEY = "__key"
MARKS = "taken.json"


@dataclass(frozen=True)
class Record:
    """Rows, where reading goes on after them, and when they came."""

    number: int
    rows: pa.Table
    cursor: dict[str, Any]
    at: datetime
    total: int = 0  # rows that came so far, this record's included
    keys: tuple[int, ...] = ()


@dataclass
class _Place:
    number: int
    segment: Path
    offset: int
    length: int
    rows: int


@dataclass
class Journal:
    """The records of one connector."""

    folder: Path
    consumers: tuple[str, ...] = ("table",)
    holes: list[Gap] = field(default_factory=list)  # damaged records found when it was opened

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._places: list[_Place] = []
        self._make()
        self._scan()
        marks = self._marks()
        self._taken = {name: int(marks.get(name, 0)) for name in self.consumers}
        numbers = [place.number for place in self._places]
        self.last = max([*numbers, *self._taken.values(), 0])
        newest = self.newest()
        self.total = newest.total if newest else 0

    # --- writing ----------------------------------------------------------------------------------------

    def append(self, rows: pa.Table, cursor: dict[str, Any], keys: tuple[int, ...] = ()) -> int:
        """Write a record and return its number; when this returns, it survives everything but the disk."""
        with self._lock:
            number = self.last + 1
            header = {"rows": rows.num_rows, "total": self.total + rows.num_rows, "cursor": cursor}
            payload = _packed(header, rows, keys)
            data = HEAD.pack(MAGIC, len(payload), _sum(number, payload), number) + payload
            segment = self._segment(number)
            offset = segment.stat().st_size if segment.exists() else 0
            try:
                with segment.open("ab") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
            except OSError as error:
                _cut(segment, offset)
                raise Unavailable(
                    "buffer on disk", given=(error.strerror or str(error)).lower(), hint="free some space"
                ) from error
            if offset == 0:
                _sync(self.folder)
            self._places.append(_Place(number, segment, offset, len(data), rows.num_rows))
            self.last, self.total = number, self.total + rows.num_rows
            return number

    def take(self, consumer: str, number: int) -> None:
        """Note that a consumer has everything up to a record; what nobody needs any more is deleted."""
        with self._lock:
            self._taken[consumer] = max(number, self._taken[consumer])
            with contextlib.suppress(OSError):  # a full disk: the consumer knows its place better anyway
                part = self.folder / f"{MARKS}.part"
                part.write_text(json.dumps(self._taken), encoding="utf-8")
                part.replace(self.folder / MARKS)
            self._forget(min(self._taken.values()))

    def drop_oldest(self) -> Gap | None:
        """Give up the oldest segment that somebody still waits for; return the time it covered."""
        with self._lock:
            waiting = [place for place in self._places if place.number > min(self._taken.values())]
            if not waiting:
                return None
            victims = [place for place in waiting if place.segment == waiting[0].segment]
            first, last = self._load(victims[0]), self._load(victims[-1])
            gap = Gap(begin=first.at, end=last.at, why="the buffer was full: its oldest rows were dropped")
            for name in self._taken:
                self.take(name, max(self._taken[name], victims[-1].number))
            self._forget(victims[-1].number, keep=1)
            return gap

    # --- reading ----------------------------------------------------------------------------------------

    def after(self, number: int, rows: int) -> list[Record]:
        """Return the records after a number, oldest first, about so many rows."""
        with self._lock:
            wanted, total = [], 0
            for place in self._places:
                if place.number > number:
                    wanted.append(place)
                    total += place.rows
                    if total >= rows:
                        break
            return [self._load(place) for place in wanted]

    def newest(self) -> Record | None:
        """Return the last record, which holds the cursor."""
        with self._lock:
            return self._load(self._places[-1]) if self._places else None

    def keys(self) -> Iterator[int]:
        """Yield the keys of all rows still here, oldest first."""
        with self._lock:
            records = [self._load(place) for place in self._places]
        for record in records:
            yield from record.keys

    def taken(self, consumer: str) -> int:
        """Return the number up to which a consumer has everything."""
        return self._taken[consumer]

    def waiting(self, consumer: str) -> int:
        """Return how many rows a consumer has not taken yet."""
        with self._lock:
            return sum(place.rows for place in self._places if place.number > self._taken[consumer])

    @property
    def bytes_waiting(self) -> int:
        """The size of what somebody still waits for."""
        with self._lock:
            least = min(self._taken.values())
            return sum(place.length for place in self._places if place.number > least)

    # --- on disk ----------------------------------------------------------------------------------------

    def _make(self) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unavailable("buffer on disk", given=error.strerror, hint="free some space") from error

    def _marks(self) -> dict[str, Any]:
        try:
            return dict(json.loads((self.folder / MARKS).read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}

    def _segment(self, number: int) -> Path:
        if self._places:
            current = self._places[-1].segment
            if current.stat().st_size < SEGMENT_BYTES:
                return current
        return self.folder / f"{number:020d}.seg"

    def _scan(self) -> None:
        segments = sorted(self.folder.glob("*.seg"))
        for segment in segments:
            data = segment.read_bytes()
            end = 0
            for place in _records(segment, data):
                if place.offset != end:
                    self._hole(place)
                self._places.append(place)
                end = place.offset + place.length
            if end < len(data):
                if segment != segments[-1]:
                    self._hole(None)
                _cut(segment, end)

    def _hole(self, following: _Place | None) -> None:
        moments = [self._load(place).at for place in (self._places[-1:])]
        begin = moments[0] if moments else datetime.now(UTC)
        end = self._load(following).at if following else begin
        self.holes.append(Gap(begin=min(begin, end), end=end, why="the buffer on disk was damaged"))

    def _load(self, place: _Place) -> Record:
        with place.segment.open("rb") as file:
            file.seek(place.offset + HEAD.size)
            payload = file.read(place.length - HEAD.size)
        return _unpacked(place.number, payload)

    def _forget(self, number: int, keep: int = KEPT_SEGMENTS) -> None:
        segments = sorted({place.segment for place in self._places})
        needed = {place.segment for place in self._places if place.number > number} | set(segments[-keep:])
        for segment in segments:
            if segment not in needed:
                segment.unlink(missing_ok=True)
        self._places = [place for place in self._places if place.segment in needed]


def _records(segment: Path, data: bytes) -> Iterator[_Place]:
    """Find every whole record; after a damaged one the search goes on at the next that is whole."""
    offset = data.find(MAGIC)
    while 0 <= offset <= len(data) - HEAD.size:
        _, length, checksum, number = HEAD.unpack_from(data, offset)
        payload = data[offset + HEAD.size : offset + HEAD.size + length]
        if len(payload) == length and _sum(number, payload) == checksum:
            size = HEAD.size + length
            yield _Place(number, segment, offset, size, _header(payload)[0]["rows"])
            offset = data.find(MAGIC, offset + size)
        else:
            offset = data.find(MAGIC, offset + 1)


def _packed(header: dict[str, Any], rows: pa.Table, keys: tuple[int, ...]) -> bytes:
    text = json.dumps(header | {"at": datetime.now(UTC).isoformat()}, ensure_ascii=False).encode()
    if keys:
        rows = rows.append_column(KEY, pa.array(keys, pa.uint64()))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return struct.pack("<I", len(text)) + text + bytes(sink.getvalue())


def _header(payload: bytes) -> tuple[dict[str, Any], int]:
    (length,) = struct.unpack_from("<I", payload)
    return json.loads(payload[4 : 4 + length]), 4 + length


def _unpacked(number: int, payload: bytes) -> Record:
    header, start = _header(payload)
    rows = pa.ipc.open_stream(pa.py_buffer(payload[start:])).read_all()
    keys: tuple[int, ...] = ()
    if KEY in rows.schema.names:
        keys = tuple(rows.column(KEY).to_pylist())
        rows = rows.drop_columns([KEY])
    moment = datetime.fromisoformat(header["at"])
    return Record(number, rows, header["cursor"], moment, header["total"], keys)


def _sum(number: int, payload: bytes) -> int:
    return zlib.crc32(payload, zlib.crc32(struct.pack("<Q", number)))


def _cut(segment: Path, size: int) -> None:
    with contextlib.suppress(OSError):
        os.truncate(segment, size)


def _sync(folder: Path) -> None:
    if os.name == "nt":  # a directory cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
