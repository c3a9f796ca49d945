"""How well a single sampling plan tells good lots from bad: OC curve, outgoing quality, items inspected.

Decides nothing about which plan to use; see ``sampling_tables``. Quality is a fraction nonconforming.
"""

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize_scalar

from workbench.methods.sampling_tables import Plan

Floats = np.ndarray[Any, Any]
CURVE_POINTS = 61


def acceptance(p: Any, plan: Plan, *, per_item: bool = False) -> Floats:
    """Return the probability that a long series of lots of quality ``p`` is accepted (type B).

    Parameters
    ----------
    p : array of float
        Fraction nonconforming; with ``per_item``, nonconformities per item.
    plan : Plan
    per_item : bool, default False
        Count nonconformities (Poisson) instead of nonconforming items (binomial).

    Returns
    -------
    array of float

    Source
    ------
    ISO 2859-1:1999, clause 12.1 and Tables 10.

    Examples
    --------
    >>> float(acceptance(0.01, Plan("K", 125, 3)).round(4))
    0.9626
    """
    p = np.asarray(p, dtype=float)
    if per_item:
        return np.asarray(stats.poisson.cdf(plan.ac, plan.n * p))
    return np.asarray(stats.binom.cdf(plan.ac, plan.n, p))


def acceptance_of_lot(defective: Any, lot_size: int, plan: Plan) -> Floats:
    """Return the probability that one lot with so many nonconforming items is accepted (type A).

    Parameters
    ----------
    defective : array of int
        Nonconforming items in the lot.
    lot_size : int
    plan : Plan

    Returns
    -------
    array of float

    Source
    ------
    ISO 2859-2; the hypergeometric distribution.

    Examples
    --------
    >>> float(acceptance_of_lot(20, 2000, Plan("K", 125, 3)).round(4))
    0.9678
    """
    return np.asarray(stats.hypergeom.cdf(plan.ac, lot_size, np.asarray(defective), plan.n))


def quality_at(chance: float, plan: Plan, *, per_item: bool = False) -> float:
    """Return the quality that is accepted with a given probability.

    Parameters
    ----------
    chance : float
        0.95: producer's risk quality at 5 %; 0.10: consumer's risk quality at 10 %.
    plan : Plan
    per_item : bool, default False

    Returns
    -------
    float

    Source
    ------
    ISO 2859-1:1999, Tables 6 and 10; exact, by the beta and gamma distributions.

    Examples
    --------
    >>> round(100 * quality_at(0.95, Plan("K", 125, 3)), 2)
    1.1
    """
    if per_item:
        return float(stats.gamma.ppf(1 - chance, plan.ac + 1) / plan.n)
    return float(stats.beta.ppf(1 - chance, plan.ac + 1, plan.n - plan.ac)) if plan.n > plan.ac else 1.0


def outgoing(p: Any, plan: Plan, lot_size: int, *, per_item: bool = False) -> Floats:
    """Return the average outgoing quality when lots not accepted are sorted.

    Parameters
    ----------
    p : array of float
    plan : Plan
    lot_size : int
    per_item : bool, default False

    Returns
    -------
    array of float

    Source
    ------
    ISO 2859-1:1999, clause 12.4; Montgomery, Introduction to Statistical Quality Control, 15-2.4.

    Examples
    --------
    >>> float(outgoing(0.01, Plan("", 89, 2), 10_000).round(4))
    0.0093
    """
    p = np.asarray(p, dtype=float)
    return np.asarray(p * acceptance(p, plan, per_item=per_item) * (1 - plan.n / lot_size))


def outgoing_limit(plan: Plan, lot_size: int, *, per_item: bool = False) -> tuple[float, float]:
    """Return the worst average outgoing quality, and the incoming quality where it occurs.

    Parameters
    ----------
    plan : Plan
    lot_size : int
    per_item : bool, default False

    Returns
    -------
    tuple of float

    Source
    ------
    ISO 2859-1:1999, Tables 8.

    Examples
    --------
    >>> limit, at = outgoing_limit(Plan("", 89, 2), 10_000)
    >>> round(limit, 4)
    0.0152
    """
    worst = quality_at(0.001, plan, per_item=per_item)
    found = minimize_scalar(
        lambda p: -float(outgoing(p, plan, lot_size, per_item=per_item)),
        bounds=(0.0, worst),
        method="bounded",
        options={"xatol": 1e-9},
    )
    return float(-found.fun), float(found.x)


def total_inspected(p: Any, plan: Plan, lot_size: int, *, per_item: bool = False) -> Floats:
    """Return the items inspected per lot on average when lots not accepted are sorted.

    Parameters
    ----------
    p : array of float
    plan : Plan
    lot_size : int
    per_item : bool, default False

    Returns
    -------
    array of float

    Source
    ------
    Montgomery, Introduction to Statistical Quality Control, 15-2.4.

    Examples
    --------
    >>> round(float(total_inspected(0.01, Plan("", 89, 2), 10_000)))
    687
    """
    sorted_lots = 1 - acceptance(p, plan, per_item=per_item)
    return np.asarray(plan.n + sorted_lots * (lot_size - plan.n))


def curtailed(p: Any, plan: Plan) -> Floats:
    """Return the average sample size when counting stops at the rejection number.

    Parameters
    ----------
    p : array of float
    plan : Plan

    Returns
    -------
    array of float
        The whole sample size without curtailment is ``plan.n``.

    Source
    ------
    Duncan, Quality Control and Industrial Statistics: the mean of a stopped negative binomial count.

    Examples
    --------
    >>> curtailed(1.0, Plan("", 89, 2)).tolist()
    [3.0]
    """
    p = np.atleast_1d(np.asarray(p, dtype=float))
    going_on = stats.binom.cdf(plan.ac, np.arange(plan.n)[:, None], p[None, :])
    return np.asarray(going_on.sum(axis=0))


def curve(plan: Plan, lot_size: int, *, aql: float, per_item: bool = False) -> pd.DataFrame:
    """Tabulate what a plan does with lots of every quality.

    Parameters
    ----------
    plan : Plan
    lot_size : int
    aql : float
        A fraction; it is one of the rows.
    per_item : bool, default False

    Returns
    -------
    DataFrame
        quality (percent), accepted, outgoing (percent), inspected, curtailed.

    Source
    ------
    See the functions above.
    """
    far = max(quality_at(0.01, plan, per_item=per_item), 2 * aql)
    far = far if per_item else min(far, 1.0)
    p = np.unique(np.append(np.linspace(0, far, CURVE_POINTS), min(aql, far)))
    return pd.DataFrame(
        {
            "quality": 100 * p,
            "accepted": acceptance(p, plan, per_item=per_item),
            "outgoing": 100 * outgoing(p, plan, lot_size, per_item=per_item),
            "inspected": total_inspected(p, plan, lot_size, per_item=per_item),
            "curtailed": np.full(p.size, float(plan.n)) if per_item else curtailed(p, plan),
        }
    )
