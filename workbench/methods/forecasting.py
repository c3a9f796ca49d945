"""Demand forecasts: each series of a table, by the model its backtest supports, with bands.

Ties the steps together; time axis, models, backtest, bands and words live in the modules beside this one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid, unknown
from workbench.methods import forecast_metrics as metrics
from workbench.methods.forecast_backtest import Backtest, backtest, choose
from workbench.methods.forecast_holidays import holiday_effect
from workbench.methods.forecast_intervals import Bands, bands, empirical_bands, spread
from workbench.methods.forecast_models import MODELS, History, forecast_each, members, seasonally_adjusted
from workbench.methods.forecast_periods import Calendar
from workbench.methods.forecast_prepare import Prepared, Ready, prepare
from workbench.methods.forecast_refusals import Skipped, refusal

Array = NDArray[np.float64]

CHOICES = ("auto", "all", "ensemble", *MODELS)
PROPHET_UP_TO = 4  # series; beyond, Prophet runs only when asked for: 0.4 s a series, after an import of 2 s


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
    prepared = prepare(frame, horizon=horizon, season=season, holidays=holidays, missing=missing, step=step)
    if not prepared.ready:
        raise refusal(prepared.skipped)
    return forecast_prepared(prepared, models=models)


def forecast_prepared(prepared: Prepared, *, models: str = "auto") -> DemandForecast:
    """Forecast series that are ready.

    Parameters
    ----------
    prepared : Prepared
        With at least one series that is ready.
    models : str
        As ``forecast`` takes it.

    Returns
    -------
    DemandForecast

    Raises
    ------
    Invalid
        If the model is not known.
    """
    if models not in CHOICES:
        raise Invalid("models", given=repr(models), expected=", ".join(CHOICES))
    if models == "auto" and prepared.calendar.has_dates and len(prepared.ready) <= PROPHET_UP_TO:
        models = "all"
    done = tuple(_forecast_one(one, prepared, models) for one in prepared.ready)
    return DemandForecast(prepared.calendar, done, prepared.skipped)


def _forecast_one(one: Ready, prepared: Prepared, models: str) -> SeriesForecast:
    history, horizon = one.history, prepared.horizon
    demand = metrics.demand_class(history.values)
    names, default = _candidates(history, demand, models)
    tested = backtest(history, horizon=horizon, names=names)
    model = _choose(tested, default)
    said = forecast_each(history, horizon, [model, "seasonal_naive"])
    model = model if model in said else "seasonal_naive"  # it fitted in the backtest and not now
    point = said[model]
    return SeriesForecast(
        name=one.observed.name,
        periods=prepared.calendar.labels(one.observed.positions),
        values=history.values,
        filled=np.isnan(one.observed.values),
        ahead=prepared.calendar.labels(one.ahead),
        positions=one.ahead,
        forecast=point,
        bands=_bands(history, tested, demand, model=model, point=point),
        season=history.season,
        demand=demand,
        candidates=tuple(Candidate(n, tested.mase(n), tested.smape(n), n == model) for n in tested.forecasts),
        windows=len(tested.scales),
        treated=one.treated,
    )


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
