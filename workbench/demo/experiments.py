"""Experiments of the demo factory: the factors of a moulding process, and a finished optimisation."""

import numpy as np
import pandas as pd

from workbench.demo.table import DemoTable, column, stream
from workbench.methods.doe_sheet import sheet

# Strength in coded units: temperature and pressure have their best inside the levels, time does nothing.
STRENGTH = {"mean": 50.0, "temperature": 3.0, "pressure": 2.0, "both": 1.0, "noise": 0.3}
BEND = (-3.0, -2.5)
FACTORS = (("temperature", 200.0, 240.0, "°C"), ("pressure", 60.0, 100.0, "bar"), ("time", 10.0, 30.0, "s"))


def moulding_factors() -> DemoTable:
    """Three factors of injection moulding with the levels that are safe to run."""
    names, low, high, units = zip(*FACTORS, strict=True)
    return DemoTable(
        name="demo.moulding_factors",
        frame=pd.DataFrame({"factor": names, "low": low, "high": high, "unit": units}),
        columns={
            "factor": column("factor", "因子"),
            "low": column("low level", "低水平"),
            "high": column("high level", "高水平"),
            "unit": column("unit of the levels", "水平的单位"),
        },
        description={
            "en": "Injection moulding: factors of an experiment with their levels",
            "zh": "注塑：试验因子及其水平",
        },
        truth={"factors": len(FACTORS)},
    )


def moulding_results() -> DemoTable:
    """A central composite design of the factors, run and filled in."""
    given = moulding_factors().frame
    made = sheet(given, "ccd", seed=3)
    a, b, _ = made.design.coded[made.runs["std_order"].to_numpy() - 1].T
    bend_a, bend_b = BEND
    strength = STRENGTH["mean"] + STRENGTH["temperature"] * a + STRENGTH["pressure"] * b
    strength += STRENGTH["both"] * a * b + bend_a * a**2 + bend_b * b**2
    strength += stream("moulding_results", 0).normal(0.0, STRENGTH["noise"], len(a))
    runs = made.runs.drop(columns="result").assign(strength=np.round(strength, 2))
    best = np.linalg.solve(
        [[-2 * bend_a, -STRENGTH["both"]], [-STRENGTH["both"], -2 * bend_b]],
        [STRENGTH["temperature"], STRENGTH["pressure"]],
    )
    units = dict(zip(given["factor"], given["unit"], strict=True))
    return DemoTable(
        name="demo.moulding_results",
        frame=runs,
        columns={
            "run_order": column("order of the runs", "试验顺序"),
            "std_order": column("standard order", "标准序"),
            "block": column("block", "区组"),
            "point": column("kind of point", "点类型"),
            "temperature": column("melt temperature", "熔体温度", units["temperature"]),
            "pressure": column("holding pressure", "保压压力", units["pressure"]),
            "time": column("cooling time", "冷却时间", units["time"]),
            "strength": column("tensile strength", "拉伸强度", "MPa"),
        },
        description={
            "en": "Injection moulding: a central composite design, run and filled in",
            "zh": "注塑：已完成的中心复合试验",
        },
        truth={
            "inert": "time",
            "best_temperature": round(float(220 + 20 * best[0]), 1),
            "best_pressure": round(float(80 + 20 * best[1]), 1),
            "best_strength": round(
                float(STRENGTH["mean"] + best @ [STRENGTH["temperature"], STRENGTH["pressure"]] / 2), 2
            ),
            "noise": STRENGTH["noise"],
        },
    )
