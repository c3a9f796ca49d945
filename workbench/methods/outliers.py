"""Outliers of a sample whose order does not matter.

For series in time order see ``defects.find_spikes``.
"""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from workbench.errors import Invalid, NoSpread, TooFew
from workbench.methods.defects import Floats, Integers


@dataclass(frozen=True)
class Outliers:
    """Result of the generalized ESD test.

    Attributes
    ----------
    count : int
        Number of outliers.
    index : array of int, shape (count,)
        Which values they are, the most extreme first.
    statistics, critical : array of float, shape (r,)
        R_i and lambda_i (dimensionless) for i = 1 … r.
    """

    count: int
    index: Integers
    statistics: Floats
    critical: Floats


def generalized_esd(values: Floats, *, most: int = 10, alpha: float = 0.05) -> Outliers:
    """Count the outliers of an approximately normal sample, up to a stated number.

    The usual tests for one outlier fail when there are two, which hide each other; this one does not.

    Parameters
    ----------
    values : array of float, shape (n,), n >= 3
        A sample without missing values, in any unit and order; n >= 25 for an accurate level.
    most : int, 1 <= most <= n - 2
        The largest number of outliers looked for.
    alpha : float, 0 < alpha < 1
        Level of the test.

    Returns
    -------
    Outliers

    Raises
    ------
    TooFew
        If n < most + 2.
    NoSpread
        If all values are equal.
    Invalid
        If ``most`` or ``alpha`` is out of range.

    Source
    ------
    Rosner, Technometrics 25 (1983); NIST/SEMATECH e-Handbook 1.3.5.17.3.

    Examples
    --------
    >>> generalized_esd(np.array([1.0, 1.1, 0.9, 1.05, 0.95, 1.02, 9.0]), most=2).index.tolist()
    [6]
    """
    if most < 1:
        raise Invalid("largest number of outliers", given=most, expected="1 or more")
    if not 0 < alpha < 1:
        raise Invalid("alpha", given=alpha, expected="a number between 0 and 1")
    if values.size < most + 2:
        raise TooFew("generalized ESD test", need=most + 2, have=values.size)
    if np.ptp(values) == 0:
        raise NoSpread("generalized ESD test", given=f"{values.size} equal values")
    order = np.argsort(values, kind="stable")
    removed, statistics = _remove_farthest(values[order], most)
    n, i = values.size, np.arange(1, most + 1)
    t = stats.t.ppf(1 - alpha / (2 * (n - i + 1)), n - i - 1)
    critical = (n - i) * t / np.sqrt((n - i - 1 + t**2) * (n - i + 1))
    beyond = np.flatnonzero(statistics > critical)
    count = int(beyond[-1] + 1) if beyond.size else 0
    return Outliers(count=count, index=order[removed[:count]], statistics=statistics, critical=critical)


def _remove_farthest(ordered: Floats, most: int) -> tuple[Integers, Floats]:
    """Take away the value farthest from the mean, ``most`` times: it is always the first or the last."""
    first, last = 0, ordered.size - 1
    removed, statistics = np.zeros(most, dtype=np.int64), np.zeros(most)
    for i in range(most):
        rest = ordered[first : last + 1]
        mean, spread = rest.mean(), rest.std(ddof=1)
        low, high = mean - ordered[first], ordered[last] - mean
        statistics[i] = max(low, high) / spread if spread > 0 else 0.0
        removed[i], first, last = (first, first + 1, last) if low > high else (last, first, last - 1)
    return removed, statistics
