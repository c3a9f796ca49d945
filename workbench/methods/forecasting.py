"""Demand forecasts: each series of a table, by the model its backtest supports, with bands.

Ties the steps together; time axis, models, backtest, bands and words live in the modules beside this one.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid, unknown
from workbench.methods import forecast_metrics as metrics
from workbench.methods.forecast_backtest import Backtest, backtest, choose, periods_needed
from workbench.methods.forecast_holidays import COUNTRIES, holiday_effect, holidays_per_period
from workbench.methods.forecast_intervals import Bands, bands, empirical_bands, spread
from workbench.methods.forecast_models import MODELS, History, forecast_each, members, seasonally_adjusted
from workbench.methods.forecast_periods import SEASONS, Calendar, Observation, fill, observe
from workbench.methods.forecast_refusals import Skipped, refusal

Array = NDArray[np.float64]

CHOICES = ("auto", "all", "ensemble", *MODELS)
MISSING = ("interpolate", "zero", "refuse")
PROPHET_UP_TO = 4  # series; beyond, Prophet runs only when asked for: 0.4 s a series, after an import of 2 s
MOST_MISSING = 0.2  # share of periods that may be interpolated
UNNAMED_SEASONS = (4, 7, 12, 24, 52)  # tried where periods are plain numbers


@dataclass(frozen=True)
class Candidate:
    """How one model did in the backtest of one series, mean over the windows."""

    model: str
    mase: float  # error in units of the naive method's in-sample error; NaN if that is zero
    smape: float  # in percent
    chosen: bool


@dataclass(frozen=True)
class SeriesForecast:
    """The forecast of one series, and everything it rests on."""

    name: str
    periods: "pd.Index[Any]"  # shape (n,): dates or numbers
    values: Array  # shape (n,), in the unit of the demand
    filled: NDArray[np.bool_]  # shape (n,): true where a missing period was filled
    ahead: "pd.Index[Any]"  # shape (horizon,)
    positions: NDArray[np.int64]  # shape (horizon,): the numbers of the periods ahead
    forecast: Array  # shape (horizon,)
    bands: Bands
    season: int
    demand: metrics.DemandClass
    candidates: tuple[Candidate, ...]
    windows: int
    treated: dict[str, int]  # what was done to the data, and to how many values

    @property
    def chosen(self) -> Candidate:
        """The model in use and its backtest."""
        return next(candidate for candidate in self.candidates if candidate.chosen)

    @property
    def naive(self) -> Candidate:
        """The benchmark: the last season again."""
        return next(candidate for candidate in self.candidates if candidate.model == "seasonal_naive")


@dataclass(frozen=True)
class DemandForecast:
    """The forecasts of all series of a table."""

    calendar: Calendar
    series: tuple[SeriesForecast, ...]
    skipped: tuple[Skipped, ...]

    @property
    def mase(self) -> float:
        """Mean over the series of the chosen model's backtest."""
        return _mean([one.chosen.mase for one in self.series])

    @property
    def naive_mase(self) -> float:
        """Mean over the series of the naive method's error in the same backtest."""
        return _mean([one.naive.mase for one in self.series])

    @property
    def smape(self) -> float:
        """Mean over the series of the chosen model's backtest, in percent."""
        return _mean([one.chosen.smape for one in self.series])

    @property
    def naive_smape(self) -> float:
        """Mean over the series of the naive method's error in the same backtest, in percent."""
        return _mean([one.naive.smape for one in self.series])

    @property
    def model(self) -> str:
        """The model used for most series."""
        used = [one.chosen.model for one in self.series]
        return max(dict.fromkeys(used), key=used.count)

    def one(self, name: str = "") -> SeriesForecast:
        """Return the series of that name, or the one with the largest recent demand."""
        if not name:
            return max(self.series, key=lambda one: float(np.abs(one.values[-max(one.season, 12) :]).sum()))
        found = next((one for one in self.series if one.name == name), None)
        if found is None:
            raise unknown("series", name, [one.name for one in self.series])
        return found


@dataclass(frozen=True)
class _Options:
    horizon: int
    season: int
    models: str
    holidays: str
    missing: str


