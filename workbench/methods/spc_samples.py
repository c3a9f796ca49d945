"""From rows of measurements to the points of a chart: order, subgroups, baseline, and the spread within.

Decides which values belong together and what is missing; knows no limits and no rules.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Invalid

Floats = NDArray[np.float64]
Positions = NDArray[np.intp]
_LEFT_OUT = {"subgroup": "missing_subgroups", "stage": "missing_stages", "ts": "left_out_without_time"}
LARGEST_FOR_RANGE = 8  # AIAG SPC, 2nd ed.: from nine values on the standard deviation replaces the range


@dataclass(frozen=True)
class Samples:
    """Measurements as the points of a chart, in order, with what had to be said about them."""

    points: (
        pd.DataFrame
    )  # one row per point: subgroup, stage, ts (both if known), n, mean, range, deviation, baseline
    values: Floats  # the values behind the points, shape (m,), in the measurements' unit
    in_baseline: NDArray[np.bool_]  # shape (m,): whether a value belongs to the baseline
    individuals: bool  # each point is one value, and its range is the moving range
    notes: dict[str, int]  # what was found and how often, by code
    point_of: Positions  # shape (m,): the point of a value
    mr_length: int = 2  # values in a moving range

    @cached_property
    def baseline(self) -> pd.DataFrame:
        """The points limits may be computed from: baseline points that hold at least one value."""
        inside = self.points["baseline"].to_numpy() & (self.points["n"].to_numpy() > 0)
        return self.points if inside.all() else self.points[inside]

    @cached_property
    def size(self) -> int:
        """The usual number of values behind a point (the larger one on a tie)."""
        counts = np.bincount(self.baseline["n"].to_numpy())
        return int(counts.size - 1 - counts[::-1].argmax()) if counts.size else 1

    @cached_property
    def equal_sizes(self) -> bool:
        """Whether every point that holds values holds the same number."""
        sizes = self.points["n"].to_numpy()
        sizes = sizes[sizes > 0]
        return bool(sizes.size == 0 or sizes.min() == sizes.max())

    @cached_property
    def stages(self) -> dict[str, Positions]:
        """The positions of each stage's points, in order of appearance; one nameless stage if unknown."""
        if "stage" not in self.points:
            return {"": np.arange(len(self.points))}
        code, labels = pd.factorize(self.points["stage"])
        order = np.argsort(code, kind="stable")
        parts = np.split(order, np.cumsum(np.bincount(code, minlength=len(labels)))[:-1])
        return dict(zip(map(str, labels), parts, strict=True))

    def stage(self, positions: Positions) -> "Samples":
        """Return the samples of some points alone, such as one of ``stages``."""
        if len(positions) == len(self.points):
            return self
        inside = np.zeros(len(self.points), dtype=bool)
        inside[positions] = True
        kept, renumbered = inside[self.point_of], np.cumsum(inside) - 1
        return replace(
            self,
            points=self.points.iloc[positions].reset_index(drop=True),
            values=self.values[kept],
            in_baseline=self.in_baseline[kept],
            point_of=renumbered[self.point_of[kept]],
        )


