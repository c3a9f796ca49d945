"""Gauge studies equal the published ones of AIAG, JASP, SixSigma and Minitab, and a slow count of squares."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import Invalid, TooFew
from workbench.methods.msa import crossed, nested
from workbench.methods.msa_intervals import large_sample, share_interval
from workbench.methods.msa_model import Allowed
from workbench.methods.msa_range import by_ranges, control_limits, range_constant
from workbench.methods.msa_study import Layout, crossed_layout, nested_layout

AIAG = "aiag_msa/aiag_gauge_rr_10x3x3.csv"


@pytest.fixture
def aiag(reference):
    frame = pd.read_csv(reference / AIAG).rename(columns={"appraiser": "operator"})
    return crossed_layout(frame)


@pytest.fixture
def batches():
    """The nested example of JASP: 3 operators, 5 batches each, measured twice."""
    values = [
        33.4, 33.2, 32.4, 31.7, 34.4, 34.5, 33.9, 34.5, 34.5, 34.7, 32.5, 32.1, 32.1, 32.3, 35.1,
        34.7, 32.4, 33.1, 34.8, 34.9, 32.6, 32.7, 32.3, 32.1, 34.9, 34.7, 33.0, 33.2, 31.6, 30.9,
    ]  # fmt: skip
    part = np.repeat(np.arange(1, 16), 2)
    return pd.DataFrame({"part": part, "operator": np.repeat(list("ABC"), 10), "value": values})


def study_of(values, **options):
    """A crossed study of a box of values."""
    return crossed(layout_of(values), **options)


def layout_of(values):
    operators, parts, _ = values.shape
    names = tuple(f"Op{number}" for number in range(operators))
    return Layout(values, names, tuple(tuple(map(str, range(parts))) for _ in names))


def made(operators=3, parts=10, trials=3, seed=1, **sigmas):
    """Values with known sigmas of parts, operators, their interaction, and repeating."""
    random = np.random.default_rng(seed)
    size = {"part": (1, parts, 1), "operator": (operators, 1, 1), "interaction": (operators, parts, 1)}
    noise = random.normal(0, sigmas.pop("repeatability", 1.0), (operators, parts, trials))
    return noise + sum(random.normal(0, sigma, size[name]) for name, sigma in sigmas.items())


# --- published numbers ----------------------------------------------------------------------------------


def test_the_analysis_of_variance_equals_aiag(aiag, published):
    lines = {line.source: line for line in crossed(aiag).lines}

    for source, name in (
        ("part", "part"),
        ("operator", "operator"),
        ("interaction", "part x operator"),
        ("repeatability", "repeatability"),
    ):
        assert lines[source].ss == published(AIAG, f"ANOVA SS {name}")
        assert lines[source].ms == published(AIAG, f"ANOVA MS {name}")
    assert lines["part"].f == published(AIAG, "ANOVA F part (vs interaction)")
    assert lines["interaction"].p == published(AIAG, "ANOVA p part x operator")


def test_the_negative_interaction_of_aiag_is_pooled_and_its_estimate_kept(aiag, published):
    study = crossed(aiag)

    assert study.pooled
    assert study.components["interaction"].raw == pytest.approx(-0.00868, abs=5e-6)
    assert study.components["interaction"].variance == 0
    assert study.percent_grr == published(AIAG, "%study variation total gauge R&R (pooled)")
    assert (study.ndc, round(study.ndc_exact, 2)) == (4, 4.86)


def test_an_alpha_of_one_keeps_the_interaction_and_zeroes_it(aiag, published):
    study = crossed(aiag, alpha=1.0)

    assert not study.pooled
    assert study.negative == ("interaction",)
    name = "variance component total gauge R&R (with interaction)"
    assert study.components["gauge"].variance == published(AIAG, name)


def test_average_and_range_equals_aiag(aiag, published):
    study = crossed(aiag, method="range")

    for source, name in (
        ("repeatability", "EV (K1 0.5908)"),
        ("operator", "AV (K2 0.5231)"),
        ("gauge", "GRR"),
        ("part", "PV (K3 0.3146)"),
        ("total", "TV"),
    ):
        assert study.sigma(source) == published(AIAG, f"average-range method {name}")
    assert study.percent_grr == published(AIAG, "average-range method %GRR")
    assert study.ndc == published(AIAG, "average-range method ndc")


def test_a_nested_study_equals_jasp(batches):
    study = nested(nested_layout(batches))
    lines = {line.source: line for line in study.lines}

    assert (lines["operator"].f, lines["operator"].p) == pytest.approx((0.696059139499019, 0.51759708068839))
    assert (lines["part"].f, lines["part"].p) == pytest.approx((38.849173553719, 4.4622407258139e-09))
    assert study.components["gauge"].variance == pytest.approx(0.0806666666666667)
    assert study.components["part"].variance == pytest.approx(1.52658333333333)
    assert study.components["operator"].variance == 0
    assert study.percent_grr == pytest.approx(22.4029566447861)
    assert study.negative == ("operator",)


def test_constants_equal_those_that_aiag_prints():
    assert [range_constant(n, ranges=30) for n in (2, 3)] == [0.8862, 0.5908]
    assert [range_constant(n, ranges=1) for n in (2, 3)] == [0.7071, 0.5231]
    printed = [0.4467, 0.4030, 0.3742, 0.3534, 0.3375, 0.3249, 0.3146]
    assert [range_constant(n, ranges=1) for n in range(4, 11)] == pytest.approx(printed, abs=1.01e-4)


# --- naive oracles --------------------------------------------------------------------------------------


def slow_crossed(values):
    """Count every square by hand, as a book has it."""
    operators, parts, trials = values.shape
    every = [(i, j, k) for i in range(operators) for j in range(parts) for k in range(trials)]
    mean = sum(values[at] for at in every) / len(every)

    def average(chosen):
        picked = [values[at] for at in every if chosen(at)]
        return sum(picked) / len(picked)

    of_part = [average(lambda at, j=j: at[1] == j) for j in range(parts)]
    of_operator = [average(lambda at, i=i: at[0] == i) for i in range(operators)]
    of_cell = {(i, j): average(lambda at, i=i, j=j: at[:2] == (i, j)) for i, j, _ in every}
    part = sum((of_part[j] - mean) ** 2 for _, j, _ in every)
    operator = sum((of_operator[i] - mean) ** 2 for i, _, _ in every)
    both = sum((of_cell[i, j] - of_part[j] - of_operator[i] + mean) ** 2 for i, j, _ in every)
    error = sum((values[i, j, k] - of_cell[i, j]) ** 2 for i, j, k in every)
    return {"part": part, "operator": operator, "interaction": both, "repeatability": error}


@pytest.mark.parametrize("shape", [(2, 3, 2), (3, 5, 4), (4, 2, 2)])
def test_squares_of_a_crossed_study_equal_a_slow_count(shape):
    values = np.random.default_rng(7).normal(10, 2, shape)

    found = {line.source: line.ss for line in study_of(values).lines}

    assert found == pytest.approx(slow_crossed(values))


def test_squares_of_a_nested_study_equal_a_slow_count():
    values = np.random.default_rng(8).normal(10, 2, (3, 4, 2))
    layout = layout_of(values)
    mean = values.mean()
    operator = part = error = 0.0
    for i in range(3):
        for j in range(4):
            for k in range(2):
                operator += (values[i].mean() - mean) ** 2
                part += (values[i, j].mean() - values[i].mean()) ** 2
                error += (values[i, j, k] - values[i, j].mean()) ** 2

    found = [line.ss for line in nested(layout).lines]

    assert found == pytest.approx([operator, part, error])


def test_the_range_method_equals_a_slow_count():
    values = made(operators=2, parts=4, trials=2, part=3.0, operator=1.0)
    spreads = [max(values[i, j]) - min(values[i, j]) for i in range(2) for j in range(4)]
    ev = sum(spreads) / 8 * range_constant(2, ranges=8)
    difference = abs(values[0].mean() - values[1].mean())
    av = math.sqrt(max(0.0, (difference * 0.7071) ** 2 - ev**2 / 8))
    means = [(values[0, j].mean() + values[1, j].mean()) / 2 for j in range(4)]
    pv = (max(means) - min(means)) * 0.4465

    study = by_ranges(layout_of(values), Allowed())

    assert study.sigma("repeatability") == pytest.approx(ev)
    assert study.sigma("operator") == pytest.approx(av)
    assert study.sigma("part") == pytest.approx(pv, rel=1e-3)


# --- invariances ----------------------------------------------------------------------------------------

boxes = st.builds(
    made,
    operators=st.integers(2, 4),
    parts=st.integers(2, 8),
    trials=st.integers(2, 4),
    seed=st.integers(0, 10_000),
    part=st.floats(0, 5),
    operator=st.floats(0, 3),
    interaction=st.floats(0, 3),
)


@settings(max_examples=40, deadline=None)
@given(boxes, st.sampled_from(["anova", "range"]))
def test_components_add_up(values, method):
    study = study_of(values, method=method)
    found = {source: component.variance for source, component in study.components.items()}

    assert found["gauge"] + found["part"] == pytest.approx(found["total"])
    assert found["repeatability"] + found["reproducibility"] == pytest.approx(found["gauge"])
    assert min(found.values()) >= 0


@settings(max_examples=40, deadline=None)
@given(boxes)
def test_squares_and_degrees_of_freedom_add_up(values):
    lines = study_of(values, alpha=1.0).lines

    assert sum(line.ss for line in lines) == pytest.approx(((values - values.mean()) ** 2).sum())
    assert sum(line.df for line in lines) == values.size - 1


@settings(max_examples=30, deadline=None)
@given(boxes, st.floats(0.001, 1000), st.floats(-100, 100))
def test_percentages_do_not_depend_on_unit_or_origin(values, scale, origin):
    here = study_of(values, allowed=Allowed(tolerance=20.0))
    there = study_of(values * scale + origin, allowed=Allowed(tolerance=20.0 * scale))

    assert there.percent_grr == pytest.approx(here.percent_grr, rel=1e-5)
    assert there.percent_tolerance() == pytest.approx(here.percent_tolerance(), rel=1e-5)
    assert there.sigma("total") == pytest.approx(scale * here.sigma("total"), rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(boxes, st.randoms(use_true_random=False))
def test_order_and_names_do_not_matter(values, random):
    operators, parts, trials = (axis.ravel() for axis in np.indices(values.shape))
    frame = pd.DataFrame({"operator": operators, "part": parts, "trial": trials, "value": values.ravel()})
    names = [f"name {number}" for number in range(10)]
    random.shuffle(names)
    order = list(range(len(frame)))
    random.shuffle(order)
    other = frame.iloc[order].assign(
        part=[names[number] for number in parts[order]],
        operator=[names[number] for number in operators[order]],
    )

    here, there = crossed(crossed_layout(frame)), crossed(crossed_layout(other))

    for source, component in here.components.items():
        assert there.components[source].variance == pytest.approx(component.variance, abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(boxes)
def test_an_interval_holds_its_estimate(values):
    for component in study_of(values, alpha=1.0).components.values():
        assert component.low <= component.variance + 1e-12
        assert component.variance <= component.high + 1e-12


# --- intervals ------------------------------------------------------------------------------------------


def test_the_interval_of_one_mean_square_is_the_exact_one():
    values = np.random.default_rng(3).normal(0, 2, 12)

    low, high = large_sample(np.ones(1), np.array([values.var(ddof=1)]), np.array([11.0]), confidence=0.95)

    # chi-square with 11 degrees of freedom, 2.5 and 97.5 %: 3.816 and 21.920
    assert (low, high) == pytest.approx(
        (11 * values.var(ddof=1) / 21.920, 11 * values.var(ddof=1) / 3.816), rel=1e-3
    )


@pytest.mark.parametrize("source", ["repeatability", "operator", "part", "gauge", "total"])
def test_intervals_hold_the_truth_about_as_often_as_they_say(source):
    sigmas = {"part": 3.0, "operator": 1.5, "interaction": 1.0, "repeatability": 1.0}
    truth = {name: sigma**2 for name, sigma in sigmas.items()}
    truth["gauge"] = truth["operator"] + truth["interaction"] + truth["repeatability"]
    truth["total"] = truth["gauge"] + truth["part"]

    held = 0
    for seed in range(300):
        found = study_of(made(operators=4, seed=seed, **sigmas), alpha=1.0, confidence=0.9).components[source]
        held += found.low <= truth[source] <= found.high

    assert 0.85 <= held / 300 <= 0.97


def test_the_interval_of_the_share_holds_the_truth_about_as_often_as_it_says():
    sigmas = {"part": 3.0, "operator": 1.5, "interaction": 1.0, "repeatability": 1.0}
    truth = 100 * math.sqrt(4.25 / 13.25)

    studies = [study_of(made(operators=4, seed=s, **sigmas), alpha=1.0, confidence=0.9) for s in range(150)]
    held = sum(study.share[0] <= truth <= study.share[1] for study in studies)

    assert 0.84 <= held / 150 <= 0.98


def test_a_share_of_itself_is_one():
    weights = np.array([[1.0]])
    assert share_interval(weights, weights, np.array([2.0]), np.array([5.0]), confidence=0.9) == (1.0, 1.0)


# --- designs and limits ---------------------------------------------------------------------------------


def test_one_operator_leaves_repeatability_alone():
    study = study_of(made(operators=1, part=3.0))

    assert study.sigma("operator") is study.sigma("interaction") is None
    assert study.components["gauge"].variance == study.components["repeatability"].variance


def test_one_trial_cannot_show_the_interaction():
    study = study_of(made(trials=1, part=3.0, operator=1.0))

    assert study.pooled
    assert study.lines == ()
    assert math.isnan(study.interaction_p)
    assert study.components["repeatability"].variance == pytest.approx(study.pooled_lines[-1].ms)


def test_a_known_process_replaces_the_total():
    free, held = (study_of(made(part=3.0), allowed=Allowed(historical_sigma=sigma)) for sigma in (None, 5.0))

    gauge = free.components["gauge"].variance
    assert held.components["total"].sigma == 5.0
    assert held.components["part"].variance == pytest.approx(25 - gauge)
    assert held.percent_grr == pytest.approx(100 * math.sqrt(gauge) / 5)


def test_one_limit_counts_half_the_variation():
    values = made(part=3.0)
    one = study_of(values, allowed=Allowed(upper=20.0))
    gauge = one.components["gauge"].sigma

    assert one.allowed.one_sided
    assert one.percent_tolerance() == pytest.approx(100 * 3 * gauge / (20 - values.mean()))


def test_a_gauge_without_spread_tells_endless_classes():
    values = np.arange(5.0).reshape(1, 5, 1) + np.zeros((3, 5, 2))
    study = study_of(values)

    assert (study.percent_grr, study.ndc, study.ndc_exact) == (0.0, None, math.inf)


def test_fewer_than_one_class_is_one_class():
    values = made(part=0.0, repeatability=5.0, seed=3)
    assert study_of(values).ndc == 1


def test_limits_of_the_charts_follow_the_range():
    values = made(part=3.0)
    limits = control_limits(layout_of(values))
    spread = np.ptp(values, axis=2).mean()

    assert limits["mean_ucl"] - limits["mean"] == pytest.approx(1.023 * spread, rel=1e-3)  # A2 for three
    assert limits["range_ucl"] == pytest.approx(2.574 * spread, rel=1e-3)  # D4 for three


# --- refusals -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "limits",
    [
        {"tolerance": -1.0},
        {"lower": 2.0, "upper": 1.0},
        {"tolerance": 3.0, "lower": 1.0, "upper": 2.0},
        {"historical_sigma": 0.0},
    ],
)
def test_limits_that_contradict_are_refused(limits):
    with pytest.raises(Invalid):
        Allowed(**limits)


@pytest.mark.parametrize("options", [{"method": "guess"}, {"alpha": 2.0}, {"confidence": 1.0}])
def test_options_out_of_bounds_are_refused(options):
    with pytest.raises(Invalid):
        study_of(made(part=1.0), **options)


def test_ranges_of_one_trial_are_refused():
    with pytest.raises(TooFew, match="range method: got 1, expected at least 2"):
        study_of(made(trials=1, part=1.0), method="range")