def forecast(
    frame: pd.DataFrame,
    *,
    horizon: int,
    season: int = 0,
    models: str = "auto",
    holidays: str = "none",
    missing: str = "interpolate",
    step: str = "auto",
) -> DemandForecast:
    """Forecast each series of a demand table with the model that its backtest supports.

    Parameters
    ----------
    frame : DataFrame with period, value and, optional, series
        Rows in any order; rows of one period are summed.
    horizon : int
        Periods to forecast, >= 1.
    season : int
        Periods per season; 0 takes it from the step of the periods (12 for months, 4 quarters, 7 days), or
        from the autocorrelation if periods are plain numbers; 1 means none.
    models : str
        auto (Prophet for up to four dated series), all (Prophet for every series), or the name of one model.
    holidays : str
        none, or CN: an ensemble corrected for Chinese holidays, and Prophet told of them.
    missing : str
        What to do about missing periods: interpolate (at most 20 % of a series), zero, refuse.
    step : str
        auto, or day, week, month, quarter, year to sum the rows into.

    Returns
    -------
    DemandForecast
        Series that cannot be forecast are listed as skipped, with what they need and have.

    Raises
    ------
    Invalid
        If an argument is out of range or a period cannot be read.
    Refused
        If no series can be forecast: TooShort, Gaps, NoDemand.

    Source
    ------
    Makridakis & Hibon (2000), Int. J. Forecasting 16, 451-476: combinations beat their members.

    Examples
    --------
    >>> months = pd.date_range("2021-01-01", periods=36, freq="MS")
    >>> table = pd.DataFrame({"period": months, "value": [10.0, 20.0, 30.0] * 12})
    >>> forecast(table, horizon=3, season=3, models="seasonal_naive").series[0].forecast.tolist()
    [10.0, 20.0, 30.0]
    """
    options = _Options(horizon, season, models, holidays, missing)
    _check(options)
    calendar, observed = observe(frame, step=step)
    few = calendar.has_dates and len(observed) <= PROPHET_UP_TO
    options = replace(options, models="all") if models == "auto" and few else options
    last = max((int(one.positions[-1]) for one in observed if len(one.positions)), default=0)
    results = [_forecast_one(one, calendar, options=options, last=last) for one in observed]
    done = tuple(result for result in results if isinstance(result, SeriesForecast))
    skipped = tuple(result for result in results if isinstance(result, Skipped))
    if not done:
        raise refusal(skipped)
    return DemandForecast(calendar, done, skipped)


def _check(options: _Options) -> None:
    for subject, given, allowed in (
        ("models", options.models, CHOICES),
        ("missing", options.missing, MISSING),
        ("holidays", options.holidays, ("none", *COUNTRIES)),
    ):
        if given not in allowed:
            raise Invalid(subject, given=repr(given), expected=", ".join(allowed))
    if options.horizon < 1:
        raise Invalid("horizon", given=options.horizon, expected="at least 1")
    if options.season < 0:
        raise Invalid("season", given=options.season, expected="0 (automatic), 1 (none) or more")


def _forecast_one(
    observed: Observation, calendar: Calendar, *, options: _Options, last: int
) -> SeriesForecast | Skipped:
    lack = _lack(observed, options.missing)
    if lack:
        return lack
    asked = _season(observed, calendar, options)
    season = asked if len(observed.values) >= periods_needed(asked) else 1
    if len(observed.values) < periods_needed(season):
        return Skipped(observed.name, "too_short", need=periods_needed(season), have=len(observed.values))
    values = fill(observed.values, season, missing=options.missing)
    ahead = observed.positions[-1] + 1 + np.arange(options.horizon)
    labels = calendar.labels(np.concatenate([observed.positions, ahead, ahead[-1:] + 1]))
    history = _history(values, season, labels=labels, calendar=calendar, holidays=options.holidays)
    demand = metrics.demand_class(values)
    names, default = _candidates(history, demand, options.models)
    tested = backtest(history, horizon=options.horizon, names=names)
    model = _choose(tested, default)
    point = forecast_each(history, options.horizon, [model])[model]
    treated = observed.treated | {"season_ignored": asked if season != asked else 0}
    treated["ended_early"] = last - int(observed.positions[-1]) if calendar.has_dates else 0
    return SeriesForecast(
        name=observed.name,
        periods=labels[: len(values)],
        values=values,
        filled=np.isnan(observed.values),
        ahead=labels[len(values) : -1],
        positions=ahead,
        forecast=point,
        bands=_bands(history, tested, demand, model=model, point=point),
        season=season,
        demand=demand,
        candidates=tuple(Candidate(n, tested.mase(n), tested.smape(n), n == model) for n in tested.forecasts),
        windows=len(tested.scales),
        treated={code: count for code, count in treated.items() if count},
    )


