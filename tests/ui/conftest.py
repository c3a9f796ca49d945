"""A real server of a fresh workspace, and a real browser that reports what it should not have seen."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

DESKTOP, TABLET = {"width": 1280, "height": 800}, {"width": 768, "height": 1024}
TIMEOUT_MS = 60_000  # a page that answers at once may still wait for a busy machine
expect.set_options(timeout=TIMEOUT_MS)
ARTEFACTS = Path(__file__).resolve().parents[2] / "artefacts" / "screens"


@dataclass
class Served:
    """A server that runs, and where its workspace lies."""

    url: str
    home: Path
    log: Path


@dataclass
class Visitor:
    """A browser page, and what went wrong in it."""

    page: Page
    url: str
    troubles: list[str] = field(default_factory=list)

    def visit(self, address: str) -> None:
        """Go to an address of the server."""
        self.page.goto(self.url + address)

    def picture(self, name: str, *, full: bool = False) -> None:
        """Keep a screenshot for people to look at."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        self.page.wait_for_timeout(700)  # transitions and fonts settle
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", full_page=full)


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server on a free loopback port, with the demo factory."""
    home = tmp_path_factory.mktemp("workspace")
    log = tmp_path_factory.mktemp("log") / "server.log"
    environment = {
        **os.environ,
        "WORKBENCH_HOME": str(home),
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
    }
    with log.open("wb") as errors:
        server = subprocess.Popen(
            [sys.executable, "-m", "workbench", "serve", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            text=True,
        )
    try:
        assert server.stdout is not None
        line = server.stdout.readline()
        assert line.startswith("Workbench is ready: "), line
        yield Served(line.split(": ", 1)[1].strip(), home, log)
    finally:
        server.terminate()
        server.wait(30)
        server.stdout.close()


@pytest.fixture
def visitor(served: Served, browser: Browser) -> Iterator[Visitor]:
    """A new visitor; the test fails when a page or the server complained, or another machine was asked."""
    said = served.log.stat().st_size
    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    context.set_default_timeout(TIMEOUT_MS)
    page = context.new_page()
    visitor = Visitor(page, served.url)
    page.on("console", lambda message: _complaint(visitor, message.type, message.text))
    page.on("pageerror", lambda error: visitor.troubles.append(f"script error: {error.stack or error}"))
    page.on("request", lambda request: _foreign(visitor, request.url))
    yield visitor
    context.close()
    assert visitor.troubles == []
    assert "page could not be built" not in served.log.read_bytes()[said:].decode()


@pytest.fixture
def apart() -> Iterator[Callable[[Callable[[], Any]], Any]]:
    """Do something where no event loop runs: in this thread the browser's may."""
    with ThreadPoolExecutor(1) as thread:
        yield lambda do: thread.submit(do).result()


def _complaint(visitor: Visitor, kind: str, text: str) -> None:
    if kind in {"error", "warning"}:
        visitor.troubles.append(f"{kind}: {text}")


def _foreign(visitor: Visitor, url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != "127.0.0.1":
        visitor.troubles.append(f"request to another machine: {url}")
