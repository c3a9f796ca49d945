"""A workspace whose connectors are kept running in this process, and how to wait for what they bring."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collecting.sources import Mqtt
from workbench.collecting import collector, service
from workbench.collecting.model import NewConnector, Overview
from workbench.collecting.service import Collecting
from workbench.config import Workspace
from workbench.connectors import rest
from workbench.runs.state import State
from workbench.tables.catalog import Tables

DEADLINE_S = 60.0


class Plant:
    """The part of a server that collects."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tables = Tables(Workspace(root).create())
        self.collecting: Collecting
        self.begin()

    def begin(self) -> None:
        """Start, as a server does."""
        self.state = State(self.root / "state.sqlite")
        self.collecting = Collecting(self.root, self.state, self.tables)
        self.collecting.start()

    def end(self) -> None:
        """Stop, as a server does."""
        self.collecting.stop()
        self.state.close()

    def add(self, type_: str, settings: dict[str, Any], **more: Any) -> Overview:
        """Add a connector that writes into the table ``line``."""
        given = {"name": "line", "type": type_, "table": "line", "settings": settings, "write_every": 0.5}
        kept = self.collecting.add(NewConnector.model_validate(given | more))
        return self.collecting.overview(kept.id)

    def standing(self) -> Overview:
        """How the connector stands now."""
        return self.collecting.overview("line")

    def column(self, name: str) -> list[Any]:
        """The values of one column of the table, in its order."""
        if not self.tables.exists("line"):
            return []
        return list(self.tables.slice("line", 10**9).column(name).to_pylist())

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = DEADLINE_S) -> Any:
        """Wait for a condition, or say how things stood when it did not come."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"{what} did not come: {self.standing().status!r}")

    def wait_rows(self, count: int, column: str = "value") -> list[Any]:
        """Wait until the table has so many rows, and return their values."""
        self.wait(lambda: len(self.column(column)) >= count, f"{count} rows")
        return self.column(column)


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again soon: what is proved does not depend on how long people would wait."""
    monkeypatch.setattr(collector, "FIRST_PAUSE_S", 0.1)
    monkeypatch.setattr(collector, "LONGEST_PAUSE_S", 1.0)
    monkeypatch.setattr(service, "LOOK_S", 0.1)
    monkeypatch.setattr(rest, "FIRST_PAUSE_S", 0.02)


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    plant = Plant(tmp_path / "workspace")
    yield plant
    plant.end()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mqtt]:
    """A broker of MQTT that sends what it is told."""
    folder = tmp_path / "source"
    folder.mkdir()
    broker = Mqtt(folder)
    broker.begin()
    yield broker
    broker.end()
