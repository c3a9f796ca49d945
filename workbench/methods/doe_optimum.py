"""The best setting a model knows, how sure it is there, and how well the model holds.

Decides within the levels that were tried (coded −1 to +1): beyond them a model of runs knows nothing.
"""

from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize

from workbench.methods.doe_model import Floats, Model

STARTS = 64


@dataclass(frozen=True)
class Fitness:
    """How well a model holds; None where the runs cannot say."""

    r2: float
    r2_adjusted: float | None
    r2_predicted: float | None
    sigma: float | None
    lack_of_fit_p: float | None


@dataclass(frozen=True)
class Optimum:
    """A setting and what it promises."""

    coded: Floats
    settings: dict[str, float]
    predicted: float
    low: float | None  # of the mean
    high: float | None
    confirm_low: float | None  # of the mean of the confirmation runs
    confirm_high: float | None
    inside: bool  # away from every edge of what was tried


def predict(model: Model, coded: Any) -> Floats:
    """Predict the result at coded settings, on the average of blocks.

    Parameters
    ----------
    model : Model
    coded : array of float, shape (settings, factors)

    Returns
    -------
    array of float

    Source
    ------
    Least squares.
    """
    return np.asarray(_rows(model, coded) @ model.coefficients) + _block_mean(model)


def interval(model: Model, coded: Any, *, confidence: float = 0.95, runs: float = np.inf) -> Floats | None:
    """Return half the width of the interval of a prediction.

    Parameters
    ----------
    model : Model
    coded : array of float, shape (settings, factors)
    confidence : float, default 0.95
    runs : float, default infinite
        Runs whose mean is predicted; infinite for the true mean.

    Returns
    -------
    array of float or None
        None where there is no estimate of noise.

    Source
    ------
    Montgomery, Design and Analysis of Experiments, 10.6.
    """
    if model.sigma is None:
        return None
    rows = _rows(model, coded)
    variance = np.einsum("ij,jk,ik->i", rows, model.spread, rows) + 1 / runs
    return np.asarray(stats.t.ppf((1 + confidence) / 2, model.df) * model.sigma * np.sqrt(variance))


def optimum(
    model: Model, goal: str, *, target: float | None = None, confidence: float = 0.95, runs: int = 5
) -> Optimum:
    """Find the best setting within the levels.

    Parameters
    ----------
    model : Model
    goal : {"maximise", "minimise", "target"}
    target : float, optional
    confidence : float, default 0.95
    runs : int, default 5
        Confirmation runs.

    Returns
    -------
    Optimum

    Source
    ------
    Myers, Montgomery and Anderson-Cook, Response Surface Methodology, chapter 6; from every corner and the
    centre by bounded quasi-Newton steps.
    """
    count = len(model.experiment.factors)

    def loss(at: Floats) -> float:
        value = float(predict(model, at[None, :])[0])
        if goal == "target":
            return (value - (target or 0.0)) ** 2
        return -value if goal == "maximise" else value

    corners = list(product((-1.0, 1.0), repeat=min(count, 6)))[:STARTS]
    starts = [np.zeros(count), *(np.resize(np.array(corner), count) for corner in corners)]
    scale = float(np.ptp(model.experiment.result)) ** (2 if goal == "target" else 1)
    found = [
        minimize(lambda at: loss(at) / scale, start, bounds=[(-1, 1)] * count, method="L-BFGS-B")
        for start in starts
    ]
    best = min(found, key=lambda each: float(each.fun))
    used = {number for term in model.terms for number in term}
    at = np.array([best.x[number] if number in used else 0.0 for number in range(count)])
    value = float(predict(model, at[None, :])[0])
    mean = interval(model, at[None, :], confidence=confidence)
    check = interval(model, at[None, :], confidence=confidence, runs=runs)
    return Optimum(
        at,
        {f.name: float(f.real(c)) for f, c in zip(model.experiment.factors, at, strict=True)},
        value,
        value - float(mean[0]) if mean is not None else None,
        value + float(mean[0]) if mean is not None else None,
        value - float(check[0]) if check is not None else None,
        value + float(check[0]) if check is not None else None,
        all(abs(at[number]) < 0.999 for number in used),
    )


def fitness(model: Model) -> Fitness:
    """Judge how well a model holds.

    Parameters
    ----------
    model : Model

    Returns
    -------
    Fitness

    Source
    ------
    Montgomery, Design and Analysis of Experiments, 6.5 (R², PRESS) and 10.8 (lack of fit).
    """
    result = model.experiment.result
    total = float(((result - result.mean()) ** 2).sum())
    left = float((model.residuals**2).sum())
    n = len(result)
    without = 1 - model.leverage
    press = float(((model.residuals / without) ** 2).sum()) if (without > 1e-9).all() else None
    return Fitness(
        1 - left / total,
        1 - (left / model.df) / (total / (n - 1)) if model.df > 0 else None,
        1 - press / total if press is not None else None,
        model.sigma,
        _lack_of_fit(model, left),
    )


def _lack_of_fit(model: Model, left: float) -> float | None:
    given = model.experiment
    keys = pd.DataFrame(np.round(given.coded, 6)).assign(block=given.block)
    groups = keys.groupby(list(keys.columns)).ngroup().to_numpy()
    means = pd.Series(given.result).groupby(groups).transform("mean").to_numpy()
    pure = float(((given.result - means) ** 2).sum())
    pure_df = len(given.result) - int(groups.max()) - 1
    df = model.df - pure_df
    if pure_df < 1 or df < 1 or pure <= 0:
        return None
    return float(stats.f.sf((left - pure) / df / (pure / pure_df), df, pure_df))


def _rows(model: Model, coded: Any) -> Floats:
    coded = np.asarray(coded, dtype=float)
    return np.column_stack(
        [np.ones(len(coded)), *(coded[:, list(term)].prod(axis=1) for term in model.terms)]
    )


def _block_mean(model: Model) -> float:
    """Return what blocks add on average: the intercept is that of the first block."""
    rows = _rows(model, model.experiment.coded)
    return float((model.fitted - rows @ model.coefficients).mean())
