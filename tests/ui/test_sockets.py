"""What a page changes reaches the browser: early, late, and many things at once."""

import asyncio
import json
import re
import threading
import time
from types import SimpleNamespace
from urllib.request import urlopen

import panel as pn
import pytest
import uvicorn
from bokeh.protocol import Protocol
from bokeh_fastapi.handler import WSHandler
from fastapi import FastAPI
from panel.io.fastapi import add_applications
from websockets.sync.client import connect

from workbench.ui.sockets import send_everything

DEADLINE_S = 30


class SlowSocket:
    """A socket that lets others run between two frames, as a busy one does."""

    application_state = SimpleNamespace(name="CONNECTED")

    def __init__(self) -> None:
        self.frames: list[str] = []

    async def send_text(self, text: str) -> None:
        self.frames.append(text)
        await asyncio.sleep(0)


def test_messages_sent_at_once_leave_one_after_the_other(apart):
    send_everything()
    handler = WSHandler(application=None, application_context=None)
    handler._socket = SlowSocket()
    messages = [Protocol().create("ACK") for _ in range(5)]

    async def all_at_once():
        await asyncio.gather(*(handler.send_message(message) for message in messages))

    apart(lambda: asyncio.run(all_at_once()))

    assert handler._socket.frames == [
        part for m in messages for part in (m.header_json, m.metadata_json, m.content_json)
    ]


def echo() -> pn.Column:
    """Return a page that puts what is typed into a field into a list."""
    asked, said = pn.widgets.TextInput(label="asked"), pn.Column(pn.pane.Str())
    asked.param.watch(lambda event: said.append(pn.pane.Str(event.new)), "value")
    return pn.Column(asked, said)


@pytest.fixture
def address():
    send_everything()
    app = FastAPI()
    add_applications({"/echo": echo}, app=app, websocket_origins=["*"])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until = time.monotonic() + DEADLINE_S
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/echo"
    server.should_exit = True
    thread.join(DEADLINE_S)


def test_who_types_before_the_page_is_drawn_gets_an_answer(address):
    with urlopen(address) as page:
        token = re.search(r'"token":"([^"]+)"', page.read().decode()).group(1)
    socket = connect(address.replace("http", "ws") + "/ws", subprotocols=["bokeh", token])
    with socket:
        say(socket, "PULL-DOC-REQ", {})
        asked = next(titled("asked", json.loads(heard(socket, "PULL-DOC-REPLY"))))
        # No word of having drawn anything: a browser with many charts says so seconds later.
        change = {"kind": "ModelChanged", "model": {"id": asked}, "attr": "value", "new": "early"}
        say(socket, "PATCH-DOC", {"events": [change]})

        answer = heard(socket, "PATCH-DOC")
    assert "children" in answer
    assert "early" in answer


def titled(title, held):
    """Yield the id of each model in a document that has a title."""
    if isinstance(held, dict) and held.get("attributes", {}).get("title") == title:
        yield held["id"]
    for part in held.values() if isinstance(held, dict) else held if isinstance(held, list) else ():
        yield from titled(title, part)


def say(socket, kind, content):
    """Send a message as a browser does, in three frames."""
    for part in ({"msgid": kind, "msgtype": kind}, {}, content):
        socket.send(json.dumps(part))


def heard(socket, kind):
    """Return the content of the next message of a kind."""
    while True:
        header, _, content = (socket.recv(DEADLINE_S) for _ in range(3))
        if json.loads(header)["msgtype"] == kind:
            return content
