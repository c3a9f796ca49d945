"""Run rules: which patterns of points say that a process has changed.

Each rule looks at the distances of points from the centre line in standard errors. Rules are written for
independent points between symmetric limits: only the location chart of a Shewhart pair is such a chart.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.errors import unknown

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Positions = NDArray[np.intp]
_NOWHERE = np.zeros(0, dtype=np.intp)

RULE_SETS: dict[str, tuple[str, ...]] = {
    "iso7870": ("beyond_limits", "run_7", "trend_7"),
    "western-electric": ("beyond_limits", "two_of_three", "four_of_five", "run_8"),
    "nelson": (
        *("beyond_limits", "run_9", "trend_6", "alternating_14"),
        *("two_of_three", "four_of_five", "within_15", "outside_8"),
    ),
    "aiag": (
        *("beyond_limits", "run_7", "trend_6", "alternating_14"),
        *("two_of_three", "four_of_five", "within_15", "outside_8", "middle_third"),
    ),
    "limits-only": ("beyond_limits",),
}
RULES = (
    *("beyond_limits", "run_7", "run_8", "run_9", "trend_6", "trend_7", "trend_8"),
    *("alternating_14", "alternating_15", "two_of_three", "four_of_five"),
    *("within_15", "outside_8", "middle_third"),
)
THIRD_OF, FEWEST_IN_THIRD, MOST_IN_THIRD = 25, 10, 23  # AIAG: of 25 points 40 % or fewer, or over 90 %

# New patterns per point of a stable process with normal points, from a simulation of two million points
# (2^-k for a run of k): what chance alone is to be blamed for.
CHANCE = {
    "run_7": 0.0078,
    "run_8": 0.0039,
    "run_9": 0.0020,
    "trend_6": 0.0024,
    "trend_7": 0.0003,
    "trend_8": 0.00004,
    "alternating_14": 0.0017,
    "alternating_15": 0.0011,
    "two_of_three": 0.0021,
    "four_of_five": 0.0037,
    "within_15": 0.0010,
    "outside_8": 0.0001,
    "middle_third": 0.0023,
}


@dataclass(frozen=True)
class Hit:
    """A point at which a rule is fulfilled, and the point where its pattern began (both from 0)."""

    point: int
    rule: str
    start: int


def chosen_rules(names: Sequence[str]) -> tuple[str, ...]:
    """Expand sets into single rules; of the same pattern in two lengths the shorter one stays.

    Parameters
    ----------
    names : sequence of str
        Sets (``iso7870``, ``western-electric``, ``nelson``, ``aiag``, ``limits-only``) and single rules.

    Returns
    -------
    tuple of str
        Single rules; ``beyond_limits`` is always the first.

    Raises
    ------
    NotFound
        If a name is neither a set nor a rule.

    Source
    ------
    ISO 7870-2:2013 (7 on one side, trend of 7); Western Electric, Statistical Quality Control Handbook
    (1956); Nelson, Journal of Quality Technology 16 (1984) 237-239; AIAG SPC, 2nd ed., chapter II: seven on
    one side, six in a trend, and about two thirds of the points in the middle third of the limits.

    Examples
    --------
    >>> chosen_rules(["western-electric", "run_7"])
    ('beyond_limits', 'run_7', 'two_of_three', 'four_of_five')
    """
    found = {"beyond_limits"}
    for name in names:
        if name not in RULE_SETS and name not in RULES:
            raise unknown("rule", name, (*RULE_SETS, *RULES))
        found.update(RULE_SETS.get(name, (name,)))
    kept: dict[str, str] = {}
    for rule in RULES:
        if rule in found:
            kept.setdefault(rule.split("_")[0], rule)  # RULES lists the shorter length first
    return tuple(kept.values())


def apply_rules(distances: Floats, rules: Sequence[str], *, limit: float = 3.0) -> list[Hit]:
    """Find the points at which a rule is fulfilled.

    Parameters
    ----------
    distances : array of float, shape (k,)
        (point - centre) / standard error of the point; NaN where there is no point. Patterns are looked for
        in the points that exist.
    rules : sequence of str
        Single rules, see ``chosen_rules``. ``run_7`` is seven points in a row on one side, ``trend_6`` six
        points in a row that rise or fall, ``alternating_14`` fourteen points that go up and down in turn:
        points are counted, not the steps between them.
    limit : float, default 3
        Distance of the control limits in standard errors.

    Returns
    -------
    list of Hit
        In order of points; a pattern that goes on hits at every further point.

    Source
    ------
    See ``chosen_rules``.

    Examples
    --------
    >>> apply_rules(np.array([0.1, -0.2, 3.2]), ["beyond_limits"])
    [Hit(point=2, rule='beyond_limits', start=2)]
    """
    found = find_hits(distances, rules, limit=limit)
    return [Hit(int(at), rules[rule], int(start)) for at, rule, start in zip(*found, strict=True)]


def find_hits(
    distances: Floats, rules: Sequence[str], *, limit: float = 3.0
) -> tuple[Positions, Positions, Positions]:
    """Find the points at which a rule is fulfilled, as ``apply_rules``, for very many points.

    Parameters
    ----------
    distances, rules, limit
        See ``apply_rules``.

    Returns
    -------
    points, rules, starts : arrays of int
        Position of the point, of the rule among ``rules``, and of the point where the pattern began.

    Source
    ------
    See ``chosen_rules``.
    """
    present = np.flatnonzero(np.isfinite(distances))
    z = distances if present.size == distances.size else distances[present]
    at, of, start = [_NOWHERE], [_NOWHERE], [_NOWHERE]
    for number, rule in enumerate(rules if z.size else ()):
        flags, length = _evaluate(rule, z, limit)
        positions = np.flatnonzero(flags)
        at.append(present[positions])
        of.append(np.full(positions.size, number))
        start.append(present[np.maximum(0, positions - length + 1)])
    points, numbers, starts = np.concatenate(at), np.concatenate(of), np.concatenate(start)
    order = np.lexsort((numbers, points))
    return points[order], numbers[order], starts[order]


def _evaluate(rule: str, z: Floats, limit: float) -> tuple[Flags, int]:
    """Return where a rule is fulfilled, and how many points its pattern takes."""
    kind, _, count = rule.partition("_")
    if rule in _ZONES:
        need, of, zone = _ZONES[rule]
        return _most_of(z, need=need, of=of, zone=zone), of
    if rule == "beyond_limits":
        return np.abs(z) > limit, 1
    if rule == "middle_third":
        return _middle_third(z, limit), THIRD_OF
    return _PATTERNS[kind](z, int(count)), int(count)


def _in_a_row(flags: Flags, count: int) -> Flags:
    """Tell where at least ``count`` flags in a row end: each doubling tells twice as many in a row."""
    found, known = flags.copy(), 1
    while known < count:
        step = min(known, count - known)
        found[step:] &= found[:-step].copy()
        found[:step] = False
        known += step
    return found


def _run(z: Floats, count: int) -> Flags:
    return _in_a_row(z > 0, count) | _in_a_row(z < 0, count)


def _steps(z: Floats) -> tuple[Flags, Flags]:
    """Tell which points lie above the one before, and which below."""
    up, down = np.zeros(z.size, dtype=bool), np.zeros(z.size, dtype=bool)
    up[1:], down[1:] = z[1:] > z[:-1], z[1:] < z[:-1]
    return up, down


def _trend(z: Floats, count: int) -> Flags:
    up, down = _steps(z)
    return _in_a_row(up, count - 1) | _in_a_row(down, count - 1)


def _alternating(z: Floats, count: int) -> Flags:
    up, down = _steps(z)
    turns = np.zeros(z.size, dtype=bool)
    turns[1:] = (up[1:] & down[:-1]) | (down[1:] & up[:-1])
    return _in_a_row(turns, count - 2)


def _within(z: Floats, count: int) -> Flags:
    return _in_a_row(np.abs(z) < 1, count)


def _outside(z: Floats, count: int) -> Flags:
    return _in_a_row(np.abs(z) > 1, count)


def _count_of(flags: Flags, of: int) -> NDArray[np.int64]:
    """Count the flags among each point and the ``of`` - 1 before it."""
    total = np.cumsum(flags, dtype=np.int64)
    counts = total.copy()
    counts[of:] -= total[:-of]
    return counts


def _most_of(z: Floats, *, need: int, of: int, zone: float) -> Flags:
    """Tell where ``need`` of ``of`` points lie beyond a zone on one side; the last one must."""
    found = np.zeros(z.size, dtype=bool)
    for side in (z > zone, z < -zone):
        found |= side & (_count_of(side, of) >= need)
    return found


def _middle_third(z: Floats, limit: float) -> Flags:
    """Tell where of 25 points too many or too few lie in the middle third between the control limits."""
    counts = _count_of(np.abs(z) < limit / 3, THIRD_OF)
    found: Flags = (counts >= MOST_IN_THIRD) | (counts <= FEWEST_IN_THIRD)
    found[: THIRD_OF - 1] = False
    return found


_ZONES: dict[str, tuple[int, int, float]] = {"two_of_three": (2, 3, 2.0), "four_of_five": (4, 5, 1.0)}
_PATTERNS: dict[str, Callable[[Floats, int], Flags]] = {
    "run": _run,
    "trend": _trend,
    "alternating": _alternating,
    "within": _within,
    "outside": _outside,
}
