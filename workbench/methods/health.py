"""Data health: is a table complete, regular, plausible, and each column in one unit?

Decides what is measured and how the parts are counted. What the figures mean for an analysis is in
``health_words``; the defects of a single series are found by ``defects``, ``units`` and ``outliers``.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.errors import Refused, TooFew
from workbench.methods.defects import Flags, Floats, Integers, find_gaps, learn_rhythm
from workbench.methods.health_findings import Findings
from workbench.methods.health_series import Checks, Series, check_series

NO_TIME = np.iinfo(np.int64).min
MOSTLY = 0.75  # below this share of distinct times, the rows belong to several things read at once


class NoNumbers(Refused):
    """A table without a column of numbers has no readings to check."""

    code = "no_numbers"


@dataclass(frozen=True)
class Health:
    """How healthy a table is.

    Attributes
    ----------
    rows : int
        Rows of the table.
    completeness : float, %
        Cells with a value over cells expected. Expected are one cell per column for each row that is not a
        duplicate and for each reading missing in a gap; the columns of time and tag are not counted.
    value_completeness : float, %
        The same without the gaps: cells with a value over cells there are (GB/T 36344-2018, 0201).
    record_completeness : float or None, %
        Times found over times expected (0202); None where no rhythm is known.
    duplicate_rate : float, %
        Rows that repeat an earlier row (or its time and tag, see ``Checks.duplicates``) over rows (0303).
    gap_count : int or None
        Pauses longer than the expected interval allows; None where no rhythm is known.
    flatline_count, spike_count : int
        Stretches in which a column does not move; excursions of up to three readings.
    out_of_range_count : int
        Readings outside the plausible range, fill values such as -999 included.
    unit_suspect_count : int
        Stretches that look as if read in another unit.
    affected : float, share
        Readings that lie in a flatline, a spike, outside the range or in a unit suspect.
    interval_s : float or None, s
        Expected interval, the median over the tags.
    columns : DataFrame
        One row per tag and column: tag, column, readings, missing, completeness [%], minimum, median,
        maximum, and the count of each defect.
    findings : DataFrame
        check, tag, column, first_row, last_row (from 1), start, end, count, severity, detail.
    """

    rows: int
    completeness: float
    value_completeness: float
    record_completeness: float | None
    duplicate_rate: float
    gap_count: int | None
    flatline_count: int
    spike_count: int
    out_of_range_count: int
    unit_suspect_count: int
    affected: float
    interval_s: float | None
    columns: pd.DataFrame
    findings: pd.DataFrame


@dataclass(frozen=True)
class _Group:
    """The rows of one tag, in time order, without duplicates."""

    tag: str
    rows: Integers  # places in the table
    time_us: Integers | None
    sorted: bool = True  # by time; False: as in the table


def assess(frame: pd.DataFrame, checks: Checks | None = None, *, value_name: str = "value") -> Health:
    """Check every column of numbers of a table, per tag and in time order.

    Parameters
    ----------
    frame : DataFrame, n rows
        Any table. The columns ``ts`` (times) and ``tag`` (text: sensor, machine) play their role when they
        are there. Every other column is checked for missing cells, every column of numbers for the rest.
    checks : Checks
        What counts as a defect.
    value_name : str
        The name people know the column ``value`` by.

    Returns
    -------
    Health

    Raises
    ------
    TooFew
        If the table has no rows.
    NoNumbers
        If it has no column of numbers.

    Source
    ------
    GB/T 36344-2018 indicators 0201, 0202, 0302, 0303, 0305; ISO 8000-8 (syntactic checks).

    Examples
    --------
    >>> table = pd.DataFrame({"flow": [1.0, 2.0, None, 4.0], "level": [5.0, 6.0, 7.0, 8.0]})
    >>> assess(table).completeness
    87.5
    """
    checks = checks or Checks()
    if not len(frame):
        raise TooFew("data health: rows", need=1, have=0, hint="add data to the table")
    frame = _with_roles(frame)
    names = _checked_columns(frame)
    numbers = [name for name in names if is_number(frame[name])]
    if not numbers:
        raise NoNumbers("data health", given=f"columns {', '.join(names) or 'none'}", expected="numbers")
    time_us = _microseconds(frame["ts"]) if "ts" in frame else None
    repeated, identical = _repeated(frame, checks.duplicates)
    groups = list(_groups(frame, time_us, repeated))
    findings = Findings(time_us)
    if time_us is not None:
        findings.add_rows("missing_time", np.flatnonzero(time_us == NO_TIME), severity="bad")
    findings.add_rows("duplicate", np.flatnonzero(identical), severity="warning", detail="identical")
    conflicting = np.flatnonzero(repeated & ~identical)
    findings.add_rows("duplicate", conflicting, severity="warning", detail="conflicting")
    missing, rhythm = _look_for_gaps(groups, checks, findings)
    shown = {name: value_name if name == "value" else name for name in names}
    columns = _check_columns(frame, groups, (names, shown, numbers), checks=checks, findings=findings)
    return _summarise(columns, missing, rhythm=rhythm, repeated=repeated, findings=findings)


def _with_roles(frame: pd.DataFrame) -> pd.DataFrame:
    """Take the roles away from columns that cannot play them: they are data like any other."""
    renamed = {}
    if "ts" in frame and not pd.api.types.is_datetime64_any_dtype(frame["ts"].dtype):
        renamed["ts"] = "ts "
    if "tag" in frame and frame["tag"].nunique() > max(1, len(frame) / 3):
        renamed["tag"] = "tag "  # a name per row, such as a serial number, groups nothing
    return frame.rename(columns=renamed) if renamed else frame


def _checked_columns(frame: pd.DataFrame) -> list[str]:
    """Return the columns whose cells count: all but time and tag."""
    return [name for name in frame.columns if name not in {"ts", "tag"}]


def is_number(column: "pd.Series[Any]") -> bool:
    """Tell a column of numbers; yes/no is none.

    Parameters
    ----------
    column : Series

    Returns
    -------
    bool

    Examples
    --------
    >>> is_number(pd.Series([1, 2])), is_number(pd.Series([True, False]))
    (True, False)
    """
    kind = column.dtype
    return pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind)


def _microseconds(times: "pd.Series[Any]") -> Integers:
    """Return times as whole microseconds, the missing ones as ``NO_TIME``."""
    index = pd.DatetimeIndex(times)
    if index.tz is not None:
        index = index.tz_convert(None)
    return index.to_numpy().astype("datetime64[us]").astype(np.int64)


def _repeated(frame: pd.DataFrame, policy: str) -> tuple[Flags, Flags]:
    """Flag the rows that repeat an earlier one, and those of them that say the same as it."""
    nothing = np.zeros(len(frame), dtype=bool)
    key = [name for name in ("ts", "tag") if name in frame]
    if policy == "none" or (policy == "auto" and "ts" not in key and len(_checked_columns(frame)) < 2):
        return nothing, nothing  # equal numbers in a single column are no repetition
    by_key = frame.duplicated(subset=key).to_numpy() if "ts" in key and policy != "row" else nothing
    several_share_a_time = policy == "auto" and by_key.mean() > 1 - MOSTLY
    if policy == "row" or "ts" not in key or several_share_a_time:
        by_row = frame.duplicated().to_numpy()
        return by_row, by_row
    if not by_key.any():
        return nothing, nothing
    shared = frame.duplicated(subset=key, keep=False).to_numpy()
    identical = nothing.copy()
    identical[shared] = frame[shared].duplicated().to_numpy()
    return by_key, by_key & identical


def _groups(
    frame: pd.DataFrame,
    time_us: Integers | None,
    repeated: Flags,
) -> Iterator[_Group]:
    """Split a table by tag; a tag whose times repeat keeps the order of the table."""
    codes, tags = np.zeros(len(frame), dtype=np.int64), pd.Index([""])
    if "tag" in frame:
        codes, tags = pd.factorize(frame["tag"].astype("object").where(frame["tag"].notna(), ""))
    rows = np.flatnonzero(~repeated)
    if time_us is not None:
        rows = rows[time_us[rows] != NO_TIME]
        rows = rows[np.lexsort((time_us[rows], codes[rows]))]
    else:
        rows = rows[np.argsort(codes[rows], kind="stable")]
    edges = np.searchsorted(codes[rows], np.arange(len(tags) + 1))
    for code, tag in enumerate(tags):
        places = rows[edges[code] : edges[code + 1]]
        if not places.size:
            continue
        if time_us is None:
            yield _Group(tag=str(tag), rows=places, time_us=None)
            continue
        # Several machines under one clock and no tag: in time order their readings would interleave.
        alone = np.count_nonzero(np.diff(time_us[places])) >= MOSTLY * (places.size - 1)
        places = places if alone else np.sort(places)
        yield _Group(tag=str(tag), rows=places, time_us=time_us[places], sorted=bool(alone))


@dataclass(frozen=True)
class _Rhythms:
    """Gaps over all tags: how many, times found and expected, the usual interval."""

    gaps: int
    found: int
    expected: int
    interval_s: float


def _look_for_gaps(
    groups: list[_Group], checks: Checks, findings: Findings
) -> tuple[dict[str, int], _Rhythms | None]:
    """Find the gaps of each tag, and return how many readings each lacks."""
    missing, intervals = {group.tag: 0 for group in groups}, []
    gaps = found = expected = 0
    for group in groups:
        if group.time_us is None:
            continue
        _look_at_order(group, findings)
        distinct, first = np.unique(group.time_us, return_index=True)
        time_s: Floats = (distinct - distinct[0]) / 1e6
        rhythm = learn_rhythm(time_s)
        interval = checks.expected_interval_s or (rhythm.interval_s if rhythm.regular else None)
        if not interval:
            continue
        runs = find_gaps(time_s, interval, factor=checks.max_gap)
        lacking = int(runs.count.sum())
        missing[group.tag] = lacking
        intervals.append(interval)
        gaps, found = gaps + len(runs), found + distinct.size
        expected += distinct.size + lacking
        long = runs.count > 0.05 * (distinct.size + lacking)
        findings.add_gaps(group.tag, group.rows[first], runs, long=long)
    if not intervals:
        return missing, None
    return missing, _Rhythms(gaps, found, expected, float(np.median(intervals)))


def _look_at_order(group: _Group, findings: Findings) -> None:
    """Note the rows whose time lies before that of the row above them (GB/T 36344-2018, 0503)."""
    if group.time_us is None or not group.sorted:
        return
    as_written = np.argsort(group.rows)
    back = 1 + np.flatnonzero(np.diff(group.time_us[as_written]) < 0)
    findings.add_rows("out_of_order", group.rows[as_written][back], severity="info", tag=group.tag)


def _check_columns(
    frame: pd.DataFrame,
    groups: list[_Group],
    names: tuple[list[str], dict[str, str], list[str]],
    *,
    checks: Checks,
    findings: Findings,
) -> pd.DataFrame:
    """Check each column of each tag, and describe it in one row."""
    every, shown, numbers = names
    described = []
    for name in every:
        column = frame[name]
        values = column.to_numpy(dtype=float, na_value=np.nan) if name in numbers else None
        empty = ~np.isfinite(values) if values is not None else column.isna().to_numpy()
        for group in groups:
            series = Series(
                tag=group.tag,
                column=shown[name],
                rows=group.rows,
                values=None if values is None else values[group.rows],
                empty=empty[group.rows],
            )
            described.append(check_series(series, checks, findings))
    return pd.DataFrame(described)


def _percent(part: float, whole: float) -> float:
    return 100.0 * part / whole if whole else 100.0


def _summarise(
    columns: pd.DataFrame,
    missing: dict[str, int],
    *,
    rhythm: _Rhythms | None,
    repeated: Flags,
    findings: Findings,
) -> Health:
    """Add up tags and columns."""
    lacking = columns["tag"].map(missing)
    present = columns["readings"] - columns["missing"]
    columns = columns.assign(completeness=100.0 * present / (columns["readings"] + lacking))
    gaps_of = findings.counts("gap")
    columns.insert(5, "gaps", [gaps_of.get(tag, 0) for tag in columns["tag"]])
    cells = int(columns["readings"].sum())
    affected = int(columns.pop("affected").sum())
    return Health(
        rows=repeated.size,
        completeness=_percent(int(present.sum()), cells + int(lacking.sum())),
        value_completeness=_percent(int(present.sum()), cells),
        record_completeness=None if rhythm is None else _percent(rhythm.found, rhythm.expected),
        duplicate_rate=_percent(int(repeated.sum()), repeated.size),
        gap_count=None if rhythm is None else rhythm.gaps,
        flatline_count=int(columns["flatlines"].sum()),
        spike_count=int(columns["spikes"].sum()),
        out_of_range_count=int(columns["out_of_range"].sum()),
        unit_suspect_count=int(columns["unit_suspects"].sum()),
        affected=affected / cells if cells else 0.0,
        interval_s=None if rhythm is None else rhythm.interval_s,
        columns=columns,
        findings=findings.frame(),
    )
