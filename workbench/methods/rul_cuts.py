"""At which ages units of known life are cut off, so that the held-out look like the fleet of today.

A model that is tested on whole lives, or on cuts at any age, is tested on another task than the one it
gets: the fleet has its own ages. This module decides the cuts; it predicts nothing.
"""

from dataclasses import dataclass

import numpy as np

from workbench.methods.rul_metrics import Floats

ROUNDS = 200


@dataclass(frozen=True)
class Cuts:
    """Moments at which known lives are cut; row i belongs to unit ``unit[i]`` of the history."""

    unit: np.ndarray[tuple[int], np.dtype[np.int64]]
    age: Floats  # cycles, below the unit's life


def couple(lives: Floats, ages: Floats) -> Floats:
    """Share out the fleet's ages over known lives so that no unit is older than its life.

    Both margins hold: each life counts once, each age once; otherwise age and life are as independent
    as they can be. Drawing an age below each life instead would make the cut units too young.

    Parameters
    ----------
    lives : array of float, shape (n,), cycles
    ages : array of float, shape (m,), cycles

    Returns
    -------
    array of float, shape (n, m)
        Row i: chances that the unit with life i is met at each age; rows sum to 1. A life shorter
        than every age gets zeros.

    Source
    ------
    R. Sinkhorn, P. Knopp, Concerning nonnegative matrices and doubly stochastic matrices, 1967.

    Examples
    --------
    >>> couple(np.array([10.0, 30.0]), np.array([5.0, 20.0])).round(2).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    possible = (ages[None, :] < lives[:, None]).astype(float)
    column = np.ones(ages.size)
    for _ in range(ROUNDS):
        row = 1 / np.maximum(possible @ column, 1e-300)
        column = (lives.size / max(1, ages.size)) / np.maximum(possible.T @ row, 1e-300)
        column = np.minimum(column, 1e12)
    chances = possible * column[None, :]
    total = chances.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(chances, total, out=np.zeros_like(chances), where=total > 0)
    return shares


def choose_cuts(lives: Floats, ages: Floats, *, per_unit: int, random: np.random.Generator) -> Cuts:
    """Cut each known life ``per_unit`` times at ages like the fleet's.

    Parameters
    ----------
    lives : array of float, shape (n,), cycles
    ages : array of float, shape (m,), cycles
        Ages of the fleet today; a life shorter than all of them is cut anywhere between a tenth and
        nine tenths.
    per_unit : int
    random : numpy Generator

    Returns
    -------
    Cuts

    Source
    ------
    Own definition.
    """
    shares = couple(lives, ages)
    # Evenly spread chances instead of free draws: fewer cuts give the same picture of a unit.
    even = (np.arange(per_unit)[None, :] + random.random((lives.size, per_unit))) / per_unit
    order = np.argsort(ages, kind="stable")
    ladder = np.cumsum(shares[:, order], axis=1)
    at = np.empty((lives.size, per_unit))
    for index, life in enumerate(lives):
        if ladder.shape[1] and ladder[index, -1] > 0:
            step = np.searchsorted(ladder[index], even[index] * ladder[index, -1])
            at[index] = ages[order][np.minimum(step, ages.size - 1)]
        else:
            at[index] = life * (0.1 + 0.8 * even[index])
    unit = np.repeat(np.arange(lives.size, dtype=np.int64), per_unit)
    return Cuts(unit=unit, age=at.ravel())


def age_only(ages: Floats, lives: Floats, *, own: Floats | None = None) -> Floats:
    """Predict remaining life from age alone: the mean rest of the known lives that were longer.

    Parameters
    ----------
    ages : array of float, shape (m,), cycles
    lives : array of float, shape (n,), cycles
    own : array of float, shape (m,), optional
        A life to leave out once for each age, so that no unit predicts itself.

    Returns
    -------
    array of float, shape (m,), cycles; 0 where no known life was longer

    Source
    ------
    Mean residual life, empirical.

    Examples
    --------
    >>> age_only(np.array([100.0]), np.array([80.0, 120.0, 160.0])).tolist()
    [40.0]
    """
    rest = lives[None, :] - ages[:, None]
    longer = rest > 0
    total, count = np.where(longer, rest, 0).sum(axis=1), longer.sum(axis=1).astype(float)
    if own is not None:
        total, count = total - np.maximum(own - ages, 0), count - (own > ages)
    mean: Floats = np.divide(total, count, out=np.zeros(ages.size), where=count > 0)
    return mean
