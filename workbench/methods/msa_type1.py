"""Does a gauge repeat, and is it right, on one known part: Cg and Cgk of a type 1 study.

Decides the numbers and their tests; whether they suffice is said by ``msa_type1_words``.
"""

import math
from dataclasses import dataclass

import numpy as np

from workbench.errors import Invalid, TooFew
from workbench.methods.msa_bias import Bias, Floats, t_test

LEAST_VALUES, ADVISED_VALUES = 10, 25  # VDA 5, ISO 22514-7: 25 repeats, 50 preferred


@dataclass(frozen=True)
class TypeOne:
    """A type 1 study.

    Attributes
    ----------
    values : array of float, shape (n,)
        In the order of measuring.
    reference, tolerance : float
        In the unit of the values.
    bias : Bias
    sigma : float
        Standard deviation of the values.
    cg, cgk : float
        Share of the tolerance over the variation, without and with the bias; infinite without spread.
    share : float
        Percent of the tolerance that is compared.
    multiplier : float
        Standard deviations that make up the variation.
    resolution : float
        Given, or the smallest step between values.
    missing : int
        Values left out.
    """

    values: Floats
    reference: float
    tolerance: float
    bias: Bias
    sigma: float
    cg: float
    cgk: float
    share: float
    multiplier: float
    resolution: float
    missing: int

    @property
    def variation(self) -> float:
        """The variation of the gauge: sigma times the multiplier."""
        return self.multiplier * self.sigma

    @property
    def percent_repeatability(self) -> float:
        """Variation in percent of the tolerance: share / Cg."""
        return self.share / self.cg if self.cg > 0 else math.inf

    @property
    def percent_bias(self) -> float:
        """Variation and bias together in percent of the tolerance: share / Cgk; infinite for Cgk <= 0."""
        return self.share / self.cgk if self.cgk > 0 else math.inf

    @property
    def percent_resolution(self) -> float:
        """Resolution in percent of the tolerance."""
        return 100 * self.resolution / self.tolerance

    def needed_tolerance(self, required: float) -> tuple[float, float]:
        """Return the smallest tolerances for which Cg, and Cgk, reach what is required."""
        half = self.multiplier / 2 * self.sigma
        for_cg, for_cgk = 2 * required * half, 2 * (required * half + abs(self.bias.mean))
        return 100 * for_cg / self.share, 100 * for_cgk / self.share


def type_one(
    values: Floats,
    reference: float,
    tolerance: float,
    *,
    share: float = 20.0,
    multiplier: float = 6.0,
    resolution: float | None = None,
    confidence: float = 0.95,
) -> TypeOne:
    """Study a gauge on one part of known size.

    Parameters
    ----------
    values : array of float, shape (n,)
        Repeated measurements in order; missing ones are left out.
    reference, tolerance : float
        In the unit of the values; tolerance > 0.
    share : float, default 20
        Percent of the tolerance that is compared with the variation.
    multiplier : float, default 6
        Standard deviations that make up the variation: 6, or 4 in older company standards.
    resolution : float, optional
        Smallest step of the display; by default the smallest step between values.
    confidence : float, default 0.95

    Returns
    -------
    TypeOne

    Raises
    ------
    Invalid
        If a number is out of bounds.
    TooFew
        If there are fewer than ten values.

    Source
    ------
    ISO 22514-7:2021, VDA 5: Cg = (share · T) / (multiplier · s), Cgk = (share · T / 2 - abs(bias)) /
    (multiplier · s / 2).

    Examples
    --------
    >>> study = type_one(np.tile([9.0, 10.0, 11.0, 10.0], 5), 10.0, 60.0)
    >>> round(study.cg, 3), round(study.cgk, 3)
    (2.757, 2.757)
    """
    for name, number in (("tolerance", tolerance), ("share", share), ("multiplier", multiplier)):
        if not number > 0:
            raise Invalid(name, given=f"{number:g}", expected="more than 0")
    if resolution is not None and not resolution > 0:
        raise Invalid("resolution", given=f"{resolution:g}", expected="more than 0")
    given = np.asarray(values, dtype=float)
    kept = given[np.isfinite(given)]
    if kept.size < LEAST_VALUES:
        raise TooFew("measurements of the part", need=LEAST_VALUES, have=int(kept.size))
    sigma = float(kept.std(ddof=1))
    bias = t_test(kept - reference, sigma, kept.size - 1, confidence)
    part, half = share / 100 * tolerance, multiplier / 2 * sigma
    left = part / 2 - abs(bias.mean)
    return TypeOne(
        values=kept,
        reference=reference,
        tolerance=tolerance,
        bias=bias,
        sigma=sigma,
        cg=part / (2 * half) if half > 0 else math.inf,
        cgk=left / half if half > 0 else math.copysign(math.inf, left),
        share=share,
        multiplier=multiplier,
        resolution=_step(kept) if resolution is None else resolution,
        missing=int(given.size - kept.size),
    )


def _step(values: Floats) -> float:
    """Return the smallest step between values; 0 where all are equal."""
    steps = np.diff(np.unique(values))
    steps = steps[steps > 1e-9 * max(1e-300, float(np.abs(values).max()))]
    return float(steps.min()) if steps.size else 0.0
