"""Who owns what: file locks that the operating system drops when their process is gone, however it went."""

import fcntl
import json
import os
from pathlib import Path
from typing import IO

from workbench.errors import Unavailable


class Lease:
    """An exclusive lock on a file that names its holder."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def take(self, **facts: object) -> "Lease":
        """Take the lock and write who holds it; refuse when somebody else does."""
        handle = self._open()
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            handle.close()
            holder = self.holder().get("pid", "unknown")
            raise Unavailable(
                f"workspace {self.path.parent}",
                given=f"already served by process {holder}",
                hint="stop that server, or choose another folder with --workspace",
            ) from error
        if not self._is_mine(handle):  # its holder removed it between the opening and the lock
            handle.close()
            return self.take(**facts)
        handle.seek(0)
        handle.truncate()
        json.dump({"pid": os.getpid(), **facts}, handle)
        handle.flush()
        self._file = handle
        return self

    def _open(self) -> IO[str]:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            return self.path.open("a+", encoding="utf-8")
        except OSError as error:
            raise Unavailable(
                f"workspace {self.path.parent}",
                given=f"{error.strerror}: {self.path.name}",
                expected="a folder this user may write",
                hint="check the disk and the rights of the folder, or choose another with --workspace",
            ) from error

    def _is_mine(self, handle: IO[str]) -> bool:
        try:
            return os.path.samestat(os.fstat(handle.fileno()), self.path.stat())
        except OSError:
            return False

    def holder(self) -> dict[str, object]:
        """Return what the holder wrote; empty when the file says nothing."""
        try:
            return dict(json.loads(self.path.read_text(encoding="utf-8") or "{}"))
        except (OSError, ValueError):
            return {}

    def held(self) -> bool:
        """Whether a living process holds the lock."""
        try:
            handle = self.path.open("r", encoding="utf-8")
        except OSError:
            return False
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                return True
        return False

    def drop(self) -> None:
        """Give the lock back."""
        if self._file is not None:
            self.path.unlink(missing_ok=True)  # before the lock goes: nobody may take a file that vanishes
            self._file.close()
            self._file = None
