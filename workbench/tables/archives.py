"""Zip archives of files: what is in one, taken out safely, one by one.

Nothing is ever written to a path that an archive names, and never more than a limit is unpacked.
"""

import re
import shutil
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from workbench.config import Text
from workbench.errors import Invalid

MOST_FILES = 2000
MOST_UNPACKED = 8 * 2**30
SUSPICIOUS = 200  # times the size of the archive; text packs to a twentieth
SMALL = 64 * 2**20  # below this nothing is suspicious
UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
RUBBISH = re.compile(r"(^|/)(__MACOSX/.*|\.[^./][^/]*|~\$[^/]*|Thumbs\.db|desktop\.ini)$", re.IGNORECASE)
BLOCK = 1 << 20
ENCRYPTED = 0x1
UTF8 = 0x800


def unpack(path: Path, folder: Path, *, readable: Callable[[str], bool]) -> tuple[list[Path], list[Text]]:
    """Take the readable files out into a folder; say which others there are."""
    try:
        with zipfile.ZipFile(path) as archive:
            wanted, others = _chosen(archive, path, readable)
            files = [_taken(archive, each, folder / f"{i}", path) for i, each in enumerate(wanted)]
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        if isinstance(error, RuntimeError) and "password" in str(error):
            raise _protected(path) from error
        hint = "pack it again, or import the files in it"
        raise Invalid(f"archive {path.name}", given="a damaged or unknown zip", hint=hint) from error
    notes: list[Text] = []
    if others:
        names = ", ".join(others[:8]) + (" …" if len(others) > 8 else "")
        notes.append(
            {
                "en": f"no tables in {path.name}, left out: {names}",
                "zh": f"{path.name} 中略去非表格文件：{names}",
            }
        )
    return files, notes


def _chosen(
    archive: zipfile.ZipFile, path: Path, readable: Callable[[str], bool]
) -> tuple[list[zipfile.ZipInfo], list[str]]:
    listed = [each for each in archive.infolist() if not each.is_dir() and not RUBBISH.search(each.filename)]
    if any(each.flag_bits & ENCRYPTED for each in listed):
        raise _protected(path)
    wanted = [each for each in listed if readable(_name(each)) and not _is_link(each)]
    if not wanted:
        inner = any(_name(each).lower().endswith((".zip", ".rar", ".7z")) for each in listed)
        given = "archives inside the archive" if inner else "no table" if listed else "no file"
        hint = "unpack it first" if inner else None
        raise Invalid(
            f"archive {path.name}", given=given, expected="CSV, Excel, Parquet or JSON files", hint=hint
        )
    if len(wanted) > MOST_FILES:
        raise Invalid(f"archive {path.name}", given=f"{len(wanted)} files", expected=f"at most {MOST_FILES}")
    total = sum(each.file_size for each in wanted)
    if total > MOST_UNPACKED or (total > SMALL and total > SUSPICIOUS * path.stat().st_size):
        raise _bomb(path, total)
    return wanted, [_name(each) for each in listed if each not in wanted]


def _is_link(member: zipfile.ZipInfo) -> bool:
    """Whether a member is a name for another file, which may be anywhere."""
    return stat.S_ISLNK(member.external_attr >> 16)


def _taken(archive: zipfile.ZipFile, member: zipfile.ZipInfo, folder: Path, path: Path) -> Path:
    folder.mkdir()
    target = folder / _name(member)
    size = 0
    with archive.open(member) as source, target.open("wb") as plain:
        while block := source.read(BLOCK):
            size += len(block)
            if size > member.file_size + BLOCK:  # what it says of itself is not true
                shutil.rmtree(folder, ignore_errors=True)
                raise _bomb(path, size)
            plain.write(block)
    return target


def _name(member: zipfile.ZipInfo) -> str:
    """Return a member's bare name; Chinese Windows writes it in its own encoding without saying so."""
    name = member.filename
    if not member.flag_bits & UTF8:
        raw = name.encode("cp437", "replace")
        for encoding in ("utf-8", "gb18030"):
            try:
                name = raw.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
    base = UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    return base[-150:] or "file"


def _bomb(path: Path, size: int) -> Invalid:
    given = f"{size / 1e9:.1f} GB packed into {path.stat().st_size / 1e6:.1f} MB"
    return Invalid(
        f"archive {path.name}", given=given, expected="files of a usual size", hint="import them unpacked"
    )


def _protected(path: Path) -> Invalid:
    return Invalid(f"archive {path.name}", given="protected by a password", hint="pack it without a password")
