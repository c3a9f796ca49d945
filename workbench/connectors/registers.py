"""The list of a Modbus device's registers: a CSV that a person keeps, and how values lie in registers."""

import csv
import io
import math
import struct
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Table = Literal["holding", "input", "coil", "discrete"]
Kind = Literal["int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64", "bit", "string"]
Order = Literal["big", "little"]
FORMATS = {
    "int16": "h",
    "uint16": "H",
    "int32": "i",
    "uint32": "I",
    "int64": "q",
    "uint64": "Q",
    "float32": "f",
    "float64": "d",
}
COLUMNS = "name,address,type,byte_order,word_order,scale,offset,unit,table,length,bit"
MOST = 2000
# The notation of manuals: the first digit of five or six says which table.
NOTATION: dict[str, Table] = {"0": "coil", "1": "discrete", "3": "input", "4": "holding"}


class Register(BaseModel):
    """One value of a device."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    address: int = Field(ge=0, le=65535)
    type: Kind = "uint16"
    byte_order: Order = "big"
    word_order: Order = "big"
    scale: float = 1.0
    offset: float = 0.0
    unit: str | None = None
    table: Table = "holding"
    length: int = Field(default=1, ge=1, le=120)  # registers of a string
    bit: int = Field(default=0, ge=0, le=15)

    @model_validator(mode="after")
    def _fits(self) -> "Register":
        if self.type != "bit" and self.table in {"coil", "discrete"}:
            raise ValueError(f"type bit in table {self.table}")
        if self.address + self.size > 65536:
            raise ValueError("an address that leaves room for its registers")
        return self

    @property
    def size(self) -> int:
        """How many registers it takes."""
        if self.type == "string":
            return self.length
        return 1 if self.type == "bit" else struct.calcsize(FORMATS[self.type]) // 2

    def value(self, words: list[int]) -> float | str | bool | None:
        """Return the value that lies in its registers."""
        if self.table in {"coil", "discrete"}:
            return bool(words[0])
        if self.word_order == "little":
            words = words[::-1]
        data = b"".join(word.to_bytes(2, "big") for word in words)
        if self.byte_order == "little":
            data = b"".join(data[place : place + 2][::-1] for place in range(0, len(data), 2))
        if self.type == "string":
            return data.split(b"\x00")[0].decode("utf-8", "replace").strip()
        if self.type == "bit":
            return bool(int.from_bytes(data, "big") >> self.bit & 1)
        (number,) = struct.unpack(f">{FORMATS[self.type]}", data)
        scaled = number * self.scale + self.offset if (self.scale, self.offset) != (1.0, 0.0) else number
        return float(scaled) if math.isfinite(scaled) else None


def read_list(text: str) -> list[Register]:
    """Read the list, and name the line that is wrong."""
    sample = text.lstrip("\ufeff").strip()
    if not sample:
        raise ValueError(f"a list of registers with the columns {COLUMNS}")
    first = sample.splitlines()[0]
    delimiter = max(",;\t", key=first.count)
    rows = list(csv.DictReader(io.StringIO(sample), delimiter=delimiter))
    registers = []
    for number, row in enumerate(rows, start=2):
        given = {
            str(name).strip().lower(): cell.strip()
            for name, cell in row.items()
            if isinstance(cell, str) and cell.strip()
        }
        if not given or given.get("name", "").startswith("#"):
            continue
        registers.append(_register(given, number))
    names = [register.name for register in registers]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"every name once in the list of registers, not {twice!r} twice")
    if not 0 < len(registers) <= MOST:
        raise ValueError(f"1 to {MOST} registers, with the columns {COLUMNS}")
    return registers


def _register(given: dict[str, str], line: int) -> Register:
    address = given.get("address", "")
    if "table" not in given and address.isdigit() and len(address) in {5, 6} and address[0] in NOTATION:
        given = {**given, "table": NOTATION[address[0]], "address": str(int(address[1:]) - 1)}
    elif address.lower().startswith("0x"):
        given = {**given, "address": str(int(address, 16))}
    for name in ("type", "byte_order", "word_order", "table"):
        if name in given:
            given[name] = given[name].lower()
    if given.get("table") in {"coil", "discrete"}:
        given.setdefault("type", "bit")
    try:
        return Register.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "register"
        shown = f", not {str(first['input'])[:40]!r}" if isinstance(first["input"], str) else ""
        said = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"line {line} of the registers: {where}: {said}{shown}") from None
