"""What a demo table is, and the plant all of them describe: three lines, twelve machines, ninety days.

Decides the calendar and the random streams; what is planted is decided by the module of each domain.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import pandas as pd

from workbench.config import Text

START = pd.Timestamp("2026-07-01 06:00:00")
DAYS = 90
SHIFT_HOURS = 8
SHIFTS = DAYS * 24 // SHIFT_HOURS
LINES = ("L1", "L2", "L3")
MACHINES = tuple(f"M{number:02d}" for number in range(1, 13))
LINE_OF = {machine: LINES[index // 4] for index, machine in enumerate(MACHINES)}
OPERATORS = ("Op-1", "Op-2", "Op-3")  # one crew per shift: early, late, night


@dataclass(frozen=True)
class Column:
    """What a column holds, and its unit where it has one."""

    label: Text
    unit: str | None = None


@dataclass(frozen=True)
class DemoTable:
    """One table of the demo factory with the truth that was planted in it."""

    name: str
    frame: pd.DataFrame
    columns: Mapping[str, Column]
    description: Text
    truth: Mapping[str, Any]

    @property
    def units(self) -> dict[str, str]:
        """The columns that have a unit."""
        return {name: column.unit for name, column in self.columns.items() if column.unit}


def column(en: str, zh: str, unit: str | None = None) -> Column:
    """Describe a column in both languages."""
    return Column({"en": en, "zh": zh}, unit)


def stream(name: str, *keys: int) -> np.random.Generator:
    """Return the random numbers of one table (or one machine of it): the same ones every time."""
    return np.random.Generator(np.random.PCG64([crc32(name.encode()), *keys]))


def shift_starts(first: int, count: int) -> pd.DatetimeIndex:
    """Return when ``count`` shifts start; ``first`` counts from the calendar's first early shift, 0."""
    start = START + pd.Timedelta(hours=first * SHIFT_HOURS)
    return pd.date_range(start, periods=count, freq=f"{SHIFT_HOURS}h")
