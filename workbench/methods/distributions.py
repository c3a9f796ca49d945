"""Distributions that measured characteristics follow, fitted by maximum likelihood.

Decides the parameters, in the terms of the usual quality software; which distribution to believe is in
``capability_choice``. Any parameter may be known beforehand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from workbench.errors import Invalid, Refused

Floats = NDArray[np.float64]
Known = Mapping[str, float]
PARAMETERS: dict[str, tuple[str, ...]] = {
    "normal": ("location", "scale"),
    "lognormal": ("location", "scale"),
    "lognormal-3": ("location", "scale", "threshold"),
    "weibull": ("shape", "scale"),
    "weibull-3": ("shape", "scale", "threshold"),
    "gamma": ("shape", "scale"),
    "gamma-3": ("shape", "scale", "threshold"),
    "exponential": ("scale",),
    "logistic": ("location", "scale"),
    "loglogistic": ("location", "scale"),
    "folded-normal": ("location", "scale"),
}
POSITIVE = ("lognormal", "weibull", "gamma", "exponential", "loglogistic")  # values above zero only
STEPS = 36  # thresholds looked at before the best one is refined


class NoFit(Refused):
    """A distribution cannot describe these values, such as a lognormal one values below zero."""

    code = "no_fit"


class NeedsPositive(NoFit):
    """The distribution is one of values above zero."""

    code = "needs_positive"


@dataclass(frozen=True)
class Fitted:
    """A distribution with its parameters.

    Attributes
    ----------
    family : str
        One of ``PARAMETERS``.
    parameters : dict
        location and scale in the values' unit (of a lognormal and a loglogistic distribution those of the
        logarithms), shape without a unit, threshold: the smallest possible value.
    log_likelihood : float
    n : int
        Number of values fitted.
    """

    family: str
    parameters: dict[str, float]
    log_likelihood: float
    n: int

    @cached_property
    def law(self) -> Any:
        """The distribution as scipy knows it: cdf, sf, ppf, pdf."""
        return law_of(self.family, self.parameters)


def law_of(family: str, parameters: Known) -> Any:
    """Return a distribution as scipy knows it.

    Parameters
    ----------
    family : str
        One of ``PARAMETERS``.
    parameters : mapping
        Its parameters, see ``Fitted``.

    Returns
    -------
    scipy frozen distribution

    Source
    ------
    Minitab's parameterisations; ISO/TR 22514-4.

    Examples
    --------
    >>> float(law_of("weibull", {"shape": 2.0, "scale": 3.0}).cdf(3.0).round(4))
    0.6321
    """
    shape, scale = parameters.get("shape", 1.0), parameters.get("scale", 1.0)
    location, threshold = parameters.get("location", 0.0), parameters.get("threshold", 0.0)
    laws: dict[str, Callable[[], Any]] = {
        "normal": lambda: stats.norm(location, scale),
        "lognormal": lambda: stats.lognorm(scale, threshold, np.exp(location)),
        "weibull": lambda: stats.weibull_min(shape, threshold, scale),
        "gamma": lambda: stats.gamma(shape, threshold, scale),
        "exponential": lambda: stats.expon(threshold, scale),
        "logistic": lambda: stats.logistic(location, scale),
        "loglogistic": lambda: stats.fisk(1 / scale, 0.0, np.exp(location)),
        "folded-normal": lambda: stats.foldnorm(location / scale, 0.0, scale),
    }
    return laws[family.removesuffix("-3")]()


def fit(values: Floats, family: str, known: Known | None = None) -> Fitted:
    """Fit a distribution by maximum likelihood, with some parameters known or none.

    Parameters
    ----------
    values : array of float, shape (n,), n >= 2
        Finite, any unit, not all equal.
    family : str
        One of ``PARAMETERS``.
    known : mapping, optional
        Parameters that are not to be estimated.

    Returns
    -------
    Fitted
        The normal distribution has its usual standard deviation, with n - 1.

    Raises
    ------
    NoFit
        If the distribution cannot describe the values: values at or below its bound, or no best parameters.
    Invalid
        If there is no such distribution.

    Source
    ------
    Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions; a threshold is where the likelihood
    has its inner maximum, since at the smallest value it has no bound.

    Examples
    --------
    >>> found = fit(np.array([2.0, 4.0, 4.5, 5.0, 5.5, 6.0, 8.0]), "weibull").parameters
    >>> round(found["shape"], 3), round(found["scale"], 3)
    (3.235, 5.581)
    """
    if family not in PARAMETERS:
        raise Invalid("distribution", given=repr(family), expected=", ".join(PARAMETERS))
    known = {name: value for name, value in (known or {}).items() if name in PARAMETERS[family]}
    values = np.asarray(values, dtype=float)
    if "threshold" in PARAMETERS[family]:
        parameters = _with_threshold(values, family.removesuffix("-3"), known)
    else:
        parameters = _two_parameters(values, family, known)
    if not all(np.isfinite(value) for value in parameters.values()) or not parameters["scale"] > 0:
        raise NoFit(f"no {family} distribution fits these values", hint="choose another distribution")
    density = law_of(family, parameters).logpdf(values)
    ordered = {name: float(parameters[name]) for name in PARAMETERS[family]}
    return Fitted(family, ordered, float(np.sum(density)), int(values.size))


def _two_parameters(values: Floats, family: str, known: Known) -> dict[str, float]:
    if family in POSITIVE and not values.min() > 0:
        hint = "choose a distribution with a threshold, or one for values of any sign"
        given = f"{values.min():g}"
        raise NeedsPositive(f"the {family} distribution needs values above 0", given=given, hint=hint)
    if family == "folded-normal" and values.min() < 0:
        given = f"{values.min():g}"
        raise NeedsPositive("the folded normal distribution needs values from 0 on", given=given)
    return _FITS[family](values, known)


def _normal(values: Floats, known: Known) -> dict[str, float]:
    location = known.get("location", float(values.mean()))
    return {"location": location, "scale": known.get("scale", float(values.std(ddof=1)))}


def _lognormal(values: Floats, known: Known) -> dict[str, float]:
    """Fit logarithms: their usual standard deviation, about a known location the root mean square."""
    logs = np.log(values)
    if "location" in known:
        spread = float(np.sqrt(np.mean((logs - known["location"]) ** 2)))
        return {"location": known["location"], "scale": known.get("scale", spread)}
    return {"location": float(logs.mean()), "scale": known.get("scale", float(logs.std(ddof=1)))}


def _weibull(values: Floats, known: Known) -> dict[str, float]:
    largest = values.max()
    unit, logs = values / largest, np.log(values / largest)

    def slope(shape: float) -> float:
        power = unit**shape
        return float((power * logs).sum() / power.sum() - 1 / shape - logs.mean())

    def slope_at_scale(shape: float) -> float:
        ratio = np.log(values / known["scale"])
        return float((np.exp(shape * ratio) * ratio).sum() - ratio.sum() - values.size / shape)

    shape = known.get("shape")
    if shape is None:
        shape = _root(slope_at_scale if "scale" in known else slope, 1e-2, 1e2)
    return {"shape": shape, "scale": known.get("scale", float(largest * np.mean(unit**shape) ** (1 / shape)))}


def _gamma(values: Floats, known: Known) -> dict[str, float]:
    mean, logs = float(values.mean()), float(np.log(values).mean())
    shape = known.get("shape")
    if shape is None:
        behind = np.log(known["scale"]) if "scale" in known else None

        def slope(k: float) -> float:
            scale = np.log(mean / k) if behind is None else behind
            return float(logs - scale - special.digamma(k))

        shape = _root(slope, 1e-3, 1e6)
    return {"shape": shape, "scale": known.get("scale", mean / shape)}


def _exponential(values: Floats, known: Known) -> dict[str, float]:
    return {"scale": known.get("scale", float(values.mean()))}


def _logistic(values: Floats, known: Known) -> dict[str, float]:
    center, spread = float(values.mean()), float(values.std())
    unit = (values - center) / spread

    def unlikely(at: Floats) -> float:
        location = (known["location"] - center) / spread if "location" in known else at[0]
        scale = known["scale"] / spread if "scale" in known else np.exp(at[1])
        z = (unit - location) / scale
        return float(z.sum() + 2 * np.logaddexp(0, -z).sum() + z.size * np.log(scale))

    location, log_scale = _minimum(unlikely, np.array([0.0, np.log(np.sqrt(3) / np.pi)]))
    found = {"location": center + spread * location, "scale": spread * float(np.exp(log_scale))}
    return {**found, **known}


def _loglogistic(values: Floats, known: Known) -> dict[str, float]:
    return _logistic(np.log(values), known)


def _folded_normal(values: Floats, known: Known) -> dict[str, float]:
    size = float(np.sqrt(np.mean(values**2)))
    unit = values / size

    def unlikely(at: Floats) -> float:
        location = known["location"] / size if "location" in known else abs(at[0])
        scale = known["scale"] / size if "scale" in known else np.exp(at[1])
        apart = -0.5 * ((unit - location) ** 2) / scale**2
        both = apart + np.log1p(np.exp(-2 * unit * location / scale**2))
        return float(-both.sum() + unit.size * np.log(scale))

    starts = (np.array([float(unit.mean()), np.log(unit.std() + 1e-9)]), np.array([0.0, 0.0]))
    location, log_scale = min((_minimum(unlikely, start) for start in starts), key=unlikely)
    return {"location": size * abs(float(location)), "scale": size * float(np.exp(log_scale)), **known}


_FITS: dict[str, Callable[[Floats, Known], dict[str, float]]] = {
    "normal": _normal,
    "lognormal": _lognormal,
    "weibull": _weibull,
    "gamma": _gamma,
    "exponential": _exponential,
    "logistic": _logistic,
    "loglogistic": _loglogistic,
    "folded-normal": _folded_normal,
}


def _with_threshold(values: Floats, family: str, known: Known) -> dict[str, float]:
    """Find the threshold whose two-parameter fit is most likely, never the smallest value itself."""
    smallest, spread = float(values.min()), float(values.std(ddof=1))
    rest = {name: value for name, value in known.items() if name != "threshold"}

    def at(threshold: float) -> dict[str, float]:
        found = {**_two_parameters(values - threshold, family, rest), "threshold": threshold}
        if family == "lognormal" and "location" not in rest and "scale" not in rest:
            found["scale"] *= np.sqrt(1 - 1 / values.size)  # with a threshold, the likelihood's own
        return found

    if "threshold" in known:
        if not known["threshold"] < smallest:
            given = f"{known['threshold']:g}"
            raise NoFit("the threshold must lie below every value", given=given, expected=f"< {smallest:g}")
        return at(known["threshold"])

    def unlikely(log_gap: float) -> float:
        threshold = smallest - spread * float(np.exp(log_gap))
        return -float(np.sum(law_of(family, at(threshold)).logpdf(values)))

    gaps = np.linspace(np.log(1e-4), np.log(1e3), STEPS)
    heights = np.array([unlikely(gap) for gap in gaps])
    inner = [k for k in range(1, STEPS - 1) if heights[k] <= min(heights[k - 1], heights[k + 1])]
    if not inner:
        raise NoFit(f"no threshold of a {family} distribution is most likely", hint="choose two parameters")
    best = min(inner, key=lambda k: heights[k])
    found = optimize.minimize_scalar(
        unlikely, bounds=(gaps[best - 1], gaps[best + 1]), method="bounded", options={"xatol": 1e-10}
    )
    return at(smallest - spread * float(np.exp(found.x)))


def _root(slope: Callable[[float], float], low: float, high: float) -> float:
    """Return the positive root of a monotone function, looked for by its order of magnitude first."""
    for _ in range(40):
        if slope(low) * slope(high) <= 0:
            return float(optimize.brentq(slope, low, high, xtol=1e-14, rtol=1e-14))
        low, high = low / 2, high * 2
    raise NoFit("no parameters are most likely for these values", hint="choose another distribution")


def _minimum(unlikely: Callable[[Floats], float], start: Floats) -> Floats:
    found = optimize.minimize(
        unlikely, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-10, "maxiter": 2000}
    )
    return np.asarray(found.x, dtype=float)
