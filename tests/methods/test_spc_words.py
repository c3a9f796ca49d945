"""Verdicts name since when and by how much, in both languages, and what to do next."""

import re

import numpy as np
import pandas as pd
import pytest

from workbench.demo.quality import bore_diameter, bore_diameter_wear, shaft_diameter
from workbench.methods import spc, spc_causes, spc_refusals, spc_words
from workbench.methods.spc_rules import RULES


def demo(table):
    return spc.control_chart(table.frame.rename(columns={"diameter": "value"}))


def frame(values):
    return pd.DataFrame({"value": np.asarray(values, dtype=float)})


def noise(count):
    return np.random.default_rng(11).normal(size=count)


def test_a_stable_process_is_told_what_to_expect():
    answer = spc_words.describe(demo(shaft_diameter()), "mm")

    assert (answer.code, answer.level) == ("stable", "good")
    assert "between 11.9948 and 12.0112 mm" in answer.text["en"]
    assert "稳定" in answer.text["zh"]


def test_a_shift_is_named_with_subgroup_time_and_size():
    answer = spc_words.describe(demo(bore_diameter()), "mm")

    assert answer.code == "unstable"
    assert re.search(
        r"Since subgroup 34 \(2026-\d\d-\d\d \d\d:\d\d\) the mean is 0\.0076 mm", answer.text["en"]
    )
    assert "自第 34 子组" in answer.text["zh"]


def test_wear_is_named_a_drift_and_leads_to_the_tool():
    answer = spc_words.describe(demo(bore_diameter_wear()), "mm")

    assert "drifts upwards" in answer.text["en"]
    assert "tool" in answer.next_step["en"]


def test_single_points_lead_to_measuring_again():
    values = noise(40)
    values[20] = 8.0

    answer = spc_words.describe(spc.control_chart(frame(values), spc.Plan(rules=("limits-only",))))

    assert "First at point 21: beyond the control limits. No lasting change" in answer.text["en"]
    assert "Measure these parts again" in answer.next_step["en"]
    assert "Chance alone gives about 0.5 signals in 40 points" in answer.text["en"]


def test_a_changed_spread_is_told_apart():
    values = np.repeat([10.0], 60) + np.tile([-0.1, 0.1], 30)
    values[40:44] = [9.0, 11.0, 9.0, 11.0]
    chart = spc.control_chart(frame(values), spc.Plan(subgroup_size=2, rules=("limits-only",)))

    answer = spc_words.describe(chart)

    assert "The mean is steady, the spread is not: first at subgroup 21" in answer.text["en"]
    assert "clamping" in answer.next_step["en"]


def test_preliminary_limits_and_missing_values_are_said():
    chart = spc.control_chart(frame([*noise(12), np.nan]))

    text = spc_words.describe(chart).text

    assert "preliminary: 12 of the 25 points" in text["en"]
    assert "1 missing values were left out" in text["en"]
    assert spc_words.notes_of(chart)["note"].tolist() == ["missing_values", "preliminary_limits"]


def test_the_location_of_a_cusum_is_named_without_limits_of_sums():
    chart = spc.control_chart(frame(noise(30)), spc.Plan(chart="cusum", target=0.0, sigma=1.0))
    assert "No lasting shift away from 0.0" in spc_words.describe(chart).text["en"]


@pytest.mark.parametrize(
    ("values", "plan", "code"),
    [
        (noise(5), spc.Plan(), "too_few_subgroups"),
        ([3.0] * 30, spc.Plan(), "no_spread"),
        (noise(30), spc.Plan(chart="xbar-r"), "no_subgroups"),
    ],
)
def test_what_cannot_be_charted_is_refused_with_a_remedy(values, plan, code):
    problem = spc_refusals.problem(*spc.prepare(frame(values), plan))

    assert problem["code"] == code
    assert set(problem["text"]) == set(problem["remedy"]) == {"en", "zh"}


def test_nothing_stands_in_the_way_of_good_data():
    assert spc_refusals.problem(*spc.prepare(frame(noise(30)), spc.Plan())) is None


def test_every_rule_has_words_in_both_languages():
    assert set(spc_causes.RULE_TEXTS) == set(RULES)
    assert all(text["en"] and text["zh"] for text in spc_causes.RULE_TEXTS.values())
