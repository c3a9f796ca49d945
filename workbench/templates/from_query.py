"""A template made of a query: its tables become inputs, what WHERE compares with becomes parameters.

Only what is plain is made a parameter, a column compared with a number, a text or a time; the rest of the
query stays as it was written.
"""

import json
import keyword
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import Invalid
from workbench.templates.canonical import canonical
from workbench.templates.check import check
from workbench.templates.notebook_file import Cell, Notebook

TOKEN = re.compile(
    r"(?P<space>\s+|--[^\n]*|/\*.*?\*/)|(?P<text>'(?:[^']|'')*')|(?P<quoted>\"(?:[^\"]|\"\")*\")"
    r"|(?P<number>\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)|(?P<word>[^\W\d]\w*)|(?P<sign><=|>=|<>|!=|.)",
    re.DOTALL,
)
ENDS = frozenset({"GROUP", "ORDER", "HAVING", "LIMIT", "QUALIFY", "WINDOW", "UNION", "INTERSECT", "EXCEPT"})
SUFFIXES = {">": "from", ">=": "from", "<": "to", "<=": "to"}
SIGNS = frozenset({"=", "<>", "!=", *SUFFIXES})
MOST_LINES = 9  # of a query in a cell; a longer one is written in one line
TYPES = {"text": "VARCHAR", "timestamp": "TIMESTAMP"}

Token = tuple[str, str]  # kind and text
Columns = Mapping[str, Mapping[str, str]]  # table → column → type


@dataclass(frozen=True)
class Question:
    """A query in terms of inputs and parameters."""

    sql: str
    inputs: dict[str, str]  # role → table
    parameters: dict[str, Any]  # name → the value that stood there


def question(sql: str, tables: Columns) -> Question:
    """Rewrite a query: the names of its tables become roles, plain values after WHERE parameters."""
    tokens = _tokens(sql.strip().rstrip(";"))
    tokens, inputs = _with_roles(tokens, tables)
    taken = {role.casefold() for role in inputs}
    types = {name.casefold(): kind for columns in tables.values() for name, kind in columns.items()}
    tokens, parameters = _with_parameters(tokens, types, taken)
    text = "".join(part for _, part in tokens).strip()
    if text.count("\n") >= MOST_LINES:
        text = "".join(" " if kind == "space" else part for kind, part in tokens).strip()
    return Question(text, inputs, parameters)


def _tokens(sql: str) -> list[Token]:
    return [(str(found.lastgroup), found[0]) for found in TOKEN.finditer(sql)]


def _name(token: Token) -> str:
    kind, text = token
    return text[1:-1].replace('""', '"') if kind == "quoted" else text if kind == "word" else ""


def _with_roles(tokens: Sequence[Token], tables: Iterable[str]) -> tuple[list[Token], dict[str, str]]:
    known = {tuple(table.casefold().split(".")): table for table in tables}
    roles: dict[str, str] = {}
    result: list[Token] = []
    i = 0
    while i < len(tokens):
        long = tuple(_name(token).casefold() for token in tokens[i : i + 3 : 2])
        dotted = len(long) == 2 and tokens[i + 1][1] == "."
        follows_dot = bool(result) and result[-1][1] == "."
        one = (_name(tokens[i]).casefold(),)
        found = None if follows_dot else (known.get(long) if dotted else None) or known.get(one)
        if found is None:
            result.append(tokens[i])
            i += 1
            continue
        roles.setdefault(found, _free(found.rpartition(".")[2], {role.casefold() for role in roles.values()}))
        result.append(("quoted", '"' + roles[found] + '"'))
        i += 3 if dotted and known.get(long) else 1
    return result, {role: table for table, role in roles.items()}


def _free(wanted: str, taken: Iterable[str]) -> str:
    """Return a name that Python takes and nothing else has."""
    base = re.sub(r"\W", "_", wanted)
    base = base if base.isidentifier() and not keyword.iskeyword(base) else f"value_{base}"
    name, count = base, 1
    while name.casefold() in taken:
        count += 1
        name = f"{base}_{count}"
    return name


def _with_parameters(
    tokens: Sequence[Token], types: Mapping[str, str], taken: set[str]
) -> tuple[list[Token], dict[str, Any]]:
    result = list(tokens)
    solid = [i for i, (kind, _) in enumerate(tokens) if kind != "space"]
    parameters: dict[str, Any] = {}
    inside = False
    for place in range(len(solid) - 2):
        first, sign, value = (tokens[i] for i in solid[place : place + 3])
        if first[0] == "word" and first[1].upper() in ENDS | {"WHERE"}:
            inside = first[1].upper() == "WHERE"
        kind = types.get(_name(first).casefold())
        if not inside or kind is None or sign[1] not in SIGNS:
            continue
        after = tokens[solid[place + 3]] if place + 3 < len(solid) else ("", "")
        given = _given(value, kind, after)
        if given is not None:
            wanted = "_".join(filter(None, [_name(first), SUFFIXES.get(sign[1], "")]))
            name = _free(wanted, taken | {each.casefold() for each in parameters})
            parameters[name] = given
            cast = f"CAST(${name} AS {TYPES[kind]})" if kind in TYPES else f"${name}"
            result[solid[place + 2]] = ("word", cast)
    return result, parameters


