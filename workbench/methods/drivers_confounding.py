"""Which factors stand for each other, run with time, change only by group, or know the result too well.

Decides what cannot be told apart by the rows at hand, whatever a model says.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from workbench.methods.drivers_data import LEAST_EVENTS, Factor, Problem

Floats = NDArray[np.float64]
ALIASED = 0.95  # association above which two factors cannot be told apart
BINS = 10


def association(one: Factor, two: Factor) -> float:
    """Return how well two factors stand for each other, 0 to 1, of numbers or words.

    Parameters
    ----------
    one, two : Factor

    Returns
    -------
    float
        Numbers: absolute rank correlation; else how much of one the other explains, the better direction.

    Source
    ------
    Spearman (1904); correlation ratio; Cramér (1946), corrected for its bias by Bergsma (2013).
    """
    both = np.isfinite(one.values) & np.isfinite(two.values)
    if both.sum() < 10:
        return 0.0
    a, b = one.values[both], two.values[both]
    if one.levels and two.levels:
        return _cramer(a, b)
    if one.levels or two.levels:
        words, numbers = (a, b) if one.levels else (b, a)
        return float(np.sqrt(max(0.0, explained(words.astype(np.intp), _ranks(numbers)))))
    if a.std() == 0 or b.std() == 0:
        return 0.0
    return abs(float(np.corrcoef(_ranks(a), _ranks(b))[0, 1]))


def explained(code: NDArray[np.intp], values: Floats) -> float:
    """Return the share of variance that lies between groups, corrected for their number; may be below 0.

    Parameters
    ----------
    code : array of int, shape (n,)
    values : array of float, shape (n,)

    Returns
    -------
    float

    Source
    ------
    Kelley's ε² (1935).

    Examples
    --------
    >>> explained(np.array([0, 0, 1, 1]), np.array([1.0, 1.0, 2.0, 2.0]))
    1.0
    """
    _, code = np.unique(code, return_inverse=True)
    count = np.bincount(code)
    k, n = count.size, values.size
    total = float(((values - values.mean()) ** 2).sum())
    if k >= n or total == 0:
        return 0.0
    within = float(((values - (np.bincount(code, values) / count)[code]) ** 2).sum())
    return 1 - (within / (n - k)) / (total / (n - 1))


def _cramer(a: Floats, b: Floats) -> float:
    table = pd.crosstab(a, b).to_numpy(dtype=float)
    n, (r, k) = table.sum(), table.shape
    if min(r, k) < 2:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / n
    phi = float(((table - expected) ** 2 / expected).sum() / n)
    phi = max(0.0, phi - (k - 1) * (r - 1) / (n - 1))
    least = min(k - (k - 1) ** 2 / (n - 1), r - (r - 1) ** 2 / (n - 1)) - 1
    return float(np.sqrt(min(1.0, phi / least))) if least > 0 else 0.0


def _ranks(values: Floats) -> Floats:
    return np.asarray(pd.Series(values).rank(), dtype=float)


def families(problem: Problem, threshold: float) -> list[list[int]]:
    """Put factors together that stand for each other: they are moved together, since apart neither shows.

    Parameters
    ----------
    problem : Problem
    threshold : float
        Association from which on two factors belong together.

    Returns
    -------
    list of list of int
        Positions of factors; most stand alone.

    Source
    ------
    Strobl et al., BMC Bioinformatics 9 (2008): importance of correlated predictors.
    """
    family = list(range(len(problem.factors)))
    for i, one in enumerate(problem.factors):
        for j in range(i):
            if family[i] != family[j] and association(one, problem.factors[j]) >= threshold:
                family = [family[j] if known == family[i] else known for known in family]
    return [[i for i, known in enumerate(family) if known == first] for first in dict.fromkeys(family)]


def confounding(problem: Problem, threshold: float) -> pd.DataFrame:
    """List factors that stand for each other, run with time, or change only by group.

    Parameters
    ----------
    problem : Problem
    threshold : float

    Returns
    -------
    DataFrame
        Columns factor, with, kind (factor, time, group), strength, aliased (strength of 0.95 or more).

    Source
    ------
    See ``association``.
    """
    rows = []
    for i, one in enumerate(problem.factors):
        rows += [(two.name, one.name, "factor", association(two, one)) for two in problem.factors[:i]]
        if problem.time is not None:
            rows.append((one.name, "ts", "time", association(one, Factor("ts", problem.time))))
        if problem.group is not None:
            rows.append((one.name, "group", "group", _by_group(one, problem.group)))
    table = pd.DataFrame(rows, columns=["factor", "with", "kind", "strength"])
    table = table[table["strength"] >= threshold].sort_values("strength", ascending=False)
    return table.assign(aliased=table["strength"] >= ALIASED).reset_index(drop=True)


def _by_group(one: Factor, group: NDArray[np.intp]) -> float:
    known = np.isfinite(one.values)
    if one.levels:
        return _cramer(one.values[known], group[known].astype(float))
    return float(np.sqrt(max(0.0, explained(group[known], _ranks(one.values[known])))))


def leaks(problem: Problem) -> list[str]:
    """Name factors that know the result too well to be causes: copies, or flags set after the fact.

    Parameters
    ----------
    problem : Problem

    Returns
    -------
    list of str

    Source
    ------
    Kaufman, Rosset and Perlich, Leakage in Data Mining (2012); the limits are ours.
    """
    found = []
    share = float(problem.result.mean())
    for factor in problem.factors:
        known = np.isfinite(factor.values)
        values, result = factor.values[known], problem.result[known]
        code = (
            _binned(values)
            if np.unique(values).size > BINS * 3
            else np.unique(values, return_inverse=True)[1]
        )
        if problem.event is None:
            straight = 0.0 if factor.levels else abs(float(np.corrcoef(values, result)[0, 1]))
            too_well = straight > 0.995 or explained(code, result) > 0.98
        else:
            held = np.bincount(code)
            always = np.bincount(code, result) == held
            flag = held.size <= BINS and bool((always & (held >= LEAST_EVENTS)).any()) and share < 0.2
            too_well = flag or explained(code, result) > 0.9
        if too_well:
            found.append(factor.name)
    return found


def _binned(values: Floats) -> NDArray[np.intp]:
    edges = np.unique(np.quantile(values, np.linspace(0, 1, 3 * BINS + 1)[1:-1]))
    return np.asarray(np.searchsorted(edges, values), dtype=np.intp)
