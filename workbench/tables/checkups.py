"""Counts the health of tables in the background, one after the other, so that no page waits for it."""

import logging
import threading

from workbench.errors import WorkbenchError
from workbench.tables import health
from workbench.tables.catalog import Tables

LOG = logging.getLogger(__name__)


class Checkups:
    """A line of versions of tables whose health was asked for."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._asked: list[str] = []
        self._changed = threading.Condition()
        self._stopped = False
        self._thread: threading.Thread | None = None

    def ask(self, *references: str) -> None:
        """Have the health of versions counted; what is in line already stays where it is."""
        with self._changed:
            self._asked += [each for each in dict.fromkeys(references) if each not in self._asked]
            if self._asked and self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._work, name="checkups", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def waiting(self) -> set[str]:
        """Return what is in line or being counted."""
        with self._changed:
            return set(self._asked)

    def stop(self) -> None:
        """Count nothing more; what is being counted is left to end by itself."""
        with self._changed:
            self._stopped = True
            self._asked.clear()
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._asked or self._stopped)
                if self._stopped:
                    return
                reference = self._asked[0]
            try:
                health.health(self._tables, reference)
            except WorkbenchError as error:  # removed meanwhile, or damaged: its page says so
                LOG.info("health of %s was not counted: %s", reference, error)
            except Exception:  # the next table must not wait for ever
                LOG.exception("health of %s could not be counted", reference)
            with self._changed:
                if reference in self._asked:
                    self._asked.remove(reference)
