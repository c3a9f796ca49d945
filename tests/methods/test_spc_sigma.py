"""Every estimate of sigma finds the sigma that is there, and follows shift, scale, order and unit."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import Refused
from workbench.methods.spc import Plan, UnfitSigma, control_chart
from workbench.methods.spc_constants import d2, median_error, printed_d4
from workbench.methods.spc_model import CHARTS
from workbench.methods.spc_samples import arrange
from workbench.methods.spc_short_run import SHORT_RUNS
from workbench.methods.spc_sigma import within_sigma

OF_SUBGROUPS = ("rbar", "sbar", "pooled")
UNEQUAL = np.repeat(np.arange(4000), np.tile([2, 3, 5, 7], 1000))
readings = st.lists(st.integers(-500, 500), min_size=60, max_size=60).filter(
    lambda found: np.abs(np.diff(found)).sum() > 0 and len(set(found)) > 5
)


def plan_for(chart, **more):
    return Plan(chart=chart, subgroup_size=1 if chart == "imr" else 4, rules=("nelson",), **more)


@pytest.mark.parametrize("method", OF_SUBGROUPS)
def test_unequal_subgroups_give_the_sigma_they_were_made_with(method):
    values = np.random.default_rng(8).normal(100, 2.5, UNEQUAL.size)
    samples = arrange(pd.DataFrame({"value": values, "subgroup": UNEQUAL}))

    assert within_sigma(samples, method) == pytest.approx(2.5, rel=0.02)


@pytest.mark.parametrize("length", [2, 3, 5, 10])
@pytest.mark.parametrize("method", ["mr", "median-mr"])
def test_moving_ranges_of_any_length_give_the_sigma_they_were_made_with(method, length):
    values = np.random.default_rng(9).normal(5, 0.3, 40_000)
    samples = arrange(pd.DataFrame({"value": values}), mr_length=length)

    assert within_sigma(samples, method) == pytest.approx(0.3, rel=0.02)


def test_the_median_of_moving_ranges_is_not_moved_by_a_few_jumps():
    values = np.random.default_rng(4).normal(0, 1, 200)
    jumpy = values.copy()
    jumpy[[20, 80, 140]] += 40

    for method, shift in (("median-mr", 0.1), ("mr", 1.0)):
        calm, wild = (within_sigma(arrange(pd.DataFrame({"value": v})), method) for v in (values, jumpy))
        assert (wild - calm > shift) == (method == "mr")


@pytest.mark.parametrize(
    ("n", "factor"), [(2, 1.880), (3, 1.187), (4, 0.796), (5, 0.691), (6, 0.549), (7, 0.509), (9, 0.412)]
)
def test_the_factor_of_a_median_chart_is_the_printed_one(n, factor):
    assert 3 * median_error(n) / d2(n) == pytest.approx(factor, abs=6e-4)  # ISO 7870-2, A4


def test_the_median_of_ranges_is_the_printed_one():
    assert [printed_d4(n) for n in (2, 3, 4, 5)] == [0.954, 1.588, 1.978, 2.257]


@pytest.mark.parametrize("n", [6, 31, 80])
def test_the_error_of_a_median_is_that_of_a_simulation(n):
    medians = np.median(np.random.default_rng(n).normal(size=(60_000, n)), axis=1)
    assert median_error(n) == pytest.approx(medians.std(), rel=0.01)


@pytest.mark.parametrize(("size", "method"), [(1, "rbar"), (1, "pooled"), (5, "mr"), (5, "median-mr")])
def test_an_estimate_that_does_not_fit_is_refused(size, method):
    values = pd.DataFrame({"value": np.random.default_rng(1).normal(size=100)})
    with pytest.raises(UnfitSigma, match="leave it automatic"):
        control_chart(values, Plan(subgroup_size=size, sigma_method=method))


@settings(max_examples=25, deadline=None)
@given(
    readings,
    st.sampled_from([name for name in CHARTS if name not in SHORT_RUNS]),
    st.integers(-3000, 3000),
    st.sampled_from([0.5, 2.0, 8.0, 1024.0]),
)
def test_shift_and_unit_change_the_numbers_and_no_signal(numbers, chart, shift, scale):
    values = np.array(numbers, dtype=float)
    try:
        before = control_chart(pd.DataFrame({"value": values}), plan_for(chart))
    except Refused:
        return
    after = control_chart(pd.DataFrame({"value": (values + shift) * scale}), plan_for(chart))

    offset = 0 if chart == "cusum" else shift
    assert after.sigma == pytest.approx(before.sigma * scale, rel=1e-9)
    assert after.ucl == pytest.approx((before.ucl + offset) * scale, rel=1e-9, abs=1e-6)
    near = np.isclose(before.points["value"], before.reference, atol=1e-9).any()
    if not near:  # a point on the centre line falls to either side by rounding
        assert after.signals["point"].tolist() == before.signals["point"].tolist()


@settings(max_examples=25, deadline=None)
@given(readings, st.randoms(use_true_random=False))
def test_the_order_within_subgroups_changes_nothing(numbers, random):
    groups = [numbers[at : at + 4] for at in range(0, 60, 4)]
    mixed = [random.sample(group, 4) for group in groups]
    for chart in ("xbar-r", "xbar-s", "median"):
        try:
            first = control_chart(pd.DataFrame({"value": np.ravel(groups)}), plan_for(chart))
        except Refused:
            continue
        again = control_chart(pd.DataFrame({"value": np.ravel(mixed)}), plan_for(chart))
        assert (again.center, again.sigma) == pytest.approx((first.center, first.sigma))


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0.01, 50),
    st.floats(1.01, 20),
    st.sampled_from([name for name in CHARTS if name not in SHORT_RUNS]),
)
def test_limits_widen_with_sigma(sigma, factor, chart):
    values = pd.DataFrame({"value": np.linspace(-1, 1, 60)})
    narrow, wide = (
        control_chart(values, plan_for(chart, target=0.0, sigma=s)) for s in (sigma, sigma * factor)
    )

    assert wide.ucl > narrow.ucl
    assert wide.lcl < narrow.lcl
    assert (wide.points["ucl"] >= narrow.points["ucl"]).all()


def test_a_median_chart_plots_medians_around_their_mean():
    values = np.random.default_rng(2).normal(10, 1, (30, 5))
    values[3, 0] = 1000.0  # one wild value moves a mean, not a median

    chart = control_chart(pd.DataFrame({"value": values.ravel()}), Plan(chart="median", subgroup_size=5))

    medians = np.median(values, axis=1)
    assert chart.points["statistic"].to_numpy() == pytest.approx(medians)
    assert chart.center == pytest.approx(medians.mean())
    assert chart.ucl - chart.center == pytest.approx(0.691 * chart.spread.center, rel=1e-3)  # A4 R̄


def test_a_moving_average_equals_a_naive_one():
    values = np.random.default_rng(3).normal(size=40)
    values[7] = np.nan
    chart = control_chart(
        pd.DataFrame({"value": values}), Plan(chart="moving-average", span=4, target=0.0, sigma=1.0)
    )

    kept = values[np.isfinite(values)]
    naive = [kept[max(0, at - 3) : at + 1].mean() for at in range(kept.size)]
    assert chart.points["statistic"].dropna().to_numpy() == pytest.approx(naive)
    assert chart.points["ucl"].iloc[[0, 1, 3, 39]].tolist() == pytest.approx([3, 3 / 2**0.5, 1.5, 1.5])