def arrange(
    frame: pd.DataFrame,
    *,
    subgroup_size: int = 1,
    individuals: bool = False,
    window_minutes: float = 0.0,
    mr_length: int = 2,
    baseline_points: int = 0,
) -> Samples:
    """Sort measurements into subgroups.

    A window of time decides where one is given, else the ``subgroup`` column; without both, ``subgroup_size``
    consecutive rows form a subgroup, as they do where the column names each row. Rows are put in order of
    ``ts`` when every row has one. No subgroup and
    no moving range reaches from one stage into another. What is missing stays visible: a missing value leaves
    its subgroup smaller, or its point empty.

    Parameters
    ----------
    frame : DataFrame
        Columns ``value`` (float, any unit) and optionally ``ts``, ``subgroup``, ``stages`` (any type) and
        ``baseline`` (boolean: rows from which limits are computed).
    subgroup_size : int, default 1
        Used when there is no subgroup column; 1 means individual values.
    individuals : bool, default False
        Make every row a point of its own, whatever the subgroups.
    window_minutes : float, default 0
        Rows of the same window of time form a subgroup; windows count from midnight. 0: none.
    mr_length : int, default 2
        Values in a moving range of individual values.
    baseline_points : int, default 0
        Only the first so many points of each stage are its baseline. 0: all.

    Returns
    -------
    Samples

    Raises
    ------
    Invalid
        If ``subgroup_size`` < 1 or ``mr_length`` < 2.

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
    if mr_length < 2:
        raise Invalid("length of the moving range", given=mr_length, expected="2 or more values")
    notes: dict[str, int] = {}
    rows = _clean(frame, notes)
    if window_minutes > 0 and not individuals:
        rows = _windows(rows, window_minutes, notes)
    rows = in_time_order(rows, notes)
    if "subgroup" in rows and subgroup_size > 1 and rows["subgroup"].is_unique:
        rows = rows.drop(columns="subgroup")  # it names each value and groups none
    if "subgroup" in rows and not individuals:
        rows = _only_known(rows, "subgroup", notes)
    if "stage" in rows:
        rows = _only_known(rows, "stage", notes)
    code, labels = _group(rows, subgroup_size, individuals, notes)
    points = _summarise(rows, code, labels)
    single = bool((points["n"] <= 1).all())
    position = _position_in_stage(points)
    if baseline_points > 0:
        points["baseline"] &= position < baseline_points
    if single:
        points["range"] = _moving_ranges(points, position, mr_length)
        points["deviation"] = np.nan
    _note_points(points, notes, single, subgroup_size if "subgroup" not in rows else 1)
    kept = rows["value"].notna().to_numpy()
    return Samples(
        points=points,
        values=rows["value"].to_numpy(dtype=float)[kept],
        in_baseline=points["baseline"].to_numpy(dtype=bool)[code[kept]],
        individuals=single,
        notes={name: count for name, count in notes.items() if count},
        point_of=code[kept],
        mr_length=mr_length,
    )


def _clean(frame: pd.DataFrame, notes: dict[str, int]) -> pd.DataFrame:
    wanted = [name for name in ("value", "ts", "subgroup", "stages", "baseline") if name in frame.columns]
    rows = frame[wanted].rename(columns={"stages": "stage"}).reset_index(drop=True).copy()
    values = rows["value"].to_numpy(dtype=float, na_value=np.nan)
    finite = np.isfinite(values)
    rows["value"] = np.where(finite, values, np.nan)
    notes["missing_values"] = int((~finite).sum())
    if "baseline" in rows:
        notes["missing_baseline"] = int(rows["baseline"].isna().sum())
        rows["baseline"] = rows["baseline"].eq(True).fillna(False).astype(bool)
    return rows


def transformed(samples: Samples, forward: Callable[[Floats], Floats]) -> Samples:
    """Return samples of transformed values, with their means, ranges and deviations.

    Parameters
    ----------
    samples : Samples
    forward : callable
        Takes and returns arrays of float.

    Returns
    -------
    Samples

    Source
    ------
    None.
    """
    points = samples.points.copy()
    values = np.asarray(forward(samples.values), dtype=float)
    order = np.argsort(samples.point_of, kind="stable")
    code = samples.point_of[order]
    held, first = np.unique(code, return_index=True)
    mean, spread, deviation = (np.full(len(points), np.nan) for _ in range(3))
    if samples.individuals:
        mean[code] = values[order]
        points["mean"] = mean
        spread = _moving_ranges(points, _position_in_stage(points), samples.mr_length)
    else:
        numbered = np.searchsorted(held, code)
        _, mean[held], spread[held], deviation[held] = _moments(values[order], numbered, first)
    points["mean"], points["range"], points["deviation"] = mean, spread, deviation
    return replace(samples, points=points, values=values)


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


def _only_known(rows: pd.DataFrame, name: str, notes: dict[str, int]) -> pd.DataFrame:
    known = rows[name].notna().to_numpy()
    notes[_LEFT_OUT[name]] = int((~known).sum())
    return rows.copy(deep=False) if known.all() else rows[known].reset_index(drop=True)


def _windows(rows: pd.DataFrame, minutes: float, notes: dict[str, int]) -> pd.DataFrame:
    """Label each row with the window of time it falls into; rows without a time have none."""
    rows = _only_known(rows, "ts", notes)
    midnight = rows["ts"].min().normalize()
    window = pd.Timedelta(minutes=minutes)
    rows["subgroup"] = midnight + (rows["ts"] - midnight) // window * window
    return rows


def _group(
    rows: pd.DataFrame, size: int, individuals: bool, notes: dict[str, int]
) -> tuple[Positions, pd.Series]:
    """Return each row's point and the points' labels."""
    stage = pd.factorize(rows["stage"])[0] if "stage" in rows else np.zeros(len(rows), dtype=np.intp)
    _note_scattered(stage, "scattered_stages", notes)
    if "subgroup" in rows and not individuals:
        group, _ = pd.factorize(rows["subgroup"])
        code, first = _pairs(stage, group)
        _note_scattered(code, "scattered_subgroups", notes)
        return code, _labels(rows["subgroup"].iloc[first])
    if individuals or size == 1:
        own = individuals and "subgroup" in rows and rows["subgroup"].is_unique
        labels = _labels(rows["subgroup"]) if own else pd.Series(np.arange(1, len(rows) + 1))
        return np.arange(len(rows)), labels
    running = pd.Series(stage).groupby(stage).cumcount().to_numpy(dtype=np.intp)
    code, first = _pairs(stage, np.asarray(running // size, dtype=np.intp))
    return code, pd.Series(np.arange(1, len(first) + 1))


def _note_scattered(code: Positions, name: str, notes: dict[str, int]) -> None:
    """Count how often a label comes back after another one."""
    changes = int((np.diff(code) != 0).sum()) + 1 if code.size else 0
    notes[name] = max(0, changes - (int(code.max()) + 1 if code.size else 0))


def _pairs(stage: Positions, group: Positions) -> tuple[Positions, Positions]:
    """Number the pairs of stage and group as they first appear; return the row at which each one does."""
    both = stage.astype(np.int64) * (int(group.max(initial=0)) + 1) + group
    code, found = pd.factorize(both)
    first = np.full(len(found), len(code), dtype=np.intp)
    np.minimum.at(first, code, np.arange(len(code)))
    return code, first


def _labels(found: pd.Series) -> pd.Series:
    """Keep whole numbers as numbers; every other label becomes a text."""
    found = found.reset_index(drop=True)
    if pd.api.types.is_datetime64_any_dtype(found):
        return pd.Series(found.dt.strftime("%Y-%m-%d %H:%M"), dtype=str)
    if pd.api.types.is_bool_dtype(found) or not pd.api.types.is_numeric_dtype(found):
        return found.astype(str)
    whole = found.to_numpy(dtype=float, na_value=np.nan)
    return found.astype("int64") if np.all(whole == np.floor(whole)) else found


def _summarise(rows: pd.DataFrame, code: Positions, labels: pd.Series) -> pd.DataFrame:
    """Return count, mean, range and deviation of the values behind each point."""
    count, values = len(labels), rows["value"].to_numpy(dtype=float)
    points = pd.DataFrame({"subgroup": labels})
    first = np.flatnonzero(np.diff(code, prepend=-1) > 0) if count else np.arange(0)
    if first.size != count or (np.diff(code) < 0).any():  # rows of a subgroup lie apart
        order = np.argsort(code, kind="stable")
        rows, values, code = rows.iloc[order].reset_index(drop=True), values[order], code[order]
        first = np.flatnonzero(np.diff(code, prepend=-1) > 0)
    if "stage" in rows:
        points["stage"] = rows["stage"].iloc[first].astype(str).to_numpy()
    if "ts" in rows:
        times = rows["ts"]
        found = times.groupby(code).first() if times.isna().any() else times.iloc[first]
        points["ts"] = found.reset_index(drop=True)
    if count == len(rows):  # individual values
        points["n"] = np.isfinite(values).astype(np.int64)
        points["mean"], points["range"], points["deviation"] = values, np.nan, np.nan
    else:
        points["n"], points["mean"], points["range"], points["deviation"] = _moments(values, code, first)
    inside = rows["baseline"].to_numpy(dtype=bool) if "baseline" in rows else np.ones(len(rows), dtype=bool)
    points["baseline"] = inside if count == len(rows) else np.logical_and.reduceat(inside, first)
    return points


def _moments(values: Floats, code: Positions, first: Positions) -> tuple[Positions, Floats, Floats, Floats]:
    """Return count, mean, range and standard deviation of values that lie sorted by their point."""
    present = np.isfinite(values)
    n = np.add.reduceat(present, first, dtype=np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.add.reduceat(np.where(present, values, 0.0), first) / n
        residual = np.where(present, values - mean[code], 0.0)
        mean += np.add.reduceat(residual, first) / n  # a second pass keeps the digits of values far from 0
        residual = np.where(present, values - mean[code], 0.0)
        deviation = np.sqrt(np.add.reduceat(residual**2, first) / np.where(n > 1, n - 1, np.nan))
    spread = np.fmax.reduceat(values, first) - np.fmin.reduceat(values, first)
    return n, mean, np.where(n > 1, spread, np.nan), deviation


def _position_in_stage(points: pd.DataFrame) -> Positions:
    if "stage" not in points:
        return np.arange(len(points))
    return np.asarray(points.groupby("stage", sort=False).cumcount(), dtype=np.intp)


def _moving_ranges(points: pd.DataFrame, position: Positions, length: int) -> Floats:
    """Return the range of each value and those before it in its stage; NaN where one of them is missing."""
    values = points["mean"].to_numpy(dtype=float)
    order = np.argsort(pd.factorize(points["stage"])[0], kind="stable") if "stage" in points else position
    ranges = np.full(values.size, np.nan)
    if values.size >= length:
        inner = values[order]
        high, low = inner[length - 1 :].copy(), inner[length - 1 :].copy()
        for back in range(1, length):
            earlier = inner[length - 1 - back : values.size - back]
            high, low = np.maximum(high, earlier), np.minimum(low, earlier)
        ranges[order[length - 1 :]] = high - low
    ranges[position < length - 1] = np.nan
    return ranges


def _note_points(points: pd.DataFrame, notes: dict[str, int], single: bool, size: int) -> None:
    notes["empty_points"] = 0 if single else int((points["n"] == 0).sum())
    sizes = points.loc[points["n"] > 0, "n"]
    if not single and sizes.nunique() > 1:
        notes["unequal_subgroups"] = int((sizes != sizes.mode().max()).sum())
    if size > 1 and len(points) and points["n"].iloc[-1] < size and not notes["missing_values"]:
        notes["short_last_subgroup"] = int(points["n"].iloc[-1])
