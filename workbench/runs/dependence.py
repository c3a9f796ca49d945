"""Which cell of a notebook is the first that depends on a parameter or input; everything before it does not.

Read from the source alone, and on the safe side: a cell that could learn a value in a way that its text does
not show, or that could see the world outside the run, counts as depending on everything, and so does all
after it.
"""

import ast
import re
from collections.abc import Container, Iterable, Sequence
from functools import lru_cache

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
UNSEEN = frozenset(
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
        "attrgetter",
        "methodcaller",
        "query",
        "memmap",
        "ExcelFile",
        "HDFStore",
        "In",
        "_ih",
        "_oh",
        "user_ns",
    ]
)
# Calls that leave something outside the process: a run that goes on from a held state would not do it again.
WRITERS = frozenset(
    [
        "to_csv",
        "to_excel",
        "to_parquet",
        "to_pickle",
        "to_sql",
        "to_hdf",
        "to_feather",
        "to_orc",
        "to_stata",
        "to_xml",
        "to_json",
        "to_html",
        "to_latex",
        "to_markdown",
        "to_string",
        "tofile",
        "save",
        "savez",
        "savez_compressed",
        "savetxt",
        "savefig",
        "dump",
        "ExcelWriter",
    ]
)


OPAQUE = UNSEEN | WRITERS
# Words that pandas takes for the time at which it reads them.
NOW = frozenset({"now", "today"})
HISTORY = re.compile(r"_i+|_i?\d+|__+")  # IPython's names for what earlier cells were and gave
WORD = re.compile(r"\w+")
OWN = ("workbench", "workbench.methods", "workbench.charts")


def first_uses(
    cells: Sequence[str | None], names: Iterable[str], *, given: Container[int] = ()
) -> dict[str, int]:
    """Return for each name the index of the first cell that may depend on it.

    ``cells`` are sources in order, None for cells that are not code. Those at ``given`` assign the names in
    the first place: they depend on nothing as long as they do nothing else. A cell that assigns one anew uses
    it. A name that no cell uses is first used at the end.
    """
    wanted = frozenset(names)
    found: dict[str, int] = {}
    for index, source in enumerate(cells):
        if source is None or not source.strip():
            continue
        used = frozenset() if index in given and _assigns_literals(source) else _used(source, wanted)
        for name in wanted if used is None else used:
            found.setdefault(name, index)
        if used is None:
            break
    return {name: found.get(name, len(cells)) for name in wanted}


@lru_cache(maxsize=512)  # a template's cells are looked at for each of its runs
def _used(source: str, wanted: frozenset[str]) -> frozenset[str] | None:
    """Return the wanted names that a cell reads; None when its text does not tell."""
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic, a shell command, or a mistake
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    pinned = {id(call.func) for call in calls if _reads_an_input(call, wanted)}
    read: set[str] = set()
    for node in ast.walk(tree):
        if not _is_plain(node) and id(node) not in pinned:
            return None
        if isinstance(node, ast.Name):
            read.add(node.id)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            read |= set(WORD.findall(node.value))  # a formula or format names what it takes
    return wanted & read


def only(source: str, names: Container[str]) -> str:
    """Return of a cell that assigns literals the assignments to some names."""
    body = [one for one in ast.parse(source).body if isinstance(one, ast.Assign)]
    kept = [one for one in body if all(isinstance(to, ast.Name) and to.id in names for to in one.targets)]
    return "\n".join(map(ast.unparse, kept))


def _assigns_literals(source: str) -> bool:
    try:
        return all(_is_literal_assignment(statement) for statement in ast.parse(source).body)
    except SyntaxError:
        return False


def _is_literal_assignment(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.Assign | ast.AnnAssign) and statement.value is not None:
        try:
            ast.literal_eval(statement.value)
        except ValueError:
            return False
        return True
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def _reads_an_input(call: ast.Call, wanted: Container[str]) -> bool:
    """Whether a call reads tables that the run has pinned: those that its parameters name."""
    named = all(isinstance(argument, ast.Name) and argument.id in wanted for argument in call.args)
    return isinstance(call.func, ast.Attribute) and call.func.attr == "read" and named and not call.keywords


def _is_plain(node: ast.AST) -> bool:
    """Whether a piece of code does what it says, from the notebook's own names alone."""
    if isinstance(node, ast.Import):
        return all(_computes(name.name) for name in node.names)
    if isinstance(node, ast.ImportFrom):
        names = {name.name for name in node.names}
        return _computes(node.module or "") and not names & (OPAQUE | {"*", "read"})
    if isinstance(node, ast.Name):
        return node.id not in OPAQUE and not node.id.startswith("__") and not HISTORY.fullmatch(node.id)
    if isinstance(node, ast.Attribute):
        return node.attr not in OPAQUE | {"read"} and not node.attr.startswith("__")
    if isinstance(node, ast.Constant):
        return node.value not in NOW if isinstance(node.value, str) else True
    return True


def _computes(module: str) -> bool:
    """Whether a module only computes and draws."""
    first, *inner = module.split(".")
    ours = first != "workbench" or module in OWN or module.startswith(OWN[1:])
    return first in COMPUTING and ours and not OPAQUE & set(inner)
