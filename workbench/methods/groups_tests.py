"""Tests of groups: means, medians, spreads, equivalence, and every pair of groups.

Decides nothing about which test fits; that is in ``groups_compare``.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.special import chdtrc, fdtrc, stdtr, stdtrit
from scipy.stats import kruskal, mannwhitneyu, norm, rankdata, studentized_range

from workbench.errors import NoSpread
from workbench.methods.decimals import Floats
from workbench.methods.groups import Groups, anova

NODES = 6  # quantiles of the studentized range are interpolated between as many degrees of freedom


@dataclass(frozen=True)
class Finding:
    """What a test found: statistic, degrees of freedom (NaN where it has none), chance if nothing differs."""

    name: str
    statistic: float
    df1: float
    df2: float
    p: float


@dataclass(frozen=True)
class Difference:
    """A difference of two means (or a mean and a target) in the values' unit, with its standard error."""

    size: float
    error: float
    df: float

    def interval(self, confidence: float) -> tuple[float, float]:
        """Return the two-sided confidence interval."""
        width = float(stdtrit(self.df, (1 + confidence) / 2)) * self.error
        return self.size - width, self.size + width

    @property
    def t(self) -> float:
        """The difference in standard errors."""
        return self.size / self.error if self.error > 0 else float("nan")

    @property
    def p(self) -> float:
        """Chance of as large a difference under equal means."""
        return float(2 * stdtr(self.df, -abs(self.t)))

    def equivalence_p(self, margin: float) -> float:
        """Chance of a difference as small if the true one were the margin (two one-sided tests)."""
        reach = (margin - abs(self.size)) / self.error
        return float(stdtr(self.df, -reach))


def difference(groups: Groups, first: int, second: int, *, pooled: bool) -> Difference:
    """Compare the means of two groups: first minus second.

    Parameters
    ----------
    groups : Groups
    first, second : int
        Positions.
    pooled : bool
        One variance for both (Student), or one for each (Welch).

    Returns
    -------
    Difference

    Raises
    ------
    NoSpread
        If neither group varies.

    Source
    ------
    NIST/SEMATECH e-Handbook, 7.3.1; Welch, Biometrika 34 (1947) 28-35.
    """
    n1, n2 = groups.sizes[[first, second]]
    v1, v2 = groups.variances[[first, second]]
    if not v1 + v2 > 0:
        raise NoSpread("values within groups do not differ", hint="record them with more decimals")
    size = float(groups.means[first] - groups.means[second])
    if pooled:
        variance = ((n1 - 1) * v1 + (n2 - 1) * v2) / (n1 + n2 - 2)
        return Difference(size, float(np.sqrt(variance * (1 / n1 + 1 / n2))), float(n1 + n2 - 2))
    square = v1 / n1 + v2 / n2
    df = square**2 / ((v1 / n1) ** 2 / (n1 - 1) + (v2 / n2) ** 2 / (n2 - 1))
    return Difference(size, float(np.sqrt(square)), float(df))


def from_target(groups: Groups, target: float) -> Difference:
    """Compare the mean of the only group with a target: mean minus target.

    Parameters
    ----------
    groups : Groups
    target : float
        In the values' unit.

    Returns
    -------
    Difference

    Source
    ------
    NIST/SEMATECH e-Handbook, 1.3.5.2.
    """
    n, variance = float(groups.sizes[0]), float(groups.variances[0])
    if not variance > 0:
        raise NoSpread("the values do not differ", hint="record them with more decimals")
    return Difference(float(groups.origin - target + groups.means[0]), float(np.sqrt(variance / n)), n - 1)


