"""Modbus TCP: the registers of a list, read together every so often.

A device keeps nothing of the time it was not asked: an interruption leaves a gap, and it is shown as one.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import field_validator
from pymodbus import ModbusException
from pymodbus.client import AsyncModbusTcpClient

from workbench.connectors import protocol
from workbench.connectors.protocol import Batch, Connector, Cursor, Gap, Point, Readings, now, setting
from workbench.connectors.registers import COLUMNS, Register, Table, read_list
from workbench.errors import Unavailable

TIMEOUT_S = 3.0
LONGEST_BLOCK = 120  # registers of one request; the protocol allows 125
BRIDGED = 8  # registers between two wanted ones that are read along
LATE, LATE_S = 3, 1.0  # polls, and seconds, that a slow device may miss before it is a gap
READS = {
    "holding": "read_holding_registers",
    "input": "read_input_registers",
    "coil": "read_coils",
    "discrete": "read_discrete_inputs",
}


class ModbusSettings(protocol.Settings):
    """Which device, which registers."""

    host: str = setting(..., {"en": "Device", "zh": "设备"}, {"en": "Name or address", "zh": "主机名或地址"})
    port: int = setting(502, {"en": "Port", "zh": "端口"}, ge=1, le=65535)
    device_id: int = setting(
        1, {"en": "Unit id", "zh": "站号"}, {"en": "Usually 1", "zh": "通常为 1"}, ge=0, le=255
    )
    registers: str = setting(
        ...,
        {"en": "Registers (CSV)", "zh": "寄存器清单（CSV）"},
        {"en": f"One register a line: {COLUMNS}", "zh": f"每行一个寄存器，列名：{COLUMNS}"},
    )
    every: float = setting(
        1.0,
        {"en": "Read every (s)", "zh": "读取间隔（秒）"},
        {"en": "How often", "zh": "多久读取一次"},
        ge=0.02,
        le=86400,
    )

    @field_validator("registers")
    @classmethod
    def _registers_are_written_right(cls, text: str) -> str:
        read_list(text)
        return text


@dataclass(frozen=True)
class Block:
    """Registers that are read in one request."""

    table: Table
    start: int
    count: int
    registers: tuple[Register, ...]


class Modbus(Connector):
    """Registers of a device."""

    kind = "modbus"
    label = {"en": "Modbus TCP device", "zh": "Modbus TCP 设备"}  # noqa: RUF012 - a constant
    Settings = ModbusSettings
    settings: ModbusSettings

    def __init__(self, settings: ModbusSettings, *, id: str = "workbench") -> None:  # noqa: A002
        super().__init__(settings, id=id)
        self.registers = read_list(settings.registers)
        self._notes: list[str] = []

    async def test(self) -> str:
        """Read every register once."""
        async with self._connected() as client:
            readings = await self._poll(client, blocks(self.registers))
        bad = [row[1] for row in readings.rows if row[5]]
        told = f"{len(self.registers) - len(bad)} of {len(self.registers)} registers answer"
        return told + (f"; not {', '.join(bad[:5])}" if bad else "")

    async def browse(self, parent: str = "") -> list[Point]:  # noqa: ARG002 - a device has one level
        """List the registers with their values now."""
        async with self._connected() as client:
            readings = await self._poll(client, blocks(self.registers))
        found = {row[1]: row for row in readings.rows}
        return [
            Point(
                address=f"{register.table}:{register.address}",
                name=register.name,
                type=register.type,
                unit=register.unit,
                value=_shown(found.get(register.name)),
            )
            for register in self.registers
        ]

    async def read(self, cursor: Cursor) -> AsyncGenerator[Batch, None]:
        """Yield all registers every so often, without end."""
        every, wanted = self.settings.every, blocks(self.registers)
        loop = asyncio.get_running_loop()
        async with self._connected() as client:
            due, allowed = loop.time(), 2 * every
            while True:
                readings = await self._poll(client, wanted)
                at = readings.rows[0][0]
                gaps = []
                if cursor.get("last"):
                    last = datetime.fromisoformat(cursor["last"])
                    if (at - last).total_seconds() > allowed:
                        gaps = [Gap(begin=last, end=at)]
                allowed = LATE * every + LATE_S
                notes, self._notes = tuple(self._notes), []
                cursor = {"last": at.isoformat()}
                yield readings.batch(cursor, gaps=tuple(gaps), notes=notes)
                due = max(due + every, loop.time())
                await asyncio.sleep(max(0.0, due - loop.time()))

    async def _poll(self, client: AsyncModbusTcpClient, wanted: list[Block]) -> Readings:
        readings, at = Readings(), now()
        for block in list(wanted):
            words = await self._words(client, block)
            if words is not None or len(block.registers) == 1:
                self._add(readings, at, block, words)
                continue
            # One bad address must not cost the others: from now on they are read one by one.
            single = [Block(each.table, each.address, each.size, (each,)) for each in block.registers]
            place = wanted.index(block)
            wanted[place : place + 1] = single
            for part in single:
                self._add(readings, at, part, await self._words(client, part))
        return readings

    def _add(self, readings: Readings, at: datetime, block: Block, words: list[int] | None) -> None:
        for register in block.registers:
            if words is None:
                readings.add(at, register.name, None, unit=register.unit, quality="no such register")
                continue
            place = register.address - block.start
            value = register.value(words[place : place + register.size])
            readings.add(at, register.name, value, unit=register.unit)

    async def _words(self, client: AsyncModbusTcpClient, block: Block) -> list[int] | None:
        """Read a block; None when the device has no such registers."""
        try:
            ask = getattr(client, READS[block.table])
            answer = await ask(block.start, count=block.count, device_id=self.settings.device_id)
        except (ModbusException, OSError) as error:
            raise self._unavailable(str(error)) from None
        if answer.isError():
            code = getattr(answer, "exception_code", 0)
            if code not in {1, 2, 3}:
                raise self._unavailable(f"exception {code}")
            if len(block.registers) == 1:
                self._notes.append(
                    f"the device refuses {block.registers[0].name} at {block.table} {block.start}"
                )
            return None
        return [int(bit) for bit in answer.bits] if block.table in {"coil", "discrete"} else answer.registers

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncGenerator[AsyncModbusTcpClient, None]:
        given = self.settings
        # Its own reconnecting would hide gaps.
        client = AsyncModbusTcpClient(
            given.host, port=given.port, timeout=TIMEOUT_S, retries=1, reconnect_delay=0
        )
        try:
            if not await client.connect():
                raise self._unavailable("no answer")
            yield client
        finally:
            client.close()

    def _unavailable(self, said: str) -> Unavailable:
        where = f"Modbus device {self.settings.host}:{self.settings.port}"
        return Unavailable(where, given=said, hint="check address, unit id and cable")


def blocks(registers: list[Register]) -> list[Block]:
    """Put registers that lie close together into one request."""
    found: list[Block] = []
    for register in sorted(registers, key=lambda each: (each.table, each.address)):
        last = found[-1] if found else None
        end = register.address + register.size
        if (
            last
            and last.table == register.table
            and register.address <= last.start + last.count + BRIDGED
            and end - last.start <= LONGEST_BLOCK
        ):
            count = max(last.count, end - last.start)
            found[-1] = Block(last.table, last.start, count, (*last.registers, register))
        else:
            found.append(Block(register.table, register.address, register.size, (register,)))
    return found


def _shown(row: Any) -> str | None:
    if row is None or row[5]:
        return row[5] if row else None
    return str(row[2] if row[2] is not None else row[3])


logging.getLogger("pymodbus").setLevel(logging.CRITICAL)  # what it says is told in a connector's state
