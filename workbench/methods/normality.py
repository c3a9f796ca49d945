"""Do values look like a normal distribution? Two tests, and the points of a probability plot."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri
from scipy.stats import shapiro

from workbench.errors import NoSpread, TooFew

Floats = NDArray[np.float64]
MINIMUM = 3
LARGEST_FOR_SHAPIRO = 5000  # beyond, its p-value is not computed to any stated accuracy


@dataclass(frozen=True)
class Normality:
    """Tests of normality; small p-values speak against it.

    Attributes
    ----------
    anderson_darling : float
        A², with mean and standard deviation estimated.
    p : float
        Its p-value.
    shapiro_wilk, shapiro_p : float
        W and its p-value; NaN above 5000 values.
    """

    anderson_darling: float
    p: float
    shapiro_wilk: float
    shapiro_p: float

    @property
    def rejected(self) -> bool:
        """Whether the Anderson-Darling test rejects normality at 5 %."""
        return self.p < 0.05

    @property
    def table(self) -> pd.DataFrame:
        """One test per row: test, statistic, p."""
        rows = [
            ("anderson_darling", self.anderson_darling, self.p),
            ("shapiro_wilk", self.shapiro_wilk, self.shapiro_p),
        ]
        return pd.DataFrame(rows, columns=["test", "statistic", "p"])


def normality(values: Floats) -> Normality:
    """Test whether values come from a normal distribution.

    Parameters
    ----------
    values : array of float, shape (n,), n >= 3
        Finite, any unit.

    Returns
    -------
    Normality

    Raises
    ------
    TooFew
        If n < 3.
    NoSpread
        If all values are equal.

    Source
    ------
    Stephens in D'Agostino and Stephens, Goodness-of-Fit Techniques (1986), table 4.9; Royston, Applied
    Statistics 44 (1995), algorithm R94.

    Examples
    --------
    >>> found = normality(np.array([2.0, 4.0, 4.5, 5.0, 5.5, 6.0, 8.0]))
    >>> found.rejected
    False
    """
    values = np.sort(np.asarray(values, dtype=float))
    n = values.size
    if n < MINIMUM:
        raise TooFew("values for a test of normality", need=MINIMUM, have=n)
    spread = values.std(ddof=1)
    if not spread > 0:
        raise NoSpread(f"all {n} values are equal")
    z = (values - values.mean()) / spread
    order = 2 * np.arange(1, n + 1) - 1
    square = float(-n - (order * (log_ndtr(z) + log_ndtr(-z[::-1]))).sum() / n)
    w, p = shapiro(values) if n <= LARGEST_FOR_SHAPIRO else (np.nan, np.nan)
    return Normality(square, anderson_darling_p(square, n), float(w), float(p))


def anderson_darling_p(square: float, n: int) -> float:
    """Return the p-value of A² of a normal distribution whose mean and standard deviation were estimated.

    Parameters
    ----------
    square : float
        A², >= 0.
    n : int
        Number of values.

    Returns
    -------
    float

    Source
    ------
    D'Agostino and Stephens (1986), table 4.9.

    Examples
    --------
    >>> round(anderson_darling_p(0.752, 10_000), 2)
    0.05
    """
    adjusted = square * (1 + 0.75 / n + 2.25 / n**2)
    if adjusted >= 13:  # where the fitted curve turns up again
        return 0.0
    if adjusted >= 0.6:
        return float(np.exp(1.2937 - 5.709 * adjusted + 0.0186 * adjusted**2))
    if adjusted > 0.34:
        return float(np.exp(0.9177 - 4.279 * adjusted - 1.38 * adjusted**2))
    if adjusted > 0.2:
        return float(1 - np.exp(-8.318 + 42.796 * adjusted - 59.938 * adjusted**2))
    return float(1 - np.exp(-13.436 + 101.14 * adjusted - 223.73 * adjusted**2))


def probability_points(values: Floats) -> tuple[Floats, Floats]:
    """Return the points of a normal probability plot: values in order, and the normal quantile of each.

    Parameters
    ----------
    values : array of float, shape (n,)

    Returns
    -------
    values, quantiles : arrays of float, shape (n,)
        Quantiles are of the median ranks (i - 0.3) / (n + 0.4).

    Source
    ------
    Benard and Bos-Levenbach (1953), median ranks; as Minitab and JASP draw it.

    Examples
    --------
    >>> probability_points(np.array([3.0, 1.0, 2.0]))[1].round(3).tolist()
    [-0.821, 0.0, 0.821]
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    rank = np.arange(1, ordered.size + 1)
    return ordered, ndtri((rank - 0.3) / (ordered.size + 0.4))
