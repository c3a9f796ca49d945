"""A real engine over a workspace of its own, a clock that a test turns, and receivers on loopback."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import nbformat
import pytest
from aiosmtpd.controller import Controller

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest
from workbench.schedules.schedule import NewSchedule
from workbench.schedules.service import Schedules

START = datetime(2026, 6, 1, 5, 30, tzinfo=UTC)
VALUE = "value = 1.0\nfail = False\nfew = False\nseconds = 0.0\nrows = 0"
CELL = """
import time, workbench as wb
import pandas as pd
time.sleep(seconds)
if few:
    wb.refuse("too_few", text={"en": "Too few.", "zh": "数据太少。"}, remedy={"en": "More", "zh": "更多"})
wb.table("signals", pd.DataFrame({"n": range(rows)}))
wb.kpi("cpk", value)
wb.alarm("low", level="warning", when=value < 1.33, text={"en": "too low", "zh": "过低"})
wb.verdict("capable", level="good" if value >= 1.33 else "bad",
           text={"en": f"The process reaches {value}.", "zh": f"过程能力为 {value}。"})
assert not fail, "the machine is off"
"""


class Clock:
    """A clock that goes only when it is told to."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> datetime:
        self.now += timedelta(**by)
        return self.now


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    home = tmp_path_factory.mktemp("plant")
    settings = load_settings(home=str(home), run_seconds=20.0, ready_kernels=1)
    with Workbench(settings, full=False) as bench:
        yield bench


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def schedules(bench: Workbench, clock: Clock) -> Iterator[Schedules]:
    """The schedules of the workspace without their thread: a test says when they look."""
    schedules = Schedules(bench.engine, clock=clock)
    yield schedules
    for schedule in schedules.book.all():
        schedules.remove(schedule.id)
    for alarm in schedules.alarms.all():
        schedules.alarms.remove(alarm.rule.id)


@pytest.fixture(scope="session")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A notebook that records what its parameters say, or fails when they say so."""
    return write_notebook(tmp_path_factory.mktemp("notebooks") / "bore.ipynb")


def write_notebook(path: Path) -> str:
    node = nbformat.v4.new_notebook()
    node.cells.append(nbformat.v4.new_code_cell(VALUE, metadata={"tags": ["parameters"]}))
    node.cells.append(nbformat.v4.new_code_cell(CELL))
    path.write_text(json.dumps(node), encoding="utf-8")
    return str(path)


@pytest.fixture
def every_hour(notebook: str) -> Callable[..., NewSchedule]:
    def new(name: str = "bore", cron: str = "0 * * * *", **given: Any) -> NewSchedule:
        parameters = given.pop("parameters", {})
        template = given.pop("template", notebook)
        request = RunRequest(template=template, parameters=parameters)
        return NewSchedule(name=name, request=request, cron=cron, zone=given.pop("zone", "UTC"), **given)

    return new


def end(schedules: Schedules, handle: str) -> RunRecord:
    """Let the latest run of a schedule end, and let the schedules look at it."""
    run = next(firing.run for firing in schedules.firings(handle) if firing.run)
    record = schedules.engine.wait(run, 60)
    assert record.ended
    schedules.clockwork.ended(record)
    return record


def until(condition: Callable[[], Any], seconds: float = 30.0) -> Any:
    """Wait until something is so; return it."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


# --- receivers ------------------------------------------------------------------------------------------


@dataclass
class Mailbox:
    """What an SMTP server on loopback got."""

    address: str = ""
    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    mailbox = Mailbox()
    with socket.create_server(("127.0.0.1", 0)) as free:  # aiosmtpd connects to the port it was given
        port = free.getsockname()[1]
    server = Controller(mailbox, hostname="127.0.0.1", port=port)
    server.start()
    mailbox.address = f"mailto://localhost:{port}?from=bench@plant.example&to=shift@plant.example"
    yield mailbox
    server.stop()


@dataclass
class Hook:
    """What a webhook on loopback got, and how it answers."""

    address: str = ""
    status: int = 200
    got: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    hook = Hook()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if hook.status == 200:
                hook.got.append(json.loads(body))
            self.send_response(hook.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    hook.address = f"json://127.0.0.1:{server.server_port}/hooks/s3cret-token"
    yield hook
    server.shutdown()
    server.server_close()
    thread.join()
