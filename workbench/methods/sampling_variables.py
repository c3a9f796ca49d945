"""Sampling by measurement, as in ISO 3951-1: accept when the mean lies k sigmas inside the limit.

Decides the plan whose OC curve passes where the attribute plan of the same lot and AQL passes. The printed
tables of ISO 3951-1 round sample sizes: a plan agreed from them is entered with its own n and k.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

from workbench.errors import Invalid
from workbench.methods.sampling import quality_at
from workbench.methods.sampling_tables import Plan

Floats = np.ndarray[Any, Any]
PRODUCER, CONSUMER = 0.95, 0.10  # the points of the OC curve where both plans agree
LARGEST = 2000


@dataclass(frozen=True)
class VariablesPlan:
    """Measure ``n`` items; accept when (limit − mean) / sigma is at least ``k``."""

    n: int
    k: float
    known_sigma: bool


@dataclass(frozen=True)
class ByMeasurement:
    """Judge a lot by its mean and standard deviation: columns mean and sd (or one known sigma)."""

    lower: float | None
    upper: float | None
    sigma: float | None = None

    def plan(self, attributes: Plan) -> VariablesPlan:
        """Measure instead of counting."""
        return matched_plan(attributes, known_sigma=self.sigma is not None)

    def size(self, plan: Plan) -> int:
        """Items to measure where ``plan`` would count."""
        return self.plan(plan).n

    def passes(self, lot: dict[Any, Any], plan: Plan) -> bool:
        """Whether the nearer limit is at least k sigmas away from the lot's mean."""
        sigma = lot["sd"] if self.sigma is None else self.sigma
        distance = distances(lot["mean"], sigma, lower=self.lower, upper=self.upper)
        return bool(distance >= self.plan(plan).k)


def accepted_by_measurement(p: Any, plan: VariablesPlan) -> Floats:
    """Return the probability that a normal characteristic with one limit is accepted.

    Parameters
    ----------
    p : array of float
        Fraction beyond the limit.
    plan : VariablesPlan

    Returns
    -------
    array of float

    Source
    ------
    ISO 3951-1:2013, Annexes: non-central t (s-method), normal (σ-method).

    Examples
    --------
    >>> float(accepted_by_measurement(0.02275013, VariablesPlan(25, 2.0, True)).round(3))
    0.5
    """
    distance = stats.norm.isf(np.asarray(p, dtype=float))
    root = np.sqrt(plan.n)
    if plan.known_sigma:
        return np.asarray(stats.norm.cdf(root * (distance - plan.k)))
    return np.asarray(stats.nct.sf(root * plan.k, plan.n - 1, root * distance))


@lru_cache(maxsize=256)
def matched_plan(attributes: Plan, *, known_sigma: bool) -> VariablesPlan:
    """Find the smallest plan by measurement that protects both sides as a plan by counting does.

    Parameters
    ----------
    attributes : Plan
    known_sigma : bool
        σ-method instead of s-method.

    Returns
    -------
    VariablesPlan
        Accepts the counting plan's 95 % quality with 95 %, and its 10 % quality with at most 10 %.

    Raises
    ------
    Invalid
        If no plan of up to 2000 items does it.

    Source
    ------
    ISO 3951-1:2013, clause 4: plans matched to ISO 2859-1; Wallis, Techniques of Statistical Analysis, 1947.

    Examples
    --------
    >>> matched_plan(Plan("K", 125, 3), known_sigma=True).n
    20
    """
    good, poor = quality_at(PRODUCER, attributes), quality_at(CONSUMER, attributes)
    low, high = 2, 4
    while not _protects(high, good, poor, known_sigma):
        low, high = high, 2 * high
        if high > LARGEST:
            raise Invalid(
                "sample size", given=f"n {attributes.n}, Ac {attributes.ac}", expected="a smaller plan"
            )
    while low < high:
        middle = (low + high) // 2
        if _protects(middle, good, poor, known_sigma):
            high = middle
        else:
            low = middle + 1
    return VariablesPlan(high, _constant(high, good, known_sigma), known_sigma)


def distances(mean: Any, sigma: Any, *, lower: float | None, upper: float | None) -> Floats:
    """Return how many sigmas the nearer limit is away from the mean of each lot.

    Parameters
    ----------
    mean, sigma : array of float
    lower, upper : float or None
        Specification limits; each is controlled separately.

    Returns
    -------
    array of float

    Source
    ------
    ISO 3951-1:2013, clause 17: quality statistics Q.

    Examples
    --------
    >>> distances([10.0], [1.0], lower=7.0, upper=None).tolist()
    [3.0]
    """
    mean, sigma = np.asarray(mean, dtype=float), np.asarray(sigma, dtype=float)
    sides = []
    if lower is not None:
        sides.append(mean - lower)
    if upper is not None:
        sides.append(upper - mean)
    if not sides:
        raise Invalid("limits", given="none", expected="a lower or an upper limit")
    nearest = np.min(sides, axis=0)
    without = np.where(nearest >= 0, np.inf, -np.inf)
    return np.asarray(np.divide(nearest, sigma, out=without, where=sigma > 0))


def _constant(n: int, good: float, known_sigma: bool) -> float:
    distance, root = float(stats.norm.isf(good)), float(np.sqrt(n))
    if known_sigma:
        return distance - float(stats.norm.ppf(PRODUCER)) / root
    return float(stats.nct.ppf(1 - PRODUCER, n - 1, root * distance)) / root


def _protects(n: int, good: float, poor: float, known_sigma: bool) -> bool:
    plan = VariablesPlan(n, _constant(n, good, known_sigma), known_sigma)
    return float(accepted_by_measurement(poor, plan)) <= CONSUMER
