"""The connection to a cluster: its workers, the tasks we have there, and what they say.

It lives in a thread of its own, with an event loop in which nothing waits for anything else. What happens is
told to the executor as messages; the scheduler may come and go.
"""

import asyncio
import contextlib
import importlib.util
import logging
import pickle
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workbench.errors import Unavailable
from workbench.runs import worker
from workbench.runs.worker import Offer

LOG = logging.getLogger(__name__)
CONNECT_S = 5.0
ANSWER_S = 10.0  # a scheduler that takes longer is as good as gone
PREPARE_S = 60.0  # a worker imports the workbench the first time
LOOK_S = 0.5
RETRY_S = 1.0
AGAIN_S = 10.0  # before a worker that could not be used is asked again
CLOSE_S = 5.0

# Told as a kind and its facts: workers (threads by address, refusals by address), said and ended (attempt,
# event), down (why).
Tell = Callable[..., None]


def require() -> None:
    """Refuse to go on without the optional package."""
    if importlib.util.find_spec("distributed") is None:
        raise Unavailable(
            "executor dask",
            given="the package distributed is not installed",
            hint="install it with: pip install 'workbench[scale]'",
        )


@contextlib.asynccontextmanager
async def connected(address: str) -> AsyncIterator[Any]:
    """Open a connection to a scheduler; what did not come about is closed too."""
    from distributed import Client  # optional, and slow to import

    client = Client(address, asynchronous=True, set_as_default=False, timeout=CONNECT_S)
    try:
        yield await client
    finally:
        await client.close()


def examine(address: str, home: Path) -> tuple[dict[str, int], dict[str, str]]:
    """Ask a cluster once which workers could serve a workspace, by address: their threads, or why not."""
    require()
    mark = home / worker.MARK
    given = {
        "version": worker.versions(),
        "home": str(home),
        "mark": mark.read_text(encoding="utf-8") if mark.exists() else "",
    }

    async def ask() -> tuple[dict[str, int], dict[str, Any]]:
        async with connected(address) as client:
            threads = await asyncio.wait_for(client.scheduler.ncores(), ANSWER_S)
            told = await asyncio.wait_for(client.run(worker.unfit, **given, on_error="return"), PREPARE_S)
            return threads, told

    try:
        # In a thread of its own: whoever asks may have an event loop already.
        with ThreadPoolExecutor(1) as pool:
            threads, told = pool.submit(asyncio.run, ask()).result()
    except (OSError, TimeoutError, ValueError) as error:
        raise Unavailable(f"the cluster at {address}", given=str(error) or "no answer") from error
    unfit = {worker: why for worker, answer in told.items() if (why := _sentence(answer))}
    return {worker: count for worker, count in threads.items() if worker not in unfit}, unfit


def _sentence(answer: Any) -> str | None:
    """Return why a worker cannot take runs; raise what may pass."""
    if isinstance(answer, OSError):
        raise answer
    if isinstance(answer, Exception):
        return f"cannot load the workbench ({answer}); install it there in the same version"
    return None if answer is None else str(answer)


class Errand:
    """A call that happens where it is unpickled: a scheduler passes the bytes on and needs no workbench."""

    def __init__(self, function: Callable[..., Any], *given: Any) -> None:
        self.function, self.given = function, given

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return self.function, self.given


