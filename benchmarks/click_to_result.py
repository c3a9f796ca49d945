"""Click to result of one template: a warm server, the same code in a warm process, and plain papermill.

Run: python benchmarks/click_to_result.py [template] [rounds]. Rounds are interleaved; medians are printed.
"""

import contextlib
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))

from workbench.app import Workbench
from workbench.config import load_settings
from workbench.runs.request import RunRequest

WARM = """
import json, sys, time
from IPython.core.interactiveshell import InteractiveShell
import workbench.kernel as kernel
shell = InteractiveShell.instance()
shell.display_pub.publish = lambda *a, **k: None
for line in sys.stdin:
    job = json.loads(line)
    begin = time.perf_counter()
    kernel.enter(job["context"])
    for cell in job["cells"]:
        exec(compile(cell, "<cell>", "exec"), shell.user_ns)
    print(time.perf_counter() - begin, flush=True)
"""


def main() -> None:
    template = sys.argv[1] if len(sys.argv) > 1 else "control-chart"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 7
    home = Path(tempfile.mkdtemp(prefix="wb-bench-"))
    bench = Workbench(load_settings(home=str(home))).start()
    bench.load_demo()
    job = bench.engine.preparer.job(RunRequest(template=template))
    assigned = "\n".join(f"{name} = {value!r}" for name, value in job.parameters.items())
    cells = [cell["source"] for cell in job.notebook["cells"] if cell["cell_type"] == "code"]
    cells.insert(1, assigned)
    context = home / "context.json"
    context.write_text(json.dumps({"run": "bench", "inputs": job.sources, "folder": str(home)}))
    warm = subprocess.Popen(
        [sys.executable, "-c", WARM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    path = home / "plain.ipynb"
    path.write_text(json.dumps(job.notebook))
    times: dict[str, list[float]] = {"server": [], "warm process": [], "papermill": []}

    def once(record: bool) -> None:
        while not any(slot.state == "ready" for slot in bench.engine._slots):
            time.sleep(0.05)
        time.sleep(1.0)
        begin = time.perf_counter()
        result = bench.engine.wait(bench.engine.submit(RunRequest(template=template)))
        took = time.perf_counter() - begin
        assert result.status in {"succeeded", "refused"}, result.error
        if record:
            times["server"].append(took)
        warm.stdin.write(json.dumps({"context": str(context), "cells": cells}) + "\n")
        warm.stdin.flush()
        took = float(warm.stdout.readline())
        if record:
            times["warm process"].append(took)

    once(record=False)
    for number in range(rounds):
        once(record=True)
        if number < 3:
            begin = time.perf_counter()
            files = [str(path), str(home / "out.ipynb")]
            command = [sys.executable, "-m", "papermill", "--no-progress-bar", *files]
            environment = os.environ | {"WORKBENCH_HOME": str(home)}
            subprocess.run(command, check=True, capture_output=True, env=environment)
            times["papermill"].append(time.perf_counter() - begin)
    warm.stdin.close()
    with contextlib.suppress(Exception):
        warm.wait(timeout=5)
    bench.stop()
    report = io.StringIO()
    medians = {name: statistics.median(values) for name, values in times.items()}
    for name, values in times.items():
        print(f"{name:<14}{medians[name]:8.3f} s  [{min(values):.3f}-{max(values):.3f}]", file=report)
    print(f"server / warm process  {medians['server'] / medians['warm process']:.2f}", file=report)
    print(f"papermill / server     {medians['papermill'] / medians['server']:.1f}", file=report)
    print(report.getvalue())


if __name__ == "__main__":
    main()
