"""``workbench sweep`` and ``workbench sweeps``: on the running server when there is one, else right here."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from pydantic import ValidationError

from workbench.app import Workbench
from workbench.commands import handover, run
from workbench.commands.local import create_demo
from workbench.commands.output import emit, note, number, say, show_table
from workbench.config import Settings, pick
from workbench.errors import Invalid
from workbench.runs.sweep import SweepRequest
from workbench.runs.sweep_board import lead_kpi, worst_first
from workbench.runs.sweep_store import Sweep
from workbench.runs.sweep_table import document

LOOK_S = 0.5


def sweep(settings: Settings, body: Mapping[str, Any], *, as_json: bool) -> int:
    """Run a sweep and wait for it; an interrupt cancels it. Return the exit status."""
    request = _request(body)
    with _working(settings) as bench:
        if isinstance(bench, handover.Server):
            name = bench.call("POST", "/sweeps", body=body)["sweep"]
        else:
            create_demo(bench, request.run)
            name = bench.sweeps.create(request)
        return _follow(settings, bench, name, as_json=as_json)


def plan(settings: Settings, body: Mapping[str, Any], *, as_json: bool) -> None:
    """Show the points that a sweep means."""
    request = _request(body)
    with looking(settings) as bench:
        create_demo(bench, request.run)
        found = bench.sweeps.plan(request)
    if as_json:
        emit([point.model_dump(mode="json") for point in found.points])
        return
    say(f"{len(found.points)} runs of {found.template}")
    show_table([{"point": point.number, **_at(point.at)} for point in found.points])
    if found.left_out:
        note(f"{found.left_out} rows without a value are in no run")


def list_all(settings: Settings, *, limit: int, as_json: bool) -> None:
    """List sweeps, newest first."""
    with looking(settings) as bench:
        found = bench.sweeps.list(limit)
    if as_json:
        emit([one.document() for one in found])
    elif not found:
        say("no sweeps yet: start one with `workbench sweep TEMPLATE --over COLUMN=*`")
    else:
        show_table([_line(one) for one in found])


def show(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show the points of a sweep, worst first."""
    with looking(settings) as bench:
        _tell(bench, name, as_json=as_json)


def cancel(settings: Settings, name: str, *, as_json: bool) -> None:
    """Cancel a sweep."""
    server = handover.find(settings.workspace.root)
    if server is not None:
        server.call("POST", f"/sweeps/{name}/cancel", timeout=120.0)
    with looking(settings) as bench:
        found = bench.sweeps.get(name) if server is not None else bench.sweeps.cancel(name)
    emit(found.document()) if as_json else say(f"{found.sweep}  {_counted(found)}")


def retry(settings: Settings, name: str, *, as_json: bool) -> int:
    """Run the failed points of a sweep again and wait; return the exit status."""
    return _go_on(settings, name, "retry", as_json=as_json)


def resume(settings: Settings, name: str, *, as_json: bool) -> int:
    """Go on with a cancelled sweep and wait; return the exit status."""
    return _go_on(settings, name, "resume", as_json=as_json)


def _go_on(settings: Settings, name: str, how: str, *, as_json: bool) -> int:
    with _working(settings) as bench:
        if isinstance(bench, handover.Server):
            bench.call("POST", f"/sweeps/{name}/{how}")
        else:
            getattr(bench.sweeps, how)(name)
        return _follow(settings, bench, name, as_json=as_json)


def _request(body: Mapping[str, Any]) -> SweepRequest:
    try:
        return SweepRequest.model_validate(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Invalid("--over", expected=str(first["msg"]).removeprefix("Value error, ")) from error


@contextmanager
def _working(settings: Settings) -> Iterator["Workbench | handover.Server"]:
    """Give whoever runs things: the workspace's server, or a workbench of our own."""
    server = handover.find(settings.workspace.root)
    if server is not None:
        yield server
        return
    with Workbench(settings, full=False) as bench:
        yield bench


@contextmanager
def looking(settings: Settings) -> Iterator[Workbench]:
    """Open the workspace to read it: nothing is started."""
    bench = Workbench(settings, full=False)
    try:
        yield bench
    finally:
        bench.stop()


def _follow(settings: Settings, bench: "Workbench | handover.Server", name: str, *, as_json: bool) -> int:
    """Wait for the end of a sweep and tell its answers; an interrupt cancels it."""
    stop: Callable[[], Any]
    if isinstance(bench, handover.Server):
        server = bench
        look = lambda: server.call("GET", f"/sweeps/{name}")  # noqa: E731
        stop = lambda: server.call("POST", f"/sweeps/{name}/cancel", timeout=120.0)  # noqa: E731
    else:
        own = bench
        look = lambda: own.sweeps.get(name).document()  # noqa: E731
        stop = lambda: own.sweeps.cancel(name)  # noqa: E731
    try:
        _wait(look, quiet=run.quiet(as_json))
    except KeyboardInterrupt:
        stop()
        raise
    with looking(settings) as reader:
        found = _tell(reader, name, as_json=as_json)
    return 1 if found.failed else 0


def _wait(look: Callable[[], Mapping[str, Any]], *, quiet: bool) -> None:
    told = -1
    while not (found := look())["ended"]:
        if not quiet and found["done"] != told:
            told = found["done"]
            note(f"… {told} of {found['points']} done, {found['failed']} without an answer")
        time.sleep(LOOK_S)


def _tell(bench: Workbench, name: str, *, as_json: bool) -> Sweep:
    board, language = bench.sweeps.board(name), bench.settings.language
    template = bench.sweeps.template(board.sweep)
    rows = worst_first(board.rows, template)
    if as_json:
        emit(board.sweep.document() | {"rows": [document(row, language) for row in rows]})
        return board.sweep
    lead = lead_kpi(template, rows)
    lines = []
    for row in rows:
        kpi = row.kpis.get(lead or "")
        numbers = {lead: f"{number(kpi.value)} {kpi.unit or ''}".strip() if kpi else ""} if lead else {}
        told = {"level": row.level, **numbers, "answer": pick(row.text, language)}
        lines.append({**_at(row.at), "status": row.state, **told, "run": row.run if row.has_run else ""})
    show_table(lines)
    say(f"{board.sweep.sweep}  {_counted(board.sweep)}")
    return board.sweep


def _at(at: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: f"{value['from']} … {value['to']}" if isinstance(value, Mapping) else value
        for name, value in at.items()
    }


def _counted(sweep: Sweep) -> str:
    return ", ".join(f"{count} {state}" for state, count in sorted(sweep.counts.items()))


def _line(sweep: Sweep) -> dict[str, Any]:
    over = " × ".join(axis["name"] for axis in sweep.axes)
    return {
        "sweep": sweep.sweep,
        "template": sweep.template,
        "over": over,
        "points": sweep.points,
        "done": sweep.done,
        "failed": sweep.failed,
        "created": sweep.created,
    }
