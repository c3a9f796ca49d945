"""The parameters cell, read with `ast` and `tokenize` and never run.

papermill's own inspector cuts strings at `#`, loses multi-line lists, `Literal` and `X | None`, and reports
every default as text. A cell that does not parse is read statement by statement, so that a notebook with one
broken line still has a form; its run then fails with the notebook's own error.
"""

import ast
import io
import re
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

Kind = Literal["number", "integer", "text", "boolean", "list", "dict", "any"]
MAX_CHARACTERS = 200_000
MAX_STATEMENT_LINES = 400

_KINDS: dict[str, Kind] = {
    "int": "integer",
    "bool": "boolean",
    "float": "number",
    "str": "text",
    "list": "list",
    "List": "list",
    "tuple": "list",
    "Tuple": "list",
    "Sequence": "list",
    "dict": "dict",
    "Dict": "dict",
    "Mapping": "dict",
}
_SCALARS: dict[type, Kind] = {bool: "boolean", int: "integer", float: "number", str: "text"}


@dataclass(frozen=True)
class Type:
    """What a parameter accepts."""

    kind: Kind = "any"
    nullable: bool = False
    item: Kind = "any"  # of a list
    choices: tuple[Any, ...] = ()  # of a Literal, or of a list of Literal


@dataclass(frozen=True)
class Parameter:
    """One assignment of the parameters cell."""

    name: str
    type: Type
    default: Any
    help: str = ""
    line: int = 1
    annotated: bool = False


@dataclass(frozen=True)
class Note:
    """Something in the cell that is not a parameter, and why."""

    line: int
    message: str


@dataclass(frozen=True)
class Reading:
    """What a parameters cell offers, and what was passed over."""

    parameters: tuple[Parameter, ...] = ()
    notes: tuple[Note, ...] = ()


class _NotAParameter(ValueError):
    """This statement offers no value to change."""


def read_parameters(source: str) -> Reading:
    """Read the literal assignments of a cell with their types, defaults and help."""
    if len(source) > MAX_CHARACTERS:
        return Reading(notes=(Note(1, f"longer than {MAX_CHARACTERS:,} characters, not read"),))
    parameters: dict[str, Parameter] = {}
    notes: list[Note] = []
    for first, text in _chunks(source, notes):
        comments = _comments(text)
        for statement in _parse(text) or []:
            line = first + statement.lineno - 1
            comment = comments.get(statement.end_lineno or 0) or comments.get(statement.lineno, "")
            try:
                for parameter in _assigned(statement, comment):
                    if parameter.name in parameters:
                        notes.append(Note(line, f"{parameter.name} is assigned twice; the last one counts"))
                    parameters[parameter.name] = replace(parameter, line=line)
            except _NotAParameter as error:
                notes.append(Note(line, str(error)))
    return Reading(tuple(parameters.values()), tuple(sorted(notes, key=lambda note: note.line)))


def _parse(text: str) -> list[ast.stmt] | None:
    """Parse, or None: hostile text raises more than SyntaxError."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _chunks(source: str, notes: list[Note]) -> Iterator[tuple[int, str]]:
    """Yield the pieces that parse: the whole cell, or one statement after the other with a note per gap."""
    if _parse(source) is not None:
        yield 1, source
        return
    lines = source.splitlines()
    start = 0
    while start < len(lines):
        if not lines[start].strip() or lines[start].lstrip().startswith("#"):
            start += 1
            continue
        for end in range(start + 1, min(len(lines), start + MAX_STATEMENT_LINES) + 1):
            text = "\n".join(lines[start:end])
            if _parse(text) is not None:
                yield start + 1, text
                start = end
                break
        else:
            notes.append(Note(start + 1, f"not Python, passed over: {lines[start].strip()[:80]}"))
            start += 1


def _comments(text: str) -> dict[int, str]:
    """Map each line to its comment; strings that hold `#` are strings."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.string.lstrip("#").strip()
    except (tokenize.TokenError, SyntaxError):
        pass  # what came before the broken place is kept
    return found


