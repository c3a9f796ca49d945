"""Turn a forked child of the nursery into a Jupyter kernel.

The child starts with every library imported, one thread and no event loop; it listens on IPC sockets in a
folder only this user can open.
"""

import ctypes
import json
import os
import secrets
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

from ipykernel.kernelapp import IPKernelApp

PR_SET_PDEATHSIG = 1
CHANNELS = ("shell_port", "iopub_port", "stdin_port", "control_port", "hb_port")


def die_with_parent(parent: int) -> None:
    """Ask Linux to kill this process when its parent dies; elsewhere the parent's pipe closing must do."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died between the fork and the line above
            os._exit(1)


def new_connection(folder: Path) -> dict[str, Any]:
    """Return connection info for a kernel on IPC sockets ``<folder>/k-1`` to ``k-5``."""
    info: dict[str, Any] = {port: number for number, port in enumerate(CHANNELS, start=1)}
    return info | {
        "transport": "ipc",
        "ip": str(folder / "k"),  # a socket's path is limited to 107 bytes
        "key": secrets.token_hex(16),
        "signature_scheme": "hmac-sha256",
        "kernel_name": "python3",
    }


def fork_kernel(folder: Path) -> tuple[int, dict[str, Any]]:
    """Fork a kernel that serves ``folder``'s sockets; return its pid and connection info."""
    connection = new_connection(folder)
    file = folder / "connection.json"
    file.write_text(json.dumps(connection), encoding="utf-8")
    file.chmod(0o600)
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        _become_kernel(file, parent)
    return pid, connection


def _become_kernel(connection_file: Path, parent: int) -> NoReturn:
    """Run a kernel in this forked child until it is told to end; never return."""
    status = 1
    try:
        os.setsid()
        die_with_parent(parent)
        os.closerange(3, 1024)  # nothing of the driver's is open here: no channel, no database
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        sys.argv = ["workbench-kernel"]
        os.environ["JPY_PARENT_PID"] = str(parent)
        IPKernelApp.launch_instance(
            argv=[
                f"--f={connection_file}",
                "--HistoryManager.enabled=False",  # a history file is one more thing that can lock
                "--IPKernelApp.capture_fd_output=False",
                "--InteractiveShell.colors=nocolor",
            ]
        )
        status = 0
    finally:
        os._exit(status)
