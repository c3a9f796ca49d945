"""Causes ranked and rates compared: published numbers, oracles, invariances, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from workbench.errors import Invalid, NotFound, TooFew
from workbench.methods.pareto import ImpossibleWeight, NoCause, NoPeriods, NoWeight, ParetoPlan, pareto
from workbench.methods.pareto_words import attempt_pareto, describe_pareto
from workbench.methods.poisson_rates import compare_rates

START = pd.Timestamp("2026-01-05")  # a Monday


def events(rates, *, days=90, change=None, seed=1, **columns):
    """Events at random times; ``change`` multiplies a reason's rate after day 60."""
    random = np.random.default_rng(seed)
    parts = []
    for reason, rate in rates.items():
        after = rate * (change or {}).get(reason, 1.0)
        count = random.poisson(rate * 60), random.poisson(after * (days - 60))
        at = np.concatenate([random.uniform(0, 60, count[0]), random.uniform(60, days, count[1])])
        parts.append(pd.DataFrame({"reason": reason, "ts_start": START + pd.to_timedelta(at, unit="D")}))
    return pd.concat(parts, ignore_index=True).assign(**columns)


def test_downtime_of_the_bottling_line_adds_up_by_factor(reference, published):
    frame = pd.read_csv(reference / "soda_line_downtime/line_downtime_long.csv")
    frame = frame.rename(columns={"Description": "reason", "Minutes": "minutes"})

    found = pareto(frame)

    assert found.weight == "time"
    assert found.total == published("soda_line_downtime", "total downtime minutes")
    by_factor = found.table.set_index("reason")["weight"].to_dict()
    assert by_factor == published("soda_line_downtime", "downtime by factor")


def test_two_rates_compare_as_in_the_manual_of_r():
    found = compare_rates(21, 11, time_before=3011, time_after=800)

    assert found.p == pytest.approx(0.07967, abs=5e-6)
    assert (found.ratio, found.low, found.high) == pytest.approx((1.971488, 0.8584264, 4.2772659), rel=1e-6)


@settings(deadline=None)
@given(
    before=st.integers(0, 60), after=st.integers(0, 60), times=st.tuples(st.floats(1, 99), st.floats(1, 99))
)
def test_a_rate_comparison_is_a_conditional_binomial_test_and_turns_round(before, after, times):
    found = compare_rates(before, after, time_before=times[0], time_after=times[1])
    back = compare_rates(after, before, time_before=times[1], time_after=times[0])

    if before + after:
        expected = binomtest(after, before + after, times[1] / sum(times)).pvalue
        assert found.p == pytest.approx(expected)
    assert back.p == pytest.approx(found.p, rel=1e-6)
    assert found.low <= found.high
    if before and after:
        assert back.ratio == pytest.approx(1 / found.ratio)
        assert back.low == pytest.approx(1 / found.high)


@given(unit=st.floats(0.01, 1000))
def test_a_rate_comparison_does_not_depend_on_the_unit_of_time(unit):
    days = compare_rates(12, 30, time_before=60, time_after=30)
    other = compare_rates(12, 30, time_before=60 * unit, time_after=30 * unit)

    assert (other.ratio, other.p) == pytest.approx((days.ratio, days.p))


@settings(deadline=None)
@given(weights=st.lists(st.tuples(st.sampled_from("abcdefg"), st.floats(0, 1e4)), min_size=1, max_size=50))
def test_shares_add_up_and_fall(weights):
    frame = pd.DataFrame(weights, columns=["reason", "minutes"])
    if not frame["minutes"].sum() > 0:
        return

    table = pareto(frame).table

    assert table["share"].sum() == pytest.approx(1)
    assert (np.diff(table["weight"]) <= 0).all()
    assert table["cumulative"].iloc[-1] == pytest.approx(1)
    few = table[table["vital"]]
    assert few["share"].sum() >= 0.8 - 1e-9
    assert few["share"].iloc[:-1].sum() < 0.8


def test_the_order_of_rows_and_the_unit_of_the_weight_change_nothing():
    frame = events({"a": 2, "b": 1}).assign(minutes=lambda f: 1.0 + np.arange(len(f)) % 7)
    other = frame.sample(frac=1, random_state=3).assign(minutes=lambda f: 60 * f["minutes"])

    one, two = pareto(frame), pareto(other)

    assert two.table["share"].to_numpy() == pytest.approx(one.table["share"].to_numpy())
    pd.testing.assert_frame_equal(one.changes, two.changes)


