"""Measured characteristics of the demo factory: bores and shafts.

The bores of all machines are one table; ``bore_diameter`` and ``bore_diameter_wear`` are the rows of one
machine each, so that a single control chart is right about the whole table.
"""

from typing import Any

import numpy as np
import pandas as pd

from workbench.demo.table import (
    LINE_OF,
    MACHINES,
    OPERATORS,
    SHIFTS,
    Column,
    DemoTable,
    column,
    shift_starts,
    stream,
)

SUBGROUPS, SIZE = 40, 5
BORE_NOMINAL, BORE_SIGMA, BORE_TOLERANCE = 25.0, 0.004, 0.020
SHIFTED, SHIFT_FROM, SHIFT_BY = "M04", 34, 0.008
WORN, WEAR_PER_SUBGROUP = "M07", 0.0004
# Chosen so that no run rule fires by chance: a demonstration must not need an excuse.
BORE_SEEDS = dict(zip(MACHINES, (2, 1, 6, 30, 5, 4, 12, 6, 1, 3, 1, 1), strict=True))

SHAFT = {"lsl": 11.97, "usl": 12.03, "target": 12.0, "mean": 12.003, "sigma": 0.006}

BORE_COLUMNS: dict[str, Column] = {
    "ts": column("time of measurement", "测量时间"),
    "line": column("line", "产线"),
    "machine": column("machine", "设备"),
    "subgroup": column("subgroup: five parts in a row, once per shift", "子组：每班连续五件"),
    "diameter": column("bore diameter", "孔径", "mm"),
    "operator": column("crew", "班组"),
    "batch": column("material batch", "材料批次"),
}


def _planted(machine: str, subgroup: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return how far the mean of each subgroup lies from nominal."""
    if machine == SHIFTED:
        return np.where(subgroup >= SHIFT_FROM, SHIFT_BY, 0.0)
    if machine == WORN:
        return WEAR_PER_SUBGROUP * (subgroup - (SUBGROUPS + 1) / 2)
    return np.zeros(subgroup.size)


def _bores(machine: str) -> pd.DataFrame:
    random = stream("bore_diameter", MACHINES.index(machine), BORE_SEEDS[machine])
    subgroup = np.repeat(np.arange(1, SUBGROUPS + 1), SIZE)
    first = SHIFTS - SUBGROUPS
    starts = shift_starts(first, SUBGROUPS).repeat(SIZE)
    minutes = np.tile(120 + 2 * np.arange(SIZE), SUBGROUPS)
    noise = random.normal(0.0, BORE_SIGMA, subgroup.size)
    return pd.DataFrame(
        {
            "ts": starts + pd.to_timedelta(minutes, unit="min"),
            "line": LINE_OF[machine],
            "machine": machine,
            "subgroup": subgroup,
            "diameter": np.round(BORE_NOMINAL + _planted(machine, subgroup) + noise, 4),
            "operator": np.take(OPERATORS, (first + subgroup - 1) % 3),
            "batch": [f"B{number:03d}" for number in 1 + (subgroup - 1) // 6],
        }
    )


def _bore_truth(**planted: Any) -> dict[str, Any]:
    lower, upper = BORE_NOMINAL - BORE_TOLERANCE, BORE_NOMINAL + BORE_TOLERANCE
    return {"nominal": BORE_NOMINAL, "sigma": BORE_SIGMA, "lsl": lower, "usl": upper, **planted}


def bore_diameter() -> DemoTable:
    """One machine whose mean jumps by two standard deviations near the end."""
    return DemoTable(
        name="demo.bore_diameter",
        frame=_bores(SHIFTED),
        columns=BORE_COLUMNS,
        description={
            "en": f"Bore diameter of machine {SHIFTED}: 40 subgroups of five, one per shift",
            "zh": f"设备 {SHIFTED} 的孔径：40 个子组，每班一组，每组五件",
        },
        truth=_bore_truth(stable=False, shift_from_subgroup=SHIFT_FROM, shift=SHIFT_BY),
    )


def bore_diameter_wear() -> DemoTable:
    """One machine whose tool wears: the mean climbs by the same amount every subgroup."""
    return DemoTable(
        name="demo.bore_diameter_wear",
        frame=_bores(WORN),
        columns=BORE_COLUMNS,
        description={
            "en": f"Bore diameter of machine {WORN}, whose tool wears: 40 subgroups of five",
            "zh": f"设备 {WORN} 的孔径，刀具逐渐磨损：40 个子组，每组五件",
        },
        truth=_bore_truth(stable=False, drift_per_subgroup=WEAR_PER_SUBGROUP),
    )


def bore_diameter_all() -> DemoTable:
    """All machines, of which one shifts, one drifts and ten are stable."""
    return DemoTable(
        name="demo.bore_diameter_all",
        frame=pd.concat([_bores(machine) for machine in MACHINES], ignore_index=True),
        columns=BORE_COLUMNS,
        description={
            "en": "Bore diameter of all twelve machines over the same 40 shifts",
            "zh": "全部十二台设备在同一 40 个班次内的孔径",
        },
        truth=_bore_truth(
            shifted_machine=SHIFTED,
            shift_from_subgroup=SHIFT_FROM,
            shift=SHIFT_BY,
            worn_machine=WORN,
            drift_per_subgroup=WEAR_PER_SUBGROUP,
        ),
    )


def shaft_diameter() -> DemoTable:
    """A stable, capable process whose overall mean and standard deviation are exactly the stated ones."""
    count = 30 * SIZE
    noise = stream("shaft_diameter", 1).normal(size=count)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    subgroup = np.repeat(np.arange(1, 31), SIZE)
    minutes = np.tile(60 + 3 * np.arange(SIZE), 30)
    frame = pd.DataFrame(
        {
            "ts": shift_starts(SHIFTS - 30, 30).repeat(SIZE) + pd.to_timedelta(minutes, unit="min"),
            "machine": "M02",
            "subgroup": subgroup,
            "diameter": np.round(SHAFT["mean"] + SHAFT["sigma"] * noise, 4),
        }
    )
    width, nearer = SHAFT["usl"] - SHAFT["lsl"], SHAFT["usl"] - SHAFT["mean"]
    return DemoTable(
        name="demo.shaft_diameter",
        frame=frame,
        columns={
            "ts": BORE_COLUMNS["ts"],
            "machine": BORE_COLUMNS["machine"],
            "subgroup": BORE_COLUMNS["subgroup"],
            "diameter": column("shaft diameter", "轴径", "mm"),
        },
        description={
            "en": "Shaft diameter of machine M02, stable and capable: 30 subgroups of five",
            "zh": "设备 M02 的轴径，过程稳定且能力充足：30 个子组，每组五件",
        },
        truth={
            **SHAFT,
            "stable": True,
            "pp": round(width / (6 * SHAFT["sigma"]), 4),
            "ppk": round(nearer / (3 * SHAFT["sigma"]), 4),
        },
    )
