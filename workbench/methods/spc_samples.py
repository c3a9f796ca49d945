"""From rows of measurements to the points of a chart: order, subgroups, baseline, and the spread within.

Decides which values belong together and what is missing; knows no limits and no rules.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid, NoSpread, TooFew
from workbench.methods.spc_constants import c4, d2, d3, printed_d2

Floats = NDArray[np.float64]
SIGMA_METHODS = ("rbar", "sbar", "pooled", "mr")
LARGEST_FOR_RANGE = 8  # AIAG SPC, 2nd ed.: from nine values on the standard deviation replaces the range


@dataclass(frozen=True)
class Samples:
    """Measurements as the points of a chart, in order, with what had to be said about them."""

    points: pd.DataFrame  # one row per point: subgroup, ts (if known), n, mean, range, deviation, baseline
    values: Floats  # the values behind the points, shape (m,), in the measurements' unit
    in_baseline: NDArray[np.bool_]  # shape (m,): whether a value belongs to the baseline
    individuals: bool  # each point is one value, and its range is the moving range
    notes: dict[str, int]  # what was found and how often, by code

    @property
    def baseline(self) -> pd.DataFrame:
        """The points limits may be computed from: baseline points that hold at least one value."""
        return self.points[self.points["baseline"] & (self.points["n"] > 0)]

    @property
    def size(self) -> int:
        """The usual number of values behind a point (the larger one on a tie)."""
        sizes = self.baseline["n"].value_counts()
        return int(sizes.index[sizes == sizes.max()].max()) if len(sizes) else 1

    @property
    def equal_sizes(self) -> bool:
        """Whether every point that holds values holds the same number."""
        return self.points.loc[self.points["n"] > 0, "n"].nunique() <= 1


def arrange(frame: pd.DataFrame, *, subgroup_size: int = 1, individuals: bool = False) -> Samples:
    """Sort measurements into subgroups.

    A ``subgroup`` column decides; without one, ``subgroup_size`` consecutive rows form a subgroup. Rows are
    put in order of ``ts`` when every row has one. What is missing stays visible: a missing value leaves its
    subgroup smaller, or its point empty.

    Parameters
    ----------
    frame : DataFrame
        Columns ``value`` (float, any unit) and optionally ``ts``, ``subgroup`` (any type) and ``baseline``
        (boolean: rows from which limits are computed).
    subgroup_size : int, default 1
        Used when there is no subgroup column; 1 means individual values.
    individuals : bool, default False
        Make every row a point of its own, whatever the subgroups.

    Returns
    -------
    Samples

    Raises
    ------
    Invalid
        If ``subgroup_size`` < 1.

    Source
    ------
    ISO 7870-2:2013, rational subgroups; a baseline is its phase 1.

    Examples
    --------
    >>> frame = pd.DataFrame({"value": [1.0, 2.0, 4.0, 8.0]})
    >>> arrange(frame, subgroup_size=2).points["mean"].tolist()
    [1.5, 6.0]
    """
    if subgroup_size < 1:
        raise Invalid("subgroup size", given=subgroup_size, expected="1 or more consecutive rows")
    notes: dict[str, int] = {}
    rows = in_time_order(_clean(frame, notes), notes)
    if "subgroup" in rows and not individuals:
        notes["missing_subgroups"] = int(rows["subgroup"].isna().sum())
        rows = rows[rows["subgroup"].notna()].reset_index(drop=True)
    code, labels = _group(rows, subgroup_size, individuals, notes)
    points = _summarise(rows, code, labels)
    single = bool((points["n"] <= 1).all())
    if single:
        points["range"] = points["mean"].diff().abs()
        points["deviation"] = np.nan
    _note_points(points, notes, single, subgroup_size if "subgroup" not in rows else 1)
    kept = rows["value"].notna().to_numpy()
    return Samples(
        points=points,
        values=rows["value"].to_numpy(dtype=float)[kept],
        in_baseline=points["baseline"].to_numpy(dtype=bool)[code[kept]],
        individuals=single,
        notes={name: count for name, count in notes.items() if count},
    )


def _clean(frame: pd.DataFrame, notes: dict[str, int]) -> pd.DataFrame:
    wanted = [name for name in ("value", "ts", "subgroup", "baseline") if name in frame.columns]
    rows = frame[wanted].reset_index(drop=True).copy()
    values = rows["value"].to_numpy(dtype=float, na_value=np.nan)
    rows["value"] = np.where(np.isfinite(values), values, np.nan)
    notes["missing_values"] = int(rows["value"].isna().sum())
    if "baseline" in rows:
        notes["missing_baseline"] = int(rows["baseline"].isna().sum())
        rows["baseline"] = rows["baseline"].eq(True).fillna(False).astype(bool)
    return rows


def in_time_order(rows: pd.DataFrame, notes: dict[str, int]) -> pd.DataFrame:
    """Put rows in order of ``ts`` when every row has one, and note what that took.

    Parameters
    ----------
    rows : DataFrame
        With or without a column ``ts``.
    notes : dict
        Takes up ``missing_times`` or ``sorted_rows``.

    Returns
    -------
    DataFrame

    Source
    ------
    None.
    """
    if "ts" not in rows or rows["ts"].is_monotonic_increasing:
        return rows
    missing = int(rows["ts"].isna().sum())
    if missing:
        notes["missing_times"] = missing
        return rows
    notes["sorted_rows"] = int((rows["ts"].diff().dt.total_seconds() < 0).sum())
    return rows.sort_values("ts", kind="stable", ignore_index=True)


def _group(
    rows: pd.DataFrame, size: int, individuals: bool, notes: dict[str, int]
) -> tuple[NDArray[np.intp], pd.Series]:
    """Return each row's point and the points' labels."""
    if "subgroup" in rows and not individuals:
        code, found = pd.factorize(rows["subgroup"])
        changes = int((np.diff(code) != 0).sum()) + 1 if len(code) else 0
        notes["scattered_subgroups"] = max(0, changes - len(found))
        return code, _labels(pd.Series(found))
    code = np.arange(len(rows)) // (1 if individuals else size)
    count = int(code[-1]) + 1 if len(code) else 0
    if individuals and "subgroup" in rows and rows["subgroup"].is_unique:
        return code, _labels(rows["subgroup"])
    return code, pd.Series(np.arange(1, count + 1))


def _labels(found: pd.Series) -> pd.Series:
    """Keep whole numbers as numbers; every other label becomes a text."""
    found = found.reset_index(drop=True)
    if pd.api.types.is_bool_dtype(found) or not pd.api.types.is_numeric_dtype(found):
        return found.astype(str)
    whole = found.to_numpy(dtype=float, na_value=np.nan)
    return found.astype("int64") if np.all(whole == np.floor(whole)) else found


def _summarise(rows: pd.DataFrame, code: NDArray[np.intp], labels: pd.Series) -> pd.DataFrame:
    grouped = rows["value"].groupby(code)
    points = pd.DataFrame({"subgroup": labels})
    if "ts" in rows:
        points["ts"] = rows["ts"].groupby(code).first()
    points["n"] = grouped.count()
    points["mean"] = grouped.mean()
    points["range"] = (grouped.max() - grouped.min()).where(points["n"] > 1)
    points["deviation"] = grouped.std(ddof=1)
    points["baseline"] = rows["baseline"].groupby(code).all() if "baseline" in rows else True
    return points


def _note_points(points: pd.DataFrame, notes: dict[str, int], single: bool, size: int) -> None:
    notes["empty_points"] = 0 if single else int((points["n"] == 0).sum())
    sizes = points.loc[points["n"] > 0, "n"]
    if not single and sizes.nunique() > 1:
        notes["unequal_subgroups"] = int((sizes != sizes.mode().max()).sum())
    if size > 1 and len(points) and points["n"].iloc[-1] < size and not notes["missing_values"]:
        notes["short_last_subgroup"] = int(points["n"].iloc[-1])


def sigma_method_for(samples: Samples) -> str:
    """Return the usual estimator: moving range, mean range up to eight values, above it mean deviation."""
    if samples.individuals:
        return "mr"
    return "rbar" if samples.points["n"].max() <= LARGEST_FOR_RANGE else "sbar"


def within_sigma(samples: Samples, method: str, *, exact: bool = False) -> float:
    """Estimate the standard deviation within subgroups from the baseline.

    With unequal subgroups each one's estimate is weighted by the inverse of its variance; with equal ones
    this is the mean range over d2 and the mean deviation over c4.

    Parameters
    ----------
    samples : Samples
    method : {"rbar", "sbar", "pooled", "mr"}
        Ranges, standard deviations, pooled variance (with c4), or moving ranges of individual values.
    exact : bool, default False
        Divide ranges by the computed d2 instead of the printed one (see ``spc_constants.printed_d2``).

    Returns
    -------
    float
        In the unit of the values, > 0.

    Raises
    ------
    Invalid
        If the method is unknown, or does not fit (moving range of subgroups, range of individuals).
    TooFew
        If no subgroup holds two values.
    NoSpread
        If the values do not differ within subgroups.

    Source
    ------
    Montgomery, Introduction to Statistical Quality Control, sections 6.2-6.4; Minitab's Rbar and Sbar.
    """
    if method not in SIGMA_METHODS:
        raise Invalid("sigma method", given=repr(method), expected=", ".join(SIGMA_METHODS))
    if (method == "mr") != samples.individuals:
        expected = "mr for individual values" if samples.individuals else "rbar, sbar or pooled for subgroups"
        raise Invalid("sigma method", given=repr(method), expected=expected)
    points = samples.baseline
    if method == "mr":
        # A range towards a point outside the baseline belongs to nobody.
        inside = samples.points["baseline"] & samples.points["baseline"].shift(1, fill_value=True)
        ranges = samples.points.loc[inside, "range"].dropna().to_numpy(dtype=float)
        sizes = np.full(ranges.size, 2)
    else:
        points = points[points["n"] > 1]
        ranges, sizes = points["range"].to_numpy(dtype=float), points["n"].to_numpy(dtype=int)
    if ranges.size == 0:
        raise TooFew("subgroups with two values", need=1, have=0, hint="use individual values (imr)")
    if method in ("rbar", "mr"):
        sigma = _from_ranges(ranges, sizes, exact)
    else:
        sigma = _from_deviations(points["deviation"].to_numpy(dtype=float), sizes, pooled=method == "pooled")
    if not sigma > 1e-12 * max(1e-300, float(np.abs(samples.values).max())):
        raise NoSpread("values within subgroups do not differ", hint="record them with more decimals")
    return sigma


def _each(constant: Callable[[int], float], sizes: NDArray[np.int_]) -> Floats:
    """Return a constant for each subgroup, computed once per size."""
    found, where = np.unique(sizes, return_inverse=True)
    return np.array([constant(int(n)) for n in found])[where]


def _from_ranges(ranges: Floats, sizes: NDArray[np.int_], exact: bool) -> float:
    factor = _each(d2 if exact else printed_d2, sizes)
    weight = (factor / _each(d3, sizes)) ** 2
    return float((weight * ranges / factor).sum() / weight.sum())


def _from_deviations(deviations: Floats, sizes: NDArray[np.int_], *, pooled: bool) -> float:
    if pooled:
        freedom = int((sizes - 1).sum())
        return float(np.sqrt(((sizes - 1) * deviations**2).sum() / freedom) / c4(freedom + 1))
    factor = _each(c4, sizes)
    weight = factor**2 / (1 - factor**2)
    return float((weight * deviations / factor).sum() / weight.sum())
