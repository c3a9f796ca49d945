"""Which few causes make most of the loss, which of them became more frequent, and when they happen.

Decides the order, the vital few, and what has risen; what to tell people is in ``pareto_words``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import Invalid, Refused, TooFew, unknown
from workbench.methods.decimals import Floats
from workbench.methods.groups_tests import holm
from workbench.methods.poisson_rates import compare_rates

WEIGHTS = ("auto", "count", "time", "quantity", "money")
CAUSES = ("reason", "type", "asset_id")
COLUMN_OF = {"time": "minutes", "quantity": "qty", "money": "cost"}
NO_REASON = "?"
SHORTEST_DAYS = 2.0  # a period to compare with is at least this long
MOST_COMPARED = 2000  # pairs of asset and reason; the most frequent ones


class NoWeight(Refused):
    """The column that the weight needs is not there."""

    code = "no_weight"

    def __init__(self, weight: str) -> None:
        self.weight = weight
        super().__init__(f"nothing to weigh by {weight}", hint="map its column, or weigh by count")


class NoCause(Refused):
    """The column whose values are to be ranked is not there."""

    code = "no_cause"


class ImpossibleWeight(Refused):
    """Durations, quantities or costs below zero."""

    code = "impossible_weight"

    def __init__(self, weight: str, rows: int) -> None:
        self.weight, self.rows = weight, rows
        super().__init__(f"{rows} events with a {weight} below zero", hint="correct these rows")


class NoPeriods(Refused):
    """The times do not leave two periods to compare."""

    code = "no_periods"


@dataclass(frozen=True)
class ParetoPlan:
    """How to weigh causes and compare periods; the names are the template's parameters.

    Attributes
    ----------
    weight : str
        One of ``WEIGHTS``; auto takes the first of money, time, quantity that is there, else count.
    by : str
        What is ranked: ``reason``, ``type`` or ``asset_id``.
    vital_share : float
        Share of the loss that the vital few make together.
    compare_from : str or None
        Day on which the later period begins, ``2026-08-30``; None: its last third.
    alpha : float
        Chance of calling any steady cause rising or falling.
    """

    weight: str = "auto"
    by: str = "reason"
    vital_share: float = 0.8
    compare_from: str | None = None
    alpha: float = 0.05

    def __post_init__(self) -> None:
        if self.weight not in WEIGHTS:
            raise unknown("weight", self.weight, WEIGHTS)
        if self.by not in CAUSES:
            raise unknown("cause", self.by, CAUSES)
        for name in ("vital_share", "alpha"):
            if not 0 < getattr(self, name) < 1:
                raise Invalid(name, given=getattr(self, name), expected="between 0 and 1")


@dataclass(frozen=True)
class Periods:
    """The two periods that were compared."""

    start: pd.Timestamp
    cut: pd.Timestamp
    end: pd.Timestamp

    @property
    def days_before(self) -> float:
        """Length of the earlier period."""
        return float((self.cut - self.start) / pd.Timedelta(days=1))

    @property
    def days_after(self) -> float:
        """Length of the later period."""
        return float((self.end - self.cut) / pd.Timedelta(days=1))


@dataclass(frozen=True)
class Pareto:
    """A finished Pareto analysis.

    Attributes
    ----------
    weight : str
        One of ``WEIGHTS``, never auto.
    table : DataFrame
        One cause per row, the largest first: rank, reason, count, weight, share, cumulative, vital.
    total : float
        Sum of the weights: events, minutes, or the unit of quantity or cost.
    events : int
    changes : DataFrame
        scope (``reason``, ``asset``), asset_id, reason, before, after, before_per_day, after_per_day, ratio,
        low, high, p, p_adjusted, change (``rising``, ``falling``, ""); empty without times.
    calendar : DataFrame
        weekday (0 Monday), hour, count, weight; empty without times.
    periods : Periods or None
    notes : dict
        What was found and how often, by code.
    plan : ParetoPlan
    """

    weight: str
    table: pd.DataFrame
    total: float
    events: int
    changes: pd.DataFrame
    calendar: pd.DataFrame
    periods: Periods | None
    notes: dict[str, int]
    plan: ParetoPlan

    @property
    def vital(self) -> pd.DataFrame:
        """The causes that make the wanted share together."""
        return self.table[self.table["vital"]]

    @property
    def rising(self) -> pd.DataFrame:
        """What has become more frequent, the surest first."""
        found = self.changes[self.changes["change"] == "rising"]
        return found.sort_values(["p_adjusted", "ratio"], ascending=[True, False])


def pareto(frame: pd.DataFrame, plan: ParetoPlan | None = None) -> Pareto:
    """Rank causes by what they cost, and find those that became more frequent.

    Parameters
    ----------
    frame : DataFrame
        One event per row: ``reason``, optional ``ts_start``, ``ts_end``, ``asset_id``, ``minutes``, ``qty``
        and ``cost`` (all >= 0). Minutes come from the times where they are not given.
    plan : ParetoPlan, optional

    Returns
    -------
    Pareto

    Raises
    ------
    TooFew
        If there is no event, or nothing that weighs anything.
    NoCause, NoWeight, ImpossibleWeight
    NoPeriods
        If ``compare_from`` leaves less than two days on one side.

    Source
    ------
    ISO 13053-2:2011, tool sheet on Pareto diagrams; rates: ``poisson_rates``, corrected after Holm.

    Examples
    --------
    >>> rows = pd.DataFrame({"reason": ["jam", "jam", "wear"], "minutes": [5.0, 5.0, 30.0]})
    >>> pareto(rows).table[["reason", "weight", "cumulative"]].to_numpy().tolist()
    [['wear', 30.0, 0.75], ['jam', 10.0, 1.0]]
    """
    plan = plan or ParetoPlan()
    notes: dict[str, int] = {}
    rows = _prepared(frame, plan.by, notes)
    if rows.empty:
        raise TooFew("events", need=1, have=0, hint="choose rows that hold events")
    weight = _settled(rows, plan)
    rows["weight"] = _weights(rows, weight, notes)
    table, total = _ranked(rows, plan), float(rows["weight"].sum())
    if not total > 0:
        raise TooFew("events that weigh anything", need=1, have=0, hint="weigh by count")
    timed = rows[rows["ts_start"].notna()] if "ts_start" in rows else rows.iloc[:0]
    periods = _periods(timed, plan) if len(timed) else None
    return Pareto(
        weight=weight,
        table=table,
        total=total,
        events=len(rows),
        changes=_changes(timed, periods, plan.alpha),
        calendar=_calendar(timed),
        periods=periods,
        notes={name: count for name, count in notes.items() if count},
        plan=plan,
    )


def _prepared(frame: pd.DataFrame, by: str, notes: dict[str, int]) -> pd.DataFrame:
    if by not in frame:
        raise NoCause("the column to rank is not there", given=by, hint="map it, or rank another one")
    rows = frame.reset_index(drop=True).assign(reason=frame[by].reset_index(drop=True))
    if by == "asset_id":
        rows = rows.drop(columns="asset_id")
    notes["missing_reasons"] = int(rows["reason"].isna().sum())
    rows["reason"] = rows["reason"].astype(object).where(rows["reason"].notna(), NO_REASON).map(str)
    if "ts_start" in rows:
        notes["missing_times"] = int(rows["ts_start"].isna().sum())
    if "minutes" not in rows and {"ts_start", "ts_end"} <= set(rows):
        rows["minutes"] = (rows["ts_end"] - rows["ts_start"]).dt.total_seconds() / 60
    if "asset_id" in rows:
        rows["asset_id"] = rows["asset_id"].astype(object).where(rows["asset_id"].notna(), NO_REASON).map(str)
    return rows


def _settled(rows: pd.DataFrame, plan: ParetoPlan) -> str:
    """Return what to weigh by: what was asked for, or the first that is there."""
    if plan.weight == "count":
        return "count"
    if plan.weight != "auto":
        if COLUMN_OF[plan.weight] not in rows:
            raise NoWeight(plan.weight)
        return plan.weight
    return next((name for name in ("money", "time", "quantity") if COLUMN_OF[name] in rows), "count")


def _weights(rows: pd.DataFrame, weight: str, notes: dict[str, int]) -> Floats:
    if weight == "count":
        return np.ones(len(rows))
    values = rows[COLUMN_OF[weight]].to_numpy(dtype=float, na_value=np.nan)
    negative = int((values < 0).sum())
    if negative:
        raise ImpossibleWeight(weight, negative)
    notes["missing_weights"] = int((~np.isfinite(values)).sum())
    return np.where(np.isfinite(values), values, 0.0)


def _ranked(rows: pd.DataFrame, plan: ParetoPlan) -> pd.DataFrame:
    table = rows.groupby("reason", sort=False)["weight"].agg(["count", "sum"]).reset_index()
    table = table.rename(columns={"sum": "weight"})
    table = table.sort_values(
        ["weight", "count", "reason"], ascending=[False, False, True], ignore_index=True
    )
    whole = float(table["weight"].sum())
    table["share"] = table["weight"] / whole if whole else 0.0
    table["cumulative"] = table["share"].cumsum()
    # The cause with which the share is reached is one of the few.
    table["vital"] = table["cumulative"].shift(1, fill_value=0.0) < plan.vital_share - 1e-12
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    return table


def _periods(timed: pd.DataFrame, plan: ParetoPlan) -> Periods | None:
    """Split the time that was watched; None where it is too short and nobody asked for it."""
    start = timed["ts_start"].min().normalize()
    end = timed["ts_start"].max().normalize() + pd.Timedelta(days=1)
    if plan.compare_from is None:
        days = round(2 * (end - start) / pd.Timedelta(days=1) / 3)
        found = Periods(start, start + pd.Timedelta(days=days), end)
        return found if min(found.days_before, found.days_after) >= SHORTEST_DAYS else None
    cut = pd.Timestamp(plan.compare_from).tz_localize(start.tz)
    found = Periods(start, cut, end)
    if min(found.days_before, found.days_after) < SHORTEST_DAYS:
        expected = (
            f"a day from {start + pd.Timedelta(days=2):%Y-%m-%d} to {end - pd.Timedelta(days=2):%Y-%m-%d}"
        )
        raise NoPeriods("start of the later period", given=plan.compare_from, expected=expected)
    return found


def _changes(timed: pd.DataFrame, periods: Periods | None, alpha: float) -> pd.DataFrame:
    """Compare the rates of every cause, and of every cause on every asset."""
    parts = []
    if periods is not None:
        parts.append(_compared(timed.assign(asset_id=""), periods, alpha, "reason"))
        if "asset_id" in timed and timed["asset_id"].nunique() > 1:
            parts.append(_compared(timed, periods, alpha, "asset"))
    names = ["scope", "asset_id", "reason", "before", "after", "before_per_day", "after_per_day"]
    names += ["ratio", "low", "high", "p", "p_adjusted", "change"]
    return pd.concat(parts, ignore_index=True)[names] if parts else pd.DataFrame(columns=names)


def _compared(timed: pd.DataFrame, periods: Periods, alpha: float, scope: str) -> pd.DataFrame:
    later = (timed["ts_start"] >= periods.cut).rename("later")
    counts = timed.groupby(["asset_id", "reason", later]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[False, True], fill_value=0)
    counts = counts.loc[counts.sum(axis=1).sort_values(ascending=False, kind="stable").index[:MOST_COMPARED]]
    found = [
        compare_rates(int(before), int(after), time_before=periods.days_before, time_after=periods.days_after)
        for before, after in counts.to_numpy()
    ]
    table = counts.reset_index().rename(columns={False: "before", True: "after"}).rename_axis(columns=None)
    table.insert(0, "scope", scope)
    table["before_per_day"] = table["before"] / periods.days_before
    table["after_per_day"] = table["after"] / periods.days_after
    for name in ("ratio", "low", "high", "p"):
        table[name] = [getattr(each, name) for each in found]
    table["p_adjusted"] = holm(table["p"].to_numpy(dtype=float))
    sure = table["p_adjusted"] < alpha
    table["change"] = np.where(sure & (table["ratio"] > 1), "rising", np.where(sure, "falling", ""))
    return table.sort_values(["p_adjusted", "p"], kind="stable", ignore_index=True)


def _calendar(timed: pd.DataFrame) -> pd.DataFrame:
    if timed.empty:
        return pd.DataFrame(columns=["weekday", "hour", "count", "weight"])
    key = [timed["ts_start"].dt.day_of_week.rename("weekday"), timed["ts_start"].dt.hour.rename("hour")]
    found = timed.groupby(key)["weight"].agg(["count", "sum"]).rename(columns={"sum": "weight"})
    every = pd.MultiIndex.from_product([range(7), range(24)], names=["weekday", "hour"])
    return found.reindex(every, fill_value=0).reset_index()
