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

RULE_SETS: dict[str, tuple[str, ...]] = {
    "iso7870": ("beyond_limits", "run_7", "trend_7"),
    "western-electric": ("beyond_limits", "two_of_three", "four_of_five", "run_8"),
    "nelson": (
        *("beyond_limits", "run_9", "trend_6", "alternating_14"),
        *("two_of_three", "four_of_five", "within_15", "outside_8"),
    ),
    "limits-only": ("beyond_limits",),
}
RULES = (
    *("beyond_limits", "run_7", "run_8", "run_9", "trend_6", "trend_7", "alternating_14"),
    *("two_of_three", "four_of_five", "within_15", "outside_8"),
)

# New patterns per point of a stable process with normal points, from a simulation of two million points
# (2^-k for a run of k): what chance alone is to be blamed for.
CHANCE = {
    "run_7": 0.0078,
    "run_8": 0.0039,
    "run_9": 0.0020,
    "trend_6": 0.0024,
    "trend_7": 0.0003,
    "alternating_14": 0.0017,
    "two_of_three": 0.0021,
    "four_of_five": 0.0037,
    "within_15": 0.0010,
    "outside_8": 0.0001,
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
        Sets (``iso7870``, ``western-electric``, ``nelson``, ``limits-only``) and single rules.

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
    (1956); Nelson, Journal of Quality Technology 16 (1984) 237-239.

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
    present = np.flatnonzero(np.isfinite(distances))
    z = distances[present]
    hits: list[Hit] = []
    for rule in rules if z.size else ():
        flags, length = _evaluate(rule, z, limit)
        for position in map(int, np.flatnonzero(flags)):
            start = max(0, position - length + 1)
            hits.append(Hit(int(present[position]), rule, int(present[start])))
    return sorted(hits, key=lambda hit: (hit.point, rules.index(hit.rule)))


def _evaluate(rule: str, z: Floats, limit: float) -> tuple[Flags, int]:
    """Return where a rule is fulfilled, and how many points its pattern takes."""
    kind, _, count = rule.partition("_")
    if rule in _ZONES:
        need, of, zone = _ZONES[rule]
        return _most_of(z, need=need, of=of, zone=zone), of
    if rule == "beyond_limits":
        return np.abs(z) > limit, 1
    return _PATTERNS[kind](z, int(count)), int(count)


def _in_a_row(flags: Flags, count: int) -> Flags:
    """Tell where at least ``count`` flags in a row end."""
    position = np.arange(flags.size)
    last_gap = np.maximum.accumulate(np.where(flags, -1, position))
    return position - last_gap >= count


def _run(z: Floats, count: int) -> Flags:
    return _in_a_row(z > 0, count) | _in_a_row(z < 0, count)


def _trend(z: Floats, count: int) -> Flags:
    steps = np.diff(z, prepend=np.nan)
    return _in_a_row(steps > 0, count - 1) | _in_a_row(steps < 0, count - 1)


def _alternating(z: Floats, count: int) -> Flags:
    turns = np.diff(np.sign(np.diff(z)), prepend=[np.nan, np.nan])
    return _in_a_row(np.abs(turns) == 2, count - 2)


def _within(z: Floats, count: int) -> Flags:
    return _in_a_row(np.abs(z) < 1, count)


def _outside(z: Floats, count: int) -> Flags:
    return _in_a_row(np.abs(z) > 1, count)


def _most_of(z: Floats, *, need: int, of: int, zone: float) -> Flags:
    """Tell where ``need`` of ``of`` points lie beyond a zone on one side; the last one must."""
    found = np.zeros(z.size, dtype=bool)
    for side in (z > zone, z < -zone):
        window = np.convolve(side, np.ones(of, dtype=int))[: z.size]
        found |= side & (window >= need)
    return found


_ZONES: dict[str, tuple[int, int, float]] = {"two_of_three": (2, 3, 2.0), "four_of_five": (4, 5, 1.0)}
_PATTERNS: dict[str, Callable[[Floats, int], Flags]] = {
    "run": _run,
    "trend": _trend,
    "alternating": _alternating,
    "within": _within,
    "outside": _outside,
}
