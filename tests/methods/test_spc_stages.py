"""Stages, phases and windows of time: which points share limits, and which values share a point."""

import numpy as np
import pandas as pd
import pytest

from workbench.methods import spc_refusals, spc_words
from workbench.methods.spc import NoTimes, Plan, control_chart, prepare


@pytest.fixture
def stages():
    """Thirty values around 10, thirty around 20 with twice the spread."""
    random = np.random.default_rng(5)
    values = np.concatenate([random.normal(10, 1, 30), random.normal(20, 2, 30)])
    return pd.DataFrame({"value": values, "stages": np.repeat(["before", "after"], 30)})


@pytest.mark.parametrize("chart", ["imr", "xbar-r", "median", "moving-average", "ewma", "cusum"])
def test_each_stage_has_the_limits_it_would_have_alone(stages, chart):
    plan = Plan(chart=chart, subgroup_size=1 if chart == "imr" else 3)

    whole = control_chart(stages, plan)

    for name in ("before", "after"):
        alone = control_chart(stages[stages["stages"] == name], plan)
        part = whole.points[whole.points["stage"] == name]
        row = whole.stages.set_index("stage").loc[name]
        assert part["statistic"].to_numpy() == pytest.approx(alone.points["statistic"].to_numpy())
        assert part["ucl"].to_numpy() == pytest.approx(alone.points["ucl"].to_numpy())
        assert (row["sigma"], row["ucl"], row["mean"]) == (alone.sigma, alone.ucl, alone.reference)
    assert whole.ucl == whole.stages["ucl"].iloc[-1]


def test_no_pattern_and_no_moving_range_crosses_a_stage():
    values = [0.0, 1.0] * 6 + [100.0, 101.0] * 6
    frame = pd.DataFrame({"value": values, "stages": ["a"] * 12 + ["b"] * 12})

    chart = control_chart(frame, Plan(chart="imr", rules=("nelson",)))

    assert np.isnan(chart.points["spread"].iloc[12])
    assert chart.n_signals == 0
    assert control_chart(frame.drop(columns="stages"), Plan(chart="imr")).n_signals > 0


def test_a_stage_that_comes_back_goes_on_with_its_own_limits(stages):
    mixed = stages.iloc[[*range(15), *range(30, 45), *range(15, 30), *range(45, 60)]]

    chart = control_chart(mixed, Plan(chart="imr"))

    assert chart.samples.notes["scattered_stages"] == 2
    limits = chart.points.groupby("stage")["ucl"].nunique()
    assert limits.tolist() == [1, 1]
    assert chart.points["point"].tolist() == list(range(1, 61))


def test_subgroups_by_count_begin_anew_with_each_stage():
    frame = pd.DataFrame({"value": np.arange(44.0) % 7, "stages": ["a"] * 22 + ["b"] * 22})

    chart = control_chart(frame, Plan(subgroup_size=3))

    assert chart.points.groupby("stage", sort=False)["n"].agg(list).tolist() == [[3] * 7 + [1]] * 2


def test_a_short_stage_is_refused_by_its_name(stages):
    problem = spc_refusals.problem(*prepare(stages.iloc[:34], Plan(chart="imr")))

    assert (problem["code"], problem["need"], problem["have"]) == ("too_few_subgroups", 5, 4)
    assert problem["text"]["en"].startswith("Stage after: ")
    assert problem["text"]["zh"].startswith("阶段 after：")


def test_a_verdict_says_whose_limits_are_shown(stages):
    text = spc_words.describe(control_chart(stages, Plan(chart="imr"))).text
    assert "Each of 2 stages has its own limits; the numbers shown are those of after." in text["en"]
    assert "各用自己的控制限" in text["zh"]


def test_the_first_points_judge_the_later_ones():
    values = np.random.default_rng(6).normal(size=60)
    values[40] = 9.0
    frame = pd.DataFrame({"value": values})

    chart = control_chart(frame, Plan(chart="imr", baseline_points=30, rules=("limits-only",)))

    first = control_chart(frame.iloc[:30], Plan(chart="imr"))
    assert (chart.center, chart.sigma) == (first.center, first.sigma)
    assert chart.n_new_signals == chart.n_signals - first.n_signals > 0
    assert "outside it (phase II)" in spc_words.describe(chart).text["en"]


def test_windows_of_time_make_subgroups_whatever_the_column():
    times = pd.date_range("2026-03-01 06:00", periods=96, freq="15min")
    frame = pd.DataFrame({"value": np.random.default_rng(1).normal(size=96), "ts": times, "subgroup": 1})
    frame.loc[5, "ts"] = pd.NaT

    chart = control_chart(frame.sample(frac=1, random_state=2), Plan(subgroup_minutes=60))

    assert chart.points["subgroup"].tolist()[:2] == ["2026-03-01 06:00", "2026-03-01 07:00"]
    assert chart.points["n"].tolist() == [4, 3] + [4] * 22
    assert chart.samples.notes["left_out_without_time"] == 1


def test_windows_of_time_without_times_are_refused_with_a_remedy():
    frame, plan = pd.DataFrame({"value": [1.0, 2.0] * 20}), Plan(subgroup_minutes=60)

    with pytest.raises(NoTimes):
        prepare(frame, plan)
    assert "Map a time column" in spc_refusals.missing(frame, plan)["remedy"]["en"]


def test_a_column_that_names_each_row_does_not_undo_a_subgroup_size():
    frame = pd.DataFrame({"value": np.random.default_rng(1).normal(size=60), "subgroup": range(60)})
    assert control_chart(frame, Plan(subgroup_size=5)).n_points == 12


@pytest.mark.parametrize("size", [1, 4])
def test_values_far_from_zero_keep_their_spread(size):
    values = np.random.default_rng(3).normal(0, 1, 80).round(3)
    near, far = (
        control_chart(pd.DataFrame({"value": values + offset}), Plan(subgroup_size=size, sigma_method=method))
        for offset, method in ((0, "sbar" if size > 1 else "mr"), (1e9, "sbar" if size > 1 else "mr"))
    )
    assert far.sigma == pytest.approx(near.sigma, rel=1e-6)