def welch_anova(groups: Groups) -> Finding:
    """Compare means without assuming equal variances.

    Parameters
    ----------
    groups : Groups

    Returns
    -------
    Finding

    Source
    ------
    Welch, Biometrika 38 (1951) 330-336.
    """
    k, n, means = len(groups.away), groups.sizes, groups.means
    if not (groups.variances > 0).all():
        return Finding("welch-anova", np.nan, np.nan, np.nan, np.nan)
    weight = n / groups.variances
    share = weight / weight.sum()
    between = float((weight * (means - (share * means).sum()) ** 2).sum() / (k - 1))
    loss = float(((1 - share) ** 2 / (n - 1)).sum())
    statistic = between / (1 + 2 * (k - 2) / (k**2 - 1) * loss)
    df2 = (k**2 - 1) / (3 * loss)
    return Finding("welch-anova", statistic, k - 1, df2, float(fdtrc(k - 1, df2, statistic)))


def levene(groups: Groups) -> Finding:
    """Compare spreads by the distances from each group's median (Brown and Forsythe): for any distribution.

    Parameters
    ----------
    groups : Groups

    Returns
    -------
    Finding

    Source
    ------
    NIST/SEMATECH e-Handbook, 1.3.5.10.
    """
    distances = tuple(np.abs(part - np.median(part)) for part in groups.away)
    found = anova(Groups(groups.names, 0.0, distances, {}))
    return Finding("levene", found.f, found.df_between, found.df_within, found.p)


def bartlett(groups: Groups) -> Finding:
    """Compare variances of normal values; sensitive to anything that is not normal.

    Parameters
    ----------
    groups : Groups

    Returns
    -------
    Finding

    Source
    ------
    NIST/SEMATECH e-Handbook, 1.3.5.7.
    """
    k, freedom, variances = len(groups.away), groups.sizes - 1, groups.variances
    if k < 2 or not (variances > 0).all():
        return Finding("bartlett", np.nan, np.nan, np.nan, np.nan)
    pooled = (freedom * variances).sum() / freedom.sum()
    correction = 1 + ((1 / freedom).sum() - 1 / freedom.sum()) / (3 * (k - 1))
    statistic = float((freedom.sum() * np.log(pooled) - (freedom * np.log(variances)).sum()) / correction)
    return Finding("bartlett", statistic, k - 1, np.nan, float(chdtrc(k - 1, statistic)))


def ranks(groups: Groups) -> list[Finding]:
    """Compare groups by the ranks of their values: Kruskal-Wallis, and Mann-Whitney for two.

    Parameters
    ----------
    groups : Groups

    Returns
    -------
    list of Finding
        Mann-Whitney: U of the first group, exact for few values without ties.

    Source
    ------
    Mann and Whitney (1947); Kruskal and Wallis (1952); as scipy.stats.
    """
    if not np.ptp(np.concatenate(groups.away)) > 0:
        return [Finding("kruskal-wallis", np.nan, np.nan, np.nan, np.nan)]
    several = kruskal(*groups.away)
    freedom = len(groups.away) - 1
    found = [Finding("kruskal-wallis", float(several.statistic), freedom, np.nan, float(several.pvalue))]
    if len(groups.away) == 2:
        two = mannwhitneyu(*groups.away, alternative="two-sided")
        found.append(Finding("mann-whitney", float(two.statistic), np.nan, np.nan, float(two.pvalue)))
    return found


