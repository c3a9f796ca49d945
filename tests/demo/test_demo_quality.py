"""The truth planted in measured characteristics can be recovered with plain arithmetic."""

import numpy as np
import pytest

from workbench.demo import factory
from workbench.demo.quality import SHIFTED, WORN
from workbench.demo.table import MACHINES

D2, A2, D4 = 2.326, 0.577, 2.114  # constants of ISO 7870-2 for subgroups of five


def subgroups(frame):
    return frame["diameter"].to_numpy().reshape(-1, 5)


def limits(values):
    centre, spread = values.mean(), np.ptp(values, axis=1).mean()
    return centre - A2 * spread, centre + A2 * spread, D4 * spread


def signals(values):
    lower, upper, range_limit = limits(values)
    means = values.mean(axis=1)
    beyond = (means < lower) | (means > upper) | (np.ptp(values, axis=1) > range_limit)
    return 1 + np.flatnonzero(beyond)


def longest_run(values):
    side = np.sign(values.mean(axis=1) - values.mean())
    return max(len(run) for run in np.split(side, 1 + np.flatnonzero(np.diff(side))))


def change_point(means):
    """Return the first subgroup of the second part that explains the means best (least squares)."""
    costs = [means[:k].var() * k + means[k:].var() * (means.size - k) for k in range(2, means.size - 1)]
    return 3 + int(np.argmin(costs))


def test_the_mean_shifts_at_the_stated_subgroup():
    bore = factory.table("demo.bore_diameter")
    means = subgroups(bore.frame).mean(axis=1)

    found = change_point(means)

    assert abs(found - bore.truth["shift_from_subgroup"]) <= 1
    assert means[found - 1 :].mean() - means[: found - 1].mean() == pytest.approx(
        bore.truth["shift"], abs=0.001
    )


def test_the_default_chart_signals_from_the_shift_on_and_never_before():
    bore = factory.table("demo.bore_diameter")

    assert signals(subgroups(bore.frame)).min() == bore.truth["shift_from_subgroup"]


def test_the_spread_within_subgroups_is_the_stated_one():
    bore = factory.table("demo.bore_diameter")
    values = subgroups(bore.frame)

    assert np.ptp(values, axis=1).mean() / D2 == pytest.approx(bore.truth["sigma"], rel=0.05)


def test_the_worn_tool_drifts_by_the_stated_amount():
    wear = factory.table("demo.bore_diameter_wear")
    means = subgroups(wear.frame).mean(axis=1)

    slope = np.polyfit(np.arange(means.size), means, 1)[0]

    assert slope == pytest.approx(wear.truth["drift_per_subgroup"], rel=0.05)
    assert signals(subgroups(wear.frame)).size > 0


@pytest.mark.parametrize("machine", [m for m in MACHINES if m not in {SHIFTED, WORN}])
def test_every_other_machine_is_stable(machine):
    frame = factory.table("demo.bore_diameter_all").frame
    values = subgroups(frame[frame["machine"] == machine])

    assert signals(values).size == 0
    assert longest_run(values) < 7


def test_one_machine_alone_is_the_same_rows_as_in_the_table_of_all():
    every = factory.table("demo.bore_diameter_all").frame
    one = factory.table("demo.bore_diameter").frame

    assert every[every["machine"] == SHIFTED].reset_index(drop=True).equals(one)


def test_the_shaft_is_stable_and_exactly_as_capable_as_stated():
    shaft = factory.table("demo.shaft_diameter")
    values, truth = shaft.frame["diameter"], shaft.truth
    sigma = values.std(ddof=1)

    assert (truth["usl"] - truth["lsl"]) / (6 * sigma) == pytest.approx(truth["pp"], abs=0.002)
    assert (truth["usl"] - values.mean()) / (3 * sigma) == pytest.approx(truth["ppk"], abs=0.002)
    assert signals(subgroups(shaft.frame)).size == 0
    assert longest_run(subgroups(shaft.frame)) < 7
