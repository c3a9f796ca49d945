"""Where everything is measured: a workspace of its own, with tables that are the same on every machine.

``bench.readings`` holds 100 000 rows of each asset, in the order of assets; ``bench.bore_NNN`` are copies of
the demo's 200 bore diameters, so that every run has an input that no run before it had.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.demo import factory
from workbench.runs.request import RunRequest

ROOT = Path(__file__).resolve().parents[1]
TEMPLATE = Path(__file__).parent / "templates" / "asset-trend.ipynb"
ROWS = 100_000
COPIES = 40
SCHEMA = pa.schema(
    [
        ("ts", pa.timestamp("us")),
        ("asset", pa.string()),
        *((name, pa.float64()) for name in ("value", "load", "speed", "ambient")),
    ]
)
UNITS = {"value": "°C", "speed": "1/min", "ambient": "°C"}


@dataclass(frozen=True)
class Case:
    """A template, how to ask for its n-th fresh run, and what to change for the same run again."""

    name: str
    number_of_inputs: int
    late: dict[str, Any]  # a parameter that only late cells use
    rules: dict[str, Any]  # one that the middle uses

    def request(self, number: int, *, origin: str = "form", **parameters: Any) -> RunRequest:
        """Ask for a run on the n-th input, which differs from all before it in what the first cells read."""
        number %= self.number_of_inputs
        if self.name == "asset-trend":
            given = addressed(asset(number))
        else:
            given = {"inputs": {"measurements": f"bench.bore_{number:03d}"}}
        chosen = given.pop("parameters", {}) | parameters
        return RunRequest(template=self.name, origin=origin, parameters=chosen, **given)


def addressed(name: str) -> dict[str, Any]:
    """Say in a request which asset is meant."""
    return {"filters": {"readings": {"asset": name}}}


def asset(number: int) -> str:
    """Name the n-th asset."""
    return f"A{number:03d}"


def cases(assets: int) -> dict[str, Case]:
    """Return what is measured: the template the goals are set with, and the house's own on a tiny table."""
    chosen = {"rules": ["nelson"]}
    found = [
        Case("asset-trend", assets, late={"drawn": 1000}, rules=chosen),
        Case("control-chart", COPIES, late=chosen, rules=chosen),
    ]
    return {case.name: case for case in found}


@contextmanager
def workspace(assets: int) -> Iterator[Path]:
    """Make a workspace with the benchmark's template and tables; remove it at the end."""
    home = Path(tempfile.mkdtemp(prefix="workbench-benchmark-"))
    try:
        fill(home, assets)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)


def bench_at(home: Path) -> Workbench:
    """Return the workbench of a workspace, with the settings people have."""
    return Workbench(load_settings(home=str(home)))


def fill(home: Path, assets: int) -> None:
    """Put the template and the tables into a workspace."""
    bench = bench_at(home)
    shutil.copy(TEMPLATE, bench.workspace.templates / TEMPLATE.name)
    rows = pa.RecordBatchReader.from_batches(SCHEMA, (readings(number) for number in range(assets)))
    bench.tables.add("bench.readings", rows, units=UNITS, source="benchmark")
    made = factory.table("demo.bore_diameter")
    for number in range(COPIES):
        bench.tables.add(f"bench.bore_{number:03d}", made.frame, units=made.units, source="benchmark")


def readings(number: int) -> pa.RecordBatch:
    """Make the rows of one asset: one every six seconds, the value a line in load, speed and ambient."""
    random = np.random.default_rng(number)
    load = random.normal(0.6, 0.1, ROWS).round(3)
    speed = random.normal(1480, 10, ROWS).round(1)
    ambient = random.normal(20, 2, ROWS).round(2)
    noise = random.normal(0, 1.5, ROWS)
    value = (12 + 40 * load + 0.01 * speed + 0.8 * ambient + noise).round(2)
    begin = np.datetime64("2025-01-01T00:00:00", "us")
    columns = {
        "ts": begin + np.arange(ROWS) * np.timedelta64(6, "s"),
        "asset": pa.DictionaryArray.from_arrays(np.zeros(ROWS, "int32"), [asset(number)]).cast(pa.string()),
        "value": value,
        "load": load,
        "speed": speed,
        "ambient": ambient,
    }
    return pa.RecordBatch.from_pydict(columns, schema=SCHEMA)
