"""A socket between two of our processes that carries one JSON document per line, and file descriptors.

Both ends are ours; what a notebook puts into a document is data to the other side and nothing else.
"""

import array
import contextlib
import errno
import json
import math
import os
import socket
from typing import Any

CHUNK = 1 << 20
MAX_DESCRIPTORS = 8


class Channel:
    """One end of the socket."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self.received = 0  # bytes so far
        self._pending = bytearray()  # of a line that has not ended yet
        self._descriptors: list[int] = []

    @classmethod
    def pair(cls) -> tuple["Channel", socket.socket]:
        """Return our end, and the other's as a plain socket to hand on."""
        ours, theirs = socket.socketpair()
        return cls(ours), theirs

    def send(self, event: dict[str, Any], *handed: socket.socket) -> None:
        """Send one document, and sockets that the other side then owns too."""
        data = packed(event) + b"\n"
        if handed:
            rights = array.array("i", [one.fileno() for one in handed])
            sent = self.socket.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
            data = data[sent:]
        self.socket.sendall(data)

    def receive(self) -> list[dict[str, Any] | None]:
        """Return the documents that have arrived; None as the last when the other side is gone."""
        try:
            data, descriptors, _flags, _address = socket.recv_fds(self.socket, CHUNK, MAX_DESCRIPTORS)
        except OSError:
            data, descriptors = b"", []
        self._descriptors += descriptors
        self.received += len(data)
        self._pending += data
        found: list[dict[str, Any] | None] = []
        if b"\n" in data:  # a long line grows without being searched again and again
            *lines, rest = self._pending.split(b"\n")
            self._pending = rest
            found += [_read(bytes(line)) for line in lines if line]
        if not data:
            found.append(None)
        return found

    def drop(self) -> None:
        """Forget a line that has not ended yet."""
        self._pending.clear()

    def handed(self) -> socket.socket:
        """Return the next socket that came along, in the order of sending."""
        if not self._descriptors:
            raise OSError(errno.EMFILE, "a socket did not arrive: too many are open")
        return socket.socket(fileno=self._descriptors.pop(0))

    def close(self) -> None:
        """Close this end, and what came along and was not taken."""
        for descriptor in self._descriptors:
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._descriptors = []
        self.socket.close()


def _read(line: bytes) -> dict[str, Any]:
    """Read one line; what is none of ours is called garbled, and its reader decides."""
    with contextlib.suppress(ValueError, RecursionError):
        document = json.loads(line)
        if isinstance(document, dict) and ("event" in document or "order" in document):
            return document
    return {"event": "garbled"}


def packed(document: Any) -> bytes:
    """Write a document as JSON; what JSON has no word for becomes text."""
    try:
        return json.dumps(document, ensure_ascii=False, allow_nan=False, default=_plain).encode(
            "utf-8", "replace"
        )
    except ValueError:
        return json.dumps(_finite(document), ensure_ascii=False).encode("utf-8", "replace")


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") and getattr(value, "size", 1) == 1 else str(value)


def _finite(value: Any) -> Any:
    """Replace what is not a number by its name, as Jupyter does: JSON has no NaN."""
    if isinstance(value, dict):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if isinstance(value, str | int | float | bool | None) else _finite(_plain(value))
