"""Whose turn it is: people before clocks before batches, and among equals one run of each user in turn.

Only the order is decided here; what waits is in the state database as well.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic

INTERACTIVE = 0


@dataclass(frozen=True)
class Waiting:
    """One run in the queue."""

    run: str
    priority: int = INTERACTIVE
    user: str = ""
    since: float = field(default_factory=monotonic)


class Queue:
    """The runs that wait, in the order in which they will go."""

    def __init__(self) -> None:
        self._turns: dict[int, OrderedDict[str, OrderedDict[str, Waiting]]] = {}
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def __contains__(self, run: str) -> bool:
        return run in self._waiting

    def put(self, waiting: Waiting, *, first: bool = False) -> None:
        """Add a run behind those of its user, or before them when it has been on its way already."""
        line = self._turns.setdefault(waiting.priority, OrderedDict()).setdefault(waiting.user, OrderedDict())
        line[waiting.run] = waiting
        line.move_to_end(waiting.run, last=not first)
        self._waiting[waiting.run] = waiting

    def take(self, may_go: Callable[[Waiting], bool]) -> Waiting | None:
        """Remove and return the run whose turn it is; None when none may go."""
        for priority in sorted(self._turns):
            turns = self._turns[priority]
            for user in list(turns):
                waiting = next(iter(turns[user].values()))
                if may_go(waiting):
                    turns.move_to_end(user)
                    self.remove(waiting.run)
                    return waiting
        return None

    def remove(self, run: str) -> Waiting | None:
        """Take a run out of the queue; None when it does not wait."""
        waiting = self._waiting.pop(run, None)
        if waiting is not None:
            turns = self._turns[waiting.priority]
            del turns[waiting.user][run]
            if not turns[waiting.user]:
                del turns[waiting.user]
        return waiting

    def ahead(self, run: str) -> int:
        """Return how many runs are likely to start before this one."""
        mine = self._waiting.get(run)
        if mine is None:
            return 0
        before = sum(1 for other in self._waiting.values() if other.priority < mine.priority)
        turns = self._turns[mine.priority]
        place = list(turns[mine.user]).index(run)
        return (
            before + place + sum(min(len(line), place) for user, line in turns.items() if user != mine.user)
        )
