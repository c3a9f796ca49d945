"""What an auditor asks before believing a capability index: enough values, one peak, fine readings.

Decides whether the suppositions of a study hold; the sentences about it are in ``capability_words``.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import binomtest, norm

from workbench.methods.capability import RECOMMENDED_VALUES
from workbench.methods.capability_model import Capability
from workbench.methods.spc_model import RECOMMENDED_POINTS, ControlChart

Floats = NDArray[np.float64]
FINE_ENOUGH = 10  # steps of the gauge within the tolerance or the spread: AIAG MSA, rule of ten
FEWEST_FOR_PEAKS = 40
MOST_FOR_PEAKS = 4000
ROUNDS = 60
VALLEY = 0.75  # a dip above this share of the lower peak is no valley
WINDOW = 0.25  # half the width, in standard deviations, in which values are counted
FEWEST_FOR_TAILS = 1000  # below, the outermost value stands for a quantile of 0.135 %


def checks_of(study: Capability, chart: ControlChart) -> pd.DataFrame:
    """Check what a study supposes.

    Parameters
    ----------
    study : Capability
    chart : ControlChart
        Of the same values.

    Returns
    -------
    DataFrame
        Columns check (code), found, wanted (float) and passed (bool): stable (signals, at most), values and
        points (at least), distribution (p, at least), peaks (at most), steps (of the gauge within tolerance
        or six sigma, at least), independent (autocorrelation, at most), within_bounds (values beyond one).

    Source
    ------
    AIAG SPC, 2nd ed., chapter IV; AIAG MSA, 4th ed., chapter I (rule of ten); ISO 22514-2:2017.
    """
    rows: list[tuple[str, float, float, bool]] = []

    def at_most(name: str, found: float, wanted: float) -> None:
        rows.append((name, found, wanted, not found > wanted))

    def at_least(name: str, found: float, wanted: float) -> None:
        rows.append((name, found, wanted, not found < wanted))

    at_most("stable", chart.n_signals, 0)
    at_least("values", study.n, FEWEST_FOR_TAILS if study.model.family == "empirical" else RECOMMENDED_VALUES)
    at_least("points", chart.limit_points, RECOMMENDED_POINTS)
    at_least("distribution", study.model.p, 0.05)
    at_most("peaks", peaks(study.values), 1)
    fine = steps(study)
    at_least("steps", fine if math.isfinite(fine) else math.nan, FINE_ENOUGH)
    dependence = chart.dependence
    if dependence is not None:
        limit = max(dependence.limit, 0.2)
        at_most("independent", abs(dependence.beside_change), limit)
    at_most("within_bounds", beyond_bounds(study), 0)
    return pd.DataFrame(rows, columns=["check", "found", "wanted", "passed"])


def beyond_bounds(study: Capability) -> int:
    """Count the values beyond a physical bound: errors of measurement or of the bound.

    Parameters
    ----------
    study : Capability

    Returns
    -------
    int

    Source
    ------
    None.
    """
    tolerance, count = study.tolerance, 0
    if tolerance.lower_is_bound:
        count += int((study.values < tolerance.low).sum())
    if tolerance.upper_is_bound:
        count += int((study.values > tolerance.high).sum())
    return count


def steps(study: Capability) -> float:
    """Count the steps of the gauge within the tolerance, or within six sigma where that is narrower.

    Parameters
    ----------
    study : Capability

    Returns
    -------
    float
        Infinite where no two values share a step.

    Source
    ------
    AIAG MSA, 4th ed.: a gauge divides the smaller of tolerance and process spread into ten or more.
    """
    step = resolution(study.values)
    width = min(study.tolerance.high - study.tolerance.low, 6 * study.sigma_overall)
    return math.inf if step == 0 else round(width / step, 6)


def resolution(values: Floats) -> float:
    """Return the smallest step between values that repeat; 0 where hardly any value repeats.

    Parameters
    ----------
    values : array of float

    Returns
    -------
    float
        In the unit of the values.

    Source
    ------
    None.

    Examples
    --------
    >>> resolution(np.array([0.5, 1.0, 1.0, 1.5, 0.5, 1.0]))
    0.5
    """
    distinct = np.unique(values)
    if distinct.size > 0.9 * values.size or distinct.size < 2:
        return 0.0
    gaps = np.diff(distinct)
    return float(gaps[gaps > 1e-9 * np.abs(distinct).max()].min())


def peaks(values: Floats) -> int:
    """Count the peaks of a distribution: two where a mixture of two normal ones has a clear valley.

    Parameters
    ----------
    values : array of float, shape (n,)
        Fewer than 40 are taken to have one peak.

    Returns
    -------
    int
        1 or 2.

    Source
    ------
    Mixture by expectation and maximisation, against one normal distribution by Schwarz's criterion (1978).
    """
    if values.size < FEWEST_FOR_PEAKS:
        return 1
    ordered = np.sort(values)
    if ordered.size > MOST_FOR_PEAKS:
        ordered = ordered[np.linspace(0, ordered.size - 1, MOST_FOR_PEAKS).astype(int)]
    unit = (ordered - ordered.mean()) / ordered.std()
    mixture = _mixture(unit)
    one = float(norm.logpdf(unit).sum())
    two = float(np.log(_density(unit, *mixture)).sum())
    if 2 * (two - one) < 3 * math.log(unit.size) + 6 or min(mixture[0]) < 0.1:
        return 1
    line = np.linspace(unit[0], unit[-1], 400)
    height = _density(line, *mixture)
    tops = np.flatnonzero((height[1:-1] > height[:-2]) & (height[1:-1] >= height[2:])) + 1
    if tops.size < 2:
        return 1
    lowest = tops[0] + int(height[tops[0] : tops[-1] + 1].argmin())
    lower = min((int(tops[0]), int(tops[-1])), key=lambda top: height[top])
    around = [int((np.abs(unit - line[at]) < WINDOW).sum()) for at in (lowest, lower)]
    if height[lowest] > VALLEY * height[lower] or sum(around) == 0:
        return 1
    return 2 if binomtest(around[0], sum(around), 0.5, "less").pvalue < 0.01 else 1


def _mixture(unit: Floats) -> tuple[Floats, Floats, Floats]:
    """Fit two normal distributions: shares, means and deviations."""
    half = unit.size // 2
    shares, means = np.array([0.5, 0.5]), np.array([unit[:half].mean(), unit[half:].mean()])
    sigmas = np.array([0.6, 0.6])
    for _ in range(ROUNDS):
        parts = shares * norm.pdf(unit[:, None], means, sigmas) + 1e-300
        parts /= parts.sum(axis=1, keepdims=True)
        weight = parts.sum(axis=0)
        shares, means = weight / unit.size, (parts * unit[:, None]).sum(axis=0) / weight
        spread = (parts * (unit[:, None] - means) ** 2).sum(axis=0) / weight
        sigmas = np.sqrt(np.maximum(spread, 0.01))
    return shares, means, sigmas


def _density(at: Floats, shares: Floats, means: Floats, sigmas: Floats) -> Any:
    return (shares * norm.pdf(at[:, None], means, sigmas)).sum(axis=1) + 1e-300
