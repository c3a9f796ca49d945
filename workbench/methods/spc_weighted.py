"""Moving average, EWMA and CUSUM: charts that remember, for small lasting shifts.

Each adds its statistic and limits to a table of points. Only their own limits are judged: their points
depend on each other, so run rules would cry wolf.
"""

import math
from itertools import accumulate

import numpy as np
import pandas as pd

from workbench.methods.spc_rules import Hit
from workbench.methods.spc_samples import Floats


def ewma_width(weight: float) -> float:
    """Standard deviation of an EWMA in the long run, in standard errors of a point.

    Parameters
    ----------
    weight : float
        λ, 0 < λ <= 1.

    Returns
    -------
    float
        √(λ / (2 - λ)), dimensionless.

    Source
    ------
    ISO 7870-6:2016; NIST/SEMATECH e-Handbook 6.3.2.4.

    Examples
    --------
    >>> round(ewma_width(0.3), 4)
    0.4201
    """
    return math.sqrt(weight / (2 - weight))


def ewma_points(
    points: pd.DataFrame, reference: float, error: Floats, *, weight: float, limit: float
) -> list[Hit]:
    """Add an EWMA and its exact, growing limits to a table of points.

    Parameters
    ----------
    points : DataFrame
        Column ``value``, shape (k,), NaN where there is no point: the average stays where it was.
        Gets ``statistic``, ``center``, ``ucl`` and ``lcl``.
    reference : float
        Start of the average and centre of the limits, in the values' unit.
    error : array of float, shape (k,)
        Standard error of each point, in the values' unit.
    weight, limit : float
        λ and L.

    Returns
    -------
    list of Hit
        The points beyond their limits.

    Source
    ------
    Montgomery, Introduction to Statistical Quality Control, section 9.2; ISO 7870-6:2016.
    """
    values = points["value"].to_numpy(dtype=float)
    levels, widths = np.full(values.size, np.nan), np.full(values.size, np.nan)
    at = np.isfinite(values)
    kept = 1 - weight
    level = accumulate(values[at].tolist(), lambda so_far, x: weight * x + kept * so_far, initial=reference)
    variance = accumulate(
        (error[at] ** 2).tolist(), lambda so_far, x: weight**2 * x + kept**2 * so_far, initial=0.0
    )
    levels[at] = np.fromiter(level, dtype=float)[1:]
    widths[at] = limit * np.sqrt(np.fromiter(variance, dtype=float)[1:])
    points["statistic"] = levels
    points["center"], points["ucl"], points["lcl"] = reference, reference + widths, reference - widths
    beyond = np.flatnonzero(np.abs(levels - reference) > widths)
    return [Hit(int(at), "beyond_limits", int(at)) for at in beyond]


def cusum_points(points: pd.DataFrame, reference: float, error: Floats, *, h: float, k: float) -> list[Hit]:
    """Add the two tabular CUSUMs to a table of points.

    Parameters
    ----------
    points : DataFrame
        Column ``value``, shape (k,), NaN where there is no point: the sums stay where they were.
        Gets ``upper`` and ``lower`` (sums of what exceeds k, both >= 0, in the values' unit), ``upper_se``
        and ``lower_se`` (the same in standard errors, the downward one negative), and ``statistic``,
        ``center``, ``ucl``, ``lcl``: the larger sum with its sign, 0, and the decision interval.
    reference : float
        Target, in the values' unit.
    error : array of float, shape (k,)
        Standard error of each point, in the values' unit.
    h, k : float
        Decision interval and reference value, in standard errors.

    Returns
    -------
    list of Hit
        The points at which a sum exceeds the decision interval; the pattern starts where the sum left 0.

    Source
    ------
    ISO 7870-4:2021; NIST/SEMATECH e-Handbook 6.3.2.3.
    """
    values = points["value"].to_numpy(dtype=float)
    sums = {side: _tabular_cusum(side * (values - reference) / error, k) for side in (1, -1)}
    points["upper_se"], points["lower_se"] = sums[1], -sums[-1] + 0.0  # + 0.0 turns -0 into 0
    points["upper"], points["lower"] = sums[1] * error, sums[-1] * error
    downwards = sums[-1] > sums[1]
    points["statistic"] = np.where(downwards, -points["lower"], points["upper"])
    points["center"], points["ucl"], points["lcl"] = 0.0, h * error, -h * error
    hits = []
    for total in sums.values():
        zeros = np.where(total > 0, -1, np.arange(total.size))
        left_zero = np.maximum.accumulate(np.where(np.isnan(total), -1, zeros)) + 1
        hits += [Hit(int(at), "beyond_limits", int(left_zero[at])) for at in np.flatnonzero(total > h)]
    return sorted(hits, key=lambda hit: hit.point)


def _tabular_cusum(distances: Floats, k: float) -> Floats:
    sums = np.full(distances.size, np.nan)
    at = np.isfinite(distances)
    steps = (distances[at] - k).tolist()
    total = accumulate(steps, lambda so_far, step: max(0.0, so_far + step), initial=0.0)
    sums[at] = np.fromiter(total, dtype=float)[1:]
    return sums


def average_points(
    points: pd.DataFrame, reference: float, error: Floats, *, span: int, limit: float
) -> list[Hit]:
    """Add a moving average and its limits, wider at the start, to a table of points.

    Parameters
    ----------
    points : DataFrame
        Column ``value``, shape (k,), NaN where there is no point: others are averaged.
        Gets ``statistic``, ``center``, ``ucl`` and ``lcl``.
    reference : float
        Centre of the limits, in the values' unit.
    error : array of float, shape (k,)
        Standard error of each point, in the values' unit.
    span : int
        Points in an average; the first ones have fewer behind them.
    limit : float
        Distance of the limits in standard errors of an average.

    Returns
    -------
    list of Hit
        The points beyond their limits.

    Source
    ------
    Montgomery, Introduction to Statistical Quality Control, section 9.3.
    """
    values = points["value"].to_numpy(dtype=float)
    at = np.flatnonzero(np.isfinite(values))
    levels, widths = np.full(values.size, np.nan), np.full(values.size, np.nan)
    behind = np.minimum(np.arange(1, at.size + 1), span)
    levels[at] = reference + _moving_sum(values[at] - reference, span) / behind
    widths[at] = limit * np.sqrt(_moving_sum(error[at] ** 2, span)) / behind
    points["statistic"] = levels
    points["center"], points["ucl"], points["lcl"] = reference, reference + widths, reference - widths
    beyond = np.flatnonzero(np.abs(levels - reference) > widths)
    first = dict(zip(at.tolist(), at[np.maximum(0, np.arange(at.size) - span + 1)].tolist(), strict=True))
    return [Hit(int(place), "beyond_limits", first[int(place)]) for place in beyond]


def _moving_sum(values: Floats, span: int) -> Floats:
    """Sum each value and those before it, ``span`` at most; no running total, which would lose digits."""
    total = values.copy()
    for back in range(1, min(span, values.size)):
        total[back:] += values[:-back]
    return total
