"""The limit: the cells of a notebook, compiled once, called in a process that has run them before.

Nothing is written, no process is started, charts end as JSON as they do in a run. ``Warm`` is the caller's
side; as a script it is the process, which answers each line of JSON with the seconds it took.
"""

import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.place import ROOT
from workbench.runs.job import Job


class Warm:
    """A process that waits with everything imported."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.warm"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment(home),
        )

    def call(self, job: Job) -> float:
        """Run a job's cells as function calls; return the seconds."""
        context = {"run": job.run, "inputs": job.sources, "folder": str(self.home)}
        order = {"context": context, "cells": cells(job), "template": job.template.id}
        print(json.dumps(order), file=self._process.stdin, flush=True)
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def environment(home: Path) -> dict[str, str]:
    """Return the environment of a measured process: this workspace, one thread for each library."""
    single = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")
    return os.environ | single | {"WORKBENCH_HOME": str(home), "PYTHONPATH": str(ROOT)}


def cells(job: Job) -> list[str]:
    """Return the sources of a job's code cells, with its parameters where papermill puts them."""
    found = []
    for cell in job.notebook["cells"]:
        if cell["cell_type"] == "code":
            found.append("".join(cell["source"]))
            if "parameters" in cell["metadata"].get("tags", []):
                found.append("\n".join(f"{name} = {value!r}" for name, value in job.parameters.items()))
    return found


def serve() -> None:
    """Answer one job after the other."""
    from IPython.core.interactiveshell import InteractiveShell

    from workbench import kernel

    shell = InteractiveShell.instance()
    shell.display_pub.publish = lambda *_, **__: None
    compiled: dict[str, Any] = {}
    answers, sys.stdout = sys.stdout, io.StringIO()
    for line in sys.stdin:
        order = json.loads(line)
        begin = time.perf_counter()
        kernel.enter(order["context"])
        call(order["cells"], compiled)
        sys.stdout.truncate(0)
        print(time.perf_counter() - begin, file=answers, flush=True)


def call(sources: Sequence[str], compiled: dict[str, Any]) -> None:
    """Execute cells in a namespace of their own."""
    names: dict[str, Any] = {"__name__": "__main__"}
    for source in sources:
        if source not in compiled:
            compiled[source] = compile(source, "<cell>", "exec")
        exec(compiled[source], names)


if __name__ == "__main__":
    serve()
