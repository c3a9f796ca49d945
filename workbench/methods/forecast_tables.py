"""The result of a forecast as tables: what a run records and what the chart draws."""

import pandas as pd

from workbench.methods.forecasting import DemandForecast, SeriesForecast


def forecast_table(result: DemandForecast, *, numbered: bool = False) -> pd.DataFrame:
    """Lay the forecasts of all series out as one table.

    Parameters
    ----------
    result : DemandForecast
    numbered : bool
        With a column position, the number of each period on its calendar.

    Returns
    -------
    DataFrame
        series, (position,) period, value, low80, high80, low95, high95; one row per series and step.
    """
    parts = [
        pd.DataFrame(
            {
                "series": one.name,
                **({"position": one.positions} if numbered else {}),
                "period": one.ahead,
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


def history_table(one: SeriesForecast) -> pd.DataFrame:
    """Return a series' past as the chart draws it.

    Parameters
    ----------
    one : SeriesForecast

    Returns
    -------
    DataFrame
        period, value, filled.
    """
    return pd.DataFrame({"period": one.periods, "value": one.values, "filled": one.filled})
