"""Execute a job's notebook with papermill, its cells in a shell process at the other end of a channel.

papermill injects the parameters and keeps the book of the cells; this module sends each cell over and puts
what comes back where the notebook format wants it. It does not judge the outcome.
"""

import contextlib
import json
import selectors
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
from papermill.engines import Engine, papermill_engines
from papermill.iorw import load_notebook_node
from papermill.parameterize import parameterize_notebook

from workbench.kernel import MIME
from workbench.runs.collect import Drawn, sections, write_figure
from workbench.runs.dependence import first_uses, only
from workbench.runs.guard import LOOK_S, Guard
from workbench.runs.job import Job
from workbench.runs.request import BATCH
from workbench.runs.wire import Channel
from workbench.templates.steps import Step as Section

Emit = Callable[..., None]
LIVE_KINDS = frozenset({"kpi", "verdict", "alarm", "refusal", "step"})
GIVEN = frozenset({"parameters", "injected-parameters"})
CLEAR_S = 2.0
PRINT_KEPT = 1_000_000  # characters of one print of a run that was stopped
WORTH_HOLDING_S = 0.08  # of cells since the last state: to leave one behind costs about a third of this


class ShellGone(Exception):
    """The notebook's process has ended, by itself or because it was stopped."""


class Shell:
    """The driver's end of a shell: orders go out, outputs come back, limits are watched meanwhile."""

    def __init__(self, channel: Channel, guard: Guard, *, listen: Channel, heard: Callable[[], None]) -> None:
        self.channel, self.guard = channel, guard
        self._heard = heard
        self._selector = selectors.DefaultSelector()
        self._selector.register(channel.socket, selectors.EVENT_READ)
        self._selector.register(listen.socket, selectors.EVENT_READ)
        self._next_look = time.monotonic() + LOOK_S

    def ask(self, **order: Any) -> Iterator[dict[str, Any]]:
        """Give one order and yield what comes back, up to and with the word that it is done."""
        try:
            self.channel.send(order)
        except OSError as error:
            raise ShellGone from error
        while True:
            for event in self._arrived():
                if event is None or event["event"] == "died":
                    raise ShellGone((event or {}).get("how", "its connection was closed"))
                yield event
                if event["event"] == "done":
                    return

    def _arrived(self) -> list[dict[str, Any] | None]:
        ready = self._selector.select(timeout=LOOK_S)
        if time.monotonic() > self._next_look:
            self.guard.look()
            self._next_look = time.monotonic() + LOOK_S
        events: list[dict[str, Any] | None] = []
        for key, _ in ready:
            if key.fileobj is self.channel.socket:
                events = self.channel.receive()
                self.guard.heard(self.channel.received)
                if self.guard.reason:
                    self.channel.drop()  # nobody will read the rest of a flood
                # Half a line is no wonder at the end of a process.
                if {"event": "garbled"} in events and not _ends(events):
                    self.guard.stop("garbled")
                    raise ShellGone("")
            else:
                self._heard()
        return events

    def close(self) -> None:
        """End the notebook's process; wait for what it started, which could still write into its folder."""
        started_others = self.guard.kill() > 1
        self._selector.close()
        self.channel.close()
        deadline = time.monotonic() + CLEAR_S
        while started_others and self.guard.alive() and time.monotonic() < deadline:
            time.sleep(0.002)


def _ends(events: list[dict[str, Any] | None]) -> bool:
    return any(event is None or event["event"] == "died" for event in events)


