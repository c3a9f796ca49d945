"""Tidying in the background: one table at a time, in a patient process of its own that may be killed.

Looks at the logs alone, so a look costs nothing while nothing is written.
"""

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

from workbench.config import Workspace
from workbench.errors import WorkbenchError
from workbench.tables import chunks, rollup, wide
from workbench.tables.catalog import Tables

LOG = logging.getLogger(__name__)
LOOK_S = 60.0
PATIENCE = 10  # of 19: whoever runs something comes first


class Tidier:
    """Keeps the tables of a workspace in order while a server runs."""

    def __init__(self, tables: Tables, *, look_s: float = LOOK_S) -> None:
        self._tables, self._look_s = tables, look_s
        self._stopped = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._done: dict[str, int] = {}  # the version last seen to, well or not: again after a write
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to look."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._work, name="tidier", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking and end what goes; a table stays as it was."""
        self._stopped.set()
        if self._process is not None:
            self._process.kill()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._stopped.wait(self._look_s):
            for name in self._tables.names(rejected=True):
                if self._stopped.is_set():
                    return
                self._look(name)

    def _look(self, name: str) -> None:
        try:
            version = self._tables.pin(name)[1]
            nothing = chunks.plan(self._tables, name) is None and not wide.ahead(self._tables, name)
            if self._done.get(name) == version or nothing:
                return
        except (WorkbenchError, OSError):  # removed meanwhile, or damaged: not for us to say
            return
        command = [sys.executable, "-m", "workbench.tables.tidying", str(self._tables.workspace.root), name]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if self._stopped.is_set():
            self._process.kill()
        if self._process.wait() and not self._stopped.is_set():
            LOG.warning("table %s was not tidied; tried again after its next version", name)
        self._done[name] = version


def main(root: str, name: str) -> None:
    """Tidy one table with patience, and make what its first look needs."""
    if hasattr(os, "nice"):
        os.nice(PATIENCE)
    tables = Tables(Workspace(Path(root)))
    chunks.tidy(tables, name)
    for file, time, value, bits in wide.ahead(tables, name):
        rollup.of(file, time, value, bits)


if __name__ == "__main__":
    main(*sys.argv[1:])
