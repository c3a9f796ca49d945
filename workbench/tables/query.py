"""A user's SQL over the workspace's tables: locked down, limited in rows, memory and time, and killable.

The query runs in a process of its own, because DuckDB cannot be interrupted in every function
(``repeat`` of a long text took 28 s to stop) and a wrong query must not take the server's memory.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import Invalid
from workbench.tables import query_words, query_worker
from workbench.tables.catalog import Tables

LIMIT_ROWS = 10_000
TIMEOUT_S = 30.0
# Whatever else the server's environment holds is none of a query's business; Windows does not start without.
ENVIRONMENT = {name: os.environ[name] for name in ("SYSTEMROOT", "TMPDIR") if name in os.environ}
# What asks for names it does not mention; else only the tables in a query are opened for it.
ABOUT_ALL = re.compile(r"information_schema|duckdb_|\bshow\b|\bdescribe\b|sqlite_master|pg_", re.IGNORECASE)


PLACES = threading.BoundedSemaphore(3)


class Stop:
    """Ends a query from another thread, by killing its process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[str] | None = None
        self.asked = False

    def watch(self, process: "subprocess.Popen[str]") -> None:
        """Say which process to kill."""
        with self._lock:
            self._process = process
            if self.asked:
                process.kill()

    def now(self) -> None:
        """Kill it, or do not let it begin to work."""
        with self._lock:
            self.asked = True
            if self._process is not None and self._process.poll() is None:
                self._process.kill()


def run_sql(
    tables: Tables,
    sql: str,
    *,
    limit_rows: int = LIMIT_ROWS,
    timeout_s: float = TIMEOUT_S,
    stop: Stop | None = None,
) -> pd.DataFrame:
    """Run one SELECT and return its rows; ``frame.attrs["more"]`` says whether there are more than the limit.

    Raises
    ------
    Invalid
        If it is not one SELECT, DuckDB refuses it, it takes too long or too much memory, or is stopped.
    """
    found = fetch(tables, sql, limit_rows=limit_rows, timeout_s=timeout_s, stop=stop)
    frame: pd.DataFrame = found.to_pandas()
    result = frame.head(limit_rows)
    result.attrs["more"] = len(frame) > limit_rows
    return result


def fetch(
    tables: Tables, sql: str, *, limit_rows: int, timeout_s: float, stop: Stop | None = None
) -> pa.Table:
    """Run one SELECT and return its rows as Arrow, one more than the limit where there are more."""
    with _turn(timeout_s), tempfile.TemporaryDirectory(prefix="workbench-sql-") as scratch:
        target = Path(scratch) / "result.parquet"
        request = {
            "sql": sql,
            "views": _views(tables, Path(scratch), sql),
            "limit": limit_rows + 1,
            "target": target.name,
        }
        problem = _run(request, folder=scratch, timeout_s=timeout_s, stop=stop or Stop())
        if problem:
            raise query_words.refused(*problem, known=tables.names())
        return pq.read_table(target)


@contextmanager
def _turn(timeout_s: float) -> Iterator[None]:
    """Wait for a place: many queries at once would take the memory that each of them may have."""
    if not PLACES.acquire(timeout=timeout_s):
        raise Invalid("query", given="other queries in every place", hint="try again in a moment")
    try:
        yield
    finally:
        PLACES.release()


def used(tables: Tables, sql: str) -> list[str]:
    """Return the names of the tables that a query may read: those whose name stands in its text."""
    folded = sql.casefold()
    return [name for name in tables.names(rejected=True) if name.rpartition(".")[2].casefold() in folded]


def named(tables: Tables, sql: str) -> list[str]:
    """Return the tables that a query names as such; those it may read where DuckDB cannot say."""
    with duckdb.connect(":memory:") as connection:  # parses alone: nothing is bound, opened or run
        answer = connection.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [sql]).fetchall()[0][0]
    parsed = json.loads(answer)
    if parsed["error"]:
        return used(tables, sql)
    found = {name.casefold() for name in _tables_in(parsed)}
    return [name for name in tables.names(rejected=True) if name.casefold() in found]


def _tables_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield ".".join(filter(None, (node["schema_name"], node["table_name"])))
        node = list(node.values())
    if isinstance(node, list):
        for each in node:
            yield from _tables_in(each)


def columns_used(tables: Tables, sql: str) -> dict[str, dict[str, str]]:
    """Return the columns, with their types, of the tables that a query may read."""
    return {
        name: {column.name: column.type for column in tables.get(name).columns} for name in used(tables, sql)
    }


def _views(tables: Tables, scratch: Path, sql: str) -> dict[str, list[str]]:
    """Say which files stand behind which name, as of now; the side tables of imports included."""
    names = tables.names(rejected=True) if ABOUT_ALL.search(sql) else used(tables, sql)
    found = {name: tables.files(name) for name in names}
    found = {name: files for name, files in found.items() if files}
    try:
        # Through a link, so that no message and no system view can print where the workspace lies.
        (scratch / "tables").symlink_to(tables.workspace.tables.resolve(), target_is_directory=True)
    except OSError:  # Windows without the right to make links
        return found
    root = tables.workspace.tables
    return {
        name: [(Path("tables") / Path(file).relative_to(root)).as_posix() for file in files]
        for name, files in found.items()
    }


def _run(
    request: dict[str, Any], *, folder: str, timeout_s: float, stop: Stop
) -> tuple[str, list[int]] | None:
    """Hand a query to the worker; return what is wrong with it and where, if anything is."""
    # By path, not -m: the package's own imports would triple the time to start.
    command = [sys.executable, "-I", str(Path(query_worker.__file__))]
    started = time.monotonic()
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=ENVIRONMENT,
    ) as process:
        stop.watch(process)
        try:
            answer, _ = process.communicate(json.dumps(request), timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return f"nothing after {timeout_s:g} s, so it was stopped", []
        except BrokenPipeError:  # killed before it read the question
            answer = ""
        finally:
            if process.poll() is None:
                process.kill()
    if stop.asked:
        return "a query that was cancelled", []
    if process.returncode or not answer:
        spent = time.monotonic() - started
        return f"a query that ended its process after {spent:.0f} s: it needs less memory", []
    outcome = json.loads(answer)
    return None if outcome["ok"] else (str(outcome["problem"]), list(outcome["place"]))
