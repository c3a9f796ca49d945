"""Business rules that people write, such as ``ok + ng = quantity``, as SQL: columns, numbers, texts, no more.

Read with Python's own parser, so that nothing but names, numbers, texts, sums and comparisons gets through.
A column whose name is not a plain word stands in square brackets: ``[Pressure (bar)] <= 16``.
"""

import ast
import re
from collections.abc import Iterable

from workbench.errors import Invalid, unknown
from workbench.tables.relation import literal, quoted

LONGEST = 500
BRACKETS = re.compile(r"\[([^\[\]]+)\]")
EQUALS = re.compile(r"(?<![<>=!])=(?!=)")
OPERATORS: dict[type[ast.AST], str] = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Eq: "=", ast.NotEq: "<>", ast.Lt: "<",
    ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.And: "AND", ast.Or: "OR", ast.USub: "-", ast.Not: "NOT",
}  # fmt: skip
EXPECTED = "a comparison of columns and numbers, such as ok + ng = quantity or start < end"


def condition(text: str, columns: Iterable[str]) -> str:
    """Write a rule as SQL; it is NULL for a row where something it needs is missing."""
    names = list(columns)
    named: dict[str, str] = {}

    def stand_in(found: re.Match[str]) -> str:
        named[f"__column_{len(named)}"] = found[1].strip()
        return f" __column_{len(named) - 1} "

    plain = EQUALS.sub("==", BRACKETS.sub(stand_in, text))
    if len(text) > LONGEST:
        raise Invalid("rule", given=f"{len(text)} characters", expected=f"at most {LONGEST}")
    try:
        tree = ast.parse(plain.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError) as error:
        raise _refused(text) from error
    if not isinstance(tree, ast.Compare | ast.BoolOp | ast.UnaryOp):
        raise _refused(text)
    return _written(tree, names, named, text)


def _refused(text: str) -> Invalid:
    return Invalid("rule", given=repr(text[:100]), expected=EXPECTED)


def _written(node: ast.AST, names: list[str], named: dict[str, str], text: str) -> str:
    def inner(each: ast.AST) -> str:
        return _written(each, names, named, text)

    match node:
        case ast.BoolOp(op=op, values=values):
            return "(" + f" {OPERATORS[type(op)]} ".join(map(inner, values)) + ")"
        case ast.Compare(left=left, ops=ops, comparators=right):
            sides = [left, *right]
            return (
                "("
                + " AND ".join(
                    f"{inner(one)} {_sign(op, text)} {inner(two)}"
                    for one, op, two in zip(sides, ops, right, strict=False)
                )
                + ")"
            )
        case ast.BinOp(left=left, op=op, right=right):
            return f"({inner(left)} {_sign(op, text)} {inner(right)})"
        case ast.UnaryOp(op=op, operand=operand):
            return f"({_sign(op, text)} {inner(operand)})"
        case ast.Name(id=name):
            return _column(named.get(name, name), names)
        case ast.Constant(value=bool() as value):
            return "true" if value else "false"
        case ast.Constant(value=int() | float() as value):
            return repr(float(value))
        case ast.Constant(value=str() as value):
            return literal(value)
    raise _refused(text)


def _sign(op: ast.AST, text: str) -> str:
    if type(op) not in OPERATORS:
        raise _refused(text)
    return OPERATORS[type(op)]


def _column(name: str, names: list[str]) -> str:
    if name not in names:
        raise unknown("column in a rule", name, names)
    return quoted(name)