def _assigned(statement: ast.stmt, comment: str) -> Iterator[Parameter]:
    """Yield the parameters of one statement."""
    if isinstance(statement, ast.AnnAssign):
        if not isinstance(statement.target, ast.Name):
            raise _NotAParameter("not a plain name, not a parameter")
        if statement.value is None:
            raise _NotAParameter(f"{statement.target.id} has no default, not a parameter")
        yield _parameter(statement.target.id, statement.value, comment, annotation=statement.annotation)
    elif isinstance(statement, ast.Assign):
        for target in statement.targets:
            for name, value in _pairs(target, statement.value):
                yield _parameter(name, value, comment)
    elif not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)):
        raise _NotAParameter("not an assignment, not a parameter")


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(target, ast.Name):
        yield target.id, value
    elif (
        isinstance(target, ast.Tuple | ast.List)
        and isinstance(value, ast.Tuple | ast.List)
        and len(target.elts) == len(value.elts)
    ):
        for inner, part in zip(target.elts, value.elts, strict=True):
            yield from _pairs(inner, part)
    else:
        raise _NotAParameter("not a plain name, not a parameter")


def _parameter(name: str, value: ast.expr, comment: str, *, annotation: ast.expr | None = None) -> Parameter:
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise _NotAParameter(f"{name} is not a literal, not a parameter") from None
    hint, text = _type_comment(comment)
    declared = annotation if annotation is not None else hint
    inferred = _inferred(default, name)
    type_ = _annotated(declared) if declared is not None else inferred
    if type_.kind == "any" and default is not None:
        type_ = replace(inferred, nullable=type_.nullable)
    if default is None:
        type_ = replace(type_, nullable=True)
    return Parameter(name, type_, default, text, annotated=annotation is not None)


def _type_comment(comment: str) -> tuple[ast.expr | None, str]:
    """Split papermill's `# type: List[str] help` into the type and the help."""
    found = re.match(r"type:\s*([\w.]+(?:\[[^#]*\])?)\s*", comment)
    if not found:
        return None, comment
    body = _parse(found.group(1))
    if not body or not isinstance(body[0], ast.Expr):
        return None, comment
    return body[0].value, comment[found.end() :].strip()


def _inferred(default: Any, name: str) -> Type:
    """Take the type from the default value."""
    if default is None:
        return Type(nullable=True)
    kind = _SCALARS.get(type(default))
    if kind:
        return Type(kind)
    if isinstance(default, list | tuple):
        kinds = {_inferred(item, name).kind for item in default}
        item: Kind = "number" if kinds == {"number", "integer"} else next(iter(kinds), "any")
        return Type("list", item=item if len(kinds) == 1 or item == "number" else "any")
    if isinstance(default, dict):
        return Type("dict")
    raise _NotAParameter(f"{name} is a {type(default).__name__}, which no form can hold; not a parameter")


def _annotated(node: ast.expr | None) -> Type:
    """Translate an annotation; what is not known is `any`."""
    match node:
        case ast.Constant(value=None):
            return Type(nullable=True)
        case ast.Constant(value=str(text)):
            body = _parse(text)
            return _annotated(body[0].value) if body and isinstance(body[0], ast.Expr) else Type()
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return Type(nullable=True) if name == "NoneType" else Type(_KINDS.get(name, "any"))
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _union([left, right])
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            parts = list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]
            return _generic(name, parts)
    return Type()


def _generic(name: str, parts: list[ast.expr]) -> Type:
    if name == "Optional":
        return replace(_annotated(parts[0]), nullable=True)
    if name == "Union":
        return _union(parts)
    if name == "Annotated":
        return _annotated(parts[0])
    if name == "Literal":
        return _literal(parts)
    kind = _KINDS.get(name, "any")
    if kind != "list" or not parts:
        return Type(kind)
    items = {
        (item.kind, item.choices) for item in map(_annotated, (part for part in parts if not _is_dots(part)))
    }
    item, choices = items.pop() if len(items) == 1 else ("any", ())
    return Type("list", item=item, choices=choices)


def _is_dots(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and part.value is ...


def _literal(parts: list[ast.expr]) -> Type:
    try:
        values = [ast.literal_eval(part) for part in parts]
    except ValueError:
        return Type()
    choices = tuple(value for value in values if value is not None)
    try:
        kinds = {_inferred(value, "choice").kind for value in choices}
    except _NotAParameter:
        return Type()
    kind = kinds.pop() if len(kinds) == 1 else "any"
    return Type(kind, nullable=len(choices) < len(values), choices=choices)


def _union(parts: list[ast.expr]) -> Type:
    types = [_annotated(part) for part in parts]
    nullable = any(found.nullable for found in types)
    real = [found for found in types if not (found.kind == "any" and found.nullable)]
    kinds = {found.kind for found in real}
    if len(kinds) == 1:
        choices = tuple(choice for found in real for choice in found.choices)
        whole = real[0] if len(real) == 1 else Type(real[0].kind, choices=choices)
        return replace(whole, nullable=nullable)
    return Type("number" if kinds == {"number", "integer"} else "any", nullable=nullable)