class Execution:
    """One notebook on its way through the shell."""

    def __init__(self, job: Job, shell: Shell, emit: Emit) -> None:
        self.job, self.shell, self.emit = job, shell, emit
        self.notebook = nbformat.from_dict(job.notebook)
        self._section: int | None = None
        self._sections: tuple[Section, ...] = ()
        self._shown: dict[str, list[Any]] = {}
        self.drawn: dict[str, Drawn] = {}
        self._unheld_s = 0.0  # what the cells since the last held state took

    def through(self, book: Any) -> None:
        """Run the cells in order until one fails; papermill's book notes how each went."""
        self.notebook = book.nb
        self._sections = sections(book.nb)
        names = [*self.job.parameters]
        given = [index for index, cell in enumerate(book.nb.cells) if GIVEN & set(tags(cell))]
        sources = [cell.source if cell.cell_type == "code" else None for cell in book.nb.cells]
        looked = self.job.hold or self.job.resume
        uses = first_uses(sources, names, given=given) if looked else {}
        start = self._go_on(book.nb.cells) if self.job.resume else 0
        for index, cell in enumerate(book.nb.cells):
            if cell.cell_type == "code" and cell.source.strip() and "skip-execution" not in tags(cell):
                self._reached(index)
                if index >= start or "injected-parameters" in tags(cell):
                    book.cell_start(cell, index)
                    hold = index > start and index in uses.values() and self._worth_holding()
                    # Of a held state only what it has not used yet is set anew.
                    free = [name for name, first in uses.items() if first >= max(index, start)]
                    source = cell.source if index >= start else only(cell.source, free)
                    begin = time.monotonic()
                    ok = self._cell(cell, source, index, hold=free if hold else None)
                    self._unheld_s += time.monotonic() - begin
                    if not ok:
                        book.cell_exception(cell, index)
                        return
                    book.cell_complete(cell, index)

    def _cell(self, cell: Any, source: str, index: int, *, hold: list[str] | None) -> bool:
        """Execute one cell, leaving a state before it in which the names in ``hold`` are free."""
        outputs = Outputs(cell, self._shown)
        try:
            order = {"source": source, "cell": index, "hold": hold is not None}
            for event in self.shell.ask(order="run", **order):
                if event["event"] == "output":
                    self._output(outputs, event["output"])
                elif event["event"] == "held":
                    self._held(event, sorted(hold or ()))
                elif event["event"] == "done":
                    cell.execution_count = event["count"]
                    return bool(event["ok"]) or "raises-exception" in tags(cell)
        finally:
            outputs.close()
        return False

    def _held(self, event: dict[str, Any], free: list[str]) -> None:
        """Pass a held state on to the engine; without a descriptor for it, it ends by itself."""
        with contextlib.suppress(OSError), self.shell.channel.handed() as control:
            self.emit({"event": "held", "cell": event["cell"], "pid": event["pid"], "free": free}, control)

    def _output(self, outputs: "Outputs", output: dict[str, Any]) -> None:
        if not outputs.joins(output):
            self.shell.guard.spend()
        outputs.take(output)
        self._tell(output)

    def _tell(self, output: dict[str, Any]) -> None:
        """Pass small results on before the notebook ends, and say where a figure already is.

        Of a batch nobody looks at a run that goes: its results come with its end.
        """
        bundle = output.get("data", {}).get(MIME)
        if not isinstance(bundle, dict) or self.job.priority == BATCH:
            return
        if bundle.get("kind") == "figure":
            name, folder = str(bundle.get("name")), self.job.staging_folder
            with contextlib.suppress(AttributeError, KeyError, TypeError, ValueError):  # judged at the end
                self.drawn[name] = Drawn(bundle, write_figure(folder, name, bundle))
                path = str(folder / self.drawn[name].path)
                self.emit({"event": "result", "result": {"kind": "figure", "name": name, "path": path}})
        elif bundle.get("kind") in LIVE_KINDS:
            self.emit({"event": "result", "result": bundle})

    def _reached(self, index: int) -> None:
        for number, section in enumerate(self._sections):
            if index in section.cells and number != self._section:
                self._section = number
                self.emit({"event": "step", "index": number})

    def _worth_holding(self) -> bool:
        """Whether a state here would save the next run more than it costs this one."""
        # A display that a later cell may update is known by an id that the notebook's file does not keep.
        if not self.job.hold or self._shown or self._unheld_s < WORTH_HOLDING_S:
            return False
        self._unheld_s = 0.0
        return True

    def _go_on(self, cells: Any) -> int:
        """Take over what the cells before the held state put out; return the first cell to execute."""
        resume = self.job.resume
        assert resume is not None  # noqa: S101 (for the type checker; the caller has looked)
        before = json.loads(Path(resume.notebook).read_text(encoding="utf-8"))["cells"]
        for index, (cell, old) in enumerate(zip(cells[: resume.cell], before, strict=False)):
            if cell.cell_type == "code" and "injected-parameters" not in tags(cell):
                cell.outputs = nbformat.from_dict(old["outputs"])
                cell.execution_count = old["execution_count"]
                self._reached(index)
                for output in cell.outputs:
                    self._tell(output)
        return resume.cell


