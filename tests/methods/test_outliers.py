"""The generalized ESD test against NIST's printed example."""

import json

import numpy as np
import pytest

from workbench.errors import NoSpread, TooFew
from workbench.methods.outliers import generalized_esd


@pytest.fixture
def rosner(reference):
    text = (reference / "nist_ehandbook" / "ROSNER.DAT").read_text().splitlines()
    after = next(i for i, line in enumerate(text) if line.startswith("---"))
    return np.array([float(line) for line in text[after + 1 :] if line.strip()])


@pytest.fixture
def published(reference):
    entries = json.loads((reference / "published.json").read_text())["entries"]
    return {e["quantity"]: e["value"] for e in entries if e["dataset"].startswith("nist_ehandbook/ROSNER")}


def test_nist_example_is_met_to_all_printed_digits(rosner, published):
    found = generalized_esd(rosner, most=10, alpha=0.05)

    assert found.count == published["number of outliers"]
    assert found.statistics == pytest.approx(published["generalized ESD R_1..R_10"], abs=2e-6)
    assert found.critical == pytest.approx(published["generalized ESD critical values alpha 0.05"], abs=2e-6)


def test_the_outliers_of_the_example_are_its_three_largest_values(rosner):
    found = generalized_esd(rosner)

    assert sorted(rosner[found.index]) == sorted(rosner)[-3:]


def test_order_unit_and_origin_do_not_matter(rosner):
    shuffled = np.random.default_rng(3).permutation(rosner)

    found = generalized_esd(1000 * shuffled - 7)

    assert found.statistics == pytest.approx(generalized_esd(rosner).statistics)


def test_a_normal_sample_has_none():
    assert generalized_esd(np.random.default_rng(1).normal(size=500)).count == 0


def test_too_few_values_are_refused():
    with pytest.raises(TooFew, match="at least 12"):
        generalized_esd(np.arange(11.0))


def test_equal_values_are_refused():
    with pytest.raises(NoSpread, match="20 equal values"):
        generalized_esd(np.ones(20))
