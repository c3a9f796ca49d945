"""Multivariate control charts: Hotelling's T², generalized variance, and the multivariate EWMA.

Decides limits and signals of several variables at once. Which variable is behind a signal is in
``multivariate_causes``, what to tell people in ``multivariate_words``.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import beta, chi2, f

from workbench.errors import Invalid, unknown
from workbench.methods.multivariate_mewma import mewma, mewma_limit
from workbench.methods.multivariate_samples import Floats, Multivariate

CHARTS = ("auto", "t2", "mewma")
COVARIANCES = ("sample", "differences")
LIMITS = ("exact", "chi2")


@dataclass(frozen=True)
class MultivariatePlan:
    """How to chart several variables; the names are the template's parameters.

    Attributes
    ----------
    chart : str
        ``t2``, ``mewma``; ``auto`` is t2.
    covariance : str
        Of single rows: ``sample``, or ``differences`` of neighbouring rows, which a shift does not widen.
        Rows in subgroups always give the pooled covariance within.
    limits : str
        ``exact``: beta distribution for the points behind the limits, F for others; ``chi2``: as if mean and
        covariance were known.
    confidence : float
        Share of points of a stable process within the limit of T², one at a time.
    lambda_, run_length : float
        MEWMA: weight of the newest point, and points between false alarms.
    """

    chart: str = "auto"
    covariance: str = "sample"
    limits: str = "exact"
    confidence: float = 0.9973
    lambda_: float = 0.1
    run_length: float = 200.0

    def __post_init__(self) -> None:
        chosen = {"chart": CHARTS, "covariance": COVARIANCES, "limits": LIMITS}
        for name, known in chosen.items():
            if getattr(self, name) not in known:
                raise unknown(name, getattr(self, name), known)
        if not 0.5 <= self.confidence < 1:
            raise Invalid("confidence", given=self.confidence, expected="from 0.5 to below 1")


@dataclass(frozen=True)
class GeneralizedVariance:
    """The chart of the spread within subgroups, their determinants, for the usual size."""

    center: float
    ucl: float
    lcl: float


@dataclass(frozen=True)
class MultivariateChart:
    """A finished multivariate chart.

    Attributes
    ----------
    chart : str
        ``t2`` or ``mewma``.
    ucl : float
        Limit of the points the limits were computed from (MEWMA: of all).
    ucl_new : float
        Limit of later points.
    mean : array of float, shape (p,)
        Of the baseline, each in its column's unit.
    covariance : array of float, shape (p, p)
        Of single rows, within subgroups.
    freedom : int
        Rows behind the mean and the covariance.
    deviations : array of float, shape (k, p)
        What T² was computed from: point minus mean, or its weighted mean.
    scale : array of float, shape (k,)
        The covariance of a deviation as a share of ``covariance``.
    points : DataFrame
        point, subgroup, ts, n, baseline, statistic, ucl, spread…, signal, rules.
    signals : DataFrame
        point, subgroup, ts, chart, value, ucl, rule.
    spread : GeneralizedVariance or None
        None for single rows, and for subgroups not larger than the number of variables.
    samples : Multivariate
    plan : MultivariatePlan
    """

    chart: str
    ucl: float
    ucl_new: float
    mean: Floats
    covariance: Floats
    freedom: int
    deviations: Floats
    scale: Floats
    points: pd.DataFrame
    signals: pd.DataFrame
    spread: GeneralizedVariance | None
    samples: Multivariate
    plan: MultivariatePlan

    @property
    def determinant(self) -> float:
        """The determinant of the covariance."""
        return float(np.linalg.det(self.covariance))

    @property
    def n_signals(self) -> int:
        """Number of points beyond a limit, on either chart."""
        return int(self.points["signal"].sum())

    @property
    def n_points(self) -> int:
        """Number of points."""
        return len(self.points)


def multivariate_chart(samples: Multivariate, plan: MultivariatePlan | None = None) -> MultivariateChart:
    """Chart several variables at once and find the points that do not belong to the others.

    Parameters
    ----------
    samples : Multivariate
        From ``multivariate_samples.arrange_wide``.
    plan : MultivariatePlan, optional

    Returns
    -------
    MultivariateChart

    Source
    ------
    Montgomery, Introduction to Statistical Quality Control, chapter 11; Tracy, Young and Mason, Journal of
    Quality Technology 24 (1992) 88-95 (beta limit); Sullivan and Woodall, JQT 28 (1996) 398-408
    (differences); ISO 7870-7:2020.

    Examples
    --------
    >>> from workbench.methods.multivariate_samples import arrange_wide
    >>> rows = pd.DataFrame({"a": [1.0, 2.0, 4.0, 3.0] * 5, "b": [5.0, 4.0, 1.0, 9.0] * 5})
    >>> round(multivariate_chart(arrange_wide(rows)).ucl, 2)
    9.05
    """
    plan = plan or MultivariatePlan()
    mean, covariance, effective = _estimate(samples, plan)
    sizes = samples.points["n"].to_numpy(dtype=float)
    rows = int(sizes[samples.in_baseline].sum())
    deviations, scale = samples.means - mean, 1 / sizes
    points = samples.points.copy()
    if plan.chart == "mewma":
        deviations, scale = mewma(deviations, scale, plan.lambda_)
        limit = mewma_limit(len(mean), plan.lambda_, plan.run_length)
        points["ucl"], usual = limit, (limit, limit)
    else:
        limits = _Limits(
            plan, len(mean), rows, effective, None if samples.individuals else rows - _groups(samples)
        )
        points["ucl"] = [
            limits.of(n, inside=bool(inside)) for n, inside in zip(sizes, points["baseline"], strict=True)
        ]
        size = float(np.median(sizes[samples.in_baseline]))
        usual = (limits.of(size, inside=True), limits.of(size, inside=False))
    points["statistic"] = np.einsum("ki,ij,kj->k", deviations, np.linalg.inv(covariance), deviations) / scale
    spread = None if samples.individuals else _add_spread(points, samples, covariance)
    signals = _signals(points)
    return MultivariateChart(
        chart="mewma" if plan.chart == "mewma" else "t2",
        ucl=usual[0],
        ucl_new=usual[1],
        mean=mean,
        covariance=covariance,
        freedom=rows,
        deviations=deviations,
        scale=scale,
        points=points,
        signals=signals,
        spread=spread,
        samples=samples,
        plan=plan,
    )


def _groups(samples: Multivariate) -> int:
    return int(samples.in_baseline.sum())


def _estimate(samples: Multivariate, plan: MultivariatePlan) -> tuple[Floats, Floats, float]:
    """Return mean, covariance of single rows, and the rows that a covariance as good would need."""
    inside = samples.in_baseline[samples.code]
    values = samples.values[inside]
    mean = values.mean(axis=0)
    if not samples.individuals:
        within = values - samples.means[samples.code[inside]]
        # A point's own mean: of baseline points all rows are inside.
        return mean, within.T @ within / (len(values) - _groups(samples)), float(len(values))
    if plan.covariance == "differences":
        places = np.flatnonzero(inside)
        steps = np.diff(values, axis=0)[np.diff(places) == 1]
        effective = (
            2 * len(steps) ** 2 / (3 * len(steps) - 1)
        )  # f of Scholz and Tosch for m - 1 steps, as Minitab
        return mean, steps.T @ steps / (2 * len(steps)), effective
    centred = values - mean
    return mean, centred.T @ centred / (len(values) - 1), float(len(values))


@dataclass(frozen=True)
class _Limits:
    """The limit of T² of one point, for its size and for whether it is one of those behind the limits."""

    plan: MultivariatePlan
    p: int
    rows: int
    effective: float  # rows that a sample covariance as good as ours would need
    within: int | None  # degrees of freedom of a pooled covariance; None for single rows

    def of(self, n: float, *, inside: bool) -> float:
        """Return the limit of T²."""
        share, p = self.plan.confidence, self.p
        if self.plan.limits == "chi2":
            return float(chi2.ppf(share, p))
        if self.within is not None:
            own = 1 - n / self.rows if inside else 1 + n / self.rows
            left = self.within - p + 1
            return float(own * p * self.within / left * f.ppf(share, p, left))
        m = self.rows
        if inside:
            return float((m - 1) ** 2 / m * beta.ppf(share, p / 2, (self.effective - p - 1) / 2))
        rest = self.effective - p
        return float(p * (m + 1) / m * (self.effective - 1) / rest * f.ppf(share, p, rest))


def _determinant_constants(p: int, n: int) -> tuple[float, float]:
    """Return b1 and b2: mean and variance of |S| of n rows, as shares of |Σ| and its square."""
    lower = np.arange(n - p, n, dtype=float)  # n - p … n - 1
    product = float(lower.prod())
    mean = product / (n - 1) ** p
    return mean, product * (float((lower + 2).prod()) - product) / (n - 1) ** (2 * p)


def _add_spread(
    points: pd.DataFrame, samples: Multivariate, covariance: Floats
) -> GeneralizedVariance | None:
    """Add the determinant of each subgroup's covariance, with its limits at three standard deviations."""
    p = len(samples.variables)
    sizes: NDArray[np.int_] = points["n"].to_numpy(dtype=int)
    if sizes.max() <= p:
        return None
    within = samples.values - samples.means[samples.code]
    squares = np.zeros((len(points), p, p))
    np.add.at(squares, samples.code, within[:, :, None] * within[:, None, :])
    spread = np.full(len(points), math.nan)
    large = sizes > p
    spread[large] = np.linalg.det(squares[large] / (sizes[large] - 1)[:, None, None])
    usual = (
        int(np.median(sizes[large & samples.in_baseline])) if (large & samples.in_baseline).any() else p + 1
    )
    b1, _ = _determinant_constants(p, usual)
    whole = float(np.linalg.det(covariance)) / b1
    limits = {int(n): _spread_limits(p, int(n), whole) for n in set(sizes[large]) | {usual}}
    nowhere = (math.nan, math.nan, math.nan)
    points["spread"] = spread
    levels = np.array([limits.get(int(n), nowhere) for n in sizes])
    points["spread_center"], points["spread_ucl"], points["spread_lcl"] = levels.T
    return GeneralizedVariance(*limits[usual])


def _spread_limits(p: int, n: int, whole: float) -> tuple[float, float, float]:
    mean, variance = _determinant_constants(p, n)
    width = 3 * math.sqrt(variance)
    return whole * mean, whole * (mean + width), max(0.0, whole * (mean - width))


def _signals(points: pd.DataFrame) -> pd.DataFrame:
    """List the points beyond a limit, and mark them."""
    beyond = (points["statistic"] > points["ucl"] * (1 + 1e-12)).to_numpy()
    parts = [points[beyond].assign(chart="location", value=points["statistic"])]
    points["signal"] = beyond
    if "spread" in points:
        wide = (
            (points["spread"] > points["spread_ucl"]) | (points["spread"] < points["spread_lcl"])
        ).to_numpy()
        outside = points[wide].assign(chart="spread", value=points["spread"], ucl=points["spread_ucl"])
        parts.append(outside)
        points["signal"] |= wide
    signals = pd.concat(parts).sort_values(["point", "chart"], ignore_index=True)
    names = [name for name in ("point", "subgroup", "ts", "chart", "value", "ucl") if name in signals]
    return signals[names].assign(rule="beyond_limits")
