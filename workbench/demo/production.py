"""Stops and piece counts of the demo factory; the counts follow from the stops.

Stops never overlap on one machine and never cross the end of a shift, so every minute belongs to one shift.
"""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from workbench.demo.table import (
    DAYS,
    LINE_OF,
    MACHINES,
    SHIFT_HOURS,
    SHIFTS,
    DemoTable,
    column,
    shift_starts,
    stream,
)

PLANNED_MIN = SHIFT_HOURS * 60
IDEAL_CYCLE_S = 30.0
PERFORMANCE, SCRAP, REWORK = 0.92, 0.02, 0.01
SCRAP_MACHINE, SCRAP_RATE = "M06", 0.08
RISING_MACHINE, RISING_REASON, RISING_DAY, RISING_RATIO = "M09", "Hydraulic leak", 60, 5.0


class Reason(NamedTuple):
    """How often a machine stops for a reason, and for how long."""

    name: str
    category: str
    per_shift: float
    minutes: float


REASONS = (
    Reason("Tool change", "planned", 0.30, 32.0),
    Reason("Changeover", "planned", 0.10, 35.0),
    Reason("Material missing", "unplanned", 0.15, 18.0),
    Reason("Sensor fault", "unplanned", 0.20, 6.0),
    Reason("Jam", "unplanned", 0.35, 5.0),
    Reason(RISING_REASON, "unplanned", 0.08, 30.0),
)


def _rates(machine: str) -> np.ndarray[Any, Any]:
    """Return the stops per shift to expect, one row per shift and one column per reason."""
    rates = np.tile([reason.per_shift for reason in REASONS], (SHIFTS, 1))
    if machine == RISING_MACHINE:
        rising = [reason.name for reason in REASONS].index(RISING_REASON)
        rates[RISING_DAY * SHIFTS // DAYS :, rising] *= RISING_RATIO
    return rates


def _stops(machine: str) -> pd.DataFrame:
    random = stream("downtime_events", MACHINES.index(machine))
    counts = random.poisson(_rates(machine))
    shift, reason = (axis.repeat(counts.ravel()) for axis in np.indices(counts.shape).reshape(2, -1))
    order = np.lexsort((random.random(shift.size), shift))
    shift, reason = shift[order], reason[order]
    minutes = random.lognormal(np.log([item.minutes for item in REASONS])[reason] - 0.125, 0.5).clip(1, 240)
    frame = pd.DataFrame({"shift": shift, "reason": reason, "minutes": np.round(minutes)})
    by_shift = frame.groupby("shift")["minutes"]
    # A shift with more stops than time is squeezed rather than overlapped.
    frame["minutes"] = np.floor(frame["minutes"] * np.minimum(1.0, 400 / by_shift.transform("sum"))).clip(1)
    before = by_shift.cumsum() - frame["minutes"]
    running = PLANNED_MIN - by_shift.transform("sum")
    place = random.random(shift.size)
    frame["place"] = np.sort(shift + place) - shift  # in order within each shift
    frame["start"] = np.floor(before + frame["place"] * running)
    return frame


def downtime_events() -> DemoTable:
    """Every stop of every machine, with one reason rising on one machine."""
    names, kinds = [item.name for item in REASONS], [item.category for item in REASONS]
    parts = []
    for machine in MACHINES:
        stops = _stops(machine)
        start = shift_starts(0, SHIFTS)[stops["shift"]] + pd.to_timedelta(stops["start"], unit="min")
        end = start + pd.to_timedelta(stops["minutes"], unit="min")
        part = pd.DataFrame({"ts_start": start, "ts_end": end})
        part = part.assign(line=LINE_OF[machine], machine=machine)
        part["reason"] = np.take(names, stops["reason"])
        part["category"] = np.take(kinds, stops["reason"])
        parts.append(part)
    return DemoTable(
        name="demo.downtime_events",
        frame=pd.concat(parts).sort_values(["ts_start", "machine"], ignore_index=True),
        columns={
            "ts_start": column("start of the stop", "停机开始"),
            "ts_end": column("end of the stop", "停机结束"),
            "line": column("line", "产线"),
            "machine": column("machine", "设备"),
            "reason": column("reason", "原因"),
            "category": column("planned or unplanned", "计划内或计划外"),
        },
        description={
            "en": "Stops of all twelve machines over 90 days, with reason and category",
            "zh": "十二台设备 90 天的停机记录，含原因和类别",
        },
        truth={
            "top_reason_by_minutes": "Tool change",
            "rising_machine": RISING_MACHINE,
            "rising_reason": RISING_REASON,
            "rising_from": str(shift_starts(RISING_DAY * SHIFTS // DAYS, 1)[0]),
            "rate_ratio": RISING_RATIO,
            "overlapping_stops": 0,
        },
    )


def _counts(machine: str) -> pd.DataFrame:
    random = stream("production_counts", MACHINES.index(machine))
    minutes = _stops(machine).groupby("shift")["minutes"].sum()
    stopped = minutes.reindex(range(SHIFTS), fill_value=0.0).to_numpy()
    speed = random.normal(PERFORMANCE, 0.01, SHIFTS)
    total = np.floor((PLANNED_MIN - stopped) * 60 / IDEAL_CYCLE_S * speed).astype(int)
    scrap = random.binomial(total, SCRAP_RATE if machine == SCRAP_MACHINE else SCRAP)
    rework = random.binomial(total - scrap, REWORK)
    return pd.DataFrame(
        {
            "ts": shift_starts(0, SHIFTS),
            "line": LINE_OF[machine],
            "machine": machine,
            "planned_min": float(PLANNED_MIN),
            "ideal_cycle_s": IDEAL_CYCLE_S,
            "total_pcs": total,
            "good_pcs": total - scrap - rework,
            "rework_pcs": rework,
        }
    )


def production_counts() -> DemoTable:
    """Pieces per machine and shift, made in the time the stops leave."""
    return DemoTable(
        name="demo.production_counts",
        frame=pd.concat([_counts(machine) for machine in MACHINES], ignore_index=True),
        columns={
            "ts": column("start of the shift", "班次开始"),
            "line": column("line", "产线"),
            "machine": column("machine", "设备"),
            "planned_min": column("planned time", "计划时间", "min"),
            "ideal_cycle_s": column("ideal cycle time", "理想节拍", "s"),
            "total_pcs": column("pieces made", "总产量"),
            "good_pcs": column("pieces right first time", "一次合格数"),
            "rework_pcs": column("pieces reworked", "返工数"),
        },
        description={
            "en": "Pieces made, good and reworked, per machine and shift over 90 days",
            "zh": "90 天内每台设备每班的产量、合格数和返工数",
        },
        truth={
            "performance": PERFORMANCE,
            "scrap_rate": SCRAP,
            "rework_rate": REWORK,
            "scrap_machine": SCRAP_MACHINE,
            "scrap_rate_of_that_machine": SCRAP_RATE,
            "availability": "one minus the minutes of demo.downtime_events over planned_min",
        },
    )