def _lack(observed: Observation, missing: str) -> Skipped | None:
    known = observed.values[~np.isnan(observed.values)]
    if not known.any():
        return Skipped(observed.name, "no_demand", need=1, have=0)
    most = {"interpolate": int(MOST_MISSING * len(observed.values)), "refuse": 0}.get(
        missing, len(observed.values)
    )
    gaps = observed.treated.get("missing", 0)
    return Skipped(observed.name, "gaps", need=most, have=gaps) if gaps > most else None


def _season(observed: Observation, calendar: Calendar, options: _Options) -> int:
    if options.season:
        return options.season
    if calendar.has_dates:
        return SEASONS[calendar.unit]
    return infer_season(fill(observed.values, 1, missing="interpolate"))


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
    Bartlett (1946), the standard error behind the seasonality test of the Theta method.

    Examples
    --------
    >>> infer_season(np.tile([1.0, 5.0, 2.0, 9.0], 8))
    4
    """
    steps = np.diff(values) - np.mean(np.diff(values))
    total = float(steps @ steps)
    fitting = [season for season in UNNAMED_SEASONS if len(values) >= 3 * season]
    if not fitting or total == 0:
        return 1
    acf = np.array(
        [float(steps[lag:] @ steps[: len(steps) - lag]) / total for lag in range(1, max(fitting) + 1)]
    )
    limit = {s: 1.645 * np.sqrt((1 + 2 * np.sum(acf[: s - 1] ** 2)) / len(steps)) for s in fitting}
    significant = [season for season in fitting if acf[season - 1] > limit[season]]
    return max(significant, key=lambda season: acf[season - 1], default=1)


def _history(
    values: Array, season: int, *, labels: "pd.Index[Any]", calendar: Calendar, holidays: str
) -> History:
    if not isinstance(labels, pd.DatetimeIndex):
        return History(values, season)
    days = (
        None
        if holidays == "none" or calendar.unit == "year"
        else holidays_per_period(labels, country=holidays)
    )
    return History(values, season, dates=labels[:-1], holidays=days)


def _candidates(history: History, demand: metrics.DemandClass, models: str) -> tuple[list[str], str]:
    """Return the models to try, and the one that stays unless another is clearly better."""
    if models in MODELS or models == "ensemble":
        return list(dict.fromkeys(["seasonal_naive", models])), models
    if demand.is_intermittent:
        return ["seasonal_naive", "mean", "sba"], "sba"
    names = ["seasonal_naive", *members(seasonally_adjusted(history, 1)[0]), "ensemble"]
    if models == "all":
        names.append("prophet")
    if history.holidays is not None and holiday_effect(history.values, history.season, history.holidays):
        names.append("ensemble_holidays")
    return names, "ensemble"


def _choose(tested: Backtest, default: str) -> str:
    errors = tested.errors
    if len(errors) == 2 and default != "ensemble":
        return default if default in errors else "seasonal_naive"
    # Holidays were asked for and have a significant effect: no worse is reason enough to respect them.
    with_holidays = errors.get("ensemble_holidays")
    if with_holidays is not None and with_holidays.mean() <= errors[default].mean():
        default = "ensemble_holidays"
    return choose(errors, default)


def _bands(
    history: History, tested: Backtest, demand: metrics.DemandClass, *, model: str, point: Array
) -> Bands:
    if demand.is_intermittent:
        return empirical_bands(point, history.values)
    adjusted, _ = seasonally_adjusted(history, 1)
    deviation = spread(
        adjusted.values,
        adjusted.season,
        actuals=tested.actuals,
        forecasts=tested.forecasts[model],
        horizon=len(point),
    )
    floor = 0.0 if history.values.min() >= 0 else -np.inf
    return bands(point, deviation, in_logs=history.is_positive, floor=floor)


def _mean(values: list[float]) -> float:
    known = [value for value in values if np.isfinite(value)]
    return float(np.mean(known)) if known else float("nan")
