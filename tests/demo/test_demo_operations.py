"""The truth planted in stops, counts, energy and the sensor log can be recovered with plain arithmetic."""

import numpy as np
import pandas as pd
import pytest

from workbench.demo import factory


@pytest.fixture(scope="module")
def stops():
    frame = factory.table("demo.downtime_events").frame
    return frame.assign(minutes=(frame["ts_end"] - frame["ts_start"]).dt.total_seconds() / 60)


@pytest.fixture(scope="module")
def counts():
    return factory.table("demo.production_counts")


def test_stops_of_one_machine_never_overlap(stops):
    ordered = stops.sort_values(["machine", "ts_start"])
    before = ordered.groupby("machine")["ts_end"].shift()

    assert (ordered["ts_start"] >= before.fillna(ordered["ts_start"])).all()
    assert (stops["minutes"] >= 1).all()


def test_a_stop_lies_within_one_shift(stops):
    shift = (stops["ts_start"] - pd.Timedelta(hours=6)).dt.floor("8h")

    assert (stops["ts_end"] <= shift + pd.Timedelta(hours=14)).all()


def test_the_largest_loss_is_the_stated_one(stops):
    truth = factory.table("demo.downtime_events").truth

    assert stops.groupby("reason")["minutes"].sum().idxmax() == truth["top_reason_by_minutes"]


def test_one_reason_rises_on_one_machine_and_nowhere_else(stops):
    truth = factory.table("demo.downtime_events").truth
    late = stops["ts_start"] >= pd.Timestamp(truth["rising_from"])
    many = stops.groupby(["machine", "reason", late]).size().unstack(fill_value=0)
    many = many[many.sum(axis=1) >= 15]

    ratios = (many[True] / 30) / (many[False] / 60)

    assert ratios.idxmax() == (truth["rising_machine"], truth["rising_reason"])
    assert ratios.max() == pytest.approx(truth["rate_ratio"], rel=0.5)


def test_pieces_follow_from_the_time_the_stops_leave(stops, counts):
    lost = stops.groupby("machine")["minutes"].sum()
    frame = counts.frame.groupby("machine").agg({"planned_min": "sum", "total_pcs": "sum"})
    ideal = (frame["planned_min"] - lost) * 60 / counts.frame["ideal_cycle_s"].iloc[0]

    performance = frame["total_pcs"] / ideal

    assert performance.to_numpy() == pytest.approx(counts.truth["performance"], abs=0.005)


def test_one_machine_scraps_more_than_the_others(counts):
    frame = counts.frame.groupby("machine")[["total_pcs", "good_pcs", "rework_pcs"]].sum()
    scrap = 1 - (frame["good_pcs"] + frame["rework_pcs"]) / frame["total_pcs"]

    assert scrap.idxmax() == counts.truth["scrap_machine"]
    assert scrap.max() == pytest.approx(counts.truth["scrap_rate_of_that_machine"], rel=0.05)
    assert scrap.drop(scrap.idxmax()).to_numpy() == pytest.approx(counts.truth["scrap_rate"], rel=0.1)


def test_the_energy_baseline_and_the_saving_are_the_stated_ones():
    energy = factory.table("demo.energy")
    frame, truth = energy.frame, energy.truth
    cooling = (frame["temperature_c"] - truth["balance_temperature_c"]).clip(lower=0)
    drivers = np.column_stack([np.ones(len(frame)), frame["output_t"], cooling])
    after = (frame["line"] == truth["saving_line"]) & (frame["ts"] >= truth["saving_from"])

    baseline = np.linalg.lstsq(drivers[~after], frame["energy_kwh"][~after], rcond=None)[0]
    saved = 1 - frame["energy_kwh"][after].sum() / (drivers[after] @ baseline).sum()

    planted = [truth["base_kwh_per_hour"], truth["kwh_per_tonne"], truth["kwh_per_degree_above_balance"]]
    assert baseline == pytest.approx(planted, rel=0.01)
    assert saved == pytest.approx(truth["saving_share"], abs=0.003)


def test_the_sensor_log_has_as_many_rows_gaps_and_missing_values_as_stated():
    log = factory.table("demo.sensor_log")
    frame, truth = log.frame, log.truth
    once = frame.drop_duplicates()
    steps = once.sort_values("ts").groupby("tag")["ts"].diff().dt.total_seconds().dropna()

    assert len(frame) == truth["rows"]
    assert len(frame) - len(once) == truth["duplicates"]
    assert (steps > truth["interval_s"]).sum() == truth["gaps"]
    assert (steps / truth["interval_s"] - 1).sum() == truth["readings_in_gaps"]
    assert frame["value"].isna().sum() == truth["missing_values"]
    assert (frame["value"] == -999).sum() == truth["fill_values"]


def test_the_pressure_is_in_another_unit_at_times():
    frame = factory.table("demo.sensor_log").frame
    pressure = frame.loc[frame["tag"] == "PI-201", "value"]
    low = pressure < 200

    assert pressure[~low].median() / pressure[low].median() == pytest.approx(6.895, rel=0.03)
    assert (low & ~low.shift(fill_value=False)).sum() == 2
