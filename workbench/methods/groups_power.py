"""How many values a comparison needs, and how small a difference it can find."""

import numpy as np
from scipy.optimize import brentq
from scipy.stats import f, ncf

from workbench.errors import Invalid

MOST = 1_000_000  # values per group; a comparison that needs more is no experiment


def power_of(n: float, *, groups: int, effect: float, alpha: float = 0.05) -> float:
    """Return the chance to find a difference between two of several groups.

    The worst case is taken: two groups differ, all others lie between them.

    Parameters
    ----------
    n : float
        Values per group, > 1.
    groups : int
        1 compares with a target.
    effect : float
        The difference in standard deviations within groups.
    alpha : float, default 0.05
        Chance of a false difference.

    Returns
    -------
    float

    Source
    ------
    Cohen, Statistical Power Analysis (1988), chapters 2 and 8: two-sided t test of one or two groups, else F.

    Examples
    --------
    >>> round(power_of(64, groups=2, effect=0.5), 3)
    0.801
    """
    df1 = max(1, groups - 1)
    df2 = groups * (n - 1)
    away = n * effect**2 / (1 if groups == 1 else 2)
    return float(ncf.sf(f.isf(alpha, df1, df2), df1, df2, away)) if effect else alpha


def sample_size(*, groups: int, effect: float, power: float = 0.9, alpha: float = 0.05) -> int:
    """Return the values per group that find a difference with the wanted chance.

    Parameters
    ----------
    groups, effect, alpha
        See ``power_of``; effect not 0.
    power : float, default 0.9

    Returns
    -------
    int
        At most a million.

    Source
    ------
    See ``power_of``.

    Examples
    --------
    >>> sample_size(groups=2, effect=0.5, power=0.8)
    64
    """
    if not effect:
        raise Invalid("difference to find", given=effect, expected="a number other than 0")
    low, high = 1, 2
    while power_of(high, groups=groups, effect=effect, alpha=alpha) < power and high < MOST:
        low, high = high, min(MOST, 2 * high)
    while high - low > 1:
        middle = (low + high) // 2
        enough = middle > 1 and power_of(middle, groups=groups, effect=effect, alpha=alpha) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


def detectable(n: float, *, groups: int, power: float = 0.9, alpha: float = 0.05) -> float:
    """Return the smallest difference that is found with the wanted chance, in standard deviations.

    Parameters
    ----------
    n, groups, alpha
        See ``power_of``.
    power : float, default 0.9

    Returns
    -------
    float

    Source
    ------
    See ``power_of``.

    Examples
    --------
    >>> round(detectable(64, groups=2, power=0.8), 2)
    0.5
    """
    if not alpha < power < 1:
        raise Invalid("power", given=power, expected=f"between {alpha:g} and 1")

    def missing(effect: float) -> float:
        return power_of(n, groups=groups, effect=effect, alpha=alpha) - power

    high = 1.0
    while missing(high) < 0 and high < 1e6:
        high *= 2
    return float(brentq(missing, 1e-9, high, xtol=1e-9))


def usual_size(sizes: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
    """Return the size that equal groups as informative would have: the harmonic mean.

    Parameters
    ----------
    sizes : array of float, shape (k,)

    Returns
    -------
    float

    Source
    ------
    Cohen (1988), 8.3.

    Examples
    --------
    >>> usual_size(np.array([10.0, 10.0]))
    10.0
    """
    return float(sizes.size / (1 / sizes).sum())
