"""Demand forecasts: published numbers first, then a naive oracle, invariances, refusals."""

import json

import numpy as np
import pandas as pd
import pytest

from workbench.demo.planning import monthly_demand
from workbench.errors import Invalid, NotFound
from workbench.methods import forecast_metrics as metrics
from workbench.methods.forecast_check import check
from workbench.methods.forecast_fits import fit_arima
from workbench.methods.forecast_refusals import Gaps, NoDemand, TooShort
from workbench.methods.forecasting import forecast

MONTHS = pd.date_range("2020-01-01", periods=60, freq="MS")
SEASON = np.array([0.8, 0.7, 0.9, 1.0, 1.1, 1.2, 1.2, 1.1, 1.0, 1.0, 1.0, 1.0])


def planted(n=60, *, level=100.0, growth=0.0, noise=0.02, seed=1):
    """Return a demand with a known season, growth per period and noise."""
    rng = np.random.default_rng(seed)
    trend = level * (1 + growth) ** np.arange(n)
    return trend * np.resize(SEASON, n) * rng.lognormal(0, noise, n)


def table(values, start="2020-01-01", **columns):
    periods = pd.date_range(start, periods=len(values), freq="MS")
    return pd.DataFrame({"period": periods, "value": values, **columns})


def published(reference, dataset, quantity):
    entries = json.loads((reference / "published.json").read_text(encoding="utf-8"))["entries"]
    return next(e["value"] for e in entries if e["dataset"] == dataset and e["quantity"].startswith(quantity))


def m3(reference, name):
    frame = pd.read_csv(reference / "forecasting" / f"{name}.csv").rename(columns={"t": "period"})
    return frame[frame["part"] == "train"], frame[frame["part"] == "test"]


@pytest.mark.parametrize(
    ("name", "horizon", "season"), [("m3_monthly_industry", 18, 12), ("m3_quarterly_industry", 8, 4)]
)
def test_last_season_again_has_the_published_errors(reference, name, horizon, season):
    train, test = m3(reference, name)

    result = check(forecast(train, horizon=horizon, season=season, models="seasonal_naive"), test)

    dataset = f"forecasting/{name}.csv"
    smape = published(reference, dataset, "mean sMAPE of seasonal naive")
    assert result.smape == pytest.approx(smape, rel=1e-9)
    mase = published(reference, dataset, "mean MASE of seasonal naive")
    assert result.mase == pytest.approx(mase, rel=1e-9)


def test_air_passengers_have_the_published_naive_errors(reference):
    frame = pd.read_csv(reference / "forecasting" / "air_passengers.csv")
    frame = frame.rename(columns={"month": "period", "passengers": "value"})
    train, test = frame[frame["period"] < "1959"], frame[frame["period"] >= "1959"]

    one = forecast(train, horizon=24, models="seasonal_naive").series[0]

    scale = metrics.naive_scale(train["value"], 12)
    found = [
        metrics.mape(test["value"], one.forecast),
        metrics.rmse(test["value"], one.forecast),
        metrics.mase(test["value"], one.forecast, scale=scale),
    ]
    expected = published(reference, "forecasting/air_passengers.csv", "seasonal naive trained to 1958-12")
    assert found == pytest.approx(expected, rel=1e-9)


def test_the_airline_model_has_its_published_parameters(reference):
    values = pd.read_csv(reference / "forecasting" / "air_passengers.csv")["passengers"].to_numpy(float)

    fit = fit_arima(values, 12, 12)

    dataset = "forecasting/air_passengers.csv"
    expected = published(reference, dataset, "ARIMA(0,1,1)(0,1,1)12 on log")
    assert [fit.moving_average, fit.seasonal_moving_average] == pytest.approx(expected, abs=0.002)
    log_likelihood = published(reference, dataset, "airline model sigma2, loglik, AIC")[1]
    assert fit.log_likelihood == pytest.approx(log_likelihood, rel=1e-3)


@pytest.mark.slow
def test_the_quarterly_competition_series_are_forecast_better_than_by_theta(reference):
    train, test = m3(reference, "m3_quarterly_industry")

    result = check(forecast(train, horizon=8, season=4), test)

    quantity = "mean sMAPE (%, 200|a-f|/(|a|+|f|)) of the published M3 forecasts of THETA"
    assert result.smape < published(reference, "forecasting/m3_quarterly_industry.csv", quantity)


