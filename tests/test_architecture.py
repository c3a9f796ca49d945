"""The shape of the code: imports point down, modules and functions stay small."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "workbench"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 60
P95_FUNCTION_LINES = 40
MEDIAN_FUNCTION_LINES = 8
MAX_ARGUMENTS = 7
LATE_IMPORTERS = {"cli.py"}  # commands are imported when they are called
BANNED_NAMES = {"utils.py", "helpers.py", "common.py", "manager.py"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def lines(function: Function) -> int:
    """Count a function's lines without its docstring and decorators."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    return (body[-1].end_lineno - body[0].lineno + 2) if body else 1


def arguments(function: Function) -> int:
    """Count a function's arguments, self left out."""
    given = function.args
    return len(
        [arg for arg in given.posonlyargs + given.args + given.kwonlyargs if arg.arg not in {"self", "cls"}]
    )


def named(path: Path, function: Function) -> str:
    return f"{path.relative_to(PACKAGE)}:{function.lineno} {function.name}"


def test_imports_point_down():
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    told = subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout[-3000:]


def test_modules_can_be_read_in_one_sitting():
    sizes = {str(path.relative_to(PACKAGE)): len(path.read_text("utf-8").splitlines()) for path in MODULES}

    assert {name: size for name, size in sizes.items() if size > MAX_MODULE_LINES} == {}


def test_functions_fit_on_one_screen():
    long = [
        f"{named(path, function)}: {lines(function)}"
        for path in MODULES
        for function in functions(path)
        if lines(function) > MAX_FUNCTION_LINES
    ]

    assert long == []


def test_most_functions_are_short():
    sizes = sorted(lines(function) for path in MODULES for function in functions(path))

    assert median(sizes) <= MEDIAN_FUNCTION_LINES
    assert sizes[int(len(sizes) * 0.95)] <= P95_FUNCTION_LINES


def test_functions_take_few_arguments():
    # The command line's functions are declarations: an argument for each option a person may give.
    many = [
        f"{named(path, function)}: {arguments(function)}"
        for path in MODULES
        if not path.name.startswith("cli")
        for function in functions(path)
        if arguments(function) > MAX_ARGUMENTS
    ]

    assert many == []


def test_own_modules_are_imported_at_the_top():
    late = [
        f"{named(path, function)}"
        for path in MODULES
        if path.name not in LATE_IMPORTERS
        for function in functions(path)
        for node in ast.walk(function)
        if (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "workbench")
        or (isinstance(node, ast.Import) and any(name.name.startswith("workbench") for name in node.names))
    ]

    assert late == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_says_what_it_decides(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))

    assert ast.get_docstring(tree)
    if path.name == "__init__.py" and path.parent != PACKAGE:
        assert len(tree.body) == 1, "a sub-package's __init__ holds its docstring and nothing else"


def test_no_module_is_a_drawer():
    assert [path.name for path in MODULES if path.name in BANNED_NAMES] == []


def test_the_authors_api_stays_small():
    import workbench

    assert len(workbench.__all__) <= 12
