"""Values through each connector, its source killed twice on the way: are all there, and how fast?"""

import tempfile
import time
from pathlib import Path
from typing import Any

from tests.collecting.conftest import Plant
from tests.collecting.sources import SOURCES, Modbus

REGISTERS = 50  # of the Modbus device, read together
DEADLINE_S = 900.0


class Meter(Modbus):
    """A device with many registers: a device keeps nothing, so its values are those of its polls."""

    def produce(self, count: int) -> None:
        """Wait until so many values were asked for."""
        wanted = len(self.served()) + count // REGISTERS
        while len(self.served()) < wanted:
            time.sleep(0.05)
        self.sent += count

    def settings(self) -> dict[str, Any]:
        """List the counter under many names."""
        lines = "".join(f"count{number},0,uint32\n" for number in range(REGISTERS))
        return {**super().settings(), "registers": f"name,address,type\n{lines}"}

    def expected(self, stored: list[float]) -> list[float]:
        """Return what was served, but for answers that were cut off."""
        whole = [number for number in self.served() if number not in self.cut or number in stored]
        return [number for number in whole for _ in range(REGISTERS)][: len(stored)]


MEASURED = {**{name: source for name, source in SOURCES.items() if name != "sqlite"}, "modbus": Meter}


def measure(values: int, note: Any) -> dict[str, Any]:
    """Send so many values through every connector."""
    found = {}
    for name in MEASURED:
        note(f"{values} values through {name}")
        with tempfile.TemporaryDirectory(prefix="workbench-connectors-") as folder:
            found[name] = one(name, Path(folder), values)
    return {"values": values, "connectors": found}


def one(name: str, folder: Path, values: int) -> dict[str, Any]:
    """Send values through one connector and kill its source at a third and at two thirds."""
    (folder / "source").mkdir()
    source, plant = MEASURED[name](folder / "source"), Plant(folder / "workspace")
    source.begin()
    try:
        # A broker keeps nothing for who never came, a device nothing at all.
        first = 5 if source.keeps and source.type != "mqtt" else 0
        if first:
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
        if not source.keeps:
            plant.collecting.switch("line", enabled=False)
            plant.wait(lambda: not plant.collecting.going, "the end")
        while len(rows()) < len(source.expected(rows())) and time.monotonic() < deadline:
            time.sleep(0.5)
        gaps = len(plant.standing().gaps)
        took, stored = time.perf_counter() - begin, rows()
    finally:
        plant.end()
        source.end()
    expected = source.expected(stored)
    return {
        "count_equal": len(stored) == len(expected),
        "sum_equal": sum(stored) == sum(expected),
        "stored": len(stored),
        "gaps": gaps,
        "rows_per_second": round(len(stored) / took),
    }


def written(found: dict[str, Any]) -> str:
    """Return the figures as lines."""
    lines = [f"{found['values']} values, the source killed twice"]
    for name, each in found["connectors"].items():
        equal = "count and sum equal" if each["count_equal"] and each["sum_equal"] else "NOT EQUAL"
        gaps = f"{each['gaps']} gaps shown" if each["gaps"] else "no gap"
        speed = f"{each['rows_per_second']:>8} rows/s with the outages"
        lines.append(f"{name:10}  {each['stored']:>8} stored  {equal}  {speed}  {gaps}")
    return "\n".join(lines)
