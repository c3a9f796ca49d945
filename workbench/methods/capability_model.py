"""What goes into a capability study and what comes out: tolerance, plan, indices, the finished study.

Computes nothing that needs data; the numbers are made in ``capability`` and ``capability_laws``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

import pandas as pd
from scipy.stats import norm

from workbench.errors import Invalid, Refused
from workbench.methods.normality import Floats, Normality

NAN = math.nan


class NoLimits(Refused):
    """Neither specification limit was given."""

    code = "no_limits"


@dataclass(frozen=True)
class Tolerance:
    """Specification limits and target of a characteristic, in its unit; None: there is none.

    Attributes
    ----------
    lower, upper, target : float or None
    lower_is_bound, upper_is_bound : bool
        The limit is a physical bound, such as 0 of a roughness: nothing can lie beyond it. It counts neither
        for an index nor for expected rejects, and values found beyond it are errors of measurement.

    Raises
    ------
    NoLimits
        If there is no limit, or each one is a bound.
    Invalid
        If the limits are not in order, or the target lies outside.
    """

    lower: float | None = None
    upper: float | None = None
    target: float | None = None
    lower_is_bound: bool = False
    upper_is_bound: bool = False

    def __post_init__(self) -> None:
        if self.lower is None and self.upper is None:
            raise NoLimits("neither specification limit is given", hint="enter lsl, usl or both")
        if math.isinf(self.inner_low) and math.isinf(self.inner_high):
            hint = "enter a limit that parts can miss"
            raise NoLimits("every limit given is a physical bound", hint=hint)
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
    def inner_low(self) -> float:
        """The lower limit that parts can miss, -inf where there is none."""
        return -math.inf if self.lower_is_bound else self.low

    @property
    def inner_high(self) -> float:
        """The upper limit that parts can miss, inf where there is none."""
        return math.inf if self.upper_is_bound else self.high

    @property
    def aim(self) -> float | None:
        """The target, or the middle of two limits."""
        if self.target is not None or math.isinf(self.inner_high - self.inner_low):
            return self.target
        return (self.low + self.high) / 2


class Index(NamedTuple):
    """An index (dimensionless) with its confidence interval; NaN where there is no interval."""

    value: float
    low: float = NAN
    high: float = NAN


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
    pk: Index | None  # the nearer of the two: Cpk, Ppk
    pm: Index | None  # width over six root mean squares about the target: Cpm


NOTHING = Indices(None, None, None, None, None)
UNKNOWN = Outside(NAN, NAN, NAN)


@dataclass(frozen=True)
class StudyPlan:
    """How a study is to be made; the names are the template's parameters.

    Attributes
    ----------
    distribution : str
        ``normal``, ``auto``, one of ``distributions.PARAMETERS``, ``box-cox``, ``johnson`` or ``empirical``.
    index_method : str
        Of distributions that are not normal: ``quantile`` (the middle and the 0.135 % and 99.865 %
        quantiles, as ISO 22514-4) or ``z`` (the normal quantile of the share outside, over three).
    sigma_method : str
        ``auto``, or see ``spc_sigma.within_sigma``.
    confidence : float
    convention : str
        See ``capability.capability``.
    unbiased : bool
        Correct mean and pooled standard deviations by c4.
    known : mapping
        Parameters known beforehand, see ``distributions.fit``; of the normal one location and scale (within).
    lambda_ : float or None
        Power of the Box-Cox transformation; None: the most likely.
    """

    distribution: str = "normal"
    index_method: str = "quantile"
    sigma_method: str = "auto"
    confidence: float = 0.95
    convention: str = "auto"
    unbiased: bool = True
    known: Mapping[str, float] = field(default_factory=dict)
    lambda_: float | None = None


@dataclass(frozen=True)
class Model:
    """The distribution a study believes in.

    Attributes
    ----------
    family : str
    law : object
        With cdf, sf, ppf and, except for ``empirical``, pdf.
    parameters : dict
    square, p : float
        Anderson-Darling statistic and p-value; NaN where there is none.
    """

    family: str
    law: Any
    parameters: Mapping[str, float]
    square: float
    p: float

    @property
    def rejected(self) -> bool:
        """Whether the values speak against the distribution at 5 %."""
        return self.p < 0.05


@dataclass(frozen=True)
class Capability:
    """A capability study of one characteristic.

    Attributes
    ----------
    within, overall : Indices
        From the spread within subgroups (Cp…; none for a distribution without it) and from all values (Pp…).
    cpm : Index or None
        The Cpm of the convention: from ``within`` or ``overall``.
    cpm_sigma : str
        Which of the two it is.
    mean, sigma_within, sigma_overall : float
        In the unit of the values.
    n : int
        Number of values.
    ppm_observed, ppm_within, ppm_overall : Outside
        Parts per million outside: counted, and expected of the distribution.
    normality : Normality
    tolerance : Tolerance
    model : Model
        The distribution of all values.
    values : array of float
        The values studied.
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
    model: Model
    values: Floats

    @property
    def headline(self) -> tuple[str, Index | None]:
        """The index a promise rests on: Cpk, or Ppk where the spread within subgroups has no meaning."""
        return ("Ppk", self.overall.pk) if self.within.pk is None else ("Cpk", self.within.pk)

    @property
    def z_within(self) -> float:
        """Z bench: the normal quantile that leaves as many outside as the spread within does."""
        return float(norm.isf(self.ppm_within.total / 1e6))

    @property
    def z_overall(self) -> float:
        """Z bench of all values."""
        return float(norm.isf(self.ppm_overall.total / 1e6))

    @property
    def table(self) -> pd.DataFrame:
        """Every index with its interval, one per row: index, sigma, value, low, high."""
        rows = []
        for sigma, letter, indices in (("within", "c", self.within), ("overall", "p", self.overall)):
            for short in (part.name for part in fields(indices)):
                index = getattr(indices, short)
                name = "cpm" if short == "pm" else f"{letter}{short}"
                if index is not None:
                    rows.append((name, sigma, *index))
        return pd.DataFrame(rows, columns=["index", "sigma", "value", "low", "high"])

    @property
    def ppm_table(self) -> pd.DataFrame:
        """Parts per million outside, one side per row: side, observed, within, overall."""
        columns = {"observed": self.ppm_observed, "within": self.ppm_within, "overall": self.ppm_overall}
        return pd.DataFrame({"side": Outside._fields, **columns})
