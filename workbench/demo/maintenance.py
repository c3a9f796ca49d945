"""Condition and life of machines in the demo factory: a degrading bearing, and pumps that ran to failure."""

from typing import Any

import numpy as np
import pandas as pd

from workbench.demo.table import DAYS, LINE_OF, MACHINES, START, DemoTable, column, stream

DEGRADING, HEALTHY = "M08", "M05"
ONSET_DAY, DOUBLING_DAYS, LIMIT_MM_S = 55, 12.0, 4.5
FS_HZ, RPM, BALLS, BALL_TO_PITCH, RESONANCE_HZ = 12_000, 1770.0, 9, 0.3126 / 1.537, 3_000.0
BPFO_HZ = BALLS / 2 * RPM / 60 * (1 - BALL_TO_PITCH)

UNITS, FLEET, SHORTEST, LONGEST = 50, 20, 120, 320
GROWTH = 4.0  # how much faster a unit degrades at its end than at its start: exp(GROWTH)
# Sensor: (start, change until failure, noise, unit). Two sensors know nothing of the damage.
SENSORS: dict[str, tuple[float, float, float, str]] = {
    "temperature": (60.0, 25.0, 1.5, "degC"),
    "pressure": (550.0, -40.0, 3.0, "kPa"),
    "vibration": (1.2, 3.3, 0.25, "mm/s"),
    "current": (32.0, 6.0, 0.6, "A"),
    "speed": (1770.0, -60.0, 8.0, "rpm"),
    "flow": (80.0, -9.0, 1.0, "L/min"),
    "ambient": (24.0, 0.0, 2.0, "degC"),
    "voltage": (400.0, 0.0, 2.0, "V"),
}


def vibration() -> DemoTable:
    """Vibration of every machine twice per shift; one bearing degrades exponentially from a known day."""
    ts = pd.date_range(START, periods=DAYS * 6, freq="4h")
    days = np.arange(ts.size) / 6
    parts = []
    for index, machine in enumerate(MACHINES):
        random = stream("vibration", index)
        growth = np.exp2((days - ONSET_DAY) / DOUBLING_DAYS) - 1
        damage = growth.clip(0) * (machine == DEGRADING)
        velocity = (1.4 + 0.1 * (index % 4)) * random.lognormal(0, 0.05, ts.size) + 0.55 * damage
        envelope = 0.30 * random.lognormal(0, 0.08, ts.size) + 0.45 * damage
        frame = {"ts": ts, "line": LINE_OF[machine], "machine": machine}
        frame |= {"v_rms_mm_s": np.round(velocity, 3), "envelope_g": np.round(envelope, 4)}
        parts.append(pd.DataFrame(frame))
    return DemoTable(
        name="demo.vibration",
        frame=pd.concat(parts, ignore_index=True),
        columns={
            "ts": column("time of measurement", "测量时间"),
            "line": column("line", "产线"),
            "machine": column("machine", "设备"),
            "v_rms_mm_s": column("vibration velocity, RMS", "振动速度有效值", "mm/s"),
            "envelope_g": column("bearing envelope, RMS", "轴承包络有效值", "g"),
        },
        description={
            "en": "Vibration of all machines twice per shift over 90 days; one bearing degrades",
            "zh": "全部设备 90 天的振动数据，每班两次；其中一个轴承逐渐劣化",
        },
        truth={
            "degrading_machine": DEGRADING,
            "onset": str(START + pd.Timedelta(days=ONSET_DAY)),
            "doubling_days": DOUBLING_DAYS,
            "limit_mm_s": LIMIT_MM_S,
        },
    )


def _acceleration(random: np.random.Generator, *, faulty: bool) -> np.ndarray[Any, Any]:
    """Return one second of a bearing's vibration: shaft, noise and, if faulty, one ring per ball pass."""
    t = np.arange(FS_HZ) / FS_HZ
    signal = 0.8 * np.sin(2 * np.pi * RPM / 60 * t) + random.normal(0, 0.5, t.size)
    if faulty:
        since = np.mod(t, 1 / BPFO_HZ)
        signal += 6.0 * np.exp(-since * 800) * np.sin(2 * np.pi * RESONANCE_HZ * since)
    return np.round(signal, 4)


