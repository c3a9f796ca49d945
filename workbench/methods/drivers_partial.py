"""How the result moves along a factor, all others as they are: the average prediction."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.methods.drivers_data import Problem

Floats = NDArray[np.float64]
GRID = 21
MOST_AVERAGED = 400


def partial_curves(
    problem: Problem, models: list[Callable[[Floats], Floats]], names: Sequence[str]
) -> pd.DataFrame:
    """Return the average prediction along factors, its range over the models, and where the rows lie.

    Parameters
    ----------
    problem : Problem
    models : list of callable
        One per fold.
    names : sequence of str
        The factors to draw.

    Returns
    -------
    DataFrame
        Columns factor, value (of numbers), level (of words), prediction, low, high, share (percent of rows).

    Source
    ------
    Friedman (2001), partial dependence.
    """
    x = problem.matrix
    some = x[np.linspace(0, problem.n - 1, min(problem.n, MOST_AVERAGED)).astype(np.intp)]
    parts = []
    for at, factor in enumerate(problem.factors):
        if factor.name not in names:
            continue
        known = factor.values[np.isfinite(factor.values)]
        grid = (
            np.unique(known)
            if factor.levels
            else np.unique(np.quantile(known, np.linspace(0.02, 0.98, GRID)))
        )
        curves = np.empty((len(models), grid.size))
        moved = np.repeat(some[None], grid.size, axis=0)
        moved[:, :, at] = grid[:, None]
        for k, predict in enumerate(models):
            curves[k] = predict(moved.reshape(-1, some.shape[1])).reshape(grid.size, -1).mean(axis=1)
        near = np.abs(known[:, None] - grid).argmin(axis=1)
        share = np.bincount(near, minlength=grid.size) / known.size
        parts.append(
            pd.DataFrame(
                {
                    "factor": factor.name,
                    "value": np.nan if factor.levels else grid,
                    "level": [factor.levels[int(v)] for v in grid] if factor.levels else "",
                    "prediction": curves.mean(axis=0),
                    "low": curves.min(axis=0),
                    "high": curves.max(axis=0),
                    "share": 100 * share,
                }
            )
        )
    order = {name: place for place, name in enumerate(names)}
    parts.sort(key=lambda part: order[part["factor"].iloc[0]])
    return pd.concat(parts, ignore_index=True)


def add_directions(table: pd.DataFrame, partial: pd.DataFrame, problem: Problem) -> None:
    """Say how far and which way the result moves along each factor drawn: up, down, bent or by level.

    Parameters
    ----------
    table : DataFrame
        Of ``find_drivers``; takes up the columns effect and direction.
    partial : DataFrame
    problem : Problem

    Source
    ------
    None.
    """
    words = {factor.name for factor in problem.factors if factor.levels}
    effects, directions = [], []
    for names in table["factor"]:
        drawn = partial[partial["factor"] == names.split(" + ")[0]]
        curve = drawn["prediction"].to_numpy()
        if curve.size < 2:
            effects.append(np.nan)
            directions.append("")
            continue
        span = float(curve.max() - curve.min())
        rise = float(curve[-1] - curve[0])
        bent = "up" if rise > 0.6 * span else "down" if rise < -0.6 * span else "bent"
        effects.append(span)
        directions.append("level" if names.split(" + ")[0] in words else bent)
    table["effect"], table["direction"] = effects, directions
