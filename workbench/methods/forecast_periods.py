"""Time axis of a demand: reads periods of any spelling, finds their step, lines series up without gaps.

Nothing is dropped or filled in silence: what was summed, left out or is missing is counted per series.
"""

import re
import warnings
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid

Array = NDArray[np.float64]
Positions = NDArray[np.int64]
Series: TypeAlias = "pd.Series[Any]"

DAYS = {"hour": 1 / 24, "day": 1.0, "week": 7.0, "month": 30.44, "quarter": 91.3, "year": 365.25}
SEASONS = {"hour": 24, "day": 7, "workday": 5, "week": 52, "month": 12, "quarter": 4, "year": 1, "other": 1}
STEPS = ("auto", "day", "week", "month", "quarter", "year")
ALL_SERIES = "demand"  # the name of the one series of a table without a series column
UNNAMED = "–"  # the series of rows that name none
EPOCH_MONDAY = 4  # 1970-01-05 was a Monday
YEAR_MONTH = re.compile(r"^(\d{4})\s*[-/.年mM]\s*(\d{1,2})\s*月?$")
YEAR_QUARTER = re.compile(r"^(\d{4})\s*[-/年]?\s*(?:[qQ]|第)\s*([1-4一二三四])\s*(?:季度?)?$")
QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}


