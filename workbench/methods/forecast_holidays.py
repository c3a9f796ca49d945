"""Public holidays on a time axis: how many days off each period has, and what they do to a demand."""

import importlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid

Array = NDArray[np.float64]

COUNTRIES = {"CN": "China"}


def holidays_per_period(labels: pd.DatetimeIndex, *, country: str) -> Array:
    """Count the public holidays of each period.

    Parameters
    ----------
    labels : DatetimeIndex, shape (n + 1,)
        First moments of consecutive periods, and of the one after the last.
    country : str
        CN: China, with the Spring Festival and the days off announced so far.

    Returns
    -------
    array of float, shape (n,)
        Days off in each period; a period shorter than a day counts the whole day.

    Raises
    ------
    Invalid
        If the country is not known.

    Source
    ------
    Package ``holidays`` (the State Council's yearly notices).

    Examples
    --------
    >>> labels = pd.DatetimeIndex(["2024-01-01", "2024-02-01", "2024-03-01"])
    >>> holidays_per_period(labels, country="CN").tolist()
    [1.0, 7.0]
    """
    if country not in COUNTRIES:
        raise Invalid("holidays", given=repr(country), expected=", ".join(COUNTRIES))
    years = range(labels[0].year, labels[-1].year + 1)
    calendar = getattr(importlib.import_module("holidays"), COUNTRIES[country])(years=years)
    days = np.sort(np.array(list(calendar), dtype="datetime64[D]"))
    # A period of hours belongs to its day: count from its midnight to the next one.
    starts = labels[:-1].to_numpy().astype("datetime64[D]")
    ends = np.maximum(labels[1:].to_numpy().astype("datetime64[D]"), starts + 1)
    return np.asarray(np.searchsorted(days, ends) - np.searchsorted(days, starts), dtype=float)


def holiday_effect(values: Array, season: int, holidays: Array) -> float:
    """Estimate what one more holiday in a period changes, beyond what the season explains.

    Parameters
    ----------
    values : array of float, shape (n,)
        Consecutive periods.
    season : int
        Periods per season.
    holidays : array of float, shape (n or more,)
        Holidays in each period.

    Returns
    -------
    float
        Change per holiday: of the logarithm for a positive series, else in the unit of the values. Zero
        where the effect is not significant (|t| < 2).

    Source
    ------
    Bell & Hillmer (1983), J. American Statistical Association 78, 526-534: calendar effects by regression.
    """
    z = np.log(values) if values.min() > 0 else values
    dz = z[season:] - z[:-season]
    dx = holidays[season : len(z)] - holidays[: len(z) - season]
    dz, dx = dz - dz.mean(), dx - dx.mean()
    if len(dx) < 6 or not dx.any():
        return 0.0
    slope = float(dx @ dz / (dx @ dx))
    error = np.sqrt(np.sum((dz - slope * dx) ** 2) / (len(dx) - 2) / (dx @ dx))
    return slope if abs(slope) > 2 * error else 0.0
