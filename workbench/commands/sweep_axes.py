"""``--over``: from one argument to what varies in a sweep; whether it fits the tables is found later."""

from collections.abc import Callable, Sequence
from typing import Any

from workbench.assets.model import LEVELS
from workbench.commands.run import absolute
from workbench.errors import Invalid, did_you_mean

EVERY = ("day", "week", "month", "shift")
FORM = "COLUMN=a,b or COLUMN=*, or KIND:NAME=… with KIND one of period, columns, tables, parameter, subtree"


def axes(given: Sequence[str]) -> list[dict[str, Any]]:
    """Read every ``--over``."""
    if len(given) > 2:
        raise Invalid("--over", given=f"{len(given)} times", expected="once or twice")
    return [axis(text) for text in given]


def axis(text: str) -> dict[str, Any]:
    """Read one ``--over``."""
    name, equals, value = text.partition("=")
    if not equals or not name.strip() or not value.strip():
        raise Invalid("--over", given=repr(text), expected=FORM)
    kind, colon, rest = name.strip().partition(":")
    if colon and kind in KINDS:
        return KINDS[kind](rest.strip(), value.strip())
    near = did_you_mean(kind, KINDS) if colon else None
    if near:
        raise Invalid("--over", given=repr(text), expected=FORM, hint=f"did you mean {near!r}?")
    return _assets(name.strip(), value.strip())


def _assets(column: str, value: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "assets", "column": column}
    if value == "*":
        return found
    if value.startswith("top:"):
        return found | {"top": _whole(value.removeprefix("top:"), f"{column}={value}")}
    return found | {"values": _listed(value)}


def _period(column: str, value: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "periods", "column": column}
    if value in EVERY:
        return found | {"every": value}
    if not value.isdecimal():
        near = did_you_mean(value, EVERY)
        hint = f"did you mean {near!r}?" if near else None
        expected = f"{', '.join(EVERY)}, or the number of equal windows"
        raise Invalid(f"--over period:{column}", given=repr(value), expected=expected, hint=hint)
    return found | {"count": int(value)}


def _columns(column: str, value: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "characteristics", "column": column}
    return found if value == "*" else found | {"values": _listed(value)}


def _tables(role: str, value: str) -> dict[str, Any]:
    return {"kind": "tables", "role": role, "values": [absolute(table) for table in _listed(value)]}


def _subtree(level: str, asset: str) -> dict[str, Any]:
    found: dict[str, Any] = {"kind": "subtree", "asset": asset}
    if level in ("asset", ""):
        return found
    if level not in LEVELS:
        near = did_you_mean(level, LEVELS)
        hint = f"did you mean {near!r}?" if near else None
        expected = f"asset, or one of {', '.join(LEVELS)}"
        raise Invalid("--over subtree", given=repr(level), expected=expected, hint=hint)
    return found | {"level": level}


def _parameter(name: str, value: str) -> dict[str, Any]:
    parts = value.split(":")
    found: dict[str, Any] = {"kind": "parameter", "parameter": name}
    if len(parts) == 1:
        return found | {"values": _listed(value)}
    try:
        start, stop, step = map(float, parts)
    except ValueError as error:
        expected = "start:stop:step, or values separated by commas"
        raise Invalid(f"--over parameter:{name}", given=repr(value), expected=expected) from error
    return found | {"start": start, "stop": stop, "step": step}


def _listed(value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _whole(text: str, given: str) -> int:
    if not text.isdecimal() or text == "0":
        raise Invalid("--over", given=repr(given), expected="top:5, or another number above 0")
    return int(text)


KINDS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "period": _period,
    "columns": _columns,
    "tables": _tables,
    "parameter": _parameter,
    "subtree": _subtree,
}
