"""Regression: a result explained by columns, straight, by powers of one column, or by a formula of one's own.

Decides estimates, their uncertainty and how well they explain; small linear problems are solved in rational
numbers, so that no digit is lost however alike the columns are.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.linalg import qr, solve_triangular
from scipy.stats import f as fisher
from scipy.stats import norm
from scipy.stats import t as student

from workbench.errors import Refused, TooFew

Floats = NDArray[np.float64]
EXACT_WORK = 40_000  # rows times squared terms up to which rational numbers take well under a second
ALIKE = 1e-10  # below this share of its own size, a column is a copy of others


class Alike(Refused):
    """A column is made of others, so that no estimate is the only best one."""

    code = "alike_columns"


@dataclass(frozen=True)
class Regression:
    """A fitted relation.

    Attributes
    ----------
    kind : str
        linear, polynomial or formula.
    estimates : DataFrame
        One row per parameter: parameter, estimate, error (standard), low, high, t, p.
    fitted, residuals, standardised : array of float, shape (n,)
        Standardised residuals have the variance 1.
    result : array of float, shape (n,)
        What is explained; with a formula its left side.
    sigma, squares : float
        Residual standard deviation and sum of squares.
    freedom : int
        Degrees of freedom of the residuals.
    r2, r2_adjusted : float
        Share explained; of a model without intercept about zero.
    f, p : float
        Test that nothing is explained; NaN for a formula.
    anova : DataFrame
        source, freedom, squares, mean_squares, f, p.
    lack_of_fit_p : float
        Of rows with the same columns against the model; NaN without such rows.
    exact : bool
        Whether it was solved in rational numbers.
    """

    kind: str
    estimates: pd.DataFrame
    fitted: Floats
    residuals: Floats
    standardised: Floats
    result: Floats
    sigma: float
    squares: float
    freedom: int
    r2: float
    r2_adjusted: float
    f: float
    p: float
    anova: pd.DataFrame
    lack_of_fit_p: float
    exact: bool


def linear(
    columns: dict[str, Floats],
    result: Floats,
    *,
    degree: int = 1,
    intercept: bool = True,
    confidence: float = 0.95,
) -> Regression:
    """Explain a result by columns, or by powers of one column.

    Parameters
    ----------
    columns : dict of array of float, shape (n,)
    result : array of float, shape (n,)
    degree : int, default 1
        Above 1: powers of the only column.
    intercept : bool, default True
    confidence : float, default 0.95

    Returns
    -------
    Regression

    Raises
    ------
    TooFew
        If there are not more rows than parameters.
    Alike
        If a column is made of others.

    Source
    ------
    Draper and Smith, Applied Regression Analysis, 3rd ed.; NIST/SEMATECH e-Handbook 4.4.3.

    Examples
    --------
    >>> found = linear({"x": np.array([1.0, 2.0, 3.0, 4.0])}, np.array([3.1, 4.9, 7.1, 8.9]))
    >>> found.estimates["estimate"].round(3).tolist()
    [1.1, 1.96]
    """
    terms = _terms(columns, degree, intercept)
    n, k = result.size, len(terms)
    if n <= k:
        raise TooFew("rows for so many parameters", need=k + 1, have=n)
    exact = n * k * k <= EXACT_WORK
    solve = _exactly if exact else _by_qr
    estimate, spread, residuals, squares, total = solve(terms, columns, result, intercept)
    freedom = n - k
    variance = squares / freedom
    fitted = result - residuals
    explained, model = total - squares, k - intercept
    f = explained / model / variance if variance > 0 and model else math.inf
    r2 = explained / total if total > 0 else 1.0
    errors = np.sqrt(np.maximum(spread * variance, 0.0))
    return Regression(
        kind="polynomial" if degree > 1 else "linear",
        estimates=estimate_table(list(terms), estimate, errors, freedom=freedom, confidence=confidence),
        fitted=fitted,
        residuals=residuals,
        standardised=residuals / math.sqrt(variance) if variance > 0 else residuals * 0,
        result=result,
        sigma=math.sqrt(variance),
        squares=squares,
        freedom=freedom,
        r2=r2,
        r2_adjusted=1 - (1 - r2) * (n - intercept) / freedom,
        f=f,
        p=float(fisher.sf(f, model, freedom)) if model else math.nan,
        anova=analysis_of_variance((explained, squares), (model, freedom), f),
        lack_of_fit_p=lack_of_fit(columns, result, squares=squares, freedom=freedom),
        exact=exact,
    )


def _terms(columns: dict[str, Floats], degree: int, intercept: bool) -> dict[str, tuple[str, int]]:
    """Name the terms, each a column and a power; the constant is a power of 0."""
    first = next(iter(columns))
    found = {"intercept": (first, 0)} if intercept else {}
    if degree == 1:
        return found | {name: (name, 1) for name in columns}
    return found | {
        first if power == 1 else f"{first}^{power}": (first, power) for power in range(1, degree + 1)
    }


Solved = tuple[Floats, Floats, Floats, float, float]


def _exactly(
    terms: dict[str, tuple[str, int]], columns: dict[str, Floats], result: Floats, intercept: bool
) -> Solved:
    """Solve the normal equations in rational numbers, from the decimals that were written."""
    known = {name: [Fraction(repr(float(value))) for value in values] for name, values in columns.items()}
    y = [Fraction(repr(float(value))) for value in result]
    design = [[value**power for value in known[name]] for name, power in terms.values()]
    k = len(design)
    rows = [
        [sum(map(Fraction.__mul__, one, two), Fraction()) for two in design]
        + [Fraction(int(i == j)) for j in range(k)]
        + [sum(map(Fraction.__mul__, one, y), Fraction())]
        for i, one in enumerate(design)
    ]
    for i in range(k):
        swap = next((r for r in range(i, k) if rows[r][i] != 0), None)
        if swap is None:
            raise Alike("a column is made of others", given=list(terms)[i], hint="leave it out")
        rows[i], rows[swap] = rows[swap], rows[i]
        pivot = rows[i][i]
        rows[i] = [value / pivot for value in rows[i]]
        for r in range(k):
            if r != i and rows[r][i] != 0:
                factor = rows[r][i]
                rows[r] = [value - factor * base for value, base in zip(rows[r], rows[i], strict=True)]
    estimate = [row[-1] for row in rows]
    residuals = [
        value - sum((estimate[j] * design[j][i] for j in range(k)), Fraction()) for i, value in enumerate(y)
    ]
    mean = sum(y, Fraction()) / len(y) if intercept else Fraction()
    return (
        np.array([float(value) for value in estimate]),
        np.array([float(rows[i][k + i]) for i in range(k)]),
        np.array([float(value) for value in residuals]),
        float(sum((value * value for value in residuals), Fraction())),
        float(sum(((value - mean) ** 2 for value in y), Fraction())),
    )


def _by_qr(
    terms: dict[str, tuple[str, int]], columns: dict[str, Floats], result: Floats, intercept: bool
) -> Solved:
    design = np.column_stack([columns[name] ** power for name, power in terms.values()])
    size = np.linalg.norm(design, axis=0)
    if not size.all():
        raise Alike("a column is zero everywhere", given=list(terms)[int(size.argmin())])
    q, r = qr(design / size, mode="economic")
    if (thin := np.abs(np.diag(r))).min() < ALIKE:
        raise Alike("a column is made of others", given=list(terms)[int(thin.argmin())], hint="leave it out")
    estimate = solve_triangular(r, q.T @ result)
    residuals = result - q @ (r @ estimate)
    estimate += solve_triangular(r, q.T @ residuals)  # one refinement
    residuals = result - (design / size) @ estimate
    inverse = solve_triangular(r, np.eye(len(terms)))
    apart = result - (result.mean() if intercept else 0.0)
    return (
        estimate / size,
        (inverse**2).sum(axis=1) / size**2,
        residuals,
        float(residuals @ residuals),
        float(apart @ apart),
    )


def estimate_table(
    names: list[str], estimate: Floats, errors: Floats, *, freedom: int, confidence: float
) -> pd.DataFrame:
    """Put estimates into a table with intervals and tests against zero.

    Parameters
    ----------
    names : list of str
    estimate, errors : array of float
    freedom : int
    confidence : float

    Returns
    -------
    DataFrame
        Columns parameter, estimate, error, low, high, t, p.

    Source
    ------
    Student (1908).
    """
    reach = float(student.ppf((1 + confidence) / 2, freedom)) * errors
    with np.errstate(divide="ignore", invalid="ignore"):
        t = estimate / errors
    return pd.DataFrame(
        {
            "parameter": names,
            "estimate": estimate,
            "error": errors,
            "low": estimate - reach,
            "high": estimate + reach,
            "t": t,
            "p": 2 * student.sf(np.abs(t), freedom),
        }
    )


def analysis_of_variance(squares: tuple[float, float], freedom: tuple[int, int], f: float) -> pd.DataFrame:
    """Put explained and residual squares into a table.

    Parameters
    ----------
    squares : (float, float)
        Explained, residual.
    freedom : (int, int)
    f : float

    Returns
    -------
    DataFrame
        Columns source, freedom, squares, mean_squares, f, p.

    Source
    ------
    Draper and Smith, section 1.3.
    """
    p = float(fisher.sf(f, *freedom)) if freedom[0] else math.nan
    return pd.DataFrame(
        {
            "source": ["regression", "residual", "total"],
            "freedom": [*freedom, sum(freedom)],
            "squares": [*squares, sum(squares)],
            "mean_squares": [
                squares[0] / freedom[0] if freedom[0] else math.nan,
                squares[1] / freedom[1],
                math.nan,
            ],
            "f": [f, math.nan, math.nan],
            "p": [p, math.nan, math.nan],
        }
    )


def lack_of_fit(columns: dict[str, Floats], result: Floats, *, squares: float, freedom: int) -> float:
    """Return the p-value of a model that misses more than rows with the same columns differ.

    Parameters
    ----------
    columns : dict of array of float, shape (n,)
    result : array of float, shape (n,)
    squares : float
        Residual sum of squares of the model.
    freedom : int

    Returns
    -------
    float
        NaN without such rows.

    Source
    ------
    Draper and Smith, section 2.1.
    """
    code = pd.DataFrame(columns).groupby(list(columns), sort=False).ngroup().to_numpy()
    count = np.bincount(code)
    pure_freedom = int((count - 1).sum())
    missing = freedom - pure_freedom
    if pure_freedom < 1 or missing < 1:
        return math.nan
    means = np.bincount(code, result) / count
    pure = float(((result - means[code]) ** 2).sum())
    if not pure > 0:
        return math.nan
    return float(fisher.sf(max(0.0, squares - pure) / missing / (pure / pure_freedom), missing, pure_freedom))


def runs_p(residuals: Floats, order: Any) -> float:
    """Return the p-value of residuals that keep their sign too long along an order.

    Parameters
    ----------
    residuals : array of float, shape (n,)
    order : array of float, shape (n,)

    Returns
    -------
    float

    Source
    ------
    Wald and Wolfowitz (1940), one-sided.

    Examples
    --------
    >>> bool(runs_p(np.repeat([1.0, -1.0], 20), np.arange(40)) < 0.001)
    True
    """
    sign = residuals[np.argsort(order, kind="stable")] > 0
    above, below = int(sign.sum()), int((~sign).sum())
    n = above + below
    if min(above, below) < 4:
        return math.nan
    runs = 1 + int((sign[1:] != sign[:-1]).sum())
    expected = 1 + 2 * above * below / n
    variance = (expected - 1) * (expected - 2) / (n - 1)
    return float(norm.cdf((runs + 0.5 - expected) / math.sqrt(variance)))
