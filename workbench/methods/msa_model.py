"""What a gauge study says, whatever its design: mean squares, components of variance, percentages, classes.

Decides what the numbers mean and what they are held against; ``msa`` and ``msa_range`` compute them.
"""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd

from workbench.errors import Invalid
from workbench.methods.msa_study import Layout

SOURCES = ("gauge", "repeatability", "reproducibility", "operator", "interaction", "part", "total")


class MeanSquare(NamedTuple):
    """One line of an analysis of variance; F and p compare with the line that carries no such effect."""

    source: str
    df: int
    ss: float
    f: float = math.nan
    p: float = math.nan

    @property
    def ms(self) -> float:
        """The mean square, in the squared unit of the values."""
        return self.ss / self.df


class Component(NamedTuple):
    """A component of variance, in the squared unit of the values, with its interval.

    ``raw`` is the estimate before a negative one was set to zero.
    """

    variance: float
    raw: float
    low: float
    high: float

    @property
    def sigma(self) -> float:
        """The standard deviation."""
        return math.sqrt(self.variance)


@dataclass(frozen=True)
class Allowed:
    """What the gauge is held against: a tolerance and a process, where they are known.

    Attributes
    ----------
    tolerance : float or None
        Width between two limits, in the unit of the values.
    lower, upper : float or None
        The limits themselves; with one of them twice the distance to the mean stands for the width.
    historical_sigma : float or None
        Standard deviation of the process; it then replaces the total variation of the study.
    multiplier : float
        Standard deviations that make up a variation: 6, or 5.15.

    Raises
    ------
    Invalid
        If limits are out of order, disagree with the tolerance, or a width is not positive.
    """

    tolerance: float | None = None
    lower: float | None = None
    upper: float | None = None
    historical_sigma: float | None = None
    multiplier: float = 6.0

    def __post_init__(self) -> None:
        for name in ("tolerance", "historical_sigma", "multiplier"):
            given = getattr(self, name)
            if given is not None and not given > 0:
                raise Invalid(name, given=f"{given:g}", expected="more than 0")
        if self.lower is not None and self.upper is not None:
            if self.lower >= self.upper:
                raise Invalid("lower limit", given=f"{self.lower:g}", expected=f"below {self.upper:g}")
            width = self.upper - self.lower
            if self.tolerance is not None and not math.isclose(self.tolerance, width, rel_tol=1e-6):
                hint = "leave one of the two empty"
                raise Invalid(
                    "tolerance",
                    given=f"{self.tolerance:g}",
                    expected=f"{width:g} as the limits say",
                    hint=hint,
                )

    @property
    def one_sided(self) -> bool:
        """Whether there is one limit and nothing else."""
        return self.tolerance is None and (self.lower is None) != (self.upper is None)

    def width(self, mean: float) -> float | None:
        """Return the width of the tolerance, None where there is none."""
        if self.tolerance is not None:
            return self.tolerance
        if self.lower is not None and self.upper is not None:
            return self.upper - self.lower
        limit = self.upper if self.lower is None else self.lower
        return 2 * abs(limit - mean) or None if limit is not None else None