def test_the_planted_season_and_growth_are_found():
    values = planted(72, growth=0.005, noise=0.01)

    one = forecast(table(values[:60]), horizon=12, models="ensemble").series[0]

    assert one.season == 12
    assert metrics.smape(values[60:], one.forecast) < 3
    assert one.chosen.mase < 0.6 * one.naive.mase


def test_the_demo_factory_shows_its_planted_growth_and_season():
    demo = monthly_demand()
    frame = demo.frame.rename(columns={"month": "period", "product": "series", "quantity": "value"})

    result = forecast(frame, horizon=12, models="ensemble")

    for one in result.series:
        growth = one.forecast.sum() / one.values[-12:].sum() - 1
        assert growth == pytest.approx(demo.truth["growth_per_year"][one.name], abs=0.04)
        planted_season = np.array(demo.truth["season_january_to_december"][one.name])
        season = one.forecast / one.forecast.mean()
        assert season == pytest.approx(planted_season[one.ahead.month - 1], abs=0.08)


def test_the_truth_lies_in_the_bands_as_often_as_they_say():
    inside80, inside95 = [], []
    for seed in range(12):
        values = planted(60, noise=0.08, seed=seed)
        one = forecast(table(values[:48]), horizon=12, models="ets_damped").series[0]
        inside80.append(np.mean((one.bands.low80 <= values[48:]) & (values[48:] <= one.bands.high80)))
        inside95.append(np.mean((one.bands.low95 <= values[48:]) & (values[48:] <= one.bands.high95)))

    assert 0.7 <= np.mean(inside80) <= 0.92
    assert 0.9 <= np.mean(inside95) <= 1.0


def test_prophet_runs_in_silence_and_takes_part(capfd):
    one = forecast(table(planted()), horizon=6, models="all").series[0]

    models = {candidate.model for candidate in one.candidates}
    assert {"prophet", "seasonal_naive", "ensemble", "theta", "arima", "ets_damped"} <= models
    assert capfd.readouterr() == ("", "")


def test_prophet_knows_a_season_without_dates():
    values = planted(72, noise=0.01)
    frame = pd.DataFrame({"period": range(60), "value": values[:60]})

    one = forecast(frame, horizon=12, season=12, models="prophet").series[0]

    assert metrics.smape(values[60:], one.forecast) < 5


def test_holidays_that_move_are_followed():
    """The Spring Festival cuts January or February: given its dates, the right one is low."""
    months = pd.date_range("2016-01-01", periods=120, freq="MS")
    in_january = {2017, 2020, 2023, 2025}
    cut = [(m.month == 1) if m.year in in_january else (m.month == 2) for m in months]
    values = 100 * np.where(cut, 0.6, 1.0) * np.random.default_rng(3).lognormal(0, 0.01, 120)
    frame = pd.DataFrame({"period": months[:108], "value": values[:108]})

    plain = forecast(frame, horizon=12, models="ensemble").series[0]
    told = forecast(frame, horizon=12, holidays="CN").series[0]

    assert told.chosen.model == "ensemble_holidays"
    assert metrics.smape(values[108:], told.forecast) < metrics.smape(values[108:], plain.forecast)


def test_a_demand_that_is_mostly_zero_gets_a_method_of_its_own():
    rng = np.random.default_rng(5)
    values = np.where(rng.random(60) < 0.3, rng.poisson(5, 60) + 1, 0).astype(float)

    one = forecast(table(values), horizon=6).series[0]

    assert one.demand.is_intermittent
    assert {candidate.model for candidate in one.candidates} == {"seasonal_naive", "mean", "sba"}
    assert one.forecast == pytest.approx(values.mean(), rel=0.5)
    assert one.bands.low95.min() >= 0


@pytest.mark.parametrize("factor", [0.001, 1000.0])
def test_the_unit_does_not_matter(factor):
    values = planted()

    one = forecast(table(values), horizon=6, models="ensemble")
    other = forecast(table(factor * values), horizon=6, models="ensemble")

    assert other.series[0].forecast == pytest.approx(factor * one.series[0].forecast, rel=1e-6)
    assert other.mase == pytest.approx(one.mase, rel=1e-6)


def test_the_order_of_rows_does_not_matter():
    frame = pd.concat([table(planted(seed=s), series=f"p{s}") for s in (1, 2)], ignore_index=True)

    one = forecast(frame, horizon=4, models="theta")
    other = forecast(frame.sample(frac=1, random_state=4), horizon=4, models="theta")

    for name in ("p1", "p2"):
        assert other.one(name).forecast.tolist() == one.one(name).forecast.tolist()


