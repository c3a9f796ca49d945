"""The nursery: a process that has everything imported and forks shells and drivers whenever it is asked to.

Started by the engine as ``python -m workbench.runs.nursery``; it ends when the engine's end of the control
socket closes. It uses only what was proven to survive a fork with all its connections closed (pandas, DuckDB,
Bokeh): polars and OpenMP estimators hang in a child once the parent has *used* them.
"""

import contextlib
import gc
import importlib
import logging
import os
import pkgutil
import signal
import socket
import sys
from typing import Any, cast

sys.modules["rfc3987_syntax"] = cast(Any, None)  # a format checker nobody asks here; it takes 1 s to import

from workbench.runs import driver, keeper, shell  # noqa: E402
from workbench.runs.exercise import exercise  # noqa: E402
from workbench.runs.forking import see_off, serve  # noqa: E402
from workbench.runs.processes import adopt_orphans, call, follow, threads  # noqa: E402
from workbench.runs.wire import Channel  # noqa: E402

del sys.modules["rfc3987_syntax"]
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
LARGE_BLOCK = 30 << 20  # just below the most that glibc adapts to
LINGER_S = 2.0  # for its last children to clear up


def preload(more: list[str]) -> None:
    """Import the libraries that templates use; a missing one is the template's own affair."""
    names = [*LIBRARIES, *more]
    for package in HOUSE:
        folder = importlib.import_module(package).__path__
        names += [f"{package}.{module.name}" for module in pkgutil.iter_modules(folder)]
    logging.getLogger("prophet").setLevel(logging.CRITICAL)  # it reports that plotly is not there
    for name in names:
        with contextlib.suppress(Exception):  # a template's module may be broken in any way
            importlib.import_module(name)


def main() -> None:
    """Take the control socket that was inherited, preload, and serve."""
    descriptor, parent, full = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "full"
    more = sys.argv[4:]
    sys.argv = ["workbench"]
    follow(parent)
    call("wb-nursery")
    adopt_orphans()  # held states outlive the shell that they copy
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes the channel
    control = socket.socket(fileno=descriptor)
    if full:
        preload(more)
    shell.prepare()
    if full:
        exercise()
    # A large block that is freed once raises glibc's limit for blocks that go straight back to the system:
    # each run's tables then use memory again instead of having every page of it cleared anew.
    bytes(LARGE_BLOCK)
    gc.collect()
    gc.freeze()  # keeps the collector from touching, and so copying, the parent's pages in every child
    Channel(control).send({"event": "preloaded", "pid": os.getpid(), "threads": threads()})
    serve(control, {"shell": keeper.main, "driver": driver.main})
    see_off(LINGER_S)


if __name__ == "__main__":
    main()
