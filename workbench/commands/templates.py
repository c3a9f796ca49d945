"""``workbench templates``: what can be run, from the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbench.commands.output import emit, note, say, show_table
from workbench.config import Settings, pick
from workbench.errors import NotFound
from workbench.templates import check as checks
from workbench.templates import package as packages
from workbench.templates.library import library
from workbench.templates.new import new_template
from workbench.templates.template import Template


def list_all(settings: Settings, *, as_json: bool) -> None:
    """List templates; what cannot be offered is named on stderr."""
    known = library(settings.workspace)
    if as_json:
        emit([described(template) for template in known.list()])
    else:
        show_table([_line(template, settings.language) for template in known.list()])
    for broken in known.broken():
        note(f"not offered: {broken.path.name}: {broken.reason}")


def show(settings: Settings, name: str, *, as_json: bool) -> None:
    """Show one template."""
    template = library(settings.workspace).get(name)
    if as_json:
        contract = template.contract.model_dump(mode="json") if template.contract else None
        more = {"contract": contract, "parameters": template.schema(), "inputs": template.default_inputs()}
        emit(described(template) | more | {"steps": [step.text for step in template.steps()]})
        return
    language = settings.language
    say(f"{template.id} {template.version or ''}  {pick(template.title, language)}".strip())
    say(pick(template.summary, language))
    for role, need in template.inputs.items():
        optional = " (optional)" if need.optional else ""
        say(f"  --input {role}={template.default_inputs().get(role) or 'TABLE'}{optional}")
        for column, spec in need.columns.items():
            optional = ", optional" if spec.optional else ""
            say(f"      {column}: {spec.type}{optional}  {pick(spec.label, language)}")
    for field in template.fields():
        say(f"  --set {field.name}={field.default}  {field.type}  {pick(field.label, language)}")
        if field.choices:
            say(f"      one of {', '.join(str(choice.value) for choice in field.choices)}")
    for kind in ("kpis", "tables", "figures", "alarms"):
        if names := list(getattr(template.results, kind)):
            say(f"  {kind}: {', '.join(names)}")
    for name, table in template.results.tables.items():
        if table.columns:
            say(f"      {name}: {', '.join(table.columns)}")


def check(paths: Sequence[Path], *, fix: bool, as_json: bool) -> int:
    """Check notebooks; return 0 when all are in order, 2 when something is left to correct."""
    found = {path: checks.check(path, fix=fix) for path in _notebooks(paths)}
    wrong = {
        str(path): [str(problem) for problem in problems] for path, problems in found.items() if problems
    }
    if as_json:
        emit({"checked": len(found), "problems": wrong})
    else:
        for path, problems in wrong.items():
            for problem in problems:
                say(f"{path}: {problem}")
        say(f"{len(found)} checked, {len(wrong)} with problems")
    return 2 if wrong else 0


def new(settings: Settings, name: str, *, as_json: bool) -> None:
    """Write a new template."""
    path = new_template(name, settings.workspace.create().templates)
    emit({"template": name, "path": str(path)}) if as_json else say(
        str(path), f"edit it with: workbench lab {path.parent}", f"run it with: workbench run {name}"
    )


def package(settings: Settings, name: str, *, to: Path, as_json: bool) -> None:
    """Pack a template into one file."""
    path = packages.pack(library(settings.workspace).get(name), to.expanduser().resolve())
    emit({"template": name, "path": str(path)}) if as_json else say(str(path))


def install(settings: Settings, file: Path, *, as_json: bool) -> None:
    """Add a package or notebook to the workspace's templates."""
    template = packages.install(file.expanduser(), settings.workspace.create().templates)
    if as_json:
        emit(described(template) | {"path": str(template.path)})
    else:
        say(f"{template.id} {template.version or ''} installed: {template.path}")


def described(template: Template) -> dict[str, Any]:
    """Return what a list shows of a template."""
    return {
        "id": template.id,
        "version": template.version,
        "title": template.title,
        "summary": template.summary,
        "decision": template.decision,
        "domain": template.domain,
        "source": template.source,
        "notes": list(template.notes),
    }


def _notebooks(paths: Sequence[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not path.exists():
            raise NotFound("file or folder", given=path)
        inside = (one for one in path.rglob("*.ipynb") if ".ipynb_checkpoints" not in one.parts)
        found += sorted(inside) if path.is_dir() else [path]
    return found


def _line(template: Template, language: str) -> dict[str, Any]:
    return {
        "id": template.id,
        "version": template.version or "",
        "domain": template.domain or "",
        "title": pick(template.title, language),
        "decision": pick(template.decision, language),
    }
