"""Forecast against what came afterwards: the honest check, on values no model has seen."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import Invalid
from workbench.methods import forecast_metrics as metrics
from workbench.methods.forecast_periods import ALL_SERIES, parse_periods
from workbench.methods.forecasting import DemandForecast


@dataclass(frozen=True)
class Check:
    """Errors on values that came after the history; means over the series."""

    smape: float  # percent
    mase: float  # scaled by the naive method's in-sample error over the whole history
    coverage80: float  # share of the values inside the band, 0 to 1
    coverage95: float
    values: pd.DataFrame  # series, position, actual, value, low80, high80, low95, high95
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
    joined = forecast_table(result, numbered=True).merge(_sums(result, actuals), on=["series", "position"])
    if joined.empty:
        one = result.series[0]
        given = f"no value of a forecast period, such as {one.name!r} {one.ahead[0]}"
        raise Invalid("actuals", given=given, expected="the periods after the history, and the same series")
    by_name = {one.name: one for one in result.series}
    smapes, mases = [], []
    for name, part in joined.groupby("series"):
        one = by_name[str(name)]
        scale = metrics.naive_scale(one.values, one.season)
        smapes.append(metrics.smape(part["actual"], part["value"]))
        mases.append(metrics.mase(part["actual"], part["value"], scale=scale))
    inside = {
        level: joined["actual"].between(joined[f"low{level}"], joined[f"high{level}"]).mean()
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
    names = actuals["series"].astype(str) if "series" in actuals else ALL_SERIES
    if "series" not in actuals and len(result.series) == 1:
        names = result.series[0].name
    values = pd.to_numeric(actuals["value"], errors="coerce").astype(float)
    rows = pd.DataFrame(
        {"position": result.calendar.positions(parse_periods(actuals["period"])), "actual": values}
    )
    summed = rows.assign(series=names).dropna().groupby(["series", "position"], sort=False)["actual"].sum()
    return summed.reset_index()


def forecast_table(result: DemandForecast, *, numbered: bool = False) -> pd.DataFrame:
    """Lay the forecasts of all series out as one table.

    Parameters
    ----------
    result : DemandForecast
    numbered : bool
        With the number of each period on its calendar instead of its date.

    Returns
    -------
    DataFrame
        series, period (or position), value, low80, high80, low95, high95; one row per series and step.
    """
    parts = [
        pd.DataFrame(
            {
                "series": one.name,
                "position" if numbered else "period": one.positions if numbered else one.ahead,
                "value": one.forecast,
                "low80": one.bands.low80,
                "high80": one.bands.high80,
                "low95": one.bands.low95,
                "high95": one.bands.high95,
            }
        )
        for one in result.series
    ]
    return pd.concat(parts, ignore_index=True)


def backtest_table(result: DemandForecast) -> pd.DataFrame:
    """Lay the backtests of all series out as one table.

    Parameters
    ----------
    result : DemandForecast

    Returns
    -------
    DataFrame
        series, model, mase, smape (percent), chosen; best model of each series first.
    """
    rows = [
        (one.name, candidate.model, candidate.mase, candidate.smape, candidate.chosen)
        for one in result.series
        for candidate in sorted(one.candidates, key=lambda candidate: candidate.smape)
    ]
    return pd.DataFrame(rows, columns=pd.Index(["series", "model", "mase", "smape", "chosen"]))


def series_table(result: DemandForecast) -> pd.DataFrame:
    """List the series: what kind of demand, which season, how many periods.

    Parameters
    ----------
    result : DemandForecast

    Returns
    -------
    DataFrame
        series, kind, adi, cv2, season, periods, windows, model.
    """
    rows = [
        (one.name, one.demand.kind, one.demand.adi, one.demand.cv2, one.season, len(one.values), one.windows)
        for one in result.series
    ]
    names = ["series", "kind", "adi", "cv2", "season", "periods", "windows"]
    frame = pd.DataFrame(rows, columns=pd.Index(names))
    return frame.assign(model=[one.chosen.model for one in result.series])


def treatment_table(result: DemandForecast) -> pd.DataFrame:
    """List what was done to the data, so that nothing happens in silence.

    Parameters
    ----------
    result : DemandForecast

    Returns
    -------
    DataFrame
        series, treatment (a code), count; empty if the data were taken as they are.
    """
    rows = [(one.name, code, count) for one in result.series for code, count in one.treated.items()]
    return pd.DataFrame(rows, columns=pd.Index(["series", "treatment", "count"])).astype(
        {"series": str, "treatment": str, "count": "int64"}
    )


def skipped_table(result: DemandForecast) -> pd.DataFrame:
    """List the series that are not forecast, with what they need and have.

    Parameters
    ----------
    result : DemandForecast

    Returns
    -------
    DataFrame
        series, reason (a code), need, have.
    """
    rows = [(one.name, one.reason, one.need, one.have) for one in result.skipped]
    return pd.DataFrame(rows, columns=pd.Index(["series", "reason", "need", "have"])).astype(
        {"series": str, "reason": str, "need": "int64", "have": "int64"}
    )
