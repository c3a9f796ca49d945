"""Constants of control charts (d2, d3, d4, c4), computed for any subgroup size, not read from a table.

Decides nothing about charts; it only says how ranges and standard deviations of normal samples behave, and
how the one of them that everybody uses rounded (d2) is printed.
"""

from functools import lru_cache

import numpy as np
from numpy.polynomial.legendre import leggauss
from scipy.optimize import brentq
from scipy.special import gammaln, ndtr

from workbench.errors import Invalid

LARGEST_PRINTED = 25  # the tables of ISO 7870-2, AIAG and NIST end here
WIDEST_RANGE = 18.0  # standard deviations; P(range > 18) < 1e-17 for every n a subgroup can have


def _check_size(n: int) -> None:
    if n < 2:
        raise Invalid("subgroup size", given=n, expected="at least 2, for one value has no spread")


@lru_cache(maxsize=256)
def _range_moments(n: int) -> tuple[float, float]:
    """Return the first two moments of the range of n standard normal values.

    The joint density of minimum x and range r is n(n-1) φ(x) φ(x+r) [Φ(x+r)-Φ(x)]^(n-2). It is smooth and
    vanishes at both ends in x (trapezoid rule) and is cut off at r = 0 (Gauss-Legendre).
    """
    nodes, weights = leggauss(160)
    r = WIDEST_RANGE * (nodes + 1) / 2
    step = 0.05
    x = np.arange(-WIDEST_RANGE, WIDEST_RANGE / 2, step)[:, None]
    inside = np.clip(ndtr(x + r) - ndtr(x), 0.0, 1.0)
    density = np.exp(-(x**2 + (x + r) ** 2) / 2) / (2 * np.pi) * inside ** (n - 2)
    range_density = n * (n - 1) * step * density.sum(axis=0) * weights * WIDEST_RANGE / 2
    return float(range_density @ r), float(range_density @ r**2)


def d2(n: int) -> float:
    """Mean range of n standard normal values.

    Parameters
    ----------
    n : int
        Subgroup size, n >= 2.

    Returns
    -------
    float
        Dimensionless; a mean range divided by it estimates the standard deviation.

    Raises
    ------
    Invalid
        If n < 2.

    Source
    ------
    ISO 7870-2, table of factors for control limits; Tippett (1925).

    Examples
    --------
    >>> round(d2(5), 4)
    2.3259
    """
    _check_size(n)
    return _range_moments(n)[0]


def printed_d2(n: int) -> float:
    """Return d2 as standards print it: three decimals up to n = 25, computed beyond.

    Limits on paper, NIST's examples, qcc, JASP and Minitab all rest on the printed value; the exact one moves
    a limit by 0.03 % of its distance, which is enough to look like a mistake.

    Parameters
    ----------
    n : int
        Subgroup size, n >= 2.

    Returns
    -------
    float
        Dimensionless.

    Raises
    ------
    Invalid
        If n < 2.

    Source
    ------
    ISO 7870-2, table of factors for control limits.

    Examples
    --------
    >>> printed_d2(2), printed_d2(5)
    (1.128, 2.326)
    """
    return round(d2(n), 3) if n <= LARGEST_PRINTED else d2(n)


def d3(n: int) -> float:
    """Standard deviation of the range of n standard normal values.

    Parameters
    ----------
    n : int
        Subgroup size, n >= 2.

    Returns
    -------
    float
        Dimensionless.

    Raises
    ------
    Invalid
        If n < 2.

    Source
    ------
    ISO 7870-2, table of factors for control limits; Tippett (1925).

    Examples
    --------
    >>> round(d3(5), 4)
    0.8641
    """
    _check_size(n)
    first, second = _range_moments(n)
    return float(np.sqrt(second - first**2))


def c4(n: int) -> float:
    """Mean sample standard deviation (divisor n - 1) of n standard normal values.

    Parameters
    ----------
    n : int
        Subgroup size, n >= 2.

    Returns
    -------
    float
        Dimensionless; a mean standard deviation divided by it estimates the standard deviation.

    Raises
    ------
    Invalid
        If n < 2.

    Source
    ------
    ISO 7870-2, table of factors for control limits.

    Examples
    --------
    >>> round(c4(5), 4)
    0.94
    """
    _check_size(n)
    return float(np.sqrt(2 / (n - 1)) * np.exp(gammaln(n / 2) - gammaln((n - 1) / 2)))


@lru_cache(maxsize=256)
def printed_d4(n: int) -> float:
    """Median of the range of n standard normal values, with three decimals as tables print it.

    Parameters
    ----------
    n : int
        Values in a range, n >= 2.

    Returns
    -------
    float
        Dimensionless; a median range divided by it estimates the standard deviation.

    Raises
    ------
    Invalid
        If n < 2.

    Source
    ------
    Minitab, Methods and formulas for unbiasing constants (d4); Tippett (1925) for the distribution of ranges.

    Examples
    --------
    >>> printed_d4(2), printed_d4(3)
    (0.954, 1.588)
    """
    _check_size(n)
    x = np.arange(-9.0, 9.0, 0.01)
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)

    def below_half(r: float) -> float:
        return float(n * 0.01 * (density * (ndtr(x + r) - ndtr(x)) ** (n - 1)).sum()) - 0.5

    return round(float(brentq(below_half, 1e-6, WIDEST_RANGE)), 3)


@lru_cache(maxsize=256)
def median_error(n: int) -> float:
    """Standard deviation of the median of n standard normal values.

    Parameters
    ----------
    n : int
        Subgroup size, n >= 1.

    Returns
    -------
    float
        Dimensionless; 3 median_error(n) / d2(n) is the factor A4 of a median chart.

    Source
    ------
    ISO 7870-2:2013, factors of the median chart; David and Nagaraja, Order Statistics, section 2.3.

    Examples
    --------
    >>> round(median_error(5), 4), round(3 * median_error(5) / d2(5), 3)
    (0.5356, 0.691)
    """
    if n == 1:
        return 1.0
    half, width = (n - 1) // 2, 13.0 / np.sqrt(n) + 3.0 / n
    x = np.linspace(-width, width, 2001)[:, None]
    if n % 2:
        log = half * np.log(np.maximum(1e-300, ndtr(x) * ndtr(-x))) - x**2 / 2
        weight, value = np.exp(log - log.max()), x
    else:  # the mean of the two middle values, which lie r apart
        nodes, weights = leggauss(80)
        r = min(WIDEST_RANGE, 80.0 / n) * (nodes + 1) / 2
        tails = np.log(np.maximum(1e-300, ndtr(x - r / 2))) + np.log(np.maximum(1e-300, ndtr(-x - r / 2)))
        log = half * tails - x**2 - r**2 / 4
        weight, value = np.exp(log - log.max()) * weights, x
    return float(np.sqrt((weight * value**2).sum() / weight.sum()))
