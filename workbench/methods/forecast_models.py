"""The forecasting models: each takes a history and a horizon and returns point forecasts.

The fits live in ``forecast_fits`` and ``forecast_prophet``. No model decides whether it is used:
the backtest in ``forecasting`` does. Forecasts that run away are clipped here: one bad fit cannot explode.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.tsa.seasonal import STL

from workbench.methods.forecast_fits import fit_arima, fit_theta, smooth
from workbench.methods.forecast_holidays import holiday_effect
from workbench.methods.forecast_prophet import prophet

Array = NDArray[np.float64]

LONGEST_FITTED_SEASON = 24  # longer seasons are taken out by STL first, as every state would be a parameter
FIT_ERRORS = (ValueError, ArithmeticError, RuntimeError, np.linalg.LinAlgError)


@dataclass(frozen=True)
class History:
    """The past of one series on consecutive periods, and what is known of the calendar ahead."""

    values: Array  # shape (n,)
    season: int  # periods per season, >= 1
    dates: pd.DatetimeIndex | None = None  # shape (n + horizon,); None where periods are plain numbers
    holidays: Array | None = None  # shape (n + horizon,): holidays per period

    @property
    def is_positive(self) -> bool:
        """Whether logarithms and ratios make sense."""
        return bool(self.values.min() > 0)

    def head(self, n: int) -> "History":
        """Return what was known after the first n periods."""
        return replace(self, values=self.values[:n])


def seasonal_naive(history: History, horizon: int) -> Array:
    """Repeat the last season, the benchmark every model has to beat.

    Parameters
    ----------
    history : History
    horizon : int

    Returns
    -------
    array of float, shape (horizon,)

    Source
    ------
    Hyndman & Athanasopoulos, Forecasting: principles and practice, 3rd ed., section 5.2.

    Examples
    --------
    >>> seasonal_naive(History(np.array([1.0, 2.0, 3.0, 4.0]), season=2), 3).tolist()
    [3.0, 4.0, 3.0]
    """
    return np.resize(history.values[-history.season :], horizon)


def mean_demand(history: History, horizon: int) -> Array:
    """Repeat the mean of the whole past."""
    return np.full(horizon, history.values.mean())


def sba(history: History, horizon: int, *, smoothing: float = 0.1) -> Array:
    """Forecast an intermittent demand by Croston's method with the Syntetos-Boylan correction.

    Parameters
    ----------
    history : History
        Demands, zero where nothing was asked for.
    horizon : int
    smoothing : float
        Weight of the newest demand and interval, 0 < smoothing <= 1.

    Returns
    -------
    array of float, shape (horizon,)
        Mean demand per period, the same for all.

    Source
    ------
    Syntetos & Boylan (2005), Int. J. Forecasting 21, 303-314, equations 2 to 5.

    Examples
    --------
    >>> sba(History(np.array([0.0, 4.0, 0.0, 4.0]), season=1), 2).round(2).tolist()
    [1.9, 1.9]
    """
    hits = np.flatnonzero(history.values)
    sizes, intervals = history.values[hits], np.diff(hits, prepend=-1).astype(float)
    size, interval = sizes[0], intervals.mean()
    for new_size, new_interval in zip(sizes[1:], intervals[1:], strict=True):
        size += smoothing * (new_size - size)
        interval += smoothing * (new_interval - interval)
    return np.full(horizon, (1 - smoothing / 2) * size / interval)


def _ets(kind: str) -> Callable[[History, int], Array]:
    return lambda history, horizon: smooth(history.values, history.season, horizon, kind=kind).forecast


MODELS: dict[str, Callable[[History, int], Array]] = {
    "seasonal_naive": seasonal_naive,
    "ets_damped": _ets("AAdA"),
    "ets_multiplicative": _ets("MAdM"),
    "ets_level": _ets("ANA"),
    "theta": lambda history, horizon: fit_theta(history.values, history.season, horizon),
    "arima": lambda history, horizon: fit_arima(history.values, history.season, horizon).forecast,
    "sba": sba,
    "mean": mean_demand,
    "prophet": lambda history, horizon: prophet(
        history.values, horizon, season=history.season, dates=history.dates, holidays=history.holidays
    ),
}
ARITHMETIC = {"seasonal_naive", "sba", "mean"}  # nothing is searched for
WITH_LONG_SEASONS = ARITHMETIC | {"prophet"}


def members(history: History) -> tuple[str, ...]:
    """Return the models whose median is the ensemble.

    Parameters
    ----------
    history : History

    Returns
    -------
    tuple of text
        Multiplicative smoothing joins only where all values are positive and there is a season.
    """
    second = "ets_multiplicative" if history.is_positive and history.season > 1 else "ets_level"
    return ("ets_damped", second, "theta", "arima")


def forecast_each(history: History, horizon: int, names: Iterable[str]) -> dict[str, Array]:
    """Forecast with several models; the ensemble is the median of its members, computed once.

    Parameters
    ----------
    history : History
    horizon : int
    names : iterable of text
        Keys of ``MODELS``, or ensemble, or ensemble_holidays.

    Returns
    -------
    dict of text to array of float, shape (horizon,)
        A model that cannot be fitted to this history is absent.
    """
    wanted = list(names)
    adjusted = seasonally_adjusted(history, horizon)
    singles = [name for name in wanted if name in MODELS]
    if "ensemble" in wanted:
        singles += [name for name in members(adjusted[0]) if name not in singles]
    found: dict[str, Array] = {}
    for name in singles:
        ahead = _attempt(name, history, horizon, adjusted=adjusted)
        if ahead is not None:
            found[name] = ahead
    if "ensemble" in wanted:
        pool = [found[name] for name in members(adjusted[0]) if name in found]
        found["ensemble"] = np.median(pool, axis=0) if pool else seasonal_naive(history, horizon)
    if "ensemble_holidays" in wanted:
        found["ensemble_holidays"] = _with_holidays(history, horizon)
    return {name: found[name] for name in wanted if name in found}


def _attempt(
    name: str, history: History, horizon: int, *, adjusted: tuple[History, Array | None]
) -> Array | None:
    if name in ARITHMETIC:
        return within_reason(MODELS[name](history, horizon), history.values)
    past, season = (history, None) if name in WITH_LONG_SEASONS else adjusted
    # The optimisers stop at absolute tolerances and follow the last digit: in a unit of its own and without
    # that digit, a demand in kilograms and the same in tonnes get the same answer.
    unit = float(np.abs(past.values).mean()) or 1.0
    past = replace(past, values=np.round(past.values / unit, 10))
    try:
        ahead = unit * MODELS[name](past, horizon)
    except FIT_ERRORS:
        return None
    if season is not None:
        ahead = ahead * season if history.is_positive else ahead + season
    return within_reason(ahead, history.values) if np.isfinite(ahead).all() else None


def within_reason(ahead: Array, past: Array) -> Array:
    """Keep a forecast near the range of its past, so that no fit can run away.

    Parameters
    ----------
    ahead : array of float, shape (horizon,)
    past : array of float, shape (n,)

    Returns
    -------
    array of float, shape (horizon,)
        At most one more range of the past beyond it (more for horizons beyond half the past), and not below
        zero if the past never was.

    Examples
    --------
    >>> within_reason(np.array([3.0, 1e9]), np.array([0.0, 2.0, 4.0])).tolist()
    [3.0, 9.333333333333332]
    """
    low, high = past.min(), past.max()
    room = (high - low) * max(1.0, 2 * len(ahead) / len(past))
    floor = max(low - room, 0.0) if low >= 0 else low - room
    return np.clip(ahead, floor, high + room)


def seasonally_adjusted(history: History, horizon: int) -> tuple[History, Array | None]:
    """Take a long season out, so that a model without one can be fitted.

    Parameters
    ----------
    history : History
    horizon : int

    Returns
    -------
    tuple of History and (array of float, shape (horizon,), or None)
        The adjusted past, and the factors (positive series) or amounts to put back; None for a short season.

    Source
    ------
    Cleveland, Cleveland, McRae & Terpenning (1990), STL, J. Official Statistics 6, 3-73.
    """
    if history.season <= LONGEST_FITTED_SEASON:
        return history, None
    z = np.log(history.values) if history.is_positive else history.values
    seasonal = np.asarray(STL(z, period=history.season, robust=True).fit().seasonal)
    rest, ahead = z - seasonal, np.resize(seasonal[-history.season :], horizon)
    if history.is_positive:
        rest, ahead = np.exp(rest), np.exp(ahead)
    return replace(history, values=rest, season=1), ahead


def _with_holidays(history: History, horizon: int) -> Array:
    """Forecast as if every period had its season's usual holidays, then put the real ones back."""
    n = len(history.values)
    effect = (
        0.0 if history.holidays is None else holiday_effect(history.values, history.season, history.holidays)
    )
    if history.holidays is None or effect == 0:
        return forecast_each(history, horizon, ["ensemble"])["ensemble"]
    usual = np.array(
        [history.holidays[:n][start :: history.season].mean() for start in range(history.season)]
    )
    extra = history.holidays[: n + horizon] - np.resize(usual, n + horizon)
    if history.is_positive:
        plain = replace(history, values=history.values / np.exp(effect * extra[:n]))
        return forecast_each(plain, horizon, ["ensemble"])["ensemble"] * np.exp(effect * extra[n:])
    plain = replace(history, values=history.values - effect * extra[:n])
    return forecast_each(plain, horizon, ["ensemble"])["ensemble"] + effect * extra[n:]