def pairs(groups: Groups, method: str, *, alpha: float, margin: float | None = None) -> pd.DataFrame:
    """Compare every pair of groups, the chance of any false difference kept at ``alpha``.

    Parameters
    ----------
    groups : Groups
        At least two.
    method : {"tukey", "games-howell", "dunn"}
        One variance for all; one for each; ranks with Holm's correction.
    alpha : float
    margin : float, optional
        Difference that does not matter, in the values' unit.

    Returns
    -------
    DataFrame
        first, second, difference (first minus second; of medians for dunn), low, high, p, differs, and with a
        margin equivalence_p.

    Source
    ------
    Tukey-Kramer; Games and Howell, Journal of Educational Statistics 1 (1976) 113-125; Dunn, Technometrics 6
    (1964) 241-252; Schuirmann, Journal of Pharmacokinetics 15 (1987) 657-680.
    """
    at = list(combinations(range(len(groups.away)), 2))
    table = pd.DataFrame([(groups.names[i], groups.names[j]) for i, j in at], columns=["first", "second"])
    found = [_pair(groups, i, j, method) for i, j in at]
    size = np.array([each.size for each in found])
    if method == "dunn":
        medians = np.array([np.median(part) for part in groups.away])
        table["difference"] = [medians[i] - medians[j] for i, j in at]
        table["low"], table["high"], table["p"] = np.nan, np.nan, _dunn(groups, at)
    else:
        error, df = np.array([each.error for each in found]), np.array([each.df for each in found])
        width = range_quantiles(1 - alpha, len(groups.away), df) / np.sqrt(2) * error
        table["difference"], table["low"], table["high"] = size, size - width, size + width
        distance = np.sqrt(2) * np.abs(size) / error
        table["p"] = np.clip(studentized_range.sf(distance, len(groups.away), df), 0.0, 1.0)
    table["differs"] = table["p"] < alpha
    if margin is not None:
        table["equivalence_p"] = [each.equivalence_p(margin) for each in found]
    return table


def _pair(groups: Groups, first: int, second: int, method: str) -> Difference:
    if method != "tukey":
        return difference(groups, first, second, pooled=False)
    whole = anova(groups)
    n1, n2 = groups.sizes[[first, second]]
    size = float(groups.means[first] - groups.means[second])
    return Difference(size, whole.sigma * float(np.sqrt(1 / n1 + 1 / n2)), float(whole.df_within))


def range_quantiles(share: float, k: int, df: Floats) -> Floats:
    """Return quantiles of the studentized range; each takes 0.1 s, so many are interpolated in 1/df.

    Parameters
    ----------
    share : float
        Probability.
    k : int
        Number of groups.
    df : array of float, shape (m,)

    Returns
    -------
    array of float, shape (m,)

    Source
    ------
    As scipy.stats.studentized_range; Chebyshev interpolation, 1e-5 or closer.
    """
    different = np.unique(df)
    if different.size > NODES:
        ends = 1 / different[[0, -1]]
        at = ends.mean() + (ends[0] - ends[1]) / 2 * np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES)
        curve = np.polynomial.chebyshev.Chebyshev.fit(at, studentized_range.ppf(share, k, 1 / at), NODES - 1)
        found: Floats = curve(1 / df)
        return found
    quantile = dict(zip(different, studentized_range.ppf(share, k, different), strict=True))
    return np.array([quantile[each] for each in df])


def _dunn(groups: Groups, at: list[tuple[int, int]]) -> Floats:
    """Return Holm's corrected chances of the differences of mean ranks."""
    values = np.concatenate(groups.away)
    rank, total = rankdata(values), values.size
    ends = np.cumsum(groups.sizes.astype(int))[:-1]
    mean_ranks = np.array([part.mean() for part in np.split(rank, ends)])
    _, ties = np.unique(values, return_counts=True)
    variance = (total * (total + 1) - (ties**3 - ties).sum() / (total - 1)) / 12
    z = [
        abs(mean_ranks[i] - mean_ranks[j]) / np.sqrt(variance * (1 / groups.sizes[i] + 1 / groups.sizes[j]))
        for i, j in at
    ]
    return holm(2 * norm.sf(np.array(z)))


def holm(p: Floats) -> Floats:
    """Correct chances for the number of comparisons, so that any false one stays below the stated chance.

    Parameters
    ----------
    p : array of float, shape (m,)

    Returns
    -------
    array of float, shape (m,)
        In the same order.

    Source
    ------
    Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.

    Examples
    --------
    >>> holm(np.array([0.01, 0.04, 0.03])).round(4).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    raised = np.maximum.accumulate(p[order] * (p.size - np.arange(p.size)))
    corrected = np.empty(p.size)
    corrected[order] = np.minimum(raised, 1.0)
    return corrected
