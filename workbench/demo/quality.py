"""Measured characteristics of the demo factory: bores, shafts, and a gauge study.

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
PART_SIGMA, OPERATOR_SIGMA, REPEATABILITY = 0.080, 0.008, 0.010

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


def _exact(random: np.random.Generator, count: int, sigma: float) -> np.ndarray[Any, Any]:
    """Return random effects whose mean is 0 and whose standard deviation is exactly ``sigma``."""
    effects = random.normal(size=count)
    scaled: np.ndarray[Any, Any] = sigma * (effects - effects.mean()) / effects.std(ddof=1)
    return scaled


def gauge_study() -> DemoTable:
    """Ten parts, three operators, three trials, with known parts of variance and no interaction."""
    random = stream("gauge_study", 0)
    parts, operators, trials = (axis.ravel() for axis in np.mgrid[0:10, 0:3, 0:3])
    values = 4.0 + _exact(random, 10, PART_SIGMA)[parts] + _exact(random, 3, OPERATOR_SIGMA)[operators]
    values += random.normal(0.0, REPEATABILITY, parts.size)
    gauge = float(np.hypot(OPERATOR_SIGMA, REPEATABILITY))
    return DemoTable(
        name="demo.gauge_study",
        frame=pd.DataFrame(
            {
                "part": parts + 1,
                "operator": np.take(OPERATORS, operators),
                "trial": trials + 1,
                "value": np.round(values, 4),
            }
        ),
        columns={
            "part": column("part", "零件"),
            "operator": column("operator", "操作员"),
            "trial": column("trial", "重复次数"),
            "value": column("thickness", "厚度", "mm"),
        },
        description={
            "en": "Gauge study: ten parts measured three times by three operators",
            "zh": "测量系统研究：十个零件、三名操作员、各测三次",
        },
        truth={
            "part_sigma": PART_SIGMA,
            "operator_sigma": OPERATOR_SIGMA,
            "repeatability_sigma": REPEATABILITY,
            "grr_percent": round(100 * gauge / float(np.hypot(gauge, PART_SIGMA)), 2),
        },
    )
