"""Which distribution do these values follow? Every candidate with its test, and a choice explained.

Decides the distribution of a study; what the study then computes from it is in ``capability_laws``.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from workbench.errors import Invalid
from workbench.methods.anderson_darling import anderson_darling, p_value
from workbench.methods.capability_model import Model, StudyPlan
from workbench.methods.distributions import PARAMETERS, Fitted, NoFit, fit
from workbench.methods.normality import normality
from workbench.methods.transformations import Transformed, box_cox, johnson

Floats = NDArray[np.float64]
TWO_PARAMETERS = ("lognormal", "weibull", "gamma", "exponential", "logistic", "loglogistic", "folded-normal")
THREE_PARAMETERS = ("weibull-3", "lognormal-3", "gamma-3")
TRANSFORMATIONS = ("box-cox", "johnson")
CANDIDATES = ("normal", *TWO_PARAMETERS, *THREE_PARAMETERS, *TRANSFORMATIONS)
DISTRIBUTIONS = ("auto", *CANDIDATES, "empirical")
LEVEL = 0.05
MOST_VALUES = (
    5000  # candidates are compared on so many values, spread evenly; more would reject any distribution
)
RESAMPLES, LARGEST_RESAMPLE = 99, 300  # for a p-value without a table


@dataclass(frozen=True)
class Candidate:
    """One distribution that was tried: its model, or why there is none.

    Attributes
    ----------
    family : str
    model : Model or None
    aic : float
        Akaike's criterion; the smaller, the more likely.
    better_p : float
        P-value of the third parameter (likelihood ratio); NaN for others.
    problem : str
        Empty, or the code of why it cannot describe the values.
    """

    family: str
    model: Model | None
    aic: float = math.inf
    better_p: float = math.nan
    problem: str = ""

    @property
    def fits(self) -> bool:
        """Whether the values do not speak against it; a third parameter must earn its place."""
        if self.model is None or not self.model.p >= LEVEL:
            return False
        return self.family not in THREE_PARAMETERS or self.better_p < LEVEL


class Empirical:
    """The values themselves as a law: nothing is assumed, and nothing is known beyond the outermost value."""

    def __init__(self, values: Floats) -> None:
        self.values = np.sort(values)

    def cdf(self, x: Any) -> Any:
        """Return the share below."""
        return np.searchsorted(self.values, x, side="left") / self.values.size

    def sf(self, x: Any) -> Any:
        """Return the share above."""
        return 1 - np.searchsorted(self.values, x, side="right") / self.values.size

    def ppf(self, q: Any) -> Any:
        """Return the value below which a share lies."""
        return np.quantile(self.values, q, method="median_unbiased")


def model_of(values: Floats, family: str, plan: StudyPlan) -> Model:
    """Fit one distribution and test it.

    Parameters
    ----------
    values : array of float, shape (n,)
    family : str
        One of ``DISTRIBUTIONS`` but ``auto``.
    plan : StudyPlan
        Its ``known`` and ``lambda_``.

    Returns
    -------
    Model

    Raises
    ------
    NoFit
        If the distribution cannot describe the values.
    Invalid
        If there is no such distribution.

    Source
    ------
    See ``distributions.fit``, ``transformations`` and ``anderson_darling``.
    """
    if family == "empirical":
        return Model(family, Empirical(values), {}, math.nan, math.nan)
    if family in TRANSFORMATIONS:
        law = box_cox(values, plan.lambda_) if family == "box-cox" else johnson(values)
        return _tested_transform(values, law)
    if family not in PARAMETERS:
        raise Invalid("distribution", given=repr(family), expected=", ".join(DISTRIBUTIONS))
    return _tested(values, fit(values, family, plan.known))


def _tested_transform(values: Floats, law: Transformed) -> Model:
    tests = normality(np.asarray(law.forward(values), dtype=float))
    parameters = {**law.parameters, "mean": law.mean, "sigma": law.sigma}
    return Model(law.family, law, parameters, tests.anderson_darling, tests.p)


def _tested(values: Floats, found: Fitted) -> Model:
    square = anderson_darling(values, found.law)
    shape = found.parameters.get("shape", math.inf)
    p = p_value(found.family.removesuffix("-3"), square, found.n, shape=shape)
    return Model(found.family, found.law, found.parameters, square, p)


def candidates(values: Floats, plan: StudyPlan, *, from_zero: bool = False) -> list[Candidate]:
    """Try every distribution.

    Parameters
    ----------
    values : array of float, shape (n,)
        Above 5000, as many spread evenly over their order are taken.
    plan : StudyPlan
    from_zero : bool, default False
        Whether the characteristic is bound at 0.

    Returns
    -------
    list of Candidate
        The p-value of a distribution with a threshold is that of the one without, an approximation; that of
        the folded normal one comes from repeated samples.

    Source
    ------
    ISO 22514-2:2017, clause on the choice of the distribution; Minitab's distribution identification.
    """
    if values.size > MOST_VALUES:
        at = np.linspace(0, values.size - 1, MOST_VALUES).astype(int)
        values = np.sort(values)[at]
    found: dict[str, Candidate] = {}
    for family in CANDIDATES:
        try:
            model = model_of(values, family, StudyPlan(lambda_=plan.lambda_))
        except NoFit as error:
            found[family] = Candidate(family, None, problem=error.code)
            continue
        better = math.nan
        simple = found[family.removesuffix("-3")].model if family in THREE_PARAMETERS else None
        if family in THREE_PARAMETERS:
            better = 0.0 if simple is None else _ratio_p(values, model, simple)
        found[family] = Candidate(family, model, _aic(values, model), better)
    if from_zero and found["folded-normal"].model is not None:
        found["folded-normal"] = replace(
            found["folded-normal"], model=_tested_again(values, found["folded-normal"].model)
        )
    return list(found.values())


def _tested_again(values: Floats, model: Model) -> Model:
    """Give a model the p-value that samples of its own distribution lead to."""
    random = np.random.default_rng(1)
    size = min(values.size, LARGEST_RESAMPLE)
    farther = 0
    for _ in range(RESAMPLES):
        sample = np.asarray(model.law.rvs(size, random_state=random), dtype=float)
        farther += anderson_darling(sample, fit(sample, model.family).law) >= model.square
    return replace(model, p=(farther + 1) / (RESAMPLES + 1))


def _aic(values: Floats, model: Model) -> float:
    with np.errstate(divide="ignore"):
        likelihood = float(np.log(np.asarray(model.law.pdf(values), dtype=float)).sum())
    return 2 * len(model.parameters) - 2 * likelihood


def _ratio_p(values: Floats, model: Model, simple: Model) -> float:
    """Return the p-value of a third parameter."""
    gain = float(model.law.logpdf(values).sum() - simple.law.logpdf(values).sum())
    return float(chi2.sf(max(0.0, 2 * gain), 1))


def chosen(tried: list[Candidate], *, from_zero: bool = False) -> tuple[str, str]:
    """Choose a distribution: the simplest kind that the values do not speak against, and in it the best fit.

    Parameters
    ----------
    tried : list of Candidate
        From ``candidates``.
    from_zero : bool, default False
        Whether the characteristic is bound at 0, which makes a folded normal distribution plausible.

    Returns
    -------
    family, reason : str
        The reason: normal_fits, best_of_these, threshold_needed, transformed or nothing_fits.

    Source
    ------
    ISO 22514-2:2017; Anderson-Darling at 5 %, a third parameter by likelihood ratio at 5 %.
    """
    by_family = {candidate.family: candidate for candidate in tried}
    if by_family["normal"].fits:
        return "normal", "normal_fits"
    for kind, reason in (
        (TWO_PARAMETERS, "best_of_these"),
        (THREE_PARAMETERS, "threshold_needed"),
        (TRANSFORMATIONS, "transformed"),
    ):
        fitting = [by_family[family] for family in kind if by_family[family].fits]
        fitting = [one for one in fitting if from_zero or one.family != "folded-normal"]
        if fitting:
            return min(fitting, key=lambda one: one.aic).family, reason
    return "empirical", "nothing_fits"
