"""MQTT: messages of topics, each acknowledged to the broker once it is on disk.

The session at the broker is persistent and its messages come with QoS 1: what is sent while nobody listens
waits there. When the broker has forgotten the session, that time is a gap.
"""

import asyncio
import contextlib
import json
import logging
import ssl
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any, Literal

import aiomqtt
from paho.mqtt.client import MQTTMessage
from pydantic import SecretStr, model_validator

from workbench.connectors import payload, protocol, sparkplug
from workbench.connectors.addresses import password, user
from workbench.connectors.protocol import (
    Batch,
    Connector,
    Cursor,
    Gap,
    Point,
    Readings,
    as_utc,
    hash_of,
    now,
    setting,
)
from workbench.errors import Invalid, Unavailable, WorkbenchError

LOOK_AROUND_S = 3.0
CONNECT_S = 10.0
MESSAGES = 2000  # of one batch
QUIET_S = 0.005  # a burst is one batch
ALIVE_S = 5.0  # how often a quiet line is said to be up
LONGEST_TEXT = 100_000
QUIET = logging.getLogger(__name__)
QUIET.setLevel(logging.CRITICAL)  # what the library says is told in a connector's state


class MqttSettings(protocol.Settings):
    """Which broker, which topics, and how to read their messages."""

    host: str = setting(
        ..., {"en": "Broker", "zh": "服务器"}, {"en": "Name or address", "zh": "主机名或地址"}
    )
    port: int = setting(1883, {"en": "Port", "zh": "端口"}, ge=1, le=65535)
    topics: list[str] = setting(
        ["#"],
        {"en": "Topics", "zh": "主题"},
        {"en": "With + and # as wildcards; several with commas", "zh": "可用 + 和 # 通配；多个用逗号分隔"},
        min_length=1,
    )
    format: Literal["json", "sparkplug"] = setting(
        "json",
        {"en": "Messages", "zh": "消息格式"},
        {"en": "JSON or plain numbers, or Sparkplug B", "zh": "JSON 或纯数值，或 Sparkplug B"},
    )
    records: str = setting(
        "",
        {"en": "List of records", "zh": "记录列表路径"},
        {
            "en": "Path to a list inside the message, such as data.samples",
            "zh": "消息中列表的路径，如 data.samples",
        },
    )
    time: str = setting(
        "",
        {"en": "Time", "zh": "时间路径"},
        {
            "en": "Path to the time, such as data.ts; empty: found by its name",
            "zh": "时间的路径，如 data.ts；留空则按名称识别",
        },
    )
    values: list[str] = setting(
        [],
        {"en": "Values", "zh": "数值路径"},
        {"en": "Paths, or name=path; empty: every value", "zh": "路径，或 名称=路径；留空则取全部"},
    )
    user: str = user()
    password: SecretStr = password()
    tls: bool = setting(False, {"en": "Encrypted (TLS)", "zh": "加密（TLS）"})
    ca_file: str = setting(
        "",
        {"en": "CA certificate", "zh": "CA 证书"},
        {"en": "File; empty: those of the system", "zh": "文件；留空则用系统证书"},
    )
    client_id: str = setting(
        "",
        {"en": "Client id", "zh": "客户端标识"},
        {"en": "Empty: one of its own", "zh": "留空则自动生成"},
        max_length=64,
    )

    @model_validator(mode="after")
    def _topics_are_filters(self) -> "MqttSettings":
        for topic in self.topics:
            steps = topic.split("/")
            ends = "#" in topic and (not topic.endswith("#") or topic.count("#") > 1 or steps[-1] != "#")
            if not topic or ends or any("+" in step and step != "+" for step in steps):
                raise ValueError("topics with + for one level and # only at the end")
        return self


