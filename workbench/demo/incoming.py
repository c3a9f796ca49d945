"""Incoming inspection of the demo factory: one supplier's lots, good, then bad, then good for long."""

import pandas as pd

from workbench.demo.table import START, DemoTable, column

LOT_SIZE, NORMAL_SIZE, REDUCED_SIZE = 2000, 125, 50  # level II, AQL 1.0: letter K
# Under normal and tightened inspection n = 125 with Ac 3 and 2; under reduced inspection n = 50 with Ac 2.
NONCONFORMING = (1, 0, 2, 1, 2, 5, 2, 4, 1, 0, 2, 1, 1, 2, 0, 1, 2, 1, 0, 1, 2, 0, 1, 1, 0, 1)
FIRST_REDUCED = 24


def incoming_lots() -> DemoTable:
    """Twenty-six lots that lead from normal to tightened, back, and to reduced inspection."""
    numbers = range(1, len(NONCONFORMING) + 1)
    sizes = [NORMAL_SIZE if number < FIRST_REDUCED else REDUCED_SIZE for number in numbers]
    return DemoTable(
        name="demo.incoming_lots",
        frame=pd.DataFrame(
            {
                "ts": pd.date_range(START, periods=len(sizes), freq="3D"),
                "lot": [f"R{number:03d}" for number in numbers],
                "lot_size": LOT_SIZE,
                "sample_size": sizes,
                "nonconforming": NONCONFORMING,
            }
        ),
        columns={
            "ts": column("day of inspection", "检验日期"),
            "lot": column("lot of castings", "铸件批号"),
            "lot_size": column("castings in the lot", "批量"),
            "sample_size": column("castings inspected", "抽样数"),
            "nonconforming": column("nonconforming castings in the sample", "样本不合格品数"),
        },
        description={
            "en": "Incoming inspection: lots of one supplier, level II, AQL 1.0",
            "zh": "来料检验：一个供方的送检批，检验水平 II，AQL 1.0",
        },
        truth={
            "tightened_from_lot": "R009",
            "normal_from_lot": "R014",
            "reduced_from_lot": "R024",
            "not_accepted": ["R006", "R008"],
        },
    )
