"""Capability indices equal the published ones of qcc, JASP, SixSigma and NIST, each in its own convention."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.demo.quality import bore_diameter, shaft_diameter
from workbench.errors import Invalid, NoSpread, TooFew
from workbench.methods import capability_words, spc
from workbench.methods.capability import capability, expected_outside, indices
from workbench.methods.capability_model import NoLimits, StudyPlan, Tolerance
from workbench.methods.normality import normality
from workbench.methods.spc_constants import c4
from workbench.methods.spc_samples import arrange

RINGS = "qcc/pistonrings.csv (samples 1-25), LSL 73.95, target 74, USL 74.05"
JASP = (
    "jasp_quality/processCapabilityAnalysisLongFormatDebug.csv "
    "(Diameter, subgroups of 5 by Time; LSL 0, target 6, USL 12)"
)
BOTTLES = "sixsigma/ss.data.ca.csv (Volume), LSL 740, USL 760, target 750"
BOLTS = "sixsigma/ss.data.bolts.csv (diameter), LSL 9.5, USL 10.5, target 10"


@pytest.fixture
def rings(reference):
    names = {"diameter": "value", "sample": "subgroup", "trial": "baseline"}
    frame = pd.read_csv(reference / "qcc/pistonrings.csv").rename(columns=names)
    return capability(arrange(frame), Tolerance(73.95, 74.05, 74.0))


@pytest.fixture
def jasp(reference):
    """The study JASP verified with Minitab; its intervals are 90 % ones."""
    names = {"Diameter": "value", "Time": "subgroup"}
    path = reference / "jasp_quality/processCapabilityAnalysisLongFormatDebug.csv"
    samples = arrange(pd.read_csv(path)[list(names)].rename(columns=names))
    return capability(samples, Tolerance(0.0, 12.0, 6.0), StudyPlan(convention="minitab", confidence=0.9))


@pytest.mark.parametrize(
    ("quantity", "index"), [("Cp", "p"), ("Cp_l", "pl"), ("Cp_u", "pu"), ("Cp_k", "pk"), ("Cpm", "pm")]
)
def test_indices_and_intervals_equal_qcc(rings, published, quantity, index):
    found = getattr(rings.within, index)

    assert found.value == published(RINGS, f"capability {quantity} Value")
    assert found.low == published(RINGS, f"capability {quantity} 2.5%")
    assert found.high == published(RINGS, f"capability {quantity} 97.5%")


def test_a_study_equals_minitab(jasp, published):
    assert jasp.mean == published(JASP, "mean")
    assert jasp.sigma_overall == published(JASP, "overall sd")
    assert jasp.sigma_within == published(JASP, "within sd (Rbar/d2)")
    assert jasp.cpm.value == published(JASP, "Cpm")
    for name, index in (
        ("Pp", jasp.overall.p),
        ("Ppl", jasp.overall.pl),
        ("Ppu = Ppk", jasp.overall.pk),
        ("Cp", jasp.within.p),
        ("Cpl", jasp.within.pl),
        ("Cpu = Cpk", jasp.within.pk),
    ):
        assert index.value == published(JASP, name)


def test_intervals_equal_minitab(jasp, expected_tables):
    """Rows of JASP's tables, in its order: Cp, Cpk with bounds, Cpl, lower Cp, Cpu, upper Cp (and Z)."""
    cp, cpk, cpk_low, cpk_high, cpl, cp_low, cpu, cp_high, _ = expected_tables("LF1.4 (Normal)")["values"]

    within = jasp.within

    assert within.p == pytest.approx((cp, cp_low, cp_high), abs=0.006)
    assert within.pk == pytest.approx((cpk, cpk_low, cpk_high), abs=0.006)
    assert (within.pl.value, within.pu.value) == pytest.approx((cpl, cpu), abs=0.006)
    assert jasp.overall.p[1:] == pytest.approx((0.95, 1.20), abs=0.006)
    assert jasp.overall.pk[1:] == pytest.approx((0.77, 1.00), abs=0.006)


def test_rejects_equal_minitab(jasp, published):
    assert jasp.ppm_observed.above == published(JASP, "observed ppm > USL")
    assert jasp.ppm_overall.below == published(JASP, "expected overall ppm < LSL")
    assert jasp.ppm_overall.above == published(JASP, "expected overall ppm > USL")
    assert jasp.ppm_within.below == published(JASP, "expected within ppm < LSL")
    assert jasp.ppm_within.above == published(JASP, "expected within ppm > USL")


def test_sigma_from_deviations_equals_minitab(reference, expected_tables):
    path = reference / "jasp_quality/processCapabilityAnalysisLongFormatDebug.csv"
    frame = pd.read_csv(path).rename(columns={"Diameter": "value", "Time": "subgroup"})[["value", "subgroup"]]

    study = capability(arrange(frame), Tolerance(0.0, 12.0), StudyPlan(sigma_method="sbar"))

    assert study.sigma_within == pytest.approx(expected_tables("LF16.5 ")["values"][4], rel=1e-9)


