"""Figures of repeated measurements: the median and the range it was seen in."""

import os
import platform
import statistics
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

PACKAGES = ("papermill", "ipykernel", "IPython", "duckdb", "pandas", "statsmodels", "bokeh")


def summary(values: Sequence[float]) -> dict[str, Any]:
    """Return the median, the range and how often it was measured."""
    return {
        "median": round(statistics.median(values), 4),
        "low": round(min(values), 4),
        "high": round(max(values), 4),
        "n": len(values),
    }


def shown(figure: dict[str, Any], unit: str = "s") -> str:
    """Write a summary for people."""
    return f"{figure['median']:8.3f} {unit} [{figure['low']:.3f}-{figure['high']:.3f}], n={figure['n']}"


def ratio(above: float, below: float) -> float:
    """Divide, to three figures that count."""
    return float(f"{above / below:.3g}")


def machine() -> dict[str, Any]:
    """Say where this was measured, and how busy it was."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "absent"
    return {
        "processors": os.cpu_count(),
        "load": [round(each, 2) for each in os.getloadavg()],
        "python": platform.python_version(),
        "packages": versions,
    }
