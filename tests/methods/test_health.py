"""The health of a whole table: defined figures, planted truth, any shape of table, refusals."""

import numpy as np
import pandas as pd
import pytest

from workbench.demo import factory
from workbench.errors import Invalid, NotFound, TooFew
from workbench.methods.health import NoNumbers, assess
from workbench.methods.health_findings import MOST_PER_COLUMN
from workbench.methods.health_series import Checks
from workbench.methods.health_words import problem, readiness, verdict


@pytest.fixture(scope="module")
def log():
    return factory.table("demo.sensor_log")


@pytest.fixture(scope="module")
def health(log):
    return assess(log.frame)


@pytest.fixture
def steady():
    """Two columns, one reading per minute, nothing wrong."""
    random = np.random.default_rng(7)
    ts = pd.date_range("2026-07-01", periods=1000, freq="min")
    return pd.DataFrame({"ts": ts, "flow": random.normal(50, 1, 1000), "level": random.normal(3, 0.1, 1000)})


def of(health, check):
    return health.findings[health.findings["check"] == check]


# --- the planted truth: exact recall and precision


def test_every_planted_defect_is_counted_exactly(health, log):
    truth = log.truth

    assert health.rows == truth["rows"]
    assert health.gap_count == truth["gaps"]
    assert health.flatline_count == truth["flatlines"]
    assert health.spike_count == truth["spikes"]
    assert health.out_of_range_count == truth["fill_values"]
    assert health.unit_suspect_count == truth["unit_mixes"]
    assert health.duplicate_rate == pytest.approx(100 * truth["duplicates"] / truth["rows"])
    assert health.completeness == pytest.approx(truth["completeness_percent"], abs=1e-4)
    assert health.interval_s == truth["interval_s"]


def test_each_finding_points_at_the_rows_that_were_spoilt(health, log):
    spikes = of(health, "spike")
    rows = log.frame.iloc[spikes["first_row"] - 1]

    assert set(rows["tag"]) == {"TI-101", "VI-401"}
    assert (rows["ts"].to_numpy() == spikes["start"].to_numpy()).all()
    assert of(health, "unit_suspect")["count"].tolist() == [180, 90]
    assert set(of(health, "unit_suspect")["tag"]) == {"PI-201"}
    assert of(health, "gap")["count"].sum() == log.truth["readings_in_gaps"]
    assert of(health, "missing")["count"].sum() == log.truth["missing_values"]


def test_the_order_of_the_rows_does_not_matter(health, log):
    shuffled = assess(log.frame.sample(frac=1, random_state=3))

    assert shuffled.completeness == health.completeness
    assert shuffled.spike_count == health.spike_count
    assert shuffled.unit_suspect_count == health.unit_suspect_count


def test_the_same_readings_in_a_wide_table_give_the_same_defects(log):
    wide = log.frame.drop_duplicates(["ts", "tag"]).pivot(index="ts", columns="tag", values="value")

    found = assess(wide.reset_index())

    assert found.spike_count == log.truth["spikes"]
    assert found.flatline_count == log.truth["flatlines"]
    assert found.unit_suspect_count == log.truth["unit_mixes"]
    assert found.completeness == pytest.approx(log.truth["completeness_percent"], abs=1e-4)


@pytest.mark.parametrize(
    "name",
    [
        *("bore_diameter", "bore_diameter_all", "shaft_diameter", "gauge_study", "energy", "vibration"),
        *("run_to_failure", "fleet", "monthly_demand"),
    ],
)
def test_the_other_demo_tables_are_found_healthy(name):
    found = assess(factory.table(f"demo.{name}").frame.rename(columns={"machine": "tag"}))

    assert found.completeness == 100
    assert verdict(found).code == "ready"


# --- published data


def test_ai4i_is_complete_and_unique(reference):
    found = assess(pd.read_csv(reference / "ai4i2020" / "ai4i2020.csv"))

    assert (found.rows, found.completeness, found.duplicate_rate) == (10_000, 100.0, 0.0)
    assert found.gap_count is None


