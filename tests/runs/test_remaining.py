"""Remaining time comes from earlier runs of about the same size, or of sizes that show how time grows."""

import random

import pytest

from workbench.runs.remaining import Usual, usual


def growing(sizes, *, fixed=0.5, per_row=0.001, noise=0.0, seed=3):
    chance = random.Random(seed)
    return [(rows, (fixed + per_row * rows) * (1 + noise * chance.uniform(-1, 1))) for rows in sizes]


@pytest.mark.parametrize("known", [[], [(200, 1.0)], [(200, 1.0), (200, 1.1)]])
def test_too_few_runs_tell_nothing(known):
    assert usual(known, 200) is None


def test_runs_of_the_same_size_give_a_range():
    assert usual([(200, 1.0), (210, 1.4), (190, 1.2)], 200) == Usual(1.0, 1.4, 1.4)


def test_runs_of_another_size_are_not_asked():
    assert usual([(200, 1.0)] * 5, 100_000) is None


def test_one_run_that_took_ages_does_not_widen_the_range():
    known = [(200, 1.0 + 0.01 * n) for n in range(19)] + [(200, 60.0)]

    assert usual(known, 200).high < 1.3
    assert usual(known, 200).longest == 60.0


def test_different_sizes_show_how_time_grows():
    known = growing([1000, 2000, 9000, 20_000, 30_000, 100_000], noise=0.1)

    found = usual(known, 60_000)

    assert found.low <= 0.5 + 0.001 * 60_000 <= found.high
    assert found.high - found.low < 0.3 * found.high


def test_growth_survives_an_outlier():
    known = [
        *growing([1000, 2000, 9000, 20_000, 30_000, 50_000, 70_000, 100_000, 150_000, 210_000]),
        (400_000, 3.0),
    ]

    assert usual(known, 450_000).high == pytest.approx(0.5 + 0.001 * 450_000, rel=0.15)


def test_a_size_far_beyond_all_seen_is_not_guessed():
    known = growing([1000, 2000, 9000, 20_000, 30_000, 100_000])

    assert usual(known, 10_000_000) is None
    assert usual(known, 10) is None


def test_twice_the_time_for_all_is_twice_the_range():
    known = growing([1000, 3000, 9000, 20_000, 60_000, 100_000], noise=0.2)
    once, twice = usual(known, 150_000), usual([(rows, 2 * seconds) for rows, seconds in known], 150_000)

    assert (twice.low, twice.high) == pytest.approx((2 * once.low, 2 * once.high))


def test_what_has_passed_is_taken_off_and_nothing_is_negative():
    usually = Usual(2.0, 4.0, 10.0)

    assert usually.left(1.0) == (1.0, 3.0)
    assert usually.left(3.0) == (0.0, 1.0)
    assert usually.left(6.0) == (0.0, 4.0)


def test_a_run_longer_than_any_before_has_no_end_in_sight():
    assert Usual(2.0, 4.0, 10.0).left(10.1) is None
