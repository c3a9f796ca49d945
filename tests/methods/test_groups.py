"""Comparing groups: certified and published numbers, oracles, invariances, words, refusals."""

import math
import re
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.errors import Invalid, NoSpread, NotFound, TooFew
from workbench.methods.decimals import centred
from workbench.methods.groups import NoValues, TooManyGroups, anova, arrange_groups
from workbench.methods.groups_compare import ComparePlan, OneGroup, WrongTest, compare
from workbench.methods.groups_power import detectable, power_of, sample_size
from workbench.methods.groups_refusals import attempt_comparison
from workbench.methods.groups_tests import difference, holm, pairs, range_quantiles
from workbench.methods.groups_words import describe_comparison

GEAR = "nist_ehandbook/GEAR.DAT"
ANOVA_SETS = ("SiRstv", "SmLs01", "SmLs04", "SmLs07")


def digits(found, certified):
    """The log relative error, at most 15."""
    return 15.0 if found == certified else min(15.0, -math.log10(abs(found - certified) / abs(certified)))


def certified_set(reference, name):
    lines = (reference / f"nist_strd/anova/{name}.dat").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines[60:] if line.strip()]
    numbers = [float(x) for line in lines[40:50] for x in re.findall(r"\d\.\d+E[+-]\d+", line)]
    return pd.DataFrame(rows, columns=["group", "value"]).astype({"value": float}), numbers


def three(shift=0.0, *, n=20, seed=4, spread=(1.0, 1.0, 1.0)):
    random = np.random.default_rng(seed)
    values = [random.normal(0, s, n) + (shift if i == 2 else 0) for i, s in enumerate(spread)]
    return pd.DataFrame({"value": np.concatenate(values), "group": np.repeat(list("abc"), n)})


def two(shift=0.0, *, n=20, seed=4):
    return three(shift, n=n, seed=seed).query("group != 'a'")


def compared(frame, **plan):
    return compare(arrange_groups(frame), ComparePlan(**plan))


@pytest.mark.parametrize("name", ANOVA_SETS)
def test_analysis_of_variance_has_all_certified_digits(reference, name):
    frame, certified = certified_set(reference, name)

    found = anova(arrange_groups(frame))

    obtained = [found.ss_between, found.ms_between, found.f, found.ss_within, found.ms_within]
    obtained += [found.r_squared, found.sigma]
    assert min(digits(a, b) for a, b in zip(obtained, certified, strict=True)) >= 14


def test_the_hardest_certified_layout_keeps_its_digits():
    """As SmLs09: nine groups of 2001 values with thirteen constant leading digits."""
    steps = np.tile([0.3, 0.5], 1000)
    values = [np.concatenate([[c], steps + c - 0.4]) for c in np.arange(1, 10) / 10 + 0.3]
    easy = pd.DataFrame({"value": np.concatenate(values).round(1), "group": np.repeat(range(9), 2001)})
    hard = easy.assign(value=(10_000_000_000_000 + np.rint(easy["value"] * 10)).to_numpy() / 10)

    one, other = anova(arrange_groups(easy)), anova(arrange_groups(hard))

    assert digits(other.ss_between, one.ss_between) >= 14
    assert digits(other.f, _exact_f(easy)) >= 14


def _exact_f(frame):
    groups = [[Fraction(round(v * 10), 10) for v in part["value"]] for _, part in frame.groupby("group")]
    means = [sum(part) / len(part) for part in groups]
    grand = sum(map(sum, groups)) / sum(map(len, groups))
    between = sum(len(part) * (mean - grand) ** 2 for part, mean in zip(groups, means, strict=True))
    within = sum(sum((v - mean) ** 2 for v in part) for part, mean in zip(groups, means, strict=True))
    return float(between / (len(groups) - 1) / (within / (sum(map(len, groups)) - len(groups))))


def test_values_that_are_no_short_decimals_are_measured_from_their_median():
    values = np.random.default_rng(1).normal(size=9)

    origin, away = centred(values)

    assert origin + away == pytest.approx(values, abs=1e-15)


def test_spreads_equal_nist(reference, published):
    lines = (reference / GEAR).read_text(encoding="utf-8").splitlines()
    start = next(i for i, line in enumerate(lines) if line.startswith("----"))
    rows = [line.split() for line in lines[start + 1 :] if line.strip()]
    frame = pd.DataFrame(rows, columns=["value", "group"]).astype(float)

    found = compared(frame, test="anova")

    assert found.checks.bartlett.statistic == published(GEAR, "Bartlett T")
    assert found.checks.levene.statistic == published(GEAR, "Levene W (median)")
    assert found.finding.statistic == published(GEAR, "one-way ANOVA F")


