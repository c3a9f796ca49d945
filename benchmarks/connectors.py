"""Values through each connector, its source killed twice on the way: are all there, and how fast?"""

import tempfile
import time
from pathlib import Path
from typing import Any

from tests.collecting.conftest import Plant
from tests.collecting.sources import SOURCES

STREAMING = ("mqtt", "sparkplug", "opcua", "rest", "postgres", "files")
DEADLINE_S = 900.0


def measure(values: int, note: Any) -> dict[str, Any]:
    """Send so many values through every connector."""
    found = {}
    for name in STREAMING:
        note(f"{values} values through {name}")
        with tempfile.TemporaryDirectory(prefix="workbench-connectors-") as folder:
            found[name] = one(name, Path(folder), values)
    return {"values": values, "connectors": found}


def one(name: str, folder: Path, values: int) -> dict[str, Any]:
    """Send values through one connector and kill its source at a third and at two thirds."""
    (folder / "source").mkdir()
    source, plant = SOURCES[name](folder / "source"), Plant(folder / "workspace")
    source.begin()
    try:
        first = 0 if source.type == "mqtt" else 5  # a broker keeps nothing for who never came
        source.produce(first)
        plant.add(source.type, source.settings())
        plant.wait(lambda: plant.standing().status.state == "running", "running")
        begin, third = time.perf_counter(), (values - first) // 3
        for count in (third, third, values - first - 2 * third):
            source.produce(count)
            if count == third and source.sent < values:
                source.kill()
                plant.wait(lambda: plant.standing().status.state != "running", "the kill")
                source.revive()

        def rows() -> list[float]:
            return [value for value in plant.column(source.column) if value is not None]

        deadline = time.monotonic() + DEADLINE_S
        while plant.standing().status.written < values and time.monotonic() < deadline:
            time.sleep(0.5)
        while len(rows()) < len(source.expected(rows())) and time.monotonic() < deadline:
            time.sleep(0.5)
        took, stored = time.perf_counter() - begin, rows()
    finally:
        plant.end()
        source.end()
    expected = source.expected(stored)
    return {
        "count_equal": len(stored) == len(expected),
        "sum_equal": sum(stored) == sum(expected),
        "stored": len(stored),
        "rows_per_second": round(len(stored) / took),
    }


def written(found: dict[str, Any]) -> str:
    """Return the figures as lines."""
    lines = [f"{found['values']} values, the source killed twice"]
    for name, each in found["connectors"].items():
        equal = "count and sum equal" if each["count_equal"] and each["sum_equal"] else "NOT EQUAL"
        lines.append(f"{name:10}  {equal}  {each['rows_per_second']:>8} rows/s with the outages")
    return "\n".join(lines)
