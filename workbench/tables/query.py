"""A user's SQL over the workspace's tables: locked down, limited in rows, memory and time, and killable.

The query runs in a process of its own, because DuckDB cannot be interrupted in every function
(``repeat`` of a long text took 28 s to stop) and a wrong query must not take the server's memory.
"""

import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq

from workbench.errors import Invalid, unknown
from workbench.tables import query_worker
from workbench.tables.catalog import Tables

LIMIT_ROWS = 10_000
TIMEOUT_S = 30.0


def run_sql(
    tables: Tables, sql: str, *, limit_rows: int = LIMIT_ROWS, timeout_s: float = TIMEOUT_S
) -> pd.DataFrame:
    """Run one SELECT and return its rows; ``frame.attrs["more"]`` says whether there are more than the limit.

    Raises
    ------
    Invalid
        If it is not one SELECT, DuckDB refuses it, or it takes longer or more memory than allowed.
    """
    with tempfile.TemporaryDirectory(prefix="workbench-sql-") as scratch:
        target = Path(scratch) / "result.parquet"
        request = {
            "sql": sql,
            "views": _views(tables, Path(scratch)),
            "limit": limit_rows + 1,
            "target": target.name,
        }
        problem = _run(request, folder=scratch, timeout_s=timeout_s)
        if problem:
            raise _refused(problem, tables)
        frame: pd.DataFrame = pq.read_table(target).to_pandas()
    result = frame.head(limit_rows)
    result.attrs["more"] = len(frame) > limit_rows
    return result


def _refused(problem: str, tables: Tables) -> Invalid:
    """Point a misspelt table to the workspace's own names, which DuckDB's suggestions do not know."""
    missing = re.search(r"Table with name (.+?) does not exist", problem)
    if not missing:
        return Invalid("query", given=problem)
    error = unknown("table", missing.group(1), tables.names())
    return Invalid("query: unknown table", given=error.given, hint=error.hint)


def _views(tables: Tables, scratch: Path) -> dict[str, list[str]]:
    """Say which files stand behind which name, as of now; the side tables of imports included."""
    found = {name: tables.files(name) for name in tables.names(rejected=True)}
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


def _run(request: dict[str, Any], *, folder: str, timeout_s: float) -> str | None:
    """Hand a query to the worker; return what is wrong with it, if anything."""
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
    ) as process:
        try:
            answer, _ = process.communicate(json.dumps(request), timeout=timeout_s)
        except subprocess.TimeoutExpired:
            return f"nothing after {timeout_s:g} s, so it was stopped"
        finally:
            if process.poll() is None:
                process.kill()
    if process.returncode or not answer:
        return (
            f"a query that ended its process after {time.monotonic() - started:.0f} s: it needs less memory"
        )
    outcome = json.loads(answer)
    return None if outcome["ok"] else str(outcome["problem"])
