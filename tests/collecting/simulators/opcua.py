"""An OPC UA server that writes numbers when told to, and keeps its history in a file."""

import asyncio
import logging
import sys

from asyncua import Server, ua
from asyncua.crypto.permission_rules import User, UserRole
from asyncua.server.history_sql import HistorySQLite

logging.disable(logging.CRITICAL)


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


class OneUser:
    """Lets one user in."""

    def __init__(self, name: str, secret: str) -> None:
        self.known = (name, secret)

    def get_user(self, _server, username=None, password=None, certificate=None):
        return User(role=UserRole.User) if (username, password) == self.known else None


async def main(port: int, history: str, user: str, secret: str) -> None:
    server = Server(user_manager=OneUser(user, secret))
    if history:
        store = HistorySQLite(history)
        await store.init()
        server.iserver.history_manager.set_storage(store)
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/line")
    space = await server.register_namespace("urn:line")
    line = await server.nodes.objects.add_object(ua.NodeId("Line1", space), "Line1")
    temperature = await line.add_variable(ua.NodeId(1001, space), "Temp", -1.0)
    await line.add_variable(ua.NodeId("Line1.Recipe", space), "Recipe", "A7")
    unit = ua.EUInformation(DisplayName=ua.LocalizedText("°C"))
    await temperature.add_property(
        ua.NodeId("Line1.Temp.Unit", space), ua.QualifiedName("EngineeringUnits", 0), unit
    )
    await server.start()
    if history:
        await server.historize_node_data_change([temperature], period=None, count=0)
    say("ready")
    loop = asyncio.get_running_loop()
    while line_ := await loop.run_in_executor(None, sys.stdin.readline):
        start, count = map(int, line_.split())
        for number in range(start, start + count):
            await temperature.write_value(float(number))
            await asyncio.sleep(0)
        await asyncio.sleep(0.3)
        say("written")


asyncio.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]))
