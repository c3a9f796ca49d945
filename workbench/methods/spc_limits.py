"""Centre lines and limits of one stage: what a chart's points are compared with.

Decides where the limits of each kind of chart lie; judges no point and says nothing.
"""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from workbench.methods.spc_constants import c4, d3, median_error, printed_d2
from workbench.methods.spc_model import ControlChart, Plan, Spread
from workbench.methods.spc_rules import Hit
from workbench.methods.spc_samples import LARGEST_FOR_RANGE, Floats, Samples
from workbench.methods.spc_short_run import SHORT_RUNS
from workbench.methods.spc_sigma import each
from workbench.methods.spc_weighted import average_points, cusum_points, ewma_points, ewma_width

SPREAD_OF = {"imr": "mr", "xbar-r": "range", "xbar-s": "deviation", "median": "range"}


@dataclass(frozen=True)
class StageLimits:
    """Points and limits of one stage; positions count within the stage."""

    points: pd.DataFrame
    center: float
    ucl: float
    lcl: float
    reference: float
    sigma: float
    error: float
    spread: Spread | None
    crossings: list[Hit]
    baseline_points: int


def stage_limits(samples: Samples, plan: Plan, *, sigma: float) -> StageLimits:
    """Compute points and limits of one stage.

    Parameters
    ----------
    samples : Samples
        Of this stage alone.
    plan : Plan
        Its chart is one of ``CHARTS``.
    sigma : float
        Standard deviation of individual values within subgroups, in their unit.

    Returns
    -------
    StageLimits

    Source
    ------
    ISO 7870-2:2013 (Shewhart, median), ISO 7870-4:2021 (CUSUM), ISO 7870-6:2016 (EWMA); Montgomery,
    section 9.3 (moving average).
    """
    points = _table(samples, plan)
    baseline = points["baseline"].to_numpy(dtype=bool) & (points["n"].to_numpy() > 0)
    reference = plan.target
    if reference is None:
        weights = None if plan.chart == "median" else points["n"].to_numpy()[baseline]
        reference = float(np.average(points["value"].to_numpy(dtype=float)[baseline], weights=weights))
    factor = median_error if plan.chart == "median" else _mean_error
    error = sigma * each(factor, points["n"].to_numpy())
    crossings = _locate(points, reference=reference, error=error, plan=plan)
    usual = sigma * factor(samples.size)
    center, width = _nominal(reference, usual, plan)
    return StageLimits(
        points=points,
        center=center,
        ucl=center + width,
        lcl=center - width,
        reference=reference,
        sigma=sigma,
        error=usual,
        spread=_add_spread(points, samples, sigma=sigma, plan=plan),
        crossings=crossings,
        baseline_points=int(baseline.sum()),
    )


def is_shewhart(chart: ControlChart) -> bool:
    """Tell whether each point stands for itself, so that run rules mean something.

    Parameters
    ----------
    chart : ControlChart

    Returns
    -------
    bool

    Source
    ------
    ISO 7870-2:2013, clause 8.
    """
    return chart.spread is not None


def _mean_error(n: int) -> float:
    return 1 / math.sqrt(n) if n > 0 else math.nan


def _table(samples: Samples, plan: Plan) -> pd.DataFrame:
    points = samples.points.drop(columns=["range", "deviation"]).rename(columns={"mean": "value"})
    if plan.chart == "median" and not samples.individuals:
        medians = pd.Series(samples.values).groupby(samples.point_of).median()
        points["value"] = medians.reindex(np.arange(len(points))).to_numpy()
    points.insert(0, "point", np.arange(1, len(points) + 1))
    return points


def _nominal(reference: float, error: float, plan: Plan) -> tuple[float, float]:
    """Return centre and half width of the limits for the usual subgroup size."""
    if plan.chart == "cusum":
        return 0.0, plan.cusum_h * error
    factor = {"ewma": ewma_width(plan.lambda_), "moving-average": 1 / math.sqrt(plan.span)}.get(
        plan.chart, 1.0
    )
    return reference, plan.limit_sigmas * error * factor


def _locate(points: pd.DataFrame, *, reference: float, error: Floats, plan: Plan) -> list[Hit]:
    """Add the plotted statistic and its limits to the points; return where these are crossed."""
    if plan.chart == "cusum":
        return cusum_points(points, reference, error, h=plan.cusum_h, k=plan.cusum_k)
    if plan.chart == "ewma":
        return ewma_points(points, reference, error, weight=plan.lambda_, limit=plan.limit_sigmas)
    if plan.chart == "moving-average":
        return average_points(points, reference, error, span=plan.span, limit=plan.limit_sigmas)
    width = plan.limit_sigmas * error
    points["statistic"] = points["value"]
    points["center"], points["ucl"], points["lcl"] = reference, reference + width, reference - width
    return []


def spread_kind(samples: Samples, plan: Plan) -> str | None:
    """Return what the chart below shows; None for charts that remember.

    Parameters
    ----------
    samples, plan
        The plan's chart is one of ``CHARTS``.

    Returns
    -------
    str or None
        mr, range or deviation.

    Source
    ------
    AIAG SPC, 2nd ed.: ranges up to eight values, standard deviations above.
    """
    if plan.chart not in SHORT_RUNS:
        return SPREAD_OF.get(plan.chart)
    if samples.individuals:
        return "mr"
    return "range" if samples.points["n"].max() <= LARGEST_FOR_RANGE else "deviation"


def _spread_limits(n: int, *, kind: str, sigma: float, limit: float) -> tuple[float, float, float]:
    """Return centre, upper and lower limit of ranges or deviations of n values."""
    if n < 2:
        return math.nan, math.nan, math.nan
    if kind == "deviation":
        mean, error = c4(n), math.sqrt(1 - c4(n) ** 2)
    else:
        mean, error = printed_d2(n), d3(n)
    lower = max(0.0, mean - limit * error)
    return mean * sigma, (mean + limit * error) * sigma, lower * sigma


def _add_spread(points: pd.DataFrame, samples: Samples, *, sigma: float, plan: Plan) -> Spread | None:
    """Add the spread and its limits to the points of a Shewhart chart."""
    kind = spread_kind(samples, plan)
    if kind is None:
        return None
    points["spread"] = samples.points["deviation" if kind == "deviation" else "range"]
    sizes = points["n"].to_numpy()
    if kind == "mr":
        sizes = np.where(sizes > 0, samples.mr_length, 0)
    limits = partial(_spread_limits, kind=kind, sigma=sigma, limit=plan.limit_sigmas)
    for at, name in enumerate(("spread_center", "spread_ucl", "spread_lcl")):
        points[name] = each(lambda n, at=at: limits(n)[at], sizes)  # type: ignore[misc]
    return Spread(kind, *limits(samples.mr_length if kind == "mr" else max(2, samples.size)))
