"""Detectors of one series: planted defects are found exactly, honest signals are left alone."""

import numpy as np
import pytest

from workbench.errors import Invalid
from workbench.methods.defects import (
    find_fill_values,
    find_flatlines,
    find_gaps,
    find_implausible,
    find_spikes,
    learn_rhythm,
)


@pytest.fixture
def random():
    return np.random.default_rng(20260701)


@pytest.fixture
def wave(random):
    """A day of minutes: a slow swing with noise of standard deviation 0.2."""
    return 50 + 5 * np.sin(np.arange(1440) / 230) + random.normal(0, 0.2, 1440)


def minutes(count):
    return 60.0 * np.arange(count)


# --- rhythm and gaps


def test_a_fifth_of_the_readings_lost_at_random_still_shows_the_rhythm(random):
    kept = minutes(5000)[random.random(5000) > 0.2]

    assert learn_rhythm(kept).interval_s == 60
    assert learn_rhythm(kept).regular


def test_clock_jitter_leaves_the_rhythm_regular(random):
    times = np.sort(minutes(2000) + random.normal(0, 5, 2000))

    assert learn_rhythm(times).regular
    assert len(find_gaps(times, 60.0)) == 0


def test_events_at_random_have_no_rhythm(random):
    assert not learn_rhythm(np.cumsum(random.exponential(60, 2000))).regular


def test_measurements_in_bursts_have_no_rhythm():
    bursts = (np.arange(40)[:, None] * 28_800.0 + np.arange(5) * 120).ravel()

    assert not learn_rhythm(bursts).regular


def test_planted_gaps_are_found_with_the_readings_they_lack(random):
    keep = np.ones(3000, dtype=bool)
    for start, length in ((100, 1), (700, 30), (2000, 400)):
        keep[start : start + length] = False

    found = find_gaps(minutes(3000)[keep], 60.0)

    assert found.count.tolist() == [1, 30, 400]


def test_gaps_do_not_depend_on_origin_or_unit_of_time():
    times = np.array([0.0, 60.0, 240.0, 300.0])

    assert find_gaps(times + 1e9, 60.0).start.tolist() == find_gaps(times / 60, 1.0).start.tolist()


def test_a_wider_factor_finds_fewer_gaps():
    times = np.array([0.0, 60.0, 180.0, 600.0])

    assert len(find_gaps(times, 60.0, factor=1.5)) == 2
    assert len(find_gaps(times, 60.0, factor=5.0)) == 1


@pytest.mark.parametrize(("interval", "factor"), [(0.0, 1.5), (60.0, 0.5)])
def test_senseless_gap_settings_are_refused(interval, factor):
    with pytest.raises(Invalid):
        find_gaps(minutes(5), interval, factor=factor)


# --- flatlines


def test_planted_flatlines_are_found_exactly(wave):
    wave[200:230] = wave[200]
    wave[900:1000] = wave[900]

    found = find_flatlines(wave)

    assert list(zip(found.start, found.stop, strict=True)) == [(200, 230), (900, 1000)]


