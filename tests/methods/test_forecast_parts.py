"""Parts of the forecast: periods of any spelling, demand classes, windows, words."""

import numpy as np
import pandas as pd
import pytest

from workbench.errors import Invalid
from workbench.methods.forecast_backtest import choose, origins, periods_needed
from workbench.methods.forecast_fits import smooth
from workbench.methods.forecast_holidays import holidays_per_period
from workbench.methods.forecast_intervals import relative_variance
from workbench.methods.forecast_metrics import demand_class
from workbench.methods.forecast_models import History, forecast_each, sba, within_reason
from workbench.methods.forecast_periods import Calendar, find_calendar, observe, parse_periods
from workbench.methods.forecast_prepare import infer_season
from workbench.methods.forecast_words import judge
from workbench.methods.forecasting import forecast


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (["2023-1", "2023-11"], ["2023-01-01", "2023-11-01"]),
        (["2023年1月", "2023年12月"], ["2023-01-01", "2023-12-01"]),
        (["2023年1月5日", "2023年12月31日"], ["2023-01-05", "2023-12-31"]),
        (["2023Q1", "2023-Q4"], ["2023-01-01", "2023-10-01"]),
        (["2023年第一季度", "2023年第四季度"], ["2023-01-01", "2023-10-01"]),
        (["2023M02", "2023/3"], ["2023-02-01", "2023-03-01"]),
        ([202301, 202312], ["2023-01-01", "2023-12-01"]),
        (["202301", "202312"], ["2023-01-01", "2023-12-01"]),
        (["2023-01-31", "2023/02/28"], ["2023-01-31", "2023-02-28"]),
    ],
)
def test_periods_are_read_in_the_spellings_of_the_shop_floor(written, read):
    assert parse_periods(pd.Series(written)).tolist() == [pd.Timestamp(day) for day in read]


def test_plain_numbers_stay_numbers():
    assert parse_periods(pd.Series([1, 2, 2024])).tolist() == [1, 2, 2024]


def test_an_unreadable_period_is_named():
    with pytest.raises(Invalid, match="'soon' and 1 more"):
        parse_periods(pd.Series(["2023-01-01", "soon", "later"]))


@pytest.mark.parametrize(
    ("frequency", "unit"),
    [
        ("h", "hour"),
        ("D", "day"),
        ("B", "workday"),
        ("W-WED", "week"),
        ("ME", "month"),
        ("QS", "quarter"),
        ("YS", "year"),
        ("15min", "other"),
    ],
)
def test_every_step_is_recognised_and_leads_back_to_its_periods(frequency, unit):
    dates = pd.Series(pd.date_range("2021-03-03", periods=40, freq=frequency))

    calendar = find_calendar(dates, pd.Series(["a"] * 40))
    positions = calendar.positions(dates)

    assert calendar.unit == unit
    assert np.diff(positions).tolist() == [1] * 39
    assert calendar.positions(pd.Series(calendar.labels(positions))).tolist() == positions.tolist()


def test_a_late_report_of_an_hour_falls_into_its_hour():
    dates = pd.Series(pd.date_range("2024-01-01", periods=48, freq="h"))
    dates[5] += pd.Timedelta(minutes=4)

    _, observed = observe(pd.DataFrame({"period": dates, "value": 1.0}))

    assert observed[0].treated == {}


def test_rows_that_name_no_series_form_one():
    frame = pd.DataFrame({"period": [1, 2, 1, 2], "value": 1.0, "series": ["a", "a", None, None]})

    _, observed = observe(frame)

    assert [(one.name, len(one.values)) for one in observed] == [("a", 2), ("–", 2)]


def test_demand_classes_follow_their_published_limits():
    assert demand_class([5, 6, 5, 6]).kind == "smooth"
    assert demand_class([1, 30, 1, 2]).kind == "erratic"
    assert demand_class([0, 5, 0, 5]).kind == "intermittent"
    assert demand_class([0, 1, 0, 30, 0, 1]).kind == "lumpy"


def test_sba_agrees_with_crostons_recursion_written_out():
    values = np.array([0, 3, 0, 0, 5, 2, 0, 0, 0, 4], dtype=float)
    size, interval, since = 3.0, np.mean([2, 3, 1, 4]), 0
    for value in values[2:]:
        since += 1
        if value:
            size, interval, since = size + 0.1 * (value - size), interval + 0.1 * (since - interval), 0

    assert sba(History(values, 1), 1)[0] == pytest.approx(0.95 * size / interval)


