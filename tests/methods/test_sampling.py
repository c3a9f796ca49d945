"""Sampling plans equal the printed tables, curves a count by hand; lots switch as the rules say."""

from itertools import pairwise
from math import comb

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from workbench.errors import Invalid
from workbench.methods import sampling_refusals, sampling_words
from workbench.methods.sampling import (
    acceptance,
    acceptance_of_lot,
    curtailed,
    outgoing,
    outgoing_limit,
    quality_at,
    total_inspected,
)
from workbench.methods.sampling_switching import ByCount, walk
from workbench.methods.sampling_tables import (
    AQLS,
    LETTERS,
    LEVELS,
    SEVERITIES,
    Plan,
    code_letter,
    master_plan,
    plan_for,
)
from workbench.methods.sampling_variables import (
    ByMeasurement,
    VariablesPlan,
    accepted_by_measurement,
    distances,
    matched_plan,
)

CHOICES = {"lot_size": 2000, "level": "II", "aql": 1.0, "severity": "normal"}


def lots(defects, **columns):
    names = [f"L{number}" for number in range(1, len(defects) + 1)]
    return pd.DataFrame({"lot": names, "lot_size": 2000, "defects": defects, **columns})


# --- the tables -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lot_size", "letters"),
    [
        (2, "AAAAAAB"),
        (8, "AAAAAAB"),
        (9, "AAAAABC"),
        (90, "BBCCCEF"),
        (91, "BBCDDFG"),
        (1200, "CCEFGJK"),
        (1201, "CDEGHKL"),
        (35_001, "DEGJLNP"),
        (500_001, "DEHKNQR"),
    ],
)
def test_code_letters_are_those_of_table_1(lot_size, letters):
    assert "".join(code_letter(lot_size, level) for level in LEVELS) == letters


@pytest.mark.parametrize(
    ("severity", "letter", "printed"),
    [
        ("normal", "A", {6.5: (2, 0), 10.0: (5, 1), 25.0: (2, 1), 40.0: (2, 2), 1000.0: (2, 30)}),
        ("normal", "F", {0.65: (20, 0), 1.0: (13, 0), 2.5: (20, 1), 65.0: (20, 21), 100.0: (13, 21)}),
        ("normal", "K", {0.1: (125, 0), 0.15: (80, 0), 0.25: (200, 1), 0.4: (125, 1), 10.0: (125, 21)}),
        ("normal", "R", {0.01: (1250, 0), 0.015: (800, 0), 0.025: (2000, 1), 0.65: (2000, 21)}),
        ("tightened", "B", {6.5: (3, 0), 25.0: (3, 1), 40.0: (3, 2), 1000.0: (3, 41)}),
        ("tightened", "K", {0.15: (125, 0), 0.25: (315, 1), 0.65: (125, 1), 1.0: (125, 2), 10.0: (125, 18)}),
        ("tightened", "R", {0.01: (2000, 0), 0.025: (3150, 1), 0.04: (2000, 1)}),
        ("reduced", "B", {4.0: (2, 0), 25.0: (2, 1), 1000.0: (2, 30)}),
        (
            "reduced",
            "K",
            {0.1: (50, 0), 0.65: (50, 1), 1.0: (50, 2), 2.5: (50, 4), 4.0: (50, 6), 10.0: (50, 10)},
        ),
        ("reduced", "M", {6.5: (80, 10)}),
    ],
)
def test_plans_are_those_of_tables_2(severity, letter, printed):
    found = {aql: master_plan(letter, aql, severity) for aql in printed}
    assert {aql: (plan.n, plan.ac) for aql, plan in found.items()} == printed


@pytest.mark.parametrize("severity", SEVERITIES)
def test_arrows_always_lead_to_a_plan(severity):
    plans = [master_plan(letter, aql, severity) for letter in LETTERS for aql in AQLS]
    assert all(plan.n > 0 and plan.ac >= 0 for plan in plans)


@pytest.mark.parametrize("letter", LETTERS)
def test_tightened_inspection_never_accepts_more_than_normal(letter):
    for aql in AQLS:
        normal, tight = master_plan(letter, aql), master_plan(letter, aql, "tightened")
        p = min(aql / 100, 0.5)
        assert acceptance(p, tight, per_item=True) <= acceptance(p, normal, per_item=True) + 1e-12


def test_a_sample_as_large_as_the_lot_is_the_whole_lot():
    assert plan_for(10, "II", 0.65) == Plan("F", 10, 0, whole_lot=True)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: code_letter(1), "at least 2"),
        (lambda: code_letter(90, "IV"), "S-1, S-2"),
        (lambda: master_plan("K", 2.0), "the nearest is 1.5"),
    ],
)
def test_what_the_standard_does_not_have_is_refused(call, words):
    with pytest.raises(Invalid, match=words):
        call()


# --- the curves -----------------------------------------------------------------------------------------


