"""Data of the ready competitions: what to learn from, what to predict for, and the answers that stay hidden.

In the shapes of known data sets: run to failure (C-MAPSS), valve tests with anomalies (SKAB), monthly series
(M3). All of it is made here, so that the answers stand in no public place.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workbench.demo.maintenance import life
from workbench.demo.table import stream

LEARNT_UNITS, ASKED_UNITS = 30, 60
HORIZON, SERIES, SHORTEST_HISTORY, LONGEST_HISTORY = 18, 40, 60, 126
TESTS_LEARNT, TESTS_ASKED, SECONDS = 8, 16, 900
# Sensor: (level, noise, how a half-closed valve moves it)
VALVE: dict[str, tuple[float, float, float]] = {
    "acceleration_1": (0.028, 0.0012, 0.004),
    "acceleration_2": (0.040, 0.0016, -0.003),
    "current": (1.25, 0.22, 0.35),
    "pressure": (0.38, 0.25, 0.30),
    "temperature": (75.0, 0.25, 0.9),
    "thermocouple": (26.0, 0.15, 0.4),
    "voltage": (230.0, 9.0, 0.0),
    "flow": (32.0, 0.4, -3.5),
}


@dataclass(frozen=True)
class Contest:
    """The four tables of a competition."""

    train: pd.DataFrame
    test: pd.DataFrame
    labels: pd.DataFrame


def pump_life() -> Contest:
    """Pumps that ran to failure, and pumps cut off before it: how many cycles are left?"""
    learnt = [life(unit, kind="contest_pumps") for unit in range(1, LEARNT_UNITS + 1)]
    train = pd.concat([each.assign(rul=len(each) - each["cycle"]) for each in learnt], ignore_index=True)
    asked, left = [], []
    for unit in range(LEARNT_UNITS + 1, LEARNT_UNITS + ASKED_UNITS + 1):
        whole = life(unit, kind="contest_pumps")
        seen = int(len(whole) * stream("contest_cut", unit).uniform(0.3, 0.95))
        asked.append(whole.iloc[:seen])
        left.append({"unit": unit, "rul": len(whole) - seen})
    return Contest(train, pd.concat(asked, ignore_index=True), pd.DataFrame(left))


def valve_test(test: int, *, first_row: int) -> pd.DataFrame:
    """Return one test of a valve at one reading a second; ``anomaly`` numbers its closings, 0 is normal."""
    random = stream("contest_valve", test)
    anomaly = np.zeros(SECONDS, dtype=int)
    begin = 0
    for number in range(1, int(random.integers(1, 3)) + 1):
        begin += int(random.integers(200, 330))
        anomaly[begin : begin + int(random.integers(60, 110))] = number
        begin += 110
    closing = np.convolve(anomaly > 0, np.ones(12) / 12, mode="full")[:SECONDS]  # a valve turns slowly
    time = np.arange(SECONDS)
    frame: dict[str, Any] = {"row": first_row + time, "test": test, "time_s": time}
    for name, (level, noise, change) in VALVE.items():
        drift = noise * np.sin(2 * np.pi * time / SECONDS + random.uniform(0, 2 * np.pi))
        values = level + drift + change * closing + random.normal(0, noise, SECONDS)
        frame[name] = np.round(values, 5)
    return pd.DataFrame(frame | {"anomaly": anomaly})


def valve_anomaly() -> Contest:
    """Tests of a valve with known closings, and tests in which they are to be found."""
    number = range(TESTS_LEARNT + TESTS_ASKED)
    tests = [valve_test(test + 1, first_row=1 + test * SECONDS) for test in number]
    asked = pd.concat(tests[TESTS_LEARNT:], ignore_index=True)
    labels = asked[["row", "test", "time_s", "anomaly"]]
    return Contest(pd.concat(tests[:TESTS_LEARNT], ignore_index=True), asked.drop(columns="anomaly"), labels)


def monthly_series(number: int) -> pd.DataFrame:
    """Return one product's monthly demand with its trend, its season and, for some, a step."""
    random = stream("contest_demand", number)
    months = int(random.integers(SHORTEST_HISTORY, LONGEST_HISTORY + 1)) + HORIZON
    time = np.arange(months)
    level = random.uniform(500, 6000) * (1 + random.uniform(-0.06, 0.1)) ** (time / 12)
    strength = random.uniform(0.0, 0.25)
    season = 1 + strength * np.sin(2 * np.pi * (time + random.integers(0, 12)) / 12)
    step = 1 + random.uniform(-0.2, 0.3) * (time > random.uniform(0.3, 0.8) * months) * (number % 4 == 0)
    values = level * season * step * random.lognormal(0, random.uniform(0.02, 0.12), months)
    last = pd.Timestamp("2026-06-01")
    dates = pd.date_range(end=last, periods=months, freq="MS").strftime("%Y-%m")
    return pd.DataFrame({"series": f"P{number:02d}", "month": dates, "quantity": np.round(values)})


def demand_forecast() -> Contest:
    """Monthly demand of many products: forecast the next 18 months of each."""
    every = [monthly_series(number) for number in range(1, SERIES + 1)]
    train = pd.concat([each.iloc[:-HORIZON] for each in every], ignore_index=True)
    scales = {
        each["series"].iloc[0]: float(each["quantity"].iloc[:-HORIZON].diff(12).abs().mean())
        for each in every
    }
    ahead = pd.concat([each.iloc[-HORIZON:] for each in every], ignore_index=True)
    ahead.insert(0, "row", np.arange(1, len(ahead) + 1))
    labels = ahead.assign(scale=ahead["series"].map(scales).round(3)).drop(columns="month")
    return Contest(train, ahead.drop(columns="quantity"), labels)


CONTESTS: dict[str, Callable[[], Contest]] = {
    "pump-life": pump_life,
    "valve-anomaly": valve_anomaly,
    "demand-forecast": demand_forecast,
}
