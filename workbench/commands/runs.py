"""``workbench runs``: the history of the workspace from the command line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from workbench.app import Workbench
from workbench.commands import handover, local, run
from workbench.commands.output import emit, exit_status, number, say, show_table
from workbench.config import Settings, pick
from workbench.errors import Invalid
from workbench.runs.again import request_of
from workbench.runs.compare import compare as compared
from workbench.runs.record import ENDED, RunRecord


def list_all(settings: Settings, filters: dict[str, str | None], *, limit: int, as_json: bool) -> None:
    """List runs, newest first."""
    status = filters["status"]
    states = {"queued", "running", *ENDED}
    if status is not None and status not in states:
        raise Invalid("status", given=repr(status), expected=", ".join(sorted(states)))
    with _history(settings) as bench:
        found = bench.engine.list(limit=limit, **filters)
    if as_json:
        emit([record.model_dump(mode="json") for record in found])
    elif not found:
        say("no runs yet: start one with `workbench run TEMPLATE`")
    else:
        show_table([_line(record, settings.language) for record in found])


def show(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show a run."""
    with _history(settings) as bench:
        record = bench.engine.get(name).model_dump(mode="json")
    emit(record) if as_json else run.show(record, language=settings.language)


def compare(settings: Settings, names: list[str], *, as_json: bool) -> None:
    """Show what differs between runs."""
    if len(names) < 2:
        raise Invalid("runs to compare", given=len(names), expected="two or more")
    with _history(settings) as bench:
        difference = compared(*(bench.engine.get(name) for name in names))
    if as_json:
        emit(difference)
        return
    for part in ("template", "inputs", "parameters", "verdict"):
        for name, values in difference[part].items():
            say(f"{part} {name}: {' → '.join(map(str, values))}")
    heads = [f"run {position}" for position in range(1, len(names) + 1)]
    kpis = [
        {"kpi": name, **dict(zip(heads, map(number, kpi["values"]), strict=True))}
        | {"change": number(kpi["change"]), "unit": kpi["unit"]}
        for name, kpi in difference["kpis"].items()
    ]
    show_table(kpis, ["kpi", *heads, "change", "unit"])


def rerun(settings: Settings, name: str, *, as_json: bool) -> int:
    """Run again what a run ran; return the exit status of the new run."""
    with _history(settings) as bench:
        bench.engine.get(name)  # says so when there is no such run
        request = request_of(bench.engine.history.job(name), origin="cli")
    body = request.model_dump(mode="json")
    server = handover.find(settings.workspace.root)
    quiet = run.quiet(as_json)
    if server is not None:
        record = run.on_server(server, body, settings=settings, quiet=quiet)
    else:
        record = local.run(body, settings=settings, quiet=quiet)
    emit(record) if as_json else run.show(record, language=settings.language)
    return exit_status(record)


def cancel(settings: Settings, name: str, *, as_json: bool) -> None:
    """Cancel a run; only the server that runs it can."""
    server = handover.find(settings.workspace.root)
    if server is not None:
        record: dict[str, Any] = server.call("POST", f"/runs/{name}/cancel")
    else:
        with _history(settings) as bench:
            found = bench.engine.get(name)
            record = (found if found.ended else bench.engine.cancel(name)).model_dump(mode="json")
    emit(record) if as_json else say(f"{record['run']}  {record['status']}")


@contextmanager
def _history(settings: Settings) -> Iterator[Workbench]:
    """Open the workspace to read its history: nothing is started."""
    bench = Workbench(settings, full=False)
    try:
        yield bench
    finally:
        bench.stop()


def _line(record: RunRecord, language: str) -> dict[str, Any]:
    verdict = record.verdict or record.refusal
    answer = pick(verdict.text, language) if verdict else (record.error.message if record.error else "")
    return {
        "run": record.run,
        "template": record.template.id,
        "status": record.status,
        "created": record.created,
        "seconds": record.seconds.total,
        "answer": answer,
    }
