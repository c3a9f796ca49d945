"""The engine's side of the nursery: start it, ask it for processes, notice when its imports are old."""

import ast
import contextlib
import json
import os
import socket
import subprocess
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.runs.wire import Channel
from workbench.templates.library import Library

SINGLE_THREADED = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
STOP_S = 3.0
PACKAGE = Path(__file__).resolve().parents[1]


class Nursery:
    """A preloaded parent process."""

    def __init__(self, home: Path, *, full: bool, preload: tuple[str, ...] = ()) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        environment = os.environ | dict.fromkeys(SINGLE_THREADED, "1") | {"WORKBENCH_HOME": str(home)}
        names = ["full", *preload] if full else ["lean"]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workbench.runs.nursery", str(theirs.fileno()), str(os.getpid()), *names],
            pass_fds=[theirs.fileno()],
            env=environment,
            stdin=subprocess.DEVNULL,
        )
        theirs.close()
        self.control = Channel(ours)
        self.signature = signature(preload)
        self.children = 0  # processes in use that came from here
        self.ready = self.retired = False

    def fork(self, role: str) -> Channel:
        """Ask for a shell or a driver; it reports on its channel when it is ready."""
        return fork(self.control.socket, role)

    def stop(self) -> None:
        """End the nursery when what came from it has ended; its channels must be closed by now."""
        self.control.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_S if self.ready else 0)
        self.process.kill()
        self.process.wait()


def fork(control: socket.socket, role: str) -> Channel:
    """Ask a waiting process for a child, and return the channel to it."""
    channel, theirs = Channel.pair()
    with theirs:
        try:
            socket.send_fds(control, [json.dumps({"role": role}).encode()], [theirs.fileno()])
        except OSError:
            channel.close()
            raise
    return channel


def signature(preload: tuple[str, ...]) -> tuple[Any, ...]:
    """Return what a nursery's imports depend on: our own code, the installed packages, the preload list."""
    code = max((path.stat().st_mtime_ns for path in PACKAGE.rglob("*.py")), default=0)
    packages: set[tuple[str, int]] = set()
    for key in ("purelib", "platlib"):
        with contextlib.suppress(OSError), os.scandir(sysconfig.get_path(key)) as entries:
            packages |= {(e.name, e.stat().st_mtime_ns) for e in entries if e.name.endswith(".dist-info")}
    return code, frozenset(packages), preload


def imports_of(library: Library) -> tuple[str, ...]:
    """Return the modules that templates with a contract import, to have them imported ahead of time."""
    contracts = [template for template in library.list() if template.contract]
    return _imported(
        tuple(cell.source for one in contracts for cell in one.content.cells if cell.kind == "code")
    )


@lru_cache(maxsize=1)
def _imported(sources: tuple[str, ...]) -> tuple[str, ...]:
    found: set[str] = set()
    for source in sources:
        with contextlib.suppress(SyntaxError):
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    found |= {name.name for name in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module)
    return tuple(sorted(found))
