"""Receive one file of a multipart form, piece by piece onto the workspace's own disk, within a size limit."""

import contextlib
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import Field, File, FormParser, parse_options_header

from workbench.errors import Invalid, Unavailable

UNSAFE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
FORM_OVERHEAD = 1_000_000


class TooLarge(Invalid):
    """The file is larger than the server takes."""

    status = 413


class NoSpace(Unavailable):
    """The disk that holds the workspace is full."""

    status = 507


@dataclass
class Received:
    """A file as it was received, and the other fields of its form."""

    path: Path
    fields: dict[str, str]


@dataclass
class _Form:
    files: list[File] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def take(self, given: Field) -> None:
        self.fields[(given.field_name or b"").decode()] = (given.value or b"").decode("utf-8", "replace")


@asynccontextmanager
async def received(request: Request, folder: Path, *, limit: float) -> AsyncIterator[Received]:
    """Store the form's one file below ``folder`` for as long as the caller works with it."""
    _check_size(float(request.headers.get("content-length") or 0), limit + FORM_OVERHEAD)
    with _scratch(folder) as scratch:
        form = _Form()
        parser = _parser(request, form, scratch)
        written = 0
        try:
            async for chunk in request.stream():
                written += len(chunk)
                _check_size(written, limit + FORM_OVERHEAD)
                parser.write(chunk)
            parser.finalize()
        except FormParserError as error:
            raise Invalid(
                "upload", given="a form that cannot be read", expected="multipart/form-data"
            ) from error
        finally:
            for file in form.files:
                file.close()
        yield Received(_one_file(form, scratch), form.fields)


def safe_name(name: str) -> str:
    """Return a file name that stays inside its folder on every system."""
    base = UNSAFE.sub("_", name.replace("\\", "/").rsplit("/", 1)[-1]).strip(". ")
    stem, ending = Path(base).stem[:120], Path(base).suffix[:12]
    return f"{stem}{ending}" or "upload"


@contextlib.contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(dir=folder))
    except OSError as error:
        raise NoSpace("upload", hint=error.strerror) from error
    try:
        yield scratch
    except OSError as error:
        raise NoSpace("upload", hint=error.strerror) from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _parser(request: Request, form: _Form, scratch: Path) -> FormParser:
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        given = kind.decode("latin-1") or "no content type"
        raise Invalid("upload", given=given, expected="multipart/form-data with a field named file")
    settings = {"UPLOAD_DIR": str(scratch).encode(), "UPLOAD_DELETE_TMP": False, "MAX_MEMORY_FILE_SIZE": 0}
    return FormParser("multipart/form-data", form.take, form.files.append, boundary=boundary, config=settings)


def _one_file(form: _Form, scratch: Path) -> Path:
    if len(form.files) != 1:
        raise Invalid("upload", given=f"{len(form.files)} files", expected="one file, in a field named file")
    file = form.files[0]
    name = safe_name((file.file_name or b"").decode("utf-8", "replace"))
    if file.size == 0 or file.actual_file_name is None:
        raise Invalid(name, given="0 bytes", expected="a file with rows")
    path = scratch / "file" / name
    path.parent.mkdir()
    return Path(file.actual_file_name.decode()).rename(path)


def _check_size(size: float, limit: float) -> None:
    if size > limit:
        megabytes = (limit - FORM_OVERHEAD) / 1e6
        hint = "raise WORKBENCH_UPLOAD_MEGABYTES, or import it with: workbench data add FILE"
        raise TooLarge("upload", given="a larger file", expected=f"at most {megabytes:g} MB", hint=hint)
