"""The process that executes a notebook's cells: an IPython shell without sockets of its own and one thread.

It is forked from a process that has everything imported, serves one run, and reports every output on its
channel as it happens. It can leave a held state behind: a copy of itself, stopped between two cells, from
which other runs go on (see ``forking.serve``). What a run means is decided elsewhere.
"""

import base64
import builtins
import fcntl
import gc
import io
import os
import socket
import sys
import tempfile
import threading
import time
from typing import Any

import numpy as np
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from workbench import kernel
from workbench.runs.forking import Role, serve
from workbench.runs.processes import HELD, SHELL, call, descendants, threads
from workbench.runs.wire import Channel

FLUSH_S = 0.1
FLUSH_CHARACTERS = 8192


class Report:
    """Where the shell's outputs go: the channel of the run that it serves now.

    A notebook's threads and the processes that it forks put out on the same channel, so each document is sent
    under a lock: one between threads, and one on a file that the system keeps between processes.
    """

    channel: Channel

    def __init__(self) -> None:
        self.streams: tuple[Stream, ...] = ()
        self._between_processes = -1
        os.register_at_fork(before=self.flush, after_in_child=self._fresh_lock)
        self._fresh_lock()

    def _fresh_lock(self) -> None:
        self._between_threads = threading.RLock()

    def open(self, channel: Channel) -> None:
        """Report on a channel from now on."""
        self.channel = channel
        if self._between_processes >= 0:  # of the run whose state this process goes on from
            os.close(self._between_processes)
        self._between_processes = _lockable()
        self.streams = Stream("stdout"), Stream("stderr")
        sys.stdout, sys.stderr = self.streams

    def send(self, event: dict[str, Any], *handed: socket.socket) -> None:
        """Send one document whole."""
        with self._between_threads:
            fcntl.lockf(self._between_processes, fcntl.LOCK_EX)
            try:
                self.channel.send(event, *handed)
            finally:
                fcntl.lockf(self._between_processes, fcntl.LOCK_UN)

    def output(self, kind: str, **fields: Any) -> None:
        """Send one output in the notebook format's own shape."""
        self.flush()
        self.send({"event": "output", "output": {"output_type": kind, **fields}})

    def mend(self) -> None:
        """Put our streams back where a notebook left nothing that can be written to: IPython needs it."""
        for stream in self.streams:
            if not callable(getattr(getattr(sys, stream.name), "write", None)):
                setattr(sys, stream.name, stream)

    def flush(self) -> None:
        """Send what the streams still hold; a notebook may have put its own in their place."""
        for stream in self.streams:
            stream.flush()


def _lockable() -> int:
    """Return a descriptor of a file without a name; one in memory where that is allowed."""
    try:
        return os.memfd_create("outputs")
    except PermissionError:
        descriptor, path = tempfile.mkstemp()
        os.unlink(path)  # noqa: PTH108
        return descriptor


REPORT = Report()


class Stream(io.TextIOBase):
    """Standard output or error: sent in portions, so that a million lines are not a million messages."""

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        self.name = name
        self._waiting: list[str] = []
        self._size = 0
        self._sent = 0.0

    def writable(self) -> bool:
        """Say that one can write."""
        return True

    def write(self, text: str) -> int:
        """Take a text; send what has gathered when it is much, or when it has waited."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._waiting.append(text)
        self._size += len(text)
        if self._size > FLUSH_CHARACTERS or time.monotonic() - self._sent > FLUSH_S:
            self.flush()
        return len(text)

    def flush(self) -> None:
        """Send what has gathered."""
        text, self._waiting, self._size = "".join(self._waiting), [], 0
        self._sent = time.monotonic()
        if text:
            output = {"output_type": "stream", "name": self.name, "text": text}
            REPORT.send({"event": "output", "output": output})


class Publisher(DisplayPublisher):
    """Sends what ``display`` shows."""

    def publish(self, data: Any, metadata: Any = None, **options: Any) -> None:
        """Send one display, or a new content for one that was shown."""
        transient = options.get("transient") or {}
        fields = {"data": _encoded(data), "metadata": metadata or {}}
        if options.get("update"):
            REPORT.output("update_display_data", **fields, display_id=transient.get("display_id"))
        else:
            REPORT.output("display_data", **fields, display_id=transient.get("display_id"))

    def clear_output(self, wait: bool = False) -> None:
        """Take back what the cell has shown so far."""
        REPORT.output("clear_output", wait=wait)


class Hook(DisplayHook):
    """Sends a cell's last value."""

    def write_output_prompt(self) -> None:
        """A notebook shows the number itself."""

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        """Send the value in every form it has."""
        REPORT.output(
            "execute_result",
            data=_encoded(format_dict),
            metadata=md_dict or {},
            execution_count=self.shell.execution_count,
        )

    def finish_displayhook(self) -> None:
        """There is no line to end."""
        self._is_active = False


