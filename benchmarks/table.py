"""What was measured, written for people."""

from collections.abc import Iterator
from typing import Any

from benchmarks.figures import shown

GOALS = {
    "click_to_result_vs_warm": "goal ≤ 1.3",
    "papermill_vs_click_to_result": "goal ≥ 10",
    "sweep_share_of_limit": "goal ≥ 0.85",
    "sweep_vs_papermill_loop": "goal ≥ 30",
    "change_vs_full": "goal ≤ 0.5",
    "cost_per_run_growth": "goal: flat",
}


def written(measured: dict[str, Any]) -> str:
    """Return the table."""
    return "\n".join(lines(measured))


def lines(measured: dict[str, Any]) -> Iterator[str]:
    """Yield the ratios, then each measurement."""
    machine = measured["machine"]
    load = ", ".join(map(str, machine["load"]))
    yield f"Measured on {measured['measured_on']}; {machine['processors']} processors, load {load}"
    yield ""
    for name, goal in GOALS.items():
        yield f"{name:<34}{measured[name]:>8}   {goal}"
    for part in ("nursery", "click", "change", "sweep", "memory", "history"):
        yield ""
        yield part
        yield from rows(measured[part], "  ")


def rows(figures: dict[str, Any], indent: str) -> Iterator[str]:
    """Yield one line for each figure, deeper ones indented."""
    for name, value in figures.items():
        if isinstance(value, dict) and "median" in value:
            plain = name.rpartition("_")[2] if name.endswith(("_s", "_mb")) else ""
            yield f"{indent}{name:<34}{shown(value, plain)}"
        elif isinstance(value, dict):
            yield f"{indent}{name}"
            yield from rows(value, indent + "  ")
        else:
            yield f"{indent}{name:<34}{value}"
