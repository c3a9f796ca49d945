"""A driver: the process that takes runs through their steps, and executes no notebook code itself.

Forked from the nursery, so papermill is imported already, and used for many runs, so it is warm. The
notebook's code runs in a shell process whose channel comes along with each job.
"""

import os
from collections import deque
from typing import Any

from workbench.runs.execute import Shell
from workbench.runs.guard import Guard
from workbench.runs.job import Job
from workbench.runs.processes import call, follow
from workbench.runs.steps import run_job
from workbench.runs.wire import Channel

RUNS = 200  # then a fresh process takes over: whatever libraries keep does not add up


Orders = deque[dict[str, Any] | None]


def main(engine: Channel, parent: int) -> None:
    """Serve the engine's jobs until it is gone."""
    follow(parent)
    call("wb-driver")
    engine.send({"event": "ready", "pid": os.getpid()})
    orders: Orders = deque()
    served = 0
    while served < RUNS:
        orders.extend(engine.receive())
        while orders:
            order = orders.popleft()
            if order is None:
                return
            if order["order"] == "job":
                _drive(engine, order, orders)
                served += 1


def _drive(engine: Channel, order: dict[str, Any], orders: Orders) -> None:
    job = Job.model_validate_json(order["job"])
    guard = Guard(job.limits, order["pid"])

    def heard() -> None:
        """Take a cancel; with the engine gone there is nobody left to run for."""
        orders.extend(engine.receive())
        obey()

    def obey() -> None:
        while orders:
            said = orders.popleft()
            if said is None:
                guard.kill()
                os._exit(1)
            if said["order"] == "stop" and said["run"] == job.run:
                guard.stop(said["reason"])

    shell = Shell(Channel(engine.handed()), guard, listen=engine, heard=heard)
    obey()  # a cancel may have come along with the job
    record = run_job(job, shell, engine.send)
    engine.send({"event": "end", "record": record.model_dump(mode="json")})
