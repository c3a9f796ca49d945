"""The change behind signals is found where it was planted, and not where chance is enough."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.demo.quality import bore_diameter, bore_diameter_wear
from workbench.methods.spc import control_chart
from workbench.methods.spc_change import find_change


def noise(count, seed=4):
    return np.random.default_rng(seed).normal(size=count)


def change_in(table):
    chart = control_chart(table.frame.rename(columns={"diameter": "value"}))
    return find_change(chart.points["value"].to_numpy(), chart.error)


def test_the_planted_shift_of_the_demo_factory_is_found():
    table = bore_diameter()

    change = change_in(table)

    assert change.kind == "step"
    assert change.first + 1 == table.truth["shift_from_subgroup"]
    assert change.size == pytest.approx(table.truth["shift"], rel=0.1)


def test_the_planted_wear_of_the_demo_factory_is_found():
    table = bore_diameter_wear()

    change = change_in(table)

    assert change.kind == "drift"
    assert change.size / 39 == pytest.approx(table.truth["drift_per_subgroup"], rel=0.1)


def test_a_step_is_where_a_naive_search_finds_it():
    values = noise(60) + np.where(np.arange(60) >= 37, 2.5, 0.0)
    squares = {t: values[:t].var() * t + values[t:].var() * (60 - t) for t in range(3, 58)}

    assert find_change(values, 1.0).first == min(squares, key=squares.get)


def test_a_passing_episode_is_named_with_both_ends():
    values = noise(60)
    values[20:28] += 4.0

    change = find_change(values, 1.0)

    assert (change.kind, change.first, change.last) == ("episode", 20, 27)
    assert change.size == pytest.approx(4.0, abs=1.0)


def test_single_points_are_no_lasting_change():
    values = noise(40)
    values[[7, 30]] = (6.0, -6.0)

    assert find_change(values, 1.0) is None


def test_chance_is_not_explained():
    found = [find_change(noise(40, seed), 1.0) for seed in range(200)]
    assert sum(change is not None for change in found) <= 20  # three tests of 5 % each, on bounds


@settings(max_examples=40, deadline=None)
@given(st.floats(0.01, 100), st.floats(-1000, 1000))
def test_unit_and_origin_do_not_matter(scale, origin):
    values = noise(40) + np.where(np.arange(40) >= 25, 3.0, 0.0)

    here, there = find_change(values, 1.0), find_change(values * scale + origin, scale)

    assert (here.kind, here.first) == (there.kind, there.first)
    assert there.size == pytest.approx(here.size * scale, rel=1e-6)


def test_missing_points_keep_the_positions():
    values = noise(40) + np.where(np.arange(40) >= 25, 4.0, 0.0)
    values[[3, 26]] = np.nan

    assert find_change(values, 1.0).first == 25


def test_a_handful_of_points_says_nothing():
    assert find_change(np.array([0.0, 0.0, 9.0, 9.0, 9.0]), 1.0) is None
