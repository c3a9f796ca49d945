"""A form is a promise: every value is typed and range-checked here, before a kernel is touched.

Values given as text (command line, form) and as JSON (API) go through the same check. A value is data: what
papermill could not hand over unchanged is refused, so nothing can become code or another value.
"""

import ast
import json
import math
import numbers
import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from workbench.config import Text
from workbench.errors import Invalid, did_you_mean
from workbench.templates.front_matter import ParameterSpec
from workbench.templates.parameters import Parameter

FieldType = Literal["number", "integer", "text", "boolean", "choice", "list", "json", "date"]
MAX_CHARACTERS = 1_000_000
MAX_DEPTH = 30
MAX_DIGITS = 4000  # Python refuses to write integers of more than 4300 digits
_TRUE, _FALSE = {"true", "yes", "on", "1", "是"}, {"false", "no", "off", "0", "否"}
_NOTHING = {"", "none", "null"}


class Choice(BaseModel):
    """One value to choose, and how it is called."""

    value: Any
    label: Text


class Field(BaseModel):
    """One parameter as a form, an API or a command line offers it."""

    model_config = ConfigDict(frozen=True)

    name: str
    type: FieldType
    default: Any = None
    nullable: bool = False
    label: Text
    help: Text | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    exclusive_minimum: bool = False
    choices: list[Choice] | None = None
    advanced: bool = False
    multiple: bool = False  # a list of choices
    item: FieldType | None = None  # type of a list's items
    loose: bool = False  # no type is declared: text is taken as it is, anything else too
    non_finite: bool = False  # NaN and infinity are accepted

    @property
    def subject(self) -> str:
        """How messages call it: the name, and the label where it says more."""
        label = self.label["en"]
        return f"parameter {self.name}" + (f" ({label})" if label != self.name else "")

    def refuse(self, given: object, expected: str, hint: str | None = None) -> Invalid:
        """Build the sentence that refuses a value."""
        return Invalid(self.subject, given=_shown(given), expected=expected, hint=hint)


def _shown(value: object) -> str:
    try:
        shown = repr(value)
    except (ValueError, RecursionError):  # an integer of 5000 digits, a list within lists without end
        return f"a {type(value).__name__} too large to show"
    return shown if len(shown) <= 80 else shown[:77] + "…"


_TYPES: dict[str, FieldType] = {
    "number": "number",
    "integer": "integer",
    "text": "text",
    "boolean": "boolean",
    "list": "list",
    "dict": "json",
    "any": "text",
}


def build_field(parameter: Parameter, spec: ParameterSpec | None = None) -> Field:
    """Join what the parameters cell says (name, type, default) with what the front matter says of it."""
    kind = parameter.type
    labels: dict[Any, Any] = {choice: _same(choice) for choice in kind.choices}
    labels.update((spec.choices if spec else None) or {})
    listed = kind.kind == "list"
    type_: FieldType = "choice" if labels and not listed else _TYPES[kind.kind]
    if spec and spec.format == "date" and type_ == "text":
        type_ = "date"
    common = {
        "name": parameter.name,
        "type": type_,
        "default": plain(parameter.default),
        "nullable": kind.nullable,
        "choices": [{"value": value, "label": label} for value, label in labels.items()] or None,
        "multiple": bool(labels) and listed,
        "item": _TYPES[kind.item] if listed and kind.item != "any" else None,
        "loose": kind.kind == "any" and not labels,
    }
    if spec is None:
        help_ = _same(parameter.help) if parameter.help else None
        return Field.model_validate(
            common | {"label": _same(parameter.name), "help": help_, "non_finite": True}
        )
    shown = spec.model_dump(exclude={"choices", "format"})
    return Field.model_validate(common | shown)


def _same(value: object) -> Text:
    return {"en": str(value), "zh": str(value)}


def plain(value: Any) -> Any:
    """Turn tuples into lists: papermill would hand a tuple over as a string."""
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def check_values(
    fields: Iterable[Field], given: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Invalid]]:
    """Type and check every field, defaults filled; return the values, and the errors by name."""
    known = {field.name: field for field in fields}
    values = {name: field.default for name, field in known.items()}
    errors: dict[str, Invalid] = {}
    for name, value in given.items():
        if name not in known:
            errors[name] = _unknown(name, known)
            continue
        try:
            values[name] = check_value(known[name], value)
        except Invalid as error:
            errors[name] = error
    return values, errors


