"""A deviation with its interval and the t test against zero, as every study of bias needs it.

Decides nothing about designs; see ``msa_type1`` and ``msa_linearity``.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

Floats = NDArray[np.float64]


class Bias(NamedTuple):
    """A mean deviation from the reference with its interval and the t test against zero.

    ``mean``, ``low`` and ``high`` are in the unit of the values; ``t`` and ``p`` are dimensionless.
    """

    mean: float
    low: float
    high: float
    t: float
    df: int
    p: float


def t_test(deviations: Floats, sigma: float, df: int, confidence: float) -> Bias:
    """Test whether a mean deviation is zero.

    Parameters
    ----------
    deviations : array of float, shape (n,)
        Values minus reference.
    sigma : float
        Their standard deviation, in the same unit, >= 0.
    df : int
        Its degrees of freedom.
    confidence : float
        Of the interval.

    Returns
    -------
    Bias
        Without spread t is infinite (p 0) unless the mean is exactly zero (p 1).

    Source
    ------
    Student's t test.

    Examples
    --------
    >>> round(t_test(np.array([0.0, 1.0, 2.0]), 1.0, 2, 0.95).t, 4)
    1.7321
    """
    mean, error = float(deviations.mean()), sigma / math.sqrt(deviations.size)
    reach = float(student.isf((1 - confidence) / 2, df)) * error
    if error == 0:
        ratio = math.copysign(math.inf, mean) if mean else 0.0
        return Bias(mean, mean, mean, ratio, df, 0.0 if mean else 1.0)
    ratio = mean / error
    return Bias(mean, mean - reach, mean + reach, ratio, df, float(2 * student.sf(abs(ratio), df)))


def estimate(value: float, error: float, df: int, confidence: float) -> Bias:
    """Give an estimate with a known standard error its interval and its test against zero.

    Parameters
    ----------
    value, error : float
        error > 0.
    df : int
    confidence : float

    Returns
    -------
    Bias

    Source
    ------
    Student's t test.

    Examples
    --------
    >>> round(estimate(2.0, 1.0, 10, 0.95).p, 4)
    0.0734
    """
    reach = float(student.isf((1 - confidence) / 2, df)) * error
    ratio = value / error
    return Bias(value, value - reach, value + reach, ratio, df, float(2 * student.sf(abs(ratio), df)))
