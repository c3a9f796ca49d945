"""Connectors through the command line, the API and a server that is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.collecting.conftest import DEADLINE_S
from workbench.cli import execute
from workbench.collecting.vault import Vault
from workbench.config import Workspace
from workbench.errors import Invalid, Unavailable
from workbench.tables.catalog import Tables


class Server:
    """``workbench serve`` on a workspace, killed without warning when asked."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        given = {f"WORKBENCH_{name.upper()}": value for name, value in settings.items()}
        home_ = {"WORKBENCH_HOME": str(home), "WORKBENCH_READY_KERNELS": "0"}
        self.environment = {**os.environ, **home_, **given}
        self.begin()

    def begin(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench", "serve", "--port", "0", "--no-demo"],
            stdout=subprocess.PIPE,
            env=self.environment,
            text=True,
        )
        line = self.process.stdout.readline()
        assert line.startswith("Workbench is ready: "), line
        self.url = line.split(": ", 1)[1].strip()
        self.api = httpx.Client(base_url=f"{self.url}/api/v1", timeout=30)

    def kill(self) -> None:
        self.end(signal.SIGKILL)

    def end(self, how: int = signal.SIGTERM) -> None:
        self.api.close()
        self.process.send_signal(how)
        self.process.wait(30)
        self.process.stdout.close()

    def command(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "workbench", "connectors", *map(str, arguments)],
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def server(tmp_path):
    server = Server(tmp_path / "workspace")
    yield server
    server.end()


def stored(home: Path, column: str) -> list[float]:
    tables = Tables(Workspace(home))
    return tables.slice("line", 10**9).column(column).to_pylist() if tables.exists("line") else []


def test_a_server_killed_while_it_collects_stores_each_line_once(server, tmp_path):
    drop = tmp_path / "drop"
    drop.mkdir()
    add = ["add", "line", "--type", "files", "--table", "line", "--set", f"folder={drop}"]
    told = server.command(*add, "--set", "every=0.1", "--set", "settle=0.1", "--write-every", "0.3", "--json")
    assert told.returncode == 0, told.stderr
    count = 0
    for round_ in range(2):
        with (drop / "log.csv").open("a", encoding="utf-8") as file:
            if not round_:
                file.write("n\n")
            for _ in range(400):
                file.write(f"{count}\n")
                count += 1
        seen = len(stored(server.home, "n"))
        deadline = time.monotonic() + DEADLINE_S
        while len(stored(server.home, "n")) <= seen - (round_ == 0) and time.monotonic() < deadline:
            time.sleep(0.02)
        server.kill()
        server.begin()
    deadline = time.monotonic() + DEADLINE_S
    while len(stored(server.home, "n")) < count and time.monotonic() < deadline:
        time.sleep(0.1)

    assert stored(server.home, "n") == list(range(count))
    shown = json.loads(server.command("show", "line", "--json").stdout)
    assert shown["status"]["state"] == "running"
    assert shown["status"]["rows"] == count
    listed = server.api.get("/connectors").json()
    assert [each["connector"]["name"] for each in listed] == ["line"]
    assert server.api.post("/connectors/line/stop").json()["status"]["state"] == "stopped"
    assert server.api.delete("/connectors/line").status_code == 204
    assert server.api.get("/connectors/line").status_code == 404


def test_a_wrong_setting_is_refused_in_one_sentence(tmp_path, monkeypatch, capsys):
    wrong = [
        (["--type", "filez", "--set", "folder=/x"], "did you mean 'files'"),
        (["--type", "files"], "folder"),
        (["--type", "files", "--set", "foldr=/x"], "did you mean 'folder'"),
        (["--type", "files", "--set", "folder=/x", "--set", "every=often"], "every"),
    ]
    for arguments, expected in wrong:
        monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path))
        assert execute(["connectors", "add", "x", "--table", "t", *arguments]) == 2
        assert expected in capsys.readouterr().err


def test_credentials_need_their_key(tmp_path):
    vault = Vault(tmp_path)
    sealed = vault.seal({"password": "s3cret-word"})

    assert vault.open(sealed) == {"password": "s3cret-word"}
    assert "s3cret" not in sealed
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    (tmp_path / "secret.key").unlink()
    with pytest.raises(Unavailable, match="their key is missing"):
        vault.open(sealed)
    with pytest.raises(Invalid, match="key of the credentials"):
        Vault(tmp_path, "too short").open(sealed)
