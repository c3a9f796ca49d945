"""From rows of inspections to the points of an attribute chart: counts, sizes, order and baseline.

Decides which rows can be charted and which chart fits them; knows no limits and no rules.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.errors import Refused
from workbench.methods.spc_samples import in_time_order

Floats = NDArray[np.float64]
CHARTS = ("p", "np", "c", "u", "laney-p", "laney-u", "g", "t")
OF_ITEMS = ("p", "np", "laney-p")  # an item is good or bad, so there are at most as many as inspected
SIZED = (*OF_ITEMS, "u", "laney-u")
RARE = ("g", "t")


class NoCount(Refused):
    """There is neither a count nor, for a chart of times, a time."""

    code = "no_count"


class NoSize(Refused):
    """The chart divides by how much was inspected, and nothing says how much that was."""

    code = "no_size"


class ImpossibleCounts(Refused):
    """Counts are negative, broken, or more than what was inspected."""

    code = "impossible_counts"

    def __init__(self, kind: str, rows: int, *, hint: str) -> None:
        self.kind, self.rows = kind, rows
        super().__init__(f"{rows} rows with {kind.replace('_', ' ')}", hint=hint)


@dataclass(frozen=True)
class Inspections:
    """Counts in order, as the points of a chart, with what had to be said about them."""

    chart: str  # one of CHARTS, never auto
    points: pd.DataFrame  # one row per point: point, stage and ts (if known), subgroup, count, size, baseline
    notes: dict[str, int]  # what was found and how often, by code
    from_times: bool = False  # the counts are hours between the times of events

    @property
    def baseline(self) -> pd.DataFrame:
        """The points limits are computed from."""
        return self.points[self.points["baseline"]]


def arrange(frame: pd.DataFrame, chart: str = "auto") -> Inspections:
    """Put inspections in order and settle which chart fits them.

    Parameters
    ----------
    frame : DataFrame
        Columns ``count`` (defective items, defects, or what lies between two events: items for g, a time for
        t), optional ``size`` (items or units inspected, > 0), ``ts``, ``subgroup`` and ``stages`` (labels,
        any type) and ``baseline`` (boolean: rows limits are computed from). Without ``count`` a t chart takes
        the hours between the times.
    chart : str, default "auto"
        Auto: without sizes c; with sizes p when no count exceeds its size, else u.

    Returns
    -------
    Inspections

    Raises
    ------
    NoCount, NoSize, ImpossibleCounts

    Source
    ------
    ISO 7870-2:2013, clause on attribute control charts.

    Examples
    --------
    >>> arrange(pd.DataFrame({"count": [1, 0, 2], "size": [50, 50, 40]})).chart
    'p'
    """
    notes: dict[str, int] = {}
    rows = in_time_order(frame.reset_index(drop=True), notes)
    from_times = chart == "t" and "count" not in rows
    rows = _with_gaps(rows) if from_times else rows
    if "stages" in rows:
        notes["missing_stages"] = int(rows["stages"].isna().sum())
        rows = rows[rows["stages"].notna()].reset_index(drop=True)
    if "count" not in rows:
        raise NoCount("nothing to count", hint="map a column of counts")
    count = _numbers(rows["count"])
    size = _numbers(rows["size"]) if "size" in rows else np.full(count.size, np.nan)
    if chart == "auto":
        chart = _fitting(count, size, notes)
    usable = np.isfinite(count) & ((size > 0) | (chart not in SIZED))
    if chart in SIZED and not np.isfinite(size).any():
        raise NoSize(f"a {chart} chart needs sizes", hint="map how much was inspected, or choose c")
    notes["missing_counts"] = int((~usable).sum())
    _refuse_impossible(count[usable], size[usable], chart)
    points = _points(rows[usable], count[usable], size[usable], notes)
    found = {name: number for name, number in notes.items() if number}
    return Inspections(chart, points, found, from_times)


def _numbers(column: pd.Series) -> Floats:
    values = column.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _with_gaps(rows: pd.DataFrame) -> pd.DataFrame:
    """Measure the hours from each event to the next one."""
    if "ts" not in rows:
        raise NoCount(
            "neither a count nor a time", hint="map the times of the events, or the time between them"
        )
    gaps = rows["ts"].diff().dt.total_seconds() / 3600
    return rows.assign(count=gaps).iloc[1:].reset_index(drop=True)


def _fitting(count: Floats, size: Floats, notes: dict[str, int]) -> str:
    both = np.isfinite(count) & np.isfinite(size)
    if not both.any():
        return "c"
    if (count[both] <= size[both]).all():
        notes["read_as_defectives"] = int(both.sum())
        return "p"
    return "u"


def _refuse_impossible(count: Floats, size: Floats, chart: str) -> None:
    negative = int((count < 0).sum())
    if negative:
        raise ImpossibleCounts("negative_counts", negative, hint="correct or leave out these rows")
    broken = int((count != np.floor(count)).sum()) if chart != "t" else 0
    if broken:
        raise ImpossibleCounts("broken_counts", broken, hint="map the number found, not a share or a mean")
    over = int((count > size).sum()) if chart in OF_ITEMS else 0
    if over:
        raise ImpossibleCounts(
            "more_than_inspected", over, hint="choose u or c when an item can have several"
        )


def _points(rows: pd.DataFrame, count: Floats, size: Floats, notes: dict[str, int]) -> pd.DataFrame:
    rows = rows.reset_index(drop=True)
    number = np.arange(1, len(rows) + 1)
    points = pd.DataFrame({"point": number})
    if "stages" in rows:
        points["stage"] = rows["stages"].map(_label)
    points["subgroup"] = rows["subgroup"].map(_label) if "subgroup" in rows else number
    if "ts" in rows:
        points["ts"] = rows["ts"]
    points["count"], points["size"] = count, size
    points["baseline"] = True
    if "baseline" in rows:
        notes["missing_baseline"] = int(rows["baseline"].isna().sum())
        points["baseline"] = rows["baseline"].eq(True).fillna(False).astype(bool)
    return points


def _label(value: object) -> str:
    """Write a label as people wrote it: 3, not 3.0."""
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return str(value)
