"""Prophet as one more candidate: imported when used (2 s), its noise silenced, its season stated."""

import importlib
import logging
import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[np.float64]

STEP_OF_SEASON = {12: "MS", 4: "QS", 52: "W-MON", 7: "D", 5: "B", 24: "h", 1: "YS"}


def prophet(
    values: Array,
    horizon: int,
    *,
    season: int,
    dates: pd.DatetimeIndex | None = None,
    holidays: Array | None = None,
) -> Array:
    """Forecast by Prophet: a piecewise linear trend, Fourier seasons and, if given, holidays per period.

    Parameters
    ----------
    values : array of float, shape (n,)
        Consecutive periods.
    horizon : int
    season : int
        Periods per season; seasons are multiplicative where all values are positive.
    dates : DatetimeIndex, shape (n + horizon or more,), optional
        Without dates a calendar with this season is assumed.
    holidays : array of float, shape (n + horizon or more,), optional
        Holidays in each period, an additional regressor.

    Returns
    -------
    array of float, shape (horizon,)

    Source
    ------
    Taylor & Letham (2018), Forecasting at scale, The American Statistician 72, 37-45.
    """
    n = len(values)
    if dates is None:
        dates = pd.date_range("2000-01-01", periods=n + horizon, freq=STEP_OF_SEASON.get(season, "D"))
    table = pd.DataFrame({"ds": dates[: n + horizon]})
    scale = float(np.abs(values).mean()) or 1.0
    model = _library().Prophet(
        yearly_seasonality=season in {12, 4, 52} or (dates[n - 1] - dates[0]).days >= 730,
        weekly_seasonality=season in {7, 5},
        daily_seasonality=season == 24,
        seasonality_mode="multiplicative" if values.min() > 0 else "additive",
        uncertainty_samples=0,
    )
    if holidays is not None and np.ptp(holidays[:n]) > 0:
        table["days_off"] = holidays[: n + horizon]
        model.add_regressor("days_off")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Prophet 1.5 calls pandas in ways that pandas 3.1 deprecates
        # Newton, the default below 100 periods, took 20 s on a series without noise; this takes 0.1 s.
        model.fit(table.iloc[:n].assign(y=values / scale), algorithm="LBFGS", iter=2000, seed=1)
        return np.asarray(model.predict(table.iloc[n:])["yhat"], dtype=float) * scale


@cache
def _library() -> Any:
    """Import Prophet without its advice on plotly and the log of its optimiser."""
    for name in ("prophet", "prophet.plot", "prophet.models"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    library = importlib.import_module("prophet")
    logging.getLogger("prophet").setLevel(logging.CRITICAL)  # the import sets it to INFO
    importlib.import_module("cmdstanpy").disable_logging()
    return library
