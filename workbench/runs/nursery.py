"""The preloaded parent: imports what runs need, then forks one slot per run and does nothing else.

Fork safety rests on a rule that a test holds: imports only, one thread, no query and no model in this
process (polars and OpenMP estimators hang in a child once the parent has *used* them).
"""

import contextlib
import gc
import importlib
import json
import logging
import os
import pkgutil
import signal
import socket
import sys
import threading
from pathlib import Path

import nbformat

from workbench.runs import slot
from workbench.runs.forked import die_with_parent

# What templates import: the house's own modules bring NumPy, pandas, DuckDB, SciPy and Bokeh with them.
LIBRARIES = (
    "holoviews",
    "bokeh.plotting",
    "statsmodels.api",
    "statsmodels.tsa.api",
    "statsmodels.tsa.forecasting.theta",
    "sklearn.ensemble",
    "prophet",
)
HOUSE = ("workbench.methods", "workbench.charts")


def preload(full: bool) -> None:
    """Import the libraries that templates use; a missing one is the template's own affair."""
    nbformat.validate(nbformat.v4.new_notebook())  # compiles the schema once (95 ms) for all slots
    if not full:
        return
    names = list(LIBRARIES)
    for package in HOUSE:
        folder = importlib.import_module(package).__path__
        names += [f"{package}.{module.name}" for module in pkgutil.iter_modules(folder)]
    logging.getLogger("prophet").setLevel(logging.CRITICAL)  # it reports that plotly is not there
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def native_threads() -> int:
    """Return how many threads the kernel counts in this process, native ones included."""
    tasks = Path("/proc/self/task")
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


def serve(control: socket.socket, *, full: bool) -> None:
    """Fork a slot for each request that arrives with a channel; end when the owner is gone."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps the slots
    control.sendall(json.dumps({"event": "preloaded", "threads": native_threads()}).encode() + b"\n")
    while True:
        message, descriptors, _flags, _address = socket.recv_fds(control, 65536, 1)
        if not message:
            return
        channel = socket.socket(fileno=descriptors[0])
        parent = os.getpid()
        if os.fork() == 0:
            control.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            os.setsid()
            die_with_parent(parent)
            slot.main(channel, Path(json.loads(message)["folder"]), warm=full)
        channel.close()


def main() -> None:
    """Take the control socket that was inherited, preload, and serve."""
    descriptor, parent, full = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "full"
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the channel
    preload(full)
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, the parent's pages in every child
    serve(socket.socket(fileno=descriptor), full=full)


if __name__ == "__main__":
    main()
