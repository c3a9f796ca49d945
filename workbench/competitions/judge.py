"""The judge: takes entries from the queue, has them run in the box, has their predictions scored.

One process of a workspace judges, the one that holds the lease; when it dies, another finds what it left and
goes on. An entry ends once, with a reason when it has no score, and a submission is given back when the fault
was not the team's.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from workbench.competitions import box, carry, ending, prints, task_run
from workbench.competitions.book import Book
from workbench.competitions.box import BoxResult
from workbench.competitions.bundle import Bundle
from workbench.competitions.contract import Task
from workbench.competitions.ending import Ending
from workbench.competitions.entry import Entry
from workbench.competitions.scoring import Scores
from workbench.competitions.shelf import EXECUTED, LOG, NOTEBOOK, PREDICTIONS, Shelf
from workbench.competitions.turns import in_turn
from workbench.errors import Unavailable
from workbench.runs.lease import Lease
from workbench.runs.publish import discard

LOG_ = logging.getLogger(__name__)
MAX_ATTEMPTS = 3
LOOK_S = 0.5


@dataclass
class _Going:
    """One entry under way."""

    thread: threading.Thread | None = None
    stop: threading.Event = field(default_factory=threading.Event)


class Judge:
    """Judges the entries of one workspace while it is started."""

    def __init__(self, book: Book, shelf: Shelf, *, clock: Callable[[], datetime], judges: int) -> None:
        self.book, self.shelf, self.clock, self.judges = book, shelf, clock, judges
        self.trouble = ""  # why it could not do its work the last time
        self._lease = Lease(shelf.root / "judge.json")
        self._leading = self._stopping = False
        self._going: dict[str, _Going] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to judge, or wait for the turn where another process does."""
        if self._thread is not None:
            return
        self._stopping = False
        self._thread = threading.Thread(target=self._loop, name="judge", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop; entries under way go back to the queue, and no attempt is counted."""
        if self._thread is None:
            return
        self._stopping = True
        self.wake()
        self._thread.join()
        self._thread = None

    def wake(self) -> None:
        """Look into the queue now."""
        self._wake.set()

    def alive(self) -> bool:
        """Whether some process of this workspace judges."""
        return self._leading or self._lease.held()

    def _loop(self) -> None:
        while not self._stopping:
            try:
                if self._leading or self._lead():
                    self._turn()
                self.trouble = ""
            except Exception as error:  # a thread that ends judges nothing any more
                self.trouble = str(error)
                LOG_.exception("the judge could not do its work; trying again")
            self._wake.wait(LOOK_S)
            self._wake.clear()
        for going in list(self._going.values()):
            going.stop.set()
        for going in list(self._going.values()):
            if going.thread:
                going.thread.join()
        if self._leading:
            self._leading = False
            self._lease.drop()

    def _lead(self) -> bool:
        self.shelf.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            self._lease.take()
        except Unavailable:
            return False
        self._leading = True
        for left in self.shelf.leftovers():
            discard(left)
        for entry in self.book.open_entries():
            if entry.status != "queued":
                self._interrupted(entry)
        return True

    def _interrupted(self, entry: Entry) -> None:
        """Settle an entry whose process is gone: once more, or lost after too many times."""
        kept = self.book.entry(entry.entry)
        if kept.cancel:
            self._finish(kept, ending.cancelled())
        elif kept.attempts < MAX_ATTEMPTS:
            self.book.back_to_queue(kept.entry)
        else:
            self._finish(kept, ending.lost())

    def _turn(self) -> None:
        carry.carry(self.book, self.shelf, self.clock())
        waiting = self.book.open_entries()
        for entry in waiting:
            if entry.cancel and entry.entry in self._going:
                self._going[entry.entry].stop.set()
        for entry in in_turn(waiting):
            if len(self._going) >= self.judges:
                return
            if self.book.claim(entry.entry, self.clock()):
                self._begin(entry.entry)

    def _begin(self, entry: str) -> None:
        going = self._going[entry] = _Going()
        going.thread = threading.Thread(target=self._work, args=(entry, going.stop), name=f"judge-{entry}")
        going.thread.start()

    def _work(self, entry: str, stop: threading.Event) -> None:
        try:
            self._judged(self.book.entry(entry), stop)
        except Exception:  # a full disk, a locked book: ours, so that it is tried again
            LOG_.exception("entry %s could not be judged", entry)
            self._interrupted(self.book.entry(entry))
        finally:
            self._going.pop(entry, None)
            self.wake()

    def _judged(self, entry: Entry, stop: threading.Event) -> None:
        bundle = self.shelf.get(entry.competition, entry.version)
        phase = next(each for each in bundle.contract.phases if each.id == entry.phase)
        task = bundle.contract.task_of(phase)
        folder = self.shelf.entry(entry.competition, entry.entry)
        work = self.shelf.scratch(entry.entry)
        try:
            result = task_run.run(bundle, task, folder / NOTEBOOK, work=work, stop=stop)
            self._keep(entry, result)
        finally:
            discard(work)
        if self._gave_way(entry, stop):
            return
        if result.outcome == "killed" or result.code in ending.AGAIN:
            self._interrupted(entry)
            return
        if result.outcome == "refused":
            box.probe.cache_clear()  # what proves the box may itself have been killed: prove it again
        again = result.outcome == "refused" or ending.may_be_ours(result)
        if again and (entry.attempts < MAX_ATTEMPTS or (result.outcome == "refused" and box.probe().works)):
            self._interrupted(entry)
            return
        ended = ending.of_box(result)
        if ended is None:
            self.book.to_scoring(entry.entry)
            scores = self._scored(bundle, task, entry)
            if scores.ours:
                self._interrupted(entry)
                return
            ended = ending.of_scores(scores, result)
        self._finish(entry, ended)

    def _scored(self, bundle: Bundle, task: Task, entry: Entry) -> Scores:
        work = self.shelf.scratch(entry.entry)  # found and removed also when this process is killed
        try:
            predictions = self.shelf.entry(entry.competition, entry.entry) / PREDICTIONS
            return task_run.score(bundle, task, predictions, work=work)
        finally:
            discard(work)

    def _keep(self, entry: Entry, result: BoxResult) -> None:
        """Keep what came out of the box, for the organiser: it may hold hidden rows."""
        kept = ((EXECUTED, result.notebook), (LOG, result.log), (PREDICTIONS, result.predictions))
        for name, path in kept:
            self.shelf.keep(entry.competition, entry.entry, name, path)

    def _finish(self, entry: Entry, ended: Ending) -> None:
        folder = self.shelf.entry(entry.competition, entry.entry)
        body = ended.body(prints.code_print(folder / NOTEBOOK))
        counts = entry.counts and ended.counts
        self.book.finish(entry.entry, self.clock(), body, status=ended.status, counts=counts)

    def _gave_way(self, entry: Entry, stop: threading.Event) -> bool:
        """Whether the entry was stopped: by its team, which ends it, or by a judge that stops."""
        if not stop.is_set():
            return False
        kept = self.book.entry(entry.entry)
        if kept.cancel:
            self._interrupted(kept)
        else:
            self.book.back_to_queue(entry.entry)
            self.book.change_entry(entry.entry, attempts=max(0, kept.attempts - 1))
        return True
