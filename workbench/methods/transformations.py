"""Transformations that make values normal: Box-Cox, and Johnson's three families chosen by fit.

Decides the transformation; the normal distribution of transformed values then speaks for the original.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize
from scipy.special import ndtr, ndtri
from scipy.stats import norm

from workbench.methods.anderson_darling import anderson_darling
from workbench.methods.distributions import NeedsPositive, NoFit

Floats = NDArray[np.float64]
Z_TRIED = np.round(np.arange(0.25, 1.2501, 0.01), 2)  # Chou et al. (1998): distances of the four percentiles
LAMBDAS = (-5.0, 5.0)
SMALLEST = 1e-9  # of a spread, beside the values; below, digits are lost


@dataclass(frozen=True)
class Transformed:
    """A law of values whose transformed ones are normal; it has cdf, sf, ppf and pdf as scipy's laws have.

    Attributes
    ----------
    family : str
        box-cox, johnson-sb, johnson-sl or johnson-su.
    parameters : dict
        lambda; or gamma, eta (without unit), epsilon, lambda (in the values' unit).
    mean, sigma : float
        Of the transformed values.
    """

    family: str
    parameters: dict[str, float]
    mean: float
    sigma: float

    def forward(self, x: Any) -> Any:
        """Transform values; beyond the possible range to ±infinity."""
        return _FORWARD[self.family](np.asarray(x, dtype=float), **_named(self.parameters))

    def back(self, z: Any) -> Any:
        """Undo the transformation."""
        return _BACK[self.family](np.asarray(z, dtype=float), **_named(self.parameters))

    def cdf(self, x: Any) -> Any:
        """Return the share below."""
        return ndtr((self.forward(x) - self.mean) / self.sigma)

    def sf(self, x: Any) -> Any:
        """Return the share above."""
        return ndtr(-(self.forward(x) - self.mean) / self.sigma)

    def ppf(self, q: Any) -> Any:
        """Return the value below which a share lies."""
        return self.back(self.mean + self.sigma * ndtri(q))

    def pdf(self, x: Any) -> Any:
        """Return the density, by differences of the share."""
        x = np.asarray(x, dtype=float)
        step = 1e-5 * (float(self.ppf(0.975)) - float(self.ppf(0.025)))
        return (self.cdf(x + step) - self.cdf(x - step)) / (2 * step)


def box_cox(values: Floats, lambda_: float | None = None) -> Transformed:
    """Raise values to a power (0: take the logarithm) that makes them as normal as a power can.

    Parameters
    ----------
    values : array of float, shape (n,)
        Above 0.
    lambda_ : float, optional
        The power; None: the most likely one between -5 and 5.

    Returns
    -------
    Transformed
        With the standard deviation of n - 1; a negative power is given a minus sign so that order is kept.

    Raises
    ------
    NoFit
        If a value is not above 0.

    Source
    ------
    Box and Cox, Journal of the Royal Statistical Society B 26 (1964).

    Examples
    --------
    >>> box_cox(np.array([1.0, 4.0, 9.0]), 0.5).forward([1.0, 4.0, 9.0]).tolist()
    [1.0, 2.0, 3.0]
    """
    if not values.min() > 0:
        hint = "choose johnson, or a distribution for values of any sign"
        raise NeedsPositive(
            "the Box-Cox transformation needs values above 0", given=f"{values.min():g}", hint=hint
        )
    if lambda_ is None:
        unit = np.log(values / np.exp(np.log(values).mean()))

        def spread(power: float) -> float:
            return float(np.log(np.std(unit if abs(power) < 1e-9 else np.expm1(power * unit) / power)))

        lambda_ = float(optimize.minimize_scalar(spread, bounds=LAMBDAS, method="bounded").x)
    return _of(values, "box-cox", {"lambda": 0.0 if abs(lambda_) < 1e-9 else lambda_})


def johnson(values: Floats) -> Transformed:
    """Choose the Johnson transformation, bounded, lognormal or unbounded, whose values are most normal.

    Four percentiles decide the family and its parameters; their distance is tried from 0.25 to 1.25 and the
    transformation with the smallest Anderson-Darling statistic is taken.

    Parameters
    ----------
    values : array of float, shape (n,)

    Returns
    -------
    Transformed

    Raises
    ------
    NoFit
        If no transformation is defined for every value.

    Source
    ------
    Slifker and Shapiro, Technometrics 22 (1980); Chou, Polansky and Mason, J. Quality Technology 30 (1998).
    """
    ordered = np.sort(values)
    best, least = None, np.inf
    for z in Z_TRIED:
        at = np.quantile(ordered, ndtr(np.array([-3 * z, -z, z, 3 * z])), method="hazen")
        for family, parameters in _slifker_shapiro(float(z), *map(float, at)):
            found = _FORWARD[family](ordered, **_named(parameters))
            if not np.isfinite(found).all() or not found.std() > 0:
                continue
            distance = anderson_darling(found, norm(found.mean(), found.std(ddof=1)))
            if distance < least:
                best, least = (family, parameters), distance
    if best is None:
        raise NoFit("no Johnson transformation fits these values", hint="choose another distribution")
    return _of(values, *best)


def _of(values: Floats, family: str, parameters: dict[str, float]) -> Transformed:
    found = _FORWARD[family](values, **_named(parameters))
    if not found.std() > SMALLEST * max(1e-300, float(np.abs(found).max())):
        raise NoFit(f"the {family} transformation leaves no spread", hint="choose another distribution")
    return Transformed(family, parameters, float(found.mean()), float(found.std(ddof=1)))


def _slifker_shapiro(
    z: float, lowest: float, low: float, high: float, highest: float
) -> list[tuple[str, dict[str, float]]]:
    """Return the families that four percentiles at -3z, -z, z, 3z allow, with their parameters."""
    m, n, p = highest - high, low - lowest, high - low
    if min(m, n, p) <= 0:
        return []
    middle, ratio = (high + low) / 2, m * n / p**2
    found = []
    if ratio > 1:
        up, down, root = m / p, n / p, np.sqrt(ratio - 1)
        eta = 2 * z / np.arccosh((up + down) / 2)
        gamma = eta * np.arcsinh((down - up) / (2 * root))
        scale = 2 * p * root / ((up + down - 2) * np.sqrt(up + down + 2))
        start = middle + p * (down - up) / (2 * (up + down - 2))
        found.append(("johnson-su", _johnson(gamma, eta, start, scale)))
    if ratio < 1:
        up, down, rest = p / m, p / n, 1 / ratio - 1
        both = (1 + up) * (1 + down)
        eta = z / np.arccosh(np.sqrt(both) / 2)
        gamma = eta * np.arcsinh((down - up) * np.sqrt(both - 4) / (2 * rest))
        scale = p * np.sqrt((both - 2) ** 2 - 4) / rest
        start = middle - scale / 2 + p * (down - up) / (2 * rest)
        found.append(("johnson-sb", _johnson(gamma, eta, start, scale)))
    if m > p:
        eta = 2 * z / np.log(m / p)
        gamma = eta * np.log((m / p - 1) / (p * np.sqrt(m / p)))
        start = middle - p / 2 * (m / p + 1) / (m / p - 1)
        found.append(("johnson-sl", {"gamma": float(gamma), "eta": float(eta), "epsilon": float(start)}))
    return found


def _johnson(gamma: float, eta: float, epsilon: float, scale: float) -> dict[str, float]:
    return {"gamma": float(gamma), "eta": float(eta), "epsilon": float(epsilon), "lambda": float(scale)}


def _named(parameters: dict[str, float]) -> dict[str, float]:
    return {"width" if name == "lambda" else name: value for name, value in parameters.items()}


def _power(x: Floats, width: float) -> Any:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.log(x) if width == 0 else np.sign(width) * x**width
    return np.where(x > 0, found, np.where((x == 0) & (width > 0), 0.0, -np.inf))


def _root(z: Floats, width: float) -> Any:
    if width == 0:
        return np.exp(z)
    inside = np.sign(width) * z
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(inside > 0, inside, 0.0) ** (1 / width)


def _bounded(x: Floats, gamma: float, eta: float, epsilon: float, width: float) -> Any:
    inside = (x > epsilon) & (x < epsilon + width)
    share = np.where(inside, (x - epsilon) / width, 0.5)
    return np.where(
        inside, gamma + eta * np.log(share / (1 - share)), np.where(x <= epsilon, -np.inf, np.inf)
    )


def _lognormal(x: Floats, gamma: float, eta: float, epsilon: float) -> Any:
    inside = x > epsilon
    return np.where(inside, gamma + eta * np.log(np.where(inside, x - epsilon, 1.0)), -np.inf)


_FORWARD: dict[str, Callable[..., Any]] = {
    "box-cox": _power,
    "johnson-su": lambda x, gamma, eta, epsilon, width: gamma + eta * np.arcsinh((x - epsilon) / width),
    "johnson-sb": _bounded,
    "johnson-sl": _lognormal,
}
_BACK: dict[str, Callable[..., Any]] = {
    "box-cox": _root,
    "johnson-su": lambda z, gamma, eta, epsilon, width: epsilon + width * np.sinh((z - gamma) / eta),
    "johnson-sb": lambda z, gamma, eta, epsilon, width: epsilon + width / (1 + np.exp(-(z - gamma) / eta)),
    "johnson-sl": lambda z, gamma, eta, epsilon: epsilon + np.exp((z - gamma) / eta),
}
