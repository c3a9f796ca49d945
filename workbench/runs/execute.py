"""Execute a job's notebook with papermill on a kernel that is already connected.

papermill injects and runs; this module only listens: which step, which result, how many bytes. It does not
judge the outcome.
"""

import asyncio
import json
import logging
import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import papermill
from jupyter_core.utils import run_sync
from nbclient.exceptions import DeadKernelError
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

from workbench.kernel import MIME
from workbench.runs.job import Job
from workbench.runs.provisioner import NurseryKernelManager
from workbench.templates.notebook_file import Cell
from workbench.templates.steps import Step as Section
from workbench.templates.steps import steps_of

Emit = Callable[[dict[str, Any]], None]
LIVE_KINDS = frozenset({"kpi", "verdict", "alarm", "refusal", "step"})
CONNECT_S = 60
ALIVE_CHECK_S = 0.2


class Kernel:
    """A forked kernel with its manager and a connected client, ready to execute."""

    def __init__(self, pid: int, connection: dict[str, Any]) -> None:
        self.pid = pid
        self.manager = NurseryKernelManager(pid=pid, connection=connection)
        run_sync(self.manager.start_kernel)()
        self.client = self.manager.client()
        self.client.start_channels()
        run_sync(self.client.wait_for_ready)(timeout=CONNECT_S)
        self.client.allow_stdin = False

    def warm(self) -> None:
        """Spend the time before a job arrives on what is slow the first time."""
        run_sync(self._ask)("__import__('workbench.kernel').kernel.warm()")

    def enter(self, context: Path) -> None:
        """Tell the kernel which run it serves."""
        reply = run_sync(self._ask)(f"__import__('workbench.kernel').kernel.enter({str(context)!r})")
        if reply["content"]["status"] != "ok":
            raise RuntimeError(f"the kernel did not enter the run: {reply['content'].get('evalue')}")

    async def _ask(self, code: str) -> dict[str, Any]:
        asked = self.client.execute(code, silent=True, store_history=False, reply=True, timeout=CONNECT_S)
        answer = asyncio.ensure_future(asked)
        while not answer.done():
            await asyncio.wait({answer}, timeout=ALIVE_CHECK_S)
            if not answer.done() and not await self.manager.is_alive():
                answer.cancel()
                raise DeadKernelError("the kernel ended before the run began")
        reply: dict[str, Any] = answer.result()
        return reply

    @property
    def alive(self) -> bool:
        """Whether the kernel process still runs."""
        return bool(run_sync(self.manager.is_alive)())

    def kill(self) -> None:
        """End the kernel and everything it started."""
        for kill, target in ((os.killpg, self.pid), (os.kill, self.pid)):
            try:
                kill(target, signal.SIGKILL)
            except ProcessLookupError:
                continue


class Guard:
    """Ends the kernel when a limit is hit or a person cancels, and remembers why."""

    def __init__(self, kernel: Kernel, job: Job) -> None:
        self.kernel = kernel
        self.reason: str | None = None
        self.bytes_left = job.limits.output_bytes
        self._timer = threading.Timer(job.limits.seconds, self.stop, args=("timed_out",))
        self._timer.daemon = True

    def start(self) -> None:
        """Start the clock."""
        self._timer.start()

    def stop(self, reason: str) -> None:
        """End the run for ``reason``; the first reason stands."""
        if self.reason is None:
            self.reason = reason
            self.kernel.kill()

    def spend(self, size: int) -> None:
        """Count output; end the run when there is more than it may write."""
        self.bytes_left -= size
        if self.bytes_left < 0:
            self.stop("over_limit")

    def done(self) -> None:
        """Stop the clock."""
        self._timer.cancel()


class RunClient(PapermillNotebookClient):
    """papermill's client, on a connected kernel, telling what happens while it happens."""

    def __init__(self, nb_man: Any, *, kernel: Kernel, guard: Guard, emit: Emit, **options: Any) -> None:
        super().__init__(nb_man, km=kernel.manager, on_cell_start=self._started, **options)
        self.kc = kernel.client
        self.guard, self.emit = guard, emit
        self._sections = sections(self.nb)
        self._current: int | None = None

    def _started(self, cell: Any, cell_index: int) -> None:  # noqa: ARG002 (nbclient's signature)
        for number, section in enumerate(self._sections):
            if cell_index in section.cells and number != self._current:
                self._current = number
                self.emit({"event": "step", "index": number})

    def output(self, outs: Any, msg: Any, display_id: str, cell_index: int) -> Any:
        """Count each output and pass small results on before the notebook ends."""
        content = msg["content"]
        self.guard.spend(len(json.dumps(content, default=str)))
        bundle = content.get("data", {}).get(MIME) if msg["msg_type"] == "display_data" else None
        if bundle and bundle.get("kind") in LIVE_KINDS:
            self.emit({"event": "result", "result": bundle})
        return super().output(outs, msg, display_id, cell_index)


class NurseryEngine(NBClientEngine):
    """papermill's engine, with the kernel handed in instead of started."""

    executed: Any = None  # the notebook as far as it came, also when papermill raises

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> Any:
        """Run the cells on the kernel that ``options`` carries."""
        cls.executed = nb_man.nb
        ours = {key: options[key] for key in ("kernel", "guard", "emit")}
        client = RunClient(nb_man, kernel_name=kernel_name, timeout=None, store_widget_state=False, **ours)
        return client.execute()


papermill_engines.register("workbench-nursery", NurseryEngine)
# Its regular expressions miss `float | None` parameters and warn; the form has checked every name already.
logging.getLogger("papermill").setLevel(logging.ERROR)


def execute(job: Job, context: Path, kernel: Kernel, guard: Guard, emit: Emit) -> Any:
    """Run the notebook; return it as far as it came, with the outputs of the cells that ran."""
    notebook = nbformat.from_dict(job.notebook)
    notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3"})
    notebook.metadata.kernelspec["language"] = "python"
    NurseryEngine.executed = notebook
    guard.start()
    try:
        kernel.enter(context)
        papermill.execute_notebook(
            notebook,
            None,
            parameters=job.parameters,
            engine_name="workbench-nursery",
            kernel_name="python3",
            language="python",
            progress_bar=False,
            request_save_on_cell_execute=False,
            kernel=kernel,
            guard=guard,
            emit=emit,
        )
    except (papermill.PapermillExecutionError, DeadKernelError):
        pass  # the notebook holds the error, or the guard knows why the kernel is gone
    finally:
        guard.done()
    return NurseryEngine.executed


def sections(notebook: Any) -> tuple[Section, ...]:
    """Return the steps of an executed notebook; injected parameters have shifted the template's own."""
    return steps_of(tuple(Cell(cell.cell_type, cell.source) for cell in notebook.cells))
