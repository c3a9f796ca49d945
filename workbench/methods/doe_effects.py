"""Which effects are more than noise: t-tests where runs are left for it, Lenth's method where none are.

Decides what counts as active, and what a model needs beside it; the model itself is of ``doe_model``.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from workbench.methods.doe_model import Model, Term

ENOUGH_DF = 3  # degrees of freedom from which on t-tests say more than Lenth's method


def lenth(effects: Any, *, confidence: float = 0.95) -> tuple[float, float, float]:
    """Judge effects without an estimate of noise: most of them are noise themselves.

    Parameters
    ----------
    effects : array of float
    confidence : float, default 0.95

    Returns
    -------
    tuple of float
        Pseudo standard error, margin of error, simultaneous margin of error.

    Source
    ------
    Lenth, Technometrics 31, 1989.

    Examples
    --------
    >>> tuple(round(x, 3) for x in lenth([21.625, 3.125, 9.875, 14.625, 0.125, -18.125, 16.625, 2.375,
    ...     -0.375, -1.125, 1.875, 4.125, -1.625, -2.625, 1.375]))
    (2.625, 6.748, 13.699)
    """
    sizes = np.abs(np.asarray(effects, dtype=float))
    first = 1.5 * np.median(sizes)
    small = sizes[sizes < 2.5 * first]
    error = float(1.5 * np.median(small)) if small.size else 0.0
    df = sizes.size / 3
    together = (1 + confidence ** (1 / sizes.size)) / 2
    return (
        error,
        float(error * stats.t.ppf((1 + confidence) / 2, df)),
        float(error * stats.t.ppf(together, df)),
    )


def effects(model: Model, also: dict[Term, list[Term]], *, confidence: float = 0.95) -> pd.DataFrame:
    """List every term with its effect, interval and test.

    Parameters
    ----------
    model : Model
        With every term that can be told apart.
    also : dict
        Aliases; see ``separable``.
    confidence : float, default 0.95

    Returns
    -------
    DataFrame
        term, effect (high minus low), coefficient, low, high (of the effect), t, p, active ("yes", "no"),
        aliases. With fewer than 3 degrees of freedom the noise is Lenth's pseudo standard error.

    Source
    ------
    Montgomery, Design and Analysis of Experiments, 6.5; Lenth 1989.
    """
    sizes = 2 * model.coefficients[1:]
    if by_lenth(model):
        error, df = np.full(sizes.size, lenth(sizes, confidence=confidence)[0]), sizes.size / 3
    else:
        sigma = model.sigma or 0.0
        error, df = 2 * sigma * np.sqrt(np.diag(model.spread)[1:]), float(model.df)
    reach = stats.t.ppf((1 + confidence) / 2, df) * error
    t = np.divide(sizes, error, out=np.where(sizes == 0, 0.0, np.copysign(np.inf, sizes)), where=error > 0)
    p = 2 * stats.t.sf(np.abs(t), df)
    return pd.DataFrame(
        {
            "term": [model.name(term) for term in model.terms],
            "effect": sizes,
            "coefficient": model.coefficients[1:],
            "low": sizes - reach,
            "high": sizes + reach,
            "t": t,
            "p": p,
            "active": np.where(p < 1 - confidence, "yes", "no"),
            "aliases": [" = ".join(model.name(other) for other in also[term]) for term in model.terms],
        }
    )


def by_lenth(model: Model) -> bool:
    """Whether noise is judged from the small effects, as too few runs are left for it.

    Parameters
    ----------
    model : Model

    Returns
    -------
    bool

    Source
    ------
    Lenth 1989: for unreplicated two-level designs.
    """
    return model.df < ENOUGH_DF and not model.experiment.curved and len(model.terms) >= ENOUGH_DF


def with_parents(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Add the simpler terms a model needs to keep its hierarchy.

    Parameters
    ----------
    terms : sequence of Term

    Returns
    -------
    tuple of Term

    Source
    ------
    Montgomery, Design and Analysis of Experiments, 6.5: the hierarchy principle.

    Examples
    --------
    >>> with_parents([(0, 2), (1, 1)])
    ((0,), (1,), (2,), (0, 2), (1, 1))
    """
    wanted = set(terms)
    for term in terms:
        members = sorted(set(term))
        wanted |= {each for size in range(1, len(members)) for each in combinations(members, size)}
        wanted |= {(number,) for number in members}
    return tuple(sorted(wanted, key=lambda term: (len(term), term)))
