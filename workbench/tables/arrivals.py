"""Files that arrived and wait to be imported, kept on the workspace's disk until imported or dropped."""

import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from workbench.config import Workspace
from workbench.errors import NotFound

PREFIX = "arrived-"
KEPT_S = 86_400  # a file that nobody imported is gone after a day


@dataclass(frozen=True)
class Arrivals:
    """The files that wait, each in a folder of its own."""

    workspace: Workspace

    def keep(self, file: Path) -> str:
        """Take a received file over; return what it is called by."""
        self.tidy()
        name = uuid.uuid4().hex
        folder = self.workspace.uploads / f"{PREFIX}{name}"
        folder.mkdir(parents=True)
        file.rename(folder / file.name)
        return name

    def path(self, name: str) -> Path:
        """Return a file that waits."""
        folder = self.workspace.uploads / f"{PREFIX}{name}"
        files = list(folder.iterdir()) if name.isalnum() and folder.is_dir() else []
        if not files:
            raise NotFound("unknown upload", given=repr(name), hint="send the file again")
        return files[0]

    def drop(self, name: str) -> None:
        """Forget a file."""
        if name.isalnum():
            shutil.rmtree(self.workspace.uploads / f"{PREFIX}{name}", ignore_errors=True)

    def tidy(self) -> None:
        """Forget the files, and what killed imports left, that nobody came back for."""
        for folder in self.workspace.uploads.glob("*"):
            try:
                old = time.time() - folder.stat().st_mtime > KEPT_S
            except OSError:
                continue
            if old and folder.is_dir():
                shutil.rmtree(folder, ignore_errors=True)
