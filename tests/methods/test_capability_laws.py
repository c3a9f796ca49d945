"""Capability of distributions that are not normal, against Minitab's and JASP's numbers and naive oracles."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.methods import capability_words, spc
from workbench.methods.anderson_darling import anderson_darling, p_value
from workbench.methods.capability_checks import checks_of, peaks, resolution
from workbench.methods.capability_choice import CANDIDATES, candidates, chosen
from workbench.methods.capability_laws import indices_of, outside_of, study
from workbench.methods.capability_model import NoLimits, StudyPlan, Tolerance
from workbench.methods.distributions import PARAMETERS, NeedsPositive, NoFit, fit
from workbench.methods.spc_samples import arrange, transformed
from workbench.methods.transformations import box_cox, johnson

TOLERANCE = Tolerance(0.2, 12.0)
CASES = {
    "normal": stats.norm(10, 1),
    "lognormal": stats.lognorm(0.4, 0, 5),
    "weibull": stats.weibull_min(1.8, 0, 4),
    "gamma": stats.gamma(3, 0, 2),
    "exponential": stats.expon(0, 3),
    "logistic": stats.logistic(8, 1),
    "loglogistic": stats.fisk(5, 0, 4),
    "folded-normal": stats.foldnorm(0.5, 0, 2),
    "weibull-3": stats.weibull_min(1.8, 5, 4),
    "lognormal-3": stats.lognorm(0.6, 2, 5),
    "gamma-3": stats.gamma(3, 4, 2),
}


def sample(family, count=4000, seed=3):
    return np.asarray(CASES[family].rvs(count, random_state=np.random.default_rng(seed)), dtype=float)


def studied(values, tolerance=TOLERANCE, **options):
    return study(arrange(pd.DataFrame({"value": values})), tolerance, StudyPlan(**options))


@pytest.fixture
def stage_one(reference):
    frame = pd.read_csv(reference / "jasp_quality/processCapabilityAnalysisLongFormatDebug.csv")
    return frame.loc[frame["Stage"] == 1, "Diameter"].to_numpy()


@pytest.mark.parametrize(
    ("family", "test", "first", "second"),
    [("weibull", "LF5.4", 0, 7), ("lognormal", "LF6.4", 0, 7), ("weibull-3", "LF7.4", 0, 7)],
)
def test_parameters_equal_minitab(stage_one, expected_tables, family, test, first, second):
    expected = expected_tables(f"{test} (")["values"]
    found = list(fit(stage_one, family).parameters.values())

    assert found[:2] == pytest.approx([expected[first], expected[second]], rel=1e-4)


def test_indices_by_quantiles_equal_minitab(stage_one, expected_tables):
    found = studied(stage_one, Tolerance(0.0, 12.0, 6.0), distribution="weibull").capability.overall

    expected = expected_tables("LF5.3 ")["values"][:4]
    assert [found.p.value, found.pk.value, found.pl.value, found.pu.value] == pytest.approx(
        expected, abs=0.006
    )


@pytest.mark.parametrize("family", sorted(PARAMETERS))
def test_parameters_that_made_the_values_are_found_again(family):
    values = sample(family)
    found = fit(values, family).law

    shares = np.array([0.01, 0.25, 0.5, 0.75, 0.99])
    spread = CASES[family].std()
    assert found.ppf(shares) == pytest.approx(CASES[family].ppf(shares), abs=0.12 * spread)


@pytest.mark.parametrize("family", ["weibull", "gamma", "logistic", "lognormal-3"])
def test_no_other_parameters_are_more_likely(family):
    values = sample(family, 200)
    found = fit(values, family)

    for name in found.parameters:
        for factor in (0.98, 1.02):
            other = {**found.parameters, name: found.parameters[name] * factor}
            assert fit(values, family, other).log_likelihood < found.log_likelihood + 0.02


def test_a_known_parameter_is_kept_and_the_rest_is_fitted_to_it():
    values = sample("gamma", 300)
    found = fit(values, "gamma", {"shape": 2.0})

    assert found.parameters == pytest.approx({"shape": 2.0, "scale": values.mean() / 2.0})
    assert found.log_likelihood < fit(values, "gamma").log_likelihood


@pytest.mark.parametrize("family", ["lognormal", "weibull", "gamma", "exponential", "logistic"])
def test_a_true_distribution_is_rejected_as_often_as_the_level_says(family):
    rejected = 0
    for seed in range(250):
        values = sample(family, 50, seed)
        found = fit(values, family)
        shape = found.parameters.get("shape", np.inf)
        rejected += p_value(family, anderson_darling(values, found.law), 50, shape=shape) < 0.1
    assert 0.04 <= rejected / 250 <= 0.17


@pytest.mark.parametrize("family", ["lognormal", "weibull", "exponential"])
def test_the_automatic_choice_finds_what_made_the_values(family):
    right = [chosen(candidates(sample(family, 400, seed), StudyPlan()))[0] == family for seed in range(4)]
    assert sum(right) >= 3


def test_normal_values_stay_normal_and_say_why():
    found = studied(sample("normal", 150), Tolerance(5.0, 15.0), distribution="auto")

    assert (found.family, found.reason) == ("normal", "normal_fits")
    assert found.capability.within.pk is not None
    assert set(found.table["distribution"]) == set(CANDIDATES)
    assert found.table.loc[found.table["suggested"], "distribution"].tolist() == ["normal"]


def test_two_mixed_machines_fit_nothing():
    random = np.random.default_rng(2)
    values = np.concatenate([random.normal(5, 0.2, 200), random.normal(9, 0.2, 200)])

    found = studied(random.permutation(values), Tolerance(0.0, 12.0), distribution="auto")

    assert (found.capability.model.family, found.reason) == ("empirical", "nothing_fits")
    assert peaks(values) == 2


def test_a_bound_makes_the_folded_normal_distribution_plausible():
    values = sample("folded-normal", 400, 5)
    found = studied(values, Tolerance(0.0, 9.0, lower_is_bound=True), distribution="folded-normal")

    assert found.capability.model.p > 0.05
    assert found.capability.overall.pl is None


@pytest.mark.parametrize("family", ["weibull", "gamma"])
def test_the_interval_holds_the_true_index(family):
    law, tolerance = CASES[family], Tolerance(0.1, 15.0)
    true = indices_of(law, tolerance).pk.value
    held = 0
    for seed in range(6):
        pk = studied(sample(family, 120, seed), tolerance, distribution=family).capability.overall.pk
        held += pk.low <= true <= pk.high
    assert held >= 5


def test_rejects_equal_a_count_of_many_values():
    law = fit(sample("weibull"), "weibull").law
    drawn = law.rvs(400_000, random_state=np.random.default_rng(1))

    expected = outside_of(law, Tolerance(0.2, 8.0))

    assert expected.below == pytest.approx(1e6 * np.mean(drawn < 0.2), rel=0.05)
    assert expected.above == pytest.approx(1e6 * np.mean(drawn > 8.0), rel=0.05)


def test_quantiles_of_a_normal_distribution_give_the_normal_indices():
    law, tolerance = stats.norm(10, 1.5), Tolerance(4.0, 15.0)
    for method in ("quantile", "z"):
        found = indices_of(law, tolerance, method)
        assert found.pl.value == pytest.approx(6 / 4.5, rel=1e-3)
        assert found.pu.value == pytest.approx(5 / 4.5, rel=1e-3)


@settings(max_examples=6, deadline=None)
@given(st.floats(0.01, 100), st.sampled_from(["weibull", "gamma", "lognormal", "loglogistic", "johnson"]))
def test_indices_do_not_depend_on_the_unit(scale, distribution):
    values = sample("weibull", 80)
    here = studied(values, distribution=distribution).capability
    there = studied(
        values * scale, Tolerance(0.2 * scale, 12.0 * scale), distribution=distribution
    ).capability

    assert there.overall.pk.value == pytest.approx(here.overall.pk.value, rel=1e-4)
    assert there.ppm_overall.total == pytest.approx(here.ppm_overall.total, rel=1e-3, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(st.floats(-50, 50))
def test_a_threshold_moves_with_the_values(shift):
    values = sample("weibull-3", 120)
    here, there = fit(values, "weibull-3").parameters, fit(values + shift, "weibull-3").parameters

    assert there["threshold"] == pytest.approx(here["threshold"] + shift, abs=1e-3)
    assert there["shape"] == pytest.approx(here["shape"], rel=1e-3)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.2, 3.0), st.floats(1.05, 2.0))
def test_more_spread_means_less_capability(sigma, factor):
    tolerance = Tolerance(-5.0, 5.0)
    narrow, wide = (indices_of(stats.norm(0, s), tolerance).pk.value for s in (sigma, sigma * factor))
    assert wide < narrow


def test_box_cox_equals_scipy():
    values = sample("lognormal", 300)
    power = stats.boxcox(values)[1]

    assert box_cox(values).parameters["lambda"] == pytest.approx(power, abs=1e-4)


def test_box_cox_has_indices_within_subgroups_of_transformed_values():
    values = sample("lognormal", 200)
    found = studied(values, Tolerance(1.0, 20.0), distribution="box-cox", lambda_=0.0).capability
    logs = studied(np.log(values), Tolerance(0.0, np.log(20.0))).capability

    assert found.within.pk.value == pytest.approx(logs.within.pk.value)
    assert found.overall.p.value == pytest.approx(logs.overall.p.value)


def test_transformed_samples_equal_samples_of_transformed_values():
    frame = pd.DataFrame({"value": sample("gamma", 60)})
    here = transformed(arrange(frame, subgroup_size=5), np.log)
    there = arrange(np.log(frame), subgroup_size=5)

    pd.testing.assert_frame_equal(here.points, there.points)


@pytest.mark.parametrize(
    ("law", "family"),
    [
        (stats.johnsonsu(1.0, 1.5, 3.0, 2.0), "johnson-su"),
        (stats.johnsonsb(0.8, 1.0, 3.0, 5.0), "johnson-sb"),
    ],
)
def test_johnson_makes_johnson_values_normal(law, family):
    values = np.asarray(law.rvs(800, random_state=np.random.default_rng(6)), dtype=float)
    found = johnson(values)

    assert found.family == family
    assert stats.shapiro(found.forward(values)).pvalue > 0.05
    assert found.back(found.forward(values[:5])) == pytest.approx(values[:5])
    assert found.ppf(0.99) == pytest.approx(law.ppf(0.99), rel=0.05)


def test_a_limit_that_is_a_bound_counts_for_no_index():
    values = np.abs(sample("normal", 100))
    bound = studied(values, Tolerance(0.0, 14.0, lower_is_bound=True)).capability
    free = studied(values, Tolerance(upper=14.0)).capability

    assert bound.within.p is bound.within.pl is bound.cpm is None
    assert bound.within.pk == free.within.pk
    assert bound.ppm_overall.below == 0
    with pytest.raises(NoLimits, match="physical bound"):
        Tolerance(0.0, lower_is_bound=True)


def test_values_a_distribution_cannot_have_are_refused_with_a_remedy():
    with pytest.raises(NeedsPositive, match="needs values above 0"):
        fit(np.array([-1.0, 2.0, 3.0]), "lognormal")
    with pytest.raises(NoFit, match="must lie below every value"):
        fit(np.array([1.0, 2.0, 3.0]), "weibull-3", {"threshold": 1.5})
    samples, plan = spc.prepare(pd.DataFrame({"value": sample("normal", 40) - 10}), spc.Plan())
    found = capability_words.problem(
        samples, plan, limits={"upper": 5.0}, study=StudyPlan(distribution="weibull")
    )
    assert found["code"] == "no_fit"
    assert found["remedy"]["zh"]


def words(values, tolerance, **options):
    samples, plan = spc.prepare(pd.DataFrame({"value": values}), spc.Plan(rules=("limits-only",)))
    chart = spc.chart_of(samples, plan)
    found = study(samples, tolerance, StudyPlan(**options))
    return capability_words.describe_capability(found.capability, chart, choice=found), found, chart


def test_a_skewed_process_is_told_which_distribution_fits():
    values = np.random.default_rng(28).weibull(2.2, 80)

    answer, found, _ = words(values, Tolerance(upper=6.0))

    assert answer.code == "capable_if_normal"
    assert "are not normally distributed" in answer.text["en"]
    assert "choose it, or the automatic choice" in answer.text["en"]
    automatic, _, _ = words(values, Tolerance(upper=6.0), distribution=found.family)
    assert automatic.text["en"].count("distribution, Ppk is") == 1


def test_the_checks_tell_what_an_auditor_asks():
    values = np.round(sample("normal", 60), 0)
    _, found, chart = words(values, Tolerance(5.0, 15.0))

    table = checks_of(found.capability, chart).set_index("check")

    assert not table.loc["steps", "passed"]
    assert not table.loc["values", "passed"]
    assert table.loc["peaks", "passed"]
    assert resolution(values) == 1.0


def test_hardly_any_sound_process_seems_to_have_two_peaks():
    random = np.random.default_rng(1)
    laws = (random.normal, random.exponential, random.uniform, lambda size: random.lognormal(0, 0.6, size))
    found = [peaks(law(size=100)) for law in laws for _ in range(40)]
    assert found.count(2) <= 4


def test_values_far_from_zero_beside_their_spread_lose_no_digit_to_a_transformation():
    values = 1e12 + sample("normal", 60)
    with pytest.raises(NoFit, match="leaves no spread"):
        box_cox(values)

    found = studied(values, Tolerance(1e12, 1e12 + 20)).capability
    assert found.overall.p.value == pytest.approx(20 / 6 / values.std(ddof=1))
