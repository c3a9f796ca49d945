"""OPC UA: chosen nodes of a server, subscribed; what was missed is read from the server's history, if any."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any, Literal

from asyncua import Client, Node, ua
from pydantic import SecretStr, model_validator

from workbench.connectors import protocol
from workbench.connectors.addresses import password, user, without_password
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
from workbench.errors import Invalid, Unavailable

ROWS = 5000
BURST_S = 0.1
CHECK_S = 1.0
QUEUE = 10_000  # values of one node that the server keeps between two messages
MOST_NODES = 5000
DEEPEST = 8
HISTORY_READ = 4  # bit of a node's access level
MARGIN = timedelta(seconds=10)  # nodes do not speak in the order of their clocks


class OpcUaSettings(protocol.Settings):
    """Which server, which nodes."""

    url: str = setting(
        ...,
        {"en": "Address", "zh": "地址"},
        {"en": "Such as opc.tcp://10.0.0.5:4840", "zh": "如 opc.tcp://10.0.0.5:4840"},
        pattern=r"^opc\.tcp://.+",
    )
    nodes: list[str] = setting(
        [],
        {"en": "Nodes", "zh": "节点"},
        {
            "en": "Node ids such as ns=2;s=Line1.Temp, with “ as name” where wanted; empty: all variables",
            "zh": "节点标识，如 ns=2;s=Line1.Temp，可加“ as 名称”；留空则取全部变量",
        },
    )
    interval: float = setting(
        0.5,
        {"en": "Interval (s)", "zh": "间隔（秒）"},
        {"en": "How often the server sends what has changed", "zh": "服务器多久发送一次变化"},
        ge=0.01,
        le=3600,
    )
    history: bool = setting(
        True,
        {"en": "Fill gaps from history", "zh": "用历史数据补缺"},
        {"en": "After an interruption, where the server keeps history", "zh": "中断之后，若服务器保存历史"},
    )
    user: str = user()
    password: SecretStr = password()
    security: Literal["none", "Basic256Sha256"] = setting(
        "none",
        {"en": "Security", "zh": "安全策略"},
        {"en": "Basic256Sha256 needs a certificate and its key", "zh": "Basic256Sha256 需要证书和私钥"},
    )
    certificate: str = setting("", {"en": "Certificate file", "zh": "证书文件"})
    private_key: str = setting("", {"en": "Private key file", "zh": "私钥文件"})

    @model_validator(mode="before")
    @classmethod
    def _no_password_in_the_address(cls, given: Any) -> Any:
        return without_password(given)

    @model_validator(mode="after")
    def _node_ids_are_written_right(self) -> "OpcUaSettings":
        for each in self.nodes:
            try:
                ua.NodeId.from_string(_node(each)[0])
            except (ua.UaError, ValueError):
                raise ValueError(f"node ids such as ns=2;s=Line1.Temp, not {each[:60]!r}") from None
        if self.security != "none" and not (self.certificate and self.private_key):
            raise ValueError("a certificate and its private key for a secured connection")
        return self


class _Listener:
    """Takes what the server sends; its queue is emptied into batches."""

    def __init__(self) -> None:
        self.arrived: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    def datachange_notification(self, node: Node, _value: Any, data: Any) -> None:
        """Take one value."""
        self.arrived.put_nowait((node.nodeid.to_string(), data.monitored_item.Value))

    def status_change_notification(self, _status: Any) -> None:
        """Take a change of the subscription's own state, which shows at the connection."""


