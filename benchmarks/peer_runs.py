"""Runs of one peer, in the peers' own environment: reads an order from standard input, prints the seconds."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PROCESSES = 2


def ploomber(notebook: str, target: str, parameters: dict[str, Any]) -> None:
    """Run the notebook inside this process."""
    from ploomber_engine import execute_notebook

    options = {"parameters": parameters, "log_output": False, "progress_bar": False}
    execute_notebook(notebook, target, **options)


def papermill(notebook: str, target: str, parameters: dict[str, Any]) -> None:
    """Run the notebook in a kernel of its own."""
    from papermill import execute_notebook

    execute_notebook(notebook, target, parameters=parameters, progress_bar=False)


def with_ploomber(order: dict[str, Any]) -> float:
    """Share the runs among processes; return the seconds of the slowest."""
    command = [sys.executable, "-m", "benchmarks.peer_runs", "share"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(PROCESSES)]
    for number, process in enumerate(processes):
        share = {**order, "folder": f"{order['folder']}/{number}", "runs": order["runs"][number::PROCESSES]}
        Path(share["folder"]).mkdir()
        process.stdin.write(json.dumps(share))
        process.stdin.close()
    return max(float(process.stdout.read().splitlines()[-1]) for process in processes)


def share_with_ploomber(order: dict[str, Any]) -> float:
    """Run everything in this process, after the notebook has run here once; return the seconds."""
    ploomber(*tasks(order)[0])
    begin = time.perf_counter()
    for one in tasks(order):
        ploomber(*one)
    return time.perf_counter() - begin


def with_dask(order: dict[str, Any]) -> float:
    """Run everything as tasks of a cluster whose workers have imported papermill."""
    from distributed import Client, LocalCluster

    options = {"n_workers": PROCESSES, "threads_per_worker": 1, "dashboard_address": None}
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        client.run(__import__, "papermill")
        begin = time.perf_counter()
        client.gather([client.submit(papermill, *one, pure=False) for one in tasks(order)])
        return time.perf_counter() - begin


def tasks(order: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    """Return the arguments of each run."""
    folder = Path(order["folder"])
    return [
        (order["notebook"], str(folder / f"peer-{number}.ipynb"), parameters)
        for number, parameters in enumerate(order["runs"])
    ]


if __name__ == "__main__":
    measured = {"ploomber-engine": with_ploomber, "share": share_with_ploomber, "dask": with_dask}
    print(measured[sys.argv[1]](json.load(sys.stdin)))
