"""What a unit's recent past says about its wear: windows over deviations from usual, one row per cycle.

Looks backwards only: a row never sees what came after it, so a unit cut off at any age has the same
features as the same unit had on that day.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.methods.rul_conditions import Conditions, Indices
from workbench.methods.rul_metrics import Floats, Labels

SHORT_SHARE, BASELINE_SHARE = 6, 1.5  # the short window and the own baseline, as parts of the window


@dataclass(frozen=True)
class Unit:
    """One unit's life as far as it is known: ``n`` cycles, ``s`` sensors."""

    name: object
    cycle: Floats  # shape (n,), increasing
    deviation: Floats  # standard deviations from usual, gaps filled, shape (n, s)
    missing: float  # share of readings in the last window that were filled
    outside: bool  # whether its last cycle was run in a condition that was never seen


def units(rows: pd.DataFrame, conditions: Conditions, *, window: int) -> Iterator[Unit]:
    """Split rows into units and express their sensors as deviations from usual.

    A gap keeps the last known deviation, and is usual (0) before the first one.

    Parameters
    ----------
    rows : DataFrame
        Columns ``unit``, ``cycle`` and those of ``conditions``, sorted by unit and cycle.
    conditions : Conditions
    window : int
        Cycles over which ``missing`` is counted.

    Yields
    ------
    Unit

    Source
    ------
    Own definition.
    """
    deviation = conditions.deviations(rows)
    # Not the gaps of ``deviation``: a sensor that is constant in one condition reads, it only says nothing.
    unread = rows[list(conditions.sensors)].isna().to_numpy()
    _, outside = conditions.assign(rows)
    cycle = rows["cycle"].to_numpy(dtype=float)
    names = rows["unit"].to_numpy()
    for start, end in _runs(names):
        part = deviation[start:end]
        gaps = unread[start:end][-window:]
        yield Unit(
            name=names[start],
            cycle=cycle[start:end],
            deviation=_carry_forward(part),
            missing=float(gaps.mean()) if gaps.size else 0.0,
            outside=bool(outside[end - 1]),
        )


def _runs(names: Labels) -> list[tuple[int, int]]:
    edges = np.flatnonzero(names[1:] != names[:-1]) + 1
    return list(zip([0, *edges.tolist()], [*edges.tolist(), len(names)], strict=True))


def _carry_forward(values: Floats) -> Floats:
    known = ~np.isnan(values)
    if known.all():
        return values
    last = np.maximum.accumulate(np.where(known, np.arange(len(values))[:, None], -1), axis=0)
    filled = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last >= 0, filled, 0.0)


def _sums(values: Floats) -> Floats:
    return np.vstack([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0)])


def window_mean(values: Floats, at: Indices, *, width: int) -> Floats:
    """Average the last ``width`` rows (fewer at the start) up to and with each row in ``at``.

    Parameters
    ----------
    values : array of float, shape (n, s)
    at : array of int, shape (m,)
        Rows to look back from.
    width : int
        Rows, >= 1.

    Returns
    -------
    array of float, shape (m, s), in the unit of ``values``

    Source
    ------
    Moving average.

    Examples
    --------
    >>> window_mean(np.array([[1.0], [2.0], [6.0]]), np.array([0, 2]), width=2).tolist()
    [[1.0], [4.0]]
    """
    total, start = _sums(values), np.maximum(0, at + 1 - width)
    mean: Floats = (total[at + 1] - total[start]) / (at + 1 - start)[:, None]
    return mean


def window_slope(values: Floats, at: Indices, *, width: int) -> Floats:
    """Fit a line through the last ``width`` rows and return its rise over the width.

    With fewer rows than ``width`` the rise is shrunk by the share there is: a slope through three
    points is noise.

    Parameters
    ----------
    values : array of float, shape (n, s)
    at : array of int, shape (m,)
        Rows to look back from.
    width : int
        Rows, >= 2.

    Returns
    -------
    array of float, shape (m, s), in the unit of ``values`` per ``width`` rows

    Source
    ------
    Least squares line.

    Examples
    --------
    >>> window_slope(np.arange(6.0)[:, None], np.array([0, 5]), width=4).tolist()
    [[0.0], [4.0]]
    """
    time = np.arange(len(values), dtype=float)[:, None]
    total, moment = _sums(values), _sums(values * time)
    start = np.maximum(0, at + 1 - width)
    count = (at + 1 - start).astype(float)[:, None]
    centre = ((at + start) / 2.0)[:, None]
    covariance = (moment[at + 1] - moment[start]) - centre * (total[at + 1] - total[start])
    spread = np.maximum(count * (count**2 - 1) / 12, 0.5)
    return np.where(count > 1, covariance / spread * width * np.minimum(1, count / width), 0.0)


def features(unit: Unit, at: Indices, *, window: int) -> Floats:
    """Describe a unit's wear as seen from each row in ``at``.

    Per sensor: short and long mean, rise over one and two windows, and how far it moved from the
    unit's own first cycles (each unit starts with its own wear); and the age.

    Parameters
    ----------
    unit : Unit
    at : array of int, shape (m,)
        Rows of the unit.
    window : int
        Long window, rows, >= 6.

    Returns
    -------
    array of float, shape (m, 5 s + 1)
        Standard deviations; the last column is the age in cycles.

    Source
    ------
    Window statistics as usual for C-MAPSS, e.g. G. Sateesh Babu, P. Zhao, X.-L. Li, DASFAA 2016.
    """
    values = unit.deviation
    short = max(2, round(window / SHORT_SHARE))
    baseline = max(2, round(window / BASELINE_SHARE))
    own = window_mean(values, np.minimum(at, min(baseline, len(values)) - 1), width=baseline)
    return np.hstack(
        [
            window_mean(values, at, width=short),
            window_mean(values, at, width=window),
            window_slope(values, at, width=window),
            window_slope(values, at, width=2 * window),
            window_mean(values, at, width=max(2, window // 2)) - own,
            unit.cycle[at][:, None],
        ]
    )
