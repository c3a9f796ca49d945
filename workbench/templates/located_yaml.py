"""YAML from strangers, read safely, with the line of every value kept for the sentence that refuses it.

Follows YAML 1.2 where 1.1 surprises: `no`, `on`, dates and `12:30` stay text, `1e-3` is a number.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from workbench.errors import did_you_mean
from workbench.templates.problem import Problem

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML built without libyaml: the same, slower
    from yaml import SafeLoader  # type: ignore[assignment]

MAX_CHARACTERS = 400_000
MAX_DEPTH = 40  # libyaml's composer recurses in C: 90 000 open brackets end the process, not the parse
Model = TypeVar("Model", bound=BaseModel)


class _Loader(SafeLoader):
    """The safe loader with the scalar rules of YAML 1.2."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own shape


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", "-+0123456789"),
    ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
    ("float", r"^[-+]?\.(?:inf|Inf|INF)$|^\.(?:nan|NaN|NAN)$", "-+."),
    ("null", r"^(?:~|null|Null|NULL|)$", "~nN"),
    ("null", r"^$", ""),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first) if _first else [""]
    )


@dataclass(frozen=True)
class Document:
    """A YAML text as plain data, and its node tree for line numbers."""

    data: Any
    node: yaml.Node | None
    offset: int = 0

    def line(self, path: Sequence[str | int], *, key: bool = False) -> int:
        """Return the line of a value (or of its key), or of the nearest parent that exists."""
        node, mark = self.node, self.node.start_mark if self.node else None
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            mark, node = found[0 if key else 1].start_mark, found[1]
        return (mark.line if mark else 0) + 1 + self.offset


def _child(node: yaml.Node | None, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == str(step):
                return name, value
    return None


def parse(text: str, *, offset: int = 0) -> tuple[Document, list[Problem]]:
    """Read one YAML document; what cannot be read comes back as problems with their line."""
    empty = Document(None, None, offset)
    if len(text) > MAX_CHARACTERS:
        return empty, [Problem(f"longer than {MAX_CHARACTERS:,} characters", line=1 + offset)]
    try:
        hostile = _hostile(text, offset)
        if hostile:
            return empty, [hostile]
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            problems: list[Problem] = []
            data = _plain(node, offset, problems) if node is not None else None
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = (mark.line if mark else 0) + 1 + offset
        return empty, [Problem(f"not YAML: {error.problem or error.context}", line=line)]
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        return empty, [Problem(f"not YAML: {str(error).splitlines()[0]}", line=1 + offset)]
    return Document(data, node, offset), problems


def _hostile(text: str, offset: int) -> Problem | None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        line = (event.start_mark.line if event.start_mark else 0) + 1 + offset
        if isinstance(event, yaml.AliasEvent):
            return Problem("aliases (*name) are not read; write the value out", line=line)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            return Problem(f"nested deeper than {MAX_DEPTH} levels", line=line)
    return None


_SCALARS: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:str": str,
    "tag:yaml.org,2002:int": int,
    "tag:yaml.org,2002:float": lambda text: float(text.lower().replace(".inf", "inf").replace(".nan", "nan")),
    "tag:yaml.org,2002:bool": lambda text: text.lower() == "true",
    "tag:yaml.org,2002:null": lambda _: None,
}


def _plain(node: yaml.Node, offset: int, problems: list[Problem]) -> Any:
    """Turn a node into plain data; repeated keys, odd keys and tags for objects become problems."""
    line = (node.start_mark.line if node.start_mark else 0) + 1 + offset
    if isinstance(node, yaml.ScalarNode):
        if node.tag in _SCALARS:
            return _SCALARS[node.tag](node.value)
    elif isinstance(node, yaml.SequenceNode):
        if node.tag == "tag:yaml.org,2002:seq":
            return [_plain(item, offset, problems) for item in node.value]
    elif isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
        data: dict[Any, Any] = {}
        for key, value in node.value:
            name = _plain(key, offset, problems)
            if isinstance(name, dict | list):
                problems.append(Problem("a key is a text or a number", line=key.start_mark.line + 1 + offset))
                continue
            if name in data:
                problems.append(
                    Problem(f"{key.value!r} is given twice", line=key.start_mark.line + 1 + offset)
                )
            data[name] = _plain(value, offset, problems)
        return data
    problems.append(Problem(f"tag {node.tag} is not read", line=line))
    return None


def validate(model: type[Model], document: Document) -> tuple[Model | None, list[Problem]]:
    """Check plain data against a model; each error becomes a problem with its line and the nearest name."""
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        found = [_problem(model, document, detail) for detail in error.errors(include_url=False)]
        return None, sorted(set(found), key=lambda problem: problem.line or 0)


def _problem(model: type[BaseModel], document: Document, detail: ErrorDetails) -> Problem:
    loc = _real_path(detail["loc"], document.data)
    path: str | None = ".".join(str(step) for step in loc) or None
    if detail["type"] == "extra_forbidden":
        known = _keys(model, loc[:-1])
        near = did_you_mean(str(loc[-1]), known)
        hint = f"did you mean {near!r}?" if near else f"known: {', '.join(known)}"
        line = document.line(loc, key=True)
        parent = ".".join(map(str, loc[:-1])) or None
        return Problem(f"unknown key {str(loc[-1])!r}", line=line, path=parent, hint=hint)
    line = document.line(loc)
    if detail["type"] == "missing":
        return Problem("missing", line=line, path=path)
    message = detail["msg"].removeprefix("Value error, ")
    given = detail["input"]
    shown = f": got {given!r}" if isinstance(given, str | int | float | bool | None) else ""
    return Problem(f"{message}{shown}", line=line, path=path, hint=_nearest(detail))


def _nearest(detail: ErrorDetails) -> str | None:
    """Suggest the nearest of a closed list of words."""
    if detail["type"] != "literal_error":
        return None
    words = re.findall(r"'([^']*)'", str(detail.get("ctx", {}).get("expected", "")))
    near = did_you_mean(str(detail["input"]), words)
    return f"did you mean {near!r}?" if near else None


def _real_path(loc: tuple[int | str, ...], data: Any) -> tuple[int | str, ...]:
    """Drop the steps pydantic adds for unions and dictionary keys, which the reader's text does not have."""
    path: list[int | str] = []
    for position, step in enumerate(loc):
        last = position == len(loc) - 1
        if isinstance(data, dict):
            matches = [key for key in data if str(key) == str(step)]
            if matches or (last and step != "[key]"):
                path.append(step)
                data = data[matches[0]] if matches else None
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            path.append(step)
            data = data[step]
    return tuple(path)


def _keys(model: Any, path: Sequence[str | int]) -> list[str]:
    """Return the keys a model knows at a path inside it."""
    for step in path:
        models = [found for found in _models(model) if str(step) in _names(found)]
        if models:
            model = models[0].model_fields[_names(models[0])[str(step)]].annotation
        elif isinstance(model, type) and issubclass(model, BaseModel):
            return []
        else:
            model = _item(model)
    return sorted({name for found in _models(model) for name in _names(found)})


def _names(model: type[BaseModel]) -> dict[str, str]:
    return {field.alias or name: name for name, field in model.model_fields.items()}


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Union, UnionType):
        return [model for part in get_args(annotation) for model in _models(part)]
    return []


def _item(annotation: Any) -> Any:
    """Return the type of the values of a dict or list annotation, looking through unions."""
    if get_origin(annotation) in (Union, UnionType):
        for part in get_args(annotation):
            if get_args(part):
                return _item(part)
    arguments = get_args(annotation)
    return arguments[-1] if arguments else None
