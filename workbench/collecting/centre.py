"""The centre's side of edge boxes: takes rows and runs that boxes send, each once, and knows the boxes.

Rows carry the numbers they have in the box's buffer; how far a box came stands in the commit of its rows. A
run is its published folder; it is published here the same way, by a rename.
"""

import io
import json
import re
import secrets
import shutil
import threading
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from pydantic import BaseModel

from workbench.config import Workspace
from workbench.errors import Invalid
from workbench.runs.history import RUNS
from workbench.runs.publish import RECORD, discard, publish
from workbench.runs.record import RunRecord
from workbench.runs.state import METADATA, State
from workbench.tables.catalog import Tables

BOXES = sa.Table(
    "edge_boxes",
    METADATA,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("seen", sa.Float, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False, default=0),
    sa.Column("runs", sa.Integer, nullable=False, default=0),
)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")
RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}")
NUMBER = "__number"
JOB = "job.json"
LARGEST_RUN = 500_000_000
COLUMNS = ("template", "created", "tables", "answer", "rows", "seconds", "fingerprint")


class Box(BaseModel):
    """An edge box that this centre has heard of."""

    name: str
    seen: datetime
    rows: int
    runs: int


class Centre:
    """Takes what edge boxes send."""

    def __init__(self, workspace: Workspace, state: State, tables: Tables) -> None:
        self.workspace, self.state, self.tables = workspace, state, tables
        self._lock = threading.Lock()  # a box that asks again while its first request still goes

    def boxes(self) -> list[Box]:
        """Return all boxes by name."""
        with self.state.connect() as connection:
            return [
                Box(name=row.name, seen=datetime.fromtimestamp(row.seen, UTC), rows=row.rows, runs=row.runs)
                for row in connection.execute(sa.select(BOXES).order_by("name"))
            ]

    def take_rows(self, box: str, connector: str, table: str, data: bytes) -> int:
        """Write the rows that are new; return the number up to which the box need not send again."""
        name = f"{_named(box)}.{table.replace('.', '_')}"
        writer = f"edge:{box}:{connector}"
        try:
            rows = pa.ipc.open_stream(pa.py_buffer(data)).read_all()
            numbers = rows.column(NUMBER)
        except (pa.ArrowInvalid, KeyError):
            raise Invalid("rows of an edge box", given="no Arrow stream with numbers") from None
        with self._lock:
            known = self.tables.written(name, writer)
            last = max(known, int(pc.max(numbers).as_py() or 0))
            fresh = rows.filter(pc.greater(numbers, known)).drop_columns([NUMBER])
            if fresh.num_rows:
                self.tables.extend(name, fresh, source=f"edge box {box}", sequence=(writer, last))
            self._heard(box, rows=fresh.num_rows)
        return last

    def take_run(self, box: str, run: str, data: bytes) -> bool:
        """Publish a run of a box; return whether it was new."""
        _named(box)
        if not RUN.fullmatch(run):
            raise Invalid("run of an edge box", given=repr(run[:80]), expected="the name of a run")
        with self._lock:
            final = self.workspace.runs / run
            new = not final.exists()
            if new:
                self._publish(box, run, data)
            new |= self._enter(box, run)
            self._heard(box, runs=int(new))
        return new

    def _publish(self, box: str, run: str, data: bytes) -> None:
        staging = self.workspace.staging / f"edge-{secrets.token_hex(6)}"
        final = self.workspace.runs / run
        staging.mkdir(parents=True)
        try:
            _unpacked(data, staging)
            record = RunRecord.model_validate_json((staging / RECORD).read_text(encoding="utf-8"))
            if record.run != run or not record.ended:
                raise Invalid("run of an edge box", given=record.run, expected=f"{run}, ended")
            publish(staging, final, _moved(record, final, box).model_dump_json())
        except (OSError, ValueError, zipfile.BadZipFile) as error:
            discard(staging)
            if isinstance(error, Invalid):
                raise
            raise Invalid(
                "run of an edge box", given=type(error).__name__, expected="a run's folder"
            ) from None

    def _enter(self, box: str, run: str) -> bool:
        """Enter a published run into the history, once."""
        folder = self.workspace.runs / run
        record = (folder / RECORD).read_text(encoding="utf-8")
        kept = RunRecord.model_validate_json(record)
        facts = _facts(folder)
        values = {name: facts.get(name) for name in COLUMNS} | {
            "run": run,
            "template": kept.template.id,
            "status": kept.status,
            "attempts": 1,
            "priority": 0,
            "origin": f"edge:{box}",
            "user": box,
            "created": kept.created,
            "job": str(facts.get("job") or "{}"),
            "record": record,
        }
        with self.state.begin() as connection:
            if connection.execute(sa.select(RUNS.c.run).where(RUNS.c.run == run)).scalar():
                return False
            connection.execute(sa.insert(RUNS).values(values))
        return True

    def _heard(self, box: str, *, rows: int = 0, runs: int = 0) -> None:
        seen = {"seen": datetime.now(UTC).timestamp()}
        with self.state.begin() as connection:
            more = seen | {"rows": BOXES.c.rows + rows, "runs": BOXES.c.runs + runs}
            found = connection.execute(sa.update(BOXES).where(BOXES.c.name == box).values(more))
            if found.rowcount == 0:
                first = seen | {"name": box, "rows": rows, "runs": runs}
                connection.execute(sa.insert(BOXES).values(first))


def packed(folder: Path, facts: str) -> bytes:
    """Pack a run's published folder for the centre."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                archive.write(path, path.relative_to(folder).as_posix())
        archive.writestr(JOB, facts)
    return target.getvalue()


def _unpacked(data: bytes, folder: Path) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > LARGEST_RUN:
            raise Invalid("run of an edge box", given="more than 500 MB unpacked")
        for entry in archive.infolist():
            target = (folder / entry.filename).resolve()
            if entry.is_dir() or not target.is_relative_to(folder.resolve()):
                raise Invalid(
                    "run of an edge box", given=repr(entry.filename[:80]), expected="files of a run"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as source, target.open("wb") as file:
                shutil.copyfileobj(source, file)


def _moved(record: RunRecord, folder: Path, box: str) -> RunRecord:
    """Return a record whose files lie in the centre's folder."""

    def here(path: str) -> str:
        parts = Path(path).parts
        inner = parts[parts.index(record.run) + 1 :] if record.run in parts else parts[-1:]
        return str(folder.joinpath(*inner))

    return record.model_copy(
        update={
            "tables": {name: here(path) for name, path in record.tables.items()},
            "figures": {name: here(path) for name, path in record.figures.items()},
            "notebook": here(record.notebook) if record.notebook else None,
            "origin": f"edge:{box}",
            "user": box,
            "sweep": None,
            "schedule": None,
        }
    )


def _facts(folder: Path) -> dict[str, Any]:
    try:
        text = (folder / JOB).read_bytes()
        found: dict[str, Any] = json.loads(text)
        return found
    except (OSError, ValueError):
        return {}


def _named(box: str) -> str:
    if not NAME.fullmatch(box):
        raise Invalid("edge box", given=repr(box[:60]), expected="a name of letters, digits and _")
    return box
