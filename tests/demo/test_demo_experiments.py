"""The experiments of the demo factory hold what is stated."""

import numpy as np
import pytest

from workbench.demo import factory


def test_every_factor_has_two_levels_and_a_unit():
    factors = factory.table("demo.moulding_factors")

    assert len(factors.frame) == factors.truth["factors"]
    assert (factors.frame["low"] < factors.frame["high"]).all()
    assert factors.frame["unit"].notna().all()


def test_the_finished_experiment_has_the_stated_best_setting():
    runs = factory.table("demo.moulding_results")
    a, b = (runs.frame["temperature"] - 220) / 20, (runs.frame["pressure"] - 80) / 20
    model = np.column_stack([np.ones(len(a)), a, b, a * b, a**2, b**2])
    _, one, two, both, bend_a, bend_b = np.linalg.lstsq(model, runs.frame["strength"], rcond=None)[0]

    best = np.linalg.solve([[-2 * bend_a, -both], [-both, -2 * bend_b]], [one, two])

    assert 220 + 20 * best[0] == pytest.approx(runs.truth["best_temperature"], abs=1)
    assert 80 + 20 * best[1] == pytest.approx(runs.truth["best_pressure"], abs=1)
