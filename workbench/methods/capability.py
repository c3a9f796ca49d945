"""Process capability: how the spread of a characteristic compares with its tolerance.

Decides nothing about stability; see ``spc`` for that, and ask it first.
"""

import math
from dataclasses import replace

import numpy as np
from scipy.stats import chi2, norm

from workbench.errors import Invalid, NoSpread, TooFew
from workbench.methods.capability_model import (
    Capability,
    Index,
    Indices,
    Model,
    Outside,
    StudyPlan,
    Tolerance,
)
from workbench.methods.normality import normality
from workbench.methods.spc_samples import Floats, Samples
from workbench.methods.spc_sigma import sigma_method_for, within_sigma

CONVENTIONS = ("auto", "qcc", "minitab")
MINIMUM_VALUES = 10
RECOMMENDED_VALUES = 100  # AIAG SPC, 2nd ed.: 25 subgroups, 100 values or more


def indices(
    mean: float,
    sigma: float,
    tolerance: Tolerance,
    *,
    n: int,
    freedom: int,
    confidence: float = 0.95,
    as_qcc: bool = False,
) -> Indices:
    """Compute capability indices from a mean and a standard deviation, with confidence intervals.

    Parameters
    ----------
    mean, sigma : float
        In the unit of the tolerance; sigma > 0.
    tolerance : Tolerance
    n : int
        Number of values, >= 2.
    freedom : int
        Degrees of freedom of sigma, >= 1.
    confidence : float, default 0.95
        Of the two-sided intervals of p, pk and pm. Each bound of pl and pu is one-sided at this confidence,
        as in qcc, since they answer a one-sided question.
    as_qcc : bool, default False
        Give pm the degrees of freedom n(1+δ²)/(1+2δ²) of qcc 2.7 instead of Boyles' n(1+δ²)²/(1+2δ²), where
        δ = (mean - target) / sigma; the interval becomes slightly wider.

    Returns
    -------
    Indices

    Source
    ------
    ISO 22514-2:2017; intervals: Chou, Owen and Borrego (1990) for p, Bissell (1990) for pl, pu and pk,
    Boyles (1991) for pm.

    Examples
    --------
    NIST/SEMATECH e-Handbook 6.1.6: limits 8 and 20, mean 16, s = 2.

    >>> found = indices(16.0, 2.0, Tolerance(8.0, 20.0, target=14.0), n=50, freedom=49)
    >>> [round(index.value, 4) for index in (found.p, found.pu, found.pl, found.pk, found.pm)]
    [1.0, 0.6667, 1.3333, 0.6667, 0.7071]
    """
    alpha = 1 - confidence
    one_sided, two_sided = norm.ppf(confidence), norm.ppf(1 - alpha / 2)

    def normal(value: float, z: float) -> Index:
        error = float(z) * math.sqrt(1 / (9 * n) + value**2 / (2 * freedom))
        return Index(value, value - error, value + error)

    def chi(value: float, df: float) -> Index:
        low, high = np.sqrt(chi2.ppf([alpha / 2, 1 - alpha / 2], df) / df)
        return Index(value, value * float(low), value * float(high))

    pm = None
    inner = (tolerance.inner_low, tolerance.inner_high)
    lower, upper = (mean - inner[0]) / (3 * sigma), (inner[1] - mean) / (3 * sigma)
    width = inner[1] - inner[0]
    if math.isfinite(width) and tolerance.aim is not None:
        off = 1 + ((mean - tolerance.aim) / sigma) ** 2
        df = n * off ** (1 if as_qcc else 2) / (2 * off - 1)
        pm = chi(width / (6 * sigma * math.sqrt(off)), df)
    return Indices(
        p=chi(width / (6 * sigma), freedom) if math.isfinite(width) else None,
        pl=normal(lower, one_sided) if math.isfinite(lower) else None,
        pu=normal(upper, one_sided) if math.isfinite(upper) else None,
        pk=normal(min(lower, upper), two_sided),
        pm=pm,
    )


def expected_outside(mean: float, sigma: float, tolerance: Tolerance) -> Outside:
    """Parts per million of a normal distribution outside a tolerance.

    Parameters
    ----------
    mean, sigma : float
        In the unit of the tolerance; sigma > 0.
    tolerance : Tolerance

    Returns
    -------
    Outside

    Source
    ------
    AIAG SPC, 2nd ed., chapter IV.

    Examples
    --------
    >>> round(expected_outside(0.0, 1.0, Tolerance(-3.0, 3.0)).total)
    2700
    """
    below = 1e6 * float(norm.cdf((tolerance.inner_low - mean) / sigma))
    above = 1e6 * float(norm.sf((tolerance.inner_high - mean) / sigma))
    return Outside(below, above, below + above)


