"""Remaining life: published numbers, a planted fleet with conditions and faults, invariances, refusals."""

import json

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Invalid
from workbench.methods import rul, rul_words
from workbench.methods.rul_cuts import age_only, choose_cuts, couple
from workbench.methods.rul_data import (
    CycleNotIncreasing,
    NoUsableSensor,
    TooFewUnits,
    TruthMismatch,
    UnknownSensors,
    match_truth,
)
from workbench.methods.rul_metrics import score

CENTRES = np.array(
    [[0, 0, 100], [10, 0.25, 100], [20, 0.7, 100], [25, 0.62, 60], [35, 0.84, 100], [42, 0.84, 100]]
)


def plant(seed, *, units, conditions=1, faults=1, sensors=6, running=False):
    """Return units with planted wear (onset, then exponential), and the cycles each has left.

    Shaped as C-MAPSS: every cycle is flown in a random condition that moves all sensors far more than wear
    does, each unit dies of one of the faults, each fault pulls the sensors its own way.
    """
    world = np.random.default_rng(7)  # one world for history and fleet
    level, gain = world.uniform(10, 1500, (conditions, sensors)), world.uniform(0.5, 2, (conditions, sensors))
    pull = world.choice([-1, 1], (faults, sensors)) * world.uniform(0.3, 1, (faults, sensors))
    random = np.random.default_rng(seed)
    parts, left = [], []
    for unit in range(1, units + 1):
        life = int(np.clip(random.lognormal(5.0, 0.25), 90, 400))
        cycle = np.arange(1, life + 1)
        onset = life * random.uniform(0.1, 0.4)
        worn = np.expm1(3 * np.clip((cycle - onset) / (life - onset), 0, None)) / np.expm1(3)
        moved = worn[:, None] * pull[random.integers(faults)] * 7 + random.normal(0, 0.3, sensors)
        moved += random.normal(0, 1, (life, sensors))
        flown = random.integers(conditions, size=life)
        values = level[flown] * (1 + 0.002 * gain[flown] * moved)
        settings = CENTRES[flown] + random.normal(0, 1, (life, 3)) * [0.002, 0.0003, 0]
        names = ["setting1", "setting2", "setting3", *(f"s{i + 1}" for i in range(sensors))]
        frame = pd.DataFrame(np.hstack([settings, values]), columns=names)
        frame["constant"], frame["empty"] = 14.62, np.nan
        frame.insert(0, "unit", unit)
        frame.insert(1, "cycle", cycle)
        seen = int(life * random.uniform(0.35, 0.95)) if running else life
        parts.append(frame.iloc[:seen])
        left.append(life - seen)
    return pd.concat(parts, ignore_index=True), np.array(left, dtype=float)


@pytest.fixture(scope="module")
def plain():
    history, _ = plant(1, units=24)
    fleet, left = plant(2, units=25, running=True)
    return history, fleet, left


@pytest.fixture(scope="module")
def prognosis(plain):
    history, fleet, _ = plain
    return rul.predict_remaining_life(history, fleet)


def in_unit_order(result):
    return result.predictions.sort_values("unit", ignore_index=True)


# --- numbers from outside -------------------------------------------------------------------------------


def entry(reference, dataset, quantity):
    found = json.loads((reference / "published.json").read_text(encoding="utf-8"))["entries"]
    return next(e for e in found if e["dataset"] == dataset and e["quantity"].startswith(quantity))


@pytest.mark.parametrize("cap", [None, 125])
def test_the_constant_guess_scores_as_published(reference, cap):
    truth = np.loadtxt(reference / "cmapss" / "RUL_FD001.txt")
    true = truth if cap is None else np.minimum(truth, cap)
    dataset = "cmapss/RUL_FD001.txt (raw)" if cap is None else "cmapss/RUL_FD001.txt (capped at 125)"

    result = score(np.full(100, true.mean()), true)

    expected = entry(reference, dataset, "RMSE and NASA score")["value"]
    assert [result.rmse, result.nasa_score] == pytest.approx(expected, rel=1e-6)