def test_acceptance_equals_a_count_by_hand():
    expected = sum(comb(125, d) * 0.02**d * 0.98 ** (125 - d) for d in range(4))
    exact = sum(comb(40, d) * comb(1960, 125 - d) for d in range(4)) / comb(2000, 125)

    assert acceptance(0.02, Plan("K", 125, 3)) == pytest.approx(expected)
    assert acceptance_of_lot(40, 2000, Plan("K", 125, 3)) == pytest.approx(exact)


def test_montgomerys_plan_has_his_numbers():
    plan = Plan("", 89, 2)

    assert acceptance(0.01, plan) == pytest.approx(0.9397, abs=5e-5)
    assert outgoing(0.01, plan, 10_000) == pytest.approx(0.0093, abs=5e-5)
    assert total_inspected(0.01, plan, 10_000) == pytest.approx(687, abs=0.5)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 400), st.integers(0, 20), st.floats(0.01, 0.99), st.booleans())
def test_a_quality_is_accepted_as_often_as_it_was_asked_for(n, ac, chance, per_item):
    plan = Plan("", max(n, ac + 1), ac)
    p = quality_at(chance, plan, per_item=per_item)
    assert acceptance(p, plan, per_item=per_item) == pytest.approx(chance, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(LETTERS), st.sampled_from(AQLS[:16]), st.sampled_from(SEVERITIES))
def test_worse_lots_are_accepted_less_and_the_limit_is_never_passed(letter, aql, severity):
    plan, lot_size = master_plan(letter, aql, severity), 10_000
    p = np.linspace(0, 1, 101)
    limit, at = outgoing_limit(plan, lot_size)

    assert np.all(np.diff(acceptance(p, plan)) <= 1e-12)
    assert np.all(outgoing(p, plan, lot_size) <= limit + 1e-9)
    assert outgoing(at, plan, lot_size) == pytest.approx(limit)


def test_stopping_early_equals_a_simulation():
    plan, random = Plan("", 20, 1), np.random.default_rng(1)
    bad = random.random((20_000, 20)) < 0.2
    second = np.where(bad.sum(axis=1) >= 2, (bad.cumsum(axis=1) >= 2).argmax(axis=1) + 1, 20)

    assert curtailed(0.2, plan)[0] == pytest.approx(second.mean(), rel=0.02)


# --- by measurement -------------------------------------------------------------------------------------


def test_acceptance_by_measurement_equals_a_simulation():
    random = np.random.default_rng(2)
    values = random.normal(0, 1, (40_000, 15))
    limit = stats.norm.isf(0.05)
    accepted = (limit - values.mean(axis=1)) / values.std(axis=1, ddof=1) >= 1.3

    assert accepted_by_measurement(0.05, VariablesPlan(15, 1.3, False)) == pytest.approx(
        accepted.mean(), abs=0.01
    )


@pytest.mark.parametrize("known_sigma", [True, False])
@pytest.mark.parametrize(("letter", "aql"), [("F", 4.0), ("H", 1.0), ("K", 1.0), ("L", 0.065)])
def test_a_plan_by_measurement_protects_both_sides_with_fewer_items(letter, aql, known_sigma):
    by_count = master_plan(letter, aql)
    plan = matched_plan(by_count, known_sigma=known_sigma)

    assert plan.n < by_count.n
    assert accepted_by_measurement(quality_at(0.95, by_count), plan) == pytest.approx(0.95, abs=1e-6)
    assert accepted_by_measurement(quality_at(0.10, by_count), plan) <= 0.10


@settings(max_examples=40, deadline=None)
@given(st.floats(-100, 100), st.floats(0.01, 100))
def test_distances_depend_neither_on_unit_nor_origin(origin, scale):
    here = distances([10.0], [0.5], lower=8.0, upper=11.5)
    there = distances(
        [10 * scale + origin], [0.5 * scale], lower=8 * scale + origin, upper=11.5 * scale + origin
    )

    assert here.tolist() == [3.0]
    assert there == pytest.approx(here, rel=1e-6)


def test_a_lot_without_spread_is_inside_or_outside():
    assert distances([9.0, 12.0], [0.0, 0.0], lower=None, upper=10.0).tolist() == [np.inf, -np.inf]


def test_without_a_limit_there_is_no_distance():
    with pytest.raises(Invalid, match="lower or an upper"):
        distances([1.0], [1.0], lower=None, upper=None)


# --- switching ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defects", "start", "severity", "reason"),
    [
        ([4, 0, 0, 0, 4], "normal", "tightened", "two_of_five"),
        ([4, 0, 0, 0, 0, 4], "normal", "normal", ""),
        ([0] * 5, "tightened", "normal", "five_accepted"),
        ([0] * 4, "tightened", "tightened", ""),
        ([3, 0, 0, 3, 3, 0, 0, 3, 3], "tightened", "discontinued", "five_failed"),
        ([2] * 10, "normal", "reduced", "score_reached"),
        ([2] * 9 + [3], "normal", "normal", ""),
        ([0, 3], "reduced", "normal", "reduced_failed"),
    ],
)
def test_lots_switch_as_clause_9_says(defects, start, severity, reason):
    history = walk(lots(defects), level="II", aql=1.0, start=start)

    assert history.severity == severity
    assert history.lots["reason"].iloc[-1] == reason


