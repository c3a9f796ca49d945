"""How sure variance components are: intervals for sums and differences of mean squares.

Decides nothing about designs; ``msa`` says which mean squares make up which component.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2
from scipy.stats import f as f_distribution

Floats = NDArray[np.float64]
DRAWS = 20_000  # of the generalized interval: its ends move by about 0.3 % from seed to seed


def large_sample(
    weights: Floats, squares: Floats, freedom: Floats, *, confidence: float
) -> tuple[float, float]:
    """Interval for a weighted sum of independent mean squares, by the modified large-sample method.

    Exact for one mean square; for sums that of Graybill and Wang; for differences that of Ting et al. A
    bound below zero becomes zero, since variances are not negative.

    Parameters
    ----------
    weights : array of float, shape (k,)
        Positive or negative; zero where a mean square plays no part.
    squares : array of float, shape (k,)
        Mean squares, in the squared unit of the values, >= 0.
    freedom : array of float, shape (k,)
        Their degrees of freedom, >= 1.
    confidence : float
        Between 0 and 1; half of the rest lies on each side.

    Returns
    -------
    tuple of float
        Lower and upper bound, in the unit of ``squares``.

    Source
    ------
    Burdick and Graybill, Confidence Intervals on Variance Components (1992), 3.2 and 3.3; Burdick, Borror and
    Montgomery (2003), A review of methods for measurement systems capability analysis.

    Examples
    --------
    >>> low, high = large_sample(np.array([1.0]), np.array([4.0]), np.array([10.0]), confidence=0.9)
    >>> round(low, 4), round(high, 4)
    (2.1849, 10.1512)
    """
    used = weights != 0
    c, s, n = weights[used], squares[used], freedom[used]
    if not c.size:
        return 0.0, 0.0
    alpha = (1 - confidence) / 2
    estimate = float(c @ s)
    down = float(np.sqrt(max(0.0, _spread(c, s, n, alpha, lower=True))))
    up = float(np.sqrt(max(0.0, _spread(c, s, n, alpha, lower=False))))
    return max(0.0, estimate - down), max(0.0, estimate + up)


def _spread(c: Floats, s: Floats, n: Floats, alpha: float, *, lower: bool) -> float:
    """Return the squared distance of one bound from the estimate."""
    below = 1 - n / chi2.isf(alpha, n)  # G: how far a mean square may lie above its expectation
    above = n / chi2.isf(1 - alpha, n) - 1  # H: and how far below
    plus, minus = c > 0, c < 0
    own = np.where(plus, below, above) if lower else np.where(plus, above, below)
    size = np.abs(c) * s
    total = float(((own * size) ** 2).sum())
    for q in np.flatnonzero(plus):
        for r in np.flatnonzero(minus):
            tail = f_distribution.isf(alpha if lower else 1 - alpha, n[q], n[r])
            pair = ((1 - tail) ** 2 - (own[q] * tail) ** 2 - own[r] ** 2) / tail
            total += float(pair * size[q] * size[r])
    same = np.flatnonzero(plus if lower else minus)
    for at, q in enumerate(same):
        for t in same[at + 1 :]:
            both = n[q] + n[t]
            share = (1 - both / chi2.isf(alpha, both)) ** 2 * both**2 / (n[q] * n[t])
            pair = share - below[q] ** 2 * n[q] / n[t] - below[t] ** 2 * n[t] / n[q]
            total += float(pair * size[q] * size[t] / (same.size - 1))
    return total


def share_interval(
    parts: Floats, whole: Floats, squares: Floats, freedom: Floats, *, confidence: float
) -> tuple[float, float]:
    """Interval for the share of some components' standard deviation in another's, by generalized inference.

    Parameters
    ----------
    parts, whole : array of float, shape (components, k)
        Weights of the mean squares in each component of the numerator and of the denominator; a component
        that comes out negative counts as zero, as in the estimate.
    squares, freedom : array of float, shape (k,)
        Mean squares in the squared unit of the values, and their degrees of freedom.
    confidence : float

    Returns
    -------
    tuple of float
        Dimensionless, between 0 and 1.

    Source
    ------
    Hamada and Weerahandi (2000), Measurement system assessment via generalized inference.

    Examples
    --------
    >>> part, whole = np.array([[0.0, 1.0]]), np.array([[0.0, 1.0], [0.5, -0.5]])
    >>> low, high = share_interval(part, whole, np.array([20.0, 1.0]), np.array([9.0, 20.0]), confidence=0.95)
    >>> round(low, 1), round(high, 1)
    (0.2, 0.5)
    """
    random = np.random.Generator(np.random.PCG64(20150831))  # always the same draws: same data, same answer
    drawn = squares * freedom / random.chisquare(freedom, size=(DRAWS, squares.size))
    above = np.clip(drawn @ parts.T, 0.0, None).sum(axis=1)
    below = np.clip(drawn @ whole.T, 0.0, None).sum(axis=1)
    shares = np.sqrt(np.divide(above, below, out=np.zeros(DRAWS), where=below > 0))
    low, high = np.quantile(shares, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)