def test_the_hour_that_summer_time_repeats_is_found_as_conflicting_duplicates(reference):
    path = reference / "nab" / "realKnownCause" / "machine_temperature_system_failure.csv"
    frame = pd.read_csv(path, parse_dates=["timestamp"]).rename(columns={"timestamp": "ts"})

    found = of(assess(frame), "duplicate")

    assert found["count"].sum() == frame["ts"].duplicated().sum() == 12
    assert found["detail"].unique().tolist() == ["conflicting"]


def test_rosners_outliers_are_three_when_order_does_not_matter():
    values = np.concatenate([np.random.default_rng(2).normal(2, 0.9, 51), [5.34, 5.42, 6.01]])

    found = assess(pd.DataFrame({"value": values}), Checks(spike_method="esd"))

    assert found.spike_count == 3


# --- the definitions


def test_completeness_is_the_share_of_cells_with_a_value():
    frame = pd.DataFrame(
        {"a": [1.0, None, 3.0, 4.0], "b": [1.0, 2.0, None, None], "name": ["x", "y", None, "z"]}
    )

    assert assess(frame).completeness == pytest.approx(100 * 8 / 12)


def test_readings_missing_in_a_gap_count_as_expected(steady):
    found = assess(steady.drop(range(100, 200)))

    assert found.completeness == pytest.approx(90)
    assert found.value_completeness == 100
    assert found.record_completeness == pytest.approx(90)
    assert found.gap_count == 1


def test_a_duplicate_does_not_make_a_table_more_complete(steady):
    steady.loc[5, "flow"] = np.nan

    twice = pd.concat([steady, steady.iloc[:50]])

    assert assess(twice).completeness == assess(steady).completeness
    assert assess(twice).duplicate_rate == pytest.approx(100 * 50 / 1050)


def test_infinity_is_no_value():
    assert assess(pd.DataFrame({"a": [1.0, np.inf, 2.0, -np.inf]})).completeness == 50


def test_several_machines_under_one_clock_are_no_duplicates(steady):
    both = pd.concat([steady, steady.assign(flow=steady["flow"] + 100)]).sort_values("ts")

    assert assess(both).duplicate_rate == 0


def test_equal_numbers_in_a_single_column_are_no_duplicates():
    assert assess(pd.DataFrame({"value": [1.0, 1.0, 2.0]})).duplicate_rate == 0


def test_the_policy_says_what_a_duplicate_is(steady):
    again = pd.concat([steady, steady.iloc[:10].assign(flow=0.5)])

    assert assess(again, Checks(duplicates="key")).duplicate_rate > 0
    assert assess(again, Checks(duplicates="row")).duplicate_rate == 0
    assert assess(again, Checks(duplicates="none")).duplicate_rate == 0


def test_a_stated_interval_is_used_where_none_can_be_learnt():
    ts = pd.to_datetime(["2026-07-01 00:00", "2026-07-01 00:10", "2026-07-01 02:00", "2026-07-01 09:00"])
    frame = pd.DataFrame({"ts": ts, "value": [1.0, 2.0, 3.0, 4.0]})

    assert assess(frame).gap_count is None
    assert assess(frame, Checks(expected_interval_s=600)).gap_count == 2


def test_rows_without_a_time_are_named_and_left_out_of_order(steady):
    steady.loc[[3, 4, 70], "ts"] = pd.NaT

    found = of(assess(steady), "missing_time")

    assert found["first_row"].tolist() == [4, 71]
    assert found["count"].tolist() == [2, 1]


def test_rows_out_of_order_are_named(steady):
    late = pd.concat([steady.iloc[:100], steady.iloc[103:500], steady.iloc[100:103], steady.iloc[500:]])

    found = of(assess(late), "out_of_order")

    assert found["first_row"].tolist() == [498]
    assert assess(late).gap_count == 0


def test_times_with_a_zone_are_read_as_moments(steady):
    zoned = steady.assign(ts=steady["ts"].dt.tz_localize("Asia/Shanghai"))

    assert assess(zoned).findings["start"].dtype.kind == "M"
    assert assess(zoned).gap_count == 0


