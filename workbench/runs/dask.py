"""Runs on the workers of a Dask cluster that is there already; all of them see the workspace's folder.

An attempt at a run is one task. Whether it may still publish is decided in the workspace: each attempt has a
folder of its own, and to give it up is to rename that folder away (see ``publish.withdraw``). So neither
Dask's own second tries nor a worker that was believed dead can run or publish anything twice.
"""

import contextlib
import logging
import queue
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import Invalid
from workbench.runs.cluster import Cluster, require
from workbench.runs.executor import Report
from workbench.runs.job import Job
from workbench.runs.worker import MARK, Offer, versions

LOG = logging.getLogger(__name__)
GRACE_S = 30.0  # a worker enforces its run's limits; past this it has hung, and the run is given up
STOP_S = 10.0  # the same after a cancel


@dataclass(eq=False)
class Going:
    """One attempt at a run, as far as it is known here."""

    attempt: str
    job: Job
    offered: frozenset[str]  # the workers it may go to
    address: str | None = None  # of the worker that has it
    stopped_for: str | None = None
    deadline: float = float("inf")


class DaskExecutor:
    """The cluster's workers."""

    def __init__(
        self, home: Path, *, address: str, ready: int, full: bool, preload: Callable[[], tuple[str, ...]]
    ) -> None:
        self.home, self.address, self.ready, self.full = home, address, ready, full
        self._preload = preload
        self._name = secrets.token_hex(8)
        self._inbox: queue.SimpleQueue[tuple[Any, ...]] = queue.SimpleQueue()
        self._reports: list[Report] = []
        self._going: dict[str, Going] = {}  # by run
        self._workers: dict[str, int] = {}
        self._trouble: str | None = "is not connected yet"
        self._cluster: Cluster | None = None

    # --- what the engine calls ----------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to connect; a scheduler that does not answer yet is waited for."""
        require()
        if not self.address.startswith(("tcp://", "tls://")):
            raise Invalid(
                "setting dask_address",
                given=repr(self.address),
                expected="the address of a Dask scheduler, such as tcp://10.0.0.5:8786",
                hint="set WORKBENCH_DASK_ADDRESS",
            )
        self._mark = workspace_mark(self.home)
        self._cluster = Cluster(self.address, self._offer(), lambda *message: self._inbox.put(message))
        self._cluster.start()

    def tend(self, waiting: int) -> None:  # noqa: ARG002 (the protocol's)
        """Give up what has gone past every limit; the workers keep their own processes ready."""
        now = time.monotonic()
        for going in [one for one in self._going.values() if now > one.deadline]:
            self._lose(going, going.stopped_for or "timed_out")

    def limit(self) -> int:
        """Return how many runs may go at the same time where the settings do not say."""
        return sum(self._workers.values())

    def trouble(self) -> str | None:
        """Say why no run can begin."""
        return f"the cluster at {self.address} {self._trouble}" if self._trouble else None

    def free(self) -> int:
        """Return how many runs could begin at once."""
        return max(0, self.limit() - len(self._going))

    def begin(self, job: Job) -> None:
        """Make the attempt's folder and hand the job to the cluster."""
        attempt = f"{job.run}.{secrets.token_hex(4)}"
        job = job.model_copy(update={"staging": str(job.staging_folder.with_name(attempt))})
        job.staging_folder.mkdir()
        self._going[job.run] = Going(attempt, job, frozenset(self._workers))
        self._link.offer = self._offer()  # templates may have come since
        self._link.submit(attempt, job.model_dump_json())

    def stop(self, run: str, reason: str) -> None:
        """Tell the worker to end its run; one that waits for a worker ends here."""
        going = self._going.get(run)
        if going is None or going.stopped_for is not None:
            return
        going.stopped_for = reason
        if going.address is None:
            self._lose(going, reason)
        else:
            going.deadline = min(going.deadline, time.monotonic() + STOP_S)
            self._link.stop(going.address, run=run, attempt=going.attempt, reason=reason)

    def wait(self, timeout: float) -> Iterator[Report]:
        """Yield what the workers report."""
        with contextlib.suppress(queue.Empty):
            if not self._reports:
                self._take(*self._inbox.get(timeout=timeout))
            while True:
                self._take(*self._inbox.get_nowait())
        reports, self._reports = self._reports, []
        yield from reports

    def wake(self) -> None:
        """End a wait."""
        self._inbox.put(("woken",))

    def close(self) -> None:
        """Let go of the cluster; what goes there ends when its folder is gone."""
        if self._cluster is not None:
            self._cluster.close()

    # --- what the cluster tells -----------------------------------------------------------------------------

    @property
    def _link(self) -> Cluster:
        assert self._cluster is not None  # noqa: S101 (for the type checker: the engine starts first)
        return self._cluster

    def _offer(self) -> Offer:
        return Offer(
            engine=self._name,
            version=versions(),
            home=str(self.home),
            mark=self._mark,
            full=self.full,
            ready=self.ready,
            preload=self._preload(),
        )

    def _take(self, kind: str, *told: Any) -> None:
        if kind == "workers":
            self._found(*told)
        elif kind == "down":
            self._found({}, {}, *told)
        elif kind in {"said", "ended"}:
            self._heard(*told)

    def _found(self, usable: dict[str, int], unfit: dict[str, str], down: str | None = None) -> None:
        """Take note of the workers there are; what went on one that is gone has lost its process."""
        self._workers = usable
        trouble = down
        if not usable and not down:
            refusals = [f"{address} {why}" for address, why in unfit.items()]
            trouble = f"has no worker that can take runs: {'; '.join(refusals) or 'none is there'}"
        if trouble != self._trouble:
            self._trouble = trouble
            LOG.warning("%s", self.trouble() or f"the cluster at {self.address} takes runs")
        for going in list(self._going.values()):
            if not usable.keys() & ({going.address} if going.address else going.offered):
                self._lose(going, going.stopped_for)

    def _heard(self, attempt: str, event: dict[str, Any]) -> None:
        going = next((one for one in self._going.values() if one.attempt == attempt), None)
        if going is None:  # given up before
            return
        if event["event"] == "placed":
            going.address = event["executor"]
            going.deadline = time.monotonic() + going.job.limits.seconds + GRACE_S
        if event["event"] == "gone":
            self._lose(going, event.get("reason") or going.stopped_for)
            return
        self._reports.append((going.job.run, event))
        if event["event"] == "end":
            del self._going[going.job.run]

    def _lose(self, going: Going, reason: str | None) -> None:
        """Report that an attempt has no process any more; the engine withdraws its folder."""
        del self._going[going.job.run]
        self._link.drop(going.attempt)
        self._reports.append((going.job.run, {"event": "gone", "reason": reason}))


def workspace_mark(home: Path) -> str:
    """Return what stands in a file of the workspace: a worker that reads the same sees the same folder."""
    path, draft = home / MARK, home / f"{MARK}.{secrets.token_hex(4)}"
    if not path.exists():
        draft.write_text(secrets.token_hex(16), encoding="utf-8")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)  # whole or not at all; the first of two engines has it
        draft.unlink()
    return path.read_text(encoding="utf-8")
