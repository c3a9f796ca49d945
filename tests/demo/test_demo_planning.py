"""The truth planted in demand, purchases and bills of material can be recovered with plain arithmetic."""

import pytest

from workbench.demo import factory


@pytest.fixture(scope="module")
def demand():
    return factory.table("demo.monthly_demand")


def test_each_product_grows_at_the_stated_rate(demand):
    yearly = demand.frame.assign(year=(demand.frame.groupby("product").cumcount() // 12))
    sums = yearly.pivot_table(index="year", columns="product", values="quantity", aggfunc="sum")

    growth = (sums.iloc[-1] / sums.iloc[0]) ** (1 / 5) - 1

    assert growth.to_dict() == pytest.approx(demand.truth["growth_per_year"], abs=0.01)


def test_each_product_has_the_stated_season(demand):
    for product, planted in demand.truth["season_january_to_december"].items():
        frame = demand.frame[demand.frame["product"] == product]
        trend = frame["quantity"].rolling(12).mean().shift(-5)
        share = (frame["quantity"] / trend).groupby(frame["month"].dt.month).mean()

        assert share.to_numpy() == pytest.approx(planted, abs=0.06)


def test_exactly_one_part_has_a_single_supplier():
    bom = factory.table("demo.bom")
    suppliers = bom.frame.groupby("part")["supplier"].nunique()
    single = bom.frame[bom.frame["part"] == bom.truth["single_source_part"]]

    assert suppliers[suppliers == 1].index.tolist() == [bom.truth["single_source_part"]]
    assert single["product"].tolist() == bom.truth["products_that_need_it"]
    assert single["lead_time_d"].eq(bom.frame["lead_time_d"].max()).all()


def test_one_supplier_delivers_late():
    purchases = factory.table("demo.purchases")
    late = (purchases.frame["received_date"] - purchases.frame["promised_date"]).dt.days
    by_supplier = late.groupby(purchases.frame["supplier"]).mean()

    assert by_supplier.idxmax() == purchases.truth["late_supplier"]
    assert by_supplier.max() == pytest.approx(purchases.truth["mean_days_late"], abs=1)
    assert by_supplier.drop(by_supplier.idxmax()).abs().max() < 1