def vibration_waveform() -> DemoTable:
    """One second of acceleration of a faulty and a healthy bearing."""
    parts = []
    for machine in (DEGRADING, HEALTHY):
        random = stream("vibration_waveform", MACHINES.index(machine))
        time = np.arange(FS_HZ) / FS_HZ
        acceleration = _acceleration(random, faulty=machine == DEGRADING)
        parts.append(pd.DataFrame({"machine": machine, "time_s": time, "acceleration": acceleration}))
    return DemoTable(
        name="demo.vibration_waveform",
        frame=pd.concat(parts, ignore_index=True),
        columns={
            "machine": column("machine", "设备"),
            "time_s": column("time since trigger", "触发后时间", "s"),
            "acceleration": column("acceleration", "加速度", "m/s^2"),
        },
        description={
            "en": f"One second of vibration at {FS_HZ} Hz: {DEGRADING} outer-race fault, {HEALTHY} healthy",
            "zh": f"采样率 {FS_HZ} Hz 的一秒加速度：{DEGRADING} 外圈故障，{HEALTHY} 正常",
        },
        truth={
            "fs_hz": FS_HZ,
            "rpm": RPM,
            "bpfo_hz": round(BPFO_HZ, 3),
            "faulty_machine": DEGRADING,
            "healthy_machine": HEALTHY,
            "resonance_hz": RESONANCE_HZ,
        },
    )


def life(unit: int, *, kind: str) -> pd.DataFrame:
    """Return the whole life of a unit, one row per cycle; the last row is the failure."""
    random = stream(kind, unit)
    cycles = int(random.integers(SHORTEST, LONGEST + 1))
    cycle = np.arange(1, cycles + 1)
    damage = np.expm1(GROWTH * cycle / cycles) / np.expm1(GROWTH)
    frame: dict[str, Any] = {
        "unit": unit,
        "cycle": cycle,
        "load": np.round(random.choice([0.8, 1.0, 1.2], cycles), 1),
    }
    for name, (start, change, noise, _) in SENSORS.items():
        frame[name] = np.round(start + change * damage + random.normal(0, noise, cycles), 3)
    return pd.DataFrame(frame)


def _running(unit: int) -> tuple[pd.DataFrame, int]:
    """Return a unit of the fleet up to today, and the cycles it has left."""
    whole = life(unit, kind="fleet")
    seen = int(len(whole) * stream("fleet_today", unit).uniform(0.45, 0.95))
    return whole.iloc[:seen], len(whole) - seen


def _unit_columns() -> dict[str, Any]:
    sensors = {
        "temperature": column("winding temperature", "绕组温度", "degC"),
        "pressure": column("outlet pressure", "出口压力", "kPa"),
        "vibration": column("vibration velocity", "振动速度", "mm/s"),
        "current": column("motor current", "电机电流", "A"),
        "speed": column("speed", "转速", "rpm"),
        "flow": column("flow", "流量", "L/min"),
        "ambient": column("ambient temperature", "环境温度", "degC"),
        "voltage": column("supply voltage", "供电电压", "V"),
    }
    named = {"unit": column("unit", "单元"), "cycle": column("operating cycle", "运行循环")}
    return {**named, "load": column("load setting", "负载设定"), **sensors}


def _degradation_truth() -> dict[str, Any]:
    return {
        "informative_sensors": [name for name, (_, change, _, _) in SENSORS.items() if change],
        "uninformative_sensors": [name for name, (_, change, _, _) in SENSORS.items() if not change],
        "damage": f"(exp({GROWTH:g} · cycle / life) − 1) / (exp({GROWTH:g}) − 1), failure at 1",
    }


def run_to_failure() -> DemoTable:
    """Pumps that ran until they failed: what a remaining-life method learns from."""
    lives = [life(unit, kind="run_to_failure") for unit in range(1, UNITS + 1)]
    return DemoTable(
        name="demo.run_to_failure",
        frame=pd.concat(lives, ignore_index=True),
        columns=_unit_columns(),
        description={
            "en": f"{UNITS} pumps from new to failure, one row per operating cycle",
            "zh": f"{UNITS} 台泵从全新到失效的记录，每个运行循环一行",
        },
        truth={"units": UNITS, "shortest_life": SHORTEST, "longest_life": LONGEST, **_degradation_truth()},
    )


def fleet() -> DemoTable:
    """The same kind of pumps, still running."""
    return DemoTable(
        name="demo.fleet",
        frame=pd.concat([_running(unit)[0] for unit in range(1, FLEET + 1)], ignore_index=True),
        columns=_unit_columns(),
        description={
            "en": f"{FLEET} pumps of the same kind that are still running",
            "zh": f"{FLEET} 台仍在运行的同型泵",
        },
        truth={"units": FLEET, "remaining_life": "demo.fleet_truth", **_degradation_truth()},
    )


def fleet_truth() -> DemoTable:
    """How many cycles each running pump really has left."""
    units = np.arange(1, FLEET + 1)
    left = [_running(int(unit))[1] for unit in units]
    return DemoTable(
        name="demo.fleet_truth",
        frame=pd.DataFrame({"unit": units, "rul": left}),
        columns={
            "unit": column("unit", "单元"),
            "rul": column("cycles left until failure", "距失效的剩余循环数"),
        },
        description={
            "en": "Cycles that each pump of the fleet really has left",
            "zh": "在役泵真实的剩余循环数",
        },
        truth={"units": FLEET},
    )
