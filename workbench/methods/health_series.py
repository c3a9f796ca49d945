"""All checks of one column of one tag, in the order in which one defect hides another."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.errors import Invalid, unknown
from workbench.methods.defects import (
    Flags,
    Floats,
    Integers,
    Runs,
    find_fill_values,
    find_flatlines,
    find_implausible,
    find_spikes,
    runs_of,
)
from workbench.methods.health_findings import Findings
from workbench.methods.outliers import generalized_esd
from workbench.methods.units import find_unit_changes

DUPLICATES = ("auto", "row", "key", "none")
SPIKE_METHODS = ("local", "esd")
ESD_ALPHA, ESD_MOST = 0.05, 10


@dataclass(frozen=True)
class Checks:
    """What counts as a defect; the names are the template's parameters.

    Attributes
    ----------
    expected_interval_s : float, s
        Time between readings; 0: learnt per tag.
    max_gap : float
        A step longer than this many intervals is a gap.
    flatline_length : int
        Equal readings in a row that make a flatline; 0: at least 10, and more than chance explains.
    spike_sigmas : float
        Standard deviations from the neighbourhood that make a spike.
    spike_method : str
        ``local``: against the neighbouring readings; ``esd``: against all of them, order ignored
        (generalized ESD at 5 %, at most 10 outliers or 1 % of the readings).
    plausible_low, plausible_high : float or None
        Range every reading must lie in, in the unit of the values.
    duplicates : str
        ``row``: the whole row repeats; ``key``: its time and tag do; ``none``: do not look;
        ``auto``: key, but row where there is no time or where several things share each time.
    """

    expected_interval_s: float = 0.0
    max_gap: float = 1.5
    flatline_length: int = 0
    spike_sigmas: float = 6.0
    spike_method: str = "local"
    plausible_low: float | None = None
    plausible_high: float | None = None
    duplicates: str = "auto"

    def __post_init__(self) -> None:
        if self.duplicates not in DUPLICATES:
            raise unknown("duplicate policy", self.duplicates, DUPLICATES)
        if self.spike_method not in SPIKE_METHODS:
            raise unknown("spike method", self.spike_method, SPIKE_METHODS)
        if not self.expected_interval_s >= 0:
            raise Invalid("expected_interval_s", given=self.expected_interval_s, expected="0 or more")


@dataclass(frozen=True)
class Series:
    """One column of one tag, in time order: its readings and where they stand in the table."""

    tag: str
    column: str
    rows: Integers
    values: Floats | None  # None: a column that holds no numbers
    empty: Flags


def check_series(series: Series, checks: Checks, findings: Findings) -> dict[str, Any]:
    """Find the defects of one series, note them, and describe it in one row.

    A reading that one check explains is taken out before the next one looks: a fill value is no spike, and a
    spike does not cut a stretch in another unit in two.

    Parameters
    ----------
    series : Series
    checks : Checks
    findings : Findings
        Receives what is found.

    Returns
    -------
    dict
        tag, column, readings, missing, minimum, median, maximum and the count of each defect.
    """
    size, lacking = series.rows.size, int(series.empty.sum())
    row: dict[str, Any] = {"tag": series.tag, "column": series.column}
    row |= {"readings": size, "missing": lacking, "completeness": 0.0}
    row |= {"flatlines": 0, "spikes": 0, "out_of_range": 0, "unit_suspects": 0}
    row |= {"minimum": np.nan, "median": np.nan, "maximum": np.nan, "affected": 0}
    severity = "bad" if lacking > 0.05 * size else "warning"
    findings.add(series, "missing", runs_of(series.empty), severity=severity)
    if series.values is None or lacking == size:
        return row
    places = np.flatnonzero(~series.empty)
    values = series.values[places]
    row |= {"minimum": values.min(), "median": float(np.median(values)), "maximum": values.max()}
    if size > 1 and row["minimum"] == row["maximum"]:
        findings.add(series, "constant", runs_of(~series.empty), severity="info")
    return row | _defects(series, places, values, checks=checks, findings=findings)


def _defects(
    series: Series, places: Integers, values: Floats, *, checks: Checks, findings: Findings
) -> dict[str, int]:
    """Run the checks on the readings there are; ``places`` says where they stand in the series."""
    good = np.ones(values.size, dtype=bool)

    def note(check: str, runs: Runs, severity: str, details: tuple[str, ...] = ()) -> None:
        standing = places[np.flatnonzero(good)]
        last = np.maximum(runs.stop, 1) - 1
        placed = Runs(start=standing[runs.start], stop=standing[last] + 1, count=runs.count)
        findings.add(series, check, placed, severity=severity, details=details)

    def drop(runs: Runs) -> None:
        left = np.flatnonzero(good)
        for start, stop in zip(runs.start.tolist(), runs.stop.tolist(), strict=True):
            good[left[start:stop]] = False

    outside = find_implausible(values, low=checks.plausible_low, high=checks.plausible_high)
    note("out_of_range", outside, "bad", ("outside_limits",) * len(outside))
    drop(outside)
    filled = find_fill_values(values[good])
    note("out_of_range", filled, "bad", ("fill_value",) * len(filled))
    drop(filled)
    flat = find_flatlines(values[good], length=checks.flatline_length)
    note("flatline", flat, "bad" if flat.count.sum() > 0.05 * values.size else "warning")
    spikes = _spikes(values[good], checks)
    note("spike", spikes, "warning")
    drop(spikes)
    units = find_unit_changes(values[good])
    note("unit_suspect", units.runs, "bad", units.details)
    implausible = int(outside.count.sum() + filled.count.sum())
    touched = sum(int(runs.count.sum()) for runs in (flat, spikes, units.runs))
    return {
        "flatlines": len(flat),
        "spikes": len(spikes),
        "out_of_range": implausible,
        "unit_suspects": len(units.runs),
        "affected": implausible + touched,
    }


def _spikes(values: Floats, checks: Checks) -> Runs:
    if checks.spike_method == "local":
        return find_spikes(values, sigmas=checks.spike_sigmas)
    most = min(max(ESD_MOST, values.size // 100), values.size - 2)
    if most < 1 or np.ptp(values) == 0:
        return runs_of(np.zeros(0, dtype=bool))
    far = np.sort(generalized_esd(values, most=most, alpha=ESD_ALPHA).index)
    return Runs(start=far, stop=far + 1, count=np.ones(far.size, dtype=np.int64))
