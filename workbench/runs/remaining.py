"""How long a run will take, from what earlier runs of its template took; without enough of them, nothing.

Runs of about the same size speak for themselves. Where they are too few, and sizes differ enough to see how
time grows with the rows, a line through all of them does: a fixed part and a part per row.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median

ENOUGH = 3  # runs to say anything
ALIKE = 2.0  # sizes within this factor take about the same time
SPAN = 4.0  # between the smallest and the largest size, to see how time grows
BEYOND = 2.0  # how far outside the sizes seen a line is still believed
MOST = 60  # runs looked at: all pairs of them are compared

Durations = Iterable[tuple[int, float]]


@dataclass(frozen=True)
class Usual:
    """How long runs like this one take in all, in seconds: most of them, and the longest."""

    low: float
    high: float
    longest: float

    def left(self, elapsed_s: float) -> tuple[float, float] | None:
        """Return what remains after ``elapsed_s``; None when the run takes longer than any before it."""
        if elapsed_s > self.longest:
            return None
        end = self.high if elapsed_s < self.high else self.longest
        return max(0.0, self.low - elapsed_s), end - elapsed_s


def usual(durations: Durations, rows: int) -> Usual | None:
    """Tell how long a run over ``rows`` rows takes, from (rows, seconds) of earlier ones; None: unknown."""
    known = list(durations)[:MOST]
    alike = [seconds for other, seconds in known if _alike(other, rows)]
    if len(alike) >= ENOUGH:
        return _range(alike)
    line = _line(known)
    sizes = [other for other, _ in known if other > 0]
    if line is None or not min(sizes) / BEYOND <= rows <= max(sizes) * BEYOND:
        return None
    fixed, per_row = line
    here = fixed + per_row * rows
    return _range([seconds / (fixed + per_row * other) * here for other, seconds in known if other > 0])


def _alike(first: int, second: int) -> bool:
    return first == second or (min(first, second) > 0 and max(first, second) <= ALIKE * min(first, second))


def _range(seconds: Sequence[float]) -> Usual:
    """Leave out the fastest and slowest tenth."""
    ordered = sorted(seconds)
    aside = len(ordered) // 10
    return Usual(ordered[aside], ordered[-1 - aside], ordered[-1])


def _line(known: Sequence[tuple[int, float]]) -> tuple[float, float] | None:
    """Return seconds for nothing and per row: the median of all slopes (Theil, Sen), not bent by outliers."""
    points = [(rows, seconds) for rows, seconds in known if rows > 0]
    sizes = {rows for rows, _ in points}
    if len(points) < 2 * ENOUGH or len(sizes) < ENOUGH or max(sizes) < SPAN * min(sizes):
        return None
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if a[0] != b[0]]
    per_row = max(0.0, median(slopes))
    fixed = median(seconds - per_row * rows for rows, seconds in points)
    smallest = fixed + per_row * min(sizes)
    return (fixed, per_row) if smallest > 0 and fixed >= 0 else (0.0, median(s / r for r, s in points))