def _given(value: Token, kind: str, after: Token) -> Any:
    """Return a plain value of a column's type; None where it is part of something longer."""
    if after[1] in {"+", "-", "*", "/", "|", ":", "%", "::"}:
        return None
    if value[0] == "number" and kind in {"number", "integer"}:
        return int(value[1]) if kind == "integer" and value[1].isdigit() else float(value[1])
    if value[0] == "text" and kind in TYPES:
        return value[1][1:-1].replace("''", "'")
    return None


def make(sql: str, id_: str, folder: Path, *, tables: Columns) -> Path:
    """Write the template; refuse an id that is taken, no id, or a query without a table.

    Raises
    ------
    Invalid
        Also where what was made does not pass ``workbench templates check``.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", id_):
        raise Invalid("template id", given=repr(id_), expected="lower-case words joined by -, as bore-check")
    asked = question(sql, tables)
    if not asked.inputs:
        raise Invalid("template", given="a query without a table", expected="a query over one or more tables")
    path = folder / f"{id_}.ipynb"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("xb") as file:
            file.write(canonical(_notebook(asked, id_)))
    except FileExistsError:
        raise Invalid(f"template {id_!r}", given="an id that is taken", hint="choose another") from None
    problems = check(path)
    if problems:
        path.unlink()
        raise Invalid("template", given=str(problems[0]), hint="write the query more simply")
    return path


def _notebook(asked: Question, id_: str) -> Notebook:
    title = id_.replace("-", " ").capitalize()
    assigned = {**asked.inputs, **asked.parameters}
    cells = [f"{name}: {type(value).__name__} = {_literal(value)}" for name, value in assigned.items()]
    reads = [f"data_{role} = wb.read({role})" for role in asked.inputs]
    return Notebook(
        (
            Cell("raw", _front_matter(asked, id_, title), "front-matter"),
            Cell("markdown", f"# {title} · {title}\n\nMade of a query. · 由查询生成。", "title"),
            Cell("code", "\n".join(cells), "parameters", {"tags": ["parameters"]}),
            Cell("code", "import workbench as wb", "imports"),
            Cell("markdown", "## Read the data · 读取数据", "read-heading"),
            Cell("code", "\n".join(reads), "read"),
            Cell("markdown", "## Ask · 查询", "ask-heading"),
            Cell("code", f'SQL = """{_escaped(asked.sql)}"""', "sql"),
            Cell("code", _ask(asked), "ask"),
            Cell("markdown", "## Show · 展示", "show-heading"),
            Cell("code", 'wb.kpi("rows", len(answer))\nwb.table("answer", answer)', "show"),
            Cell("code", "wb.preview()", "preview"),
        ),
        {},
    )


def _literal(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def _escaped(sql: str) -> str:
    return sql.replace("\\", "\\\\").replace('"""', '\\"\\"\\"') + (" " if sql.endswith('"') else "")


def _ask(asked: Question) -> str:
    first, *rest = asked.inputs
    others = "{" + ", ".join(f'"{role}": data_{role}' for role in rest) + "}"
    given = [f'name="{first}"', *([f"others={others}"] if rest else [])]
    given += [f"{name}={name}" for name in asked.parameters]
    return f"answer = data_{first}.ask(\n    SQL,\n    {', '.join(given)},\n)"


def _front_matter(asked: Question, id_: str, title: str) -> str:
    """Write the contract; JSON is YAML, so names need no care."""

    def both(en: str, zh: str | None = None) -> dict[str, str]:
        return {"en": en, "zh": zh or en}

    contract = {
        "workbench": 1,
        "id": id_,
        "version": "0.1.0",
        "title": both(title),
        "summary": both("The answer of a query over the tables.", "对数据表查询的结果。"),
        "decision": both("What does the query find?", "查询发现了什么？"),
        "domain": "data",
        "inputs": {
            role: {"label": both(table), "others": "any", "example": table}
            for role, table in asked.inputs.items()
        },
        "parameters": {name: {"label": both(name)} for name in asked.parameters},
        "results": {
            "kpis": {"rows": {"label": both("Rows found", "找到的行数"), "decimals": 0}},
            "tables": {"answer": {"label": both("Answer", "查询结果")}},
        },
        "authors": [],
        "licence": "Apache-2.0",
        "classification": "general",
    }
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in contract.items()]
    return "\n".join(["---", *lines, "---"])
