"""How good a forecast is, and what kind of demand it is for: errors, their scale, the demand classes.

Decides nothing about models; see ``forecasting`` for the choice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import Invalid, TooFew

Array = NDArray[np.float64]

ADI_LIMIT, CV2_LIMIT = 1.32, 0.49


@dataclass(frozen=True)
class DemandClass:
    """The regularity of a demand: how often it occurs and how much its size varies."""

    adi: float  # average periods between two demands, >= 1
    cv2: float  # squared coefficient of variation of the demands that are not zero
    kind: str  # smooth, erratic, intermittent or lumpy

    @property
    def is_intermittent(self) -> bool:
        """Whether zeros are frequent enough for a method of their own."""
        return self.adi >= ADI_LIMIT


def smape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the symmetric mean absolute percentage error.

    Parameters
    ----------
    actual, forecast : array of float, shape (n,), n >= 1
        Same unit. A pair of zeros counts as no error.

    Returns
    -------
    float
        In percent, between 0 and 200.

    Raises
    ------
    Invalid
        If the shapes differ.

    Source
    ------
    Makridakis & Hibon (2000), Int. J. Forecasting 16, 451-476: mean of 200 |a - f| / (|a| + |f|).

    Examples
    --------
    >>> smape([100.0, 100.0], [100.0, 300.0])
    50.0
    """
    a, f = _pair(actual, forecast)
    total = np.abs(a) + np.abs(f)
    return float(np.mean(np.divide(200 * np.abs(a - f), total, out=np.zeros_like(total), where=total > 0)))


def mape(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the mean absolute percentage error.

    Parameters
    ----------
    actual, forecast : array of float, shape (n,), n >= 1
        Same unit.

    Returns
    -------
    float
        In percent of the actual values; NaN if one of them is zero.

    Raises
    ------
    Invalid
        If the shapes differ.

    Source
    ------
    Hyndman & Athanasopoulos, Forecasting: principles and practice, 3rd ed., section 5.8.

    Examples
    --------
    >>> mape([100.0, 200.0], [110.0, 180.0])
    10.0
    """
    a, f = _pair(actual, forecast)
    return float(100 * np.mean(np.abs((a - f) / a))) if np.all(a) else float("nan")


def rmse(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Return the root mean squared error.

    Parameters
    ----------
    actual, forecast : array of float, shape (n,), n >= 1
        Same unit.

    Returns
    -------
    float
        In the unit of the values.

    Raises
    ------
    Invalid
        If the shapes differ.

    Source
    ------
    Hyndman & Athanasopoulos, Forecasting: principles and practice, 3rd ed., section 5.8.

    Examples
    --------
    >>> rmse([0.0, 0.0], [1.0, 7.0])
    5.0
    """
    a, f = _pair(actual, forecast)
    return float(np.sqrt(np.mean((a - f) ** 2)))


def naive_scale(history: ArrayLike, season: int) -> float:
    """Return the mean absolute step from one season to the next: what "last season again" errs in sample.

    Parameters
    ----------
    history : array of float, shape (n,)
        Past values, in time order without gaps.
    season : int
        Periods per season, >= 1; 1 compares with the period before.

    Returns
    -------
    float
        In the unit of the values; NaN if it cannot be computed or is zero, as nothing can be scaled by it.

    Source
    ------
    Hyndman & Koehler (2006), Int. J. Forecasting 22, 679-688, section 3.

    Examples
    --------
    >>> naive_scale([1.0, 5.0, 2.0, 7.0], season=2)
    1.5
    """
    values = np.asarray(history, dtype=float)
    if len(values) <= season:
        return float("nan")
    return float(np.mean(np.abs(values[season:] - values[:-season]))) or float("nan")


def mase(actual: ArrayLike, forecast: ArrayLike, *, scale: float) -> float:
    """Return the mean absolute error in units of the naive method's error in sample.

    Parameters
    ----------
    actual, forecast : array of float, shape (n,), n >= 1
        Same unit.
    scale : float
        ``naive_scale`` of the history that the forecast was made from.

    Returns
    -------
    float
        Dimensionless. Below 1: smaller than the naive method's one-season-ahead error in sample.

    Raises
    ------
    Invalid
        If the shapes differ.

    Source
    ------
    Hyndman & Koehler (2006), Int. J. Forecasting 22, 679-688, section 3.

    Examples
    --------
    >>> mase([10.0, 12.0], [11.0, 11.0], scale=2.0)
    0.5
    """
    a, f = _pair(actual, forecast)
    return float(np.mean(np.abs(a - f)) / scale)


def demand_class(history: ArrayLike) -> DemandClass:
    """Classify a demand by how often it occurs and how much its size varies.

    Parameters
    ----------
    history : array of float, shape (n,), n >= 1
        Demand per period, without gaps; zero where nothing was asked for.

    Returns
    -------
    DemandClass
        smooth (ADI < 1.32, CV² < 0.49), erratic (CV² above), intermittent (ADI above), lumpy (both).

    Raises
    ------
    TooFew
        If no period has a demand.

    Source
    ------
    Syntetos, Boylan & Croston (2005), J. Operational Research Society 56, 495-503.

    Examples
    --------
    >>> demand_class([0.0, 4.0, 0.0, 0.0, 4.0, 0.0])
    DemandClass(adi=3.0, cv2=0.0, kind='intermittent')
    """
    values = np.asarray(history, dtype=float)
    sizes = values[values != 0]
    if not len(sizes):
        raise TooFew("periods with a demand", need=1, have=0)
    adi = len(values) / len(sizes)
    cv2 = float(np.var(sizes) / np.mean(sizes) ** 2) if np.mean(sizes) else float("inf")
    rare, uneven = adi >= ADI_LIMIT, cv2 >= CV2_LIMIT
    kind = ("lumpy" if uneven else "intermittent") if rare else ("erratic" if uneven else "smooth")
    return DemandClass(adi=adi, cv2=cv2, kind=kind)


def _pair(actual: ArrayLike, forecast: ArrayLike) -> tuple[Array, Array]:
    a, f = np.asarray(actual, dtype=float), np.asarray(forecast, dtype=float)
    if a.shape != f.shape or not a.size:
        raise Invalid("forecast", given=f"{f.shape} values", expected=f"as many as actual values, {a.shape}")
    return a, f