@pytest.mark.slow
def test_fd001_is_predicted_better_than_the_published_lstm(reference):
    folder = reference / "cmapss"
    history, fleet = (pd.read_parquet(folder / f"{name}_FD001.parquet") for name in ("train", "test"))
    truth = pd.DataFrame({"rul": np.loadtxt(folder / "RUL_FD001.txt")})

    result = rul.predict_remaining_life(history, fleet)
    against = rul.compare_with_truth(result.predictions, truth)

    lstm = entry(reference, "cmapss FD001 test", "RUL test RMSE, NASA score: LSTM")["value"]
    assert against.model.rmse < 16.0
    assert against.model.nasa_score < lstm[1] * 1.5
    assert against.constant.rmse == pytest.approx(41.5556, abs=1e-4)
    assert against.coverage >= 0.88
    assert result.conditions == 1


# --- planted truth --------------------------------------------------------------------------------------


def test_planted_wear_is_found_and_the_error_on_unseen_units_is_honest(plain, prognosis):
    _, _, left = plain

    error = score(in_unit_order(prognosis)["rul"], left)

    assert error.rmse < 0.7 * left.std()
    assert prognosis.is_useful
    assert 0.6 * prognosis.cv.rmse < error.rmse < 1.5 * prognosis.cv.rmse


def test_intervals_hold_what_they_promise(plain, prognosis):
    _, _, left = plain
    rows = in_unit_order(prognosis)

    inside = ((rows["low"] <= left) & (left <= rows["high"])).mean()

    assert inside >= 0.8  # 25 units at 90 %: fewer than 20 inside has a chance below 1 %
    assert 0.87 <= prognosis.coverage <= 0.98
    assert (rows["low"] <= rows["rul"]).all()
    assert (rows["rul"] <= rows["high"]).all()


@pytest.mark.slow
def test_conditions_and_fault_modes_are_told_apart_from_wear():
    history, _ = plant(3, units=60, conditions=6, faults=2)
    fleet, left = plant(4, units=40, conditions=6, faults=2, running=True)

    result = rul.predict_remaining_life(history, fleet)

    rows = in_unit_order(result)
    assert result.conditions == 6
    assert score(rows["rul"], left).rmse < 0.75 * left.std()
    assert ((rows["low"] <= left) & (left <= rows["high"])).mean() >= 0.8
    roles = result.sensors.set_index("sensor")["role"]
    assert roles["setting1"] == "condition"
    assert roles["constant"] == "constant"
    assert roles["empty"] == "empty"


def test_noise_without_wear_is_called_a_weak_model():
    random = np.random.default_rng(5)
    history, _ = plant(5, units=20)
    fleet, _ = plant(6, units=10, running=True)
    names = [f"s{i + 1}" for i in range(6)]
    history[names], fleet[names] = random.normal(size=(len(history), 6)), random.normal(size=(len(fleet), 6))
    # Lives that nothing announces: each unit's age says as much as its sensors.
    result = rul.predict_remaining_life(history, fleet)

    answer = rul_words.describe(result, horizon=30, confidence=0.9)

    assert not result.is_useful
    assert answer.code == "weak_model"


def test_the_worst_unit_comes_first_and_is_named_in_both_languages(prognosis):
    answer = rul_words.describe(prognosis, horizon=30, confidence=0.9)

    first = prognosis.predictions.iloc[0]
    assert answer.code == "at_risk"
    assert first["low"] == prognosis.predictions["low"].min()
    assert f"Unit {first['unit']} has" in answer.text["en"]
    assert f"单元 {first['unit']} 约剩" in answer.text["zh"]


def test_a_fleet_with_time_left_is_good_news(plain):
    history, fleet, left = plain
    young = fleet[fleet["unit"].isin(np.flatnonzero(left > 80) + 1)]

    result = rul.predict_remaining_life(history, young, horizon=1)

    answer = rul_words.describe(result, horizon=1, confidence=0.9)
    assert result.at_risk.empty
    assert answer.code == "none_at_risk"
    assert answer.level == "good"


