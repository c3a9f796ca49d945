"""What `templates check` looks at beyond what loading needs: form on disk, and whether it reads like a page.

House rules (both languages, folder of the domain) hold for house templates only.
"""

import ast
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.config import LANGUAGES
from workbench.errors import WorkbenchError, did_you_mean
from workbench.templates.canonical import canonical
from workbench.templates.front_matter import FrontMatter, front_matter_text, is_contract
from workbench.templates.library import house_templates
from workbench.templates.located_yaml import Document, parse
from workbench.templates.notebook_file import Cell, Notebook, read_notebook
from workbench.templates.problem import Problem
from workbench.templates.proof_cases import read_proof
from workbench.templates.steps import BETWEEN_LANGUAGES, headings
from workbench.templates.template import Template, examine

MAX_CELL_LINES = 15
ALLOWED_IMPORTS = frozenset({"numpy", "pandas", "bokeh", "holoviews", "hvplot"})
ALLOWED_OWN = ("workbench", "workbench.methods", "workbench.charts")
_TEXTS = {"title", "summary", "decision", "label", "help"}
_TEXT_MAPS = {"choices", "values"}
_RECORDERS = {
    "kpi": "kpis",
    "table": "tables",
    "figure": "figures",
    "alarm": "alarms",
    "verdict": "verdicts",
    "refuse": "refusals",
}


def check(path: Path, *, fix: bool = False, house: bool | None = None) -> list[Problem]:
    """Return everything to correct in one notebook; with `fix`, first write it in its canonical form."""
    try:
        notebook = read_notebook(path)
        wanted = canonical(notebook)
        if fix and path.read_bytes() != wanted:
            path.write_bytes(wanted)
            notebook = read_notebook(path)
        template, problems = examine(path)
    except WorkbenchError as error:
        return [Problem(str(error))]
    problems = list(problems)
    text = _contract_text(notebook)
    if text is None:
        # A notebook from the wild owes us nothing but being readable Python.
        return problems
    if path.read_bytes() != wanted:
        problems.append(
            Problem("not in canonical form", fixable=True, hint="run: workbench templates check --fix")
        )
    is_house = house_templates() in path.resolve().parents if house is None else house
    document, _ = parse(text, offset=1)
    if is_house:
        problems += [*_missing_languages(document), *_one_language_headings(notebook), *_ending(notebook)]
    if template is not None and template.contract is not None:
        problems += _result_problems(template.contract, document, notebook)
        if is_house and path.parent.name != template.contract.domain:
            line = document.line(("domain",))
            problems.append(Problem(f"lies in folder {path.parent.name!r}", line=line, path="domain"))
        problems += _proof_problems(template)
    problems += _cell_problems(notebook)
    return sorted(problems, key=lambda problem: (problem.cell or 0, problem.line or 0))


def _proof_problems(template: Template) -> Iterator[Problem]:
    try:
        read_proof(template)
    except WorkbenchError as error:
        yield Problem(str(error))


def _contract_text(notebook: Notebook) -> str | None:
    first = notebook.cells[0] if notebook.cells else None
    text = front_matter_text(first.source) if first and first.kind == "raw" else None
    return text if text and is_contract(text) else None


