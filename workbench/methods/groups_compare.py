"""The comparison of groups as a whole: which test fits, what it says, and what it could have found.

Chooses the test from the number of groups, their spreads and shapes; what to tell people is in
``groups_words``.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.errors import Invalid, NoSpread, Refused, unknown
from workbench.methods.groups import Anova, Groups, anova
from workbench.methods.groups_power import detectable, sample_size, usual_size
from workbench.methods.groups_tests import (
    Difference,
    Finding,
    bartlett,
    difference,
    from_target,
    levene,
    pairs,
    ranks,
    welch_anova,
)
from workbench.methods.normality import MINIMUM, Normality, normality

TESTS = ("auto", "one-sample", "student", "welch", "mann-whitney", "anova", "welch-anova", "kruskal-wallis")
OF_TWO = ("student", "welch", "mann-whitney")
ON_RANKS = ("mann-whitney", "kruskal-wallis")
ENOUGH_FOR_MEANS = 15  # values per group from which means of skewed values are near enough to normal
SUSPECT = 0.05


class OneGroup(Refused):
    """There is one group only, and no target to compare it with."""

    code = "one_group"


class WrongTest(Refused):
    """The test that was asked for is for another number of groups."""

    code = "wrong_test"

    def __init__(self, test: str, groups: int) -> None:
        self.test, self.groups = test, groups
        super().__init__(f"{test} does not fit", given=f"{groups} groups", hint="choose auto")


@dataclass(frozen=True)
class ComparePlan:
    """How to compare groups; the names are the template's parameters.

    Attributes
    ----------
    test : str
        One of ``TESTS``; auto: see ``choose``.
    alpha : float
        Chance of calling equal groups different.
    target : float or None
        What the mean of the only group is compared with, in the values' unit.
    margin : float or None
        A difference that does not matter, in the values' unit: asks for equivalence.
    detect : float or None
        A difference that must not be missed, in the values' unit: asks for the sample size.
    power : float
        Chance with which it must be found.
    """

    test: str = "auto"
    alpha: float = 0.05
    target: float | None = None
    margin: float | None = None
    detect: float | None = None
    power: float = 0.9

    def __post_init__(self) -> None:
        if self.test not in TESTS:
            raise unknown("test", self.test, TESTS)
        for name in ("alpha", "power"):
            if not 0 < getattr(self, name) < 1:
                raise Invalid(name, given=getattr(self, name), expected="between 0 and 1")
        for name in ("margin", "detect"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                raise Invalid(name, given=value, expected="a number above 0")


@dataclass(frozen=True)
class Checks:
    """What the choice of a test rests on."""

    levene: Finding
    bartlett: Finding
    normality: Normality | None  # of the values minus their group's mean; None with too few
    smallest: int  # values in the smallest group

    @property
    def equal_spread(self) -> bool:
        """Whether the spreads may be taken as equal."""
        return not self.levene.p < SUSPECT

    @property
    def means_are_fair(self) -> bool:
        """Whether means may be compared: values look normal, or there are enough of them."""
        return self.smallest >= ENOUGH_FOR_MEANS or self.normality is None or not self.normality.rejected


@dataclass(frozen=True)
class Comparison:
    """A finished comparison.

    Attributes
    ----------
    test : str
        One of ``TESTS``, never auto.
    finding : Finding
        What that test found.
    anova : Anova
        Always, whatever the test.
    difference : Difference or None
        Of two groups (first minus second), or of one from its target.
    pairs : DataFrame
        Every pair of groups; empty for one.
    tests : DataFrame
        What every test that fits this number of groups says: test, statistic, df1, df2, p, used.
    checks : Checks
    equivalence_p : float
        Chance of groups as alike if one pair differed by the margin; NaN without a margin.
    sample_size : int or None
        Values per group that find ``detect``.
    detectable : float
        Difference that these numbers find with the wanted power, in the values' unit.
    groups : Groups
    plan : ComparePlan
    """

    test: str
    finding: Finding
    anova: Anova
    difference: Difference | None
    pairs: pd.DataFrame
    tests: pd.DataFrame
    checks: Checks
    equivalence_p: float
    sample_size: int | None
    detectable: float
    groups: Groups
    plan: ComparePlan

    @property
    def differs(self) -> bool:
        """Whether the test calls the groups different."""
        return bool(self.finding.p < self.plan.alpha)

    @property
    def equivalent(self) -> bool:
        """Whether all differences are shown to be smaller than the margin."""
        return bool(self.equivalence_p < self.plan.alpha)


def compare(groups: Groups, plan: ComparePlan | None = None) -> Comparison:
    """Compare groups with the test that fits, and say what it could have found.

    Parameters
    ----------
    groups : Groups
        From ``groups.arrange_groups``.
    plan : ComparePlan, optional

    Returns
    -------
    Comparison

    Raises
    ------
    OneGroup
        If there is one group and no target.
    WrongTest
        If the test is for another number of groups.
    NoSpread
        If no group varies.

    Source
    ------
    NIST/SEMATECH e-Handbook, chapter 7; see ``groups_tests``.
    """
    plan = plan or ComparePlan()
    count = len(groups.away)
    if not (groups.variances > 0).any():
        raise NoSpread("values within groups do not differ", hint="record them with more decimals")
    whole, checks = anova(groups), _check(groups)
    test = _settled(plan, count, checks)
    found, apart = _run(groups, plan, whole)
    sigma, n = whole.sigma, usual_size(groups.sizes)
    table = _pairs(groups, test, plan)
    spreads = [checks.levene, checks.bartlett] if count > 1 else []
    return Comparison(
        test=test,
        finding=next(each for each in found if each.name == test),
        anova=whole,
        difference=apart.get(test, apart.get("welch", apart.get("one-sample"))),
        pairs=table,
        tests=_tests_table([*found, *spreads], test),
        checks=checks,
        equivalence_p=_equivalence(apart, table, test, plan),
        sample_size=_needed(plan, count, sigma),
        detectable=sigma * detectable(n, groups=count, power=plan.power, alpha=plan.alpha),
        groups=groups,
        plan=plan,
    )


def _tests_table(found: list[Finding], used: str) -> pd.DataFrame:
    table = pd.DataFrame([vars(each) for each in found]).rename(columns={"name": "test"})
    return table.assign(used=table["test"] == used)


def _needed(plan: ComparePlan, count: int, sigma: float) -> int | None:
    if plan.detect is None:
        return None
    return sample_size(groups=count, effect=plan.detect / sigma, power=plan.power, alpha=plan.alpha)


def _check(groups: Groups) -> Checks:
    residuals = groups.residuals
    shape = normality(residuals) if residuals.size >= MINIMUM else None
    if len(groups.away) == 1:
        nothing = Finding("levene", np.nan, np.nan, np.nan, np.nan)
        return Checks(nothing, nothing, shape, int(groups.sizes.min()))
    return Checks(levene(groups), bartlett(groups), shape, int(groups.sizes.min()))


def choose(count: int, checks: Checks) -> str:
    """Choose the test for a number of groups.

    Parameters
    ----------
    count : int
    checks : Checks

    Returns
    -------
    str
        One group: one-sample. Two: welch. More: anova, or welch-anova when the spreads differ. Where values
        are not normal and a group has fewer than 15 of them: mann-whitney or kruskal-wallis.

    Source
    ------
    Ruxton, Behavioral Ecology 17 (2006) 688-690, on Welch's test without a pre-test of variances; Minitab's
    assistant on 15 values per group.
    """
    if count == 1:
        return "one-sample"
    if not checks.means_are_fair:
        return "mann-whitney" if count == 2 else "kruskal-wallis"
    if count == 2:
        return "welch"
    return "anova" if checks.equal_spread else "welch-anova"


def _settled(plan: ComparePlan, count: int, checks: Checks) -> str:
    if count == 1 and plan.target is None:
        raise OneGroup("one group and nothing to compare it with", given=1, expected="2 groups or a target")
    if plan.test == "auto":
        return choose(count, checks)
    fits = {"one-sample": count == 1, **dict.fromkeys(OF_TWO, count == 2)}.get(plan.test, count >= 2)
    if not fits:
        raise WrongTest(plan.test, count)
    return plan.test


def _run(groups: Groups, plan: ComparePlan, whole: Anova) -> tuple[list[Finding], dict[str, Difference]]:
    """Run every test that fits the number of groups."""
    if plan.target is not None and len(groups.away) == 1:
        one = from_target(groups, plan.target)
        return [Finding("one-sample", one.t, one.df, np.nan, one.p)], {"one-sample": one}
    apart: dict[str, Difference] = {}
    if len(groups.away) == 2:
        apart = {
            "student": difference(groups, 0, 1, pooled=True),
            "welch": difference(groups, 0, 1, pooled=False),
        }
    found = [Finding(name, each.t, each.df, np.nan, each.p) for name, each in apart.items()]
    found.append(Finding("anova", whole.f, whole.df_between, whole.df_within, whole.p))
    found += [welch_anova(groups), *ranks(groups)]
    return found, apart


def _pairs(groups: Groups, test: str, plan: ComparePlan) -> pd.DataFrame:
    if len(groups.away) == 1:
        return pd.DataFrame(columns=["first", "second", "difference", "low", "high", "p", "differs"])
    method = {"anova": "tukey", "student": "tukey"}.get(test, "dunn" if test in ON_RANKS else "games-howell")
    return pairs(groups, method, alpha=plan.alpha, margin=plan.margin)


def _equivalence(apart: dict[str, Difference], table: pd.DataFrame, test: str, plan: ComparePlan) -> float:
    """Return the chance of groups as alike if one difference were the margin: the largest of all pairs."""
    if plan.margin is None:
        return float("nan")
    if test in apart:
        return apart[test].equivalence_p(plan.margin)
    return (
        float(table["equivalence_p"].max())
        if len(table)
        else next(iter(apart.values())).equivalence_p(plan.margin)
    )
