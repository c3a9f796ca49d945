"""Coefficients of agreement: shares with exact intervals, the kappas of Fleiss and Cohen, Kendall's W.

Decides nothing about studies; ``msa_attribute`` says which ratings are compared.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, chi2, rankdata

Codes = NDArray[np.int64]


class Rate(NamedTuple):
    """A share in percent with its interval, and what it was counted from; NaN where there was nothing."""

    percent: float
    low: float
    high: float
    hits: int
    of: int


def rate(hits: int, of: int, *, confidence: float = 0.95) -> Rate:
    """Return a share in percent with the exact interval of Clopper and Pearson.

    Parameters
    ----------
    hits, of : int
        0 <= hits <= of.
    confidence : float, default 0.95

    Returns
    -------
    Rate

    Source
    ------
    Clopper and Pearson (1934).

    Examples
    --------
    >>> found = rate(14, 15)
    >>> round(found.percent, 2), round(found.low, 3), round(found.high, 3)
    (93.33, 68.052, 99.831)
    """
    if of == 0:
        return Rate(np.nan, np.nan, np.nan, 0, 0)
    alpha = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(beta.ppf(alpha, hits, of - hits + 1))
    high = 1.0 if hits == of else float(beta.isf(alpha, hits + 1, of - hits))
    return Rate(100 * hits / of, 100 * low, 100 * high, hits, of)


def fleiss(ratings: Codes, grades: int) -> float:
    """Agreement of several raters beyond chance.

    Parameters
    ----------
    ratings : array of int, shape (parts, raters), raters >= 2
        Each between 0 and grades - 1.
    grades : int

    Returns
    -------
    float
        Dimensionless, 1 for full agreement, 0 for chance; NaN when only one grade was ever given.

    Source
    ------
    Fleiss (1971), Measuring nominal scale agreement among many raters.

    Examples
    --------
    >>> round(fleiss(np.array([[0, 0], [1, 1], [0, 1]]), 2), 4)
    0.3333
    """
    raters = ratings.shape[1]
    counts = (ratings[:, :, None] == np.arange(grades)).sum(axis=1)
    share = counts.sum(axis=0) / counts.sum()
    alike = ((counts**2).sum(axis=1) - raters) / (raters * (raters - 1))
    chance = float((share**2).sum())
    return (float(alike.mean()) - chance) / (1 - chance) if chance < 1 else float("nan")


def cohen(first: Codes, second: Codes, grades: int) -> float:
    """Agreement of two series of ratings beyond chance, each with its own frequencies.

    Parameters
    ----------
    first, second : array of int, shape (n,)
        Each between 0 and grades - 1.
    grades : int

    Returns
    -------
    float
        Dimensionless; NaN when both gave one and the same grade throughout.

    Source
    ------
    Cohen (1960), A coefficient of agreement for nominal scales; AIAG MSA, 4th ed., III-C.

    Examples
    --------
    >>> round(cohen(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2), 4)
    0.5
    """
    shares = [np.bincount(ratings, minlength=grades) / ratings.size for ratings in (first, second)]
    chance = float(shares[0] @ shares[1])
    return (float((first == second).mean()) - chance) / (1 - chance) if chance < 1 else float("nan")


def concordance(ratings: Codes) -> tuple[float, float]:
    """Kendall's W of several raters who put parts in order, corrected for ties, with its p-value.

    Parameters
    ----------
    ratings : array of int, shape (parts, raters)
        Higher means more.

    Returns
    -------
    tuple of float
        W between 0 and 1, and p from chi-square; NaN where nobody tells any parts apart.

    Source
    ------
    Kendall and Gibbons, Rank Correlation Methods (1990), chapter 6.

    Examples
    --------
    >>> concordance(np.array([[1, 1], [2, 2], [3, 3]]))[0]
    1.0
    """
    parts, raters = ratings.shape
    ranks = rankdata(ratings, axis=0)
    sums = ranks.sum(axis=1)
    ties = 0.0
    for column in ratings.T:
        counts = np.unique(column, return_counts=True)[1].astype(float)
        ties += float((counts**3 - counts).sum())
    below = raters**2 * (parts**3 - parts) - raters * ties
    if below <= 0:
        return float("nan"), float("nan")
    w = float(12 * ((sums - sums.mean()) ** 2).sum() / below)
    return w, float(chi2.sf(raters * (parts - 1) * w, parts - 1))
