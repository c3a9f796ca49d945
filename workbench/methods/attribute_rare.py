"""Rare events: limits for the number of items, or the time, between one event and the next.

Counts of rare events are mostly zero, so a chart of counts says nothing; what lies between two events does.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import norm

from workbench.errors import Invalid, NoSpread, TooFew

Floats = NDArray[np.float64]
NELSON_POWER = 1 / 3.6  # turns an exponential time into one that is nearly normal
MR_TO_SIGMA = 1.128


@dataclass(frozen=True)
class RareLimits:
    """Centre line and limits of what lies between two events, in its own unit."""

    center: float
    ucl: float
    lcl: float


def nearly_normal(between: Floats) -> Floats:
    """Transform what lies between events so that it is nearly normal, and runs mean something.

    Parameters
    ----------
    between : array of float, shape (k,), >= 0

    Returns
    -------
    array of float, shape (k,)

    Source
    ------
    Nelson, Journal of Quality Technology 26 (1994) 239-240: the power 1/3.6.

    Examples
    --------
    >>> nearly_normal(np.array([0.0, 1.0])).tolist()
    [0.0, 1.0]
    """
    transformed: Floats = np.asarray(between, dtype=float) ** NELSON_POWER
    return transformed


def geometric_sigma(mean: float, limit: float = 3.0) -> RareLimits:
    """Limits of a g chart at ``limit`` standard deviations of the geometric distribution.

    Parameters
    ----------
    mean : float
        Mean number of items between two events, > 0.
    limit : float, default 3

    Returns
    -------
    RareLimits
        The centre line is the mean.

    Source
    ------
    Benneyan, Health Care Management Science 4 (2001) 305-318, number-between chart; as qcc.

    Examples
    --------
    >>> geometric_sigma(24.0).ucl.__round__(4)
    97.4847
    """
    error = math.sqrt(mean * (mean + 1))
    return RareLimits(mean, mean + limit * error, max(0.0, mean - limit * error))


def geometric_quantiles(mean: float, n: int, limit: float = 3.0) -> RareLimits:
    """Limits of a g chart at the quantiles of the geometric distribution, the median as centre line.

    Parameters
    ----------
    mean : float
        Mean number of items between two events.
    n : int
        Number of values behind the mean; the estimate of the rate is corrected for it.
    limit : float, default 3
        Quantiles are those of this many standard deviations of a normal distribution.

    Returns
    -------
    RareLimits

    Source
    ------
    Benneyan (2001), minimum variance unbiased rate; quantiles interpolated as Minitab's G chart.
    """
    rate = (1.0 if n <= 1 else (n - 1) / n) / (mean + 1)

    def between(share: float) -> float:
        until = math.ceil(math.log1p(-share) / math.log1p(-rate) - 1e-12)  # first k with CDF(k) >= share
        above, below = 1 - (1 - rate) ** until, 1 - (1 - rate) ** (until - 1)
        return max(0.0, until - 1 + (share - below) / (above - below) - 1)

    return RareLimits(*(between(float(norm.cdf(z))) for z in (0.0, limit, -limit)))


def weibull_fit(times: Floats, shape: float | None = None) -> tuple[float, float]:
    """Fit a Weibull distribution by maximum likelihood; times of zero are left out.

    Parameters
    ----------
    times : array of float, shape (n,)
        Any unit.
    shape : float, optional
        Known shape; 1 is the exponential distribution.

    Returns
    -------
    shape, scale : float
        The scale in the unit of the times.

    Raises
    ------
    TooFew
        If fewer than two times are above zero.
    NoSpread
        If all times are equal and the shape is not given.

    Source
    ------
    IEC 61649:2008, maximum likelihood without suspensions.

    Examples
    --------
    >>> weibull_fit(np.array([1.0, 2.0, 3.0]), shape=1.0)
    (1.0, 2.0)
    """
    times = np.asarray(times, dtype=float)
    times = times[times > 0]
    if times.size < 2:
        raise TooFew("times between events above zero", need=2, have=int(times.size))
    unit = float(np.exp(np.log(times).mean()))  # geometric mean: keeps powers in range
    logs = np.log(times / unit)
    if shape is None:
        if not np.ptp(logs) > 1e-12:
            raise NoSpread("all times between events are equal", hint="record them with more decimals")

        def slope(beta: float) -> float:
            weights = np.exp(beta * (logs - logs.max()))
            return float((weights * logs).sum() / weights.sum() - 1 / beta - logs.mean())

        shape = float(
            brentq(slope, 1e-3 / np.ptp(logs), 1e3 * (1 + 1 / np.ptp(logs)), xtol=1e-14, rtol=1e-14)
        )
    elif not shape > 0:
        raise Invalid("shape", given=shape, expected="a number above 0")
    top = logs.max()
    scale = unit * math.exp(top) * float(np.mean(np.exp(shape * (logs - top)))) ** (1 / shape)
    return shape, scale


def weibull_quantiles(shape: float, scale: float, limit: float = 3.0) -> RareLimits:
    """Limits of a t chart at the quantiles of a Weibull distribution, the median as centre line.

    Parameters
    ----------
    shape, scale : float
        From ``weibull_fit``.
    limit : float, default 3
        Quantiles are those of this many standard deviations of a normal distribution.

    Returns
    -------
    RareLimits
        In the unit of the scale.

    Source
    ------
    As the T charts of Minitab and JMP.

    Examples
    --------
    >>> round(weibull_quantiles(1.0, 10.0).center, 4)
    6.9315
    """
    return RareLimits(*(scale * float(-norm.logsf(z)) ** (1 / shape) for z in (0.0, limit, -limit)))


def transformed_limits(times: Floats, limit: float = 3.0) -> RareLimits:
    """Limits of a t chart from moving ranges of the times to the power 1/3.6, transformed back.

    Parameters
    ----------
    times : array of float, shape (n,), n >= 2, >= 0
        In order.
    limit : float, default 3

    Returns
    -------
    RareLimits
        In the unit of the times.

    Raises
    ------
    NoSpread
        If neighbouring times do not differ.

    Source
    ------
    Nelson (1994); Montgomery, Introduction to Statistical Quality Control, section 7.3.5.
    """
    y = nearly_normal(times)
    sigma = float(np.abs(np.diff(y)).mean()) / MR_TO_SIGMA
    if not sigma > 0:
        raise NoSpread("all times between events are equal", hint="record them with more decimals")
    levels = (y.mean() + step * limit * sigma for step in (0, 1, -1))
    return RareLimits(*(float(max(0.0, level)) ** (1 / NELSON_POWER) for level in levels))