class _Client(aiomqtt.Client):
    """A client that acknowledges when told to, and knows whether the broker still had its session."""

    def __init__(self, *given: Any, **options: Any) -> None:
        super().__init__(*given, **options)
        self._client.manual_ack_set(True)
        self.session_present = False
        self.arrived: asyncio.Queue[MQTTMessage] = asyncio.Queue()

    def _on_connect(
        self, client: Any, userdata: Any, flags: Any, reason_code: Any, properties: Any = None
    ) -> None:
        self.session_present = bool(flags.session_present)
        super()._on_connect(client, userdata, flags, reason_code, properties)

    def _on_message(self, client: Any, userdata: Any, message: MQTTMessage) -> None:  # noqa: ARG002
        self.arrived.put_nowait(message)

    def acknowledge(self, messages: list[MQTTMessage]) -> None:
        for message in messages:
            self._client.ack(message.mid, message.qos)

    async def next(self, timeout_s: float) -> list[MQTTMessage]:
        """Return the messages of one burst; none when nothing comes, an error when the line is down."""
        # What had arrived before the line went down is taken first: the broker may have lost it.
        if self.arrived.empty():
            waiting = asyncio.ensure_future(self.arrived.get())
            await asyncio.wait(
                {waiting, self._disconnected}, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED
            )
            if not waiting.done():
                waiting.cancel()
                if self._disconnected.done():
                    self._disconnected.exception()  # looked at, so that nobody complains it never was
                    raise Unavailable("broker", given="the connection was lost")
                return []
            messages = [waiting.result()]
        else:
            messages = [self.arrived.get_nowait()]
        await asyncio.sleep(QUIET_S)
        while len(messages) < MESSAGES and not self.arrived.empty():
            messages.append(self.arrived.get_nowait())
        return messages


