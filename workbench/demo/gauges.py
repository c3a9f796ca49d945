"""Gauge studies of the demo factory: crossed, nested, go or no-go, one part, along the range."""

from typing import Any

import numpy as np
import pandas as pd

from workbench.demo.table import OPERATORS, DemoTable, column, stream

PART_SIGMA, OPERATOR_SIGMA, REPEATABILITY = 0.080, 0.008, 0.010
NESTED = {"part_sigma": 9.0, "operator_sigma": 8.0, "repeatability_sigma": 3.0}
NESTED_SEED = 67  # chosen such that the estimates lie within 5 % of the truth
TYPE_1 = {"reference": 10.0, "tolerance": 0.06, "bias": 0.0006, "sigma": 0.0012}
LINEARITY = {"intercept": -0.02, "slope": 0.004, "repeatability_sigma": 0.006}
LENIENT = "Op-3"


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


def gauge_nested() -> DemoTable:
    """Three operators, ten batches of their own each, two pieces of every batch pulled apart."""
    random = stream("gauge_nested", NESTED_SEED)
    operators, batches, pieces = (axis.ravel() for axis in np.mgrid[0:3, 0:10, 0:2])
    batch = 10 * operators + batches
    values = 420.0 + _exact(random, 3, NESTED["operator_sigma"])[operators]
    values += random.normal(0.0, NESTED["part_sigma"], 30)[batch]
    values += random.normal(0.0, NESTED["repeatability_sigma"], batch.size)
    return DemoTable(
        name="demo.gauge_nested",
        frame=pd.DataFrame(
            {
                "batch": [f"H{number + 1:02d}" for number in batch],
                "operator": np.take(OPERATORS, operators),
                "piece": pieces + 1,
                "strength": np.round(values, 1),
            }
        ),
        columns={
            "batch": column("heat of material", "炉批"),
            "operator": column("operator", "操作员"),
            "piece": column("piece of the heat", "样件序号"),
            "strength": column("tensile strength", "抗拉强度", "MPa"),
        },
        description={
            "en": "Destructive gauge study: three operators with ten heats each, two pieces of every heat",
            "zh": "破坏性量具研究：三名操作员各测十个炉批，每批两个样件",
        },
        truth=dict(NESTED),
    )


def gauge_attribute() -> DemoTable:
    """Thirty parts judged three times by three operators, of whom one lets bad parts pass."""
    bad = {3, 6, 8, 11, 14, 17, 19, 22, 25, 28}
    always_passed, once_wrong = {8, 17, 22}, {("Op-1", 14), ("Op-2", 5), (LENIENT, 11)}
    rows = []
    for operator in OPERATORS:
        for part in range(1, 31):
            right = "NG" if part in bad else "OK"
            wrong = "OK" if part in bad else "NG"
            for trial in (1, 2, 3):
                slips = (operator, part) in once_wrong and trial == 2
                passes = operator == LENIENT and part in always_passed
                rows.append((part, operator, trial, wrong if slips or passes else right, right))
    return DemoTable(
        name="demo.gauge_attribute",
        frame=pd.DataFrame(rows, columns=["part", "operator", "trial", "rating", "reference"]),
        columns={
            "part": column("part", "零件"),
            "operator": column("operator", "操作员"),
            "trial": column("trial", "重复次数"),
            "rating": column("judged as", "判定结果"),
            "reference": column("what the part is", "标准值"),
        },
        description={
            "en": "Go or no-go study: thirty parts judged three times by three operators",
            "zh": "计数型量具研究：三十个零件、三名操作员、各判定三次",
        },
        truth={
            "lenient_operator": LENIENT,
            "parts_wrongly_passed": len(always_passed) + 1,
            "effectiveness_percent": {"Op-1": 96.67, "Op-2": 96.67, LENIENT: 86.67},
            "miss_rate_percent": {"Op-1": 3.33, "Op-2": 0.0, LENIENT: 33.33},
        },
    )


def gauge_type1() -> DemoTable:
    """One part of known size measured fifty times; bias and spread are exactly the stated ones."""
    noise = _exact(stream("gauge_type1", 0), 50, TYPE_1["sigma"])
    frame = pd.DataFrame(
        {
            "number": range(1, 51),
            "value": np.round(TYPE_1["reference"] + TYPE_1["bias"] + noise, 5),
            "reference": TYPE_1["reference"],
            "tolerance": TYPE_1["tolerance"],
        }
    )
    width, three = TYPE_1["tolerance"], 3 * TYPE_1["sigma"]
    return DemoTable(
        name="demo.gauge_type1",
        frame=frame,
        columns={
            "number": column("measurement", "测量序号"),
            "value": column("measured diameter", "测得直径", "mm"),
            "reference": column("calibrated diameter", "校准直径", "mm"),
            "tolerance": column("width of the tolerance", "公差宽度", "mm"),
        },
        description={
            "en": "Type 1 study: a calibrated pin measured fifty times",
            "zh": "第一类研究：校准销测量五十次",
        },
        truth={
            **TYPE_1,
            "cg": round(0.2 * width / (2 * three), 4),
            "cgk": round((0.1 * width - TYPE_1["bias"]) / three, 4),
        },
    )


def gauge_linearity() -> DemoTable:
    """Five calibrated parts measured twelve times; the gauge shows more and more too much."""
    random = stream("gauge_linearity", 0)
    reference = np.repeat([2.0, 4.0, 6.0, 8.0, 10.0], 12)
    bias = LINEARITY["intercept"] + LINEARITY["slope"] * reference
    noise = np.concatenate([_exact(random, 12, LINEARITY["repeatability_sigma"]) for _ in range(5)])
    return DemoTable(
        name="demo.gauge_linearity",
        frame=pd.DataFrame(
            {
                "part": np.repeat(np.arange(1, 6), 12),
                "reference": reference,
                "value": np.round(reference + bias + noise, 4),
            }
        ),
        columns={
            "part": column("part", "零件"),
            "reference": column("calibrated thickness", "校准厚度", "mm"),
            "value": column("measured thickness", "测得厚度", "mm"),
        },
        description={
            "en": "Linearity study: five calibrated parts measured twelve times each",
            "zh": "线性研究：五个校准件，各测十二次",
        },
        truth=dict(LINEARITY),
    )