def observed_outside(values: Floats, tolerance: Tolerance) -> Outside:
    """Count the values outside a tolerance, in parts per million.

    Parameters
    ----------
    values : array of float
    tolerance : Tolerance

    Returns
    -------
    Outside

    Source
    ------
    None.

    Examples
    --------
    >>> observed_outside(np.array([1.0, 2.0, 3.0, 4.0]), Tolerance(upper=3.0)).above
    250000.0
    """
    below = 1e6 * float(np.mean(values < tolerance.low))
    above = 1e6 * float(np.mean(values > tolerance.high))
    return Outside(below, above, below + above)


def capability(samples: Samples, tolerance: Tolerance, plan: StudyPlan | None = None) -> Capability:
    """Compare the spread of a characteristic with its tolerance, within subgroups and overall.

    Only the baseline is studied. Sources differ in three conventions, which change the numbers slightly:

    ``qcc``
        Cpm from sigma within; n - 1 degrees of freedom for Cp to Cpk; d2 as printed (2.326 for five values).
    ``minitab``
        Cpm from sigma overall; n minus the number of subgroups; d2 as printed.
    ``auto``
        With subgroups as qcc. With individual values Cpm from sigma overall, since moving ranges do not see
        slow changes; n - 1; d2 computed (2/√π).

    Parameters
    ----------
    samples : Samples
        See ``spc_samples.arrange``.
    tolerance : Tolerance
    plan : StudyPlan, optional
        A known ``location`` takes the place of the mean, a known ``scale`` that of sigma within.

    Returns
    -------
    Capability

    Raises
    ------
    Invalid
        If the confidence, the convention or the method is not one of these.
    TooFew
        If the baseline holds fewer than 10 values.
    NoSpread
        If all values are equal.

    Source
    ------
    ISO 22514-2:2017, AIAG SPC 2nd ed.; R package qcc 2.7; jaspQualityControl (verified with Minitab).
    """
    plan = plan or StudyPlan()
    values = studied_values(samples, plan)
    n, overall = int(values.size), float(values.std(ddof=1))
    mean = plan.known.get("location", float(values.mean()))
    single = samples.individuals and plan.convention == "auto"
    method = sigma_method_for(samples) if plan.sigma_method == "auto" else plan.sigma_method
    within = plan.known.get("scale")
    if within is None:
        within = within_sigma(samples, method, exact=single, unbiased=plan.unbiased)
    groups = 1 if samples.individuals else len(samples.baseline)
    freedom = n - groups if plan.convention == "minitab" else n - 1
    as_qcc, sure = plan.convention != "minitab" and not single, plan.confidence
    short = indices(mean, within, tolerance, n=n, freedom=freedom, confidence=sure, as_qcc=as_qcc)
    long = indices(mean, overall, tolerance, n=n, freedom=n - 1, confidence=sure)
    from_overall = single or plan.convention == "minitab"
    if plan.convention == "minitab":  # whose Cpm counts the squares about the target per value, not per n - 1
        about = overall * math.sqrt((n - 1) / n)
        long = replace(long, pm=indices(mean, about, tolerance, n=n, freedom=n - 1, confidence=sure).pm)
    tests = normality(values)
    parameters = {"location": mean, "scale": overall}
    return Capability(
        within=short,
        overall=long,
        cpm=long.pm if from_overall else short.pm,
        cpm_sigma="overall" if from_overall else "within",
        mean=mean,
        sigma_within=within,
        sigma_overall=overall,
        n=n,
        ppm_observed=observed_outside(values, tolerance),
        ppm_within=expected_outside(mean, within, tolerance),
        ppm_overall=expected_outside(mean, overall, tolerance),
        normality=tests,
        tolerance=tolerance,
        model=Model("normal", norm(mean, overall), parameters, tests.anderson_darling, tests.p),
        values=values,
    )


def studied_values(samples: Samples, plan: StudyPlan) -> Floats:
    """Return the values of the baseline, or refuse them.

    Parameters
    ----------
    samples : Samples
    plan : StudyPlan

    Returns
    -------
    array of float

    Raises
    ------
    Invalid, TooFew, NoSpread
        See ``capability``.

    Source
    ------
    None.
    """
    if not 0 < plan.confidence < 1:
        raise Invalid("confidence", given=plan.confidence, expected="between 0 and 1, such as 0.95")
    if plan.convention not in CONVENTIONS:
        raise Invalid("convention", given=repr(plan.convention), expected=", ".join(CONVENTIONS))
    values = samples.values[samples.in_baseline]
    n = int(values.size)
    if n < MINIMUM_VALUES:
        raise TooFew("values for a capability study", need=MINIMUM_VALUES, have=n)
    if not values.std(ddof=1) > 1e-12 * max(1e-300, float(np.abs(values).max())):
        raise NoSpread(f"all {n} values equal {values.mean():g}", hint="record them with more decimals")
    return values
