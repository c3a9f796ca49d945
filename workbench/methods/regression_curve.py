"""Fitting a formula to data: parameters that make the squares of the residuals smallest.

Decides the parameters by Levenberg and Marquardt from starting values given or looked for, then refines them
in extended precision; derivatives are exact to the last digit (complex step).
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import qr, solve_triangular
from scipy.optimize import least_squares

from workbench.errors import Invalid, Refused, TooFew
from workbench.methods.regression import Regression, analysis_of_variance, estimate_table, lack_of_fit
from workbench.methods.regression_formula import Formula

Floats = NDArray[np.float64]
Long = NDArray[np.longdouble]
MOST_EXACT = 20_000  # rows that are taken as the decimals that were written
TRIES, PROMISING = 60, 8  # starting values drawn, and the best of them that are followed
MOST_STEPS, LOOKING = 4000, 200
STEP = np.longdouble("1e-40")
LARGE = 1e150


class NotConverged(Refused):
    """No parameters were found at which the squares are smallest."""

    code = "not_converged"


def curve(
    formula: Formula,
    columns: dict[str, Floats],
    *,
    start: Sequence[float] = (),
    confidence: float = 0.95,
) -> Regression:
    """Fit a formula.

    Parameters
    ----------
    formula : Formula
    columns : dict of array of float, shape (n,)
        With the result ``y``.
    start : sequence of float
        One per parameter, in their order; none: starting values are looked for.
    confidence : float, default 0.95

    Returns
    -------
    Regression
        Intervals and tests are those of the linear model that touches the formula at its best parameters.

    Raises
    ------
    Invalid
        If there is not one starting value for each parameter.
    TooFew
        If there are not more rows than parameters.
    NotConverged
        If no best parameters are found.

    Source
    ------
    Bates and Watts, Nonlinear Regression Analysis (1988); Squire and Trapp (1998), complex step.
    """
    k = len(formula.parameters)
    if start and len(start) != k:
        expected = f"{k}: {', '.join(formula.parameters)}"
        raise Invalid("starting values", given=len(start), expected=expected)
    written = {name: _written(values) for name, values in columns.items()}
    with np.errstate(all="ignore"):
        target = np.asarray(formula.explained(written), dtype=np.longdouble)
        n = target.size
        if n <= k:
            raise TooFew("rows for so many parameters", need=k + 1, have=n)
        if not np.isfinite(target).all():
            raise NotConverged(
                "the left side of the formula is not a number in every row", given=formula.text
            )
        found = _refined(formula, written, target, _best(formula, written, target, start))
        residuals = target - _at(formula, written, found)
        jacobian = _jacobian(formula, written, found)
    return _regression(formula, columns, target, found, residuals, jacobian, confidence)


def _written(values: Floats) -> Long:
    """Take numbers as the decimals that were written, where there are not too many."""
    if values.size > MOST_EXACT:
        return values.astype(np.longdouble)
    return np.array([np.longdouble(repr(float(value))) for value in values])


def _at(formula: Formula, columns: dict[str, Long], parameters: Any) -> Any:
    named = dict(zip(formula.parameters, parameters, strict=True))
    size = next(iter(columns.values())).size
    return np.broadcast_to(np.asarray(formula.explain({**columns, **named})), (size,))


def _jacobian(formula: Formula, columns: dict[str, Long], parameters: Long) -> Long:
    """Return the derivatives by each parameter, without differences and so without loss of digits."""
    found = []
    for j in range(parameters.size):
        moved = parameters.astype(np.clongdouble)
        moved[j] += 1j * STEP
        found.append(_at(formula, columns, moved).imag / STEP)
    return np.column_stack(found)


def _best(formula: Formula, columns: dict[str, Long], target: Long, start: Sequence[float]) -> Floats:
    """Return the best parameters from the starts given, or from many that are looked for."""
    short = {name: values.astype(np.float64).astype(np.longdouble) for name, values in columns.items()}

    def residuals(at: Floats) -> Floats:
        found = (_at(formula, short, at.astype(np.longdouble)) - target).astype(np.float64)
        return np.where(np.isfinite(found), np.clip(found, -LARGE, LARGE), LARGE)

    def slopes(at: Floats) -> Floats:
        found = _jacobian(formula, short, at.astype(np.longdouble)).astype(np.float64)
        return np.where(np.isfinite(found), np.clip(found, -LARGE, LARGE), 0.0)

    best, least = None, math.inf
    given = [np.array(start, dtype=float)] if start else _starts(formula, columns, target)
    given = [one for one in given if np.abs(residuals(one)).max() < LARGE]
    for first in sorted(given, key=lambda one: float(np.square(residuals(one) / LARGE).sum()))[:PROMISING]:
        tried = least_squares(
            residuals,
            first,
            jac=slopes,
            method="lm",
            x_scale="jac",
            max_nfev=MOST_STEPS if start else LOOKING,
            **dict.fromkeys(("xtol", "ftol", "gtol"), 1e-15),
        )
        if np.isfinite(tried.cost) and tried.cost < least * (1 - 1e-9):
            best, least = tried.x, tried.cost
    if best is None:
        hint = "give starting values near the ones expected"
        raise NotConverged(
            "the formula is not a number at its starting values", given=formula.text, hint=hint
        )
    return np.asarray(best, dtype=float)


def _starts(formula: Formula, columns: dict[str, Long], target: Long) -> list[Floats]:
    """Draw starting values of the sizes that the data suggest."""
    random = np.random.default_rng(1)
    sizes = [1.0, float(np.abs(target).max())]
    for name in formula.columns:
        widest = float(np.abs(columns[name]).max()) or 1.0
        sizes += [widest, 1 / widest]
    k = len(formula.parameters)
    found = [np.ones(k)]
    for _ in range(TRIES):
        scale = random.choice(sizes, k) * 10 ** random.uniform(-1, 0.5, k)
        found.append(scale * random.choice([1.0, 1.0, -1.0], k))
    return found


def _refined(formula: Formula, columns: dict[str, Long], target: Long, start: Floats) -> Long:
    """Refine parameters by Gauss and Newton in extended precision, as long as the squares do not grow."""
    at = start.astype(np.longdouble)
    residuals = target - _at(formula, columns, at)
    squares = residuals @ residuals
    for _ in range(60):
        step = _step(_jacobian(formula, columns, at), residuals)
        if step is None:
            break
        nearer = at + step
        moved = target - _at(formula, columns, nearer)
        less = moved @ moved
        if not less <= squares * (1 + np.longdouble("1e-15")):
            break
        done = bool(np.all(np.abs(step) <= 1e-17 * np.abs(nearer) + 1e-300))
        at, residuals, squares = nearer, moved, less
        if done:
            break
    return at


def _step(jacobian: Long, residuals: Long) -> Long | None:
    size = np.sqrt((jacobian**2).sum(axis=0))
    if not (np.isfinite(size).all() and size.all()):
        return None
    q, r = qr((jacobian / size).astype(np.float64), mode="economic")
    if np.abs(np.diag(r)).min() < 1e-14:
        return None
    largest = np.abs(residuals).max() or np.longdouble(1)
    found = solve_triangular(r, q.T @ (residuals / largest).astype(np.float64))
    return np.asarray(found * largest / size, dtype=np.longdouble)


def _regression(
    formula: Formula,
    columns: dict[str, Floats],
    target: Long,
    found: Long,
    residuals: Long,
    jacobian: Long,
    confidence: float,
) -> Regression:
    n, k = target.size, found.size
    size = np.sqrt((jacobian**2).sum(axis=0))
    if not (np.isfinite(size).all() and size.all() and np.isfinite(residuals).all()):
        raise NotConverged("a parameter changes nothing, or the formula left the numbers", given=formula.text)
    _, r = qr((jacobian / size).astype(np.float64), mode="economic")
    if np.abs(np.diag(r)).min() < 1e-13:
        hint = "write the formula with fewer parameters, or start elsewhere"
        raise NotConverged("the data cannot tell some parameters apart", given=formula.text, hint=hint)
    squares, freedom = residuals @ residuals, n - k
    variance = squares / freedom
    inverse = solve_triangular(r, np.eye(k))
    errors = np.sqrt((inverse**2).sum(axis=1) * variance) / size
    apart = target - target.mean()
    total = float(apart @ apart)
    r2 = 1 - float(squares) / total if total > 0 else 1.0
    explained = {name: columns[name] for name in formula.columns}
    result = target.astype(np.float64)
    return Regression(
        kind="formula",
        estimates=estimate_table(
            list(formula.parameters),
            found.astype(np.float64),
            errors.astype(np.float64),
            freedom=freedom,
            confidence=confidence,
        ),
        fitted=(target - residuals).astype(np.float64),
        residuals=residuals.astype(np.float64),
        standardised=(residuals / np.sqrt(variance) if variance > 0 else residuals).astype(np.float64),
        result=result,
        sigma=float(np.sqrt(variance)),
        squares=float(squares),
        freedom=freedom,
        r2=r2,
        r2_adjusted=1 - (1 - r2) * (n - 1) / freedom,
        f=math.nan,
        p=math.nan,
        anova=analysis_of_variance((total - float(squares), float(squares)), (k - 1, freedom), math.nan),
        lack_of_fit_p=lack_of_fit(explained, result, squares=float(squares), freedom=freedom),
        exact=False,
    )
