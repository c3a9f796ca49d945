"""The truth planted in gauge studies can be recovered with plain arithmetic."""

import numpy as np
import pytest

from workbench.demo import factory


def test_the_gauge_study_has_the_stated_components():
    study = factory.table("demo.gauge_study")
    cube = study.frame["value"].to_numpy().reshape(10, 3, 3)
    by_cell = cube.mean(axis=2)
    interaction = by_cell - by_cell.mean(axis=1, keepdims=True) - by_cell.mean(axis=0) + cube.mean()
    errors = ((cube - by_cell[..., None]) ** 2).sum() + 3 * (interaction**2).sum()
    repeatability = errors / 78  # pooled: 60 + 18 degrees of freedom
    operator = by_cell.mean(axis=0).var(ddof=1) - repeatability / 30
    part = by_cell.mean(axis=1).var(ddof=1) - repeatability / 9

    assert repeatability**0.5 == pytest.approx(study.truth["repeatability_sigma"], rel=0.1)
    assert operator**0.5 == pytest.approx(study.truth["operator_sigma"], rel=0.1)
    assert part**0.5 == pytest.approx(study.truth["part_sigma"], rel=0.05)


def test_the_nested_study_has_the_stated_components():
    study = factory.table("demo.gauge_nested")
    values = study.frame["strength"].to_numpy().reshape(3, 10, 2)
    repeatability = ((values - values.mean(axis=2, keepdims=True)) ** 2).sum() / 30
    heats = 2 * values.mean(axis=2).var(axis=1, ddof=1).mean()
    operators = 20 * values.mean(axis=(1, 2)).var(ddof=1)

    assert repeatability**0.5 == pytest.approx(study.truth["repeatability_sigma"], rel=0.06)
    assert ((heats - repeatability) / 2) ** 0.5 == pytest.approx(study.truth["part_sigma"], rel=0.06)
    assert ((operators - heats) / 20) ** 0.5 == pytest.approx(study.truth["operator_sigma"], rel=0.06)


def test_one_operator_lets_bad_parts_pass():
    study = factory.table("demo.gauge_attribute")
    frame, truth = study.frame, study.truth
    missed = frame[(frame["reference"] == "NG") & (frame["rating"] == "OK")]
    wrong = frame[frame["rating"] != frame["reference"]].groupby("operator")["part"].nunique()

    lenient = missed[missed["operator"] == truth["lenient_operator"]]
    assert lenient["part"].nunique() == truth["parts_wrongly_passed"]
    for operator, count in wrong.items():
        assert 100 * (30 - count) / 30 == pytest.approx(truth["effectiveness_percent"][operator], abs=0.01)
        share = 100 * (missed["operator"] == operator).sum() / 30
        assert share == pytest.approx(truth["miss_rate_percent"][operator], abs=0.01)


def test_the_pin_is_measured_with_the_stated_bias_and_spread():
    study = factory.table("demo.gauge_type1")
    values, truth = study.frame["value"], study.truth

    assert values.mean() - truth["reference"] == pytest.approx(truth["bias"], abs=2e-6)
    assert values.std(ddof=1) == pytest.approx(truth["sigma"], rel=2e-3)


def test_the_bias_grows_along_the_range_as_stated():
    study = factory.table("demo.gauge_linearity")
    reference, value = study.frame["reference"], study.frame["value"]

    slope, intercept = np.polyfit(reference, value - reference, 1)

    assert slope == pytest.approx(study.truth["slope"], rel=0.01)
    assert intercept == pytest.approx(study.truth["intercept"], rel=0.01)
