"""What people feel of a server while it judges: pages and routes asked twice a second, before and meanwhile.

Memory counts the server and the boxes it started. Each page is a new visit with a session of its own.
"""

import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from benchmarks.compete import DEADLINE_S, NAME, ROOT, opened, submitted

WAYS = {
    "gallery": "/",
    "app": "/app?template=control-chart",
    "runs": "/runs",
    "competition": f"/competition?id={NAME}",
    "api_templates": "/api/v1/templates",
    "api_runs": "/api/v1/runs",
    "api_leaderboard": f"/api/v1/competitions/{NAME}/leaderboard",
}
EVERY_S = 0.5
CALM = 8 * len(WAYS)


def measure(entries: int) -> dict[str, Any]:
    """Return how long answers take while nothing and while everything is judged."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        competitions = opened(home)
        port = free_port()
        address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "workbench", "serve", "--port", str(port), "--workspace", folder]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        server = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            with httpx.Client(base_url=address, timeout=60) as client:
                answering(client)
                asked(client, lambda count: count < len(WAYS))  # the first of each kind warms up
                calm = asked(client, lambda count: count < CALM)
                submitted(competitions, entries)
                until = time.monotonic() + DEADLINE_S
                busy = asked(
                    client,
                    lambda _: bool(competitions.book.open_entries()) and time.monotonic() < until,
                )
        finally:
            server.terminate()
            server.wait(60)
        return {"entries": entries, "calm": told(calm), "while_judging": told(busy)}


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answering(client: httpx.Client) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        try:
            client.get("/api/v1/health")
            return
        except httpx.TransportError:
            time.sleep(0.3)
    raise TimeoutError("the server does not answer")


def asked(client: httpx.Client, more: Callable[[int], bool]) -> dict[str, list[float]]:
    """Ask for one address after the other, at most two in a second; return how long each took, in ms."""
    taken: dict[str, list[float]] = {name: [] for name in WAYS}
    count = 0
    while more(count):
        name = list(WAYS)[count % len(WAYS)]
        begin = time.perf_counter()
        client.get(WAYS[name]).raise_for_status()
        seconds = time.perf_counter() - begin
        taken[name].append(1000 * seconds)
        time.sleep(max(0.0, EVERY_S - seconds))
        count += 1
    return taken


def told(taken: dict[str, list[float]]) -> dict[str, Any]:
    """Return the median and the 95th percentile of all, and of each address."""
    every = [one for each in taken.values() for one in each]
    named = {name: _two(each) for name, each in taken.items() if len(each) > 1}
    return {"requests": len(every), **_two(every), "load": round(os.getloadavg()[0], 1), "of": named}


def _two(values: list[float]) -> dict[str, int]:
    cut = statistics.quantiles(values, n=20, method="inclusive")[18]
    return {"median_ms": round(statistics.median(values)), "p95_ms": round(cut)}
