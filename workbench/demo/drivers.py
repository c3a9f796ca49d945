"""A painting line of the demo factory: what made the gloss of each part differ, and what did not."""

import numpy as np
import pandas as pd

from workbench.demo.table import SHIFT_HOURS, SHIFTS, DemoTable, column, shift_starts, stream

BATCHES, SIZE = 60, 10
GLOSS = {
    "mean": 80.0,
    "oven_temperature": 3.0,
    "humidity": -1.5,
    "supplier_c": -4.0,
    "noise": 1.0,
    "batch": 0.4,
}
PRODUCT_OF = {"B1": "P-10", "B2": "P-20", "B3": "P-30"}  # each booth paints one product alone


def paint_gloss() -> DemoTable:
    """Batches of painted parts: oven, humidity and supplier move the gloss; booth and product go together."""
    random = stream("paint_gloss", 1)
    batch = np.repeat(np.arange(BATCHES), SIZE)
    n = batch.size
    oven = random.normal(160.0, 4.0, n)
    humidity = random.normal(50.0, 8.0, n)
    supplier = random.choice(["A", "B", "C"], BATCHES)[batch]
    booth = random.choice(list(PRODUCT_OF), BATCHES)[batch]
    bent = np.clip((oven - 160.0) / 4.0, -3.0, 1.0)  # above 164 °C nothing more is gained
    gloss = GLOSS["mean"] + GLOSS["oven_temperature"] * bent
    gloss += GLOSS["humidity"] * (humidity - 50.0) / 8.0
    gloss += np.where(supplier == "C", GLOSS["supplier_c"], 0.0)
    gloss += random.normal(0.0, GLOSS["batch"], BATCHES)[batch] + random.normal(0.0, GLOSS["noise"], n)
    starts = shift_starts(SHIFTS - BATCHES, BATCHES).repeat(SIZE)
    minutes = np.tile(np.arange(SIZE) * (60 * SHIFT_HOURS // SIZE), BATCHES)
    frame = pd.DataFrame(
        {
            "ts": starts + pd.to_timedelta(minutes, unit="min"),
            "batch": [f"L{number + 1:03d}" for number in batch],
            "part": np.arange(1, n + 1),
            "oven_temperature": np.round(oven, 1),
            "humidity": np.round(humidity, 1),
            "supplier": supplier,
            "booth": booth,
            "product": [PRODUCT_OF[name] for name in booth],
            "viscosity": np.round(random.normal(22.0, 1.0, n), 2),
            "line_speed": np.round(random.normal(3.0, 0.2, n), 2),
            "air_pressure": np.round(random.normal(4.5, 0.1, n), 3),
            "gloss": np.round(gloss, 2),
        }
    )
    return DemoTable(
        name="demo.paint_gloss",
        frame=frame,
        columns={
            "ts": column("time", "时间"),
            "batch": column("batch of paint", "油漆批次"),
            "part": column("running number", "流水号"),
            "oven_temperature": column("oven temperature", "烘箱温度", "°C"),
            "humidity": column("humidity", "湿度", "%"),
            "supplier": column("supplier of the paint", "油漆供应商"),
            "booth": column("painting booth", "喷漆房"),
            "product": column("product, each in one booth", "产品，各在一个喷漆房"),
            "viscosity": column("viscosity", "黏度", "s"),
            "line_speed": column("line speed", "线速", "m/min"),
            "air_pressure": column("air pressure", "气压", "bar"),
            "gloss": column("gloss at 60°", "60° 光泽度"),
        },
        description={
            "en": "Gloss of painted parts and how each was made: 60 batches of ten",
            "zh": "喷漆件光泽度及其生产条件：60 批，每批十件",
        },
        truth={
            "drivers": ["oven_temperature", "supplier", "humidity"],
            "inert": ["booth", "product", "viscosity", "line_speed", "air_pressure"],
            "aliased": ["booth", "product"],
            "noise": GLOSS["noise"],
        },
    )
