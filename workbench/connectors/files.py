"""A watched folder: files dropped by machines and historians, each line taken once.

A file is known by its beginning and the place read up to, not by its name: renamed, copied or rotated it is
the same file, and what was added to it is new. A new file is read once nobody has written to it for a while;
of a file that grows only whole lines are read.
"""

import asyncio
import fnmatch
import hashlib
import io
import time
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from workbench.connectors import delimited, protocol
from workbench.connectors.delimited import Layout
from workbench.connectors.protocol import Batch, Connector, Cursor, Point, setting
from workbench.errors import Invalid, Unavailable, WorkbenchError

HEAD_BYTES = 4096
CHUNK_BYTES = 4_000_000
REMEMBERED = 20_000
LINE_END_WAIT = 5  # times ``settle``: a last line without an end may still be written
SHEETS = {".xlsx", ".xls", ".xlsm", ".xlsb", ".ods"}


class FileSettings(protocol.Settings):
    """Where the files are and which."""

    folder: str = setting(
        ...,
        {"en": "Folder", "zh": "文件夹"},
        {"en": "A folder that this server can read", "zh": "本服务器可读取的文件夹"},
    )
    pattern: str = setting(
        "*.csv",
        {"en": "Files", "zh": "文件名"},
        {
            "en": "Names of the files, such as *.csv; several with commas",
            "zh": "文件名样式，如 *.csv；可用逗号分隔多个",
        },
    )
    settle: float = setting(
        2.0,
        {"en": "Unchanged for (s)", "zh": "静止时间（秒）"},
        {
            "en": "A new file is read when it has not changed for so long",
            "zh": "新文件在这段时间内没有变化才读取",
        },
        ge=0,
    )
    every: float = setting(
        2.0,
        {"en": "Look every (s)", "zh": "查看间隔（秒）"},
        {"en": "How often to look for new files and lines", "zh": "多久查看一次新文件和新行"},
        ge=0.1,
    )
    delimiter: str = setting(
        "",
        {"en": "Delimiter", "zh": "分隔符"},
        {"en": "Empty: found by itself", "zh": "留空则自动识别"},
        max_length=1,
    )


class Known(BaseModel):
    """What is remembered of a file."""

    size: int
    stamp: int
    offset: int
    head: str  # hash of the beginning
    tail: str = ""  # hash of what stands before the offset
    columns: list[str] = []
    encoding: str = "utf-8"


