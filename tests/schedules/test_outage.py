"""A server that is killed in the middle: every time that came is run once, every run is looked at."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.schedules.conftest import Hook, until, write_notebook

pytestmark = [pytest.mark.slow, pytest.mark.serial]


class Server:
    """A workspace whose server can be killed and started again."""

    def __init__(self, home: Path) -> None:
        self.home = home
        kept = {name: value for name, value in os.environ.items() if not name.startswith("WORKBENCH_")}
        own = {"WORKBENCH_HOME": str(home), "WORKBENCH_DEMO": "false", "WORKBENCH_READY_KERNELS": "1"}
        self.environment = kept | own | {"OPENBLAS_NUM_THREADS": "1"}
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "workbench", "serve", "--port", "0"]
        self.process = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().removeprefix("Workbench is ready: ").strip()

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def call(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        token = (self.home / "server.token").read_text(encoding="ascii")
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
        request = urllib.request.Request(f"{self.url}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path / "plant")
    server.start()
    yield server
    server.kill()


def test_kill_9_loses_no_time_no_alarm_and_no_message(server: Server, hook: Hook, tmp_path: Path):
    request = {"template": write_notebook(tmp_path / "bore.ipynb"), "parameters": {"seconds": 3.0}}
    body = {"name": "bore", "request": request, "cron": "0 6 * * *", "zone": "Asia/Shanghai"}
    server.call("POST", "/schedules", body)
    server.call("PUT", "/channels/hook", {"url": hook.address})
    rule = {"name": "Cpk", "schedule": "bore", "on": "cpk", "operator": "<", "raise_at": [1.33]}
    server.call("POST", "/alarms", rule | {"channels": ["hook"]})
    server.call("POST", "/schedules/bore/run")
    until(lambda: server.call("GET", "/schedules/bore")["going"], 60)

    server.kill()  # while its run goes
    with closing(sqlite3.connect(server.home / "state.sqlite")) as book, book:  # five days pass
        book.execute("UPDATE schedules SET next = next - 5 * 86400")
    server.start()

    def firings() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = server.call("GET", "/schedules/bore/firings")
        return found if len(found) > 1 and all(each["state"] != "started" for each in found) else []

    caught_up, by_hand = until(firings, 120)[:2]
    until(lambda: hook.got, 60)
    assert (by_hand["cause"], by_hand["state"], by_hand["status"]) == ("now", "ended", "succeeded")
    assert (caught_up["cause"], caught_up["missed"]) == ("catch_up", 5)
    # The run that was killed goes on first, so the catch-up either waits its turn or is skipped, and says so.
    assert caught_up["state"] in {"ended", "skipped"}
    runs = server.call("GET", "/runs?limit=50")
    assert len(runs) == sum(each["run"] is not None for each in (caught_up, by_hand))
    assert all(run["status"] == "succeeded" for run in runs)
    [alarm] = server.call("GET", "/alarms")
    assert alarm["standing"]["raised"]
    assert [message["title"] for message in hook.got] == ["[Alarm 报警] Cpk"]
