"""Process capability: how the spread of a characteristic compares with its tolerance.

Decides nothing about stability; see ``spc`` for that, and ask it first.
"""

import math
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

from workbench.errors import Invalid, NoSpread, Refused, TooFew
from workbench.methods.normality import Normality, normality
from workbench.methods.spc_samples import Floats, Samples
from workbench.methods.spc_sigma import sigma_method_for, within_sigma

CONVENTIONS = ("auto", "qcc", "minitab")
MINIMUM_VALUES = 10
RECOMMENDED_VALUES = 100  # AIAG SPC, 2nd ed.: 25 subgroups, 100 values or more


class NoLimits(Refused):
    """Neither specification limit was given."""

    code = "no_limits"


@dataclass(frozen=True)
class Tolerance:
    """Specification limits and target of a characteristic, in its unit; None: there is none.

    Raises
    ------
    NoLimits
        If there is neither a lower nor an upper limit.
    Invalid
        If the limits are not in order, or the target lies outside.
    """

    lower: float | None = None
    upper: float | None = None
    target: float | None = None

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise NoLimits("neither specification limit is given", hint="enter lsl, usl or both")
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            expected = f"below the upper limit {self.upper:g}"
            raise Invalid("lower specification limit", given=f"{self.lower:g}", expected=expected)
        if self.target is not None and not self.low <= self.target <= self.high:
            expected = f"between the limits {self.low:g} and {self.high:g}"
            raise Invalid("target", given=f"{self.target:g}", expected=expected)

    @property
    def low(self) -> float:
        """The lower limit, -inf where there is none."""
        return -math.inf if self.lower is None else self.lower

    @property
    def high(self) -> float:
        """The upper limit, inf where there is none."""
        return math.inf if self.upper is None else self.upper

    @property
    def aim(self) -> float | None:
        """The target, or the middle of two limits."""
        if self.target is not None or math.isinf(self.high - self.low):
            return self.target
        return (self.low + self.high) / 2


class Index(NamedTuple):
    """An index (dimensionless) with its confidence interval."""

    value: float
    low: float
    high: float


class Outside(NamedTuple):
    """Parts per million below the lower limit, above the upper one, and together."""

    below: float
    above: float
    total: float


@dataclass(frozen=True)
class Indices:
    """Indices from one standard deviation; those without a meaning (one limit, no target) are None."""

    p: Index | None  # tolerance width over six standard deviations: Cp, Pp
    pl: Index | None  # distance to the lower limit over three: Cpl, Ppl
    pu: Index | None  # distance to the upper limit over three: Cpu, Ppu
    pk: Index  # the nearer of the two: Cpk, Ppk
    pm: Index | None  # width over six root mean squares about the target: Cpm


@dataclass(frozen=True)
class Capability:
    """A capability study of one characteristic.

    Attributes
    ----------
    within, overall : Indices
        From the spread within subgroups (Cp…) and from all values (Pp…).
    cpm : Index or None
        The Cpm of the convention: from ``within`` or ``overall``.
    cpm_sigma : str
        Which of the two it is.
    mean, sigma_within, sigma_overall : float
        In the unit of the values.
    n : int
        Number of values.
    ppm_observed, ppm_within, ppm_overall : Outside
        Parts per million outside: counted, and expected of normal distributions.
    normality : Normality
    tolerance : Tolerance
    """

    within: Indices
    overall: Indices
    cpm: Index | None
    cpm_sigma: str
    mean: float
    sigma_within: float
    sigma_overall: float
    n: int
    ppm_observed: Outside
    ppm_within: Outside
    ppm_overall: Outside
    normality: Normality
    tolerance: Tolerance

    @property
    def table(self) -> pd.DataFrame:
        """Every index with its interval, one per row: index, sigma, value, low, high."""
        rows = []
        for sigma, letter, indices in (("within", "c", self.within), ("overall", "p", self.overall)):
            for field in fields(indices):
                index = getattr(indices, field.name)
                name = "cpm" if field.name == "pm" else f"{letter}{field.name}"
                if index is not None:
                    rows.append((name, sigma, *index))
        return pd.DataFrame(rows, columns=["index", "sigma", "value", "low", "high"])

    @property
    def ppm_table(self) -> pd.DataFrame:
        """Parts per million outside, one side per row: side, observed, within, overall."""
        columns = {"observed": self.ppm_observed, "within": self.ppm_within, "overall": self.ppm_overall}
        return pd.DataFrame({"side": Outside._fields, **columns})


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
    lower, upper = (mean - tolerance.low) / (3 * sigma), (tolerance.high - mean) / (3 * sigma)
    width = tolerance.high - tolerance.low
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
    below = 1e6 * float(norm.cdf((tolerance.low - mean) / sigma))
    above = 1e6 * float(norm.sf((tolerance.high - mean) / sigma))
    return Outside(below, above, below + above)


def _observed_outside(values: Floats, tolerance: Tolerance) -> Outside:
    below = 1e6 * float(np.mean(values < tolerance.low))
    above = 1e6 * float(np.mean(values > tolerance.high))
    return Outside(below, above, below + above)


def capability(
    samples: Samples,
    tolerance: Tolerance,
    *,
    sigma_method: str = "auto",
    confidence: float = 0.95,
    convention: str = "auto",
) -> Capability:
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
    sigma_method : {"auto", "rbar", "sbar", "pooled", "mr"}
        See ``spc_sigma.within_sigma``; auto: the one of the control chart.
    confidence : float, default 0.95
    convention : {"auto", "qcc", "minitab"}

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
    if not 0 < confidence < 1:
        raise Invalid("confidence", given=confidence, expected="between 0 and 1, such as 0.95")
    if convention not in CONVENTIONS:
        raise Invalid("convention", given=repr(convention), expected=", ".join(CONVENTIONS))
    values = samples.values[samples.in_baseline]
    n = int(values.size)
    if n < MINIMUM_VALUES:
        raise TooFew("values for a capability study", need=MINIMUM_VALUES, have=n)
    mean, overall = float(values.mean()), float(values.std(ddof=1))
    if not overall > 1e-12 * max(1e-300, float(np.abs(values).max())):
        raise NoSpread(f"all {n} values equal {mean:g}", hint="record them with more decimals")
    single = samples.individuals and convention == "auto"
    method = sigma_method_for(samples) if sigma_method == "auto" else sigma_method
    within = within_sigma(samples, method, exact=single)
    groups = 1 if samples.individuals else len(samples.baseline)
    freedom = n - groups if convention == "minitab" else n - 1
    qcc = convention != "minitab"
    short = indices(
        mean, within, tolerance, n=n, freedom=freedom, confidence=confidence, as_qcc=qcc and not single
    )
    long = indices(mean, overall, tolerance, n=n, freedom=n - 1, confidence=confidence)
    from_overall = single or convention == "minitab"
    return Capability(
        within=short,
        overall=long,
        cpm=long.pm if from_overall else short.pm,
        cpm_sigma="overall" if from_overall else "within",
        mean=mean,
        sigma_within=within,
        sigma_overall=overall,
        n=n,
        ppm_observed=_observed_outside(values, tolerance),
        ppm_within=expected_outside(mean, within, tolerance),
        ppm_overall=expected_outside(mean, overall, tolerance),
        normality=normality(values),
        tolerance=tolerance,
    )