def test_a_coarse_signal_repeats_itself_without_a_flatline(random):
    coarse = np.round(np.cumsum(random.normal(0, 0.05, 20_000)), 0)

    assert len(find_flatlines(np.round(random.normal(0, 1, 20_000), 1))) == 0
    assert len(find_flatlines(coarse + np.arange(20_000) // 4000)) == 0


def test_a_state_has_no_flatline():
    assert len(find_flatlines(np.repeat([0.0, 1.0, 0.0], 500))) == 0


def test_a_machine_that_is_off_at_times_has_no_flatline(wave):
    for start in range(0, 1400, 200):
        wave[start : start + 60] = 0.0

    assert len(find_flatlines(wave)) == 0
    assert len(find_flatlines(wave, length=60)) == 7


def test_a_stated_length_is_taken_literally():
    values = np.array([1.0, 2.0, 2.0, 2.0, 3.0, 3.0, 4.0])

    assert find_flatlines(values, length=3).start.tolist() == [1]
    assert find_flatlines(values, length=2).start.tolist() == [1, 4]


def test_a_flatline_of_one_reading_is_refused():
    with pytest.raises(Invalid, match="at least 2"):
        find_flatlines(np.ones(5), length=1)


# --- spikes


def naive_spikes(values, sigmas):
    """The residual from the median of seven, one reading at a time, against the global spread alone."""
    padded = np.concatenate([np.repeat(values[:1], 3), values, np.repeat(values[-1:], 3)])
    residual = np.array([abs(v - np.median(padded[i : i + 7])) for i, v in enumerate(values)])
    return np.flatnonzero(residual > sigmas * np.median(residual[residual > 0]) / 0.6745)


def test_planted_spikes_are_found_exactly(wave):
    places = [5, 200, 201, 640, 1100, 1300]
    wave[places] += [4.0, 4.0, 4.5, -4.0, 5.0, -6.0]

    found = find_spikes(wave)

    assert (
        np.concatenate([np.arange(*run) for run in zip(found.start, found.stop, strict=True)]).tolist()
        == places
    )
    assert len(found) == 5  # 200 and 201 are one


def test_isolated_spikes_agree_with_the_naive_oracle(wave):
    wave[[100, 500, 900]] += 5.0

    assert find_spikes(wave).start.tolist() == naive_spikes(wave, 6.0).tolist()


def test_spikes_do_not_depend_on_unit_and_origin(wave):
    wave[300] += 5

    assert find_spikes(-1000 * wave + 7).start.tolist() == [300]


def test_the_first_and_the_last_reading_can_be_spikes(wave):
    wave[[0, -1]] += 8

    assert find_spikes(wave).start.tolist() == [0, wave.size - 1]


@pytest.mark.parametrize(
    "honest",
    [
        np.sin(np.arange(2000) / 3),
        np.repeat([1.0, 9.0, 4.0, 12.5], 500) + 0.01 * np.sin(np.arange(2000)),
        np.arange(2000.0) ** 2,
        np.full(2000, 3.0),
        np.tile([0.0, 0.0, 0.0, 0.0, 1.0], 400),
    ],
    ids=["fast sine", "steps", "parabola", "constant", "pulses of a state"],
)
def test_honest_signals_have_no_spikes(honest):
    assert len(find_spikes(honest)) == 0


def test_a_machine_that_runs_and_rests_is_not_all_spikes(random):
    running = np.repeat(np.arange(20) % 3 == 0, 100)
    current = np.where(running, 30 + random.normal(0, 3, 2000), random.normal(0.1, 0.01, 2000))

    assert len(find_spikes(current)) == 0


def test_noise_alone_gives_next_to_no_spikes(random):
    assert len(find_spikes(random.normal(size=100_000))) <= 2


def test_ten_readings_are_needed():
    assert len(find_spikes(np.array([1.0, 2.0, 1.0, 50.0, 1.0]))) == 0


def test_a_threshold_of_zero_is_refused():
    with pytest.raises(Invalid, match="above 0"):
        find_spikes(np.arange(20.0), sigmas=0)


# --- implausible values


def test_the_limits_themselves_are_plausible():
    found = find_implausible(np.array([0.0, -0.1, 100.0, 100.1, np.nan]), low=0.0, high=100.0)

    assert found.start.tolist() == [1, 3]


def test_a_range_upside_down_is_refused():
    with pytest.raises(Invalid, match="low not above high"):
        find_implausible(np.ones(3), low=2.0, high=1.0)


def test_fill_values_are_found_only_where_they_stand_out():
    assert find_fill_values(np.array([20.0, -999.0, -999.0, 21.0, 22.0])).count.tolist() == [2]
    assert len(find_fill_values(np.array([-1100.0, -999.0, -950.0, -1020.0]))) == 0
