"""The benchmark runs and says what it promises; what it measures is not asserted."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

RATIOS = (
    "click_to_result_vs_warm",
    "papermill_vs_click_to_result",
    "sweep_share_of_limit",
    "sweep_vs_papermill_loop",
    "change_vs_full",
    "cost_per_run_growth",
)


@pytest.mark.slow
@pytest.mark.serial
@pytest.mark.timeout(900)  # a minute on an idle machine
def test_the_benchmark_of_runs_prints_one_json_document_of_positive_ratios(root: Path):
    smallest = ["--quick", "--rounds", "1", "--sweep", "2"]
    command = [sys.executable, "-m", "benchmarks", "runs", "--json", *smallest]

    told = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=800)

    assert told.returncode == 0, told.stderr[-2000:]
    measured = json.loads(told.stdout)
    assert all(measured[name] > 0 for name in RATIOS)
    assert set(measured["click"]) == {"asset-trend", "control-chart"}
    assert measured["memory"]["run_private_mb"]["median"] > 0