class Shell(InteractiveShell):
    """IPython as a notebook knows it, reporting to a channel."""

    displayhook_class = Type(Hook)
    display_pub_class = Type(Publisher)
    system = InteractiveShell.system_piped  # what a command prints belongs to the cell

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window to drive; ``%matplotlib inline`` needs none."""

    def _showtraceback(self, etype: Any, evalue: Any, stb: Any) -> None:
        name = getattr(etype, "__name__", str(etype))
        try:
            text = str(evalue)
        except Exception:  # noqa: BLE001 - it is the notebook's own, and may do anything
            text = "it cannot say what it is"
        REPORT.output("error", ename=name, evalue=text, traceback=list(stb))

    def showindentationerror(self) -> None:
        """Show it as any other error."""
        self.showsyntaxerror()


def _encoded(data: Any) -> dict[str, Any]:
    return {
        kind: base64.b64encode(content).decode("ascii") if isinstance(content, bytes) else content
        for kind, content in data.items()
    }


def _no_input(*_: Any, **__: Any) -> str:
    raise StdinNotImplementedError("nobody is there to answer: a run has no keyboard")


def prepare() -> None:
    """Make this process's shell; done once, before anything is forked from here."""
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    # A history file is one more thing that can lock, and its writer is a thread.
    options = {"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "nocolor"}}
    shell = Shell.instance(config=Config(options))
    shell.raw_input = _no_input
    shell.run_cell("pass", silent=True)  # the first cell costs 4 ms more than those after it


def main(channel: Channel, hold_as: Role) -> None:
    """Serve one run on ``channel``: take up what it says and execute what it sends, until it closes.

    A state that is held on the way serves its own requests as ``hold_as``.
    """
    quiet = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(quiet, descriptor)
    os.close(quiet)
    builtins.input = _no_input
    REPORT.open(channel)
    np.random.seed()  # a fork copies its state: each run would draw the same numbers
    REPORT.send({"event": "ready", "pid": os.getppid()})
    while True:
        for order in channel.receive():
            if order is None:
                return
            _obey(order, hold_as)


def _obey(order: dict[str, Any], hold_as: Role) -> None:
    """Carry out one order: use the time before a run, enter a run, or execute a cell."""
    if order["order"] == "warm":
        kernel.warm()
        REPORT.send({"event": "warm"})
        return
    if order["order"] == "enter":
        kernel.enter(order["context"])
        REPORT.send({"event": "done", "ok": True})
        return
    if order.get("hold"):
        _hold(order["cell"], hold_as)
    REPORT.mend()
    shell = Shell.instance()
    result = shell.run_cell(order["source"], store_history=True)
    REPORT.flush()
    REPORT.send({"event": "done", "ok": bool(result.success), "count": shell.execution_count - 1})


def _hold(cell: int, hold_as: Role) -> None:
    """Leave a copy of this process behind that stands before ``cell``, if a copy is sure to be whole.

    A second thread would be missing in the copy, files in the folder belong to this run alone, and a child
    process cannot be copied.
    """
    try:
        alone = list(descendants(os.getppid())) == [os.getpid()]
        if not alone or len(threads()) > 1 or os.listdir():  # noqa: PTH208
            return
    except OSError:  # the folder is gone
        return
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    call(HELD)  # the copy has this name from its first moment: the end of this run spares it
    copy = os.fork()
    if copy:
        call(SHELL)
        theirs.close()
        with ours:
            REPORT.send({"event": "held", "cell": cell, "pid": copy}, ours)
        return
    status = 1
    try:
        ours.close()
        REPORT.channel.close()
        os.setsid()
        os.chdir("/")
        gc.freeze()
        serve(theirs, {"shell": hold_as})
        status = 0
    finally:
        os._exit(status)
