"""Do counts scatter as chance alone would make them, or more, or less?

Decides nothing about single points; the remedy, Laney's chart, is in ``attribute``.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import chi2

from workbench.methods.attribute_rare import MR_TO_SIGMA

SUSPECT = 0.01  # chance below which scatter is called more, or less, than chance


@dataclass(frozen=True)
class Dispersion:
    """How much counts scatter, compared with chance alone.

    Attributes
    ----------
    ratio : float
        Mean square of the standardised distances from the centre; 1 is chance.
    p_over, p_under : float
        Chance of as much, and of as little, scatter (chi-square).
    sigma_z : float
        The same from neighbouring points only, as a standard deviation: Laney's factor.
    """

    ratio: float
    p_over: float
    p_under: float
    sigma_z: float

    @property
    def over(self) -> bool:
        """Whether counts scatter more than chance allows, also from one point to the next."""
        return self.p_over < SUSPECT and self.sigma_z > 1.2

    @property
    def under(self) -> bool:
        """Whether counts scatter too little: smoothed, shared out, or mixed in every sample."""
        return self.p_under < SUSPECT and self.sigma_z < 0.9


def scatter(points: pd.DataFrame, *, estimated: bool) -> Dispersion:
    """Compare the scatter of the baseline with chance.

    Parameters
    ----------
    points : DataFrame
        Columns ``z`` (distance from the level in standard errors of a binomial or Poisson count) and
        ``baseline`` (boolean), one row per point in order.
    estimated : bool
        Whether the level was estimated from these points, which costs a degree of freedom.

    Returns
    -------
    Dispersion

    Source
    ------
    Cochran, Biometrics 10 (1954) 417-451: the index of dispersion; Laney, Quality Engineering 14 (2002)
    531-537: the moving range of standardised points over 1.128.

    Examples
    --------
    >>> points = pd.DataFrame({"z": [1.0, -1.0, 1.0, -1.0], "baseline": True})
    >>> round(scatter(points, estimated=True).ratio, 4)
    1.3333
    """
    z = points.loc[points["baseline"], "z"].to_numpy(dtype=float)
    freedom = max(1, z.size - (1 if estimated else 0))
    square = float(z @ z)
    places = np.flatnonzero(points["baseline"].to_numpy())
    steps = np.abs(np.diff(z))[np.diff(places) == 1]  # a step over points outside belongs to nobody
    sigma_z = float(steps.mean()) / MR_TO_SIGMA if steps.size else math.nan
    over, under = float(chi2.sf(square, freedom)), float(chi2.cdf(square, freedom))
    return Dispersion(square / freedom, over, under, sigma_z)