def test_negative_values_are_forecast_without_logarithms():
    values = planted() - 100

    one = forecast(table(values), horizon=12, models="ensemble").series[0]

    assert one.forecast.min() < 0
    assert (one.bands.low80 < one.forecast).all()


def test_a_constant_demand_stays_constant():
    one = forecast(table(np.full(40, 7.0)), horizon=5).series[0]

    assert one.forecast == pytest.approx(7.0)
    assert np.isnan(one.chosen.mase)
    assert one.chosen.smape == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("spike", [1e6, 0.0])
def test_one_wild_value_makes_no_forecast_explode(spike):
    values = planted()
    values[-1] = spike

    one = forecast(table(values), horizon=12).series[0]

    assert np.isfinite(one.forecast).all()
    assert one.forecast.max() <= 3 * values.max()


def test_rows_of_one_period_are_summed_and_counted():
    frame = pd.concat([table(planted()), table(planted())], ignore_index=True)

    one = forecast(frame, horizon=3, models="seasonal_naive").series[0]

    assert one.treated == {"summed": 60}
    assert one.values == pytest.approx(2 * planted())


def test_days_become_months_without_the_one_that_is_not_over():
    days = pd.date_range("2021-01-01", "2024-03-10")
    frame = pd.DataFrame({"period": days, "value": 1.0})

    one = forecast(frame, horizon=3, step="month", models="seasonal_naive").series[0]

    assert one.treated["incomplete"] == 10
    assert one.ahead[0] == pd.Timestamp("2024-03-01")
    assert one.values[0] == 31


def test_missing_months_are_filled_from_the_seasons_beside_and_marked():
    values = planted(noise=0)

    one = forecast(table(values).drop(index=[30, 31]), horizon=3, models="seasonal_naive").series[0]

    assert one.treated == {"missing": 2}
    assert np.flatnonzero(one.filled).tolist() == [30, 31]
    assert one.values[30:32] == pytest.approx(values[30:32])


def test_missing_months_may_mean_no_demand():
    frame = table(planted()).drop(index=[30, 31])

    one = forecast(frame, horizon=3, models="seasonal_naive", missing="zero").series[0]

    assert one.values[30:32].tolist() == [0, 0]


def test_gaps_are_refused_where_the_policy_says_so():
    with pytest.raises(Gaps, match="got 2, expected at most 0"):
        forecast(table(planted()).drop(index=[30, 31]), horizon=3, missing="refuse")


def test_a_short_series_alone_is_refused_with_need_and_have():
    with pytest.raises(TooShort) as refused:
        forecast(table(planted(8)), horizon=3)

    assert (refused.value.need, refused.value.have) == (13, 8)


def test_a_short_series_among_others_is_listed():
    frame = pd.concat([table(planted(), series="long"), table(planted(8), series="short")])

    result = forecast(frame, horizon=3, models="theta")

    assert [one.name for one in result.series] == ["long"]
    assert [(one.name, one.reason, one.need, one.have) for one in result.skipped] == [
        ("short", "too_short", 13, 8)
    ]


def test_two_seasons_are_not_enough_for_a_season():
    one = forecast(table(planted(20)), horizon=3, models="ensemble").series[0]

    assert one.season == 1
    assert one.treated == {"season_ignored": 12}


def test_only_zeros_are_refused():
    with pytest.raises(NoDemand, match="with a demand"):
        forecast(table(np.zeros(40)), horizon=3)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"horizon": 0}, "horizon: got 0"),
        ({"season": -1}, "season: got -1"),
        ({"models": "arma"}, "models: got 'arma'"),
        ({"holidays": "XX"}, "holidays: got 'XX'"),
        ({"missing": "drop"}, "missing: got 'drop'"),
        ({"step": "decade"}, "step: got 'decade'"),
    ],
)
def test_a_wrong_argument_is_named(given, message):
    with pytest.raises(Invalid, match=message):
        forecast(table(planted()), **({"horizon": 3} | given))


def test_a_misspelt_series_finds_its_neighbour():
    result = forecast(table(planted(), series="Pump A"), horizon=3, models="seasonal_naive")

    with pytest.raises(NotFound, match="did you mean 'Pump A'"):
        result.one("Pmp A")


def test_actuals_of_other_periods_are_refused():
    result = forecast(table(planted()), horizon=3, models="seasonal_naive")

    with pytest.raises(Invalid, match="no value of a forecast period"):
        check(result, table([1.0], start="2030-01-01"))
