"""The truth planted in inspected work can be recovered with plain arithmetic."""

import numpy as np
import pytest

from workbench.demo import factory


def test_the_share_of_defectives_is_the_stated_one_before_and_after():
    made = factory.table("demo.inspections")
    cut = made.truth["worse_from_point"] - 1
    before, after = made.frame[:cut], made.frame[cut:]

    assert before["defective"].sum() / before["inspected"].sum() == pytest.approx(
        made.truth["share_before"], rel=0.1
    )
    assert after["defective"].sum() / after["inspected"].sum() == pytest.approx(
        made.truth["share_after"], rel=0.1
    )


def test_lots_scatter_by_the_stated_standard_deviation():
    made = factory.table("demo.lot_inspections")
    share = made.frame["defective"] / made.frame["inspected"]
    chance = share.mean() * (1 - share.mean()) / made.frame["inspected"].mean()

    between = (share.var(ddof=1) - chance) ** 0.5

    assert between == pytest.approx(made.truth["standard_deviation_between_lots"], rel=0.25)


def test_each_dimension_of_the_housings_stays_within_its_own_limits_while_two_fall_apart():
    made = factory.table("demo.housings")
    names = ["width", "height", "bore", "depth"]
    reference = made.frame[made.frame["reference"]]
    z = (made.frame[names] - reference[names].mean()) / reference[names].std(ddof=1)

    assert (z.abs() < 3).all().all()
    assert np.corrcoef(reference["width"], reference["height"])[0, 1] > 0.9
    rest = z[~made.frame["reference"]]
    assert (rest["width"] - rest["height"]).min() > 2


def test_one_cavity_is_heavier_by_the_stated_weight_and_all_scatter_alike():
    made = factory.table("demo.cavity_weight")
    by_cavity = made.frame.groupby("cavity")["weight"]
    others = by_cavity.mean().drop(made.truth["different_cavity"]).mean()

    difference = by_cavity.mean()[made.truth["different_cavity"]] - others

    assert difference == pytest.approx(made.truth["heavier_by"], abs=1e-4)
    assert by_cavity.std(ddof=1).to_numpy() == pytest.approx(made.truth["sigma"], rel=0.01)
