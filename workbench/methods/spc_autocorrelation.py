"""Do neighbouring points resemble each other? Control limits suppose that they do not.

Decides whether the points of a chart are dependent, and how far apart they would have to be taken.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import norm

from workbench.methods.spc_change import Change, without
from workbench.methods.spc_samples import Floats, Positions

FEWEST = 20  # points: below, an autocorrelation says nothing
FARTHEST = 50  # points apart
RELEVANT = 0.2  # a weaker dependence moves limits by less than their own uncertainty
CHANCE = 0.01


@dataclass(frozen=True)
class Autocorrelation:
    """How much neighbours resemble each other.

    Attributes
    ----------
    value : float
        Autocorrelation of points next to each other about their mean, -1 to 1.
    beside_change : float
        The same without the change of the mean, which makes neighbours alike, too.
    limit : float
        What chance alone exceeds once in a hundred charts of independent points.
    apart : int
        Every so many points, the resemblance is lost; 0: not within 50 points.
    """

    value: float
    beside_change: float
    limit: float
    apart: int

    @property
    def found(self) -> bool:
        """Whether it is more than chance, and strong enough to matter."""
        return abs(self.beside_change) > max(self.limit, RELEVANT)


def autocorrelation(
    deviations: Floats, stages: Sequence[Positions], *, change: Change | None = None
) -> Autocorrelation | None:
    """Tell how much neighbouring points resemble each other.

    Parameters
    ----------
    deviations : array of float, shape (k,)
        Points minus their centre, in any unit; NaN where there is none.
    stages : sequence of array of int
        Positions of points that follow each other; neighbours of different stages are not compared.
    change : Change, optional
        The lasting change of the mean that is known.

    Returns
    -------
    Autocorrelation or None
        None for fewer than 20 points, or points that do not differ.

    Source
    ------
    Box, Jenkins and Reinsel, Time Series Analysis, section 2.1; NIST/SEMATECH e-Handbook 1.3.5.12.

    Examples
    --------
    >>> round(autocorrelation(np.tile([1.0, -1.0], 20), [np.arange(40)]).value, 3)
    -0.975
    """
    whole = _Series(deviations, stages)
    if whole.count < FEWEST or not whole.total > 0:
        return None
    value = whole.at_lag(1)
    rest = whole if change is None else _Series(without(deviations, change), stages)
    beside = rest.at_lag(1) if rest.total > 0 else 0.0
    found = Autocorrelation(value, beside, float(norm.isf(CHANCE / 2)) / math.sqrt(whole.count), apart=0)
    if not found.found:
        return found
    enough = max(found.limit, RELEVANT)
    lags = range(2, min(FARTHEST, whole.count // 4) + 1)
    return replace(found, apart=next((lag for lag in lags if abs(rest.at_lag(lag)) < enough), 0))


class _Series:
    """Points of all stages, each stage about its own mean."""

    def __init__(self, deviations: Floats, stages: Sequence[Positions]) -> None:
        parts = [deviations[at][np.isfinite(deviations[at])] for at in stages]
        self.parts = [part - part.mean() for part in parts if part.size > 1]
        self.count = sum(part.size for part in self.parts)
        self.total = sum(float(part @ part) for part in self.parts)

    def at_lag(self, lag: int) -> float:
        products = (float(part[lag:] @ part[:-lag]) for part in self.parts if part.size > lag)
        return sum(products) / self.total
