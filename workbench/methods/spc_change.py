"""Since when, and by how much: locate a lasting change of the mean in a series of points.

Decides between a step, a passing episode, a drift and none of these. It explains signals of a chart; it does
not replace them.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from workbench.methods.spc_samples import Floats

SHORTEST = 3  # points: shorter episodes are single points to look into, not a new level
LONGEST_FOR_EPISODES = 1500  # the search for episodes compares every pair of points
CHANCE = 0.05


@dataclass(frozen=True)
class Change:
    """A change of the mean; positions count from 0.

    Attributes
    ----------
    kind : str
        ``step`` (to a new level, until the end), ``episode`` (there and back), ``drift`` (along a line).
    first, last : int
        First and last point of the changed part.
    size : float
        Step and episode: changed mean minus the rest. Drift: fitted rise from the first to the last point.
        In the unit of the values.
    """

    kind: str
    first: int
    last: int
    size: float


def find_change(values: Floats, error: float) -> Change | None:
    """Locate the change of the mean that explains a series best, if chance does not explain it as well.

    Every split (and every stretch) of the series is compared by the standardised difference of its two means,
    every drift by its standardised slope; the chance of the largest of m comparisons is bounded by m times
    that of one (Bonferroni). Among those that pass, a drift is preferred when it leaves less unexplained.

    Parameters
    ----------
    values : array of float, shape (k,)
        Points in order; NaN where there is none.
    error : float
        Standard error of a point, > 0, in the values' unit.

    Returns
    -------
    Change or None

    Source
    ------
    Hawkins, Qiu and Kang, Journal of Quality Technology 35 (2003) 355-366: the change-point model.

    Examples
    --------
    >>> find_change(np.array([0.1, -0.2, 0.0, 0.2, -0.1, 4.1, 3.9, 4.0]), error=1.0)
    Change(kind='step', first=5, last=7, size=4.0)
    """
    present = np.flatnonzero(np.isfinite(values))
    z = values[present] / error
    if z.size < 2 * SHORTEST:
        return None
    candidates = [found for found in (_step(z), _episode(z)) if found and _lasts(z, found[1])]
    best = max(candidates, key=lambda item: item[0], default=None)
    if best is not None and best[1].kind == "episode" and candidates[0][1].kind == "step":
        # A step is the simpler story: an episode has to explain clearly more.
        best = best if best[0] > 1.25 * candidates[0][0] else candidates[0]
    drift = _drift(z)
    if drift is not None and (best is None or drift[0] > best[0]):
        best = drift
    if best is None:
        return None
    change = best[1]
    first, last = int(present[change.first]), int(present[change.last])
    return Change(change.kind, first, last, round(float(change.size * error), 12))


def _passes(distance: float, comparisons: int) -> bool:
    return bool(2 * comparisons * norm.sf(distance) < CHANCE)


def _lasts(z: Floats, change: Change) -> bool:
    """Tell whether a stretch still stands out by three standard errors without its farthest point."""
    inside = np.zeros(z.size, dtype=bool)
    inside[change.first : change.last + 1] = True
    stretch = np.sort(z[inside] * math.copysign(1.0, change.size))[:-1]
    rest = z[~inside] * math.copysign(1.0, change.size)
    error = math.sqrt(1 / stretch.size + 1 / rest.size)
    return bool(stretch.mean() - rest.mean() > 3 * error)


def _step(z: Floats) -> tuple[float, Change] | None:
    """Return what the best step explains (a sum of squares) and the step."""
    n = z.size
    split = np.arange(SHORTEST, n - SHORTEST + 1)
    before = np.cumsum(z)[split - 1]
    difference = (z.sum() - before) / (n - split) - before / split
    explained = difference**2 * split * (n - split) / n
    best = int(explained.argmax())
    if not _passes(math.sqrt(explained[best]), split.size):
        return None
    return float(explained[best]), Change("step", int(split[best]), n - 1, float(difference[best]))


def _episode(z: Floats) -> tuple[float, Change] | None:
    """Return what the best stretch that ends before the end explains, and the stretch."""
    n = z.size
    if not 3 * SHORTEST <= n <= LONGEST_FOR_EPISODES:
        return None
    total = np.concatenate([[0.0], np.cumsum(z)])
    first, end = np.triu_indices(n + 1, k=SHORTEST)
    inside = (first >= SHORTEST) & (end <= n - SHORTEST)
    first, end = first[inside], end[inside]
    length = end - first
    stretch = total[end] - total[first]
    difference = stretch / length - (total[n] - stretch) / (n - length)
    explained = difference**2 * length * (n - length) / n
    if not explained.size or not _passes(math.sqrt(explained.max()), explained.size):
        return None
    best = int(explained.argmax())
    change = Change("episode", int(first[best]), int(end[best]) - 1, float(difference[best]))
    return float(explained[best]), change


def _drift(z: Floats) -> tuple[float, Change] | None:
    """Return what a straight line explains, and its rise."""
    x = np.arange(z.size) - (z.size - 1) / 2
    slope = float(x @ z / (x @ x))
    explained = slope**2 * float(x @ x)
    if not _passes(math.sqrt(explained), 1):
        return None
    ranks = z.argsort().argsort() - (z.size - 1) / 2
    rank_distance = abs(float(x @ ranks / (x @ x))) * math.sqrt(z.size - 1)
    if rank_distance < 3:  # a few wild points tilt a line, not ranks
        return None
    return explained, Change("drift", 0, z.size - 1, slope * (z.size - 1))


def without(values: Floats, change: Change | None) -> Floats:
    """Return a series as it would have been without its change.

    Parameters
    ----------
    values : array of float, shape (k,)
    change : Change or None
        From ``find_change`` of these values.

    Returns
    -------
    array of float, shape (k,)

    Source
    ------
    None.

    Examples
    --------
    >>> without(np.array([1.0, 1.0, 4.0, 4.0]), Change("step", 2, 3, 3.0)).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """
    if change is None:
        return values
    rest = values.copy()
    part = slice(change.first, change.last + 1)
    count = change.last - change.first + 1
    rest[part] -= np.linspace(0.0, change.size, count) if change.kind == "drift" else change.size
    return rest
