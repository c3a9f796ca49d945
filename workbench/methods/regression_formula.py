"""Formulas that people write, such as `b1*(1-exp(-b2*x))`: read, checked, computed without running code.

Decides what a formula may hold: numbers, columns, parameters, + - * / ** and a few functions.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from workbench.errors import Refused

LONGEST, DEEPEST = 500, 100
LARGEST = 1e300
OPERATORS: dict[type[ast.operator], Any] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Pow: np.power,
}
FUNCTIONS: dict[str, Any] = {
    "exp": np.exp,
    "log": np.log,
    "ln": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "atan": np.arctan,
    "arctan": np.arctan,
    "tanh": np.tanh,
}
CONSTANTS = {"pi": np.pi}


class BadFormula(Refused):
    """A formula cannot be read, or names what is not there."""

    code = "bad_formula"


@dataclass(frozen=True)
class Formula:
    """A formula that was read.

    Attributes
    ----------
    text : str
    left, right : ast.expr
        What is explained, and what explains it.
    parameters : tuple of str
        In order: b2 before b10.
    columns : tuple of str
        Columns on the right, in order.
    """

    text: str
    left: ast.expr
    right: ast.expr
    parameters: tuple[str, ...]
    columns: tuple[str, ...]

    def explain(self, values: Mapping[str, Any]) -> Any:
        """Compute the right side from parameters and columns."""
        return _value(self.right, values)

    def explained(self, values: Mapping[str, Any]) -> Any:
        """Compute the left side from columns."""
        return _value(self.left, values)


def formula_from(text: str, columns: Sequence[str]) -> Formula:
    """Read a formula.

    Parameters
    ----------
    text : str
        ``b1*(1-exp(-b2*x))``, or with its left side, ``log(y) = b1 - b2*x``; ``^`` is a power, too.
    columns : sequence of str
        What the table has; ``y`` is the result. Every other name is a parameter.

    Returns
    -------
    Formula

    Raises
    ------
    BadFormula
        If it cannot be read, holds something else, names no column or no parameter.

    Source
    ------
    None.

    Examples
    --------
    >>> formula_from("b1*(1-exp(-b2*x))", ["y", "x"]).parameters
    ('b1', 'b2')
    """
    if len(text) > LONGEST:
        raise BadFormula("the formula is too long", given=f"{len(text)} characters", expected=f"{LONGEST}")
    left, _, right = text.rpartition("=")
    sides = [_parsed(left.strip() or "y"), _parsed(right)]
    names = [_names(side) for side in sides]
    if stray := [name for name in names[0] if name not in columns]:
        raise BadFormula("the left side may hold columns only", given=", ".join(stray))
    used = [name for name in names[1] if name in columns]
    parameters = [name for name in names[1] if name not in columns]
    if "y" in used or not used or not parameters:
        expected = f"columns ({', '.join(name for name in columns if name != 'y')}) and parameters (b1, b2 …)"
        raise BadFormula("the right side of the formula", given=right.strip(), expected=expected)
    ordered = sorted(dict.fromkeys(parameters), key=lambda name: [_natural(part) for part in _parts(name)])
    return Formula(text, sides[0], sides[1], tuple(ordered), tuple(dict.fromkeys(used)))


def _parts(name: str) -> list[str]:
    return re.findall(r"\d+|\D+", name)


def _natural(part: str) -> tuple[int, int, str]:
    return (0, int(part), "") if part.isdigit() else (1, 0, part)


def _parsed(text: str) -> ast.expr:
    try:
        tree = ast.parse(text.strip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise BadFormula("the formula cannot be read", given=text.strip() or "nothing") from None
    _check(tree, 0)
    return tree


def _check(node: ast.expr, depth: int) -> None:
    """Refuse whatever is not arithmetic."""
    if depth > DEEPEST:
        raise BadFormula("the formula is nested too deeply", given=f"more than {DEEPEST} levels")
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        _check(node.left, depth + 1)
        _check(node.right, depth + 1)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        _check(node.operand, depth + 1)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
        if len(node.args) != 1 or node.keywords:
            raise BadFormula(f"{node.func.id} takes one value", given=ast.unparse(node))
        _check(node.args[0], depth + 1)
    elif isinstance(node, ast.Constant) and _is_number(node.value):
        pass
    elif not isinstance(node, ast.Name):
        raise BadFormula(
            "the formula holds something else than arithmetic",
            given=ast.unparse(node)[:60],
            expected=f"+ - * / ** and {', '.join(FUNCTIONS)}",
        )


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(float(str(value))) < LARGEST


def _names(node: ast.expr) -> list[str]:
    called = {id(part.func) for part in ast.walk(node) if isinstance(part, ast.Call)}
    found = [part for part in ast.walk(node) if isinstance(part, ast.Name) and id(part) not in called]
    found.sort(key=lambda part: (part.lineno, part.col_offset))
    return [part.id for part in found if part.id not in CONSTANTS]


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))
    if isinstance(node, ast.UnaryOp):
        inner = _value(node.operand, values)
        return -inner if isinstance(node.op, ast.USub) else inner
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return FUNCTIONS[node.func.id](_value(node.args[0], values))
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return np.longdouble(node.value) if isinstance(node.value, int) else np.longdouble(repr(node.value))
    if isinstance(node, ast.Name):
        if node.id in CONSTANTS:
            return np.longdouble("3.14159265358979323846264338327950288")
        return values[node.id]
    raise BadFormula("the formula cannot be computed", given=ast.unparse(node))
