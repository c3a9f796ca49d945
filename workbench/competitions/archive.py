"""A bundle as one zip: unpacked within bounds before anything is believed, packed the same every time."""

import stat
import zipfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from workbench.errors import Invalid, NotFound

MAX_FILES = 500
MAX_BYTES = 2_000_000_000
MAX_RATIO = 200  # text packs 10 to 30 times; a bomb a thousand times
CHUNK = 1 << 20
_EPOCH = (1980, 1, 1, 0, 0, 0)


def unpack(file: Path, folder: Path) -> None:
    """Write the files of a zip below a folder; refuse what would leave it, link, or fill the disk."""
    if not file.is_file():
        raise NotFound("no such file", given=str(file))
    try:
        with zipfile.ZipFile(file) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
            _check(file, entries)
            written = 0
            for entry in entries:
                written += _write(file, archive, entry, folder, MAX_BYTES - written)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OSError) as error:
        if isinstance(error, Invalid):
            raise
        given = f"not a readable zip ({str(error)[:80]})"
        raise Invalid(file.name, given=given, expected="a folder or a zip of one") from None


def _check(file: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_FILES:
        raise Invalid(file.name, given=f"{len(entries)} files", expected=f"at most {MAX_FILES}")
    names = [entry.filename for entry in entries]
    if len({name.lower() for name in names}) < len(names):
        raise Invalid(file.name, given="the same name twice", expected="each file once")
    for entry in entries:
        path = PurePosixPath(entry.filename.replace("\\", "/"))
        mode = entry.external_attr >> 16
        if path.is_absolute() or ".." in path.parts or ":" in entry.filename or "\x00" in entry.filename:
            raise Invalid(file.name, given=f"the name {entry.filename[:60]!r}", expected="names inside it")
        if mode and not (stat.S_ISREG(mode) or stat.S_IFMT(mode) == 0):
            raise Invalid(file.name, given=f"{entry.filename[:60]!r}, not a plain file", expected="files")
        if entry.flag_bits & 1:
            raise Invalid(file.name, given="protected by a password", expected="a zip without one")
        if entry.file_size > CHUNK and entry.file_size > MAX_RATIO * max(entry.compress_size, 1):
            raise Invalid(file.name, given=f"{entry.filename[:60]!r}, packed too densely", expected="data")


def _write(file: Path, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, folder: Path, left: int) -> int:
    """Write one file piece by piece: what its header says of its size may be a lie."""
    path = folder / entry.filename.replace("\\", "/")
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as source, path.open("xb") as target:
        while piece := source.read(CHUNK):
            written += len(piece)
            if written > left:
                raise Invalid(file.name, given="larger unpacked", expected=f"at most {MAX_BYTES // 10**9} GB")
            target.write(piece)
    return written


def files_of(folder: Path) -> list[Path]:
    """Return the plain files below a folder in a fixed order; links are refused."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise Invalid(path.name, given="a link", expected="a plain file")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            found.append(path)
    return found


def pack(folder: Path, file: Path, paths: Iterable[Path]) -> Path:
    """Write files below a folder into a zip with the same bytes every time."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(file.name + ".new")
    with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in paths:
            info = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _EPOCH)
            info.external_attr = (stat.S_IFREG | 0o644) << 16
            archive.writestr(info, path.read_bytes(), zipfile.ZIP_DEFLATED)
    draft.replace(file)
    return file
