"""The keeper of a notebook's process: its parent, which lets nothing of a run outlive the run.

Whatever a notebook starts, also a daemon in a session of its own, stays below its keeper. The keeper ends all
of it once the notebook's process has ended, or once nobody is at the other end of its channel any more; so
closing that end is all it takes to end a run. It runs no code of the notebook's.
"""

import contextlib
import os
import select
import signal
import socket

from workbench.runs import shell
from workbench.runs.processes import SHELL, adopt_orphans, call, follow, sweep
from workbench.runs.wire import Channel

WORD_S = 1.0  # for a last word to somebody who may not listen


def main(channel: Channel, _parent: int) -> None:
    """Fork the shell that serves ``channel``, wait for its end, and clear up behind it."""
    adopt_orphans()
    me = os.getpid()
    child = os.fork()
    if child == 0:
        os.setsid()
        follow(me)
        call(SHELL)
        shell.main(channel, main)
        return
    call("wb-keeper")
    _wait(channel, child)
    status = _ended(child)
    sweep()
    channel.socket.settimeout(WORD_S)
    with contextlib.suppress(OSError):
        channel.send({"event": "died", "how": how(status)})
    # Others may have inherited this socket; with this the reader learns of the end all the same.
    with contextlib.suppress(OSError):
        channel.socket.shutdown(socket.SHUT_RDWR)


def _wait(channel: Channel, child: int) -> None:
    """Return when the child has ended or the other end of the channel is closed."""
    poll = select.poll()
    poll.register(channel.socket, select.POLLRDHUP)
    poll.register(os.pidfd_open(child), select.POLLIN)
    poll.poll()


def _ended(child: int) -> int | None:
    """Return the exit status of a child that has ended; None while it lives."""
    pid, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if pid else None


def how(status: int | None) -> str:
    """Say how a process ended; negative is the signal that killed it."""
    if status is None:
        return "its connection was closed"
    if status >= 0:
        return f"it exited with status {status}"
    try:
        return f"it was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"it was ended by signal {-status}"
