"""The engine's side of the nursery: start it, ask it for slots, read what they report."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

PREFIX = "workbench-"
SINGLE_THREADED = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class Channel:
    """A socket that carries one JSON document per line."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._rest = b""

    def send(self, event: dict[str, Any]) -> None:
        """Send one document."""
        self.socket.sendall(json.dumps(event, ensure_ascii=False).encode() + b"\n")

    def receive(self) -> Iterator[dict[str, Any] | None]:
        """Return the documents that have arrived; None when the other side is gone."""
        try:
            data = self.socket.recv(1 << 20)
        except OSError:
            data = b""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            yield json.loads(line)
        if not data:
            yield None


@dataclass(eq=False)
class Slot:
    """A driver process with its kernel, as the engine sees it."""

    channel: Channel
    state: Literal["starting", "ready", "busy"] = "starting"
    pid: int = 0
    run: str | None = None
    deadline: float = 0.0
    stopped_for: str | None = None  # why the engine wants it to end: cancelled or timed_out


class Nursery:
    """The preloaded parent process, and the folder its kernels' sockets live in."""

    def __init__(self, home: Path, *, full: bool) -> None:
        sweep_sockets()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = os.environ | dict.fromkeys(SINGLE_THREADED, "1") | {"WORKBENCH_HOME": str(home)}
        arguments = [str(theirs.fileno()), str(os.getpid()), "full" if full else "lean"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench.runs.nursery", *arguments],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self.control = Channel(ours)
        self._count = 0

    def new_slot(self) -> Slot:
        """Ask for a slot; it reports on its channel when its kernel is ready."""
        ours, theirs = socket.socketpair()
        self._count += 1
        message = json.dumps({"folder": str(self.folder / str(self._count))}).encode()
        socket.send_fds(self.control.socket, [message], [theirs.fileno()])
        theirs.close()
        return Slot(Channel(ours))

    def stop(self) -> None:
        """End the nursery; its slots and kernels end with it."""
        self.control.socket.close()
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def sweep_sockets() -> None:
    """Remove the socket folders of engines that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, OSError):  # not ours to judge
            continue