class Cluster:
    """What the executor does on a cluster; every method returns at once."""

    def __init__(self, address: str, offer: Offer, tell: Tell) -> None:
        self.address, self.offer, self._tell = address, offer, tell
        self._client: Any = None
        self._futures: dict[str, Any] = {}
        self._usable: dict[str, int] = {}
        self._unfit: dict[str, str] = {}
        self._watched: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Connect, and stay connected."""
        self._loop = asyncio.new_event_loop()
        self._living = self._loop.create_task(self._stay_connected())
        self._thread = threading.Thread(target=self._live, name="cluster", daemon=True)
        self._thread.start()

    def submit(self, attempt: str, job: str) -> None:
        """Hand an attempt at a run to the cluster."""
        self._do(self._submit(attempt, job))

    def stop(self, address: str, *, run: str, attempt: str, reason: str) -> None:
        """Ask an attempt to end."""
        order = {"run": run, "attempt": attempt, "reason": reason}
        self._do(self._ask(worker.stop, self.offer["home"], address=address, **order))

    def drop(self, attempt: str) -> None:
        """Take a task back; one that has begun notices that its folder is gone."""
        self._do(self._drop(attempt))

    def close(self) -> None:
        """Let go of the tasks and of the scheduler."""
        self._loop.call_soon_threadsafe(self._living.cancel)
        self._thread.join(CLOSE_S)

    # --- in the loop's thread -----------------------------------------------------------------------------

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin something in the loop, from another thread."""
        self._loop.call_soon_threadsafe(self._keep, work)

    def _keep(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _live(self) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._living)
        left = asyncio.all_tasks(self._loop)
        for task in left:
            task.cancel()
        if left:
            self._loop.run_until_complete(asyncio.wait(left))
        self._loop.close()

    async def _stay_connected(self) -> None:
        while True:
            try:
                async with connected(self.address) as self._client:
                    try:
                        await self._watch(self._client)
                    finally:
                        self._forget()
                        self._tell("down", "does not answer")  # before closing, which takes its time
            except (OSError, TimeoutError, ValueError) as error:
                LOG.info("the cluster at %s: %s", self.address, error)
                self._tell("down", "does not answer")
            await asyncio.sleep(RETRY_S)

    async def _watch(self, client: Any) -> None:
        """Follow which workers there are, until the scheduler is gone."""
        while client.status == "running":
            found = await asyncio.wait_for(client.scheduler.ncores(), ANSWER_S)
            for address in found.keys() - self._watched.keys():
                self._watched[address] = self._keep(self._attend(client, address, found[address]))
            for address in self._watched.keys() - found.keys():
                self._watched.pop(address).cancel()
                self._usable.pop(address, None)
                self._unfit.pop(address, None)
            self._tell("workers", dict(self._usable), dict(self._unfit))
            await asyncio.sleep(LOOK_S)

    async def _attend(self, client: Any, address: str, threads: int) -> None:
        """Get a worker ready and hear what its runs say, for as long as it is there."""
        while True:
            try:
                refusal = await self._refusal(client, address)
                if refusal is not None:
                    self._unfit[address] = refusal
                    await asyncio.sleep(AGAIN_S)
                    continue
                self._unfit.pop(address, None)
                self._usable[address] = threads
                while True:
                    said = await client.run(worker.pull, self.offer["engine"], workers=[address])
                    for attempt, event in said[address]:
                        self._tell("said", attempt, event)
            except (OSError, TimeoutError):  # it is slow, or dies; the scheduler will tell
                await asyncio.sleep(RETRY_S)
            except LookupError:  # a new process at an old address knows nothing of us
                self._usable.pop(address, None)
                await asyncio.sleep(RETRY_S)

    async def _refusal(self, client: Any, address: str) -> str | None:
        """Get a worker ready; say why it cannot be."""
        work = client.run(worker.prepare, self.offer, workers=[address], on_error="return")
        return _sentence((await asyncio.wait_for(work, PREPARE_S))[address])

    async def _submit(self, attempt: str, job: str) -> None:
        client = self._client
        if client is None:  # the executor is about to hear that the scheduler is gone
            return
        end = {"event": "gone"}
        try:
            errand = pickle.dumps(Errand(worker.execute, self.offer, attempt, job))
            where = {"key": f"workbench-{attempt}", "workers": list(self._usable)}
            future = client.submit(pickle.loads, errand, **where, pure=False, retries=0)
            self._futures[attempt] = future
            end = await future
        except Exception as error:  # noqa: BLE001 (whatever went wrong there: the run goes elsewhere)
            if client.status != "running":
                return
            LOG.info("a task of the cluster failed: %s", error)
        self._futures.pop(attempt, None)
        self._tell("ended", attempt, end)

    async def _drop(self, attempt: str) -> None:
        future = self._futures.pop(attempt, None)
        if future is not None and self._client is not None:
            with contextlib.suppress(OSError, TimeoutError):
                await asyncio.wait_for(future.cancel(), ANSWER_S)

    async def _ask(self, function: Callable[..., None], *given: str, address: str, **named: str) -> None:
        with contextlib.suppress(OSError, TimeoutError, AttributeError):  # who is gone need not be asked
            work = self._client.run(function, *given, workers=[address], **named)
            await asyncio.wait_for(work, ANSWER_S)

    def _forget(self) -> None:
        for task in self._watched.values():
            task.cancel()
        self._client = None
        self._futures, self._watched, self._usable, self._unfit = {}, {}, {}, {}
