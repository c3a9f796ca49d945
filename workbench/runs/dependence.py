"""Which cell of a notebook is the first that depends on a parameter or input; everything before it does not.

Read from the source alone, and on the safe side: a cell that could learn a value in a way that its text does
not show, or that could see the world outside the run, counts as depending on everything, and so does all
after it.
"""

import ast
from collections.abc import Iterable, Sequence

# What a cell may import and still do the same whenever it runs: libraries that compute and draw.
COMPUTING = frozenset(
    [
        "workbench",
        "numpy",
        "pandas",
        "scipy",
        "statsmodels",
        "sklearn",
        "prophet",
        "holoviews",
        "hvplot",
        "bokeh",
        "math",
        "statistics",
        "itertools",
        "functools",
        "collections",
        "dataclasses",
        "typing",
        "warnings",
        "re",
        "json",
        "enum",
        "__future__",
    ]
)
# Names through which a cell can reach a parameter unseen, or the world outside the run.
OPAQUE = frozenset(
    [
        "globals",
        "locals",
        "vars",
        "eval",
        "exec",
        "compile",
        "getattr",
        "setattr",
        "__import__",
        "open",
        "input",
        "get_ipython",
        "importlib",
        "sys",
        "os",
        "io",
        "now",
        "today",
        "utcnow",
        "time",
        "random",
        "default_rng",
        "urandom",
        "uuid4",
        "read_csv",
        "read_excel",
        "read_parquet",
        "read_json",
        "read_sql",
        "read_table",
        "read_html",
        "read_feather",
        "read_hdf",
        "read_pickle",
        "read_xml",
        "read_clipboard",
        "loadtxt",
        "genfromtxt",
        "load",
        "fromfile",
        "system",
        "environ",
    ]
)


def first_uses(cells: Sequence[str | None], names: Iterable[str]) -> dict[str, int]:
    """Return for each name the index of the first cell that may depend on it.

    ``cells`` are sources in order, None for cells that are not code. A cell that does nothing but assign
    literals (the parameters, and those injected) depends on nothing. A name that no cell uses is first used
    at the end.
    """
    wanted = set(names)
    found: dict[str, int] = {}
    for index, source in enumerate(cells):
        if source is None or not source.strip():
            continue
        used = _used(source, wanted)
        for name in wanted if used is None else used:
            found.setdefault(name, index)
        if used is None:
            break
    return {name: found.get(name, len(cells)) for name in wanted}


def _used(source: str, wanted: set[str]) -> set[str] | None:
    """Return the wanted names that a cell reads; None when its text does not tell."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic, a shell command, or a mistake
        return None
    if all(_is_literal_assignment(statement) for statement in tree.body):
        return set()
    read: set[str] = set()
    for node in ast.walk(tree):
        if not _is_plain(node):
            return None
        if isinstance(node, ast.Name):
            read.add(node.id)
    return read & wanted


def _is_literal_assignment(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        try:
            ast.literal_eval(statement.value)
        except ValueError:
            return False
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _is_plain(node: ast.AST) -> bool:
    """Whether a piece of code does what it says, from the notebook's own names alone."""
    if isinstance(node, ast.Import):
        return all(_computes(name.name) for name in node.names)
    if isinstance(node, ast.ImportFrom):
        return _computes(node.module or "") and all(name.name not in OPAQUE | {"*"} for name in node.names)
    if isinstance(node, ast.Name):
        return node.id not in OPAQUE and not node.id.startswith("__")
    if isinstance(node, ast.Attribute):
        return node.attr not in OPAQUE and not node.attr.startswith("__")
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "read":
        return all(
            isinstance(argument, ast.Name) for argument in node.args
        )  # a table that the run has not pinned
    return True


def _computes(module: str) -> bool:
    return module.split(".")[0] in COMPUTING
