"""The real command line, in processes of its own, over a workspace of its own."""

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench import cli

QUIET = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Told:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Workbench = Callable[..., Told]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty workspace for one module of tests."""
    return tmp_path_factory.mktemp("home") / "workspace"


@pytest.fixture(scope="module")
def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
    return (
        kept
        | QUIET
        | {"WORKBENCH_HOME": str(home), "WORKBENCH_DEMO": "false", "WORKBENCH_READY_KERNELS": "1"}
    )


@pytest.fixture(scope="module")
def process(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    """Run one command in a process of its own, from a folder that holds nothing."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")

    def run(*arguments: object, cwd: Path = elsewhere) -> Told:
        told = subprocess.run(
            [sys.executable, "-m", "workbench", *map(str, arguments)],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        return Told(told.returncode, told.stdout, told.stderr)

    return run


@pytest.fixture
def workbench(environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """Run one command in this process: the same code, without the start of an interpreter."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Told:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = cli.execute(list(map(str, arguments)))
        return Told(status, out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="module")
def server(environment: dict[str, str], home: Path) -> Iterator[str]:
    """The address of a server that serves the module's workspace."""
    command = [sys.executable, "-m", "workbench", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        assert said.startswith("Workbench is ready: "), said
        yield said.removeprefix("Workbench is ready: ").strip()
        process.terminate()
        assert process.wait(timeout=30) == 0, "SIGTERM ends a server without complaint"
    assert not (home / "server.json").exists()
    assert not (home / "server.token").exists()


@pytest.fixture(scope="module")
def rings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty-five subgroups of five, the last six of them shifted up."""
    path = tmp_path_factory.mktemp("data") / "rings.csv"
    lines = ["sample,diameter [mm]"]
    for subgroup in range(1, 26):
        shift = 0.05 if subgroup > 19 else 0.0
        lines += [f"{subgroup},{74 + shift + 0.01 * ((3 * subgroup + 7 * k) % 5 - 2):.3f}" for k in range(5)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
