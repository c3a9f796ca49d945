"""Inspected work of the demo factory: defectives per shift and per lot, housings, caps by mould cavity."""

import numpy as np
import pandas as pd

from workbench.demo.table import SHIFTS, DemoTable, column, shift_starts, stream

INSPECTED_SHIFTS, WORSE_FROM, DEFECTIVE, DEFECTIVE_AFTER = 60, 41, 0.02, 0.05
LOTS, LOT_DEFECTIVE, BETWEEN_LOTS = 40, 0.02, 0.005
HOUSINGS, BROKEN_FROM = 60, 51
HOUSING_MEAN = {"width": 60.0, "height": 40.0, "bore": 25.0, "depth": 12.0}
HOUSING_SIGMA, WIDTH_HEIGHT = 0.02, 0.95
CAVITIES, CAPS, CAP_WEIGHT, CAP_SIGMA = 4, 25, 5.20, 0.03
HEAVY_CAVITY, HEAVIER_BY = "C3", 0.06


def inspections() -> DemoTable:
    """Final inspection of one line, whose share of defectives rises near the end."""
    random = stream("inspections", 5)
    size = random.integers(180, 261, INSPECTED_SHIFTS)
    number = np.arange(1, INSPECTED_SHIFTS + 1)
    rate = np.where(number >= WORSE_FROM, DEFECTIVE_AFTER, DEFECTIVE)
    return DemoTable(
        name="demo.inspections",
        frame=pd.DataFrame(
            {
                "ts": shift_starts(SHIFTS - INSPECTED_SHIFTS, INSPECTED_SHIFTS),
                "line": "L2",
                "inspected": size,
                "defective": random.binomial(size, rate),
            }
        ),
        columns={
            "ts": column("start of the shift", "班次开始"),
            "line": column("line", "产线"),
            "inspected": column("items inspected", "检验数"),
            "defective": column("defective items", "不合格品数"),
        },
        description={
            "en": "Final inspection of line L2: inspected and defective items in 60 shifts",
            "zh": "产线 L2 的最终检验：60 个班次的检验数与不合格品数",
        },
        truth={
            "stable": False,
            "worse_from_point": WORSE_FROM,
            "share_before": DEFECTIVE,
            "share_after": DEFECTIVE_AFTER,
        },
    )


def lot_inspections() -> DemoTable:
    """Large lots whose share of defectives differs from lot to lot: stable, yet wider than chance."""
    random = stream("lot_inspections", 2)
    size = random.integers(4600, 5401, LOTS)
    share = (LOT_DEFECTIVE + BETWEEN_LOTS * random.normal(size=LOTS)).clip(0.002)
    return DemoTable(
        name="demo.lot_inspections",
        frame=pd.DataFrame(
            {
                "lot": [f"A{number:03d}" for number in range(1, LOTS + 1)],
                "inspected": size,
                "defective": random.binomial(size, share),
            }
        ),
        columns={
            "lot": column("lot", "批次"),
            "inspected": column("items inspected", "检验数"),
            "defective": column("defective items", "不合格品数"),
        },
        description={
            "en": "Incoming inspection of 40 large lots that differ from lot to lot",
            "zh": "40 个大批量来料的检验结果，批间存在差异",
        },
        truth={
            "stable": True,
            "share": LOT_DEFECTIVE,
            "standard_deviation_between_lots": BETWEEN_LOTS,
            "overdispersed": True,
        },
    )


def housings() -> DemoTable:
    """Four dimensions; at the end two of them no longer go together, though each keeps its own limits."""
    random = stream("housings", 4)
    z = random.normal(size=(HOUSINGS, 4)).clip(-2.2, 2.2)
    z[:, 1] = WIDTH_HEIGHT * z[:, 0] + np.sqrt(1 - WIDTH_HEIGHT**2) * z[:, 1]
    broken = np.arange(HOUSINGS) >= BROKEN_FROM - 1
    z[broken, 0] = np.linspace(1.5, 2.1, broken.sum())
    z[broken, 1] = -z[broken, 0]
    values = np.round(np.array(list(HOUSING_MEAN.values())) + HOUSING_SIGMA * z, 4)
    frame = pd.DataFrame(values, columns=list(HOUSING_MEAN))
    frame.insert(0, "part", np.arange(1, HOUSINGS + 1))
    frame["reference"] = frame["part"] < BROKEN_FROM
    return DemoTable(
        name="demo.housings",
        frame=frame,
        columns={
            "part": column("part", "零件号"),
            "width": column("width", "宽度", "mm"),
            "height": column("height", "高度", "mm"),
            "bore": column("bore diameter", "孔径", "mm"),
            "depth": column("depth", "深度", "mm"),
            "reference": column("part of the reference run", "属于基准生产"),
        },
        description={
            "en": "Four dimensions of 60 housings; the first 50 are the reference run",
            "zh": "60 个壳体的四个尺寸，前 50 个为基准生产",
        },
        truth={
            "stable": False,
            "broken_from_part": BROKEN_FROM,
            "variables": ["width", "height"],
            "correlation_width_height": WIDTH_HEIGHT,
            "each_alone_within_three_sigma": True,
        },
    )


def cavity_weight() -> DemoTable:
    """Caps from four cavities of one mould, one of which is heavier; the spread is the same in all."""
    random = stream("cavity_weight", 3)
    cavity = np.tile([f"C{number}" for number in range(1, CAVITIES + 1)], CAPS)
    noise = random.normal(size=(CAPS, CAVITIES))
    noise = (noise - noise.mean(axis=0)) / noise.std(axis=0, ddof=1)
    weight = CAP_WEIGHT + CAP_SIGMA * noise.ravel() + np.where(cavity == HEAVY_CAVITY, HEAVIER_BY, 0.0)
    shot = np.repeat(np.arange(1, CAPS + 1), CAVITIES)
    return DemoTable(
        name="demo.cavity_weight",
        frame=pd.DataFrame({"shot": shot, "cavity": cavity, "weight": np.round(weight, 4)}),
        columns={
            "shot": column("shot", "模次"),
            "cavity": column("cavity of the mould", "模穴"),
            "weight": column("weight of the cap", "瓶盖重量", "g"),
        },
        description={
            "en": "Weight of caps from the four cavities of one mould, 25 shots",
            "zh": "同一模具四个模穴的瓶盖重量，25 模次",
        },
        truth={
            "sigma": CAP_SIGMA,
            "different_cavity": HEAVY_CAVITY,
            "heavier_by": HEAVIER_BY,
            "equal_spread": True,
        },
    )
