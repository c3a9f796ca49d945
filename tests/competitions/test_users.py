# ruff: noqa: E501 (programs are one line each)
"""The box is the same for root and for an ordinary user, and refused where a machine cannot build it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.competitions.conftest import notebook
from workbench.competitions import launch


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user of this machine may enter, unlike those that pytest makes."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


USER = 61_234  # nobody's
WITHOUT_FILTER = """
n=$#
while [ $n -gt 0 ]; do
  one=$1; shift; n=$((n-1))
  if [ "$one" = --seccomp ]; then shift; n=$((n-1)); else set -- "$@" "$one"; fi
done
exec $BWRAP "$@"
"""

# Makes the interpreter reachable for an ordinary user, as an administrator would have installed it, and
# becomes that user: in a mount namespace of its own, so that nothing of it stays.
BECOME = """
import ctypes, os, sys
from pathlib import Path
from workbench.competitions.launch import NEW_MOUNTS, RECURSIVE, SLAVE, BIND
libc = ctypes.CDLL(None, use_errno=True)
assert libc.unshare(NEW_MOUNTS) == 0
assert libc.mount(b"none", b"/", None, ctypes.c_ulong(SLAVE | RECURSIVE), None) == 0
closed = {}
for folder in {sys.base_prefix, sys.prefix, os.environ["PYTHONPATH"]}:
    shut = [one for one in reversed(Path(folder).parents) if not one.stat().st_mode & 0o1]
    if shut:  # what is needed may lie behind the same closed door: held before any is hidden
        closed.setdefault(shut[0], {})[folder] = os.open(folder, os.O_PATH)
for door, folders in closed.items():
    assert libc.mount(b"open", str(door).encode(), b"tmpfs", ctypes.c_ulong(0), b"mode=755") == 0
    for folder in sorted(folders):
        Path(folder).mkdir(parents=True, exist_ok=True)
        held = f"/proc/self/fd/{folders[folder]}"
        assert libc.mount(held.encode(), folder.encode(), None, ctypes.c_ulong(BIND), None) == 0
        os.close(folders[folder])
os.setgroups([])
os.setresgid(USER, USER, USER)
os.setresuid(USER, USER, USER)
libc.prctl(4, 1)  # it may be looked at again, as any process of a user
"""
RUN = """
import json
from pathlib import Path
from workbench.competitions.box import Limits, probe, run_in_box
print(json.dumps({"probe": probe().why or "holds"}))
work = Path(FOLDER)
for number, memory in enumerate((600, 300)):
    found = run_in_box(
        work / "entry.ipynb", data={"test.csv": work / "test.csv"},
        parameters={"test": "/data/test.csv", "predictions": "predictions.csv", "much": memory == 300},
        work=work / str(number), limits=Limits(wall_s=60, memory_mb=memory, disk_mb=20),
    )
    print(json.dumps({"code": found.code, "peak": found.peak_mb, "log": found.log.read_text()}))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests are run by an ordinary user already")
@pytest.mark.usefixtures("_box")
def test_an_ordinary_user_has_the_same_box(open_folder: Path, root: Path):
    folder = open_folder
    cells = [
        "import os, time\nif much:\n    for _ in range(5):\n        if os.fork() == 0: x = b'x' * (90 << 20); time.sleep(99)\n"
        "    time.sleep(99)",
        "open(predictions, 'w').write(open(test).read())",
    ]  # fmt: skip
    notebook(folder, cells)
    (folder / "test.csv").write_text("id\n")
    os.chown(folder, USER, USER)
    code = BECOME.replace("USER", str(USER)) + RUN.replace("FOLDER", repr(str(folder)))
    environment = {**os.environ, "PYTHONPATH": str(root), "HOME": str(folder)}

    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )

    assert told.returncode == 0, told.stderr
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert lines[0] == {"probe": "holds"}
    assert [line["code"] for line in lines[1:]] == ["done", "memory_limit"], lines
    assert lines[1]["peak"] > 0


def test_root_gives_itself_up_under_an_id_of_its_own_for_each_box():
    plans = [launch.plan(["x"], []) for _ in range(20)]

    assert len({one["uid"] for one in plans}) == 20
    assert all(one["uid"] > 1_000_000_000 for one in plans)


@pytest.mark.parametrize(
    ("program", "word", "fix"),
    [
        ("", "bubblewrap is not installed", "apt-get"),
        ("echo 'bwrap: setting up uid map: Permission denied' >&2; exit 1", "Permission denied", "user namespaces"),
        ("echo 'bwrap: Unknown option --disable-userns' >&2; exit 1", "Unknown option", "0.8 or newer"),
        ("echo 'bwrap: execvp python: Permission denied' >&2; exit 1", "execvp", "where other users may read it"),
        (WITHOUT_FILTER, "does not hold: nobody", "Linux"),
    ],
    ids=["missing", "namespaces forbidden", "too old", "interpreter not visible", "a box without its filter"],
)  # fmt: skip
def test_a_machine_without_a_box_is_refused_with_the_reason_and_the_remedy(
    open_folder: Path, root: Path, program: str, word: str, fix: str
):
    fake = open_folder / "bwrap"
    if program:
        fake.write_text(f"#!/bin/sh\n{program.replace('$BWRAP', shutil.which('bwrap') or '')}\n")
        fake.chmod(0o755)
    code = "from workbench.competitions.box import probe; found = probe(); print(found.works, found.why, found.fix)"
    path = f"{open_folder}:/bin" if program else str(open_folder)
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(root)}

    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )

    assert told.stdout.startswith("False"), told.stdout + told.stderr
    assert word in told.stdout
    assert fix in told.stdout
