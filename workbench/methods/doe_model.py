"""From the filled run sheet to a model: coded factors, terms that can be told apart, least squares.

Decides which terms a design can carry; which of them are more than noise is decided by ``doe_effects``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from workbench.errors import NoSpread, TooFew
from workbench.methods.wide import siblings

Floats = np.ndarray[Any, Any]
Term = tuple[int, ...]  # factors multiplied: (0,) A, (0, 1) AB, (0, 0) A²
OWN = ("result", "block", "run_order", "std_order", "point")  # columns that are no factors
_REPEAT = re.compile(r"rep|result|trial|重复|试验|结果", re.IGNORECASE)
MOST_LEVELS = 9  # a column with more is a measurement, not a factor
MOST_TERMS = 127
PARTLY = 0.19  # correlated more than this with a term in the model: Plackett-Burman's interactions are


@dataclass(frozen=True)
class Factor:
    """A factor with the levels that are coded −1 and +1."""

    name: str
    low: float
    high: float
    levels: int

    def code(self, values: Any) -> Floats:
        """Bring real settings to coded units."""
        return np.asarray((np.asarray(values, dtype=float) - self.centre) / self.half)

    def real(self, coded: Any) -> Floats:
        """Bring coded units to real settings."""
        return np.asarray(self.centre + np.asarray(coded, dtype=float) * self.half)

    @property
    def centre(self) -> float:
        """The middle of the two levels."""
        return (self.low + self.high) / 2

    @property
    def half(self) -> float:
        """Half the distance of the two levels."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Experiment:
    """A filled run sheet in coded units."""

    factors: tuple[Factor, ...]
    coded: Floats  # shape (runs, factors)
    result: Floats
    block: Floats  # codes from 0
    ignored: tuple[str, ...]  # columns that are no factors
    missing: int  # runs without a result

    @property
    def centre(self) -> Floats:
        """Which runs are centre points."""
        return np.asarray((np.abs(self.coded) < 1e-9).all(axis=1))

    @property
    def curved(self) -> bool:
        """Whether the design has a third level beside centre points, so that squares can be fitted."""
        return any(factor.levels > 2 for factor in self.factors)


@dataclass(frozen=True)
class Model:
    """Least squares in coded units."""

    experiment: Experiment
    terms: tuple[Term, ...]
    coefficients: Floats  # intercept first, then the terms
    spread: Floats  # (X'X)^-1 of intercept and terms
    fitted: Floats
    leverage: Floats
    df: int
    curvature: tuple[float, float] | None  # estimate, p; of centre points against the corners

    @property
    def residuals(self) -> Floats:
        """Result minus fitted."""
        return np.asarray(self.experiment.result - self.fitted)

    @property
    def sigma(self) -> float | None:
        """Residual standard deviation; None where the model uses every run."""
        return float(np.sqrt((self.residuals**2).sum() / self.df)) if self.df > 0 else None

    def name(self, term: Term) -> str:
        """Write a term with the names of its factors."""
        names = [self.experiment.factors[number].name for number in term]
        return f"{names[0]}²" if len(term) == 2 and term[0] == term[1] else " × ".join(names)


def replicated(
    frame: pd.DataFrame, name: str, *, columns: Sequence[str] = (), factors: Sequence[str] = ()
) -> pd.DataFrame:
    """Turn columns with the results of repeats into runs of their own; further results are no factors.

    Parameters
    ----------
    frame : DataFrame
        Column result, factors, and perhaps further results.
    name : str
        What the table itself calls the column ``result``.
    columns : sequence of str
        Columns with results of the same runs; where none is named, those beside ``Replicate 1``.
    factors : sequence of str
        Columns that are factors whatever their name.

    Returns
    -------
    DataFrame

    Source
    ------
    None: a matter of form.

    Examples
    --------
    >>> wide = pd.DataFrame({"x": [-1, 1], "result": [4.0, 5.0], "Rep 2": [6.0, 7.0]})
    >>> replicated(wide, "Rep 1")["result"].tolist()
    [4.0, 5.0, 6.0, 7.0]
    """
    others = [str(column) for column in frame if column not in OWN and column not in factors]
    alike = siblings(name, others)
    chosen = [column for column in columns if column in others]
    if not columns and _REPEAT.match(name):
        chosen = alike
    runs = frame.drop(columns=list({*alike, *chosen}))
    return pd.concat([runs, *(runs.assign(result=frame[column]) for column in chosen)], ignore_index=True)


def experiment(frame: pd.DataFrame, *, factors: Sequence[str] = ()) -> Experiment:
    """Read a filled run sheet.

    Parameters
    ----------
    frame : DataFrame
        result; optional block; every other numeric column with 2 to 9 levels is a factor.
    factors : sequence of str
        The columns to take, instead of all.

    Returns
    -------
    Experiment

    Raises
    ------
    TooFew
        If there are fewer than 4 runs with a result, or no factor.
    NoSpread
        If all results are equal.

    Source
    ------
    None.

    Examples
    --------
    >>> sheet = pd.DataFrame({"x": [10, 20, 10, 20], "result": [1.0, 2.0, 1.1, 2.1]})
    >>> experiment(sheet).factors
    (Factor(name='x', low=10.0, high=20.0, levels=2),)
    """
    kept = frame[frame["result"].notna()].reset_index(drop=True)
    if len(kept) < 4:
        raise TooFew("runs with a result", need=4, have=len(kept))
    names = [name for name in kept.columns if name not in OWN and (not factors or name in factors)]
    found = {name: _factor(name, kept[name]) for name in names}
    used = tuple(factor for factor in found.values() if factor is not None)
    if not used:
        raise TooFew("factors", need=1, have=0)
    result = kept["result"].to_numpy(dtype=float)
    if np.ptp(result) == 0:
        raise NoSpread("results", given=len(result), expected="different results")
    coded = np.column_stack([factor.code(kept[factor.name]) for factor in used])
    off_centre = coded[(np.abs(coded) > 1e-9).any(axis=1)]
    counted = (np.unique(off_centre[:, number]).size for number in range(len(used)))
    return Experiment(
        tuple(replace(factor, levels=levels) for factor, levels in zip(used, counted, strict=True)),
        coded,
        result,
        np.asarray(pd.factorize(kept["block"])[0] if "block" in kept else np.zeros(len(kept), dtype=int)),
        tuple(name for name, factor in found.items() if factor is None),
        len(frame) - len(kept),
    )


