"""A template in one file to hand on: notebook, proof, and a manifest with the digest of each.

Installing checks everything before it writes: names, sizes, digests, the contract itself.
"""

import hashlib
import json
import os
import zipfile
from pathlib import Path

from workbench.errors import Invalid, NotFound
from workbench.templates.canonical import canonical
from workbench.templates.template import Template

SUFFIX = ".workbench.zip"
MANIFEST = "manifest.json"
MAX_BYTES = 50_000_000
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same template gives the same bytes


def pack(template: Template, folder: Path) -> Path:
    """Write `<id>-<version>.workbench.zip` and return its path."""
    if template.contract is None:
        hint = "workbench templates new shows one"
        raise Invalid(template.path.name, given="no contract", expected="front matter", hint=hint)
    files = {f"{template.id}.ipynb": canonical(template.content)}
    for suffix in (".proof.yaml", ".proof.json"):
        beside = template.path.with_suffix(suffix)
        if beside.is_file():
            files[f"{template.id}{suffix}"] = beside.read_bytes()
    manifest = {
        "workbench": 1,
        "id": template.id,
        "version": template.version,
        "digest": template.digest,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    files[MANIFEST] = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{template.id}-{template.version}{SUFFIX}"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name], zipfile.ZIP_DEFLATED)
    return path


def install(file: Path, folder: Path) -> Template:
    """Check a package, or a plain notebook, and put it into a folder of templates."""
    if not file.is_file():
        raise NotFound("no such file", given=str(file))
    if file.suffix == ".ipynb":
        template = Template.load(file)
        content = {f"{template.id}.ipynb": canonical(template.content)}
    else:
        content = _unpack(file)
    folder.mkdir(parents=True, exist_ok=True)
    notebook = next(name for name in content if name.endswith(".ipynb"))
    _check_notebook(folder / notebook, content[notebook])
    for name in sorted(content, key=lambda name: name.endswith(".ipynb")):  # the notebook last: it is seen
        _write(folder / name, content[name])
    return Template.load(folder / notebook, source="workspace")


def _unpack(file: Path) -> dict[str, bytes]:
    """Read a package whole; nothing of it is trusted before its digests are right."""
    try:
        with zipfile.ZipFile(file) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise Invalid(
                    file.name, given="a larger package", expected=f"at most {MAX_BYTES // 10**6} MB"
                )
            content = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
        raise Invalid(file.name, given=f"not a package ({error})", expected=f"a {SUFFIX} file") from None
    manifest = _manifest(content, file.name)
    files = manifest["files"]
    id_ = manifest["id"]
    allowed = {f"{id_}{suffix}" for suffix in (".ipynb", ".proof.yaml", ".proof.json")}
    if set(files) != set(content) - {MANIFEST} or not set(files) <= allowed or f"{id_}.ipynb" not in files:
        raise Invalid(file.name, given="other files", expected=", ".join(sorted(allowed)))
    for name, digest in files.items():
        if hashlib.sha256(content[name]).hexdigest() != digest:
            hint = "ask for it again"
            raise Invalid(f"{file.name}, {name}", given="other content than its manifest says", hint=hint)
    return {name: content[name] for name in files}


def _manifest(content: dict[str, bytes], name: str) -> dict[str, dict[str, str]]:
    try:
        manifest = json.loads(content[MANIFEST])
        if manifest["workbench"] != 1 or not isinstance(manifest["files"], dict):
            raise ValueError("unknown version")
        id_ = manifest["id"]
        if not isinstance(id_, str) or Path(id_).name != id_ or id_.startswith("."):
            raise ValueError("no id")
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise Invalid(name, given=f"no usable manifest ({error})", expected="a template package") from None
    return dict(manifest)


def _check_notebook(path: Path, content: bytes) -> None:
    """Refuse what does not load, and a second content for a version that is here already."""
    draft = path.with_suffix(".new")
    try:
        draft.write_bytes(content)
        there = Template.load(draft)
    finally:
        draft.unlink(missing_ok=True)
    if there.id != path.stem:
        raise Invalid(path.name, given=f"a template called {there.id}", expected=f"one called {path.stem}")
    if path.exists() and there.contract and path.read_bytes() != content:
        here = Template.load(path)
        if here.version == there.version and here.digest != there.digest:
            raise Invalid(
                f"template {here.id} {here.version}",
                given="another content of the same version",
                hint=f"raise its version, or remove {path.name} first",
            )


def _write(path: Path, content: bytes) -> None:
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_bytes(content)
    os.replace(draft, path)  # noqa: PTH105 - the atomic one