class Outputs:
    """A cell's outputs in the notebook format: streams joined, displays updated, outputs cleared."""

    def __init__(self, cell: Any, shown: dict[str, list[Any]]) -> None:
        self.cell = cell
        cell.outputs = []
        self._shown = shown  # displays of all cells by their id: a later cell may update one
        self._pieces: list[str] = []  # of the last stream: joining at each would take the square of the time
        self._clear_next = False

    def joins(self, output: dict[str, Any]) -> bool:
        """Whether an output goes on where the last one ended."""
        last = self.cell.outputs[-1] if self.cell.outputs and not self._clear_next else None
        return (
            output["output_type"] == "stream"
            and last is not None
            and last.output_type == "stream"
            and bool(last.name == output["name"])
        )

    def close(self) -> None:
        """Bring the last stream up to date."""
        if self._pieces:
            self.cell.outputs[-1].text = "".join(self._pieces)
            self._pieces = []

    def take(self, output: dict[str, Any]) -> None:
        """Add one output, or do to earlier ones what it says."""
        if self.joins(output):
            self._pieces = self._pieces or [self.cell.outputs[-1].text]
            self._pieces.append(output["text"])
            return
        self.close()
        kind = output["output_type"]
        display = output.pop("display_id", None)
        if kind == "clear_output":
            self._clear_next = output["wait"]
            if not output["wait"]:
                self.cell.outputs = []
            return
        if self._clear_next:
            self.cell.outputs, self._clear_next = [], False
        if kind == "update_display_data":
            for shown in self._shown.get(display or "", []):
                shown.data, shown.metadata = output["data"], output["metadata"]
            return
        node = nbformat.NotebookNode()
        dict.update(node, output)  # as it is: turning a chart's thousands of parts into nodes takes longest
        self.cell.outputs.append(node)
        if display:
            self._shown.setdefault(display, []).append(node)


class ShellEngine(Engine):
    """papermill's engine, with the cells sent to a shell."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **options: Any) -> None:  # noqa: ARG003
        """Run the cells with the execution that ``options`` carries."""
        options["execution"].through(nb_man)


papermill_engines.register("workbench-shell", ShellEngine)


def execute(job: Job, shell: Shell, emit: Emit, *, context: dict[str, Any]) -> tuple[Any, dict[str, Drawn]]:
    """Run the notebook; return it as far as it came, and by name the figures that are written already."""
    execution = Execution(job, shell, emit)
    notebook = execution.notebook
    notebook.metadata.setdefault("kernelspec", {"name": "python3", "display_name": "Python 3"})
    notebook.metadata.kernelspec["language"] = "python"
    try:
        for _ in shell.ask(order="enter", context=context):
            pass
        # The steps of papermill.execute_notebook, without the whole notebook written once more at the end.
        notebook = load_notebook_node(notebook)
        if job.parameters:
            told = {"kernel_name": "python3", "language": "python"}
            notebook = parameterize_notebook(notebook, job.parameters, **told)
        options = {"kernel_name": "python3", "progress_bar": False, "execution": execution}
        papermill_engines.execute_notebook_with_engine("workbench-shell", notebook, **options)
    except ShellGone as gone:
        shorten(execution.notebook)
        shell.guard.died(str(gone))
    return execution.notebook, execution.drawn


def shorten(notebook: Any) -> None:
    """Cut what a stopped notebook printed: of a flood the beginning is evidence enough, and can be opened."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output["output_type"] == "stream" and len(output["text"]) > PRINT_KEPT:
                output["text"] = output["text"][:PRINT_KEPT] + "\n…\n"


def tags(cell: Any) -> list[str]:
    """Return a cell's tags."""
    return list(cell.metadata.get("tags", []))