class Files(Connector):
    """Files of a folder."""

    kind = "files"
    label = {"en": "Files in a folder", "zh": "文件夹中的文件"}  # noqa: RUF012 - a constant
    Settings = FileSettings
    settings: FileSettings

    def __init__(self, settings: FileSettings, *, id: str = "workbench") -> None:  # noqa: A002
        super().__init__(settings, id=id)
        self._seen: dict[str, tuple[int, int, float]] = {}

    async def test(self) -> str:
        """Look into the folder."""
        found = await asyncio.to_thread(self._files)
        if found:
            await asyncio.to_thread(self._understood, found[0])
        return f"{len(found)} files"

    async def browse(self, parent: str = "") -> list[Point]:
        """List the files with their sizes, and the columns of one."""
        found = await asyncio.to_thread(self._files)
        if not parent:
            return [
                Point(address=path.name, name=path.name, folder=True, value=f"{path.stat().st_size:,} B")
                for path in found
            ]
        chosen = next((path for path in found if path.name == parent), None)
        if chosen is None:
            raise Invalid("file", given=repr(parent), expected="a file of the folder")
        layout = await asyncio.to_thread(self._understood, chosen)
        return [Point(address=name, name=name, type=kind) for name, kind in layout.types.items()]

    async def read(self, cursor: Cursor) -> AsyncGenerator[Batch, None]:
        """Yield the new rows of every file, oldest file first."""
        cursor = {"files": dict(cursor.get("files", {})), "layout": cursor.get("layout")}
        yield Batch(pa.table({}), cursor)
        for path in await asyncio.to_thread(self._files):
            while True:
                batch = await asyncio.to_thread(self._next, path, cursor)
                if batch is None:
                    break
                cursor = batch.cursor
                yield batch

    def _files(self) -> list[Path]:
        folder = Path(self.settings.folder).expanduser()
        if not folder.is_dir():
            raise Unavailable(
                f"folder {folder}", given="not there", hint="create it, or check the network drive"
            )
        patterns = [part.strip() for part in self.settings.pattern.split(",") if part.strip()] or ["*"]
        try:
            found = [
                path
                for path in folder.iterdir()
                if path.is_file() and any(fnmatch.fnmatch(path.name, pattern) for pattern in patterns)
            ]
            return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
        except OSError as error:
            raise Unavailable(f"folder {folder}", given=error.strerror, hint="check its rights") from error

    def _next(self, path: Path, cursor: Cursor) -> Batch | None:
        """Return the next rows of a file, or None when there is nothing to read yet."""
        try:
            facts = path.stat()
            known = cursor["files"].get(path.name)
            same = known and (known["size"], known["stamp"]) == (facts.st_size, facts.st_mtime_ns)
            if same and (known["offset"] >= facts.st_size or not known["head"]):
                return None
            entry = self._entry(path, known, cursor)
            quiet = self._quiet(path)
            if entry is None and quiet < self.settings.settle:
                return None
            if path.suffix.lower() in {*SHEETS, ".parquet"}:
                return None if entry else self._whole(path, cursor)
            return self._lines(path, entry, cursor, quiet=quiet)
        except OSError:
            return None  # it went between two looks: the next one shows what became of it
        except WorkbenchError as error:
            return self._skipped(path, cursor, str(error))

    def _quiet(self, path: Path) -> float:
        """Return for how many seconds a file has been left alone, by its own clock or by ours."""
        facts = path.stat()
        size, stamp, since = self._seen.get(path.name, (-1, -1, 0.0))
        if (size, stamp) != (facts.st_size, facts.st_mtime_ns):
            since = time.monotonic()
            self._seen[path.name] = (facts.st_size, facts.st_mtime_ns, since)
        return max(time.monotonic() - since, time.time() - facts.st_mtime)

    def _entry(self, path: Path, known: Any, cursor: Cursor) -> Known | None:
        """Find what is known of a file by its content: under its name, or under the name it had."""
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
            others = [Known.model_validate(each) for each in ([known] if known else [])]
            hashes = {length: _hash(head[:length]) for length in _lengths(cursor, len(head))}
            others += [
                Known.model_validate(each)
                for each in cursor["files"].values()
                if hashes.get(min(each["offset"], HEAD_BYTES)) == each["head"]
            ]
            fitting = [
                each
                for each in others
                if 0 < each.offset <= size
                and hashes.get(min(each.offset, HEAD_BYTES)) == each.head
                and _tail(file, each.offset) == each.tail
            ]
        return max(fitting, key=lambda each: each.offset, default=None)

    def _lines(self, path: Path, entry: Known | None, cursor: Cursor, *, quiet: float) -> Batch | None:
        layout = Layout.model_validate(cursor["layout"]) if cursor["layout"] else self._understood(path)
        offset = entry.offset if entry else 0
        whole = quiet >= self.settings.settle * LINE_END_WAIT
        with path.open("rb") as file:
            file.seek(offset)
            data = file.read(CHUNK_BYTES)
            more = bool(file.read(1))
            encoding = entry.encoding if entry else delimited.encoding_of(data, whole=False)
            if encoding == "utf-16":
                data, more = (data + file.read(), False) if whole else (b"", False)
            elif more or not whole:
                data = data[: _line_end(data)]
        if not data:
            return self._as_read(path, entry, cursor) if entry else None
        own = layout.model_copy(update={"encoding": encoding})
        names, body = (entry.columns, data) if entry else self._headed(data, own, path)
        rows, bad = delimited.rows(body, own, names)
        notes = (f"{path.name}: {bad} cells did not fit their column and are empty",) if bad else ()
        known = self._known(path, offset + len(data), names, encoding)
        return Batch(rows, self._moved(path, known, cursor, layout), notes=notes)

    def _headed(self, data: bytes, layout: Layout, path: Path) -> tuple[list[str], bytes]:
        """Cut off the header of a new file; columns that the table does not have stop it."""
        if not layout.header:
            return list(layout.columns), data
        if layout.encoding == "utf-16":
            first, _, rest = data.decode("utf-16").partition("\n")
            names, body = delimited.header_of(first.encode("utf-16"), layout), rest.encode("utf-16")
        else:
            line, _, body = data.partition(b"\n")
            names = delimited.header_of(line, layout)
        new = [name for name in names if name not in layout.columns]
        if new:
            hint = "give files of another kind a connector and a table of their own"
            raise Invalid(f"{path.name}: unknown column", given=", ".join(map(repr, new[:5])), hint=hint)
        return names, body

    def _understood(self, path: Path) -> Layout:
        if path.suffix.lower() in {*SHEETS, ".parquet"}:
            table = _table(path)
            return Layout(
                columns=table.column_names, types={field.name: str(field.type) for field in table.schema}
            )
        with path.open("rb") as file:
            data = file.read(CHUNK_BYTES // 16)
            whole = not file.read(1)
        return delimited.understand(data, whole=whole, delimiter=self.settings.delimiter)

    def _whole(self, path: Path, cursor: Cursor) -> Batch:
        table = _table(path)
        known = self._known(path, path.stat().st_size, table.column_names)
        return Batch(table, self._moved(path, known, cursor, None))

    def _skipped(self, path: Path, cursor: Cursor, why: str) -> Batch | None:
        """Say why a file is not read; it is looked at again when it changes."""
        facts = path.stat()
        before = cursor["files"].get(path.name)
        if before and before["stamp"] == facts.st_mtime_ns and before["size"] == facts.st_size:
            return None
        known = Known(size=facts.st_size, stamp=facts.st_mtime_ns, offset=0, head="")
        moved = self._moved(path, known, cursor, None)
        return Batch(pa.table({}), moved, notes=(f"{path.name} is not read: {why}",))

    def _as_read(self, path: Path, entry: Known, cursor: Cursor) -> Batch | None:
        """Remember a file that holds nothing new under its name, so that it is not opened again."""
        known = self._known(path, entry.offset, entry.columns, entry.encoding)
        if cursor["files"].get(path.name) == known.model_dump():
            return None
        return Batch(pa.table({}), self._moved(path, known, cursor, None))

    def _known(self, path: Path, offset: int, columns: list[str], encoding: str = "") -> Known:
        facts = path.stat()
        with path.open("rb") as file:
            head = file.read(min(HEAD_BYTES, offset))
            return Known(
                size=facts.st_size,
                stamp=facts.st_mtime_ns,
                offset=offset,
                head=_hash(head),
                tail=_tail(file, offset),
                columns=columns,
                encoding=encoding,
            )

    def _moved(self, path: Path, known: Known, cursor: Cursor, layout: Layout | None) -> Cursor:
        files = {name: entry for name, entry in cursor["files"].items() if name != path.name}
        files[path.name] = known.model_dump()
        for name in list(files)[: max(0, len(files) - REMEMBERED)]:
            del files[name]
        return {"files": files, "layout": layout.model_dump() if layout else cursor["layout"]}


def _lengths(cursor: Cursor, size: int) -> set[int]:
    lengths = {min(entry["offset"], HEAD_BYTES) for entry in cursor["files"].values()}
    return {length for length in lengths if 0 < length <= size}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def _tail(file: io.BufferedReader, offset: int) -> str:
    start = max(0, offset - HEAD_BYTES)
    file.seek(start)
    return _hash(file.read(offset - start))


def _line_end(data: bytes) -> int:
    """Return where the last whole line ends, not counting line ends inside quotes."""
    end = data.rfind(b"\n") + 1
    while end and data.count(b'"', 0, end) % 2:
        end = data.rfind(b"\n", 0, end - 1) + 1
    return end


def _table(path: Path) -> pa.Table:
    try:
        if path.suffix.lower() == ".parquet":
            return pq.read_table(path)
        frame: pd.DataFrame = pd.read_excel(path, engine="calamine")
        frame.columns = [str(name) for name in frame.columns]
        return pa.Table.from_pandas(frame, preserve_index=False)
    except OSError:
        raise
    except Exception as error:
        raise Invalid(path.name, given="a damaged or unknown file", hint="export it again") from error
