"""Shewhart charts: published limits, unequal and missing data, invariances, refusals."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Invalid, NoSpread, NotFound, TooFew
from workbench.methods.spc import NoSubgroups, Plan, control_chart
from workbench.methods.spc_samples import arrange
from workbench.methods.spc_sigma import within_sigma

RINGS = "qcc/pistonrings.csv (samples 1-25, n=5)"
ALL_RINGS = "qcc/pistonrings.csv (limits from 1-25, all 40 plotted)"
FLOW = "nist_ehandbook/flowrate_individuals (inline: 49.6 47.6 49.9 51.3 47.8 51.2 52.6 52.4 53.6 52.1)"
FLOW_VALUES = [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


@pytest.fixture
def rings(reference):
    """Piston rings: 40 samples of five, the first 25 are the baseline."""
    names = {"diameter": "value", "sample": "subgroup", "trial": "baseline"}
    return pd.read_csv(reference / "qcc/pistonrings.csv").rename(columns=names)


def subgroups(count=25, size=5, *, seed=3, mean=10.0, sigma=0.5):
    values = np.random.default_rng(seed).normal(mean, sigma, count * size)
    return pd.DataFrame({"value": values, "subgroup": np.repeat(np.arange(1, count + 1), size)})


def test_xbar_r_limits_equal_qcc(rings, published):
    chart = control_chart(rings)

    assert chart.chart == "xbar-r"
    assert chart.center == published(RINGS, "xbar chart center line")
    assert chart.lcl == published(RINGS, "xbar chart LCL")
    assert chart.ucl == published(RINGS, "xbar chart UCL")
    assert chart.sigma == published(RINGS, "xbar chart std.dev used")


def test_range_chart_equals_qcc(rings, published):
    spread = control_chart(rings).spread

    assert spread.center == published(RINGS, "R chart center line")
    assert spread.lcl == published(RINGS, "R chart LCL")
    # qcc 2.7's table has d3(5) = 0.8640855 where it is 0.8640819: 2e-6 of the limit.
    assert spread.ucl == pytest.approx(0.0481253301547724, rel=5e-6)


def test_xbar_s_limits_equal_qcc(rings, published):
    chart = control_chart(rings, Plan(chart="xbar-s"))

    assert chart.sigma == published(RINGS, "S chart std.dev used")
    assert chart.spread.center == published(RINGS, "S chart center line")
    assert chart.spread.ucl == published(RINGS, "S chart UCL")
    assert chart.spread.lcl == published(RINGS, "S chart LCL")


def test_limits_of_the_baseline_judge_all_points(rings, published):
    signals = control_chart(rings).signals

    beyond = signals.loc[signals["rule"] == "beyond_limits", "subgroup"].tolist()
    runs = signals.loc[signals["rule"] == "run_7", "subgroup"].tolist()
    assert len(beyond) == published(ALL_RINGS, "xbar chart number of points beyond limits")
    assert beyond == published(ALL_RINGS, "xbar chart beyond-limit sample numbers (list)")
    assert runs == [40]  # published as [40]: the run of seven ends there


def test_individuals_equal_nist(published):
    chart = control_chart(pd.DataFrame({"value": FLOW_VALUES}))

    assert chart.chart == "imr"
    assert chart.center == published(FLOW, "individuals chart center")
    assert chart.ucl == published(FLOW, "UCL = mean+3*MR/1.128")
    assert chart.lcl == published(FLOW, "LCL")
    assert chart.spread.center == published(FLOW, "average moving range")


def test_unequal_subgroups_are_weighted_as_minitab_does(reference, expected_tables):
    """Ranges of three to five values, weighted by their precision; JASP rounds d3 as well."""
    frame = pd.read_csv(reference / "jasp_quality/processCapabilityAnalysisLongFormatDebug.csv")
    expected = expected_tables("LF13.5 ")["values"]
    for stage, sigma in ((1, expected[4]), (2, expected[12])):
        rows = frame[frame["Stage"] == stage]
        samples = arrange(pd.DataFrame({"value": rows["Diameter"], "subgroup": rows["TimeMissing15"]}))
        assert within_sigma(samples, "rbar") == pytest.approx(sigma, abs=1e-3)


def test_each_unequal_subgroup_has_its_own_limits():
    frame = subgroups().drop(index=[0, 7, 8])

    chart = control_chart(frame, Plan(chart="xbar-s"))

    points = chart.points
    assert points["n"].tolist()[:3] == [4, 3, 5]
    half_width = (points["ucl"] - points["lcl"]) / 2
    assert np.allclose(half_width, 3 * chart.sigma / np.sqrt(points["n"]))
    assert chart.samples.size == 5
    assert chart.samples.notes == {"unequal_subgroups": 2}


def test_a_chart_equals_a_naive_one():
    frame = subgroups(30, 4)
    groups = frame.groupby("subgroup")["value"]
    center = groups.mean().mean()
    mean_range = (groups.max() - groups.min()).mean()

    chart = control_chart(frame)

    assert chart.center == pytest.approx(center)
    assert chart.ucl == pytest.approx(center + 0.729 * mean_range, abs=1e-3)  # A2 for n = 4
    assert chart.spread.ucl == pytest.approx(2.282 * mean_range, rel=2e-4)  # D4 for n = 4


def test_a_change_of_unit_changes_the_numbers_only():
    in_mm = control_chart(subgroups(mean=10, sigma=0.5), Plan(rules=("nelson",)))
    in_inch = control_chart(
        subgroups().assign(value=lambda f: f["value"] / 25.4 + 3), Plan(rules=("nelson",))
    )

    assert in_inch.ucl == pytest.approx(in_mm.ucl / 25.4 + 3)
    assert in_inch.signals["point"].tolist() == in_mm.signals["point"].tolist()


def test_the_order_within_subgroups_does_not_matter():
    frame = subgroups()
    mixed = frame.sample(frac=1, random_state=1).sort_values("subgroup", kind="stable")

    assert control_chart(mixed).ucl == pytest.approx(control_chart(frame).ucl)


def test_rows_are_put_in_order_of_time():
    frame = subgroups().assign(ts=pd.date_range("2026-01-01", periods=125, freq="min"))
    shuffled = frame.sample(frac=1, random_state=1)

    chart = control_chart(shuffled)

    assert chart.points["subgroup"].tolist() == list(range(1, 26))
    assert chart.samples.notes["sorted_rows"] > 0


def test_auto_takes_the_chart_that_fits_the_subgroups():
    assert control_chart(subgroups(12, 8)).chart == "xbar-r"
    assert control_chart(subgroups(12, 9)).chart == "xbar-s"
    assert control_chart(subgroups(12, 1)).chart == "imr"
    assert control_chart(subgroups()[["value"]], Plan(subgroup_size=5)).chart == "xbar-r"


def test_missing_values_are_counted_and_leave_a_gap():
    values = [*FLOW_VALUES[:4], np.nan, *FLOW_VALUES[4:], np.inf]

    chart = control_chart(pd.DataFrame({"value": values}))

    assert chart.samples.notes == {"missing_values": 2}
    assert chart.points["statistic"].isna().tolist() == [False] * 4 + [True] + [False] * 6 + [True]
    assert chart.points["spread"].isna().sum() == 4  # the first point, the two gaps, and the one after a gap


def test_a_moving_range_chart_is_not_judged_by_runs():
    values = [10, 10.1] * 8 + [10, 11] * 8  # after the change every moving range is long

    chart = control_chart(pd.DataFrame({"value": values}), Plan(rules=("nelson",)))

    assert set(chart.signals.loc[chart.signals["chart"] == "spread", "rule"]) <= {"beyond_limits"}


def test_a_short_last_subgroup_is_kept_and_said():
    chart = control_chart(subgroups()[["value"]].iloc[:123], Plan(subgroup_size=5))

    assert chart.points["n"].iloc[-1] == 3
    assert chart.samples.notes["short_last_subgroup"] == 3


def test_individual_values_of_subgroups_can_be_charted_too():
    chart = control_chart(subgroups(), Plan(chart="imr"))

    assert (chart.chart, chart.n_points) == ("imr", 125)


def test_too_few_points_are_refused_with_their_number():
    with pytest.raises(TooFew, match="subgroups for control limits: got 4, expected at least 5"):
        control_chart(subgroups(4))
    with pytest.raises(TooFew, match="individual values for control limits: got 9, expected at least 10"):
        control_chart(subgroups().head(9), Plan(chart="imr"))


def test_a_short_baseline_is_refused(rings):
    with pytest.raises(TooFew) as refusal:
        control_chart(rings.assign(baseline=rings["subgroup"] <= 4))
    assert (refusal.value.need, refusal.value.have) == (5, 4)


def test_known_mean_and_sigma_need_no_baseline():
    chart = control_chart(subgroups(3), Plan(target=10.0, sigma=0.5))

    assert chart.ucl == pytest.approx(10 + 3 * 0.5 / np.sqrt(5))
    assert not chart.preliminary


def test_an_empty_table_is_refused():
    with pytest.raises(TooFew):
        control_chart(subgroups().iloc[:0])


def test_equal_values_are_refused():
    with pytest.raises(NoSpread, match="do not differ"):
        control_chart(pd.DataFrame({"value": [5.0] * 30}))


def test_a_chart_of_subgroups_without_subgroups_is_refused():
    with pytest.raises(NoSubgroups, match="at least 2 values"):
        control_chart(pd.DataFrame({"value": FLOW_VALUES}), Plan(chart="xbar-s"))


@pytest.mark.parametrize(
    "wrong", [{"sigma": 0.0}, {"lambda_": 1.5}, {"limit_sigmas": -1.0}, {"cusum_k": -0.1}]
)
def test_wrong_constants_are_refused(wrong):
    with pytest.raises(Invalid, match=next(iter(wrong))):
        Plan(**wrong)


def test_an_unknown_chart_is_refused():
    with pytest.raises(NotFound, match="did you mean 'xbar-r'"):
        Plan(chart="xbar_r")