# --- a naive oracle -------------------------------------------------------------------------------------


def test_cuts_keep_both_margins():
    lives, ages = np.array([100.0, 150, 200, 300]), np.array([20.0, 90, 140, 160])

    shares = couple(lives, ages)

    assert shares.sum(axis=1) == pytest.approx(np.ones(4))
    assert shares.sum(axis=0) == pytest.approx(np.ones(4), abs=1e-3)
    assert (shares[ages[None, :] >= lives[:, None]] == 0).all()


def test_units_are_cut_at_ages_of_the_fleet_and_before_they_failed():
    lives, ages = np.array([50.0, 80, 120, 10]), np.array([20.0, 30, 60, 90])

    cuts = choose_cuts(lives, ages, per_unit=10, random=np.random.default_rng(0))

    known = cuts.unit < 3
    assert np.isin(cuts.age[known], ages).all()
    assert (cuts.age < lives[cuts.unit]).all()


def test_age_alone_leaves_the_unit_itself_out():
    lives, ages = np.array([100.0, 140, 200]), np.array([50.0, 120, 150])

    result = age_only(ages, lives, own=lives)

    assert result.tolist() == [np.mean([90, 150]), 80.0, 0.0]


# --- invariances ----------------------------------------------------------------------------------------


def test_sensor_units_row_order_and_names_of_units_do_not_matter(plain, prognosis):
    history, fleet, _ = plain
    changed = []
    for frame in (history, fleet):
        other = frame.sample(frac=1, random_state=1)
        other["s1"] = other["s1"] * 1.8 + 32
        other["unit"] = "P" + other["unit"].astype(str).str.zfill(3)
        changed.append(other)

    result = rul.predict_remaining_life(*changed)

    assert in_unit_order(result)["rul"].tolist() == pytest.approx(
        in_unit_order(prognosis)["rul"].tolist(), abs=2
    )


def test_same_seed_same_answer_and_inputs_are_left_alone(plain, prognosis):
    history, fleet, _ = plain
    before = history.copy()

    again = rul.predict_remaining_life(history, fleet)

    pd.testing.assert_frame_equal(again.predictions, prognosis.predictions)
    pd.testing.assert_frame_equal(history, before)


def test_a_unit_is_judged_without_looking_at_its_neighbours(plain, prognosis):
    history, fleet, _ = plain
    half = fleet[fleet["unit"] <= 12]

    result = rul.predict_remaining_life(history, half, cap=prognosis.cap)

    first, second = in_unit_order(result)["rul"], in_unit_order(prognosis)["rul"][:12]
    assert first.tolist() == pytest.approx(second.tolist(), abs=1e-6)


# --- data as they come ----------------------------------------------------------------------------------


def test_gaps_short_histories_and_old_units_are_predicted_and_marked(plain):
    history, fleet, _ = plain
    fleet = fleet.copy()
    sensors = [f"s{i + 1}" for i in range(6)]
    fleet.loc[fleet["unit"] == 1, sensors] = np.nan
    fleet = fleet[~((fleet["unit"] == 2) & (fleet["cycle"] > 3))]
    fleet.loc[fleet["unit"] == 3, "cycle"] += 1000
    history = history.mask(np.random.default_rng(0).random(history.shape) < 0.05).assign(
        unit=history["unit"], cycle=history["cycle"]
    )

    result = rul.predict_remaining_life(history, fleet)

    rows = in_unit_order(result).set_index("unit")
    assert rows.loc[1, "note"] == "missing_readings"
    assert rows.loc[2, "note"] == "short_history"
    assert rows.loc[3, "note"] == "older_than_known"
    assert rows["rul"].notna().all()
    assert rows.loc[2, "high"] - rows.loc[2, "low"] > (rows["high"] - rows["low"]).median()


def test_a_condition_never_seen_is_marked():
    history, _ = plant(8, units=12, conditions=3)
    fleet, _ = plant(9, units=4, conditions=3, running=True)
    last = fleet.groupby("unit")["cycle"].idxmax().iloc[0]
    fleet.loc[last, "setting1"] = 80.0

    result = rul.predict_remaining_life(history, fleet)

    assert result.conditions == 3
    assert in_unit_order(result)["note"].tolist() == ["unseen_condition", "ok", "ok", "ok"]


