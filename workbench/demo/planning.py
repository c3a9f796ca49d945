"""Demand, purchases and bills of material of the demo factory."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workbench.demo.table import START, DemoTable, column, stream

FIRST_MONTH, MONTHS, DEMAND_NOISE = "2020-07-01", 72, 0.03


class Product(NamedTuple):
    """A product's demand in its first month, its growth per year and its season."""

    name: str
    level: float
    growth: float
    season: tuple[float, ...]  # January to December, mean 1


def _season(*factors: float) -> tuple[float, ...]:
    return tuple(np.round(np.array(factors) / np.mean(factors), 4).tolist())


PRODUCTS = (
    Product(
        "Pump A", 1200, 0.04, _season(0.85, 0.8, 0.95, 1.05, 1.15, 1.25, 1.2, 1.1, 1.0, 0.95, 0.85, 0.85)
    ),
    Product("Pump B", 600, 0.0, _season(1.0, 0.6, 1.1, 1.05, 1.05, 1.0, 1.0, 1.0, 1.05, 1.0, 1.05, 1.1)),
    Product("Valve C", 2500, -0.06, _season(1.1, 0.9, 1.0, 1.0, 0.95, 0.9, 0.9, 0.95, 1.0, 1.05, 1.1, 1.15)),
    Product("Drive D", 300, 0.10, _season(0.9, 0.8, 1.3, 1.0, 0.9, 0.9, 0.9, 0.95, 1.3, 1.05, 0.95, 1.05)),
)


def monthly_demand() -> DemoTable:
    """Six years of monthly demand with a known season and growth per product."""
    months = pd.date_range(FIRST_MONTH, periods=MONTHS, freq="MS")
    parts = []
    for index, product in enumerate(PRODUCTS):
        trend = product.level * (1 + product.growth) ** (np.arange(MONTHS) / 12)
        noise = stream("monthly_demand", index).lognormal(0, DEMAND_NOISE, MONTHS)
        quantity = np.round(trend * np.take(product.season, months.month.to_numpy() - 1) * noise).astype(int)
        parts.append(pd.DataFrame({"month": months, "product": product.name, "quantity": quantity}))
    return DemoTable(
        name="demo.monthly_demand",
        frame=pd.concat(parts, ignore_index=True),
        columns={
            "month": column("month, its first day", "月份（首日）"),
            "product": column("product", "产品"),
            "quantity": column("pieces ordered", "订货数量"),
        },
        description={
            "en": "Monthly demand of four products over six years",
            "zh": "四种产品六年的月度需求",
        },
        truth={
            "growth_per_year": {product.name: product.growth for product in PRODUCTS},
            "season_january_to_december": {product.name: list(product.season) for product in PRODUCTS},
            "noise": DEMAND_NOISE,
        },
    )


class Part(NamedTuple):
    """A bought part: who can deliver it, how fast, at what price, and how many go into each product."""

    name: str
    suppliers: tuple[str, ...]
    lead_time_d: int
    unit_cost: float
    per_product: tuple[int, int, int, int]


PARTS = (
    Part("Casting", ("S01", "S02"), 21, 46.0, (1, 1, 0, 0)),
    Part("Bearing 6205", ("S07",), 45, 12.5, (2, 2, 0, 2)),
    Part("Shaft", ("S02", "S03"), 14, 18.0, (1, 1, 0, 1)),
    Part("Seal", ("S04", "S05"), 10, 3.2, (2, 2, 3, 0)),
    Part("Motor", ("S06", "S08"), 30, 210.0, (1, 1, 0, 1)),
    Part("Valve body", ("S01", "S03"), 18, 25.0, (0, 0, 1, 0)),
    Part("Controller", ("S08", "S09"), 28, 95.0, (0, 1, 0, 1)),
    Part("Screw set", ("S04", "S05"), 5, 0.8, (1, 1, 1, 1)),
)
SINGLE_SOURCE, LATE_SUPPLIER, LATE_DAYS = "Bearing 6205", "S03", 9


def bom() -> DemoTable:
    """What goes into each product, and who delivers it; one critical part has a single supplier."""
    rows = [
        (product.name, part.name, quantity, supplier, part.lead_time_d, part.unit_cost)
        for part in PARTS
        for product, quantity in zip(PRODUCTS, part.per_product, strict=True)
        for supplier in part.suppliers
        if quantity
    ]
    names = ["product", "part", "quantity", "supplier", "lead_time_d", "unit_cost"]
    frame = pd.DataFrame(rows, columns=pd.Index(names))
    return DemoTable(
        name="demo.bom",
        frame=frame.sort_values(["product", "part", "supplier"], ignore_index=True),
        columns={
            "product": column("product", "产品"),
            "part": column("bought part", "外购件"),
            "quantity": column("parts per product", "单台用量"),
            "supplier": column("approved supplier", "合格供应商"),
            "lead_time_d": column("agreed lead time", "约定交期", "d"),
            "unit_cost": column("cost per part", "单价", "CNY"),
        },
        description={
            "en": "Bill of material: parts per product with every approved supplier",
            "zh": "物料清单：各产品的外购件及全部合格供应商",
        },
        truth={
            "single_source_part": SINGLE_SOURCE,
            "its_supplier": "S07",
            "its_lead_time_d": 45,
            "products_that_need_it": ["Drive D", "Pump A", "Pump B"],
        },
    )


def _orders(index: int, part: Part) -> pd.DataFrame:
    random = stream("purchases", index)
    count = 36
    days = np.sort(random.integers(0, 360, count))
    supplier = np.take(part.suppliers, random.integers(0, len(part.suppliers), count))
    late = random.normal(0.0, 1.5, count) + np.where(supplier == LATE_SUPPLIER, LATE_DAYS, 0)
    ordered = START.normalize() - pd.Timedelta(days=365) + pd.to_timedelta(days, unit="D")
    promised = ordered + pd.Timedelta(days=part.lead_time_d)
    frame: dict[str, Any] = {
        "order_date": ordered,
        "part": part.name,
        "supplier": supplier,
        "quantity": 50 * random.integers(1, 21, count),
        "unit_price": np.round(part.unit_cost * random.normal(1.0, 0.03, count), 2),
        "promised_date": promised,
        "received_date": promised + pd.to_timedelta(np.round(late), unit="D"),
    }
    return pd.DataFrame(frame)


def purchases() -> DemoTable:
    """A year of orders; one supplier delivers late."""
    orders = [_orders(index, part) for index, part in enumerate(PARTS)]
    return DemoTable(
        name="demo.purchases",
        frame=pd.concat(orders).sort_values(["order_date", "part"], ignore_index=True),
        columns={
            "order_date": column("ordered", "下单日期"),
            "part": column("bought part", "外购件"),
            "supplier": column("supplier", "供应商"),
            "quantity": column("parts ordered", "订购数量"),
            "unit_price": column("price per part", "单价", "CNY"),
            "promised_date": column("promised", "承诺日期"),
            "received_date": column("received", "到货日期"),
        },
        description={
            "en": "A year of purchase orders with promised and actual delivery",
            "zh": "一年的采购订单，含承诺与实际到货日期",
        },
        truth={
            "late_supplier": LATE_SUPPLIER,
            "mean_days_late": LATE_DAYS,
            "single_source_part": SINGLE_SOURCE,
        },
    )