def test_pooled_sigma_equals_a_naive_one():
    values = np.random.default_rng(1).normal(size=(20, 4))
    frame = pd.DataFrame({"value": values.ravel()})

    study = capability(
        arrange(frame, subgroup_size=4), Tolerance(-4.0, 4.0), StudyPlan(sigma_method="pooled")
    )

    assert study.sigma_within == pytest.approx(np.sqrt(values.var(axis=1, ddof=1).mean()) / c4(61))


def test_normality_equals_minitab(jasp, published):
    assert jasp.normality.anderson_darling == published(JASP, "Anderson-Darling A2")
    assert jasp.normality.p == published(JASP, "Anderson-Darling p")


@pytest.mark.parametrize(
    ("file", "column", "dataset", "limits"),
    [
        ("sixsigma/ss.data.ca.csv", "Volume", BOTTLES, (740.0, 760.0, 750.0)),
        ("sixsigma/ss.data.bolts.csv", "diameter", BOLTS, (9.5, 10.5, 10.0)),
    ],
)
def test_individual_values_equal_sixsigma(reference, published, file, column, dataset, limits):
    frame = pd.read_csv(reference / file).rename(columns={column: "value"})

    study = capability(arrange(frame), Tolerance(*limits))

    assert study.mean == published(dataset, "mean")
    assert study.sigma_overall == published(dataset, "overall sd")
    assert study.sigma_within == published(dataset, "within sd (MRbar/d2)")
    assert study.overall.p.value == published(dataset, "Pp")
    assert study.within.p.value == published(dataset, "Cp (within)")
    assert study.overall.pk.value == published(dataset, "Ppk")
    assert study.within.pk.value == published(dataset, "Cpk (within)")
    assert study.cpm.value == published(dataset, "Cpm (target mid, overall)")
    assert study.ppm_overall.total == published(dataset, "expected ppm outside (normal, overall)")
    assert study.normality.shapiro_wilk == published(dataset, "Shapiro-Wilk W")
    assert study.normality.shapiro_p == published(dataset, "Shapiro-Wilk p")


def test_summary_numbers_equal_nist(published):
    found = indices(16.0, 2.0, Tolerance(8.0, 20.0), n=50, freedom=49)

    values = [found.p.value, found.pu.value, found.pl.value, found.pk.value]
    assert values == published("nist_ehandbook/capability (USL 20, LSL 8, mean 16, s 2)", "Cp, Cpu, Cpl, Cpk")


def test_the_planted_capability_of_the_demo_factory_is_found():
    table = shaft_diameter()
    truth = table.truth

    frame = table.frame.rename(columns={"diameter": "value"})
    study = capability(arrange(frame), Tolerance(truth["lsl"], truth["usl"], truth["target"]))

    assert study.overall.p.value == pytest.approx(truth["pp"], rel=1e-3)
    assert study.overall.pk.value == pytest.approx(truth["ppk"], rel=1e-3)


def test_rejects_equal_a_count_of_many_values():
    values = np.random.default_rng(1).normal(0.3, 1.0, 400_000)
    tolerance = Tolerance(-2.0, 2.5)

    counted = 1e6 * np.mean((values < -2.0) | (values > 2.5))

    assert expected_outside(0.3, 1.0, tolerance).total == pytest.approx(counted, rel=0.03)


def values_of(count=60, seed=8):
    return np.random.default_rng(seed).normal(10, 0.5, count)


def study_of(values, tolerance, **options):
    return capability(arrange(pd.DataFrame({"value": values})), tolerance, StudyPlan(**options))


@settings(max_examples=30, deadline=None)
@given(st.floats(0.001, 1000), st.floats(-100, 100))
def test_indices_do_not_depend_on_unit_or_origin(scale, origin):
    here = study_of(values_of(), Tolerance(8.0, 12.0, 10.2))
    limits = [limit * scale + origin for limit in (8.0, 12.0, 10.2)]
    there = study_of(values_of() * scale + origin, Tolerance(*limits))

    assert there.table["value"].to_numpy() == pytest.approx(here.table["value"].to_numpy(), rel=1e-6)


def test_a_mirrored_process_swaps_the_sides():
    here = study_of(values_of(), Tolerance(8.0, 12.5))
    there = study_of(-values_of(), Tolerance(-12.5, -8.0))

    assert there.within.pl == pytest.approx(here.within.pu)
    assert there.within.pk == pytest.approx(here.within.pk)


def test_one_limit_leaves_out_what_has_no_meaning():
    study = study_of(values_of(), Tolerance(upper=12.0))

    assert study.within.p is study.within.pl is study.cpm is None
    assert study.within.pk.value == study.within.pu.value
    assert study.ppm_overall.below == 0