@dataclass(frozen=True)
class Calendar:
    """The step of a time axis: turns periods into consecutive whole numbers and back."""

    unit: str  # hour, day, workday, week, month, quarter, year, other (a fixed step) or step (plain numbers)
    origin: int = 0  # weeks: day of the epoch on which one starts; hour and other: nanoseconds
    width: int = 1  # hour and other: nanoseconds per step

    @property
    def has_dates(self) -> bool:
        """Whether periods are dates, as opposed to plain numbers."""
        return self.unit != "step"

    def positions(self, periods: Series) -> Positions:
        """Return the number of each period."""
        if not self.has_dates:
            return np.asarray(periods, dtype=np.int64)
        dates = pd.DatetimeIndex(periods)
        if self.unit in {"month", "quarter", "year"}:
            per_year = SEASONS[self.unit]
            return np.asarray(dates.year * per_year + (dates.month - 1) // (12 // per_year), dtype=np.int64)
        days = dates.to_numpy().astype("datetime64[D]")
        if self.unit == "workday":
            return np.asarray(np.busday_count("1970-01-01", days), dtype=np.int64)
        if self.unit in {"day", "week"}:
            return np.asarray((days.astype(np.int64) - self.origin) // self.width, dtype=np.int64)
        # To the nearest step: a reading that is a little early or late still is the reading of its step.
        since = dates.as_unit("ns").asi8 - self.origin + self.width // 2
        return np.asarray(since // self.width, dtype=np.int64)

    def labels(self, positions: Positions) -> "pd.DatetimeIndex | pd.Index[int]":
        """Return the first moment of each numbered period, or the number itself."""
        numbers = np.asarray(positions, dtype=np.int64)
        if not self.has_dates:
            return pd.Index(numbers)
        if self.unit in {"month", "quarter", "year"}:
            months = numbers * (12 // SEASONS[self.unit]) - 1970 * 12
            return pd.DatetimeIndex(months.astype("datetime64[M]"))
        if self.unit == "workday":
            return pd.DatetimeIndex(np.busday_offset("1970-01-01", numbers, roll="forward"))
        if self.unit in {"day", "week"}:
            return pd.DatetimeIndex((numbers * self.width + self.origin).astype("datetime64[D]"))
        return pd.DatetimeIndex((numbers * self.width + self.origin).astype("datetime64[ns]"))


@dataclass(frozen=True)
class Observation:
    """One series on consecutive periods; a missing period is NaN."""

    name: str
    positions: Positions  # shape (n,), consecutive
    values: Array  # shape (n,)
    treated: dict[str, int] = field(default_factory=dict)  # what was done, and to how many values


def parse_periods(values: Series) -> Series:
    """Read periods given as dates, texts or numbers.

    Parameters
    ----------
    values : Series, shape (n,)
        Dates; whole numbers (steps, or 202301 for a month); texts (``2023-1``, ``2023年1月``, ``2023Q1``).

    Returns
    -------
    Series
        Timestamps (a month or quarter is its first day), or integers where periods are plain numbers.

    Raises
    ------
    Invalid
        If a period cannot be read; the first such value is named.

    Examples
    --------
    >>> parse_periods(pd.Series(["2023Q2", "2023年第三季度"])).dt.month.tolist()
    [4, 7]
    """
    if values.isna().any():
        raise Invalid("period", given=f"{int(values.isna().sum())} empty", expected="a period in every row")
    if pd.api.types.is_datetime64_any_dtype(values):
        return values.dt.tz_localize(None) if values.dt.tz is not None else values
    numbers = pd.to_numeric(values, errors="coerce")
    if numbers.notna().all():
        return _from_numbers(numbers)
    texts = values.astype(str).str.strip().str.replace(r"[日号]$", "", regex=True)
    dates = _dates(texts)
    if dates.isna().any():
        bad, more = texts[dates.isna()].iloc[0], int(dates.isna().sum()) - 1
        expected = "dates, months (2023-01), quarters (2023Q1) or whole numbers"
        raise Invalid("period", given=f"{bad!r}" + (f" and {more} more" if more else ""), expected=expected)
    return dates


def _from_numbers(numbers: Series) -> Series:
    if not (numbers == numbers.round()).all():
        raise Invalid(
            "period", given=f"{numbers[numbers != numbers.round()].iloc[0]:g}", expected="whole numbers"
        )
    whole = numbers.astype("int64")
    if whole.between(190001, 210012).all() and (whole % 100).between(1, 12).all():
        return pd.to_datetime(whole.astype(str) + "01", format="%Y%m%d")
    return whole


def _dates(texts: Series) -> Series:
    for pattern, months in ((YEAR_MONTH, 1), (YEAR_QUARTER, 3)):
        found = [pattern.match(text) for text in texts]
        if all(found):
            parts = [(match[1], QUARTERS.get(match[2]) or int(match[2])) for match in found if match]
            written = [f"{year}-{(part - 1) * months + 1:02d}-01" for year, part in parts]
            return pd.to_datetime(pd.Series(written, index=texts.index), format="%Y-%m-%d", errors="coerce")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a hint about day-first dates; unread ones are refused
        plain = texts.str.replace(r"[年月]", "-", regex=True)
        return pd.to_datetime(plain, format="mixed", errors="coerce")


def find_calendar(periods: Series, series: Series, *, step: str = "auto") -> Calendar:
    """Find the step of a time axis, or take the one asked for.

    Parameters
    ----------
    periods : Series of int or Timestamp, shape (n,)
        As ``parse_periods`` returns them.
    series : Series of text, shape (n,)
        Which series each row belongs to.
    step : str
        auto (the median distance of neighbours decides), day, week, month, quarter or year.

    Returns
    -------
    Calendar

    Raises
    ------
    Invalid
        If a step is asked for and periods are plain numbers, or the step is unknown.

    Examples
    --------
    >>> months = pd.Series(pd.date_range("2023-01-01", periods=6, freq="MS"))
    >>> find_calendar(months, pd.Series(["a"] * 6)).unit
    'month'
    """
    if step not in STEPS:
        raise Invalid("step", given=repr(step), expected=", ".join(STEPS))
    if not pd.api.types.is_datetime64_any_dtype(periods):
        if step != "auto":
            raise Invalid("step", given=step, expected="auto, as the periods are numbers and not dates")
        return Calendar("step")
    if step != "auto":
        # A week starts on Monday (ISO 8601) when rows of any day are summed into weeks.
        return Calendar(step, origin=EPOCH_MONDAY if step == "week" else 0, width=7 if step == "week" else 1)
    gap_days = _median_gap_days(periods, series)
    unit = next((name for name, days in DAYS.items() if 0.85 * days <= gap_days <= 1.15 * days), "other")
    first = pd.DatetimeIndex(periods).min()
    if unit == "day" and len(periods) >= 15 and (pd.DatetimeIndex(periods).day_of_week < 5).all():
        return Calendar("workday")
    if unit == "week":
        return Calendar(
            "week", origin=int(first.to_datetime64().astype("datetime64[D]").astype(int)), width=7
        )
    if unit in {"hour", "other"}:
        width = 3_600_000_000_000 if unit == "hour" else max(1, round(gap_days * 86_400_000_000_000))
        start = first.round("h") if unit == "hour" else first
        return Calendar(unit, origin=int(pd.DatetimeIndex([start]).as_unit("ns").asi8[0]), width=width)
    return Calendar(unit)


def _median_gap_days(periods: Series, series: Series) -> float:
    distinct = pd.DataFrame({"series": series, "period": periods}).drop_duplicates()
    gaps = distinct.sort_values(["series", "period"]).groupby("series")["period"].diff().dropna()
    return float(gaps.dt.total_seconds().median() / 86_400) if len(gaps) else 1.0


def observe(frame: pd.DataFrame, *, step: str = "auto") -> tuple[Calendar, list[Observation]]:
    """Line up the series of a demand table on consecutive periods.

    Parameters
    ----------
    frame : DataFrame with period, value and, optional, series
        Rows in any order; rows of one period are summed.
    step : str
        See ``find_calendar``. With a coarser step than the rows', an incomplete last period is left out.

    Returns
    -------
    tuple of Calendar and list of Observation
        Series in the order of their first row.

    Raises
    ------
    Invalid
        If a period cannot be read.
    """
    periods = parse_periods(frame["period"])
    names = series_names(frame)
    calendar = find_calendar(periods, names, step=step)
    numeric = pd.to_numeric(frame["value"], errors="coerce").astype(float)
    rows = pd.DataFrame(
        {
            "series": names,
            "position": calendar.positions(periods),
            "value": numeric.replace([np.inf, -np.inf], np.nan),
        }
    )
    open_from = _first_open(calendar, periods, _median_gap_days(periods, names)) if step != "auto" else None
    return calendar, [
        _observation(str(name), part, open_from) for name, part in rows.groupby("series", sort=False)
    ]


def series_names(frame: pd.DataFrame) -> Series:
    """Return the series of each row; rows without one belong together.

    Parameters
    ----------
    frame : DataFrame with or without a column series

    Returns
    -------
    Series of text, shape (n,)

    Examples
    --------
    >>> series_names(pd.DataFrame({"series": ["a", None]})).tolist()
    ['a', '–']
    """
    if "series" not in frame:
        return pd.Series(ALL_SERIES, index=frame.index, dtype="str")
    return frame["series"].astype("string").fillna(UNNAMED).astype(str)


def _first_open(calendar: Calendar, periods: Series, gap_days: float) -> int | None:
    """Return the last period if its rows stop before it ends."""
    last = periods.max()
    position = calendar.positions(pd.Series([last]))
    following = calendar.labels(position + 1)[0]
    finer = gap_days < 0.5 * DAYS[calendar.unit]
    return int(position[0]) if finer and last + pd.Timedelta(days=2 * gap_days) < following else None


def _observation(name: str, rows: pd.DataFrame, open_from: int | None) -> Observation:
    closed = rows if open_from is None else rows[rows["position"] < open_from]
    sums = closed.groupby("position")["value"].sum(min_count=1)
    if not sums.notna().any():
        return Observation(name, np.empty(0, dtype=np.int64), np.empty(0), {})
    known = sums.dropna().index.to_numpy(dtype=np.int64)
    positions = np.arange(known[0], known[-1] + 1, dtype=np.int64)
    values = sums.reindex(positions).to_numpy(dtype=float)
    treated = {
        "summed": int(len(closed) - len(sums)),
        "incomplete": int(len(rows) - len(closed)),
        "missing": int(np.isnan(values).sum()),
    }
    return Observation(name, positions, values, {code: count for code, count in treated.items() if count})


def fill(values: Array, season: int, *, missing: str) -> Array:
    """Fill missing periods by the stated policy.

    Parameters
    ----------
    values : array of float, shape (n,)
        NaN where a period is missing; the first and last value are there.
    season : int
        Periods per season.
    missing : str
        zero: nothing was asked for. interpolate: the mean of the same period one season before and after
        where both exist, else the straight line between the neighbours.

    Returns
    -------
    array of float, shape (n,)

    Examples
    --------
    >>> fill(np.array([1.0, np.nan, 3.0]), 1, missing="interpolate").tolist()
    [1.0, 2.0, 3.0]
    """
    gaps = np.isnan(values)
    if missing == "zero":
        return np.where(gaps, 0.0, values)
    line = np.interp(np.arange(len(values)), np.flatnonzero(~gaps), values[~gaps])
    around = np.full(len(values), np.nan)
    around[season:-season] = (
        (values[: -2 * season] + values[2 * season :]) / 2 if len(values) > 2 * season else 0
    )
    seasonal = np.where(np.isnan(around), line, around) if season > 1 and len(values) > 2 * season else line
    return np.where(gaps, seasonal, values)
