"""``workbench run``: from arguments to a request, from a record to lines.

Imports nothing heavy: with a server running, the command is a request and an answer.
"""

import contextlib
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from workbench.commands.handover import Server
from workbench.commands.output import note, number, say
from workbench.config import Settings, pick
from workbench.errors import Invalid

FILE_TYPES = {
    *(".csv", ".tsv", ".txt", ".dat", ".tab", ".asc", ".gz"),
    *(".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et", ".parquet", ".pq"),
}
POLL_S = 20.0
CLOCK_S = 0.01  # times in a record are rounded
MARKS = {"good": "✓", "warning": "!", "bad": "✗", "info": "i"}


def request(
    template: str,
    *,
    inputs: Sequence[str],
    maps: Sequence[str],
    filters: Sequence[str] = (),
    values: Sequence[str] = (),
) -> dict[str, Any]:
    """Build the run request from the arguments of ``workbench run``, with absolute paths."""
    sources = _pairs(inputs, "--input", "ROLE=TABLE or ROLE=FILE")
    return {
        "template": _absolute_notebook(template),
        "inputs": {role: absolute(reference) for role, reference in sources.items()},
        "mapping": _by_role(maps, "--map", "ROLE.column=source"),
        "filters": _filters(filters),
        "parameters": _pairs(values, "--set", "NAME=VALUE"),
        "origin": "cli",
        "user": os.environ.get("USER", ""),
    }


def _filters(given: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read what columns are held to: a value, or ``from..to`` with either end left out."""
    found = _by_role(given, "--filter", "ROLE.column=value or ROLE.column=from..to")
    return {
        role: {column: _held_to(text) for column, text in columns.items()} for role, columns in found.items()
    }


def _held_to(text: str) -> str | dict[str, str]:
    start, dots, end = text.partition("..")
    return {name: bound for name, bound in (("from", start), ("to", end)) if bound} if dots else text


def _by_role(given: Sequence[str], option: str, form: str) -> dict[str, dict[str, str]]:
    """Read ``ROLE.column=value``; a column's name may hold dots."""
    found: dict[str, dict[str, str]] = {}
    for key, value in _pairs(given, option, form).items():
        role, dot, column = key.partition(".")
        if not (role and dot and column):
            raise Invalid(option, given=repr(f"{key}={value}"), expected=form)
        found.setdefault(role, {})[column] = value
    return found


def on_server(server: Server, body: Mapping[str, Any], *, settings: Settings, quiet: bool) -> dict[str, Any]:
    """Submit to the running server and wait; an interrupt here cancels the run there."""
    record: dict[str, Any] = server.call("POST", "/runs", body=body)
    seen: set[str] = set()
    poll_s = POLL_S if quiet else 0.5
    try:
        while record["status"] in {"queued", "running"}:
            path = f"/runs/{record['run']}?wait_s={poll_s}"
            record = server.call("GET", path, timeout=poll_s + 30)
            if not quiet:
                _tell_steps(record, seen, settings.language)
    except KeyboardInterrupt:
        with contextlib.suppress(Exception):
            server.call("POST", f"/runs/{record['run']}/cancel")
        raise
    return published(settings.workspace.runs / record["run"], record)


def tell_earlier(record: Mapping[str, Any], *, since: float) -> None:
    """Say so when what is shown was computed before this command began."""
    created = datetime.fromisoformat(record["created"])
    if created.timestamp() < since - CLOCK_S:
        note(f"computed on {created.astimezone():%Y-%m-%d %H:%M}: without --reuse it runs again")


def published(folder: Path, record: dict[str, Any]) -> dict[str, Any]:
    """Return the record as published in the workspace, with the paths that the server keeps to itself."""
    path = folder / "run.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else record


def absolute(reference: str) -> str:
    """Return a file's absolute path; a table's name stays as it is."""
    path = Path(reference).expanduser()
    is_file = path.suffix.lower() in FILE_TYPES or "/" in reference or "\\" in reference or path.is_file()
    return str(path.resolve()) if is_file else reference


def show(record: Mapping[str, Any], *, language: str) -> None:
    """Print a run as people read it: the answer first, then its numbers, then where everything lies."""
    say(
        f"{record['template']['id']}  {record['status']}  {record['seconds']['total']:.2f} s  {record['run']}"
    )
    for line in _answer(record, language):
        say(line)
    for name, kpi in record["kpis"].items():
        limits = f"  [{number(kpi['low'])}, {number(kpi['high'])}]" if kpi.get("low") is not None else ""
        say(f"  {name:<24} {number(kpi['value'])} {kpi.get('unit') or ''}{limits}".rstrip())
    for alarm in record["alarms"]:
        if alarm["active"]:
            say(f"  ! {pick(alarm['text'], language)}")
    for name, path in record["tables"].items():
        say(f"  {name:<24} {path}")
    if record.get("notebook"):
        say(f"  {'notebook':<24} {record['notebook']}")


def _answer(record: Mapping[str, Any], language: str) -> list[str]:
    lines = []
    if verdict := record.get("verdict"):
        lines.append(f"{MARKS.get(verdict['level'], '')} {pick(verdict['text'], language)}")
        lines.append(f"  {pick(verdict.get('next_step'), language)}")
    if refusal := record.get("refusal"):
        lines.append(f"{MARKS['warning']} {pick(refusal['text'], language)}")
        lines.append(f"  {pick(refusal.get('remedy'), language)}")
    if error := record.get("error"):
        where = f" (in “{error['heading']}”)" if error.get("heading") else ""
        lines.append(f"{MARKS['bad']} {error['message']}{where}")
    return [line for line in lines if line.strip()]


def _tell_steps(record: Mapping[str, Any], seen: set[str], language: str) -> None:
    for step in record.get("steps", ()):
        if step["state"] == "running" and step["title"] not in seen:
            seen.add(step["title"])
            note(f"… {pick(step['title'], language)}")


def quiet(as_json: bool) -> bool:
    """Whether nobody watches: JSON was asked for, or stderr is not a terminal."""
    return as_json or not sys.stderr.isatty()


def _pairs(items: Sequence[str], option: str, form: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in items:
        key, equals, value = item.partition("=")
        if not equals or not key.strip():
            raise Invalid(option, given=repr(item), expected=form)
        if key.strip() in found:
            raise Invalid(f"{option} {key.strip()}", given="two values", expected="one")
        found[key.strip()] = value
    return found


def _absolute_notebook(template: str) -> str:
    path = Path(template).expanduser()
    return str(path.resolve()) if path.suffix == ".ipynb" or "/" in template else template