def candidates(given: Experiment, order: int | None = None) -> list[Term]:
    """List the terms a model may have, the simple ones first.

    Parameters
    ----------
    given : Experiment
    order : int, optional
        Highest order of interactions; two for response surfaces and as many as there are factors otherwise.

    Returns
    -------
    list of tuple of int

    Source
    ------
    Hierarchy: Montgomery, Design and Analysis of Experiments, 6.
    """
    numbers = range(len(given.factors))
    highest = order or (2 if given.curved else len(given.factors))
    terms: list[Term] = [each for size in range(1, highest + 1) for each in combinations(numbers, size)]
    if given.curved and highest > 1:
        terms += [(number, number) for number in numbers if given.factors[number].levels > 2]
    return terms[:MOST_TERMS]


def separable(given: Experiment, terms: Sequence[Term]) -> tuple[tuple[Term, ...], dict[Term, list[Term]]]:
    """Choose the terms that can be told apart, and say what each stands for as well.

    Parameters
    ----------
    given : Experiment
    terms : sequence of Term

    Returns
    -------
    tuple of Term
    dict
        Aliases of each chosen term.

    Source
    ------
    Box, Hunter and Hunter, Statistics for Experimenters, 2nd ed., chapter 6.
    """
    base = _nuisance(given)
    chosen: list[Term] = []
    also: dict[Term, list[Term]] = {}
    columns: dict[Term, Floats] = {}
    for term in terms:
        column = _column(given, term)
        like = [(other, _correlation(column, known)) for other, known in columns.items()]
        same = next((other for other, size in like if size > 1 - 1e-9), None)
        if same is not None:
            also[same].append(term)
            continue
        mixed = len(set(term)) > 1 and any(size > PARTLY for _, size in like) and not given.curved
        if mixed or base.shape[1] >= len(given.result) or _spanned(base, column):
            continue
        chosen.append(term)
        also[term], columns[term] = [], column
        base = np.column_stack([base, column])
    return tuple(chosen), also


def fit(given: Experiment, terms: Sequence[Term], *, curvature: bool = True) -> Model:
    """Fit a model by least squares, with blocks taken out.

    Parameters
    ----------
    given : Experiment
    terms : sequence of Term
    curvature : bool, default True
        Compare centre points with the corners, where there are centre points and no squares.

    Returns
    -------
    Model

    Source
    ------
    Montgomery, Design and Analysis of Experiments, 6.8 and 10.
    """
    n = len(given.result)
    wanted = np.column_stack([np.ones(n), *(_column(given, term) for term in terms)])
    bent = curvature and _has_centre(given)
    extra = _nuisance(given, curvature=bent)[:, 1:]
    design = np.column_stack([wanted, extra])
    inverse = np.linalg.pinv(design.T @ design)
    values = inverse @ design.T @ given.result
    fitted = design @ values
    df = n - int(np.linalg.matrix_rank(design))
    width = wanted.shape[1]
    test = None
    if bent and df > 0:
        error = np.sqrt(((given.result - fitted) ** 2).sum() / df * inverse[-1, -1])
        test = (float(values[-1]), float(2 * stats.t.sf(abs(values[-1]) / error, df)) if error > 0 else 0.0)
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    return Model(given, tuple(terms), values[:width], inverse[:width, :width], fitted, leverage, df, test)


def _factor(name: str, values: pd.Series) -> Factor | None:
    levels = np.unique(values.to_numpy(dtype=float))
    if not 2 <= levels.size <= MOST_LEVELS or not np.isfinite(levels).all():
        return None
    # Five levels in steps that mirror each other are those of a composite: the corners are coded ±1.
    inner = levels.size == 5 and abs(levels[0] + levels[4] - levels[1] - levels[3]) < 1e-6 * np.ptp(levels)
    low, high = (levels[1], levels[3]) if inner else (levels[0], levels[-1])
    return Factor(name, float(low), float(high), int(levels.size))


def _column(given: Experiment, term: Term) -> Floats:
    return np.asarray(given.coded[:, list(term)].prod(axis=1))


def _nuisance(given: Experiment, *, curvature: bool | None = None) -> Floats:
    """Return the columns that are no terms: the mean, blocks, and centre points against corners."""
    blocks = [(given.block == number).astype(float) for number in range(1, int(given.block.max()) + 1)]
    bent = _has_centre(given) if curvature is None else curvature
    extra = [given.centre.astype(float)] if bent else []
    return np.column_stack([np.ones(len(given.result)), *blocks, *extra])


def _has_centre(given: Experiment) -> bool:
    return bool(given.centre.any()) and not given.curved


def _correlation(one: Floats, other: Floats) -> float:
    one, other = one - one.mean(), other - other.mean()
    size = np.sqrt((one @ one) * (other @ other))
    return float(abs(one @ other) / size) if size > 0 else 1.0


def _spanned(base: Floats, column: Floats) -> bool:
    rest = column - base @ np.linalg.lstsq(base, column, rcond=None)[0]
    return bool(rest @ rest < 1e-12 * (column @ column) + 1e-300)