def test_every_test_equals_scipy():
    frame = two(0.7)
    x, y = (part["value"].to_numpy() for _, part in frame.groupby("group"))
    found = compared(frame).tests.set_index("test")

    for name, expected in (
        ("student", stats.ttest_ind(x, y)),
        ("welch", stats.ttest_ind(x, y, equal_var=False)),
        ("anova", stats.f_oneway(x, y)),
        ("levene", stats.levene(x, y)),
        ("bartlett", stats.bartlett(x, y)),
        ("mann-whitney", stats.mannwhitneyu(x, y)),
        ("kruskal-wallis", stats.kruskal(x, y)),
    ):
        assert found.loc[name, "statistic"] == pytest.approx(expected.statistic)
        assert found.loc[name, "p"] == pytest.approx(expected.pvalue)


def test_welchs_analysis_of_two_groups_is_welchs_t_squared():
    found = compared(two(0.7)).tests.set_index("test")

    assert found.loc["welch-anova", "statistic"] == pytest.approx(found.loc["welch", "statistic"] ** 2)
    assert found.loc["welch-anova", "p"] == pytest.approx(found.loc["welch", "p"])


@pytest.mark.parametrize(("method", "equal"), [("tukey", True), ("games-howell", False)])
def test_pairs_equal_scipy(method, equal):
    frame = three(1.0, spread=(1.0, 2.0, 0.5))
    parts = [part["value"].to_numpy() for _, part in frame.groupby("group")]
    expected = stats.tukey_hsd(*parts, equal_var=equal)

    found = pairs(arrange_groups(frame), method, alpha=0.05)

    interval = expected.confidence_interval(0.95)
    at = ([0, 0, 1], [1, 2, 2])
    assert found["p"].tolist() == pytest.approx(expected.pvalue[at].tolist(), abs=1e-6)
    assert found["low"].tolist() == pytest.approx(interval.low[at].tolist(), abs=1e-5)


def test_quantiles_for_many_pairs_are_interpolated_closely():
    df = np.linspace(12, 60, 40)

    found = range_quantiles(0.95, 6, df)

    assert found[[1, 20]] == pytest.approx(stats.studentized_range.ppf(0.95, 6, df[[1, 20]]), rel=1e-5)


def test_equality_within_a_margin_equals_two_one_sided_tests():
    frame = two(0.1, n=40)
    x, y = (part["value"].to_numpy() for _, part in frame.groupby("group"))
    below = stats.ttest_ind(x + 0.8, y, equal_var=False, alternative="greater").pvalue
    above = stats.ttest_ind(x - 0.8, y, equal_var=False, alternative="less").pvalue

    found = compared(frame, margin=0.8)

    assert found.equivalence_p == pytest.approx(max(below, above))
    assert describe_comparison(found).code == "equivalent"


def test_sample_sizes_are_those_of_cohens_tables():
    assert sample_size(groups=2, effect=0.5, power=0.8) == 64
    assert sample_size(groups=2, effect=0.8, power=0.8) == 26
    assert sample_size(groups=2, effect=0.2, power=0.8) == 394
    assert sample_size(groups=1, effect=0.5, power=0.8) == 34


def test_the_stated_power_is_what_simulation_gives():
    random = np.random.default_rng(9)
    hits = sum(
        stats.f_oneway(random.normal(0, 1, 12), random.normal(0.6, 1, 12), random.normal(1.2, 1, 12)).pvalue
        < 0.05
        for _ in range(1500)
    )

    assert power_of(12, groups=3, effect=1.2) == pytest.approx(hits / 1500, abs=0.04)
    assert detectable(12, groups=3, power=power_of(12, groups=3, effect=1.2)) == pytest.approx(1.2, rel=1e-6)


@settings(max_examples=15, deadline=None)
@given(
    scale=st.floats(0.001, 1000),
    shift=st.floats(-1e6, 1e6),
    order=st.permutations(range(60)),
)
def test_tests_do_not_depend_on_unit_origin_or_order_of_rows(scale, shift, order):
    frame = three(0.8)
    other = frame.assign(value=frame["value"] * scale + shift).iloc[list(order)]

    one, two_ = compared(frame), compared(other)

    assert two_.finding.statistic == pytest.approx(one.finding.statistic, rel=1e-5)
    assert two_.checks.levene.p == pytest.approx(one.checks.levene.p, rel=1e-4)
    assert two_.anova.sigma == pytest.approx(one.anova.sigma * scale, rel=1e-5)


