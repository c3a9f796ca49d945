"""Forecast against what came afterwards: the honest check, on values no model has seen."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import Invalid
from workbench.methods import forecast_metrics as metrics
from workbench.methods.forecast_periods import parse_periods, series_names
from workbench.methods.forecast_tables import forecast_table
from workbench.methods.forecasting import DemandForecast


@dataclass(frozen=True)
class Check:
    """Errors on values that came after the history; means over the series."""

    smape: float  # percent
    mase: float  # scaled by the naive method's in-sample error over the whole history
    coverage80: float  # share of the values inside the band, 0 to 1
    coverage95: float
    values: pd.DataFrame  # series, position, period, value (what came), forecast and its limits
    n_series: int


def check(result: DemandForecast, actuals: pd.DataFrame) -> Check:
    """Compare a forecast with the values that came afterwards.

    Parameters
    ----------
    result : DemandForecast
    actuals : DataFrame with period, value and, optional, series
        Rows of one period are summed; periods outside the horizon are not used.

    Returns
    -------
    Check

    Raises
    ------
    Invalid
        If no row falls into a forecast period of its series.

    Source
    ------
    Makridakis & Hibon (2000), Int. J. Forecasting 16, 451-476; Hyndman & Koehler (2006), ibid. 22, 679-688.

    Examples
    --------
    >>> from workbench.methods.forecasting import forecast
    >>> past = pd.DataFrame({"period": range(24), "value": [10.0, 20.0] * 12})
    >>> later = pd.DataFrame({"period": [24, 25], "value": [10.0, 25.0]})
    >>> check(forecast(past, horizon=2, season=2, models="seasonal_naive"), later).smape.__round__(2)
    11.11
    """
    said = forecast_table(result, numbered=True).rename(columns={"value": "forecast"})
    joined = said.merge(_sums(result, actuals), on=["series", "position"])
    if joined.empty:
        one = result.series[0]
        given = f"no value of a forecast period, such as {one.name!r} {one.ahead[0]}"
        raise Invalid("actuals", given=given, expected="the periods after the history, and the same series")
    by_name = {one.name: one for one in result.series}
    smapes, mases = [], []
    for name, part in joined.groupby("series"):
        one = by_name[str(name)]
        scale = metrics.naive_scale(one.values, one.season)
        smapes.append(metrics.smape(part["value"], part["forecast"]))
        mases.append(metrics.mase(part["value"], part["forecast"], scale=scale))
    inside = {
        level: joined["value"].between(joined[f"low{level}"], joined[f"high{level}"]).mean()
        for level in (80, 95)
    }
    return Check(
        smape=float(np.mean(smapes)),
        mase=float(np.nanmean(mases)) if np.isfinite(mases).any() else float("nan"),
        coverage80=float(inside[80]),
        coverage95=float(inside[95]),
        values=joined,
        n_series=len(smapes),
    )


def _sums(result: DemandForecast, actuals: pd.DataFrame) -> pd.DataFrame:
    names = series_names(actuals)
    if "series" not in actuals and len(result.series) == 1:
        names = names.mask(names.notna(), result.series[0].name)
    values = pd.to_numeric(actuals["value"], errors="coerce").astype(float)
    rows = pd.DataFrame(
        {"position": result.calendar.positions(parse_periods(actuals["period"])), "value": values}
    )
    summed = rows.assign(series=names).dropna().groupby(["series", "position"], sort=False)["value"].sum()
    return summed.reset_index()
