"""Type 1 and linearity studies equal JASP (verified with Minitab) and AIAG, and what a slow count gives."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import linregress, ttest_1samp

from workbench.errors import Invalid, NoSpread, TooFew
from workbench.methods import msa_linearity_words, msa_type1_words
from workbench.methods.msa_bias import t_test
from workbench.methods.msa_linearity import linearity
from workbench.methods.msa_study import with_reference
from workbench.methods.msa_type1 import type_one

PIN = "jasp_quality/msaType1.csv (dm; reference -4, tolerance 15, K 20%)"
AIAG = "jasp_quality/msaLinearity.csv (process variation 1)"


def pin_values(count=50, seed=1, mean=10.0, sigma=0.01):
    return np.random.default_rng(seed).normal(mean, sigma, count)


# --- type 1 ---------------------------------------------------------------------------------------------


def test_a_type_1_study_equals_minitab(reference, published):
    study = type_one(pd.read_csv(reference / "jasp_quality/msaType1.csv")["dm"].to_numpy(), -4.0, 15.0)

    assert study.bias.mean == published(PIN, "bias")
    assert study.sigma == published(PIN, "repeatability sd")
    assert study.variation == published(PIN, "study variation 6s")
    assert (study.cg, study.cgk) == (published(PIN, "Cg"), published(PIN, "Cgk"))
    assert study.percent_repeatability == published(PIN, "%var repeatability")
    assert study.percent_bias == published(PIN, "%var repeatability and bias")
    assert (study.bias.t, study.bias.p) == (published(PIN, "t"), published(PIN, "p"))


def test_indices_equal_a_slow_count():
    values = pin_values()
    mean = sum(values) / 50
    s = math.sqrt(sum((value - mean) ** 2 for value in values) / 49)

    study = type_one(values, 10.002, 0.3, share=15.0, multiplier=4.0)

    assert study.cg == pytest.approx(0.15 * 0.3 / (4 * s))
    assert study.cgk == pytest.approx((0.075 * 0.3 - abs(mean - 10.002)) / (2 * s))


def test_the_test_of_the_bias_equals_scipy():
    values = pin_values()
    expected = ttest_1samp(values - 10.002, 0.0)
    interval = expected.confidence_interval(0.9)

    found = type_one(values, 10.002, 0.3, confidence=0.9).bias

    assert (found.t, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high))


@settings(max_examples=40, deadline=None)
@given(st.floats(0.001, 1000), st.floats(-100, 100), st.integers(0, 999), st.randoms(use_true_random=False))
def test_indices_depend_neither_on_unit_nor_origin_nor_order(scale, origin, seed, random):
    values = pin_values(seed=seed)
    shuffled = values.tolist()
    random.shuffle(shuffled)

    here = type_one(values, 10.002, 0.3)
    there = type_one(np.array(shuffled) * scale + origin, 10.002 * scale + origin, 0.3 * scale)

    assert (there.cg, there.cgk) == pytest.approx((here.cg, here.cgk), rel=1e-4)
    assert there.bias.t == pytest.approx(here.bias.t, rel=1e-4, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.floats(-0.05, 0.05), st.floats(0.001, 0.1))
def test_a_bias_never_helps(bias, sigma):
    study = type_one(pin_values(mean=10 + bias, sigma=sigma), 10.0, 0.3)
    assert study.cgk <= study.cg


def test_the_needed_tolerance_gives_what_is_required():
    values = pin_values()
    for_cg, for_cgk = type_one(values, 10.002, 0.3).needed_tolerance(1.33)

    assert type_one(values, 10.002, for_cg).cg == pytest.approx(1.33)
    assert type_one(values, 10.002, for_cgk).cgk == pytest.approx(1.33)


def test_the_resolution_is_the_smallest_step_or_the_given_one():
    values = np.round(pin_values(), 2)

    assert type_one(values, 10.0, 0.3).resolution == pytest.approx(0.01)
    assert type_one(values, 10.0, 0.3, resolution=0.02).percent_resolution == pytest.approx(100 * 0.02 / 0.3)


def test_missing_values_are_counted():
    assert type_one(np.append(pin_values(), np.nan), 10.0, 0.3).missing == 1


@pytest.mark.parametrize(
    "options", [{"tolerance": 0.0}, {"share": -1.0}, {"multiplier": 0.0}, {"resolution": 0.0}]
)
def test_numbers_that_are_not_positive_are_refused(options):
    with pytest.raises(Invalid, match="more than 0"):
        type_one(pin_values(), 10.0, **{"tolerance": 0.3, **options})


def test_too_few_measurements_are_refused():
    with pytest.raises(TooFew, match="got 9, expected at least 10"):
        type_one(pin_values(9), 10.0, 0.3)


def test_without_spread_there_is_a_bias_or_none():
    assert t_test(np.zeros(5), 0.0, 4, 0.95)[3:] == (0.0, 4, 1.0)
    assert t_test(np.ones(5), 0.0, 4, 0.95).p == 0.0


@pytest.mark.parametrize(
    ("mean", "sigma", "places", "code"),
    [
        (10.0, 0.002, 5, "capable"),
        (10.0, 0.003, 2, "coarse"),
        (10.025, 0.002, 5, "biased"),
        (10.0, 0.02, 5, "not_capable"),
    ],
)
def test_the_verdict_follows_cg_cgk_and_the_resolution(mean, sigma, places, code):
    values = pin_values(sigma=sigma)
    values = np.round(values - values.mean() + mean, places)

    answer = msa_type1_words.describe_type_one(
        type_one(values, 10.0, 0.18 if places == 2 else 0.3), unit="mm"
    )

    assert answer.code == code
    if code == "biased":
        assert "0.0250 mm too much" in answer.text["en"]


@pytest.mark.parametrize(
    ("values", "numbers", "code"),
    [
        (pin_values(), (None, 0.3), "no_reference"),
        (pin_values(), (10.0, None), "no_tolerance"),
        (pin_values(), (10.0, -0.3), "limits_unclear"),
        (pin_values(5), (10.0, 0.3), "too_few"),
        (np.full(20, 10.0), (10.0, 0.3), "no_spread"),
    ],
)
def test_each_refusal_of_a_type_1_study_names_a_remedy(values, numbers, code):
    found = msa_type1_words.problem(pd.DataFrame({"value": values}), *numbers)

    assert found["code"] == code
    assert all(found[part][language] for part in ("text", "remedy") for language in ("en", "zh"))


def test_a_column_that_holds_one_number_gives_it():
    frame = pd.DataFrame({"tolerance": [0.3, 0.3], "reference": [1.0, 2.0]})

    assert msa_type1_words.known(frame, "tolerance", None) == 0.3
    assert msa_type1_words.known(frame, "tolerance", 0.5) == 0.5
    assert msa_type1_words.known(frame, "reference", None) is None


# --- linearity ------------------------------------------------------------------------------------------


@pytest.fixture
def aiag(reference):
    names = {"Part": "part", "Reference": "reference", "Measurement": "value"}
    frame = pd.read_csv(reference / "jasp_quality/msaLinearity.csv")[list(names)].rename(columns=names)
    return linearity(frame, process_variation=1.0)


def parts_of(slope=0.0, intercept=0.0, sigma=0.1, seed=2, repeats=10):
    reference = np.repeat([2.0, 4.0, 6.0, 8.0, 10.0], repeats)
    noise = np.random.default_rng(seed).normal(0, sigma, reference.size)
    value = reference + intercept + slope * reference + noise
    return pd.DataFrame({"part": reference.astype(int), "reference": reference, "value": value})


def test_linearity_equals_aiag(aiag, published):
    assert aiag.intercept.mean == published(AIAG, "intercept of bias on reference")
    assert aiag.slope.mean == published(AIAG, "slope")
    assert (aiag.slope.t, aiag.slope.p) == (published(AIAG, "slope t"), published(AIAG, "slope p"))
    assert aiag.r_squared == published(AIAG, "R squared")
    assert aiag.sigma == published(AIAG, "residual sd")
    assert aiag.parts["bias"].tolist() == published(AIAG, "bias part 1..5")
    assert (aiag.bias.mean, aiag.bias.p) == (
        published(AIAG, "average bias"),
        published(AIAG, "p of average bias"),
    )


def test_the_line_equals_scipy():
    frame = parts_of(slope=0.02, intercept=-0.1)
    expected = linregress(frame["reference"], frame["value"] - frame["reference"])

    found = linearity(frame)

    assert (found.slope.mean, found.slope.p) == pytest.approx((expected.slope, expected.pvalue))
    assert found.intercept.mean == pytest.approx(expected.intercept)
    assert found.model["error"].tolist() == pytest.approx([expected.intercept_stderr, expected.stderr])
    assert found.r_squared == pytest.approx(expected.rvalue**2)


def test_the_band_is_narrowest_at_the_mean_and_ends_at_the_interval_of_the_intercept():
    study = linearity(parts_of())
    at = np.array([0.0, 6.0, 10.0])

    origin, middle, end = study.band(at)

    assert middle < end < origin
    assert origin == pytest.approx((study.intercept.high - study.intercept.low) / 2)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.01, 100), st.integers(0, 999), st.randoms(use_true_random=False))
def test_the_slope_depends_neither_on_unit_nor_order_nor_names(scale, seed, random):
    frame = parts_of(slope=0.02, seed=seed)
    order = list(range(len(frame)))
    random.shuffle(order)
    other = frame.iloc[order].assign(
        part=lambda rows: "P" + rows["part"].astype(str),
        reference=lambda rows: rows["reference"] * scale,
        value=lambda rows: rows["value"] * scale,
    )

    here, there = linearity(frame), linearity(other)

    assert there.slope.mean == pytest.approx(here.slope.mean, rel=1e-6, abs=1e-12)
    assert there.sigma == pytest.approx(scale * here.sigma, rel=1e-6)
    assert there.parts["p"].tolist() == pytest.approx(here.parts["p"].tolist(), rel=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.floats(-5, 5))
def test_a_shift_of_all_values_moves_the_intercept_alone(shift):
    frame = parts_of(slope=0.02)

    here, there = linearity(frame), linearity(frame.assign(value=frame["value"] + shift))

    assert there.intercept.mean == pytest.approx(here.intercept.mean + shift, abs=1e-9)
    assert there.slope.mean == pytest.approx(here.slope.mean, abs=1e-9)


def test_incomplete_rows_are_counted():
    frame = parts_of()
    frame.loc[[0, 7], "value"] = np.nan

    study = linearity(frame)

    assert study.missing == 2
    assert msa_linearity_words.notes_of_linearity(study)["count"].tolist() == [2]


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (parts_of(sigma=0.1), "right"),
        (parts_of(intercept=0.2), "biased"),
        (parts_of(slope=0.05, intercept=-0.3), "not_linear"),
    ],
)
def test_the_verdict_follows_the_line(frame, code):
    answer = msa_linearity_words.describe_linearity(linearity(frame), unit="mm")

    assert answer.code == code
    if code == "not_linear":
        assert "at 2 and" in answer.text["en"]
        assert "A bias can be seen on part 2" in answer.text["en"]


@pytest.mark.parametrize(
    ("frame", "options", "code"),
    [
        (parts_of().drop(columns="reference"), {}, "no_reference"),
        (parts_of().query("reference < 5"), {}, "too_few"),
        (parts_of(repeats=1), {}, "too_few"),
        (parts_of(sigma=0.0), {}, "no_spread"),
        (parts_of(), {"process_variation": -1.0}, "limits_unclear"),
    ],
)
def test_each_refusal_of_a_linearity_study_names_a_remedy(frame, options, code):
    found = msa_linearity_words.problem(frame, **options)

    assert found["code"] == code
    assert all(found[part][language] for part in ("text", "remedy") for language in ("en", "zh"))


def test_a_study_that_can_be_made_has_no_problem():
    assert msa_linearity_words.problem(parts_of()) is None
    with pytest.raises(NoSpread):
        linearity(parts_of(sigma=0.0))


def test_a_table_of_references_stands_for_the_column():
    frame = parts_of(slope=0.02)
    known = frame.drop_duplicates("part")[["part", "reference"]].rename(columns={"reference": "value"})

    other = linearity(with_reference(frame.drop(columns="reference"), known))

    assert other.slope == pytest.approx(linearity(frame).slope)
