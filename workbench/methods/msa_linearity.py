"""Is a gauge right along its range: bias per part, and the line that bias follows.

Decides the numbers and their tests; whether they suffice is said by ``msa_linearity_words``.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import t as student

from workbench.errors import Invalid, NoSpread, TooFew
from workbench.methods.msa_bias import Bias, Floats, estimate, t_test

LEAST_PARTS = 3  # two parts always lie on a line
LEAST_REPEATS = 2


@dataclass(frozen=True)
class Linearity:
    """A study of linearity and bias.

    Attributes
    ----------
    points : DataFrame
        Every measurement: part, reference, value, bias.
    parts : DataFrame
        One part per row: part, reference, n, mean, bias, low, high, t, p, percent_bias.
    intercept, slope : Bias
        Of the line bias = intercept + slope · reference, each with interval and t test; the slope is
        dimensionless.
    sigma : float
        Standard deviation about the line: repeatability, as AIAG counts it.
    pure_sigma : float
        Standard deviation within parts, which a curve does not inflate.
    r_squared : float
    bias : Bias
        The average over all measurements, tested with ``sigma``.
    process_variation : float or None
        Six sigma of the process, in the unit of the values.
    confidence : float
    missing : int
        Rows left out.
    """

    points: pd.DataFrame
    parts: pd.DataFrame
    intercept: Bias
    slope: Bias
    sigma: float
    pure_sigma: float
    r_squared: float
    bias: Bias
    process_variation: float | None
    confidence: float
    missing: int

    @property
    def linearity(self) -> float | None:
        """The slope times the process variation; None when that is unknown."""
        return None if self.process_variation is None else abs(self.slope.mean) * self.process_variation

    @property
    def percent_linearity(self) -> float:
        """The slope in percent."""
        return 100 * abs(self.slope.mean)

    @property
    def percent_bias(self) -> float | None:
        """The average bias in percent of the process variation; None when that is unknown."""
        return None if self.process_variation is None else 100 * abs(self.bias.mean) / self.process_variation

    def line(self, reference: Floats) -> Floats:
        """Return the expected bias at given references."""
        return self.intercept.mean + self.slope.mean * reference

    def band(self, reference: Floats) -> Floats:
        """Return how far the line may be off at given references: half the width of its interval."""
        known = self.points["reference"].to_numpy(dtype=float)
        away = (reference - known.mean()) ** 2 / ((known - known.mean()) ** 2).sum()
        reach = float(student.isf((1 - self.confidence) / 2, known.size - 2))
        found: Floats = reach * self.sigma * np.sqrt(1 / known.size + away)
        return found

    @property
    def zero_inside(self) -> bool:
        """Whether the band holds zero over the whole range, which AIAG asks for."""
        known = self.points["reference"]
        at = np.linspace(known.min(), known.max(), 101)
        return bool((np.abs(self.line(at)) <= self.band(at)).all())

    @property
    def model(self) -> pd.DataFrame:
        """The line: term, estimate, error, low, high, t, p."""
        rows = []
        for term, found in (("intercept", self.intercept), ("slope", self.slope)):
            error = found.mean / found.t if found.t else math.nan
            rows.append((term, found.mean, error, found.low, found.high, found.t, found.p))
        return pd.DataFrame(rows, columns=["term", "estimate", "error", "low", "high", "t", "p"])


def linearity(
    frame: pd.DataFrame, *, process_variation: float | None = None, confidence: float = 0.95
) -> Linearity:
    """Study the bias of a gauge along its range.

    Parameters
    ----------
    frame : DataFrame
        Columns reference and value, perhaps part; incomplete rows are left out.
    process_variation : float, optional
        Six sigma of the process, or another width to compare with, > 0, in the unit of the values.
    confidence : float, default 0.95

    Returns
    -------
    Linearity

    Raises
    ------
    Invalid
        If the process variation is not positive.
    TooFew
        If there are fewer than three references, or a part was measured once.
    NoSpread
        If no measurement ever differs from the line.

    Source
    ------
    AIAG MSA, 4th ed., III-B, linearity; per part the t test of its own standard deviation, for the average
    that of the regression with n - 2 degrees of freedom, as Minitab.

    Examples
    --------
    >>> value = [1.1, 1.3, 2.1, 2.3, 3.1, 3.3]
    >>> study = linearity(pd.DataFrame({"reference": [1.0, 1.0, 2.0, 2.0, 3.0, 3.0], "value": value}))
    >>> round(study.intercept.mean, 3), round(abs(study.slope.mean), 3)
    (0.2, 0.0)
    """
    if process_variation is not None and not process_variation > 0:
        raise Invalid("process variation", given=f"{process_variation:g}", expected="more than 0")
    columns = [column for column in ("part", "reference", "value") if column in frame]
    points = frame[columns].dropna()
    points = points.assign(bias=points["value"] - points["reference"])
    if "part" not in points:
        points = points.assign(part=points["reference"])
    _check_points(points)
    x, bias = points["reference"].to_numpy(dtype=float), points["bias"].to_numpy(dtype=float)
    n, spread = x.size, float(((x - x.mean()) ** 2).sum())
    slope = float(((x - x.mean()) * bias).sum()) / spread
    intercept = float(bias.mean()) - slope * float(x.mean())
    rest = bias - intercept - slope * x
    sigma = math.sqrt(float((rest**2).sum()) / (n - 2))
    if not sigma > 1e-12 * max(1e-300, float(np.abs(points["value"]).max())):
        raise NoSpread(f"all {n} values lie on a line", hint="record more decimals")
    errors = sigma / math.sqrt(spread), sigma * math.sqrt(1 / n + float(x.mean()) ** 2 / spread)
    total = float(((bias - bias.mean()) ** 2).sum())
    within = points.groupby("part")["bias"]
    pure = math.sqrt(float(within.var(ddof=1).mul(within.size() - 1).sum()) / (n - within.ngroups))
    return Linearity(
        points=points,
        parts=_parts(points, process_variation, confidence),
        intercept=estimate(intercept, errors[1], n - 2, confidence),
        slope=estimate(slope, errors[0], n - 2, confidence),
        sigma=sigma,
        pure_sigma=pure,
        r_squared=1 - float((rest**2).sum()) / total if total > 0 else 0.0,
        bias=t_test(bias, sigma, n - 2, confidence),
        process_variation=process_variation,
        confidence=confidence,
        missing=len(frame) - n,
    )


def _check_points(points: pd.DataFrame) -> None:
    parts = int(points["reference"].nunique())
    if parts < LEAST_PARTS:
        raise TooFew("parts of different size", need=LEAST_PARTS, have=parts, hint="measure more parts")
    repeats = int(points.groupby("part").size().min())
    if repeats < LEAST_REPEATS:
        raise TooFew("measurements of each part", need=LEAST_REPEATS, have=repeats)


def _parts(points: pd.DataFrame, process_variation: float | None, confidence: float) -> pd.DataFrame:
    rows = []
    for part, own in points.groupby("part", sort=False):
        bias = own["bias"].to_numpy(dtype=float)
        found = t_test(bias, float(bias.std(ddof=1)), bias.size - 1, confidence)
        share = math.nan if process_variation is None else 100 * abs(found.mean) / process_variation
        row = (str(part), float(own["reference"].mean()), bias.size, float(own["value"].mean()), found.mean)
        rows.append((*row, found.low, found.high, found.t, found.p, share))
    columns = ["part", "reference", "n", "mean", "bias", "low", "high", "t", "p", "percent_bias"]
    return pd.DataFrame(rows, columns=columns).sort_values("reference", kind="stable").reset_index(drop=True)
