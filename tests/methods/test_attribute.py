"""Attribute charts: published limits, naive oracles, invariances, refusals."""

from itertools import pairwise
from math import lgamma, log

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import geom, weibull_min

from workbench.errors import Invalid, NoSpread, NotFound, TooFew
from workbench.methods.attribute import AttributePlan, NoEvents, attribute_chart
from workbench.methods.attribute_rare import (
    geometric_quantiles,
    geometric_sigma,
    transformed_limits,
    weibull_fit,
    weibull_quantiles,
)
from workbench.methods.attribute_refusals import attempt
from workbench.methods.attribute_samples import ImpossibleCounts, NoCount, NoSize, arrange
from workbench.methods.attribute_stages import staged_chart, with_laney
from workbench.methods.attribute_words import describe_attribute

BOARDS = "qcc/circuit.csv (trial==TRUE)"
VALVES = [286, 948, 536, 124, 816, 729, 4, 143, 431, 8, 2837, 596, 81, 227, 603, 492, 1199, 1214, 2831, 96]
LIMITS_ONLY = AttributePlan(rules=("limits-only",))


@pytest.fixture
def boards(reference):
    """Circuit boards: 46 samples of 100, the first 26 are the baseline."""
    names = {"x": "count", "trial": "baseline"}
    return pd.read_csv(reference / "qcc/circuit.csv").rename(columns=names)


def lots(share=0.02, *, count=40, size=400, seed=1, between=0.0):
    random = np.random.default_rng(seed)
    rates = (share + between * random.normal(size=count)).clip(0.001)
    return pd.DataFrame({"count": random.binomial(size, rates), "size": size})


def chart_of(frame, chart="auto", plan=None):
    return attribute_chart(arrange(frame, chart), plan)


def test_c_chart_equals_qcc(boards, published):
    chart = chart_of(boards, "c", LIMITS_ONLY)

    assert chart.center == published(BOARDS, "c chart center")
    assert chart.ucl == published(BOARDS, "c chart UCL")
    assert chart.lcl == published(BOARDS, "c chart LCL")
    trial = chart.signals.loc[chart.signals["point"] <= 26, "point"]
    assert set(trial) == {6, 20}


def test_u_chart_equals_qcc_with_limits_of_each_point(reference, published):
    cloth = pd.read_csv(reference / "qcc/dyedcloth.csv").rename(columns={"x": "count"})

    chart = chart_of(cloth, "u")

    assert chart.center == published("qcc/dyedcloth.csv", "u chart center (variable sample size)")
    assert chart.points["ucl"].tolist() == published("qcc/dyedcloth.csv", "u chart UCL per point (list)")
    assert chart.points["lcl"].tolist() == published("qcc/dyedcloth.csv", "u chart LCL per point (list)")


def test_limits_at_the_mean_size_are_the_headline():
    frame = lots().assign(size=np.tile([200, 600], 20))

    chart = chart_of(frame, "p")

    width = 3 * np.sqrt(chart.rate * (1 - chart.rate) / 400)
    assert chart.mean_size == 400
    assert chart.ucl == pytest.approx(chart.rate + width)


def test_laney_limits_equal_a_naive_calculation():
    frame = lots(between=0.01, size=2000)
    share = frame["count"] / 2000
    mean = frame["count"].sum() / frame["size"].sum()
    error = (mean * (1 - mean) / 2000) ** 0.5
    z = [(p - mean) / error for p in share]
    sigma_z = sum(abs(b - a) for a, b in pairwise(z)) / (len(z) - 1) / 1.128

    chart = chart_of(frame, "laney-p")

    assert chart.dispersion.sigma_z == pytest.approx(sigma_z)
    assert chart.ucl == pytest.approx(mean + 3 * sigma_z * error)


def test_limits_by_probability_leave_no_more_than_the_stated_chance_outside():
    chart = chart_of(lots(), "p", AttributePlan(limits="probability"))
    counts = np.arange(401)
    from_chance = np.array([np.exp(_log_binomial(400, k, chart.rate)) for k in counts])

    assert from_chance[counts / 400 > chart.ucl].sum() <= 0.00135
    assert from_chance[counts / 400 >= chart.ucl].sum() > 0.00135


def _log_binomial(n, k, p):
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log(1 - p)


def test_g_limits_are_three_standard_deviations_of_the_geometric_distribution():
    limits = geometric_sigma(24.0)

    assert limits.ucl == pytest.approx(24 + 3 * geom(1 / 25).std())


