"""Short runs: parts with other nominals share a chart, and every signal is explained."""

import numpy as np
import pandas as pd
import pytest

from workbench.methods import spc_causes, spc_refusals, spc_words
from workbench.methods.spc import Plan, control_chart
from workbench.methods.spc_autocorrelation import autocorrelation
from workbench.methods.spc_short_run import NoParts, PartTooFew, named


@pytest.fixture
def parts():
    """Runs of two parts, a small precise one and a large coarse one."""
    random = np.random.default_rng(7)
    names = np.tile(np.repeat(["A", "B"], 10), 4)
    center, sigma = np.where(names == "A", 10.0, 50.0), np.where(names == "A", 0.1, 2.0)
    return pd.DataFrame({"value": random.normal(center, sigma), "part": names, "nominal": center})


def test_a_z_chart_measures_each_part_in_its_own_sigmas(parts):
    chart = control_chart(parts.drop(columns="nominal"), Plan(chart="short-run-z", rules=("limits-only",)))

    small = parts[parts["part"] == "A"]
    ranges = small["value"].diff().abs().mean()
    expected = (small["value"] - small["value"].mean()) / (ranges / 1.128)
    assert (chart.center, chart.ucl, chart.lcl) == (0.0, 3.0, -3.0)
    assert chart.points["value"][small.index].to_numpy() == pytest.approx(expected.to_numpy())
    assert chart.spread.ucl == pytest.approx(3.686, abs=1e-3)  # D4 d2 of two values


def test_a_part_that_shifts_is_found_on_a_chart_of_many(parts):
    parts.loc[63, "value"] += 0.8  # eight sigmas of A, a third of one of B

    shared = control_chart(parts, Plan(chart="short-run-target", rules=("limits-only",)))
    chart = control_chart(parts, Plan(chart="short-run-z", rules=("limits-only",)))

    assert 64 in chart.signals["point"].tolist()
    assert 64 not in shared.signals["point"].tolist()


def test_a_target_chart_plots_deviations_from_nominal(parts):
    chart = control_chart(parts, Plan(chart="short-run-target", subgroup_size=5))

    deviations = (parts["value"] - parts["nominal"]).to_numpy().reshape(-1, 5)
    assert chart.points["value"].to_numpy() == pytest.approx(deviations.mean(axis=1))
    assert chart.spread.kind == "range"


def test_nominals_and_sigmas_shift_and_scale_away(parts):
    other = parts.assign(value=parts["value"] * 4 + 1, nominal=parts["nominal"] * 4 + 1)
    first, again = (control_chart(frame, Plan(chart="short-run-z")) for frame in (parts, other))
    assert again.points["value"].to_numpy() == pytest.approx(first.points["value"].to_numpy(), abs=1e-9)


def test_parts_are_asked_for_and_short_ones_refused_by_name(parts):
    plan = Plan(chart="short-run-z")
    with pytest.raises(NoParts):
        control_chart(parts.drop(columns="part"), plan)
    with pytest.raises(PartTooFew, match="points of part B"):
        control_chart(parts.iloc[:14], plan)
    problem = spc_refusals.missing(parts.iloc[:14], plan)
    assert (problem["need"], problem["have"]) == (5, 4)
    assert "target chart" in problem["remedy"]["en"]
    assert "零件 B" in problem["text"]["zh"]


def test_standardised_columns_are_not_called_by_the_names_that_have_a_unit(parts):
    chart = control_chart(parts, Plan(chart="short-run-z"))
    assert not {"value", "statistic", "ucl", "spread"} & set(named(chart.points, chart.chart))
    assert named(chart.points, "imr") is chart.points


def test_every_signal_is_explained_by_pattern_and_causes():
    values = np.random.default_rng(1).normal(size=60)
    values[30], values[40:] = 9.0, np.linspace(0, 8, 20)
    chart = control_chart(pd.DataFrame({"value": values}), Plan(chart="imr", rules=("aiag",)))

    rows = spc_causes.explanations_of(chart)

    assert len(rows) == len(chart.signals)
    told = dict(zip(rows["rule"] + " " + chart.signals["chart"], rows["pattern"], strict=True))
    assert told["beyond_limits location"] == "single"
    assert told["trend_6 location"] == "trend"
    assert told["beyond_limits spread"] == "wider"
    assert set(rows["causes"]) <= set(spc_causes.CAUSES)
    assert set(spc_causes.CAUSES) == set(spc_causes.PATTERNS)


def test_a_chart_that_remembers_tells_of_small_shifts():
    values = np.r_[np.zeros(20), np.full(20, 1.5)]
    chart = control_chart(pd.DataFrame({"value": values}), Plan(chart="cusum", target=0.0, sigma=1.0))
    assert set(spc_causes.explanations_of(chart)["pattern"]) == {"small_shift"}


def test_dependent_points_are_called_by_their_name_with_a_remedy():
    random = np.random.default_rng(3).normal(size=600)
    values = np.zeros(600)
    for at in range(1, 600):
        values[at] = 0.8 * values[at - 1] + random[at]

    chart = control_chart(pd.DataFrame({"value": values}), Plan(chart="imr"))

    text = spc_words.describe(chart).text
    assert chart.dependence.value == pytest.approx(0.8, abs=0.08)
    assert 4 <= chart.dependence.apart <= 12  # 0.8^k falls below 0.2 at k = 8
    assert f"Chart one value in {chart.dependence.apart}" in text["en"]
    assert "自相关" in text["zh"]
    assert "dependent_points" in spc_words.notes_of(chart)["note"].tolist()


def test_a_mean_that_moves_is_not_taken_for_dependent_points():
    values = np.random.default_rng(4).normal(size=200)
    values[120:] += 4

    chart = control_chart(pd.DataFrame({"value": values}), Plan(chart="imr"))

    assert chart.dependence.value > 0.5
    assert not chart.dependence.found


def test_independent_points_are_seldom_called_dependent():
    random = np.random.default_rng(11)
    found = [autocorrelation(random.normal(size=100), [np.arange(100)]).found for _ in range(300)]
    assert sum(found) < 10
