"""Electricity of the demo factory: a known baseline per line, and a measure that saves a known share."""

import numpy as np
import pandas as pd

from workbench.demo.table import DAYS, LINES, START, DemoTable, column, stream

BASE_KWH, PER_TONNE_KWH, PER_DEGREE_KWH, BALANCE_C = 120.0, 45.0, 3.0, 18.0
NOISE_KWH = 6.0
SAVING_LINE, SAVING, SAVING_DAY = "L2", 0.08, 50


def energy() -> DemoTable:
    """Hourly consumption per line with its drivers."""
    hours = pd.date_range(START.normalize(), periods=DAYS * 24, freq="h")
    random = stream("energy", 0)
    daily = 26 - 0.05 * np.arange(hours.size) / 24 + 6 * np.sin(2 * np.pi * (hours.hour.to_numpy() - 9) / 24)
    weather = np.interp(np.arange(hours.size), 24 * np.arange(DAYS + 1), random.normal(0, 2.5, DAYS + 1))
    temperature = np.round(daily + weather, 1)
    saving_from = START.normalize() + pd.Timedelta(days=SAVING_DAY)
    parts = []
    for line in LINES:
        weekday = np.where(hours.day_of_week < 5, 1.0, 0.45)
        output = np.round((weekday * random.normal(2.6, 0.45, hours.size)).clip(0.1), 2)
        cooling = PER_DEGREE_KWH * (temperature - BALANCE_C).clip(0)
        kwh = BASE_KWH + PER_TONNE_KWH * output + cooling + random.normal(0, NOISE_KWH, hours.size)
        kwh *= np.where((line == SAVING_LINE) & (hours >= saving_from), 1 - SAVING, 1.0)
        columns = {"ts": hours, "line": line, "energy_kwh": np.round(kwh, 2)}
        parts.append(pd.DataFrame({**columns, "output_t": output, "temperature_c": temperature}))
    return DemoTable(
        name="demo.energy",
        frame=pd.concat(parts, ignore_index=True),
        columns={
            "ts": column("start of the hour", "小时开始"),
            "line": column("line", "产线"),
            "energy_kwh": column("electricity used", "用电量", "kWh"),
            "output_t": column("output", "产量", "t"),
            "temperature_c": column("outdoor temperature", "室外温度", "degC"),
        },
        description={
            "en": "Hourly electricity of the three lines with output and outdoor temperature",
            "zh": "三条产线每小时用电量，附产量和室外温度",
        },
        truth={
            "base_kwh_per_hour": BASE_KWH,
            "kwh_per_tonne": PER_TONNE_KWH,
            "kwh_per_degree_above_balance": PER_DEGREE_KWH,
            "balance_temperature_c": BALANCE_C,
            "saving_line": SAVING_LINE,
            "saving_share": SAVING,
            "saving_from": str(saving_from),
        },
    )