def test_g_quantiles_lie_between_the_neighbouring_whole_numbers():
    limits = geometric_quantiles(50.0, 30)
    rate = 29 / 30 / 51

    assert geom.ppf(0.5, rate) - 2 <= limits.center <= geom.ppf(0.5, rate) - 1
    assert geom.ppf(0.99865, rate) - 2 <= limits.ucl <= geom.ppf(0.99865, rate) - 1
    assert limits.lcl == 0


def test_t_chart_equals_montgomery_where_his_power_is_rounded():
    limits = transformed_limits(np.array(VALVES, dtype=float))

    assert limits.center ** (1 / 3.6) == pytest.approx(5.38662, abs=0.005)  # example 7.6, power 0.2777


def test_weibull_limits_of_times_match_scipy():
    shape, _, scale = weibull_min.fit(VALVES, floc=0)
    found = weibull_fit(np.array(VALVES, dtype=float))

    assert found == pytest.approx((shape, scale), rel=1e-3)
    limits = weibull_quantiles(*found)
    assert limits.ucl == pytest.approx(weibull_min.ppf(0.9986501, found[0], scale=found[1]), rel=1e-5)


def test_hours_between_events_come_from_their_times():
    times = pd.Timestamp("2026-01-01") + pd.to_timedelta(np.cumsum([0, *VALVES]), unit="h")

    chart = chart_of(pd.DataFrame({"ts": times}), "t")

    assert chart.points["count"].tolist() == pytest.approx(VALVES)
    assert chart.ucl == pytest.approx(chart_of(pd.DataFrame({"count": VALVES}), "t").ucl)


@settings(deadline=None)
@given(scale=st.floats(0.01, 1000))
def test_a_change_of_the_time_unit_scales_a_t_chart(scale):
    for limits in ("sigma", "probability"):
        plan = AttributePlan(limits=limits)
        hours = chart_of(pd.DataFrame({"count": VALVES}), "t", plan)
        other = chart_of(pd.DataFrame({"count": np.array(VALVES) * scale}), "t", plan)

        assert other.ucl == pytest.approx(hours.ucl * scale, rel=1e-6)
        assert other.points["signal"].tolist() == hours.points["signal"].tolist()


@settings(deadline=None)
@given(counts=st.lists(st.integers(0, 50), min_size=12, max_size=40), factor=st.integers(2, 20))
def test_a_u_chart_does_not_depend_on_the_unit_of_the_size(counts, factor):
    if sum(counts) == 0:
        return
    one = chart_of(pd.DataFrame({"count": counts, "size": 50}), "u")
    other = chart_of(pd.DataFrame({"count": counts, "size": 50 * factor}), "u")

    assert other.center == pytest.approx(one.center / factor)
    assert other.ucl == pytest.approx(one.ucl / factor)
    assert other.signals["point"].tolist() == one.signals["point"].tolist()


@settings(deadline=None)
@given(counts=st.lists(st.integers(1, 99), min_size=12, max_size=40))
def test_counting_good_items_instead_of_bad_ones_mirrors_a_p_chart(counts):
    bad = chart_of(pd.DataFrame({"count": counts, "size": 100}), "p")
    good = chart_of(pd.DataFrame({"count": [100 - c for c in counts], "size": 100}), "p")

    assert good.ucl == pytest.approx(1 - bad.lcl)
    assert good.signals["point"].tolist() == bad.signals["point"].tolist()


@settings(deadline=None)
@given(sizes=st.lists(st.integers(50, 5000), min_size=12, max_size=12))
def test_limits_come_closer_as_samples_grow(sizes):
    frame = pd.DataFrame({"count": 1, "size": sorted(sizes)})

    points = chart_of(frame, "p").points

    assert (np.diff(points["ucl"]) <= 1e-12).all()


def test_counts_of_chance_are_not_called_overdispersed():
    assert not chart_of(lots(size=400), "p").dispersion.over


def test_lots_that_differ_are_called_overdispersed_and_laney_is_the_remedy():
    chart = chart_of(lots(between=0.006, size=5000, seed=3), "p")

    answer = describe_attribute(chart)

    assert answer.code == "overdispersed"
    assert "Laney" in answer.next_step["en"]
    assert with_laney(chart).n_signals < chart.n_signals