def test_a_reading_out_of_range_is_not_counted_as_a_spike_too(steady):
    steady.loc[[100, 500], "level"] = 99.0

    found = assess(steady, Checks(plausible_high=90.0))

    assert (found.out_of_range_count, found.spike_count) == (2, 0)


def test_a_serial_number_per_row_groups_nothing(steady):
    steady["tag"] = [f"SN{i:04d}" for i in range(len(steady))]

    assert assess(steady).columns["tag"].eq("").all()


def test_a_column_that_never_moves_is_said_and_does_not_count(steady):
    found = assess(steady.assign(setting=1.0))

    assert of(found, "constant")["column"].tolist() == ["setting"]
    assert verdict(found).code == "ready"


def test_the_value_column_carries_the_users_own_name(steady):
    frame = steady[["ts", "flow"]].rename(columns={"flow": "value"})

    assert assess(frame, value_name="FT-17").columns["column"].tolist() == ["FT-17"]


def test_many_findings_of_one_kind_are_summed_up():
    values = np.arange(5000.0)
    values[::10] = np.nan

    found = of(assess(pd.DataFrame({"a": values})), "missing")

    assert len(found) == MOST_PER_COLUMN
    assert found["count"].sum() == 500
    assert "further_ones" in found["detail"].tolist()


# --- words


def test_mixed_units_stop_an_analysis_and_name_the_tag(health):
    answer = verdict(health)

    assert (answer.code, answer.level) == ("not_ready", "bad")
    assert "PI-201" in answer.next_step["en"]
    assert "PI-201" in answer.next_step["zh"]
    assert readiness(health)["reason"].unique().tolist() == ["units"]


def test_a_flatline_asks_for_care(steady):
    steady.loc[200:260, "flow"] = 50.0

    answer = verdict(assess(steady))

    assert answer.code == "usable_with_care"
    assert "flow" in answer.next_step["en"]


def test_half_the_cells_missing_is_not_ready(steady):
    steady.loc[::2, ["flow", "level"]] = np.nan

    assert verdict(assess(steady)).code == "not_ready"


def test_without_times_there_is_no_forecast():
    table = readiness(assess(pd.DataFrame({"a": np.random.default_rng(1).normal(size=200)})))

    answers = table.set_index("analysis")["answer"].to_dict()
    assert answers == {"control_chart": "yes", "capability": "yes", "forecast": "no", "trend": "no"}


# --- refusals


def test_an_empty_table_is_refused():
    empty = pd.DataFrame({"value": pd.Series(dtype=float)})

    with pytest.raises(TooFew, match="add data"):
        assess(empty)
    assert problem(empty)["code"] == "no_rows"


def test_a_table_of_text_is_refused():
    names = pd.DataFrame({"name": ["a", "b"], "ok": [True, False]})

    with pytest.raises(NoNumbers, match="expected numbers"):
        assess(names)
    assert problem(names)["code"] == "no_numbers"


def test_a_column_of_only_missing_numbers_is_a_finding_not_a_crash():
    found = assess(pd.DataFrame({"a": [1.0, 2.0], "b": [np.nan, np.nan]}))

    assert found.completeness == 50
    assert of(found, "missing")["column"].tolist() == ["b"]


@pytest.mark.parametrize("wrong", [{"duplicates": "rows"}, {"spike_method": "esdd"}])
def test_a_misspelt_choice_is_answered_with_the_nearest(wrong):
    with pytest.raises(NotFound, match="did you mean"):
        Checks(**wrong)


def test_a_negative_interval_is_refused():
    with pytest.raises(Invalid, match="0 or more"):
        Checks(expected_interval_s=-1)


def test_a_million_rows_take_seconds():
    random = np.random.default_rng(0)
    ts = pd.date_range("2026-01-01", periods=1_000_000, freq="s")

    found = assess(pd.DataFrame({"ts": ts, "value": random.normal(size=ts.size)}))

    assert found.completeness == 100
