"""The multivariate EWMA: weighted means, and the limit that gives a wanted run length without a change."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.stats import chi2, ncx2

from workbench.errors import Invalid

Floats = NDArray[np.float64]
STATES = 60  # rings of the Markov chain; 60 give the published limits to two decimals


def mewma(deviations: Floats, variances: Floats, weight: float) -> tuple[Floats, Floats]:
    """Weight deviations from the mean exponentially, starting from none.

    Parameters
    ----------
    deviations : array of float, shape (k, p)
        In order, any unit.
    variances : array of float, shape (k,)
        The covariance of each deviation as a share of that of one row: 1/n of a mean of n rows.
    weight : float
        λ of the newest point, 0 < λ <= 1.

    Returns
    -------
    weighted : array of float, shape (k, p)
    variances : array of float, shape (k,)
        Exact from the first point on, rather than those of the steady state.

    Source
    ------
    Lowry, Woodall, Champ and Rigdon, Technometrics 34 (1992) 46-53, equation 2.1.

    Examples
    --------
    >>> weighted, width = mewma(np.array([[1.0], [1.0]]), np.ones(2), 0.5)
    >>> weighted.ravel().tolist(), width.tolist()
    ([0.5, 0.75], [0.25, 0.3125])
    """
    if not 0 < weight <= 1:
        raise Invalid("lambda_", given=weight, expected="a number above 0 and up to 1")
    weighted, width = np.empty_like(deviations), np.empty_like(variances)
    last, wide = np.zeros(deviations.shape[1]), 0.0
    for at, (row, variance) in enumerate(zip(deviations, variances, strict=True)):
        last = weight * row + (1 - weight) * last
        wide = weight**2 * variance + (1 - weight) ** 2 * wide
        weighted[at], width[at] = last, wide
    return weighted, width


def mewma_run_length(h: float, p: int, weight: float) -> float:
    """Return how many points lie on average between false alarms of a MEWMA chart.

    Parameters
    ----------
    h : float
        Limit of T², > 0.
    p : int
        Number of variables.
    weight : float
        λ.

    Returns
    -------
    float
        In points; from a start at the mean, with the covariance in its steady state.

    Source
    ------
    Runger and Prabhu, Journal of the American Statistical Association 91 (1996) 1701-1706: the distance of
    the weighted mean as a Markov chain on rings.

    Examples
    --------
    >>> round(mewma_run_length(10.597, 2, 1.0))
    200
    """
    if weight == 1.0:
        return float(1 / chi2.sf(h, p))
    ring = 2 * np.sqrt(h * weight / (2 - weight)) / (2 * STATES + 1)
    states = np.arange(STATES + 1)
    edges: Floats = ((states + 0.5) * ring / weight) ** 2
    away: Floats = ((1 - weight) * states * ring / weight) ** 2
    reach = np.empty((STATES + 1, STATES + 1))
    reach[0] = chi2.cdf(edges, p)
    reach[1:] = ncx2.cdf(edges[None, :], p, away[1:, None])
    moves = np.diff(reach, axis=1, prepend=0.0)
    return float(np.linalg.solve(np.eye(STATES + 1) - moves, np.ones(STATES + 1))[0])


@lru_cache(maxsize=64)
def mewma_limit(p: int, weight: float, run_length: float) -> float:
    """Return the limit h of T² whose false alarms are ``run_length`` points apart on average.

    Parameters
    ----------
    p : int
        Number of variables.
    weight : float
        λ.
    run_length : float
        > 1, in points; 200 and 370 are usual.

    Returns
    -------
    float

    Source
    ------
    See ``mewma_run_length``; Prabhu and Runger, Journal of Quality Technology 29 (1997) 8-15, print 8.64 for
    p = 2, λ = 0.1 and 200 points.

    Examples
    --------
    >>> round(mewma_limit(2, 0.1, 200.0), 2)
    8.64
    """
    if not run_length > 1:
        raise Invalid("run length", given=run_length, expected="a number above 1")
    if not 0 < weight <= 1:
        raise Invalid("lambda_", given=weight, expected="a number above 0 and up to 1")
    highest = float(chi2.isf(1 / run_length, p))  # λ = 1 needs the widest limit

    def excess(h: float) -> float:
        return float(np.log(mewma_run_length(h, p, weight) / run_length))

    return float(brentq(excess, 1e-3 * highest, 1.02 * highest, xtol=1e-5))
