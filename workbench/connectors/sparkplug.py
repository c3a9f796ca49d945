"""Sparkplug B: what a payload says, and what an edge node's births, deaths and sequence numbers mean.

The messages are those of the Sparkplug specification 3.0 (Eclipse Foundation), as far as values need them.
"""

import base64
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from time import monotonic
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from workbench.connectors.payload import moment
from workbench.connectors.protocol import Readings, hash_of, now
from workbench.errors import Invalid

PREFIX = "spBv1.0"
REBIRTH = "Node Control/Rebirth"
KINDS = frozenset({"NBIRTH", "DBIRTH", "NDATA", "DDATA", "NDEATH", "DDEATH"})
BITS = {1: 8, 2: 16, 3: 32, 4: 64}  # of the signed types, which are sent as unsigned numbers
BOOLEAN, DATE_TIME = 11, 13
UNIT_NAMES = ("engUnit", "Engineering Units", "EngUnit", "unit", "units")
ASK_AGAIN_S = 5.0
HELD_S = 30.0  # so long a value without a name waits for the birth that names it
MOST_HELD = 5000  # of one node
MOST_ALIASES = 2000  # remembered across a restart; a node with more is asked for its birth again
_FIELD = descriptor_pb2.FieldDescriptorProto
_VALUES = (
    ("int_value", "UINT32"),
    ("long_value", "UINT64"),
    ("float_value", "FLOAT"),
    ("double_value", "DOUBLE"),
    ("boolean_value", "BOOL"),
    ("string_value", "STRING"),
)
_MESSAGES: dict[str, list[tuple[int, str, str, bool]]] = {
    "PropertyValue": [
        (1, "type", "UINT32", False),
        (2, "is_null", "BOOL", False),
        *[(position, name, kind, False) for position, (name, kind) in enumerate(_VALUES, start=3)],
    ],
    "PropertySet": [(1, "keys", "STRING", True), (2, "values", "PropertyValue", True)],
    "Metric": [
        (1, "name", "STRING", False),
        (2, "alias", "UINT64", False),
        (3, "timestamp", "UINT64", False),
        (4, "datatype", "UINT32", False),
        (5, "is_historical", "BOOL", False),
        (6, "is_transient", "BOOL", False),
        (7, "is_null", "BOOL", False),
        (9, "properties", "PropertySet", False),
        *[(position, name, kind, False) for position, (name, kind) in enumerate(_VALUES, start=10)],
        (16, "bytes_value", "BYTES", False),
    ],
    "Payload": [
        (1, "timestamp", "UINT64", False),
        (2, "metrics", "Metric", True),
        (3, "seq", "UINT64", False),
        (4, "uuid", "STRING", False),
        (5, "body", "BYTES", False),
    ],
}