def _missing_languages(document: Document) -> Iterator[Problem]:
    """Find texts for people that are not written in both languages."""

    def walk(data: Any, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        for key, value in data.items() if isinstance(data, dict) else []:
            inner = (*path, key)
            # A column or parameter may itself be called `title`: texts sit where models have them.
            if key in _TEXTS and not _is_named_part(path):
                if not _is_bilingual(value):
                    yield inner
            elif key in _TEXT_MAPS and isinstance(value, dict) and not _is_named_part(path):
                yield from ((*inner, name) for name, text in value.items() if not _is_bilingual(text))
            else:
                yield from walk(value, inner)

    for path in walk(document.data, ()):
        where = ".".join(str(step) for step in path)
        yield Problem("needs both languages: {en: …, zh: …}", line=document.line(path, key=True), path=where)


def _is_named_part(path: tuple[str | int, ...]) -> bool:
    """Tell whether the keys at this path are names an author chose."""
    return bool(path) and path[-1] in {"inputs", "parameters", "columns", "results", *_RECORDERS.values()}


def _is_bilingual(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        str(value.get(language) or "").strip() for language in LANGUAGES
    )


def _one_language_headings(notebook: Notebook) -> Iterator[Problem]:
    for index, cell in enumerate(notebook.cells):
        for _, title in headings(cell.source) if cell.kind == "markdown" else []:
            if BETWEEN_LANGUAGES not in title:
                yield Problem(
                    f"heading {title!r} is in one language", cell=index, hint="write: English · 中文"
                )


def _ending(notebook: Notebook) -> Iterator[Problem]:
    code = [cell.source for cell in notebook.cells if cell.kind == "code"]
    if not code or code[-1].strip() != "wb.preview()":
        yield Problem("the last cell is not wb.preview()", cell=len(notebook.cells) - 1)


def _cell_problems(notebook: Notebook) -> Iterator[Problem]:
    if not any(cell.kind == "markdown" and any(headings(cell.source)) for cell in notebook.cells):
        yield Problem("no headings: they are the steps a progress line shows")
    for index, cell in enumerate(notebook.cells):
        if cell.kind != "code":
            continue
        lines = len(cell.source.splitlines())
        if lines > MAX_CELL_LINES and "parameters" not in cell.tags:
            yield Problem(f"{lines} lines, at most {MAX_CELL_LINES}", cell=index)
        tree = _tree(cell)
        if tree is None:
            yield Problem("not plain Python", cell=index)
            continue
        for node in ast.walk(tree):
            yield from _node_problems(node, index)


def _tree(cell: Cell) -> ast.Module | None:
    try:
        return ast.parse(cell.source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _node_problems(node: ast.AST, cell: int) -> Iterator[Problem]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        hint = "logic belongs into workbench.methods or a package of yours"
        yield Problem(f"defines {node.name}", cell=cell, line=node.lineno, hint=hint)
    modules: list[str] = []
    if isinstance(node, ast.Import):
        modules = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        modules = ["." * node.level + (node.module or "")]
    for module in modules:
        if not _may_import(module):
            assert isinstance(node, ast.Import | ast.ImportFrom)  # noqa: S101 - for the type checker
            yield Problem(f"imports {module}", cell=cell, line=node.lineno, hint=_import_hint())


def _import_hint() -> str:
    return "a template imports workbench, numpy, pandas, bokeh, holoviews, hvplot and the standard library"


def _may_import(module: str) -> bool:
    top = module.partition(".")[0]
    if top == "workbench":
        return module == "workbench" or module.startswith(ALLOWED_OWN[1:])
    return top in ALLOWED_IMPORTS or top in sys.stdlib_module_names


def _result_problems(contract: FrontMatter, document: Document, notebook: Notebook) -> Iterator[Problem]:
    """Compare the results the cells record with those the front matter declares."""
    recorded, dynamic = _recorded(notebook)
    for section, uses in recorded.items():
        declared = list(getattr(contract.results, section))
        for name, cell, line in uses:
            if name not in declared:
                near = did_you_mean(name, declared)
                hint = f"did you mean {near!r}?" if near else f"declare it under results.{section}"
                yield Problem(f"{name!r} is not in results.{section}", cell=cell, line=line, hint=hint)
    for section in _RECORDERS.values():
        if section == "refusals":
            continue  # a method refuses by raising, which no cell shows
        names = {name for name, _, _ in recorded[section]}
        for name in getattr(contract.results, section):
            if name not in names and section not in dynamic:
                path = ("results", section, name)
                yield Problem("is never recorded", line=document.line(path, key=True), path=".".join(path))


def _recorded(notebook: Notebook) -> tuple[dict[str, list[tuple[str, int, int]]], set[str]]:
    """Find the names given to wb.kpi, wb.table, …, and the kinds whose names are computed."""
    found: dict[str, list[tuple[str, int, int]]] = {section: [] for section in _RECORDERS.values()}
    dynamic: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        tree = _tree(cell) if cell.kind == "code" else None
        for node in ast.walk(tree) if tree else []:
            section = _recorder(node)
            if section is None or not isinstance(node, ast.Call):
                continue
            given = node.args[0] if node.args else None
            named = next((word.value for word in node.keywords if word.arg in ("name", "code")), given)
            names = list(_literals(named))
            found[section] += [(name, index, node.lineno) for name in names]
            if not names or _is_partly_computed(named):
                dynamic.add(section)
    return found, dynamic


def _recorder(node: ast.AST) -> str | None:
    """Return the section of the results that a call of the author's API fills."""
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return None
    owner = node.func.value
    is_api = isinstance(owner, ast.Name) and owner.id in ("wb", "workbench")
    return _RECORDERS.get(node.func.attr) if is_api else None


def _literals(node: ast.expr | None) -> Iterator[str]:
    """Yield the names an expression can be: a string, or the strings of `a if b else c`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _is_partly_computed(node: ast.expr | None) -> bool:
    if isinstance(node, ast.IfExp):
        return _is_partly_computed(node.body) or _is_partly_computed(node.orelse)
    return not (isinstance(node, ast.Constant) and isinstance(node.value, str))
