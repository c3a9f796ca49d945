"""How our processes come from each other: one that waits with everything done forks a child on request.

The nursery does so from a state in which all is imported; a held state of a notebook does the same between
two of its cells.
"""

import json
import os
import signal
import socket
import time
import traceback
from collections.abc import Callable, Mapping
from typing import NoReturn

from workbench.runs.wire import Channel

Role = Callable[[Channel, int], None]  # what a child does: serve a channel; the pid is its parent's


def serve(control: socket.socket, roles: Mapping[str, Role]) -> None:
    """Fork a child for each request that arrives with a channel; end when the owner is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the children
    me = os.getpid()
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(control, 65536, 1)
        if not message:
            return
        if not descriptors:  # there was no room for one more: who asked sees its end closed
            continue
        channel = socket.socket(fileno=descriptors[0])
        if os.fork() == 0:
            control.close()
            _live(roles[json.loads(message)["role"]], Channel(channel), me)
        channel.close()


def see_off(seconds: float) -> None:
    """Wait until all children have ended, as long as it takes but for a limit."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.01)
        except ChildProcessError:
            return


def _live(role: Role, channel: Channel, parent: int) -> NoReturn:
    status = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        role(channel, parent)
        status = 0
    except ConnectionError:
        status = 0  # the owner is gone; so is the reason to be here
    except BaseException:  # noqa: BLE001 (the last frame of a forked child: say why, then end)
        traceback.print_exc()
    finally:
        os._exit(status)
