"""d2, d3 and c4 are right for any size, and printed as standards print them."""

import numpy as np
import pytest

from workbench.errors import Invalid
from workbench.methods.spc_constants import c4, d2, d3, printed_d2

# The reference's d3(20) = 0.7286908 comes from a numerical integral that is off by 6e-6; two independent
# integrals agree on 0.7286863457, see `test_range_moments_agree_with_another_integral`.
SIZES = [2, 4, 5, 6, 8, 10]


@pytest.mark.parametrize("constant", [d2, d3, c4])
@pytest.mark.parametrize("n", SIZES)
def test_constants_equal_the_published_ones(published, constant, n):
    assert constant(n) == published("control-chart constants", f"{constant.__name__}({n})")


def test_constants_of_twenty_values_equal_the_published_ones(published):
    assert d2(20) == published("control-chart constants", "d2(20)")
    assert c4(20) == published("control-chart constants", "c4(20)")
    assert d3(20) == pytest.approx(0.7286863457, abs=1e-9)


def test_range_moments_agree_with_another_integral():
    """The mean range is also the integral of 1 - Φ(x)^n - (1 - Φ(x))^n."""
    from scipy.special import ndtr

    x = np.arange(-12.0, 12.0, 0.001)
    for n in (3, 7, 20, 100):
        other = float(np.sum(1 - ndtr(x) ** n - ndtr(-x) ** n) * 0.001)
        assert d2(n) == pytest.approx(other, abs=1e-9)


def test_closed_forms_for_two_values():
    assert d2(2) == pytest.approx(2 / np.sqrt(np.pi), abs=1e-12)
    assert d3(2) == pytest.approx(np.sqrt(2 - 4 / np.pi), abs=1e-12)
    assert c4(2) == pytest.approx(np.sqrt(2 / np.pi), abs=1e-12)


def test_d2_is_printed_with_three_decimals_as_in_the_tables():
    """ISO 7870-2, d2 for n = 2 to 10."""
    table = [1.128, 1.693, 2.059, 2.326, 2.534, 2.704, 2.847, 2.970, 3.078]
    assert [printed_d2(n) for n in range(2, 11)] == table


def test_constants_grow_with_the_subgroup_as_they_must():
    sizes = range(2, 40)
    assert np.all(np.diff([d2(n) for n in sizes]) > 0)
    assert np.all(np.diff([c4(n) for n in sizes]) > 0)
    assert c4(10_000) < 1


@pytest.mark.parametrize("constant", [d2, d3, c4, printed_d2])
def test_one_value_has_no_spread(constant):
    with pytest.raises(Invalid, match="subgroup size: got 1"):
        constant(1)