@dataclass(frozen=True)
class GaugeStudy:
    """What a study says about a gauge.

    Attributes
    ----------
    components : dict of str to Component
        By source, see ``SOURCES``; operator and interaction are absent where the design cannot show them.
    lines, pooled_lines : tuple of MeanSquare
        The analysis of variance, with and without the interaction; empty where there is none.
    method : {"anova", "range"}
    pooled : bool
        Whether the interaction was added to repeatability.
    alpha : float
        It is pooled when its p-value is above.
    allowed : Allowed
    layout : Layout
    confidence : float
        Of the intervals.
    share : tuple of float
        Interval of ``percent_grr``, in percent; NaN where there is none.
    own_sigma : float
        Total variation of the study itself, a standard deviation.
    """

    components: dict[str, Component]
    lines: tuple[MeanSquare, ...]
    pooled_lines: tuple[MeanSquare, ...]
    method: str
    pooled: bool
    alpha: float
    allowed: Allowed
    layout: Layout
    confidence: float
    share: tuple[float, float]
    own_sigma: float

    def sigma(self, source: str) -> float | None:
        """Return the standard deviation of a source, None where the design cannot show it."""
        return self.components[source].sigma if source in self.components else None

    @property
    def mean(self) -> float:
        """The mean of all values."""
        return float(self.layout.values.mean())

    @property
    def percent_grr(self) -> float:
        """Gauge variation in percent of the total variation, or of the process where it is known."""
        return self.percent("gauge")

    def percent(self, source: str) -> float:
        """Return the standard deviation of a source in percent of the total."""
        return 100 * self.components[source].sigma / self.components["total"].sigma

    def percent_tolerance(self, source: str = "gauge") -> float | None:
        """Return the variation of a source in percent of the tolerance; None without one."""
        width = self.allowed.width(self.mean)
        return 100 * self.allowed.multiplier * self.components[source].sigma / width if width else None

    @property
    def ndc_exact(self) -> float:
        """1.41 times part variation over gauge variation; infinite when the gauge does not vary."""
        part, gauge = self.components["part"].sigma, self.components["gauge"].sigma
        return 1.41 * part / gauge if gauge > 0 else math.inf

    @property
    def ndc(self) -> int | None:
        """Classes of parts the gauge tells apart: the number above without its decimals, at least 1."""
        exact = self.ndc_exact
        return max(1, math.floor(exact)) if math.isfinite(exact) else None

    @property
    def interaction_p(self) -> float:
        """The p-value of the interaction; NaN where there is none."""
        return next((line.p for line in self.lines if line.source == "interaction"), math.nan)

    @property
    def negative(self) -> tuple[str, ...]:
        """The sources whose estimate was negative and became zero."""
        return tuple(source for source, found in self.components.items() if found.raw < 0)

    @property
    def table(self) -> pd.DataFrame:
        """One source per row: variance, its raw estimate and interval, and every percentage."""
        total, rows = self.components["total"].variance, []
        for source in (source for source in SOURCES if source in self.components):
            found = self.components[source]
            tolerance = self.percent_tolerance(source)
            row = {"source": source, "variance": found.variance, "raw": found.raw}
            row |= {"percent_contribution": 100 * found.variance / total, "sigma": found.sigma}
            row |= {"sigma_low": math.sqrt(found.low), "sigma_high": math.sqrt(found.high)}
            row |= {"study_variation": self.allowed.multiplier * found.sigma}
            row |= {"percent_study": self.percent(source)}
            row |= {"percent_tolerance": math.nan if tolerance is None else tolerance}
            rows.append(row)
        return pd.DataFrame(rows)

    @property
    def anova(self) -> pd.DataFrame:
        """The analysis of variance with the interaction: source, df, ss, ms, f, p."""
        return _line_table(self.lines)

    @property
    def anova_pooled(self) -> pd.DataFrame:
        """The one without; no rows unless the interaction was pooled."""
        return _line_table(self.pooled_lines)


def _line_table(lines: tuple[MeanSquare, ...]) -> pd.DataFrame:
    rows = [(line.source, line.df, line.ss, line.ms, line.f, line.p) for line in lines]
    if rows:
        df, ss = sum(line.df for line in lines), sum(line.ss for line in lines)
        rows.append(("total", df, ss, math.nan, math.nan, math.nan))
    return pd.DataFrame(rows, columns=["source", "df", "ss", "ms", "f", "p"])


def with_process(study: GaugeStudy) -> GaugeStudy:
    """Let a known process stand for the total variation of the study, as AIAG has it.

    Parameters
    ----------
    study : GaugeStudy

    Returns
    -------
    GaugeStudy
        The same where no process is known.

    Source
    ------
    AIAG MSA, 4th ed., III-B: TV = process variation / 6, PV = sqrt(TV² - GRR²).
    """
    sigma = study.allowed.historical_sigma
    if sigma is None:
        return study
    gauge = study.components["gauge"]
    raw = sigma**2 - gauge.variance
    part = Component(max(0.0, raw), raw, max(0.0, sigma**2 - gauge.high), max(0.0, sigma**2 - gauge.low))
    total = Component(sigma**2, sigma**2, sigma**2, sigma**2)
    low, high = (100 * math.sqrt(bound) / sigma for bound in (gauge.low, gauge.high))
    return replace(study, components={**study.components, "part": part, "total": total}, share=(low, high))