def test_the_ensemble_is_the_median_of_its_members():
    rng = np.random.default_rng(2)
    values = np.tile([80.0, 100, 120, 100], 12) * rng.lognormal(0, 0.05, 48)

    said = forecast_each(
        History(values, 4), 5, ["ets_damped", "ets_multiplicative", "theta", "arima", "ensemble"]
    )

    members = [said[name] for name in said if name != "ensemble"]
    assert said["ensemble"].tolist() == np.median(members, axis=0).tolist()


def test_a_long_season_is_taken_out_and_put_back():
    weeks = np.arange(52 * 5)
    values = 100 + 30 * np.sin(2 * np.pi * weeks / 52)

    said = forecast_each(History(values[:-26], 52), 26, ["ensemble"])["ensemble"]

    assert said == pytest.approx(values[-26:], rel=0.05)


def test_the_variance_ahead_agrees_with_simulation():
    rng = np.random.default_rng(8)
    fit = smooth(np.tile([10.0, 12, 9, 14], 12) * rng.lognormal(0, 0.05, 48), 4, 6)
    simulated = [simulate(fit, 4, 6, rng) for _ in range(20_000)]

    assert relative_variance(fit, 4, 6) == pytest.approx(np.var(simulated, axis=0), rel=0.05)


def simulate(fit, season, horizon, rng):
    """Run the damped additive smoothing forward from zero states, one draw."""
    level = trend = 0.0
    seasonal, path = [0.0] * season, []
    for step in range(horizon):
        error = rng.standard_normal()
        path.append(level + fit.damping * trend + seasonal[step % season] + error)
        level, trend = (
            level + fit.damping * trend + fit.level * error,
            fit.damping * trend + fit.trend * error,
        )
        seasonal[step % season] += fit.seasonal * error
    return path


def test_holidays_of_a_month_follow_the_spring_festival():
    labels = pd.DatetimeIndex(["2023-01-01", "2023-02-01", "2024-01-01", "2024-02-01", "2024-03-01"])

    days = holidays_per_period(labels, country="CN")

    assert days[0] > 6  # New Year's day and the festival from 22 January 2023
    assert days[2] == 1
    assert days[3] >= 6  # the festival from 10 February 2024


def test_a_forecast_stays_near_its_past():
    past = np.array([10.0, 20.0, 15.0, 12.0])

    kept = within_reason(np.array([-1e9, 14.0, 1e9]), past)

    assert kept.tolist() == [0, 14, 35]


@pytest.mark.parametrize("season", [1, 4, 7, 12, 24, 52])
def test_a_series_of_the_needed_length_has_a_window(season):
    placed, steps = origins(periods_needed(season), season, 12)

    assert len(placed) >= 1
    assert steps >= 3


def test_a_better_mean_is_not_enough_to_replace_the_default():
    errors = {"ensemble": np.array([1.0, 1.0, 1.0]), "theta": np.array([0.1, 0.1, 1.1])}

    assert choose(errors, "ensemble") == "ensemble"


def test_the_season_of_numbered_periods_is_found_from_the_values():
    rng = np.random.default_rng(4)

    assert infer_season(np.tile(np.sin(np.arange(12) * np.pi / 6), 6) + rng.normal(0, 0.1, 72)) == 12
    assert infer_season(rng.normal(0, 1, 72)) == 1


def test_a_random_walk_is_said_not_to_beat_the_last_value():
    values = 100 + np.cumsum(np.random.default_rng(9).normal(0, 1, 60))
    frame = pd.DataFrame({"period": range(60), "value": values})

    answer = judge(forecast(frame, horizon=6, season=1, models="seasonal_naive"))

    assert (answer.code, answer.level) == ("not_better", "warning")
    assert "not better than repeating the last value" in answer.text["en"]
    assert "重复上一期" in answer.text["zh"]


def test_a_season_with_growth_is_said_to_beat_last_season():
    n = np.arange(72)
    values = (100 + 2 * n) * (1 + 0.3 * np.sin(2 * np.pi * n / 12))
    frame = pd.DataFrame({"period": n, "value": values})

    answer = judge(forecast(frame, horizon=12, season=12, models="ets_multiplicative"))

    assert (answer.code, answer.level) == ("better", "good")


def test_weeks_asked_for_start_on_monday():
    labels = Calendar("week", origin=4, width=7).labels(np.array([2800]))

    assert labels[0].day_of_week == 0