def test_a_shift_is_no_overdispersion():
    frame = pd.concat([lots(0.02, seed=5), lots(0.06, count=20, seed=6)], ignore_index=True)

    answer = describe_attribute(chart_of(frame, "p"))

    assert answer.code == "unstable"
    assert "Since point 41" in answer.text["en"]


def test_auto_takes_what_the_columns_allow():
    assert arrange(pd.DataFrame({"count": [1, 2]})).chart == "c"
    assert arrange(pd.DataFrame({"count": [1, 2], "size": [5, 5]})).chart == "p"
    assert arrange(pd.DataFrame({"count": [1, 7], "size": [5, 5]})).chart == "u"


def test_rows_are_put_in_order_of_time_and_missing_ones_are_counted():
    frame = pd.DataFrame(
        {
            "count": [3, 1, None, 2],
            "ts": pd.to_datetime(["2026-01-03", "2026-01-01", "2026-01-02", "2026-01-04"]),
        }
    )

    inspections = arrange(frame, "c")

    assert inspections.points["count"].tolist() == [1, 3, 2]
    assert inspections.notes == {"sorted_rows": 1, "missing_counts": 1}


@pytest.mark.parametrize(
    ("frame", "chart", "error"),
    [
        ({"other": [1] * 9}, "c", NoCount),
        ({"count": [1] * 9}, "p", NoSize),
        ({"count": [9] * 9, "size": [5] * 9}, "np", ImpossibleCounts),
        ({"count": [-1] * 9}, "c", ImpossibleCounts),
        ({"count": [0.5] * 9}, "c", ImpossibleCounts),
        ({"count": [1] * 4}, "c", TooFew),
        ({"count": [0] * 9, "size": [5] * 9}, "p", NoEvents),
        ({"count": [5] * 9, "size": [5] * 9}, "p", NoEvents),
        ({"count": [5.0] * 9}, "t", NoSpread),
    ],
)
def test_data_that_carry_no_chart_are_refused_with_a_remedy(frame, chart, error):
    frame = pd.DataFrame(frame)

    with pytest.raises(error):
        chart_of(frame, chart)
    found, refusal = attempt(frame, chart, AttributePlan())
    assert found is None
    assert refusal["remedy"]["zh"]


def test_wrong_settings_are_refused():
    with pytest.raises(NotFound):
        AttributePlan(limits="wide")
    with pytest.raises(Invalid):
        AttributePlan(target=0.0)
    with pytest.raises(Invalid):
        weibull_fit(np.array([1.0, 2.0]), shape=0.0)


def test_rules_of_zones_are_left_out():
    assert AttributePlan(rules=("nelson",)).rules == ("beyond_limits", "run_9", "trend_6", "alternating_14")


@pytest.mark.parametrize("kind", ["p", "np", "u", "c", "laney-p", "laney-u", "g", "t"])
def test_each_stage_is_charted_as_if_it_were_alone(kind):
    first, second = lots(0.02, seed=1), lots(0.05, seed=2, count=30)
    frame = pd.concat([first.assign(stages="old"), second.assign(stages="new")], ignore_index=True)
    alone = [attribute_chart(arrange(stage, kind)) for stage in (first, second)]

    chart = staged_chart(arrange(frame, kind))

    assert chart.stages == ["old", "new"]
    assert (chart.center, chart.ucl, chart.lcl) == (alone[1].center, alone[1].ucl, alone[1].lcl)
    for name in ("statistic", "center", "ucl", "lcl", "z"):
        np.testing.assert_allclose(chart.points[name], np.concatenate([one.points[name] for one in alone]))
    points = [*alone[0].signals["point"], *(alone[1].signals["point"] + len(first))]
    assert chart.signals["point"].tolist() == points


def test_a_stage_too_short_is_refused_by_its_name():
    frame = lots(count=23).assign(stages=["old"] * 20 + ["new"] * 3)

    _, refusal = attempt(frame, "p", AttributePlan())

    assert (refusal["code"], refusal["have"]) == ("too_few_points", 3)
    assert refusal["text"]["en"].startswith("Stage new: ")


def test_stages_are_told_and_no_change_of_the_level_between_them():
    frame = lots(0.02, count=30).assign(stages=["old"] * 15 + ["new"] * 15)

    text = describe_attribute(staged_chart(arrange(frame, "p"))).text["en"]

    assert "Each of 2 stages has its own limits; the numbers shown are those of new." in text
    assert "lasting" not in text
