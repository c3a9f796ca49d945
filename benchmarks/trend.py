"""A trend of N rows to what a chart is sent: through the table layer, beside two libraries that read it all.

The peers are measured with the Python of an environment of their own (``--peers-python``), and are said to be
absent where it lacks them.
"""

import json
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq

from benchmarks.figures import machine, summary
from benchmarks.table import rows
from workbench.api.trend import document
from workbench.config import Workspace
from workbench.tables import columns, store
from workbench.tables.catalog import Tables
from workbench.tables.relation import literal
from workbench.tables.trend import Wanted, trend

NAME, WIDTH = "plant.signal", 1200
SIZES = {10_000_000: 0.6, 100_000_000: 2.0}  # rows: seconds that the first drawing may take
PEERS = {
    "plotly_resampler": """
import plotly.graph_objects as go
from plotly_resampler import FigureResampler
figure = FigureResampler(go.Figure(), default_n_shown_samples=4 * WIDTH)
figure.add_trace(go.Scattergl(), hf_x=frame["ts"], hf_y=frame["value"])
sent = len(figure.to_json())
""",
    "datashader": """
import datashader, zlib
frame["ts"] = frame["ts"].astype("int64")
drawn = datashader.Canvas(plot_width=WIDTH, plot_height=400).line(frame, "ts", "value")
sent = len(zlib.compress(datashader.transfer_functions.shade(drawn).values.tobytes()))
""",
}


def measure(python: str, *, rounds: int, note: Callable[[str], None]) -> dict[str, Any]:
    """Make a table of each size, draw it, and let the peers draw it."""
    found: dict[str, Any] = {"width": WIDTH, "machine": machine()}
    with tempfile.TemporaryDirectory(prefix="workbench-benchmark-") as home:
        for n_rows, goal in SIZES.items():
            note(f"making {n_rows} rows")
            tables = Tables(Workspace(Path(home) / str(n_rows)).create())
            _make(tables, n_rows)
            note("drawing")
            found[f"{n_rows} rows"] = {"goal_s": goal, **_own(tables, rounds)} | {
                peer: _peer(python, peer, tables.files(NAME)[0], note) for peer in PEERS
            }
    return found


def _make(tables: Tables, n_rows: int) -> None:
    folder = tables.folder_for(NAME)
    folder.mkdir(parents=True, exist_ok=True)
    target = store.new_file(folder)
    with duckdb.connect() as connection:
        connection.execute(
            "COPY (SELECT TIMESTAMP '2024-01-01' + to_milliseconds(i * 250) AS ts, "
            f"round(50 + 10 * sin(i / 500000.0) + random(), 3) AS value FROM range({n_rows}) t(i)) "
            f"TO {literal(str(target))} (FORMAT parquet)"
        )
    schema = columns.storable_schema(pq.read_schema(target), units={"value": "bar"})
    tables.commit(NAME, [store.seal(target)], schema=schema, note={}, append=False)


def _own(tables: Tables, rounds: int) -> dict[str, Any]:
    taken, worked, sent = [], [], 0
    for _ in range(1 + rounds):
        begin, used = time.perf_counter(), time.process_time()
        sent = len(document(trend(tables, NAME, Wanted(("value",), width=WIDTH))))
        taken.append(time.perf_counter() - begin)
        worked.append(time.process_time() - used)
    return {
        "first drawn_s": round(taken[0], 2),
        "first drawn, processor_s": round(worked[0], 2),
        "drawn again_s": summary(taken[1:]),
        "drawn again, processor_s": summary(worked[1:]),
        "sent_bytes": sent,
    }


def _peer(python: str, peer: str, file: str, note: Callable[[str], None]) -> Any:
    """Measure a peer that reads the file and reduces it; its imports are not counted."""
    note(peer)
    begin = (
        "import json, sys, time\ntry:\n    import pandas, " + peer + "\nexcept ImportError:\n"
        f"    print(json.dumps('not installed')); sys.exit()\nWIDTH = {WIDTH}\nbegin = time.perf_counter()\n"
        f"frame = pandas.read_parquet({file!r})\n"
    )
    end = "print(json.dumps({'first drawn_s': round(time.perf_counter() - begin, 2), 'sent_bytes': sent}))"
    done = subprocess.run(
        [python, "-c", begin + PEERS[peer] + end], capture_output=True, text=True, check=False
    )
    lines = done.stdout.splitlines()
    return json.loads(lines[-1]) if lines else f"failed: {done.stderr.splitlines()[-1:]}"


def written(found: dict[str, Any]) -> str:
    """Return the table for people."""
    load = ", ".join(map(str, found["machine"]["load"]))
    head = f"A trend of {found['width']} pixels; load {load}"
    return "\n".join([head, *rows({k: v for k, v in found.items() if k != "machine"}, "  ")])
