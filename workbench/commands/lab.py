"""``workbench lab``: JupyterLab on the templates, on this machine only."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from workbench.commands.output import note
from workbench.config import Settings
from workbench.errors import NotFound
from workbench.templates.library import house_templates


def lab(settings: Settings, *, folder: Path | None, port: int, browser: bool) -> int:
    """Become JupyterLab; where a process cannot, run it until it is stopped and return its exit status."""
    opened = _folder(settings, folder)
    note(f"JupyterLab opens {opened}; the last cell of a template shows the finished app")
    line = command(opened, port=port, browser=browser)
    # The kernels it starts read the same workspace.
    environment = os.environ | {"WORKBENCH_HOME": str(settings.workspace.root)}
    if os.name == "posix":
        os.execve(sys.executable, line, environment)  # noqa: S606 - our own interpreter, a list of arguments
    return subprocess.run(line, env=environment, check=False).returncode


def command(folder: Path, *, port: int, browser: bool) -> list[str]:
    """Return the command line of JupyterLab: loopback, its own token, Panel's preview extension on."""
    line = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={folder}",
        "--ServerApp.jpserver_extensions={'panel.io.jupyter_server_extension': True}",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    ]
    if not browser:
        line.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        line.append("--allow-root")
    return line


def _folder(settings: Settings, given: Path | None) -> Path:
    if given is not None:
        if not given.is_dir():
            raise NotFound("folder", given=given)
        return given.resolve()
    house = house_templates()
    return house if os.access(house, os.W_OK) else _copies(settings, house)


def _copies(settings: Settings, house: Path) -> Path:
    """Copy the house's templates to a place the user may write; copies made before stay as they are."""
    folder = settings.workspace.create().root / "lab"
    folder.mkdir(exist_ok=True)
    for path in sorted(house.rglob("*.ipynb")):
        copy = folder / path.name
        if not copy.exists():
            shutil.copyfile(path, copy)
    return folder