class OpcUa(Connector):
    """Nodes of a server."""

    kind = "opcua"
    label = {"en": "OPC UA server", "zh": "OPC UA 服务器"}  # noqa: RUF012 - a constant
    Settings = OpcUaSettings
    settings: OpcUaSettings

    async def test(self) -> str:
        """Connect and say which server answers."""
        async with self._connected() as client:
            info = await client.nodes.server.get_child("0:ServerStatus/0:BuildInfo/0:ProductName")
            name = await info.read_value()
            return f"{name or 'OPC UA server'} at {self.settings.url}"

    async def browse(self, parent: str = "") -> list[Point]:
        """List the nodes below one; at first those below Objects."""
        async with self._connected() as client:
            try:
                node = client.get_node(parent) if parent else client.nodes.objects
                children = await node.get_children_descriptions()
            except (ua.UaError, ValueError):
                raise Invalid("node", given=repr(parent[:80]), expected="a node of the server") from None
            return [await _point(client, child) for child in children[:MOST_NODES]]

    async def read(self, cursor: Cursor) -> AsyncGenerator[Batch, None]:
        """Yield what the server sends, after what it kept of the time nobody listened."""
        async with self._connected() as client:
            listener = _Listener()
            names = await self._names(client)
            units = {address: await _unit(client.get_node(address)) for address in names}
            subscription = await client.create_subscription(
                self.settings.interval * 1000, listener, queue_maxsize=10 * QUEUE
            )
            nodes = [client.get_node(address) for address in names]
            answers = await subscription.subscribe_data_change(
                nodes, queuesize=QUEUE, sampling_interval=self.settings.interval * 1000
            )
            refused = [
                name for name, answer in zip(names, answers, strict=True) if not isinstance(answer, int)
            ]
            notes = (
                (f"nodes the server does not let us subscribe: {', '.join(refused[:5])}",) if refused else ()
            )
            yield Readings().batch(cursor, notes=notes)
            if cursor.get("last"):
                async for batch in self._missed(client, names, units, cursor):
                    yield batch
                    cursor = batch.cursor
            while True:
                arrived = await self._burst(client, listener)
                readings = Readings()
                for address, data in arrived:
                    _add(readings, names.get(address, address), data, units.get(address))
                batch = readings.batch(_moved(cursor, readings))
                yield batch
                cursor = batch.cursor

    async def _burst(self, client: Client, listener: _Listener) -> list[tuple[str, Any]]:
        """Return what arrived together; nothing when the line is up and quiet."""
        try:
            async with asyncio.timeout(CHECK_S):
                arrived = [await listener.arrived.get()]
        except TimeoutError:
            await client.check_connection()
            return []
        await asyncio.sleep(BURST_S)
        while len(arrived) < ROWS and not listener.arrived.empty():
            arrived.append(listener.arrived.get_nowait())
        return arrived

    async def _missed(
        self, client: Client, names: dict[str, str], units: dict[str, str | None], cursor: Cursor
    ) -> AsyncGenerator[Batch, None]:
        """Yield the history since the last value, and a gap for nodes that have none."""
        last, until = datetime.fromisoformat(cursor["last"]), now()
        without = []
        for address, name in names.items():
            start = (last - MARGIN).replace(tzinfo=None)
            kept = self.settings.history and await _keeps_history(client.get_node(address))
            if not kept:
                without.append(name)
                continue
            while True:
                values = await client.get_node(address).read_raw_history(
                    start, None, ROWS, return_bounds=False
                )
                readings = Readings()
                for data in values:
                    _add(readings, name, data, units[address])
                yield readings.batch(cursor)
                moments = [data.SourceTimestamp or data.ServerTimestamp for data in values]
                if len(values) < ROWS or moments[-1] is None:
                    break
                start = as_utc(moments[-1]).replace(tzinfo=None)
        if without and until > last:
            yield Readings().batch(cursor, gaps=(Gap(begin=last, end=until),))

    async def _names(self, client: Client) -> dict[str, str]:
        """Return the chosen nodes with their names; all variables when none was chosen."""
        if self.settings.nodes:
            chosen = dict(map(_node, self.settings.nodes))
            return {ua.NodeId.from_string(address).to_string(): name for address, name in chosen.items()}
        found: dict[str, str] = {}
        await _variables(client.nodes.objects, "", found, DEEPEST)
        if not found:
            raise Invalid(
                "OPC UA server", given="no variables below Objects", hint="name the nodes to collect"
            )
        return found

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncGenerator[Client, None]:
        given = self.settings
        client = Client(given.url, timeout=10, watchdog_intervall=1.0)
        if given.user:
            client.set_user(given.user)
            client.set_password(given.password.get_secret_value())
        where = f"OPC UA server {given.url}"
        try:
            if given.security != "none":
                await client.set_security_string(
                    f"{given.security},SignAndEncrypt,{given.certificate},{given.private_key}"
                )
            async with client:
                yield client
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            hint = "check the address, and that the server runs"
            raise Unavailable(where, given=str(error) or "no answer", hint=hint) from None
        except ua.UaError as error:
            said = str(error) or type(error).__name__
            raise Unavailable(where, given=said, hint="check user, password and security") from None


def _node(text: str) -> tuple[str, str]:
    """Part a node id from the name a person gave it."""
    address, _, name = text.partition(" as ")
    return address.strip(), name.strip() or address.strip()


def _add(readings: Readings, name: str, data: Any, unit: str | None) -> None:
    at = data.SourceTimestamp or data.ServerTimestamp
    value = _plain(data.Value.Value if data.Value is not None else None)
    good = data.StatusCode is None or data.StatusCode.is_good()
    moment = as_utc(at) if at else now()
    key = hash_of(f"{name}\x00{moment.isoformat()}\x00{value!r}".encode())
    readings.add(moment, name, value, unit=unit, quality=None if good else data.StatusCode.name, key=key)


def _plain(value: Any) -> Any:
    """Return a value as a number or a text."""
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, ua.LocalizedText):
        return value.Text
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _moved(cursor: Cursor, readings: Readings) -> Cursor:
    moments = [row[0] for row in readings.rows]
    if not moments:
        return cursor
    newest = min(max(moments), now()).isoformat()  # a clock that runs ahead must not hide what is missed
    return cursor | {"last": max(newest, cursor.get("last", newest))}


async def _keeps_history(node: Node) -> bool:
    try:
        level = (await node.read_attribute(ua.AttributeIds.AccessLevel)).Value.Value
        return bool(level & HISTORY_READ)
    except ua.UaError:
        return False


async def _unit(node: Node) -> str | None:
    with contextlib.suppress(ua.UaError):
        found = await (await node.get_child("0:EngineeringUnits")).read_value()
        return found.DisplayName.Text or None
    return None


async def _variables(node: Node, path: str, found: dict[str, str], depth: int) -> None:
    """Collect the variables below a node, the server's own left out."""
    if depth == 0 or len(found) >= MOST_NODES:
        return
    for child in await node.get_children_descriptions():
        name = child.DisplayName.Text or child.BrowseName.Name
        place = f"{path}/{name}" if path else name
        if child.NodeId.NamespaceIndex == 0 or child.NodeId.to_string() in found:
            continue
        if child.NodeClass == ua.NodeClass.Variable:
            found[child.NodeId.to_string()] = place
        elif child.NodeClass == ua.NodeClass.Object:
            await _variables(Node(node.session, child.NodeId), place, found, depth - 1)


async def _point(client: Client, child: Any) -> Point:
    address = child.NodeId.to_string()
    name = child.DisplayName.Text or child.BrowseName.Name
    if child.NodeClass != ua.NodeClass.Variable:
        return Point(address=address, name=name, folder=True)
    node = client.get_node(child.NodeId)
    value: Any = None
    with contextlib.suppress(ua.UaError):
        value = _plain(await node.read_value())
    kind = "number" if isinstance(value, bool | int | float) else "text"
    shown = None if value is None else str(value)[:80]
    return Point(address=address, name=name, type=kind, unit=await _unit(node), value=shown)
