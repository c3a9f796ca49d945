"""Write docs/reference from the code: settings, commands, API routes, templates.

Run it after a change: .venv/bin/python scripts/reference.py. A test compares its output with the files.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, cast

import typer

from workbench.api.app import create
from workbench.app import Workbench
from workbench.cli import app
from workbench.config import SETTINGS
from workbench.templates.library import Library, house_templates
from workbench.templates.proof_cases import CaseSheet, Outcome, read_sheet
from workbench.templates.template import Template

DOCS = Path(__file__).resolve().parents[1] / "docs"
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
PROOF_INTRO = """\
{agree} of {total} published numbers agree, in {templates} templates. Each line is a run of the template on
published data; `workbench templates prove` runs them again. Digits are the agreeing significant digits (log
relative error, at most 15). A number that is not met stays here, with the reason.
"""
LONGEST = 60  # characters of a list
METHODS = ("get", "post", "put", "patch", "delete")


def pages() -> dict[str, str]:
    """Return every page by its path below docs."""
    return {
        "reference/settings.md": settings(),
        "reference/cli.md": cli(),
        "reference/api.md": api(),
        "reference/templates.md": templates(),
        "proof.md": proofs(),
    }


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


def proofs() -> str:
    """Return the proof sheets: every published number that a template claims, and what it gets."""
    found = [
        (template, sheet)
        for template in Library([house_templates()], packages=False).list()
        if (sheet := read_sheet(template)) is not None
    ]
    lines = [line for _, sheet in found for line in sheet.outcomes]
    agree = sum(line.passed for line in lines)
    parts = [f"# Proof\n\n{NOTE}", PROOF_INTRO.format(agree=agree, total=len(lines), templates=len(found))]
    summary = [(f"[{t.id}](#{t.id})", s.summary, str(len(s.cases)), _digits(s.outcomes)) for t, s in found]
    parts.append(_table(("template", "agree", "cases", "digits: fewest, median"), summary))
    differ = [
        (t.id, case.name["en"], f"`{line.result}`", _exact(line.expected), _why(line), line.source or "")
        for t, s in found
        for case in s.cases
        for line in case.outcomes
        if not line.passed
    ]
    parts.append("## Not met\n")
    parts.append(_table(("template", "case", "result", "published", "why", "source"), differ))
    for template, sheet in found:
        parts.append(f"## {template.id}\n")
        rows = [_proved(case, line) for case in sheet.cases for line in case.outcomes]
        parts.append(_table(("case", "result", "published", "obtained", "digits", "", "source"), rows))
    return "\n".join(parts)


def _proved(case: CaseSheet, line: Outcome) -> tuple[str, ...]:
    bound = {"at_most": "≤ ", "at_least": "≥ "}.get(line.comparison, "")
    digits = "" if line.digits is None else f"{line.digits:.1f}"
    mark = "✓" if line.passed else "✗"
    published, obtained = bound + _exact(line.expected), _exact(line.obtained)
    return case.name["en"], f"`{line.result}`", published, obtained, digits, mark, line.source or ""


def _digits(lines: Iterable[Outcome]) -> str:
    found = sorted(line.digits for line in lines if line.passed and line.digits is not None)
    return f"{found[0]:.1f}, {median(found):.1f}" if found else ""


def _why(line: Outcome) -> str:
    return line.why["en"] if line.why else line.reason or f"obtained {_exact(line.obtained)}"


def _exact(value: Any) -> str:
    text = f"{value:.10g}" if isinstance(value, float) else str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


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
            _both(field.label) + (f". {field.help['en']}" if field.help else "") + _choices(field),
        )
        for field in template.fields()
    ]
    if fields:
        parts += ["### Parameters\n", _table(("name", "type", "default", "meaning"), fields)]
    results = [
        (kind.removesuffix("s"), f"`{name}`", (_both(spec.label) if spec.label else "") + _columns(spec))
        for kind in ("kpis", "tables", "figures", "alarms", "verdicts", "refusals")
        for name, spec in getattr(template.results, kind).items()
    ]
    parts += ["### Results\n", _table(("kind", "name", "meaning"), results)]
    if template.contract and template.contract.standards:
        parts.append(f"Standards: {', '.join(template.contract.standards)}.\n")
    return "\n".join(parts)


def _choices(field: Any) -> str:
    named = ", ".join(f"`{choice.value}`" for choice in field.choices or [])
    return f" One of {named}" if named else ""


def _columns(spec: Any) -> str:
    named = ", ".join(f"`{column}`" for column in getattr(spec, "columns", ()))
    return f": {named}" if named else ""


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
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote docs/{name}\n")
