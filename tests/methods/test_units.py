"""Changes of unit: found by their exact ratio, and not seen in machines that start and stop."""

import numpy as np
import pytest

from workbench.methods.units import RATIOS, find_unit_changes


@pytest.fixture
def random():
    return np.random.default_rng(6895)


@pytest.fixture
def pressure(random):
    return 620 + 12 * np.sin(np.arange(5000) / 300) + random.normal(0, 3, 5000)


@pytest.mark.parametrize("name", RATIOS)
@pytest.mark.parametrize("direction", [1, -1])
def test_a_stretch_in_another_unit_is_found_exactly(pressure, name, direction):
    pressure[1000:1200] *= RATIOS[name] ** direction

    found = find_unit_changes(pressure)

    assert (found.runs.start.tolist(), found.runs.stop.tolist()) == ([1000], [1200])
    assert found.details == (name,)


def test_fahrenheit_among_celsius_is_found(random):
    celsius = 21 + random.normal(0, 0.3, 2000)
    celsius[500:700] = 1.8 * celsius[500:700] + 32

    assert find_unit_changes(celsius).details == ("celsius_fahrenheit",)


def test_a_unit_that_changes_for_good_is_found_on_the_shorter_side(pressure):
    pressure[4000:] /= 6.894757

    found = find_unit_changes(pressure)

    assert (found.runs.start.tolist(), found.runs.stop.tolist()) == ([4000], [5000])


def test_two_sources_that_alternate_are_one_finding(pressure, random):
    other = random.random(5000) < 0.3
    pressure[other] /= 6.894757

    found = find_unit_changes(pressure)

    assert found.details == ("ratio_psi_kpa",)
    assert found.runs.count.tolist() == [other.sum()]


def test_the_unit_of_the_whole_series_does_not_matter(pressure):
    pressure[1000:1200] /= 6.894757

    assert find_unit_changes(0.145 * pressure).runs.start.tolist() == [1000]


@pytest.mark.parametrize("ratio", [2.5, 4.0, 8.0, 50.0])
def test_a_jump_by_no_known_ratio_is_no_change_of_unit(pressure, ratio):
    pressure[1000:1200] *= ratio

    assert len(find_unit_changes(pressure).runs) == 0


def test_a_machine_whose_load_drops_to_a_tenth_keeps_its_noise_and_is_left_alone(random):
    load = np.where(np.arange(2000) // 400 % 2 == 0, 100.0, 10.0) + random.normal(0, 0.5, 2000)

    assert len(find_unit_changes(load).runs) == 0


@pytest.mark.parametrize(
    "honest",
    [
        np.sin(np.arange(500.0)),
        np.exp(np.random.default_rng(1).normal(0, 1.5, 5000)),
        np.full(100, 5.0),
        np.array([1.0, 10.0]),
    ],
    ids=["around zero", "lively", "constant", "two readings"],
)
def test_other_signals_have_no_change_of_unit(honest):
    assert len(find_unit_changes(honest).runs) == 0
