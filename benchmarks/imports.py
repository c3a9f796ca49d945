"""How long a large CSV takes to become a table, beside DuckDB's own COPY into Parquet of the same file."""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
import numpy as np
import pandas as pd

BYTES_PER_ROW = 78
SEED = 1
CHUNK = 500_000
COPY = "COPY (SELECT * FROM read_csv('{source}')) TO '{target}' (FORMAT parquet)"
IMPORT = """
import sys
from pathlib import Path
from workbench.config import Workspace
from workbench.tables import ingest
from workbench.tables.catalog import Tables
ingest.add_file(Tables(Workspace(Path(sys.argv[2])).create()), sys.argv[1])
"""


def write(path: Path, megabytes: int) -> int:
    """Write readings of 200 machines as a plant's export; return the rows."""
    rows = megabytes * 1_000_000 // BYTES_PER_ROW
    random = np.random.default_rng(SEED)
    start = pd.Timestamp("2025-01-01")
    for first in range(0, rows, CHUNK):
        n = min(CHUNK, rows - first)
        frame = pd.DataFrame(
            {
                "ts": pd.date_range(start + pd.Timedelta(seconds=first), periods=n, freq="s").astype(str),
                "machine": [f"M{i}" for i in random.integers(0, 200, n)],
                "count": random.integers(0, 100_000, n),
                "temp(℃)": random.normal(60, 3, n).round(3),
                "pressure [bar]": random.normal(6, 0.2, n).round(4),
                "state": random.choice(["run", "stop", "idle"], n),
                "v1": random.normal(0, 1, n).round(6),
                "v2": random.normal(0, 1, n).round(6),
                "v3": random.normal(0, 1, n).round(3),
            }
        )
        frame.to_csv(path, mode="a", header=first == 0, index=False)
    return rows


def measure(megabytes: int, rounds: int) -> dict[str, Any]:
    """Import and copy the same file in turn; each import is a process of its own."""
    with tempfile.TemporaryDirectory(prefix="workbench-import-") as folder:
        source, target = Path(folder) / "readings.csv", Path(folder) / "copy.parquet"
        rows = write(source, megabytes)
        imports, copies, peaks = [], [], []
        idle, _ = _in_a_process("import workbench.tables.ingest", [])
        for i in range(rounds):
            begin = time.perf_counter()
            with duckdb.connect() as connection:
                connection.execute("SET enable_progress_bar = false")
                connection.execute(COPY.format(source=source, target=target))
            copies.append(time.perf_counter() - begin)
            seconds, peak = _in_a_process(IMPORT, [str(source), str(Path(folder) / f"home{i}")])
            imports.append(seconds - idle)
            peaks.append(peak)
    return {
        "import_vs_copy": round(median(imports) / median(copies), 2),
        "import_s": round(median(imports), 2),
        "copy_s": round(median(copies), 2),
        "peak_megabytes": round(max(peaks)),
        "megabytes": megabytes,
        "rows": rows,
        "rounds": rounds,
    }


def written(found: dict[str, Any]) -> str:
    """Return the figures for people."""
    lines = [
        f"CSV of {found['megabytes']} MB, {found['rows']:,} rows, median of {found['rounds']}",
        f"  import as a table   {found['import_s']:8.2f} s   at most {found['peak_megabytes']} MB",
        f"  DuckDB's own COPY   {found['copy_s']:8.2f} s",
        f"  import ÷ COPY       {found['import_vs_copy']:8.2f}",
    ]
    return "\n".join(lines)


def _in_a_process(code: str, arguments: list[str]) -> tuple[float, float]:
    """Return seconds and the peak of memory of one process."""
    begin = time.perf_counter()
    child = subprocess.Popen([sys.executable, "-c", code, *arguments], env=os.environ)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, "import")
    return time.perf_counter() - begin, _megabytes(used)


def _megabytes(used: resource.struct_rusage) -> float:
    return used.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
