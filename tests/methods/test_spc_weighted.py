"""EWMA and CUSUM: published statistics and limits, a naive oracle, invariances."""

import numpy as np
import pandas as pd
import pytest

from workbench.methods.spc import Plan, control_chart

RINGS = "qcc/pistonrings.csv (samples 1-25)"
MEANS = [324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600]
MEANS += [324.625, 325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350]
NIST_EWMA = [52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5]
NIST_EWMA += [49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6, 52.4, 53.6, 52.1]


@pytest.fixture
def rings(reference):
    names = {"diameter": "value", "sample": "subgroup"}
    frame = pd.read_csv(reference / "qcc/pistonrings.csv").rename(columns=names)
    return frame[frame["trial"]].drop(columns="trial")


@pytest.fixture
def nist_cusum(published):
    """The published sums, as a lookup by quantity."""
    listed = " ".join(f"{mean:.3f}" for mean in MEANS)
    dataset = f"nist_ehandbook/cusum_example (inline group means: {listed}; target 325, k 0.3175, h 4.1959)"
    return lambda quantity: published(dataset, quantity)


def test_ewma_equals_qcc(rings, published):
    chart = control_chart(rings, Plan(chart="ewma", lambda_=0.2))

    last = chart.points.iloc[-1]
    assert last["statistic"] == published(RINGS, "EWMA lambda 0.2, last value")
    assert last["ucl"] == published(RINGS, "EWMA lambda 0.2, last UCL")
    assert chart.points["ucl"].iloc[0] == published(RINGS, "EWMA lambda 0.2, first UCL")


def test_ewma_limits_equal_nist():
    """NIST/SEMATECH e-Handbook 6.3.2.4: λ 0.3, target 50, s 2.0539 give 52.5884 and 47.4115."""
    chart = control_chart(
        pd.DataFrame({"value": NIST_EWMA}), Plan(chart="ewma", lambda_=0.3, target=50.0, sigma=2.0539)
    )

    assert chart.ucl == pytest.approx(52.5884, abs=1e-4)
    assert chart.lcl == pytest.approx(47.4115, abs=1e-4)
    assert chart.points["ucl"].iloc[-1] == pytest.approx(52.5884, abs=1e-4)
    assert chart.n_signals == 0


def test_ewma_of_individuals_signals_where_minitab_does(reference, expected_tables):
    values = pd.read_csv(reference / "jasp_quality/ewmaChartLong.csv", encoding="utf-8-sig")["Measurement"]
    chart = control_chart(pd.DataFrame({"value": values}), Plan(chart="ewma", lambda_=0.3))

    assert [f"Point {point}" for point in chart.signals["point"]] == expected_tables("LF4.4 Test of Expo")[
        "values"
    ]


def test_cusum_equals_nist(nist_cusum):
    plan = Plan(chart="cusum", target=325.0, sigma=0.635, cusum_h=4.1959 / 0.635)
    chart = control_chart(pd.DataFrame({"value": MEANS}), plan)

    # compared with an absolute tolerance: the published zeros are zeros
    assert chart.points["upper"].to_numpy() == pytest.approx(
        np.array(nist_cusum("tabular CUSUM S_hi 1..20").expected), abs=1e-9
    )
    assert chart.points["lower"].to_numpy() == pytest.approx(
        np.array(nist_cusum("tabular CUSUM S_lo 1..20").expected), abs=1e-9
    )
    assert chart.signals["point"].iloc[0] == nist_cusum("first sample with S_hi > h")


def test_cusum_equals_qcc(rings, published):
    points = control_chart(rings, Plan(chart="cusum")).points

    assert points["upper_se"].max() == published(RINGS, "CUSUM (h=5, shift 1 se) max upper sum")
    assert points["lower_se"].min() == published(RINGS, "CUSUM (h=5, shift 1 se) min lower sum")


@pytest.mark.parametrize(
    ("test", "plan"),
    [
        ("LF1.2 Basic test of Cumulative sum chart table", {"subgroup_size": 5}),
        ("LF4.2 Test of Cumulative sum chart without subgroups table", {}),
        ("LF5.2 Test of Cumulative sum chart with historical", {"subgroup_size": 5, "sigma": 3.0}),
    ],
)
def test_cusum_signals_where_minitab_does(reference, expected_tables, test, plan):
    values = pd.read_csv(reference / "jasp_quality/cumsumChartLong.csv", encoding="utf-8-sig")["Measurement"]
    chart = control_chart(
        pd.DataFrame({"value": values}), Plan(chart="cusum", target=0.0, cusum_h=4.0, **plan)
    )

    side = chart.signals["side"].map({"above": "upper", "below": "lower"})
    found = [f"Point {point} - {name}" for point, name in zip(chart.signals["point"], side, strict=True)]
    assert found == expected_tables(test)["values"]


def test_ewma_equals_a_naive_sum():
    values = np.random.default_rng(5).normal(size=40)
    chart = control_chart(
        pd.DataFrame({"value": values}), Plan(chart="ewma", lambda_=0.25, target=0.0, sigma=1.0)
    )

    for t in (0, 7, 39):
        weights = 0.25 * 0.75 ** np.arange(t, -1, -1)
        assert chart.points["statistic"][t] == pytest.approx(weights @ values[: t + 1])
        assert chart.points["ucl"][t] == pytest.approx(3 * np.sqrt((weights**2).sum()))


def test_an_ewma_of_weight_one_is_the_shewhart_chart():
    frame = pd.DataFrame({"value": np.random.default_rng(5).normal(size=40)})
    ewma, shewhart = (control_chart(frame, Plan(chart=name, lambda_=1.0)) for name in ("ewma", "imr"))

    assert ewma.ucl == pytest.approx(shewhart.ucl)
    assert ewma.points["statistic"].to_numpy() == pytest.approx(shewhart.points["statistic"].to_numpy())


def test_a_mirrored_process_swaps_the_sums():
    values = np.random.default_rng(2).normal(0.4, 1, 40)
    charts = [
        control_chart(pd.DataFrame({"value": v}), Plan(chart="cusum", target=0.0, sigma=1.0))
        for v in (values, -values)
    ]

    assert charts[0].points["upper"].to_numpy() == pytest.approx(charts[1].points["lower"].to_numpy())


def test_run_rules_are_not_applied_to_charts_that_remember():
    values = np.random.default_rng(2).normal(0.5, 1, 60)
    for name in ("ewma", "cusum"):
        plan = Plan(chart=name, target=0.0, sigma=1.0, rules=("nelson",))
        chart = control_chart(pd.DataFrame({"value": values}), plan)
        assert chart.rules == ("beyond_limits",)
        assert set(chart.signals["rule"]) <= {"beyond_limits"}


def test_a_missing_value_leaves_the_memory_as_it_was():
    values = np.random.default_rng(2).normal(size=30)
    gap = np.insert(values, 10, np.nan)
    for name in ("ewma", "cusum"):
        plan = Plan(chart=name, target=0.0, sigma=1.0)
        whole, holed = (control_chart(pd.DataFrame({"value": v}), plan).points for v in (values, gap))
        assert np.isnan(holed["statistic"].iloc[10])
        assert holed["statistic"].iloc[-1] == pytest.approx(whole["statistic"].iloc[-1])


def test_a_cusum_signal_knows_where_its_sum_left_zero():
    values = [0.0] * 12 + [2.0] * 8

    chart = control_chart(pd.DataFrame({"value": values}), Plan(chart="cusum", target=0.0, sigma=1.0))

    assert chart.signals["point"].iloc[0] == 16
    assert chart.signals["from_point"].iloc[0] == 13
