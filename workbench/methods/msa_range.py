"""The average and range method, by paper and pencil, and the limits of the charts by operator.

Decides nothing that the analysis of variance decides; it knows no interaction and gives no intervals.
"""

import math

import numpy as np

from workbench.errors import TooFew
from workbench.methods.msa_model import Allowed, Component, GaugeStudy, with_process
from workbench.methods.msa_study import Layout
from workbench.methods.spc_constants import d2, d3, printed_d2

MANY_RANGES = 15  # AIAG MSA, 4th ed., appendix C: with more ranges d2* is d2


def range_constant(size: int, *, ranges: int) -> float:
    """Return K: a mean range times it estimates a standard deviation.

    Parameters
    ----------
    size : int
        Values in each range, >= 2.
    ranges : int
        How many ranges the mean is of, >= 1.

    Returns
    -------
    float
        Dimensionless, with the four decimals that AIAG prints: 1 / d2*, where d2* is the root of
        d2² + d3² / ranges, and d2 itself for more than 15 ranges.

    Source
    ------
    AIAG MSA, 4th ed., appendix C; Duncan (1974).

    Examples
    --------
    >>> range_constant(3, ranges=30), range_constant(3, ranges=1), range_constant(10, ranges=1)
    (0.5908, 0.5231, 0.3146)
    """
    if ranges > MANY_RANGES:
        return round(1 / d2(size), 4)
    return round(1 / math.hypot(d2(size), d3(size) / math.sqrt(ranges)), 4)


def by_ranges(layout: Layout, allowed: Allowed) -> GaugeStudy:
    """Study a crossed gauge study with K1, K2 and K3 as AIAG prints them.

    Parameters
    ----------
    layout : Layout
        From ``msa_study.crossed_layout``; with one operator there is no reproducibility.
    allowed : Allowed

    Returns
    -------
    GaugeStudy
        Without intervals.

    Raises
    ------
    TooFew
        If there is one trial only.

    Source
    ------
    AIAG MSA, 4th ed., III-B, average and range method.
    """
    operators, parts, trials = layout.shape
    if trials < 2:
        hint = "measure each part again, or use the analysis of variance"
        raise TooFew("trials for the range method", need=2, have=trials, hint=hint)
    values = layout.values
    ev = float(np.ptp(values, axis=2).mean()) * range_constant(trials, ranges=operators * parts)
    pv = float(np.ptp(values.mean(axis=(0, 2)))) * range_constant(parts, ranges=1)
    found = {"repeatability": ev**2, "part": pv**2}
    if operators > 1:
        spread = float(np.ptp(values.mean(axis=(1, 2)))) * range_constant(operators, ranges=1)
        found["operator"] = spread**2 - ev**2 / (parts * trials)
    variance = {source: max(0.0, raw) for source, raw in found.items()}
    if operators > 1:
        found["reproducibility"] = variance["reproducibility"] = variance["operator"]
    found["gauge"] = variance["gauge"] = variance["repeatability"] + variance.get("operator", 0.0)
    found["total"] = variance["total"] = variance["gauge"] + variance["part"]
    nan = math.nan
    study = GaugeStudy(
        components={source: Component(variance[source], found[source], nan, nan) for source in found},
        lines=(),
        pooled_lines=(),
        method="range",
        pooled=False,
        alpha=0.0,
        allowed=allowed,
        layout=layout,
        confidence=nan,
        share=(nan, nan),
        own_sigma=math.sqrt(variance["total"]),
    )
    return with_process(study)


def control_limits(layout: Layout) -> dict[str, float]:
    """Limits of the charts by operator: means should lie outside, ranges inside.

    Parameters
    ----------
    layout : Layout
        With two trials or more.

    Returns
    -------
    dict of str to float
        mean, mean_lcl, mean_ucl, range, range_lcl and range_ucl, in the unit of the values.

    Source
    ------
    AIAG MSA, 4th ed., III-B, average and range charts; constants of ISO 7870-2.

    Examples
    --------
    >>> layout = Layout(np.array([[[1.0, 2.0], [5.0, 6.0]]]), (), (("1", "2"),))
    >>> {name: round(value, 2) for name, value in control_limits(layout).items()}["mean_ucl"]
    5.38
    """
    values = layout.values
    trials, mean = layout.shape[2], float(values.mean())
    average = float(np.ptp(values, axis=2).mean())
    sigma = average / printed_d2(trials)
    wide, away = 3 * d3(trials) * sigma, 3 * sigma / math.sqrt(trials)
    limits = {"mean": mean, "mean_lcl": mean - away, "mean_ucl": mean + away}
    return limits | {"range": average, "range_lcl": max(0.0, average - wide), "range_ucl": average + wide}
