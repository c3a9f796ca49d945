"""The experiments of the demo factory hold what is stated."""

from workbench.demo import factory


def test_every_factor_has_two_levels_and_a_unit():
    factors = factory.table("demo.moulding_factors")

    assert len(factors.frame) == factors.truth["factors"]
    assert (factors.frame["low"] < factors.frame["high"]).all()
    assert factors.frame["unit"].notna().all()
