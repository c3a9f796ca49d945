"""From a demand table to histories ready to be forecast: gaps, season, holidays, what is too short."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid
from workbench.methods.forecast_backtest import periods_needed
from workbench.methods.forecast_holidays import COUNTRIES, holidays_per_period
from workbench.methods.forecast_models import History
from workbench.methods.forecast_periods import ALL_SERIES, SEASONS, Calendar, Observation, fill, observe
from workbench.methods.forecast_refusals import Skipped

Array = NDArray[np.float64]

MISSING = ("interpolate", "zero", "refuse")
MOST_MISSING = 0.2  # share of periods that may be interpolated
UNNAMED_SEASONS = (4, 7, 12, 24, 52)  # tried where periods are plain numbers


@dataclass(frozen=True)
class Ready:
    """One series, ready to be forecast."""

    observed: Observation
    history: History
    ahead: NDArray[np.int64]  # shape (horizon,): the numbers of the periods ahead
    treated: dict[str, int]  # what was done to the data, and to how many values


@dataclass(frozen=True)
class Prepared:
    """The series of a table: those ready to be forecast, and those that are not."""

    calendar: Calendar
    horizon: int
    ready: tuple[Ready, ...]
    skipped: tuple[Skipped, ...]


def prepare(
    frame: pd.DataFrame,
    *,
    horizon: int,
    season: int = 0,
    holidays: str = "none",
    missing: str = "interpolate",
    step: str = "auto",
) -> Prepared:
    """Line up the series of a demand table and find which can be forecast.

    Parameters
    ----------
    frame, horizon, season, holidays, missing, step
        As ``forecasting.forecast`` takes them.

    Returns
    -------
    Prepared

    Raises
    ------
    Invalid
        If an argument is out of range or a period cannot be read.
    """
    for subject, given, allowed in (
        ("missing", missing, MISSING),
        ("holidays", holidays, ("none", *COUNTRIES)),
    ):
        if given not in allowed:
            raise Invalid(subject, given=repr(given), expected=", ".join(allowed))
    if horizon < 1:
        raise Invalid("horizon", given=horizon, expected="at least 1")
    if frame.empty:
        return Prepared(
            Calendar("step"), horizon, (), (Skipped(ALL_SERIES, "too_short", periods_needed(1), 0),)
        )
    if season < 0:
        raise Invalid("season", given=season, expected="0 (automatic), 1 (none) or more")
    calendar, observed = observe(frame, step=step)
    last = max((int(one.positions[-1]) for one in observed if len(one.positions)), default=0)
    ready, skipped = [], []
    for one in observed:
        used = _season(one, calendar, season)
        lack = _lack(one, used, missing=missing)
        if lack:
            skipped.append(lack)
            continue
        fitted = used if len(one.values) >= periods_needed(used) else 1
        values = fill(one.values, fitted, missing=missing)
        ahead = one.positions[-1] + 1 + np.arange(horizon)
        treated = one.treated | {
            "season_ignored": used if fitted != used else 0,
            "ended_early": last - int(one.positions[-1]) if calendar.has_dates else 0,
        }
        ready.append(
            Ready(
                observed=one,
                history=_history(values, fitted, one=one, calendar=calendar, ahead=ahead, country=holidays),
                ahead=ahead,
                treated={code: count for code, count in treated.items() if count},
            )
        )
    return Prepared(calendar, horizon, tuple(ready), tuple(skipped))


def _lack(observed: Observation, season: int, *, missing: str) -> Skipped | None:
    known = observed.values[~np.isnan(observed.values)]
    if not known.any():
        return Skipped(observed.name, "no_demand", need=1, have=0)
    n, gaps = len(observed.values), observed.treated.get("missing", 0)
    most = {"interpolate": int(MOST_MISSING * n), "refuse": 0}.get(missing, n)
    if gaps > most:
        return Skipped(observed.name, "gaps", need=most, have=gaps)
    need = min(periods_needed(season), periods_needed(1))
    return Skipped(observed.name, "too_short", need=need, have=n) if n < need else None


def _season(observed: Observation, calendar: Calendar, asked: int) -> int:
    if asked:
        return asked
    if calendar.has_dates:
        return SEASONS[calendar.unit]
    return infer_season(fill(observed.values, 1, missing="interpolate")) if len(observed.values) else 1


def infer_season(values: Array) -> int:
    """Find the season of a series whose periods are plain numbers.

    Parameters
    ----------
    values : array of float, shape (n,)
        Consecutive periods.

    Returns
    -------
    int
        The one of 4, 7, 12, 24, 52 with the highest significant autocorrelation (90 %) of the steps from one
        period to the next, among those that fit the data three times; 1 if none is significant.

    Source
    ------
    Bartlett (1946), J. Royal Statistical Society B 8, 27-41: the standard error of an autocorrelation.

    Examples
    --------
    >>> infer_season(np.tile([1.0, 5.0, 2.0, 9.0], 8))
    4
    """
    steps = np.diff(values) - np.mean(np.diff(values)) if len(values) > 1 else np.zeros(1)
    total = float(steps @ steps)
    fitting = [season for season in UNNAMED_SEASONS if len(values) >= 3 * season]
    if not fitting or total == 0:
        return 1
    lags = range(1, max(fitting) + 1)
    acf = np.array([float(steps[lag:] @ steps[: len(steps) - lag]) / total for lag in lags])
    limit = {s: 1.645 * np.sqrt((1 + 2 * np.sum(acf[: s - 1] ** 2)) / len(steps)) for s in fitting}
    significant = [season for season in fitting if acf[season - 1] > limit[season]]
    return max(significant, key=lambda season: acf[season - 1], default=1)


def _history(
    values: Array,
    season: int,
    *,
    one: Observation,
    calendar: Calendar,
    ahead: NDArray[np.int64],
    country: str,
) -> History:
    labels = calendar.labels(np.concatenate([one.positions, ahead, ahead[-1:] + 1]))
    if not isinstance(labels, pd.DatetimeIndex):
        return History(values, season)
    counted = country != "none" and calendar.unit != "year"
    days = holidays_per_period(labels, country=country) if counted else None
    return History(values, season, dates=labels[:-1], holidays=days)
