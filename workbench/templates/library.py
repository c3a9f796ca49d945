"""Which templates there are: the house's, those of installed packages, the workspace's own.

A workspace template replaces one of the same id from a package or the house (a plant adapts a copy) and says
so. Listing is cheap: a file is read again only when its time or size has changed.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from workbench.config import Workspace
from workbench.errors import Invalid, WorkbenchError, unknown
from workbench.templates.template import Source, Template, file_id

GROUP = "workbench.templates"
_RANK: dict[Source, int] = {"workspace": 0, "entry point": 1, "house": 2, "file": 3}


@dataclass(frozen=True)
class Broken:
    """A notebook that cannot be offered, and why."""

    path: Path
    id: str
    reason: str
    source: Source


def house_templates() -> Path:
    """Return the folder of the templates that come with the program."""
    packed = Path(__file__).resolve().parents[1] / "content" / "templates"
    return packed if packed.is_dir() else Path(__file__).resolve().parents[2] / "templates"


class Library:
    """The templates of some folders and of installed packages, by id."""

    def __init__(self, folders: Sequence[Path], *, packages: bool = True) -> None:
        house = house_templates()
        self._folders: list[tuple[Path, Source]] = [
            (folder, "house" if folder.resolve() == house else "workspace") for folder in folders
        ]
        self._failed: list[Broken] = []
        if packages:
            self._folders += [(folder, "entry point") for folder in self._package_folders()]
        self._read: dict[Path, tuple[tuple[int, int], Template | Broken]] = {}

    def _package_folders(self) -> Iterator[Path]:
        """Ask installed packages for their folders: a path, or a callable that returns one or several."""
        for entry in entry_points(group=GROUP):
            try:
                found = entry.load()
                found = found() if callable(found) else found
                yield from [Path(found)] if isinstance(found, str | os.PathLike) else map(Path, found)
            except Exception as error:  # noqa: BLE001 - a stranger's package must not take the gallery down
                reason = f"entry point {entry.name}: {type(error).__name__}: {error}"
                self._failed.append(Broken(Path(entry.value), entry.name, reason, "entry point"))

    def list(self) -> Sequence[Template]:
        """Return every template once, by domain and id; wild notebooks last."""
        return sorted(self._known()[0].values(), key=lambda found: (found.domain or "~", found.id))

    def broken(self) -> Sequence[Broken]:
        """Return the notebooks that cannot be offered, each with its reason."""
        return self._known()[1]

    def get(self, id_or_path: str | Path) -> Template:
        """Return a template by id, or read the one at a path."""
        text = str(id_or_path)
        if isinstance(id_or_path, Path) or text.endswith(".ipynb"):
            return self._file(Path(text), "file")
        templates, broken = self._known()
        if text in templates:
            return templates[text]
        for found in broken:
            if found.id == text:
                raise Invalid(f"template {text!r} is broken", hint=found.reason)
        raise unknown("template", text, templates)

    def matching(self, names: Mapping[str, object]) -> Template | None:
        """Find the template a live notebook is, by its file in JupyterLab or by the parameters it has set."""
        session = Path(os.environ.get("JPY_SESSION_NAME", ""))  # set by Jupyter Server for its kernels
        if session.suffix == ".ipynb" and session.is_file():
            found = self._cached(session.resolve(), "file", None)
            return found if isinstance(found, Template) and found.contract else None
        fitting = [
            template
            for template in self.list()
            if template.contract and all(parameter.name in names for parameter in template.parameters)
        ]
        return max(fitting, key=lambda template: len(template.parameters), default=None)

    def _file(self, path: Path, source: Source) -> Template:
        found = self._cached(path.expanduser().resolve(), source, None)
        if isinstance(found, Broken):
            return Template.load(path, source=source)  # raises with its reason, or reads what is whole by now
        return found

    def _cached(self, path: Path, source: Source, status: os.stat_result | None) -> Template | Broken:
        try:
            status = status or path.stat()
        except OSError:
            return Broken(path, file_id(path), "no such file", source)
        stamp = (status.st_mtime_ns, status.st_size)
        known = self._read.get(path)
        if known and known[0] == stamp and known[1].source == source:
            return known[1]
        found: Template | Broken
        try:
            found = Template.load(path, source=source)
        except WorkbenchError as error:
            found = Broken(path, file_id(path), str(error), source)
        self._read[path] = (stamp, found)
        return found

    def _known(self) -> tuple[dict[str, Template], Sequence[Broken]]:
        """Read what has changed, and settle which of two templates with one id is offered."""
        templates: dict[str, Template] = {}
        broken = [*self._failed]
        for folder, source in sorted(self._folders, key=lambda pair: _RANK[pair[1]]):
            for path, status in _notebooks(folder):
                found = self._cached(path, source, status)
                if isinstance(found, Broken):
                    broken.append(found)
                elif found.id not in templates:
                    templates[found.id] = found
                elif templates[found.id].source == source:
                    reason = f"{path.name}: id {found.id!r} is taken by {templates[found.id].path.name}"
                    broken.append(Broken(path, found.id, reason, source))
                else:
                    note = f"replaces the {source} template of the same id"
                    kept = templates[found.id]
                    templates[found.id] = replace(kept, notes=(*kept.notes, note))
        return templates, broken


def _notebooks(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the notebooks below a folder in the order of their names, hidden folders left out."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        try:
            if entry.name.startswith((".", "_")):
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _notebooks(Path(entry.path))
            elif entry.name.endswith(".ipynb"):
                yield Path(entry.path), entry.stat()
        except OSError:
            continue


@cache
def library(workspace: Workspace) -> Library:
    """Return the library of a workspace: its own templates, the packages', the house's."""
    return Library([workspace.templates, house_templates()])
