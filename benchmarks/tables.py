"""Queries on a long table of many tags: as it was delivered, and after tidying, through the table layer."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from benchmarks.figures import machine, summary
from benchmarks.table import rows
from workbench.config import Workspace
from workbench.tables import chunks, columns, store
from workbench.tables.catalog import Tables
from workbench.tables.relation import literal
from workbench.tables.scan import scan

NAME = "plant.history"
TAGS = 200
DELIVERIES = 20  # files that the rows arrive in
GOAL_MS = 150
QUERIES = {
    "one tag, last day": "SELECT count(*), avg(value), min(value), max(value) FROM",
    "all tags, last day": "SELECT tag, count(*), avg(value), min(value), max(value) FROM",
}


def measure(n_rows: int, folder: Path | None, *, rounds: int, note: Callable[[str], None]) -> dict[str, Any]:
    """Make the table, ask, tidy, ask again; in this process and in one that has just begun."""
    before = machine()
    with _home(folder) as home:
        tables = Tables(Workspace(home).create())
        found: dict[str, Any] = {"rows": n_rows, "tags": TAGS, "machine": before}
        if not tables.exists(NAME):
            note(f"making {n_rows} rows in {DELIVERIES} deliveries")
            found["make_s"] = _timed(lambda: _deliver(tables, n_rows))
        if chunks.plan(tables, NAME):
            note("asking before tidying")
            found["as delivered"] = _asked(tables, rounds)
            note("tidying")
            found["tidy_s"] = _timed(lambda: chunks.tidy(tables, NAME))
        note("asking")
        found["tidied"] = _asked(tables, rounds)
        found["tidied"]["fresh process, ms"] = _fresh(home)
        found["files"], found["megabytes"] = len(tables.files(NAME)), round(tables.get(NAME).bytes / 1e6)
    return found


@contextmanager
def _home(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as empty:
        yield Path(empty)


def _timed(work: Callable[[], Any]) -> float:
    begin = time.perf_counter()
    work()
    return round(time.perf_counter() - begin, 1)


def _deliver(tables: Tables, n_rows: int) -> None:
    """Write a row a minute for each tag, in the order of time, as a collector would."""
    minutes = n_rows // TAGS
    folder = tables.folder_for(NAME)
    folder.mkdir(parents=True, exist_ok=True)
    value = "round(20 + t.tag % 17 + 5 * sin((m + 37 * t.tag) / 229.0) + random(), 3)"
    with duckdb.connect() as connection:
        for part in range(DELIVERIES):
            first, last = (minutes * each // DELIVERIES for each in (part, part + 1))
            target = store.new_file(folder)
            connection.execute(
                f"COPY (SELECT TIMESTAMP '2024-01-01' + to_minutes(m) AS ts, printf('T%03d', t.tag) AS tag, "
                f"{value} AS value FROM range({first}, {last}) r(m), range({TAGS}) t(tag)) "
                f"TO {literal(str(target))} (FORMAT parquet)"
            )
            schema = columns.storable_schema(pq.read_schema(target), units={"value": "°C"})
            tables.commit(NAME, [store.seal(target)], schema=schema, note={}, append=part > 0)


def _asked(tables: Tables, rounds: int) -> dict[str, Any]:
    """Ask each question several times; every time opens the table anew."""
    found = {}
    for name in QUERIES:
        taken, files = [], 0
        for _ in range(rounds):
            begin = time.perf_counter()
            files = ask(tables, name)
            taken.append((time.perf_counter() - begin) * 1000)
        found[name + "_ms"] = summary(taken)
        found[name + ", files opened"] = files
    return found


def ask(tables: Tables, name: str) -> int:
    """Answer one question through the table layer; return how many files it had to open."""
    where: dict[str, Any] = {"ts": {"from": _last_day(tables)}}
    if name.startswith("one"):
        where["tag"] = "T077"
    with scan(tables, NAME, where=where) as part:
        grouped = " GROUP BY tag" if name.startswith("all") else ""
        part.connection.execute(f"{QUERIES[name]} {part.rows}{grouped}").fetchall()
        return len(part.files)


def _last_day(tables: Tables) -> str:
    highs = tables.snapshot(*tables.pin(NAME)).bounds["ts"][1]
    return (max(highs) - timedelta(days=1)).isoformat()


def _fresh(home: Path) -> dict[str, float]:
    """Ask in a process that has opened nothing yet; its start and imports are not counted."""
    code = (
        "import sys, time; from benchmarks import tables as t; from workbench.config import Workspace\n"
        "from pathlib import Path; tables = t.Tables(Workspace(Path(sys.argv[1])))\n"
        "begin = time.perf_counter(); t.ask(tables, sys.argv[2]); print((time.perf_counter() - begin) * 1000)"
    )
    found = {}
    for name in QUERIES:
        command = [sys.executable, "-c", code, str(home), name]
        found[name] = round(
            float(subprocess.run(command, capture_output=True, text=True, check=True).stdout), 1
        )
    return found


def written(found: dict[str, Any]) -> str:
    """Return the table for people."""
    busy = ", ".join(map(str, found["machine"]["load"]))
    head = f"{found['rows']} rows of {TAGS} tags; goal ≤ {GOAL_MS} ms; load {busy}"
    return "\n".join([head, *rows({k: v for k, v in found.items() if k != "machine"}, "  ")])
