"""Where competitions and entries lie on disk: whole or not at all, readable by nobody but the judge's user.

``competitions/<id>/<version>`` is a bundle as it was published; ``competitions/<id>/entries/<entry>`` holds a
notebook as it was accepted and what the judge made of it. Nothing below here is served as a file.
"""

import os
import secrets
import shutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from workbench.competitions import archive, bundle
from workbench.competitions.bundle import Bundle
from workbench.errors import Invalid, NotFound
from workbench.runs.publish import discard

NOTEBOOK, EXECUTED, PREDICTIONS, LOG = "notebook.ipynb", "executed.ipynb", "predictions.csv", "log.txt"
DIGEST = ".digest"
PRIVATE_FOLDER, PRIVATE_FILE = 0o700, 0o600


class Shelf:
    """The files of all competitions of a workspace."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put(self, source: Bundle) -> Bundle:
        """Copy a checked bundle into place; the same version with another content is refused."""
        contract = source.contract
        place = self.root / contract.id / contract.version
        if place.exists():
            if (place / DIGEST).read_text(encoding="ascii") != source.digest:
                raise Invalid(
                    f"competition {contract.id} {contract.version}",
                    given="another content of the same version",
                    hint="raise its version in competition.yaml",
                )
            return self.get(contract.id, contract.version)
        draft = self.root / f".new-{secrets.token_hex(4)}"
        try:
            self._copy(source, draft)
            place.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
            draft.rename(place)
        finally:
            discard(draft)
        return self.get(contract.id, contract.version)

    def _copy(self, source: Bundle, draft: Path) -> None:
        self.root.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
        draft.mkdir(mode=PRIVATE_FOLDER)
        for path in archive.files_of(source.folder):
            target = draft / path.relative_to(source.folder)
            for folder in reversed(target.relative_to(draft).parents):
                (draft / folder).mkdir(exist_ok=True, mode=PRIVATE_FOLDER)
            shutil.copyfile(path, target)
            target.chmod(PRIVATE_FILE)
            _fsync(target)
        (draft / DIGEST).write_text(source.digest, encoding="ascii")
        _fsync(draft)

    def get(self, id: str, version: str) -> Bundle:  # noqa: A002 - the word of the contract
        """Return a published bundle."""
        folder = self.root / id / version
        if not folder.is_dir():
            raise NotFound(f"competition {id} {version}", hint="its files are gone: restore a backup")
        return _loaded(folder)

    def export(self, kept: Bundle, file: Path, *, public: bool) -> Path:
        """Write a bundle as a zip; ``public`` leaves out what is hidden."""
        paths = kept.public_files() if public else archive.files_of(kept.folder)
        return archive.pack(kept.folder, file, paths)

    def entry(self, competition: str, entry: str) -> Path:
        """Return the folder of an entry."""
        return self.root / competition / "entries" / entry

    def keep_notebook(self, competition: str, entry: str, content: bytes) -> Path:
        """Keep the notebook of a new entry: durable before the entry is in the book."""
        folder = self.entry(competition, entry)
        folder.mkdir(parents=True, mode=PRIVATE_FOLDER)
        path = folder / NOTEBOOK
        path.write_bytes(content)
        path.chmod(PRIVATE_FILE)
        _fsync(path)
        _fsync(folder)
        return path

    def forget(self, competition: str, entry: str) -> None:
        """Remove the folder of an entry that was not taken."""
        discard(self.entry(competition, entry))

    def keep(self, competition: str, entry: str, name: str, source: Path | None) -> Path | None:
        """Move a plain file that the judge made to its entry."""
        if source is None or source.is_symlink() or not source.is_file():
            return None
        path = self.entry(competition, entry) / name
        draft = path.with_name(path.name + ".new")
        shutil.copyfile(source, draft)
        draft.chmod(PRIVATE_FILE)
        _fsync(draft)
        return draft.replace(path)

    def prune(self, competition: str, entry: str) -> int:
        """Remove what the judge made of an entry, and return how many bytes; its notebook stays."""
        freed = 0
        for name in (EXECUTED, PREDICTIONS, LOG):
            path = self.entry(competition, entry) / name
            if path.is_file():
                freed += path.stat().st_size
                path.unlink()
        return freed

    def scratch(self, entry: str) -> Path:
        """Return a fresh folder for one attempt of the judge; what an earlier attempt left is removed."""
        for left in self.leftovers(entry):
            discard(left)
        folder = self.root / f".judging-{entry}-{secrets.token_hex(4)}"
        folder.mkdir(parents=True, mode=PRIVATE_FOLDER)
        return folder

    def leftovers(self, entry: str = "") -> Iterator[Path]:
        """Yield what attempts left behind: of one entry, or of all."""
        yield from self.root.glob(f".judging-{entry}*")
        if not entry:
            yield from self.root.glob(".new-*")


@lru_cache(maxsize=64)
def _loaded(folder: Path) -> Bundle:
    return bundle.load(folder)  # a published version never changes


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