class Mqtt(Connector):
    """Topics of a broker."""

    kind = "mqtt"
    label = {"en": "MQTT broker", "zh": "MQTT 服务器"}  # noqa: RUF012 - a constant
    Settings = MqttSettings
    settings: MqttSettings

    async def test(self) -> str:
        """Connect and say so."""
        async with self._connected(lasting=False):
            return f"connected to {self.settings.host}:{self.settings.port}"

    async def browse(self, parent: str = "") -> list[Point]:
        """Listen for a moment and list the topics that speak, with their values."""
        found: dict[str, Point] = {}
        async with self._connected(lasting=False) as client:
            for topic in [f"{parent.rstrip('/')}/#"] if parent else ["#"]:
                await client.subscribe(topic, qos=0)
            deadline = asyncio.get_running_loop().time() + LOOK_AROUND_S
            while (left := deadline - asyncio.get_running_loop().time()) > 0:
                for message in await client.next(left):
                    found.update((point.address, point) for point in self._points(message))
        return sorted(found.values(), key=lambda point: point.address)

    async def read(self, cursor: Cursor) -> AsyncGenerator[Batch, None]:
        """Yield messages as they come."""
        cursor = dict(cursor)
        host = sparkplug.Host(cursor.get("nodes"))
        async with self._connected(lasting=True) as client:
            first = "session" not in cursor
            gaps = []
            if not client.session_present:
                if not first and cursor.get("last"):
                    begin = datetime.fromisoformat(cursor["last"])
                    gaps = [Gap(begin=begin, end=now(), why="the broker had forgotten this client's session")]
                cursor["session"] = hash_of(str(now()).encode())
            if not client.session_present or cursor.get("topics") != self.settings.topics:
                for gone in set(cursor.get("topics", ())) - set(self.settings.topics):
                    await client.unsubscribe(gone)
                await client.subscribe([(topic, 1) for topic in self.settings.topics])
            cursor |= {"topics": self.settings.topics, "last": now().isoformat()}
            yield Readings().batch(dict(cursor), gaps=tuple(gaps))
            while True:
                messages = await client.next(ALIVE_S)
                batch, rebirths = self._batch(messages, cursor, host, first=first)
                yield batch
                cursor = batch.cursor
                client.acknowledge(messages)
                for topic in rebirths:
                    with contextlib.suppress(aiomqtt.MqttError):  # the line is down: first what has arrived
                        await client.publish(topic, sparkplug.rebirth(), qos=0)

    @contextlib.asynccontextmanager
    async def _connected(self, *, lasting: bool) -> AsyncGenerator[_Client, None]:
        given = self.settings
        name = (given.client_id or self.id) if lasting else f"look-{hash_of(str(now()).encode()):x}"
        client = _Client(
            given.host,
            given.port,
            username=given.user or None,
            password=given.password.get_secret_value() or None,
            identifier=name,
            clean_session=not lasting,
            timeout=CONNECT_S,
            keepalive=15,
            logger=QUIET,
            tls_context=self._tls() if given.tls else None,
        )
        try:
            async with client:
                yield client
        except (aiomqtt.MqttError, OSError) as error:
            where = f"broker {given.host}:{given.port}"
            hint = "check address, user and password, and that the broker runs"
            raise Unavailable(where, given=str(error) or "no answer", hint=hint) from None

    def _tls(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self.settings.ca_file or None)
        except OSError as error:
            raise Invalid("CA certificate", given=error.strerror or str(error)) from None

    def _batch(
        self, messages: list[MQTTMessage], cursor: Cursor, host: sparkplug.Host, *, first: bool
    ) -> tuple[Batch, set[str]]:
        readings, notes, rebirths, gaps = Readings(), [], set(), []
        for message in messages:
            if message.retain and not first:
                continue  # the broker's copy of what came when it was sent
            try:
                if self.settings.format == "sparkplug":
                    ask, lost = host.take(message.topic, message.payload, readings)
                    rebirths |= {ask} if ask else set()
                    if lost:
                        gaps.append(Gap(begin=lost[0], end=max(lost[0], now()), why=lost[1]))
                else:
                    self._json(message, cursor, readings)
            except WorkbenchError as error:
                notes.append(f"a message of {_topic(message)} was left out: {error}")
            except (ValueError, TypeError, ArithmeticError, RecursionError) as error:
                # Whatever a message holds, the next one is read: this one would come again for ever.
                notes.append(f"a message of {_topic(message)} was left out: {type(error).__name__}")
        moved = cursor | {"last": now().isoformat()}
        held = False
        if self.settings.format == "sparkplug":
            host.give_up(readings)
            moved["nodes"] = host.remember()
            held = any(node.held for node in host.nodes.values())
            notes += host.notes()
        batch = readings.batch(moved, notes=tuple(notes), gaps=tuple(gaps), lasting=held and bool(messages))
        return batch, rebirths

    def _json(self, message: MQTTMessage, cursor: Cursor, readings: Readings) -> None:
        given = self.settings
        document = read_json(message.payload)
        body = message.topic.encode() + b"\x00" + message.payload
        found = payload.readings(document, records=given.records, time=given.time, values=given.values)
        numbered = payload.numbered(document)
        for position, (at, name, value) in enumerate(found):
            # Without a time or number of its own only the packet's number tells a message that the broker
            # sends again from an equal one, and brokers give these numbers anew.
            same = b"" if at or numbered else f"{cursor['session']} {message.mid}".encode()
            key = hash_of(b"\x00".join((body, same, str(position).encode())))
            if same:
                readings.doubtful.add(key)
            place = f"{message.topic}/{name.replace('.', '/')}" if name else message.topic
            readings.add(as_utc(at) if at else now(), place, value, key=key)

    def _points(self, message: MQTTMessage) -> list[Point]:
        topic = message.topic
        try:
            if topic.startswith(f"{sparkplug.PREFIX}/"):
                pairs = list(sparkplug.names(message.payload))
            else:
                pairs = [(path, value) for path, value in payload.leaves(read_json(message.payload))]
        except WorkbenchError as error:
            return [Point(address=topic, name=topic, value=str(error)[:80])]
        return [
            Point(
                address=f"{topic}/{path}" if path else topic,
                name=path or topic.rpartition("/")[2],
                type="number" if isinstance(value, int | float) else "text",
                value=str(value)[:80],
            )
            for path, value in pairs
        ]


def _topic(message: MQTTMessage) -> str:
    try:
        return str(message.topic)
    except UnicodeDecodeError:
        return "a topic that is no text"


def read_json(data: bytes) -> Any:
    """Read a message: JSON, a number, or a text."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid("message", given="bytes that are no text", expected="JSON or a number") from None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        if len(text) > LONGEST_TEXT:
            raise Invalid("message", given=f"{len(text):,} characters that are no JSON") from None
        return text.strip() or None