def _unknown(name: str, known: Mapping[str, Field]) -> Invalid:
    near = did_you_mean(name, known)
    hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known) or 'none'}"
    return Invalid("unknown parameter", given=repr(name), hint=hint)


def check_value(field: Field, given: Any) -> Any:
    """Return one value in the field's type, or raise the sentence that says what was expected."""
    try:
        value = plain(given)
    except RecursionError:
        raise field.refuse(given, f"at most {MAX_DEPTH} levels of nesting") from None
    if field.nullable and (value is None or _means_nothing(field, value)):
        return None
    if value is None:
        raise field.refuse(given, _expected(field))
    value = _choose(field, value) if field.choices and not field.multiple else _typed(field, value)
    problem = literal_problem(value)
    if problem:
        raise field.refuse(given, problem)
    return value


def _means_nothing(field: Field, value: object) -> bool:
    if not isinstance(value, str) or value.strip().lower() not in _NOTHING:
        return False
    return not any(choice.value == value for choice in field.choices or [])


def _expected(field: Field) -> str:
    words = {
        "number": "a number",
        "integer": "a whole number",
        "text": "a text",
        "boolean": "true or false",
        "list": 'a list such as ["a", "b"]',
        "json": 'a JSON object such as {"key": 1}',
        "date": "a day such as 2026-01-31",
        "choice": "one of " + ", ".join(str(choice.value) for choice in field.choices or []),
    }[field.type]
    low, high = field.minimum, field.maximum
    if low is not None and high is not None and not field.exclusive_minimum:
        words += f" from {low:g} to {high:g}"
    elif low is not None:
        words += f" above {low:g}" if field.exclusive_minimum else f" of at least {low:g}"
        words += f" and at most {high:g}" if high is not None else ""
    elif high is not None:
        words += f" of at most {high:g}"
    unit = f" {field.unit}" if field.unit and "." not in field.unit else ""
    return words + unit + (", or nothing" if field.nullable else "")


def _choose(field: Field, value: Any) -> Any:
    choices = [choice.value for choice in field.choices or []]
    for choice in choices:
        if type(choice) is type(value) and choice == value:
            return choice
    for choice in choices:
        if str(choice) == str(value).strip():
            return choice
    near = did_you_mean(str(value), map(str, choices))
    expected = "one of " + ", ".join(map(str, choices)) + (", or nothing" if field.nullable else "")
    raise field.refuse(value, expected, f"did you mean {near!r}?" if near else None)


def _typed(field: Field, value: Any) -> Any:
    if field.loose:
        return value
    match field.type:
        case "integer":
            return _bounded(field, _integer(field, value), value)
        case "number":
            return _bounded(field, _number(field, value), value)
        case "boolean":
            return _boolean(field, value)
        case "list":
            return _list(field, value)
        case "json":
            return _json(field, value)
        case "date":
            return _date(field, value)
    if not isinstance(value, str):
        raise field.refuse(value, _expected(field))
    return value


def _integer(field: Field, value: Any) -> int:
    if isinstance(value, str):
        if re.fullmatch(r"\s*[-+]?\d+\s*", value) and len(value) <= MAX_DIGITS:
            return int(value)
        value = _number(field, value)
    if isinstance(value, bool):
        raise field.refuse(value, _expected(field))
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    raise field.refuse(value, _expected(field))


def _number(field: Field, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | numbers.Real):
        raise field.refuse(value, _expected(field))
    try:
        number = float(value.replace("_", "x") if isinstance(value, str) else value)
    except (ValueError, OverflowError):
        comma = isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d+,\d+\s*", value)
        hint = "write the decimal point as ." if comma else None
        raise field.refuse(value, _expected(field), hint) from None
    if not math.isfinite(number) and not field.non_finite:
        raise field.refuse(value, _expected(field).replace("a number", "a finite number", 1))
    return number


