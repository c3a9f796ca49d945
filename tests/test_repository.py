"""The repository as others find it: set-up files agree, nothing heavy or personal is tracked."""

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

CONDA_NAMES = {"python-duckdb": "duckdb"}
SEVEN = {"jupyterlab", "panel", "holoviews", "statsmodels", "prophet", "duckdb", "papermill"}
MAX_FILE_BYTES = 1_000_000
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|root|home/\w+)/")
GENERATED = {"uv.lock"}


@pytest.fixture
def tracked(root: Path) -> list[Path]:
    """Every file git knows or would take up."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, check=True).stdout
    paths = [root / name for name in listed.decode().split("\0") if name]
    return [path for path in paths if path.is_file()]


@pytest.fixture
def project(root: Path) -> dict:
    return tomllib.loads((root / "pyproject.toml").read_text())["project"]


def bounds(requirement: str) -> tuple[str, frozenset[str]]:
    """Split a requirement into its name and its bounds, whatever the spacing and extras."""
    name, rest = re.fullmatch(r"([\w.-]+)(?:\[[\w,]+\])?\s*(.*)", requirement.strip()).groups()
    return CONDA_NAMES.get(name, name), frozenset(part.strip() for part in rest.split(",") if part.strip())


def test_environment_yml_names_the_seven_packages_with_the_bounds_of_pyproject(root: Path, project: dict):
    conda = yaml.safe_load((root / "environment.yml").read_text())["dependencies"]
    named = dict(bounds(line) for line in conda if isinstance(line, str) and line != "pip")
    required = dict(bounds(line) for line in project["dependencies"])

    assert named.pop("python") == bounds(f"python {project['requires-python']}")[1]
    assert set(named) == SEVEN
    assert named == {name: required[name] for name in SEVEN}


def test_every_dependency_has_a_floor(project: dict):
    without = [line for line in project["dependencies"] if ">=" not in line]

    assert without == []


def test_the_lock_knows_every_dependency(root: Path, project: dict):
    locked = {package["name"] for package in tomllib.loads((root / "uv.lock").read_text())["package"]}

    assert {bounds(line)[0] for line in project["dependencies"]} <= locked


def test_no_file_is_large(tracked: list[Path], root: Path):
    large = [str(path.relative_to(root)) for path in tracked if path.stat().st_size > MAX_FILE_BYTES]

    assert large == []


def test_no_file_names_a_place_on_one_machine(tracked: list[Path], root: Path):
    found = []
    for path in tracked:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if path.name not in GENERATED and path != Path(__file__):
            found += [f"{path.relative_to(root)}: {hit}" for hit in MACHINE_PATH.findall(text)]

    assert found == []


def test_notebooks_are_stored_without_outputs(tracked: list[Path], root: Path):
    with_outputs = []
    for path in (path for path in tracked if path.suffix == ".ipynb"):
        if "tests" in path.relative_to(root).parts:  # a test may need a notebook that somebody ran
            continue
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        if any(cell.get("outputs") or cell.get("execution_count") for cell in cells):
            with_outputs.append(str(path.relative_to(root)))

    assert with_outputs == []


def test_there_is_no_private_key(tracked: list[Path], root: Path):
    marker = b"-----BEGIN " + b"PRIVATE KEY"  # split, so that this file is not one

    assert [str(path.relative_to(root)) for path in tracked if marker in path.read_bytes()] == []


def test_the_two_commands_are_what_the_makefile_offers(root: Path):
    recipe = (root / "Makefile").read_text()

    assert "\nrun:\n\t@scripts/setup run\n" in recipe
    assert "\ntest:\n\t@scripts/setup test\n" in recipe
    assert "make test" in (root / ".ci" / "run").read_text()


@pytest.mark.parametrize("name", [".ci/run", "scripts/setup", "scripts/check"])
def test_scripts_can_be_executed(root: Path, name: str):
    assert (root / name).stat().st_mode & 0o111


def test_set_up_says_what_to_use_when_it_is_called_wrongly(root: Path):
    told = subprocess.run([root / "scripts/setup", "nonsense"], capture_output=True, text=True, check=False)

    assert told.returncode == 1
    assert "scripts/setup run | test" in told.stderr
