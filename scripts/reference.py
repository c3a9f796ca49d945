"""Write docs/reference from the code: settings, commands, API routes, templates.

Run it after a change: .venv/bin/python scripts/reference.py. A test compares its output with the files.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import typer

from workbench.api.app import create
from workbench.app import Workbench
from workbench.cli import app
from workbench.config import SETTINGS
from workbench.templates.library import Library, house_templates
from workbench.templates.template import Template

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
NOTE = "<!-- Written by scripts/reference.py from the code: change it there. -->\n"
SETTINGS_INTRO = """\
A setting is an environment variable. A command's own option wins over it, and it wins over the default.
`--workspace` is the option for `WORKBENCH_HOME`; `serve` has options for the host, the port and the demo.
"""
CLI_INTRO = """\
`--json` prints exactly one JSON document on stdout; everything else goes to stderr. A failure with `--json`
prints `{"error": {"code", "subject", "given", "expected", "hint", "message"}}`.

| exit status | meaning |
|---|---|
| 0 | succeeded |
| 1 | failed, timed out, over a limit, cancelled or lost |
| 2 | the request makes no sense: the message names the value and what was expected |
| 3 | refused: the data cannot carry the answer, and the message says what to do |
"""
API_INTRO = """\
The server answers under `/api/v1`; `/api/v1/openapi.json` describes every field. An error is
`{"error": {"code", "subject", "given", "expected", "hint", "message"}}` with status 404 (nothing of that
name), 409 (refused), 413 (too large), 422 (invalid), 503 or 507 (a server, disk or source is missing).

A run's tables, figures and notebook are addresses here: the server tells no paths of its own. Only a client
that can read `server.token` in the workspace (`Authorization: Bearer …`) may name files of the machine as
inputs or templates; the command line does.
"""
METHODS = ("get", "post", "put", "patch", "delete")


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {"settings.md": settings(), "cli.md": cli(), "api.md": api(), "templates.md": templates()}


def settings() -> str:
    """Return the page of settings."""
    rows = [(f"`{row.variable}`", row.type.__name__, f"`{row.default}`", row.help) for row in SETTINGS]
    table = _table(("variable", "type", "default", "meaning"), rows)
    return f"# Settings\n\n{NOTE}\n{SETTINGS_INTRO}\n{table}"


def cli() -> str:
    """Return the page of commands."""
    parts = [f"# Command line\n\n{NOTE}", CLI_INTRO]
    for name, command in _commands(typer.main.get_command(app), "workbench"):
        parts.append(f"## {name}\n\n{(command.help or '').strip()}\n\n```\n{_usage(name, command)}\n```\n")
        rows = [(_option(parameter), _help(parameter)) for parameter in _parameters(command)]
        parts.append(_table(("argument or option", "meaning"), rows) if rows else "")
    return "\n".join(part for part in parts if part)


def api() -> str:
    """Return the page of routes."""
    schema = create(cast(Workbench, None)).openapi()
    routes = (
        _route(method, path, operations[method])
        for path, operations in schema["paths"].items()
        for method in METHODS
        if method in operations
    )
    return "\n".join([f"# REST API\n\n{NOTE}", API_INTRO, *routes])


def templates() -> str:
    """Return the page of the house's templates."""
    parts = [f"# Templates\n\n{NOTE}", "What each template of the house reads, asks for and records.\n"]
    parts += [_template(template) for template in Library([house_templates()], packages=False).list()]
    return "\n".join(parts)


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    for part, child in getattr(command, "commands", {}).items():
        if hasattr(child, "commands"):
            yield from _commands(child, f"{name} {part}")
        else:
            yield f"{name} {part}", child


def _parameters(command: Any) -> list[Any]:
    return [parameter for parameter in command.params if "--help" not in parameter.opts]


def _is_option(parameter: Any) -> bool:
    return any(name.startswith("-") for name in parameter.opts)


def _usage(name: str, command: Any) -> str:
    arguments = [
        parameter.metavar or parameter.name.upper()
        for parameter in _parameters(command)
        if not _is_option(parameter)
    ]
    options = " [OPTIONS]" if any(_is_option(parameter) for parameter in _parameters(command)) else ""
    return " ".join([name + options, *arguments])


def _option(parameter: Any) -> str:
    if not _is_option(parameter):
        return f"`{parameter.metavar or parameter.name.upper()}`"
    names = " / ".join([*parameter.opts, *parameter.secondary_opts])
    value = "" if parameter.is_flag else f" {parameter.metavar}"
    return f"`{names}{value}`"


def _help(parameter: Any) -> str:
    default = parameter.default
    shown = getattr(parameter, "show_default", None)
    if isinstance(shown, str):
        return f"{parameter.help} Default: {shown}."
    if default is None or callable(default) or isinstance(default, bool) or str(default) in {"", "."}:
        return parameter.help or ""
    return f"{parameter.help} Default: {default}."


def _route(method: str, path: str, operation: dict[str, Any]) -> str:
    rows = [
        (f"`{parameter['name']}`", parameter.get("description", ""))
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    ]
    form = (
        operation.get("requestBody", {}).get("content", {}).get("multipart/form-data", {}).get("schema", {})
    )
    rows += [(f"`{name}`", field["description"]) for name, field in form.get("properties", {}).items()]
    text = f"## {operation['summary']}\n\n`{method.upper()} {path}`\n\n{operation.get('description', '')}\n"
    return f"{text}\n{_table(('parameter', 'meaning'), rows)}" if rows else text


def _template(template: Template) -> str:
    parts = [
        f"## {template.id}\n\n{template.title['en']} · {template.title['zh']}\n",
        f"{template.decision['en'] if template.decision else ''} {template.summary['en']}\n",
        "### Inputs\n",
    ]
    columns = [
        (f"`{role}`", f"`{name}`", spec.type + (", optional" if spec.optional else ""), _both(spec.label))
        for role, need in template.inputs.items()
        for name, spec in need.columns.items()
    ]
    parts.append(_table(("input", "column", "type", "meaning"), columns))
    fields = [
        (
            f"`{field.name}`",
            field.type,
            f"`{field.default}`",
            _both(field.label) + (f". {field.help['en']}" if field.help else ""),
        )
        for field in template.fields()
    ]
    if fields:
        parts += ["### Parameters\n", _table(("name", "type", "default", "meaning"), fields)]
    results = [
        (kind.removesuffix("s"), f"`{name}`", _both(spec.label) if spec.label else "")
        for kind in ("kpis", "tables", "figures", "alarms", "verdicts", "refusals")
        for name, spec in getattr(template.results, kind).items()
    ]
    parts += ["### Results\n", _table(("kind", "name", "meaning"), results)]
    if template.contract and template.contract.standards:
        parts.append(f"Standards: {', '.join(template.contract.standards)}.\n")
    return "\n".join(parts)


def _both(text: Any) -> str:
    return f"{text['en']} · {text['zh']}" if text["en"] != text["zh"] else str(text["en"])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(head), *(list(row) for row in rows)]
    shown = ["| " + " | ".join(_cell(text) for text in line) + " |" for line in lines]
    shown.insert(1, "|" + "---|" * len(lines[0]))
    return "\n".join(shown) + "\n"


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


if __name__ == "__main__":
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote docs/reference/{name}\n")
