"""Which workbench a page belongs to: the server's, or, under plain `panel serve`, one of its own."""

import atexit
import threading

import panel as pn

from workbench.app import Workbench

KEY = "workbench"
LOCK = threading.Lock()


def share(bench: Workbench) -> None:
    """Make a server's workbench the one that scenario apps find."""
    pn.state.cache[KEY] = bench


def shared() -> tuple[Workbench, bool]:
    """Return the workbench, and whether our own server serves it; start one where there is none."""
    with LOCK:
        bench = pn.state.cache.get(KEY)
        if bench is None:
            bench = Workbench()
            if bench.settings.demo:
                bench.load_demo()
            bench.start(adopt=False)
            atexit.register(bench.stop)
            pn.state.cache[KEY] = bench
            pn.state.cache[f"{KEY}.own"] = True
    return bench, not pn.state.cache.get(f"{KEY}.own", False)
