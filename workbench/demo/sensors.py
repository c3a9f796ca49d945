"""One week of a sensor log with every defect that a data-health check must find, and nothing else."""

from typing import Any

import numpy as np
import pandas as pd

from workbench.demo.table import START, DemoTable, column, stream

INTERVAL_S, READINGS = 60, 7 * 24 * 60
FIRST = START.normalize() + pd.Timedelta(days=83)
PSI_PER_KPA = 1 / 6.894757
FILL_VALUE = -999.0
TAGS = ("TI-101", "PI-201", "FI-301", "VI-401", "LI-501")
# (first reading, readings) within the tag's week
GAPS = {"TI-101": ((1500, 45), (7000, 12)), "VI-401": ((4000, 240),)}
FLATLINES = {"FI-301": ((2000, 60), (8200, 120))}
UNIT_MIXES = {"PI-201": ((3000, 180), (6500, 90))}
SPIKES = {"TI-101": (300, 2500, 4100, 5200, 8000, 9500), "VI-401": (1000, 3300, 6100, 9000)}
FILLED = {"LI-501": ((1200, 4), (5000, 4), (9300, 4))}
MISSING = {"FI-301": tuple(range(4000, 6000, 50))}
DUPLICATES = {"VI-401": tuple(range(5000, 5500, 20))}


def _slow(random: np.random.Generator, sigma: float) -> np.ndarray[Any, Any]:
    """Return a process that wanders around zero within about two ``sigma`` per day."""
    hours = np.arange(READINGS) / 60
    phase = random.uniform(0, 2 * np.pi, 2)
    daily, weekly = np.sin(2 * np.pi * hours / 24 + phase[0]), np.sin(2 * np.pi * hours / 168 + phase[1])
    wander: np.ndarray[Any, Any] = sigma * (daily + 0.5 * weekly)
    return wander


def _clean(tag: str) -> np.ndarray[Any, Any]:
    random = stream("sensor_log", TAGS.index(tag))
    level, wander, noise = {
        "TI-101": (65.0, 3.0, 0.2),
        "PI-201": (620.0, 12.0, 2.0),
        "FI-301": (48.0, 3.0, 0.3),
        "VI-401": (2.0, 0.2, 0.05),
        "LI-501": (55.0, 10.0, 0.4),
    }[tag]
    return level + _slow(random, wander) + random.normal(0, noise, READINGS)


def _spoilt(tag: str) -> pd.DataFrame:
    values = _clean(tag)
    for at in SPIKES.get(tag, ()):
        values[at] *= 1.4 if tag == "TI-101" else 2.5
    for at, length in UNIT_MIXES.get(tag, ()):
        values[at : at + length] *= PSI_PER_KPA
    values = np.round(values, 3)
    for at, length in FLATLINES.get(tag, ()):
        values[at : at + length] = values[at]
    for at, length in FILLED.get(tag, ()):
        values[at : at + length] = FILL_VALUE
    values[list(MISSING.get(tag, ()))] = np.nan
    frame = pd.DataFrame({"ts": pd.date_range(FIRST, periods=READINGS, freq=f"{INTERVAL_S}s")})
    frame = frame.assign(tag=tag, value=values)
    keep = np.ones(READINGS, dtype=bool)
    for at, length in GAPS.get(tag, ()):
        keep[at : at + length] = False
    again = frame.iloc[list(DUPLICATES.get(tag, ()))]
    return pd.concat([frame[keep], again]).sort_values("ts", kind="stable")


def _count(planted: dict[str, tuple[Any, ...]]) -> int:
    return sum(len(places) for places in planted.values())


def sensor_log() -> DemoTable:
    """Five tags at one reading per minute, in the order the readings arrived."""
    frame = pd.concat([_spoilt(tag) for tag in TAGS])
    in_gaps = sum(length for gaps in GAPS.values() for _, length in gaps)
    expected = len(TAGS) * READINGS
    missing, duplicates = _count(MISSING), _count(DUPLICATES)
    return DemoTable(
        name="demo.sensor_log",
        frame=frame.sort_values("ts", kind="stable", ignore_index=True),
        columns={
            "ts": column("time of the reading", "读数时间"),
            "tag": column("tag", "位号"),
            "value": column("reading, in the unit of its tag", "读数，单位随位号"),
        },
        description={
            "en": "One week of five sensors, one reading per minute, with planted defects",
            "zh": "五个传感器一周的数据，每分钟一个读数，内含预设缺陷",
        },
        truth={
            "interval_s": INTERVAL_S,
            "rows": expected - in_gaps + duplicates,
            "gaps": _count(GAPS),
            "readings_in_gaps": in_gaps,
            "missing_values": missing,
            "duplicates": duplicates,
            "flatlines": _count(FLATLINES),
            "spikes": _count(SPIKES),
            "fill_values": sum(length for blocks in FILLED.values() for _, length in blocks),
            "unit_mixes": _count(UNIT_MIXES),
            "unit_mix": "PI-201: psi among kPa, ratio 6.895",
            "completeness_percent": round(100 * (expected - in_gaps - missing) / expected, 4),
        },
    )
