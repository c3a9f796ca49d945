"""How our processes come from each other: one that waits with everything done forks a child on request.

The nursery does so from a state in which all is imported; a held state of a notebook does the same between
two of its cells. A child follows its parent into death, so nothing is left behind however a process ends.
"""

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NoReturn

from workbench.runs.wire import Channel

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
HARMLESS = frozenset({"jemalloc_bg_thd"})  # an allocator's own, which it starts again after a fork

Roles = Mapping[str, Callable[[Channel], None]]


def serve(control: socket.socket, roles: Roles) -> None:
    """Fork a child for each request that arrives with a channel; end when the owner is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the children
    me = os.getpid()
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(control, 65536, 1)
        if not message:
            return
        channel = socket.socket(fileno=descriptors[0])
        if os.fork() == 0:
            control.close()
            _live(roles[json.loads(message)["role"]], Channel(channel), me)
        channel.close()


def _live(role: Callable[[Channel], None], channel: Channel, parent: int) -> NoReturn:
    status = 1
    try:
        os.setsid()
        follow(parent)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        role(channel)
        status = 0
    except ConnectionError:
        status = 0  # the owner is gone; so is the reason to be here
    except BaseException:  # noqa: BLE001 (the last frame of a forked child: say why, then end)
        traceback.print_exc()
    finally:
        os._exit(status)


def follow(parent: int) -> None:
    """Ask Linux to kill this process when its parent dies."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of what children leave behind, so that somebody reaps it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)


def threads() -> list[str]:
    """Return the names of this process's threads, native ones included, but for harmless ones."""
    names = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            names.append((task / "comm").read_text().strip())
    return [name for name in names if name not in HARMLESS]
