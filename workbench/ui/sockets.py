"""Let every change of a page reach the browser: two gaps of the libraries below are closed here.

- A Bokeh message is three or more frames. bokeh-fastapi 0.1 awaits each without the lock that
  Bokeh's server has: on a busy machine an answer slips between the frames of an update, and the
  browser reads no events.
- Panel 1.9 throws away what an event changes until the browser reports that the page is drawn, for
  it takes the document as not sent yet. It is sent when it is pulled: who clicks before that report
  would wait for ever.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

import panel as pn
from bokeh_fastapi.handler import WSHandler

SEND: Callable[[Any, Any], Awaitable[int]] = WSHandler.send_message
DOCUMENT = "PULL-DOC-REPLY"


def send_everything() -> None:
    """Let one message after the other leave each socket, and every change after the document itself."""
    turns: WeakKeyDictionary[Any, asyncio.Lock] = WeakKeyDictionary()

    async def send_message(handler: Any, message: Any) -> int:
        if message.msgtype == DOCUMENT:
            pn.state._connected[handler.connection.session.document] = True  # noqa: SLF001 - no public way
        async with turns.setdefault(handler, asyncio.Lock()):
            return await SEND(handler, message)

    WSHandler.send_message = send_message