def _schema() -> tuple[Any, Any]:
    """Describe the messages to protobuf, without a generated module."""
    file = descriptor_pb2.FileDescriptorProto(name="workbench_sparkplug.proto", package="sparkplug")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field_name, kind, repeated in fields:
            label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
            added = message.field.add(name=field_name, number=number, label=label)
            if kind in _MESSAGES:
                added.type, added.type_name = _FIELD.TYPE_MESSAGE, f".sparkplug.{kind}"
            else:
                added.type = getattr(_FIELD, f"TYPE_{kind}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    payload, metric = (pool.FindMessageTypeByName(f"sparkplug.{name}") for name in ("Payload", "Metric"))
    return message_factory.GetMessageClass(payload), message_factory.GetMessageClass(metric)


Payload, Metric = _schema()


@dataclass
class Node:
    """What is known of one edge node since its birth."""

    seq: int | None = None
    bd_seq: int | None = None
    aliases: dict[str, str] = field(default_factory=dict)  # device/alias → name
    types: dict[str, int] = field(default_factory=dict)  # device/name → type: data may leave it out
    units: dict[str, str] = field(default_factory=dict)
    last: str = ""  # when it was last heard
    # Values whose name is not known yet: device, time in ms, when they came, the metric as it came.
    held: list[tuple[str, int, float, str]] = field(default_factory=list)
    silent: bool = False  # it did not answer: its values wait no more, until it is born


class Host:
    """Follows edge nodes: turns their messages into readings and says when a node must be born again."""

    def __init__(self, remembered: dict[str, Any] | None = None) -> None:
        self.nodes = {name: Node(**facts) for name, facts in deepcopy(remembered or {}).items()}
        self._asked: dict[str, float] = {}
        self._notes: list[str] = []

    def remember(self) -> dict[str, Any]:
        """Return what must survive a restart."""
        return {
            name: vars(node)
            | {"held": list(node.held)}
            | ({} if len(node.aliases) <= MOST_ALIASES else {"aliases": {}, "types": {}})
            for name, node in self.nodes.items()
        }

    def take(
        self, topic: str, data: bytes, readings: Readings
    ) -> tuple[str | None, tuple[datetime, str] | None]:
        """Add a message's readings; return where to ask for a rebirth, and what is missing since when."""
        parts = topic.split("/")
        if len(parts) < 4 or parts[0] != PREFIX or parts[2] not in KINDS:
            return None, None
        group, kind, name = parts[1], parts[2], parts[3]
        device = "/".join(parts[4:])
        message = decode(data)
        handle = f"{group}/{name}"
        node = self.nodes.setdefault(handle, Node())
        before = moment(node.last) if node.last else None
        if kind in {"NDEATH", "DDEATH"}:
            self._died(node, message, handle, device, readings)
            return None, None
        if kind == "NBIRTH":
            # Names of the earlier life hold until the device's own birth comes: data may be on its way.
            unseen = _unseen(node.bd_seq, _bd_seq(message))
            node.bd_seq, node.seq = _bd_seq(message), None
            readings.add(_at(message), f"{handle}/online", 1.0, key=_key(handle, message.timestamp, 1.0))
            missing = False
        else:
            unseen = 0
            missing = node.seq is None or message.seq != (node.seq + 1) % 256
        node.seq = int(message.seq)
        unknown = False
        for metric in message.metrics:
            known = self._known(node, device, metric)
            unknown |= not known
            if known or node.silent:
                self._metric(node, handle, device, (message, metric), readings)
            else:
                kept = base64.b64encode(metric.SerializeToString()).decode()
                stamp = _stamp(message, metric) or int(now().timestamp() * 1000)
                node.held.append((device, stamp, now().timestamp(), kept))
        if kind in {"NBIRTH", "DBIRTH"}:
            node.silent = False
            self._release(node, handle, readings)
        node.last = _at(message).isoformat()
        ask = f"{PREFIX}/{group}/NCMD/{name}" if (missing or unknown) and self._may_ask(handle) else None
        why = f"a message of {handle} is missing in its sequence" if missing else ""
        why = f"{unseen} births of {handle} were not seen" if unseen else why
        return ask, (before, why) if before and why else None

    def _known(self, node: Node, device: str, metric: Any) -> bool:
        """Whether it can be said what a metric is called; without name and alias nobody ever can."""
        return bool(metric.name) or not metric.HasField("alias") or f"{device}/{metric.alias}" in node.aliases

    def _release(self, node: Node, handle: str, readings: Readings, *, before: float = 0.0) -> None:
        """Add the held values that have their name now, and those that came before a moment without it."""
        held, node.held = node.held, []  # a new list: the old one may be part of a cursor
        for each in held:
            device, stamp, came, kept = each
            metric = Metric()
            metric.ParseFromString(base64.b64decode(kept))
            if self._known(node, device, metric) or came < before:
                self._metric(node, handle, device, (Payload(timestamp=stamp), metric), readings)
            else:
                node.held.append(each)

    def give_up(self, readings: Readings) -> None:
        """Add held values under their alias whose birth does not come, so that they are not lost."""
        for handle, node in self.nodes.items():
            waiting = len(node.held)
            if not waiting:
                continue
            late = now().timestamp() - HELD_S
            if waiting > MOST_HELD:
                late = max(late, node.held[-MOST_HELD][2])
            self._release(node, handle, readings, before=late)
            if len(node.held) < waiting:
                node.silent = True
                self._notes.append(
                    f"{handle} did not say what its aliases are called: values are stored as alias:N"
                )

    def notes(self) -> list[str]:
        """Return, once, what people should know."""
        notes, self._notes = self._notes, []
        return notes

    def _may_ask(self, handle: str) -> bool:
        """Ask a node for its birth no more often than it can answer."""
        moment_, before = monotonic(), self._asked.get(handle)
        if before is not None and moment_ - before < ASK_AGAIN_S:
            return False
        self._asked[handle] = moment_
        return True

    def _metric(
        self, node: Node, handle: str, device: str, parts: tuple[Any, Any], readings: Readings
    ) -> None:
        """Add one metric."""
        message, metric = parts
        alias = f"{device}/{metric.alias}"
        name = metric.name
        if name and metric.HasField("alias"):
            node.aliases[alias] = name
        elif not name:
            name = node.aliases.get(alias, "")
        place = "/".join(part for part in (handle, device, name or f"alias:{metric.alias}") if part)
        kind = metric.datatype or node.types.get(f"{device}/{name}", 0)
        if metric.datatype and name:
            node.types[f"{device}/{name}"] = metric.datatype
        unit = _unit(metric)
        if unit:
            node.units[place] = unit
        if name in {"bdSeq", REBIRTH} or name.startswith("Node Control/"):
            return
        value = value_of(metric, kind)
        at = moment(metric.timestamp) if metric.timestamp else _at(message)
        stamp = _stamp(message, metric)
        # A value may come before the birth that names it, and again after it.
        key = _key(handle, alias if metric.HasField("alias") else place, stamp or f"seq {message.seq}", value)
        if not stamp:
            readings.doubtful.add(key)
        readings.add(
            at or now(),
            place,
            value,
            unit=node.units.get(place),
            quality="historical" if metric.is_historical else None,
            key=key,
        )

    def _died(self, node: Node, message: Any, handle: str, device: str, readings: Readings) -> None:
        """Note a death, unless it is that of an earlier life."""
        born = _bd_seq(message)
        if not device and born is not None and node.bd_seq is not None and born != node.bd_seq:
            return
        if device:
            node.seq = int(message.seq) if message.HasField("seq") else node.seq
        else:
            node.seq = None
        place = "/".join(part for part in (handle, device, "online") if part)
        readings.add(_at(message), place, 0.0, key=_key(place, message.timestamp, f"0 {born}"))


def decode(data: bytes) -> Any:
    """Read a payload."""
    try:
        message = Payload()
        message.ParseFromString(data)
        return message
    except DecodeError:
        raise Invalid("Sparkplug payload", given=f"{len(data)} bytes that are none") from None


def rebirth() -> bytes:
    """Write the command that asks an edge node for its birth."""
    message = Payload(timestamp=int(now().timestamp() * 1000))
    message.metrics.add(name=REBIRTH, datatype=BOOLEAN, boolean_value=True, timestamp=message.timestamp)
    return bytes(message.SerializeToString())


def value_of(metric: Any, kind: int) -> Any:
    """Return a metric's value; signed numbers travel as unsigned ones."""
    if metric.is_null:
        return None
    for name in ("int_value", "long_value"):
        if metric.HasField(name):
            value = int(getattr(metric, name))
            if kind in BITS:
                span = 1 << BITS[kind]
                value %= span
                return value - span if value >= span // 2 else value
            if kind == DATE_TIME:
                found = moment(value)
                return found.isoformat() if found else value
            return value
    for name in ("float_value", "double_value", "boolean_value", "string_value"):
        if metric.HasField(name):
            return getattr(metric, name)
    return metric.bytes_value.hex() if metric.HasField("bytes_value") else None


def names(data: bytes) -> Iterator[tuple[str, Any]]:
    """Yield the names and values of a payload, for people who look around."""
    for metric in decode(data).metrics:
        yield metric.name or f"alias:{metric.alias}", value_of(metric, metric.datatype)


def _bd_seq(message: Any) -> int | None:
    return next((value_of(metric, 0) for metric in message.metrics if metric.name == "bdSeq"), None)


def _unseen(before: int | None, born: int | None) -> int:
    """Return how many births lie between two that were seen; the number turns over after 255."""
    if before is None or born is None or before == born:
        return 0
    return (born - before) % 256 - 1


def _unit(metric: Any) -> str | None:
    for name, value in zip(metric.properties.keys, metric.properties.values, strict=False):
        if name in UNIT_NAMES and value.string_value:
            return str(value.string_value)
    return None


def _stamp(message: Any, metric: Any) -> int:
    return int(metric.timestamp or message.timestamp)


def _at(message: Any) -> datetime:
    return (moment(message.timestamp) if message.timestamp else None) or now()


def _key(*parts: Any) -> int:
    return hash_of("\x00".join(map(str, parts)).encode())
