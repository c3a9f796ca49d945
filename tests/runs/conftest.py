"""A real engine over a workspace of its own, and notebooks made of a few lines."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from workbench.app import Workbench
from workbench.config import load_settings

Notebook = Callable[..., str]


class Cluster:
    """A Dask scheduler and its workers: processes of their own on the loopback interface."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"tcp://127.0.0.1:{free_port()}"
        self.workers: dict[str, subprocess.Popen[bytes]] = {}  # by address
        self.start_scheduler()

    def start_scheduler(self) -> None:
        self.scheduler = self._start("scheduler", "--port", self.address.rpartition(":")[2])

    def start_worker(self) -> None:
        port = str(free_port())
        options = ["--no-nanny", "--nthreads", "2", "--death-timeout", "60", "--worker-port", port]
        place = ["--local-directory", str(self.folder / "scratch")]
        self.workers[f"tcp://127.0.0.1:{port}"] = self._start("worker", self.address, *options, *place)

    def kill(self, address: str) -> None:
        process = self.workers.pop(address)
        process.kill()
        process.wait()

    def close(self) -> None:
        for process in [*self.workers.values(), self.scheduler]:
            process.kill()
            process.wait()

    def _start(self, role: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *options]
        with (self.folder / f"{role}.log").open("ab") as log:
            return subprocess.Popen(
                [*command, "--host", "127.0.0.1", "--no-dashboard"],
                env=os.environ | {"PYTHONPATH": str(Path(__file__).resolve().parents[2])},
                stdout=log,
                stderr=log,
            )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        cluster.start_worker()
        cluster.start_worker()
        yield cluster
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """A workbench with short limits; the nursery preloads little, so it is up at once."""
    home = tmp_path_factory.mktemp("plant")
    settings = load_settings(home=str(home), run_seconds=4.0, output_megabytes=1.0, ready_kernels=1)
    with Workbench(settings, full=False) as bench:
        yield bench


@pytest.fixture
def notebook(tmp_path: Path) -> Notebook:
    """Write a notebook of the given code cells; a string that starts with # is a heading."""

    def write(*cells: str, parameters: str | None = None, name: str = "note") -> str:
        node = nbformat.v4.new_notebook()
        if parameters is not None:
            node.cells.append(nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}))
        for cell in cells:
            new = nbformat.v4.new_markdown_cell if cell.startswith("#") else nbformat.v4.new_code_cell
            node.cells.append(new(cell))
        path = tmp_path / f"{name}.ipynb"
        path.write_text(json.dumps(node), encoding="utf-8")
        return str(path)

    return write