def _bounded(field: Field, number: Any, given: Any) -> Any:
    low, high = field.minimum, field.maximum
    below = low is not None and not (number > low if field.exclusive_minimum else number >= low)
    if below or (high is not None and not number <= high):
        raise field.refuse(given, _expected(field))
    return number


def _boolean(field: Field, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in _TRUE | _FALSE:
        raise field.refuse(value, _expected(field))
    return word in _TRUE


def _list(field: Field, value: Any) -> list[Any]:
    if isinstance(value, str):
        text = value.strip()
        value = _read(field, text) if text.startswith("[") else [part.strip() for part in text.split(",")]
        value = [] if text == "" else plain(value)
    if not isinstance(value, list):
        raise field.refuse(value, _expected(field))
    if field.multiple:
        return [_choose(field, item) for item in value]
    if field.item is None:
        return value
    item = field.model_copy(update={"type": field.item, "nullable": False})
    return [_typed(item, part) for part in value]


def _json(field: Field, value: Any) -> Any:
    found = _read(field, value) if isinstance(value, str) else value
    if not isinstance(found, dict):
        raise field.refuse(value, _expected(field))
    return plain(found)


def _read(field: Field, text: str) -> Any:
    """Read JSON, or the same written as a Python literal."""
    if len(text) > MAX_CHARACTERS:
        raise field.refuse(text[:60], f"at most {MAX_CHARACTERS:,} characters")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
        raise field.refuse(text, _expected(field)) from None


def _date(field: Field, value: Any) -> str:
    try:
        return date.fromisoformat(str(value).strip()).isoformat()
    except ValueError:
        raise field.refuse(value, _expected(field)) from None


def literal_problem(value: Any, depth: int = 0) -> str | None:
    """Say why papermill could not hand a value over unchanged, or return None when it can."""
    if depth > MAX_DEPTH:
        return f"at most {MAX_DEPTH} levels of nesting"
    if value is None or type(value) in (bool, float):
        return None
    if type(value) is int:
        return None if abs(value) < 10**MAX_DIGITS else f"at most {MAX_DIGITS} digits"
    if type(value) is str:
        return _text_problem(value)
    if type(value) is list:
        found = (literal_problem(item, depth + 1) for item in value)
        return next(filter(None, found), None)
    if type(value) is dict:
        if not all(type(key) is str for key in value):
            return "names that are text in every object"
        found = (literal_problem(part, depth + 1) for pair in value.items() for part in pair)
        return next(filter(None, found), None)
    return "a text, number, true or false, list or object"


def _text_problem(text: str) -> str | None:
    if len(text) > MAX_CHARACTERS:
        return f"at most {MAX_CHARACTERS:,} characters"
    # A lone surrogate would survive the translation but not the writing of the executed notebook.
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "text without broken characters (lone surrogates)"
    return None


def json_schema(fields: Iterable[Field]) -> dict[str, Any]:
    """Describe the form as JSON Schema, texts in both languages under `x-label` and `x-help`."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "additionalProperties": False,
        "properties": {field.name: _field_schema(field) for field in fields},
    }


def _field_schema(field: Field) -> dict[str, Any]:
    names = {"text": "string", "date": "string", "json": "object", "list": "array"}
    schema: dict[str, Any] = {"title": field.label["en"], "default": field.default, "x-label": field.label}
    if field.help:
        schema |= {"description": field.help["en"], "x-help": field.help}
    choices = [choice.value for choice in field.choices or []]
    bounds = {"maximum": field.maximum}
    bounds["exclusiveMinimum" if field.exclusive_minimum else "minimum"] = field.minimum
    kept = {name: bound for name, bound in bounds.items() if bound is not None}
    if field.type == "choice":
        schema["enum"] = choices + [None] * field.nullable
    elif not field.loose:
        name = names.get(field.type, field.type)
        schema["type"] = [name, "null"] if field.nullable else name
    if field.type == "list":
        item = {"type": names.get(field.item, field.item), **kept} if field.item else {}
        schema["items"] = {"enum": choices} if choices else item
    else:
        schema |= kept
    if field.type == "date":
        schema["format"] = "date"
    if field.unit:
        schema["x-unit"] = field.unit
    return schema