def test_a_sensor_that_rests_in_one_condition_is_not_called_missing():
    history, _ = plant(10, units=12, conditions=3)
    fleet, _ = plant(11, units=4, conditions=3, running=True)
    for frame in (history, fleet):
        frame.loc[frame["setting1"] < 5, ["s1", "s2", "s3", "s4"]] = 100.0

    result = rul.predict_remaining_life(history, fleet)

    assert set(result.predictions["note"]) == {"ok"}


def test_eight_units_are_enough(plain):
    history, fleet, _ = plain

    result = rul.predict_remaining_life(history[history["unit"] <= 8], fleet)

    assert len(result.predictions) == 25
    assert result.failed == 8


def test_truth_is_matched_by_name_or_by_order(prognosis, plain):
    _, _, left = plain
    units = np.arange(1, 26)
    by_order = pd.DataFrame({"rul": left})
    by_name = pd.DataFrame({"unit": units, "rul": left}).sample(frac=1, random_state=0)

    first = rul.compare_with_truth(prognosis.predictions, by_order)
    second = rul.compare_with_truth(prognosis.predictions, by_name)

    assert first.model == second.model
    assert first.model.n == 25


def test_a_truth_for_some_units_scores_those(prognosis):
    some = pd.DataFrame({"unit": [3, 7], "rul": [20.0, 40.0]})

    assert rul.compare_with_truth(prognosis.predictions, some).units["unit"].tolist() == [3, 7]


# --- refusals -------------------------------------------------------------------------------------------


def refusal(history, fleet, kind):
    with pytest.raises(kind) as caught:
        rul.predict_remaining_life(history, fleet)
    return caught.value


def test_seven_failed_units_are_refused(plain):
    history, fleet, _ = plain

    error = refusal(history[history["unit"] <= 7], fleet, TooFewUnits)

    assert (error.need, error.have) == (8, 7)
    assert "威布尔" in error.zh


def test_sensors_without_history_are_named(plain):
    history, fleet, _ = plain

    error = refusal(history, fleet.rename(columns={"s1": "T24", "s2": "T30"}), UnknownSensors)

    assert error.given == "T24, T30"


@pytest.mark.parametrize("wrong", ["twice", "missing"])
def test_a_cycle_that_does_not_increase_is_refused(plain, wrong):
    history, fleet, _ = plain
    history = history.astype({"cycle": float})
    history.loc[5, "cycle"] = history.loc[4, "cycle"] if wrong == "twice" else np.nan

    assert "cycle" in str(refusal(history, fleet, CycleNotIncreasing))


def test_columns_that_never_vary_are_no_sensors(plain):
    history, fleet, _ = plain
    columns = ["unit", "cycle", "constant", "empty"]

    refusal(history[columns], fleet[columns], NoUsableSensor)


def test_a_truth_of_another_length_is_refused():
    with pytest.raises(TruthMismatch, match="2 values for 3 units"):
        match_truth(pd.DataFrame({"rul": [1, 2]}), [1, 2, 3])


@pytest.mark.parametrize("wrong", [{"cap": 0}, {"window": 5}, {"confidence": 1}, {"horizon": -1}])
def test_parameters_out_of_range_are_invalid(plain, wrong):
    history, fleet, _ = plain

    with pytest.raises(Invalid, match=next(iter(wrong))):
        rul.predict_remaining_life(history, fleet, **wrong)


def test_a_problem_becomes_a_refusal_in_both_languages(plain):
    history, fleet, _ = plain

    problem = rul_words.problem(history[history["unit"] <= 3], fleet)

    assert problem["code"] == "too_few_units"
    assert (problem["need"], problem["have"]) == (8, 3)
    assert problem["text"]["en"].startswith("Units that ran to failure")
    assert problem["remedy"]["zh"]
    assert rul_words.problem(history, fleet) is None