def test_a_cause_that_rises_is_found_and_named():
    found = pareto(events({"jam": 2, "wear": 2, "leak": 0.3}, change={"leak": 5}))
    answer = describe_pareto(found)

    assert found.rising["reason"].tolist() == ["leak"]
    assert answer.code == "rising"
    assert "leak happens" in answer.text["en"]


def test_steady_causes_are_hardly_ever_called_rising():
    rates = {f"cause {i}": 0.5 for i in range(10)}
    called = sum(bool(len(pareto(events(rates, seed=seed)).rising)) for seed in range(60))

    assert called <= 6  # 5 % of 60, and a few by chance


def test_a_rise_on_one_machine_is_found_there():
    frame = events({"jam": 1}, asset_id="M1")
    frame = pd.concat([frame, events({"jam": 0.3}, change={"jam": 6}, asset_id="M2", seed=2)])

    found = pareto(frame)

    assert set(found.rising["asset_id"]) >= {"M2"}
    assert not (found.rising["asset_id"] == "M1").any()


def test_a_new_cause_is_called_new():
    frame = pd.concat([events({"jam": 2}), events({"crack": 0}, seed=3)])
    late = START + pd.to_timedelta(np.linspace(61, 89, 12), unit="D")
    frame = pd.concat([frame, pd.DataFrame({"reason": "crack", "ts_start": late})])

    assert "crack is new" in describe_pareto(pareto(frame)).text["en"]


def test_minutes_come_from_start_and_end_and_the_week_is_complete():
    frame = pd.DataFrame({"reason": ["a", "b"], "ts_start": [START, START + pd.Timedelta(hours=30)]})
    frame["ts_end"] = frame["ts_start"] + pd.to_timedelta([90, 30], unit="min")

    found = pareto(frame)

    assert (found.weight, found.total) == ("time", 120)
    assert len(found.calendar) == 7 * 24
    assert found.calendar.set_index(["weekday", "hour"]).loc[(1, 6), "weight"] == 30
    assert found.periods is None  # two days are no two periods


def test_missing_reasons_and_weights_stay_visible():
    found = pareto(pd.DataFrame({"reason": ["a", None, "b"], "minutes": [5.0, 3.0, None]}))

    assert found.table["reason"].tolist() == ["a", "?", "b"]
    assert found.notes == {"missing_reasons": 1, "missing_weights": 1}


def test_machines_can_be_ranked_instead_of_reasons():
    frame = pd.DataFrame(
        {"reason": ["a", "a", "b"], "asset_id": ["M1", "M2", "M2"], "minutes": [1.0, 2.0, 3.0]}
    )

    assert pareto(frame, ParetoPlan(by="asset_id")).table["reason"].tolist() == ["M2", "M1"]


@pytest.mark.parametrize(
    ("frame", "plan", "error"),
    [
        ({"reason": []}, {}, TooFew),
        ({"reason": ["a"], "minutes": [0.0]}, {}, TooFew),
        ({"reason": ["a"]}, {"weight": "money"}, NoWeight),
        ({"reason": ["a"]}, {"by": "type"}, NoCause),
        ({"reason": ["a"], "minutes": [-1.0]}, {}, ImpossibleWeight),
        (
            {"reason": ["a"] * 9, "ts_start": pd.date_range(START, periods=9)},
            {"compare_from": "2027-01-01"},
            NoPeriods,
        ),
    ],
)
def test_data_that_carry_no_ranking_are_refused_with_a_remedy(frame, plan, error):
    frame = pd.DataFrame(frame)

    with pytest.raises(error):
        pareto(frame, ParetoPlan(**plan))
    found, refusal = attempt_pareto(frame, ParetoPlan(**plan))
    assert found is None
    assert refusal["remedy"]["zh"]


def test_wrong_settings_are_refused():
    with pytest.raises(NotFound):
        ParetoPlan(weight="kilograms")
    with pytest.raises(NotFound):
        ParetoPlan(by="colour")
    with pytest.raises(Invalid):
        ParetoPlan(alpha=0.0)
    with pytest.raises(Invalid):
        compare_rates(1, 1, time_before=0, time_after=1)
    with pytest.raises(Invalid):
        compare_rates(-1, 1, time_before=1, time_after=1)