def test_more_values_narrow_the_interval():
    wide, narrow = (indices(0.0, 1.0, Tolerance(-4, 4), n=n, freedom=n - 1).pk for n in (20, 200))
    assert narrow.high - narrow.low < wide.high - wide.low


def test_only_the_baseline_is_studied():
    frame = pd.DataFrame({"value": [*values_of(), 50.0], "baseline": [True] * 60 + [False]})

    assert capability(arrange(frame), Tolerance(8.0, 12.0)).n == 60
    assert len(capability_words.studied(frame)) == 60


def test_no_limit_is_refused():
    with pytest.raises(NoLimits, match="enter lsl, usl or both"):
        Tolerance()


@pytest.mark.parametrize("limits", [(12.0, 8.0, None), (8.0, 8.0, None), (8.0, 12.0, 13.0)])
def test_limits_out_of_order_are_refused(limits):
    with pytest.raises(Invalid):
        Tolerance(*limits)


def test_too_few_and_equal_values_are_refused():
    with pytest.raises(TooFew, match="got 9, expected at least 10"):
        study_of(values_of(9), Tolerance(8.0, 12.0))
    with pytest.raises(NoSpread, match="all 30 values equal 10"):
        study_of([10.0] * 30, Tolerance(8.0, 12.0))


def test_a_method_that_does_not_fit_is_refused():
    with pytest.raises(Invalid, match="mr for individual values"):
        study_of(values_of(), Tolerance(8.0, 12.0), sigma_method="rbar")
    with pytest.raises(Invalid, match="convention"):
        study_of(values_of(), Tolerance(8.0, 12.0), convention="excel")


# --- the test of normality ------------------------------------------------------------------------------


def test_anderson_darling_rejects_what_is_skewed_and_keeps_what_is_normal():
    random = np.random.default_rng(3)
    assert normality(random.exponential(size=100)).rejected
    assert not normality(random.normal(size=100)).rejected


def test_anderson_darling_rejects_normal_values_at_its_level():
    random = np.random.default_rng(5)
    rejected = [normality(random.normal(size=40)).rejected for _ in range(600)]
    assert np.mean(rejected) == pytest.approx(0.05, abs=0.025)


# --- words ----------------------------------------------------------------------------------------------


def centred(mean):
    """A stable process whose mean is exactly the given one."""
    values = values_of(125)  # whose seed gives no signal by chance
    return mean + values - values.mean()


def words(values, tolerance, **options):
    samples, plan = spc.prepare(pd.DataFrame({"value": values}), spc.Plan(subgroup_size=5))
    chart = spc.chart_of(samples, plan)
    return capability_words.describe_capability(capability(samples, tolerance), chart, **options)


@pytest.mark.parametrize(
    ("half_width", "code", "level"),
    [(3.0, "capable", "good"), (1.7, "marginal", "warning"), (1.0, "not_capable", "bad")],
)
def test_the_verdict_follows_cpk(half_width, code, level):
    answer = words(centred(10), Tolerance(10 - half_width, 10 + half_width))
    assert (answer.code, answer.level) == (code, level)


def test_an_unstable_process_gets_no_promise():
    samples, plan = spc.prepare(bore_diameter().frame.rename(columns={"diameter": "value"}), spc.Plan())
    chart = spc.chart_of(samples, plan)
    study = capability(samples, Tolerance(24.98, 25.02))

    answer = capability_words.describe_capability(study, chart, unit="mm")

    assert answer.code == "unstable"
    assert answer.text["en"].startswith("No capability can be promised")
    assert "Cpk" not in answer.text["en"]
    notes = {tile["name"]: tile["note"] for tile in capability_words.tiles(study, chart, required=1.33)}
    assert notes["cpk"]["en"].startswith("Not a promise")


def test_values_that_are_not_normal_raise_a_doubt():
    values = np.exp(centred(0.0))

    answer = words(values, Tolerance(upper=9.0))

    assert (answer.code, answer.level) == ("capable_if_normal", "warning")
    assert "not normally distributed" in answer.text["en"]


def test_an_off_centre_process_is_told_to_centre_first():
    assert "Centre the process first" in words(centred(11.2), Tolerance(8.0, 12.5)).next_step["en"]


def test_missing_limits_and_few_values_are_refused_with_a_remedy():
    few = spc.prepare(pd.DataFrame({"value": values_of(6)}), spc.Plan())
    aimless = {"lower": 8.0, "upper": 9.0, "target": 10.0}
    assert capability_words.problem(*few, limits={})["code"] == "no_limits"
    assert (
        capability_words.problem(*few, limits={"lower": 8.0, "upper": 7.0})["code"] == "limits_out_of_order"
    )
    assert capability_words.problem(*few, limits=aimless)["code"] == "limits_out_of_order"
    assert capability_words.problem(*few, limits={"lower": 8.0})["code"] == "too_few_values"
    enough = spc.prepare(pd.DataFrame({"value": values_of()}), spc.Plan())
    assert capability_words.problem(*enough, limits={"lower": 8.0}) is None
