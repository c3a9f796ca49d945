"""``workbench lab``: JupyterLab on the templates, on this machine only."""

import os
import shutil
import subprocess
import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from workbench.commands.output import note
from workbench.config import Settings
from workbench.errors import NotFound
from workbench.templates.library import house_templates

MATERIAL = "panel-material-ui"


def lab(settings: Settings, *, folder: Path | None, port: int, browser: bool) -> int:
    """Become JupyterLab; where a process cannot, run it until it is stopped and return its exit status."""
    opened = _folder(settings, folder)
    note(f"JupyterLab opens {opened}; the last cell of a template shows the finished app")
    static = _components(settings.workspace.create().root / "lab-static")
    line = command(opened, static=static, port=port, browser=browser)
    # The kernels it starts read the same workspace.
    environment = os.environ | {
        "WORKBENCH_HOME": str(settings.workspace.root),
        # In a notebook the form's components come from the network unless told otherwise.
        "PANEL_MATERIAL_UI_CDN_ROOT": f"http://127.0.0.1:{port}/static/{MATERIAL}/v",
    }
    if os.name == "posix":
        os.execve(sys.executable, line, environment)  # noqa: S606 - our own interpreter, a list of arguments
    return subprocess.run(line, env=environment, check=False).returncode


def command(folder: Path, *, static: Path, port: int, browser: bool) -> list[str]:
    """Return the command line of JupyterLab: loopback, its own token, Panel's preview extension on."""
    line = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.extra_static_paths=['{static}']",
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


def _components(static: Path) -> Path:
    """Lay out the form's components as JupyterLab's server will serve them."""
    (package,) = find_spec("panel_material_ui").submodule_search_locations  # type: ignore[union-attr,misc]
    served = static / MATERIAL / f"v{version('panel-material-ui')}"
    if not served.is_dir():  # copied, as Jupyter's server follows no link out of the folder
        shutil.copytree(Path(package) / "dist", served)
    return static


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
