"""Which connectors there are: the house's and those of installed packages, by one name each.

A connector's module is imported when it is used: its libraries take seconds that no other command waits for.
"""

import json
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any

from pydantic import ValidationError

from workbench.connectors.protocol import Connector, Settings
from workbench.errors import Invalid, Unavailable, did_you_mean, unknown

GROUP = "workbench.connectors"
HOUSE = {
    "files": "workbench.connectors.files:Files",
    "sql": "workbench.connectors.sql:Sql",
    "opcua": "workbench.connectors.opcua:OpcUa",
    "mqtt": "workbench.connectors.mqtt:Mqtt",
    "modbus": "workbench.connectors.modbus:Modbus",
    "rest": "workbench.connectors.rest:Rest",
}


def kinds() -> list[str]:
    """Return the names of all connectors, the house's first."""
    return [*HOUSE, *(entry.name for entry in entry_points(group=GROUP) if entry.name not in HOUSE)]


def connector(kind: str) -> type[Connector]:
    """Return a connector's class by its name."""
    if kind in HOUSE:
        module, _, name = HOUSE[kind].partition(":")
        return _checked(kind, getattr(import_module(module), name))
    for entry in entry_points(group=GROUP):
        if entry.name == kind:
            try:
                return _checked(kind, entry.load())
            except (ImportError, AttributeError) as error:
                raise Unavailable(f"connector {kind!r}", given=str(error), hint="install it again") from error
    raise unknown("connector type", kind, kinds())


def _checked(kind: str, found: Any) -> type[Connector]:
    if isinstance(found, type) and issubclass(found, Connector):
        return found
    raise Invalid(
        f"connector {kind!r}",
        given=repr(found),
        expected="a subclass of workbench.connectors.protocol.Connector",
    )


def read_settings(kind: str, given: dict[str, Any]) -> Settings:
    """Check what a person gave, and name the first thing that is wrong without quoting a secret."""
    model = connector(kind).Settings
    try:
        return model.model_validate(given)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)
        # A name that does not exist is why another one is missing.
        first = min(wrong, key=lambda each: each["type"] != "extra_forbidden")
        where = ".".join(str(part) for part in first["loc"])
        if first["type"] == "extra_forbidden":
            near = did_you_mean(where, model.model_fields)
            known = ", ".join(model.model_fields)
            hint = f"did you mean {near!r}?" if near else f"known: {known}"
            raise Invalid(f"setting of {kind}", given=repr(where), hint=hint) from None
        if first["type"] == "missing":
            help_text = model.model_fields[str(first["loc"][0])].description or "a value"
            raise Invalid(f"setting {where} of {kind}", given="nothing", expected=lower(help_text)) from None
        expected = lower(first["msg"].removeprefix("Value error, "))
        raise Invalid(f"setting {where} of {kind}", expected=expected) from None


def lower(text: str) -> str:
    """Return a sentence as the part of another."""
    return text[:1].lower() + text[1:]


def from_text(kind: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Read what a person typed: text stays text, a list may be words and commas, the rest is JSON."""
    fields = connector(kind).Settings.model_fields
    return {
        name: _value(text, str(getattr(fields.get(name), "annotation", ""))) for name, text in given.items()
    }


def _value(text: str, annotation: str) -> Any:
    if "list[" in annotation and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if annotation in {"<class 'str'>", "<class 'pydantic.types.SecretStr'>", ""}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def form(kind: str) -> list[dict[str, Any]]:
    """Return what a form needs to ask for a connector's settings."""
    model = connector(kind).Settings
    rows = []
    for name, field in model.model_fields.items():
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        annotation = str(field.annotation)
        rows.append(
            {
                "name": name,
                "label": extra.get("label", {"en": name, "zh": name}),
                "help": extra.get("help", {"en": "", "zh": ""}),
                "required": field.is_required(),
                "secret": "SecretStr" in annotation,
                "several": "list[" in annotation,
                "choices": list(getattr(field.annotation, "__args__", ())) if "Literal" in annotation else [],
                "default": None
                if field.is_required() or "SecretStr" in annotation
                else field.get_default(call_default_factory=True),
            }
        )
    return rows
