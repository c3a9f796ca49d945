"""Running a request in this process, where no server serves the workspace."""

from collections.abc import Mapping
from typing import Any

from workbench.app import Workbench
from workbench.commands.output import note
from workbench.config import Settings, pick
from workbench.runs.record import RunRecord
from workbench.runs.request import RunRequest

WATCH_S = 0.5


def run(body: Mapping[str, Any], *, settings: Settings, quiet: bool) -> dict[str, Any]:
    """Run a request and return its record."""
    with Workbench(settings, full=False) as bench:
        return execute(bench, RunRequest.model_validate(body), quiet=quiet).model_dump(mode="json")


def execute(bench: Workbench, request: RunRequest, *, quiet: bool) -> RunRecord:
    """Submit a request to a started workbench and wait; an interrupt cancels the run."""
    create_demo(bench, request)
    earlier = bench.engine.earlier(request) if request.reuse else None
    if earlier is not None:
        return earlier
    run_id = bench.engine.submit(request)
    seen: set[str] = set()
    try:
        record = bench.engine.wait(run_id, WATCH_S)
        while not record.ended:
            if not quiet:
                _tell_steps(record, seen, bench.settings.language)
            record = bench.engine.wait(run_id, WATCH_S)
    except KeyboardInterrupt:
        bench.engine.cancel(run_id)
        bench.engine.wait(run_id, 10)
        raise
    return record


def create_demo(bench: Workbench, request: RunRequest) -> None:
    """Make the demo tables before the first run that reads one."""
    if not bench.settings.demo:
        return
    inputs = bench.library.get(request.template).default_inputs() | request.inputs
    mine = request.asset and bench.engine.preparer.assets.tree().assets
    if any(reference.startswith("demo.") for reference in inputs.values()) or (request.asset and not mine):
        bench.load_demo()


def _tell_steps(record: RunRecord, seen: set[str], language: str) -> None:
    for step in record.steps:
        if step.state == "running" and step.title not in seen:
            seen.add(step.title)
            note(f"… {pick(step.title, language)}")
