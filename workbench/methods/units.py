"""Changes of unit inside one series: readings in psi among kPa, in inches among millimetres.

A reading in another unit differs by an exact ratio and scatters by the same ratio. Decides which stretches
look so; whether the unit is wrong is for a person to say.
"""

from dataclasses import dataclass

import numpy as np

from workbench.methods.defects import Flags, Floats, Runs, runs_of

RATIOS: dict[str, float] = {
    "ratio_psi_kpa": 6.894757,
    "ratio_bar_psi": 14.503774,
    "ratio_inch_mm": 25.4,
    "ratio_9_5": 1.8,
    "ratio_10": 10.0,
    "ratio_100": 100.0,
    "ratio_1000": 1000.0,
}
FAHRENHEIT = "celsius_fahrenheit"
SMALLEST_JUMP = np.log(1.5)  # below the smallest ratio by more than a lively signal scatters
TOLERANCE = 0.03  # of the logarithm: 3 %
LEVEL_READINGS = 60  # readings on either side of a jump that tell the level
SHORTEST = 5  # readings that make a stretch
SCATTER_FACTOR = 3.0


@dataclass(frozen=True)
class UnitChanges:
    """Stretches in another unit than the rest of the series.

    Attributes
    ----------
    runs : Runs
        Where they are.
    details : tuple of str, length k
        Which ratio fits each: a key of ``RATIOS`` or ``celsius_fahrenheit``.
    """

    runs: Runs
    details: tuple[str, ...]


@dataclass(frozen=True)
class _Side:
    """Level and scatter of some readings next to a jump."""

    level: float
    scatter: float

    @classmethod
    def of(cls, values: Floats) -> "_Side":
        """Describe readings; the scatter is that of neighbouring differences, which a drift leaves alone."""
        scatter = float(np.median(np.abs(np.diff(values)))) if values.size > 1 else 0.0
        return cls(level=float(np.median(values)), scatter=scatter)


def _fits(low: _Side, high: _Side, *, long: bool) -> str | None:
    """Name the conversion that makes ``high`` of ``low``, or None."""
    found = FAHRENHEIT if abs(high.level / (1.8 * low.level + 32) - 1) < TOLERANCE / 2 else None
    ratio = high.level / low.level
    near = [name for name, known in RATIOS.items() if abs(np.log(ratio / known)) < TOLERANCE]
    found = near[0] if near else found
    if found is None or not long or not low.scatter:
        return found
    expected = RATIOS.get(found, 1.8)
    return found if 1 / SCATTER_FACTOR < high.scatter / low.scatter / expected < SCATTER_FACTOR else None


def _compare(here: Floats, there: Floats) -> str | None:
    """Name the conversion between two neighbouring stretches, whichever of them is the larger."""
    a, b = _Side.of(here), _Side.of(there)
    low, high = (a, b) if a.level < b.level else (b, a)
    return _fits(low, high, long=min(here.size, there.size) >= 20)


def _mixed_reading_by_reading(logs: Floats, jumps: Flags) -> tuple[Flags, str] | None:
    """Tell two sources that alternate: most jumps are by one and the same ratio."""
    if jumps.sum() < max(20, 0.05 * logs.size):
        return None
    heights = np.abs(np.diff(logs)[jumps])
    for name, ratio in RATIOS.items():
        if (np.abs(heights - np.log(ratio)) < TOLERANCE).mean() >= 0.8:
            middle = (logs.min() + logs.max()) / 2
            above = logs > middle
            return (above if above.mean() < 0.5 else ~above), name
    return None


def _stretches(values: Floats, jumps: Flags) -> list[tuple[int, int]]:
    """Return the stretches between jumps that are long enough to have a level."""
    edges = np.concatenate(([0], 1 + np.flatnonzero(jumps), [values.size]))
    pairs = zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True)
    return [(start, stop) for start, stop in pairs if stop - start >= SHORTEST]


def _suspect(values: Floats, parts: list[tuple[int, int]], at: int, *, dominant: float) -> str | None:
    """Name the conversion of a stretch against both its neighbours, if it is the odd one out."""
    start, stop = parts[at]
    odd = abs(np.log(np.median(values[start:stop])) - dominant)
    names = set()
    for neighbour in (at - 1, at + 1):
        if not 0 <= neighbour < len(parts):
            continue
        first, last = parts[neighbour]
        there = values[max(first, last - LEVEL_READINGS) : last]
        here = values[start : min(stop, start + LEVEL_READINGS)]
        if neighbour > at:
            there = values[first : min(last, first + LEVEL_READINGS)]
            here = values[max(start, stop - LEVEL_READINGS) : stop]
        if abs(np.log(np.median(there)) - dominant) >= odd:
            return None
        names.add(_compare(here, there))
    return names.pop() if len(names) == 1 else None


def find_unit_changes(values: Floats) -> UnitChanges:
    """Find stretches that look as if they were read in another unit.

    A stretch counts when its level differs from both neighbours by one known conversion (within 3 %), its
    scatter does so too, and it lies farther from the usual level than they do. Two sources that alternate
    reading by reading are one finding over all of them.

    Parameters
    ----------
    values : array of float, shape (n,)
        Readings in time order, without missing ones and without spikes; at least 95 % must be above 0.

    Returns
    -------
    UnitChanges

    Examples
    --------
    >>> pressure = np.full(60, 100.0)
    >>> pressure[20:30] = 100.0 / 6.894757
    >>> found = find_unit_changes(pressure)
    >>> found.runs.start.tolist(), found.details
    ([20], ('ratio_psi_kpa',))
    """
    nothing = UnitChanges(runs=runs_of(np.zeros(0, dtype=bool)), details=())
    positive = values > 0
    if values.size < 2 * SHORTEST or positive.mean() < 0.95:
        return nothing
    places, kept = np.flatnonzero(positive), values[positive]
    logs = np.log(kept)
    jumps = np.abs(np.diff(logs)) > SMALLEST_JUMP
    if not jumps.any():
        return nothing
    mixed = _mixed_reading_by_reading(logs, jumps)
    if mixed is not None:
        other = places[mixed[0]]
        whole = Runs(start=other[:1], stop=other[-1:] + 1, count=np.array([other.size]))
        return UnitChanges(runs=whole, details=(mixed[1],))
    parts, dominant = _stretches(kept, jumps), float(np.median(logs))
    if len(parts) > 0.02 * kept.size + 20:  # a signal that jumps all the time has no level to compare
        return nothing
    named = [(part, _suspect(kept, parts, at, dominant=dominant)) for at, part in enumerate(parts)]
    found = [(part, name) for part, name in named if name]
    start = np.array([places[part[0]] for part, _ in found], dtype=np.int64)
    stop = np.array([places[part[1] - 1] + 1 for part, _ in found], dtype=np.int64)
    count = np.array([part[1] - part[0] for part, _ in found], dtype=np.int64)
    return UnitChanges(runs=Runs(start=start, stop=stop, count=count), details=tuple(n for _, n in found))
