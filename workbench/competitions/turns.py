"""Whose turn it is: one entry of each team in turn, first come first served among equals."""

from collections import Counter
from collections.abc import Iterable

from workbench.competitions.entry import Entry


def in_turn(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries that wait, in the order in which they will start.

    ``entries`` are all that wait or go: a team whose entry goes already stands a place further back.
    """
    entries = list(entries)
    turns: Counter[str] = Counter(entry.team for entry in entries if entry.status != "queued")
    ordered = []
    for entry in sorted(entries, key=lambda each: each.number):
        if entry.status == "queued":
            ordered.append((turns[entry.team], entry.number, entry))
            turns[entry.team] += 1
    return [entry for _, _, entry in sorted(ordered, key=lambda each: each[:2])]


def position(entries: Iterable[Entry], entry: str) -> int | None:
    """Return how many entries start before this one; None when it does not wait."""
    names = [each.entry for each in in_turn(entries)]
    return names.index(entry) if entry in names else None
