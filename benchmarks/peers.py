"""Other ways to run the same notebook many times: ploomber-engine, and papermill as tasks of a Dask cluster.

They live in an environment of their own, made in a temporary folder on request: ploomber-engine registers
itself with papermill and so slows every import of it. Two processes each, as many as everything else gets;
starting them is not counted.
"""

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.place import ROOT, Case
from benchmarks.plain import parameters
from benchmarks.warm import environment
from workbench.app import Workbench

PEERS = ("ploomber-engine", "dask")
PACKAGES = ("ploomber-engine", "distributed")
ABSENT = "not installed: run with --peers"


def measure(bench: Workbench, case: Case, *, runs: int, install: bool) -> dict[str, Any]:
    """Return runs per minute of each peer, or why there is no figure."""
    if not install:
        return dict.fromkeys(PEERS, ABSENT)
    uv = shutil.which("uv") or shutil.which("uv", path=ROOT / ".uv" / "bin")
    if uv is None:
        return dict.fromkeys(PEERS, "not installed: no uv here, scripts/setup brings one")
    home = Path(tempfile.mkdtemp(prefix="workbench-peers-"))
    try:
        python = environment_of_their_own(home, uv)
        return {name: rate(python, name, bench, case, runs) for name in PEERS}
    finally:
        shutil.rmtree(home, ignore_errors=True)


def environment_of_their_own(home: Path, uv: str) -> Path:
    """Install the project and the peers in a folder; return its interpreter."""
    python = home / "bin" / "python"
    for command in (
        [uv, "venv", "--quiet", str(home)],
        [uv, "pip", "install", "--quiet", "--python", str(python), str(ROOT), *PACKAGES],
    ):
        subprocess.run(command, check=True)
    return python


def rate(python: Path, name: str, bench: Workbench, case: Case, runs: int) -> float | str:
    """Let one peer run the notebook; return runs per minute."""
    home = bench.workspace.root
    order = {
        "notebook": str(bench.library.get(case.name).path),
        "folder": str(home),
        "runs": [parameters(case, number) for number in range(runs)],
    }
    told = subprocess.run(
        [str(python), "-m", "benchmarks.peer_runs", name],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=environment(home),
        check=False,
    )
    if told.returncode:
        return f"failed: {(told.stderr.strip().splitlines() or ['no reason given'])[-1][:200]}"
    return round(60 * runs / float(told.stdout.splitlines()[-1]), 1)