def test_the_score_grows_by_three_only_when_the_next_tighter_aql_accepts_too():
    assert walk(lots([2, 2, 3, 2]), level="II", aql=1.0).lots["score"].tolist() == [3, 6, 0, 3]


def test_the_score_of_small_acceptance_numbers_grows_by_two():
    assert walk(lots([1, 0, 2, 0]), level="II", aql=0.4).lots["score"].tolist() == [2, 4, 0, 2]


def test_a_decision_that_was_made_counts_more_than_the_count():
    history = walk(lots([0, 0], accepted=[False, None]), level="II", aql=1.0)
    assert history.lots["accepted"].tolist() == ["no", "yes"]


def test_after_a_stop_no_lot_moves_the_state():
    history = walk(lots([9] * 5 + [0] * 9), level="II", aql=1.0, start="tightened")

    assert history.severity == "discontinued"
    assert set(history.lots["reason"].iloc[5:]) == {"stopped"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=60))
def test_a_history_can_be_cut_nowhere_without_the_same_beginning(defects):
    whole = walk(lots(defects), level="II", aql=1.0)
    half = walk(lots(defects[: len(defects) // 2 + 1]), level="II", aql=1.0)

    pd.testing.assert_frame_equal(whole.lots.head(len(half.lots)), half.lots)
    for before, after in pairwise(whole.lots.to_dict("records")):
        assert before["next"] == after["severity"]


def test_lots_are_judged_by_measurement():
    frame = lots([0, 0], mean=[10.0, 10.8], sd=[0.4, 0.4])

    history = walk(frame, level="II", aql=1.0, rule=ByMeasurement(None, 11.5))

    assert history.lots["accepted"].tolist() == ["yes", "no"]
    assert history.lots["n"].iloc[0] == matched_plan(master_plan("K", 1.0), known_sigma=False).n


# --- words and refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("defects", "start", "code", "level"),
    [
        ([0], "normal", "normal", "info"),
        ([4, 4], "normal", "tightened", "warning"),
        ([2] * 10, "normal", "reduced", "good"),
        ([9] * 5, "tightened", "discontinued", "bad"),
    ],
)
def test_the_verdict_is_the_severity_of_the_next_lot(defects, start, code, level):
    frame = lots(defects).rename(columns={"lot": "lot_id"})
    found = sampling_words.inspect(frame, ByCount(), **{**CHOICES, "severity": start})

    answer = sampling_words.describe_inspection(found)

    assert (answer.code, answer.level) == (code, level)
    assert answer.next_step["zh"]


def test_the_sentence_names_sample_and_acceptance_number():
    answer = sampling_words.describe_inspection(sampling_words.inspect(None, ByCount(), **CHOICES))

    assert "Take 125 items of a lot of 2000 (letter K); accept with at most 3" in answer.text["en"]
    assert "96.3 %" in answer.text["en"]


def test_a_plan_for_defects_per_hundred_says_so():
    found = sampling_words.inspect(None, ByCount(), **{**CHOICES, "aql": 40.0, "lot_size": 50})
    assert found.per_item
    assert "nonconformities" in sampling_words.describe_inspection(found).text["en"]


@pytest.mark.parametrize(
    ("frame", "method", "given", "code"),
    [
        (None, "attributes", {"aql": 2.0}, "aql_unknown"),
        (None, "s", {}, "no_limits"),
        (None, "sigma", {"upper": 1.0}, "no_sigma"),
        (None, "s", {"upper": 1.0, "aql": 40.0}, "aql_unknown"),
        (None, "s", {"upper": 1.0, "lot_size": 4}, "plan_unusable"),
        (pd.DataFrame({"lot_id": ["a"]}), "attributes", {}, "no_counts"),
        (pd.DataFrame({"lot_id": ["a"], "mean": [1.0]}), "s", {"upper": 2.0}, "no_counts"),
        (pd.DataFrame({"lot_id": ["a"], "defects": [0], "lot_size": [1]}), "attributes", {}, "lot_too_small"),
        (
            pd.DataFrame({"lot_id": ["a"], "defects": [0], "result": ["?"]}),
            "attributes",
            {},
            "result_unclear",
        ),
    ],
)
def test_what_cannot_be_planned_or_judged_is_refused_with_a_remedy(frame, method, given, code):
    refused = sampling_refusals.problem(frame, method, **{**CHOICES, **given})

    assert refused["code"] == code
    assert refused["remedy"]["en"]
    assert refused["remedy"]["zh"]


def test_results_are_read_in_both_languages():
    frame = pd.DataFrame({"lot_id": list("abcd"), "result": ["合格", "不接收", "OK", None]})
    assert sampling_refusals.judged(frame, lot_size=90)["accepted"].tolist() == [True, False, True, None]


def test_a_sample_of_another_size_is_named():
    history = walk(lots([0, 0], n=[125, 80]), level="II", aql=1.0)

    said = sampling_words.samples(history)

    assert said["when"]
    assert "L2" in said["text"]["en"]
