"""Opens a path that strangers had a hand in: one plain file of limited size, or the word for what it is."""

import os
import stat
from pathlib import Path
from typing import IO


class NotPlain(Exception):
    """What the path leads to: missing, link, hard_link, special, too_large or unreadable."""

    def __init__(self, what: str) -> None:
        self.what = what
        super().__init__(what)


def opened(path: Path, most: int) -> IO[bytes]:
    """Open a file for reading without following links or waiting for anybody."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise NotPlain("missing") from None
    except OSError:
        raise NotPlain(_closed(path)) from None
    odd = _odd(os.fstat(descriptor), most)
    if odd:
        os.close(descriptor)
        raise NotPlain(odd)
    return os.fdopen(descriptor, "rb")


def _closed(path: Path) -> str:
    """Say what could not even be opened; sockets cannot."""
    if path.is_symlink():
        return "link"
    return "special" if path.is_socket() else "unreadable"


def _odd(found: os.stat_result, most: int) -> str | None:
    if not stat.S_ISREG(found.st_mode):
        return "special"
    if found.st_nlink != 1:
        return "hard_link"
    return "too_large" if found.st_size > most else None
