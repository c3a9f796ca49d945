"""Change one thing: a run of a person, then the same with one parameter changed.

What only late cells use lets the run go on from a held state, and its record says so; what the first cells
use makes it a full run again.
"""

from typing import Any

from benchmarks.click import click, fresh
from benchmarks.figures import ratio, summary
from benchmarks.place import Case
from workbench.app import Workbench


def measure(bench: Workbench, case: Case, rounds: int, *, first: int) -> dict[str, Any]:
    """Measure full runs and changed runs in turn; inputs begin at ``first``, where no state is held yet."""
    times: dict[str, list[float]] = {"full": [], "late": [], "rules": [], "early": []}
    resumed = {"late": 0, "rules": 0}
    for number in range(first, first + rounds):
        times["full"].append(click(bench, case.request(number))[0])
        for kind, changed in (("late", case.late), ("rules", case.rules)):
            took, record = click(bench, case.request(number, **changed), resumed=True)
            times[kind].append(took)
            resumed[kind] += not fresh(record)
        times["early"].append(click(bench, case.request(number + rounds))[0])
    figures = {name: summary(values) for name, values in times.items()}
    full = figures["full"]["median"]
    shares = {f"{name}_vs_full": ratio(figures[name]["median"], full) for name in ("late", "rules", "early")}
    went_on = {f"{name}_went_on": f"{count} of {rounds}" for name, count in resumed.items()}
    return {**shares, **went_on, **{f"{name}_s": figure for name, figure in figures.items()}}
