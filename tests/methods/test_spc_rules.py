"""Run rules find the points that published software finds, and nothing else."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import NotFound
from workbench.methods.spc import Plan, control_chart
from workbench.methods.spc_rules import CHANCE, RULE_SETS, RULES, apply_rules, chosen_rules

# JASP counts the steps of a trend and of an alternation, so its 7 and 14 are our 8 and 15 points.
AS_JASP = (
    "beyond_limits",
    "run_7",
    "trend_8",
    "two_of_three",
    "within_15",
    "outside_8",
    "four_of_five",
    "alternating_15",
)


def points_of(distances, rule):
    return [hit.point + 1 for hit in apply_rules(np.asarray(distances, dtype=float), [rule])]


def test_every_rule_finds_the_points_that_minitab_finds(reference, expected_tables):
    """JASP's table has one column per rule (1, 2, 3, 4, 6, 7, 8 in its own order), verified with Minitab."""
    values = pd.read_csv(reference / "jasp_quality/violatingAllindividualRules.csv", encoding="utf-8-sig")[
        "V1"
    ]
    chart = control_chart(pd.DataFrame({"value": values}))
    distances = ((values - chart.center) / chart.sigma).to_numpy()
    table = expected_tables("12.2 Test of all rules for x-mr chart")["values"]
    columns = [[int(cell.removeprefix("Point ")) for cell in table[at::8] if cell] for at in range(8)]

    found = [points_of(distances, rule) for rule in AS_JASP]

    assert sorted(found) == sorted(columns)


def test_limits_and_runs_of_individuals_equal_minitab(reference, expected_tables):
    values = pd.read_csv(reference / "jasp_quality/variableChartsIndividualsDebug.csv", encoding="utf-8-sig")
    table = expected_tables("3.2 Basic test to create x-mR control chart with changed MR")["values"]
    runs = [int(cell.removeprefix("Point ")) for cell in table[1::3] if cell]

    chart = control_chart(pd.DataFrame({"value": values["Yield"]}))

    by_rule = chart.signals[chart.signals["chart"] == "location"].groupby("rule")["point"].agg(list)
    assert by_rule["beyond_limits"] == [3, 4, 23, 24]
    assert by_rule["run_7"] == runs


def test_a_known_standard_gives_minitabs_signals(reference, expected_tables):
    frame = pd.read_csv(reference / "jasp_quality/variableChartsSubgroupsLongFormatDebug.csv")
    table = expected_tables("LF11.2 Basic test of adding known parameters to X-bar & r")["values"]
    beyond, run = ([int(cell.removeprefix("Point ")) for cell in table[at::2] if cell] for at in (0, 1))
    data = pd.DataFrame({"value": frame["Diameter"], "subgroup": frame["Time"]})

    chart = control_chart(data, Plan(chart="xbar-r", target=0.0, sigma=3.0))

    by_rule = chart.signals[chart.signals["chart"] == "location"].groupby("rule")["point"].agg(list)
    assert by_rule["beyond_limits"] == beyond
    assert by_rule["run_7"] == run


def naive(z, rule):
    """Look at every window of points, one rule at a time."""
    found = []
    for end in range(1, len(z) + 1):
        kind, _, number = rule.partition("_")
        if rule == "beyond_limits":
            hit = abs(z[end - 1]) > 3
        elif rule == "middle_third":
            middle = sum(abs(v) < 1 for v in z[end - 25 : end]) if end >= 25 else 17
            hit = middle / 25 > 0.9 or middle / 25 <= 0.4
        elif rule in ("two_of_three", "four_of_five"):
            need, zone = (2, 2) if rule == "two_of_three" else (4, 1)
            window = z[max(0, end - need - 1) : end]
            hit = any(
                side * z[end - 1] > zone and sum(side * v > zone for v in window) >= need for side in (1, -1)
            )
        else:
            window = z[end - int(number) : end] if end >= int(number) else []
            steps = [b - a for a, b in pairwise(window)]
            hit = (
                bool(window)
                and {
                    "run": all(v > 0 for v in window) or all(v < 0 for v in window),
                    "trend": all(s > 0 for s in steps) or all(s < 0 for s in steps),
                    "alternating": all(a * b < 0 for a, b in pairwise(steps)),
                    "within": all(abs(v) < 1 for v in window),
                    "outside": all(abs(v) > 1 for v in window),
                }[kind]
            )
        if hit:
            found.append(end)
    return found


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-35, 35), max_size=45))
def test_rules_equal_a_naive_search(numbers):
    z = [number / 10 for number in numbers]
    for rule in RULES:
        assert points_of(z, rule) == naive(z, rule)


def test_a_mirrored_process_gives_the_same_points():
    z = np.random.default_rng(1).normal(0, 1.6, 300)
    rules = RULE_SETS["nelson"]
    assert apply_rules(z, rules) == apply_rules(-z, rules)


def test_missing_points_do_not_break_a_run():
    z = [0.5, 0.5, 0.5, np.nan, 0.5, 0.5, 0.5, 0.5]
    hits = apply_rules(np.array(z), ["run_7"])
    assert [(hit.point, hit.start) for hit in hits] == [(7, 0)]


def test_equal_points_break_a_trend_and_points_on_the_centre_break_a_run():
    assert points_of([1, 2, 3, 3, 4, 5, 6], "trend_6") == []
    assert points_of([1, 1, 1, 0, 1, 1, 1, 1], "run_7") == []


def test_a_stable_process_is_left_alone():
    """ISO 7870-2's three rules together ring at about one point in a hundred."""
    z = np.random.default_rng(7).normal(size=20_000)
    share = len({hit.point for hit in apply_rules(z, RULE_SETS["iso7870"])}) / z.size
    assert share < 0.02


def test_chance_gives_each_rule_the_share_that_is_stated():
    z = np.random.default_rng(12).normal(size=400_000)
    for rule, share in CHANCE.items():
        points = np.array(points_of(z, rule))
        patterns = 1 + int((np.diff(points) > 1).sum())
        assert patterns / z.size == pytest.approx(share, rel=0.12, abs=5e-5)


def test_sets_are_expanded_and_of_two_lengths_the_shorter_stays():
    assert chosen_rules(["nelson", "run_7"])[:3] == ("beyond_limits", "run_7", "trend_6")
    assert chosen_rules([]) == ("beyond_limits",)
    assert Counter(chosen_rules(["nelson"])) == Counter(RULE_SETS["nelson"])


def test_an_unknown_rule_is_refused_with_the_nearest_name():
    with pytest.raises(NotFound, match="did you mean 'nelson'"):
        chosen_rules(["nelsen"])
