"""Does a distribution describe these values? The Anderson-Darling statistic and its p-value.

Tables of critical values are brought to the scale of the normal one, whose p-value is a smooth function.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.methods.normality import anderson_darling_p

Floats = NDArray[np.float64]
LEVELS = (0.25, 0.10, 0.05, 0.025, 0.01, 0.005)
NORMAL = (0.470, 0.631, 0.752, 0.873, 1.035, 1.159)
LOGISTIC = (0.426, 0.563, 0.660, 0.769, 0.906, 1.010)
EXPONENTIAL = (0.736, 1.062, 1.321, 1.591, 1.959, 2.244)
GAMMA = {  # by shape
    1: (0.486, 0.657, 0.786, 0.917, 1.092, 1.227),
    2: (0.477, 0.643, 0.768, 0.894, 1.062, 1.190),
    3: (0.475, 0.639, 0.762, 0.886, 1.052, 1.178),
    5: (0.472, 0.635, 0.758, 0.881, 1.045, 1.170),
    10: (0.471, 0.633, 0.754, 0.877, 1.040, 1.164),
    20: (0.470, 0.632, 0.753, 0.875, 1.037, 1.161),
}


def anderson_darling(values: Floats, law: Any) -> float:
    """Return A², the distance between values and a distribution that weighs the tails most.

    Parameters
    ----------
    values : array of float, shape (n,)
    law
        With ``cdf`` and ``sf``.

    Returns
    -------
    float
        Infinite where a value is impossible.

    Source
    ------
    Anderson and Darling (1954); Stephens in D'Agostino and Stephens (1986), 4.2.

    Examples
    --------
    >>> from scipy.stats import norm
    >>> round(anderson_darling(norm.ppf([0.1, 0.3, 0.5, 0.7, 0.9]), norm), 3)
    0.13
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    order = 2 * np.arange(1, ordered.size + 1) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(law.cdf(ordered)) + np.log(law.sf(ordered[::-1]))
    return float(-ordered.size - (order * logs).sum() / ordered.size)


def p_value(family: str, square: float, n: int, *, shape: float = math.inf) -> float:
    """Return the p-value of A² when the parameters were estimated; NaN where no table is known.

    Parameters
    ----------
    family : str
        See ``distributions.PARAMETERS``; a transformation to normal values is ``normal``.
    square : float
        A².
    n : int
        Number of values.
    shape : float
        Of a gamma distribution.

    Returns
    -------
    float

    Source
    ------
    Stephens in D'Agostino and Stephens (1986), tables 4.9, 4.14, 4.21, 4.22; Weibull: MIL-HDBK-17.

    Examples
    --------
    >>> round(p_value("weibull", 0.757, 10_000), 2)
    0.05
    """
    if not math.isfinite(square):
        return 0.0
    if family in ("normal", "lognormal"):
        return anderson_darling_p(square, n)
    if family == "weibull":
        adjusted = square * (1 + 0.2 / math.sqrt(n))
        return 1 / (1 + math.exp(min(700.0, -0.1 + 1.24 * math.log(adjusted) + 4.48 * adjusted)))
    if family == "exponential":
        return _by_table(square * (1 + 0.6 / n), EXPONENTIAL)
    if family in ("logistic", "loglogistic"):
        return _by_table(square * (1 + 0.25 / n), LOGISTIC)
    if family == "gamma":
        near = min(GAMMA, key=lambda known: abs(1 / known - 1 / shape))
        return _by_table(square, GAMMA[near])
    return math.nan


def _by_table(square: float, critical: tuple[float, ...]) -> float:
    """Bring a statistic to the scale of the normal distribution's, level by level."""
    factors = np.array(NORMAL) / np.array(critical)
    scaled = square * float(np.interp(square, critical, factors))
    return anderson_darling_p(scaled, 10**9)
