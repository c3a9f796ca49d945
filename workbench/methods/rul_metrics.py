"""Scores of remaining-life predictions, and honest intervals from units that were held out.

Decides how an error is counted and how wide an interval must be; it does not predict.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbench.errors import Invalid, TooFew

Floats = NDArray[np.float64]
Labels = NDArray[Any]

LATE_CYCLES, EARLY_CYCLES = 10.0, 13.0  # Saxena 2008: a late warning costs more than an early one
NEAREST_SHARE, NEAREST_LEAST = 0.2, 50  # held-out cuts whose errors stand for one prediction


@dataclass(frozen=True)
class Score:
    """Errors of ``n`` predictions against the truth, in cycles (``nasa_score`` has no unit)."""

    n: int
    rmse: float
    mae: float
    bias: float  # mean of predicted minus true: positive is late, the dangerous side
    nasa_score: float


@dataclass(frozen=True)
class HeldOut:
    """Predictions for units the model had not seen, each cut off at some age; one row per cut."""

    unit: Labels  # which unit, shape (n,)
    predicted: Floats  # cycles, shape (n,)
    true: Floats  # cycles, shape (n,), not capped


def _pair(predicted: ArrayLike, true: ArrayLike) -> tuple[Floats, Floats]:
    first, second = np.asarray(predicted, dtype=float), np.asarray(true, dtype=float)
    if first.shape != second.shape or first.ndim != 1:
        raise Invalid("predicted and true", given=f"{first.shape} and {second.shape}", expected="one length")
    if first.size == 0:
        raise TooFew("a score needs predictions", need=1, have=0)
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise Invalid("predicted and true", given="missing values", expected="finite numbers")
    return first, second


def nasa_score(predicted: ArrayLike, true: ArrayLike) -> float:
    """Add up the asymmetric penalty of the PHM08 challenge; 0 is perfect, lower is better.

    Late predictions (the unit fails before we said) cost exp(d/10) - 1, early ones exp(-d/13) - 1,
    d = predicted - true. It is a sum: it grows with the number of units.

    Parameters
    ----------
    predicted, true : array of float, shape (n,), cycles

    Returns
    -------
    float

    Raises
    ------
    Invalid
        If the lengths differ or a value is missing.
    TooFew
        If there is no pair.

    Source
    ------
    A. Saxena, K. Goebel, D. Simon, N. Eklund, Damage propagation modeling for aircraft engine
    run-to-failure simulation, PHM 2008, scoring function.

    Examples
    --------
    >>> round(nasa_score([110.0, 87.0], [100.0, 100.0]), 4)
    3.4366
    """
    first, second = _pair(predicted, true)
    late = first - second
    # Clipped so that a wild guess gives a huge score instead of an overflow.
    penalty = np.where(late < 0, -late / EARLY_CYCLES, late / LATE_CYCLES)
    return float(np.expm1(np.minimum(penalty, 700.0)).sum())


def score(predicted: ArrayLike, true: ArrayLike) -> Score:
    """Compare predictions of remaining life with what came true.

    Parameters
    ----------
    predicted, true : array of float, shape (n,), n >= 1, cycles
        ``true`` as it was, not capped.

    Returns
    -------
    Score

    Raises
    ------
    Invalid
        If the lengths differ or a value is missing.
    TooFew
        If there is no pair.

    Source
    ------
    As ``nasa_score``; root mean square and mean absolute error as usual.

    Examples
    --------
    >>> result = score([110.0, 90.0], [100.0, 100.0])
    >>> result.rmse, result.mae, result.bias
    (10.0, 10.0, 0.0)
    """
    first, second = _pair(predicted, true)
    error = first - second
    return Score(
        n=error.size,
        rmse=float(np.sqrt(np.mean(error**2))),
        mae=float(np.abs(error).mean()),
        bias=float(error.mean()),
        nasa_score=nasa_score(first, second),
    )


def constant_score(true: ArrayLike) -> Score:
    """Score the guess that knows nothing: the mean of the truth for every unit.

    Parameters
    ----------
    true : array of float, shape (n,), n >= 1, cycles

    Returns
    -------
    Score
        The bar that any model must pass.

    Raises
    ------
    TooFew
        If there is no value.

    Source
    ------
    GitHub vks-g/cmapss-rul-hybrid#4: on C-MAPSS FD001 this guess has RMSE 41.56.

    Examples
    --------
    >>> constant_score([50.0, 150.0]).rmse
    50.0
    """
    values = np.asarray(true, dtype=float)
    mean = values.mean() if values.size else 0.0
    return score(np.full(values.shape, mean), values)


def _rank(n_units: int, share: float) -> float:
    """Return the share of held-out errors to cover so that a new unit is covered with ``share``."""
    return min(1.0, float(np.ceil((n_units + 1) * share)) / n_units)


def intervals(
    held_out: HeldOut, predicted: ArrayLike, *, confidence: float, without: Labels | None = None
) -> tuple[Floats, Floats]:
    """Give each prediction the interval that errors of similar predictions, on unseen units, ask for.

    Conformal: no distribution is assumed, the two sides are found separately, and few units give a
    wide interval. "Similar" are the nearest fifth of the held-out predictions (50 at least).

    Parameters
    ----------
    held_out : HeldOut
    predicted : array of float, shape (m,), cycles
    confidence : float
        Share of units whose true remaining life shall lie inside, in (0, 1).
    without : array, shape (m,), optional
        For each prediction a unit whose own errors must not be used (to measure coverage honestly).

    Returns
    -------
    low, high : array of float, shape (m,), cycles
        low >= 0; low <= predicted <= high.

    Raises
    ------
    Invalid
        If ``confidence`` is outside (0, 1).
    TooFew
        If nothing was held out.

    Source
    ------
    V. Vovk, A. Gammerman, G. Shafer, Algorithmic Learning in a Random World, Mondrian conformal
    predictors (here with overlapping classes and units held out in folds).

    Examples
    --------
    >>> rows = HeldOut(np.arange(39), np.full(39, 20.0), np.arange(1.0, 40.0))
    >>> low, high = intervals(rows, [20.0], confidence=0.8)
    >>> float(low[0]), float(high[0])
    (4.0, 36.0)
    """
    if not 0 < confidence < 1:
        raise Invalid("confidence", given=confidence, expected="a share between 0 and 1")
    if held_out.predicted.size == 0:
        raise TooFew("an interval needs held-out predictions", need=1, have=0)
    values = np.asarray(predicted, dtype=float)
    error = held_out.true - held_out.predicted
    low, high = np.empty(values.size), np.empty(values.size)
    for index, value in enumerate(values):
        distance = np.abs(held_out.predicted - value)
        if without is not None:
            distance = np.where(held_out.unit == without[index], np.inf, distance)
        low[index], high[index] = _band(error, distance, held_out.unit, confidence)
    return np.clip(values + np.minimum(low, 0), 0, None), values + np.maximum(high, 0)


def _band(error: Floats, distance: Floats, unit: Labels, confidence: float) -> tuple[float, float]:
    known = np.flatnonzero(np.isfinite(distance))
    count = min(known.size, max(NEAREST_LEAST, round(NEAREST_SHARE * known.size)))
    near = known[np.argsort(distance[known], kind="stable")[:count]]
    # Several cuts of one unit err together, so the number of units is what counts.
    rank = _rank(np.unique(unit[near]).size, (1 + confidence) / 2)
    ordered = np.sort(error[near])
    upper = ordered[int(np.ceil(rank * count)) - 1]
    lower = ordered[count - int(np.ceil(rank * count))]
    return float(lower), float(upper)
