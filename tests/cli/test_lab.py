"""JupyterLab as `workbench lab` starts it: on this machine only, on the templates, with Panel's preview."""

import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from workbench.commands import lab
from workbench.config import load_settings


def test_the_command_binds_loopback_and_opens_the_folder(tmp_path: Path):
    line = lab.command(tmp_path, static=tmp_path, port=8899, browser=False)

    assert "--ServerApp.ip=127.0.0.1" in line
    assert f"--ServerApp.root_dir={tmp_path}" in line
    assert "--no-browser" in line


def test_a_folder_that_is_not_there_is_said(workbench):
    told = workbench("lab", "nowhere")

    assert told.status == 2
    assert "nowhere" in told.err


def answered(address: str) -> int:
    """Return the status of a page, once there is somebody to answer."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(address, timeout=60) as answer:
                return answer.status
        except urllib.error.URLError:
            time.sleep(0.2)  # JupyterLab says its address before it listens
    raise TimeoutError(address)


@pytest.mark.serial
def test_jupyterlab_serves_the_folder_with_the_preview_and_stops_when_told(
    environment: dict[str, str], tmp_path: Path
):
    line = [sys.executable, "-m", "workbench", "lab", str(tmp_path), "--no-browser", "--port", "0"]
    with subprocess.Popen(line, env=environment, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = []
        for text in process.stderr:
            said.append(text)
            if "?token=" in text:
                break
        address = said[-1].split()[-1]
        try:
            status = answered(address)
        finally:
            process.terminate()
            process.communicate(timeout=60)

    assert status == 200
    assert address.startswith("http://127.0.0.1:")
    assert any("panel.io.jupyter_server_extension" in text and "loaded" in text for text in said)
    assert process.returncode in {0, -signal.SIGTERM}


def test_lab_keeps_to_the_workspace_where_the_house_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(lab.os, "access", lambda *_: False)

    folder = lab._folder(load_settings(home=str(tmp_path / "home")), None)

    assert folder == tmp_path / "home" / "lab"
    assert (folder / "control-chart.ipynb").is_file()


def test_the_form_components_are_laid_out_for_an_offline_preview(tmp_path: Path):
    static = lab._components(tmp_path / "static")

    assert list(static.glob("panel-material-ui/v*/panel-material-ui.bundle.js"))
