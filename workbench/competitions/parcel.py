"""Reads what comes out of the box: named pieces of stated sizes with limits; all else is noise."""

import json
from dataclasses import dataclass, field
from typing import Any

HEAD = 200  # bytes of a piece's heading
REPORT_BYTES = 65_536


@dataclass
class Parcel:
    """The pieces that have arrived so far; ``broken`` once something did not fit."""

    limits: dict[str, int]  # most bytes by name of piece
    pieces: dict[str, bytes] = field(default_factory=dict)
    broken: bool = False
    _pending: bytearray = field(default_factory=bytearray)
    _name: str | None = None
    _size: int = 0

    def take(self, data: bytes) -> None:
        """Take in what has arrived."""
        if self.broken:
            return
        self._pending += data
        while not self.broken and (self._head() if self._name is None else self._piece()):
            pass

    def report(self) -> dict[str, Any]:
        """Return the last piece, which says how it went; empty when it did not come."""
        try:
            found = json.loads(self.pieces.get("report", b"{}"))
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _head(self) -> bool:
        line, ended, _ = bytes(self._pending[: HEAD + 1]).partition(b"\n")
        if not ended:
            self.broken = len(self._pending) > HEAD
            return False
        try:
            head = json.loads(line)
            name, size = str(head["name"]), int(head["size"])
        except (ValueError, KeyError, TypeError, RecursionError):
            self.broken = True
            return False
        self.broken = name in self.pieces or not 0 <= size <= self.limits.get(name, -1)
        self._name, self._size = name, size
        del self._pending[: len(line) + 1]
        return True

    def _piece(self) -> bool:
        if len(self._pending) < self._size or self._name is None:
            return False
        self.pieces[self._name] = bytes(self._pending[: self._size])
        del self._pending[: self._size]
        self._name = None
        return True
