"""Plain papermill: its command line on the same notebook with the same parameters."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.place import Case, asset
from benchmarks.warm import environment
from workbench.app import Workbench


def parameters(case: Case, number: int) -> dict[str, str]:
    """Return what bare papermill is told: an input is the parameter of its name."""
    if case.name == "asset-trend":
        return {"asset": asset(number % case.number_of_inputs)}
    return dict(case.request(number).inputs)


def papermill(bench: Workbench, case: Case, number: int) -> float:
    """Run the notebook from a command line; return the seconds."""
    home = bench.workspace.root
    notebook = Path(bench.library.get(case.name).path)
    told = [word for pair in parameters(case, number).items() for word in ("-p", *pair)]
    files = [str(notebook), str(home / f"plain-{number}.ipynb")]
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", *files, *told]
    begin = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment(home), cwd=home)
    return time.perf_counter() - begin


def two_at_a_time(bench: Workbench, case: Case, runs: int) -> float:
    """Run several notebooks, two command lines at any time; return runs per minute."""
    begin = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda number: papermill(bench, case, number), range(runs)))
    return 60 * runs / (time.perf_counter() - begin)
