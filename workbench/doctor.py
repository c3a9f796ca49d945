"""What this machine has and lacks: one line for each need, with the command that fixes it.

Looks, changes nothing, and imports nothing heavy.
"""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.competitions.box import probe
from workbench.config import Settings, reference_data
from workbench.errors import Unavailable
from workbench.runs.cluster import examine
from workbench.runs.printing import browser

MIN_FREE_GB = 2.0
FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts")
CJK_FONTS = ("*CJK*", "NotoSansSC*", "SourceHan*", "wqy*", "msyh*", "simsun*", "PingFang*")


@dataclass(frozen=True)
class Check:
    """One need: whether it is met, what was found, and how to meet it."""

    name: str
    level: Literal["ok", "optional", "missing"]  # optional: something works less well without it
    found: str
    fix: str | None = None


def checks(settings: Settings) -> list[Check]:
    """Look at everything the workbench uses on a machine."""
    looks: tuple[Callable[[Settings], Check], ...] = (
        _python,
        _duckdb,
        _disk,
        _workspace,
        _chromium,
        _font,
        _sandbox,
        _reference,
    )
    if settings.executor == "dask":
        looks = (*looks, _cluster)
    return [look(settings) for look in looks]


def _python(_: Settings) -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] < (3, 14):
        return Check("Python 3.11 to 3.13", "ok", found)
    return Check("Python 3.11 to 3.13", "missing", found, "sudo apt-get install python3 && make run")


def _duckdb(_: Settings) -> Check:
    try:
        found = importlib.metadata.version("duckdb")
    except importlib.metadata.PackageNotFoundError:
        return Check("DuckDB 1.5", "missing", "not installed", "make run")
    met = found.startswith("1.") and tuple(map(int, found.split(".")[:2])) >= (1, 5)
    return Check("DuckDB 1.5", "ok" if met else "missing", found, None if met else "make run")


def _disk(settings: Settings) -> Check:
    place = _nearest(settings.workspace.root)
    free_gb = shutil.disk_usage(place).free / 1e9
    met = free_gb >= MIN_FREE_GB
    fix = None if met else f"free space on {place}, or choose another disk with --workspace"
    return Check(f"{MIN_FREE_GB:g} GB free disk", "ok" if met else "missing", f"{free_gb:.1f} GB", fix)


def _workspace(settings: Settings) -> Check:
    root = settings.workspace.root
    if os.access(_nearest(root), os.W_OK):
        return Check("workspace can be written", "ok", str(root))
    return Check(
        "workspace can be written", "missing", str(root), "choose a folder of yours with --workspace"
    )


def _chromium(_: Settings) -> Check:
    found = browser()
    return _package("Chromium, for reports as PDF and the browser tests", found, "chromium")


def _font(_: Settings) -> Check:
    folders = [Path(folder).expanduser() for folder in FONT_FOLDERS]
    fonts = (path for folder in folders for pattern in CJK_FONTS for path in folder.rglob(pattern))
    found = next(fonts, None)
    return _package("a Chinese font, for pictures of pages", str(found) if found else None, "fonts-noto-cjk")


def _sandbox(_: Settings) -> Check:
    name = "a box for notebooks of strangers"
    proven = probe()
    if proven.works:
        return Check(name, "ok", "proven from the inside")
    return Check(name, "optional", proven.why, proven.fix)


def _reference(_: Settings) -> Check:
    name = "published data sets, for proofs"
    folder = reference_data()
    if folder is not None:
        return Check(name, "ok", str(folder))
    return Check(name, "optional", "not found", "export WORKBENCH_REFERENCE_DATA=FOLDER")


def _cluster(settings: Settings) -> Check:
    name = "the cluster takes runs"
    try:
        usable, unfit = examine(settings.dask_address, settings.workspace.root)
    except Unavailable as error:
        fix = error.hint or "start the scheduler, or set WORKBENCH_DASK_ADDRESS"
        return Check(name, "missing", str(error), fix)
    found = f"{len(usable)} workers with {sum(usable.values())} threads at {settings.dask_address}"
    refusals = "; ".join(f"{address} {why}" for address, why in unfit.items())
    if usable:
        return Check(name, "ok" if not unfit else "optional", found, refusals or None)
    fix = refusals or f"start workers: dask worker {settings.dask_address}"
    return Check(name, "missing", found, fix)


def _package(name: str, found: str | None, package: str) -> Check:
    if found:
        return Check(name, "ok", found)
    return Check(name, "optional", "not found", f"sudo apt-get update && sudo apt-get install -y {package}")


def _nearest(path: Path) -> Path:
    """Return the folder, or the nearest one above it that exists."""
    return next(folder for folder in (path, *path.parents) if folder.exists())