@settings(deadline=None)
@given(values=st.lists(st.integers(-50, 50), min_size=9, max_size=30))
def test_sums_of_squares_add_up(values):
    frame = pd.DataFrame({"value": values, "group": np.arange(len(values)) % 3})

    found = anova(arrange_groups(frame))

    assert found.ss_between + found.ss_within == pytest.approx(
        ((frame["value"] - frame["value"].mean()) ** 2).sum()
    )


def test_swapping_two_groups_turns_the_difference_round():
    groups = arrange_groups(two(0.7))

    assert difference(groups, 1, 0, pooled=False).t == pytest.approx(
        -difference(groups, 0, 1, pooled=False).t
    )


def test_the_test_is_chosen_by_what_the_checks_find():
    skewed = pd.DataFrame(
        {"value": np.random.default_rng(2).exponential(size=30) ** 3, "group": np.repeat([1, 2, 3], 10)}
    )

    assert compared(two()).test == "welch"
    assert compared(three()).test == "anova"
    assert compared(three(spread=(1.0, 1.0, 5.0))).test == "welch-anova"
    assert compared(skewed).test == "kruskal-wallis"
    assert "ranks are compared" in describe_comparison(compared(skewed)).text["en"]


def test_a_test_that_assumes_too_much_says_so():
    text = describe_comparison(compared(three(spread=(1.0, 1.0, 5.0)), test="anova")).text

    assert "prefer Welch's" in text["en"]
    assert "Welch" in text["zh"]


def test_the_odd_one_out_is_named():
    answer = describe_comparison(compared(three(3.0)), "mm")

    assert answer.code == "different"
    assert "c stands out" in answer.text["en"]
    assert "mm higher" in answer.text["en"]


def test_no_difference_is_not_called_equality():
    answer = describe_comparison(compared(three(), detect=0.1))

    assert answer.code == "no_difference"
    assert "would be found in 90 %" in answer.text["en"]
    assert "values per group" in answer.next_step["en"]


def test_a_wide_table_is_groups_by_column_without_its_missing_code():
    frame = pd.DataFrame({"us": [1.0, 2.0, 3.0, 4.0], "japan": [5.0, 6.0, -999.0, None]})

    groups = arrange_groups(frame, missing_code=-999.0)

    assert groups.names == ("us", "japan")
    assert groups.sizes.tolist() == [4, 2]
    assert groups.notes == {"missing_values": 2}


def test_groups_with_one_value_are_left_out_and_counted():
    frame = pd.DataFrame({"value": [1.0, 2.0, 3.0, 4.0, 5.0], "group": ["a", "a", "b", "b", "c"]})

    assert arrange_groups(frame).notes == {"small_groups": 1}


@pytest.mark.parametrize(
    ("frame", "plan", "error"),
    [
        (pd.DataFrame({"value": [1.0, 2.0, 3.0]}), {}, OneGroup),
        (pd.DataFrame({"value": [1.0, 2.0], "group": ["a", "b"]}), {}, TooFew),
        (pd.DataFrame({"value": [1.0, 1.0, 2.0, 2.0], "group": [1, 1, 2, 2]}), {}, NoSpread),
        (pd.DataFrame({"name": ["a", "b"]}), {}, NoValues),
        (pd.DataFrame({"value": np.arange(90.0), "group": np.arange(90) // 2}), {}, TooManyGroups),
        (three(), {"test": "student"}, WrongTest),
    ],
)
def test_data_that_carry_no_comparison_are_refused_with_a_remedy(frame, plan, error):
    with pytest.raises(error):
        compared(frame, **plan)
    found, refusal = attempt_comparison(frame, ComparePlan(**plan))
    assert found is None
    assert refusal["remedy"]["zh"]


def test_wrong_settings_are_refused():
    with pytest.raises(NotFound):
        ComparePlan(test="t-test")
    with pytest.raises(Invalid):
        ComparePlan(margin=0.0)
    with pytest.raises(Invalid):
        sample_size(groups=2, effect=0.0)
    with pytest.raises(Invalid):
        detectable(10, groups=2, power=0.01)
    with pytest.raises(NotFound):
        arrange_groups(three(), columns=["valu"])


def test_holm_never_lowers_a_chance():
    p = np.array([0.2, 0.001, 0.04])

    assert (holm(p) >= p).all()
