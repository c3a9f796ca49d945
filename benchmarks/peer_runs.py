"""Runs of one peer, in the peers' own environment: reads an order from standard input, prints the seconds."""

import json
import multiprocessing
import sys
import time
from concurrent.futures import ProcessPoolExecutor
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
    """Run everything in processes that have run the notebook once."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool:
        warm = [pool.submit(ploomber, *one) for one in tasks(order)[:PROCESSES]]
        for future in warm:
            future.result()
        begin = time.perf_counter()
        for future in [pool.submit(ploomber, *one) for one in tasks(order)]:
            future.result()
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
    measured = {"ploomber-engine": with_ploomber, "dask": with_dask}[sys.argv[1]]
    print(measured(json.load(sys.stdin)))
