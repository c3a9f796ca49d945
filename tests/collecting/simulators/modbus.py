"""A Modbus device: a counter that grows with every reading, and notes what it served."""

import asyncio
import sys
from pathlib import Path

from pymodbus.server import StartAsyncTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


async def main(port: int, log: str) -> None:
    served = Path(log)
    served.touch()
    lines = served.read_text().split()
    count = int(lines[-1]) if lines else 0

    async def serve(function_code, start_address, address, amount, registers, values):
        nonlocal count
        if values is None and address == 0:
            count += 1
            registers[0 - start_address : 2 - start_address] = [count >> 16, count & 0xFFFF]
            with served.open("a") as file:
                file.write(f"{count}\n")
        return

    device = SimDevice(
        1,
        simdata=[
            SimData(0, count=2, datatype=DataType.REGISTERS, values=0),
            SimData(10, datatype=DataType.FLOAT32, values=21.5),
            SimData(12, datatype=DataType.INT16, values=-7),
            SimData(13, datatype=DataType.STRING, values="AB12"),
        ],
        action=serve,
    )
    await StartAsyncTcpServer(device, address=("127.0.0.1", port))


asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
