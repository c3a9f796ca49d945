"""The walls of the box: the one place that writes bubblewrap's arguments; none comes from users.

Inside: the programs of the system, the Python environment and this package, read-only; the data of one run
under ``/data``; an empty ``/box/work`` of limited size that lives in memory. Not inside: a network, other
processes, the server's environment variables, its files and its identity.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from workbench.competitions import launch
from workbench.competitions.seccomp import build, machine_name

WORK, DATA, LIBRARY = "/box/work", "/data", "/box/lib"
TEMPORARY = "tmp"  # below the work folder
SHARED_MB = 64  # of /dev/shm
PROGRAMS = ("/usr/bin", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/share/zoneinfo", "/usr/share/fonts")
LINKS = ("/bin", "/lib", "/lib32", "/lib64")
SETTINGS = ("/etc/ld.so.cache", "/etc/alternatives", "/etc/fonts", "/etc/localtime")
SECRET_FILES = ("cmdline", "config.gz", "kallsyms", "kcore", "key-users", "keys", "latency_stats", "modules",
                "sched_debug", "sysrq-trigger", "timer_list", "timer_stats")  # fmt: skip
SECRET_FOLDERS = ("acpi", "asound", "bus", "driver", "fs", "irq", "scsi")
PEOPLE = b"box:x:1000:1000::/box/work:/bin/sh\n"
GROUPS = b"box:x:1000:\n"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
PACKAGE = Path(__file__).resolve().parents[1]
VARIABLES = {
    "HOME": WORK, "USER": "box", "LOGNAME": "box", "TMPDIR": f"{WORK}/{TEMPORARY}", "LANG": "C.UTF-8",
    "LC_CTYPE": "C.UTF-8",
    "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPATH": LIBRARY, "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1", "LOKY_MAX_CPU_COUNT": "1",
}  # fmt: skip


@dataclass(frozen=True)
class Walls:
    """How to start a box: the command, and the descriptors it inherits and that are closed afterwards."""

    command: list[str]
    descriptors: tuple[int, ...]


def program() -> str | None:
    """Return bubblewrap's path; None where it is not installed."""
    return shutil.which("bwrap")


def walls(inner: list[str], *, data: Mapping[str, Path], disk_mb: int) -> Walls:
    """Return how to start ``inner`` in a box of its own with ``data`` under ``/data``."""
    bwrap = program()
    if bwrap is None:
        raise FileNotFoundError("bwrap")
    binds = [*_environment(), *_data(data)]
    sources = [source for source, _ in binds]
    rooted = os.geteuid() == 0
    seen = [f"{launch.STAGE}/{place}" for place in range(len(sources))] if rooted else sources
    filtered = _memory(build(machine_name()))
    people, groups = _memory(PEOPLE), _memory(GROUPS)
    command = [bwrap, *_namespaces(), "--seccomp", str(filtered), *_system(), *_devices()]
    command += ["--ro-bind-data", str(people), "/etc/passwd", "--ro-bind-data", str(groups), "/etc/group"]
    for source, (_, target) in zip(seen, binds, strict=True):
        command += ["--ro-bind", source, target]
    command += ["--dir", DATA]
    if not any(target.startswith("/tmp/") for _, target in binds):  # noqa: S108 - the environment lies there
        command += ["--symlink", f"{WORK[1:]}/{TEMPORARY}", "/tmp"]  # noqa: S108
    command += [
        "--size",
        str(disk_mb << 20),
        "--perms",
        "0700",
        "--tmpfs",
        WORK,
        "--dir",
        f"{WORK}/{TEMPORARY}",
    ]
    command += ["--remount-ro", "/", "--chdir", WORK, *_variables(), "--", *inner]
    if rooted:
        plan = json.dumps(launch.plan(command, sources))
        command = [sys.executable, "-I", "-S", launch.__file__, plan]
    return Walls(command, (filtered, people, groups))


def _namespaces() -> list[str]:
    return ["--unshare-all", "--unshare-user", "--disable-userns", "--uid", "1000", "--gid", "1000",
            "--die-with-parent", "--new-session", "--as-pid-1", "--cap-drop", "ALL", "--hostname", "box",
            "--clearenv"]  # fmt: skip


def _system() -> Iterator[str]:
    for path in (*PROGRAMS, *SETTINGS):
        if Path(path).exists():
            yield from ("--ro-bind", path, path)
    for path in LINKS:
        if Path(path).is_symlink():
            yield from ("--symlink", str(Path(path).readlink()), path)
        elif Path(path).exists():
            yield from ("--ro-bind", path, path)


def _devices() -> Iterator[str]:
    yield from ("--proc", "/proc", "--ro-bind", "/proc/sys", "/proc/sys")
    for name in SECRET_FILES:
        if Path("/proc", name).exists():
            yield from ("--ro-bind", "/dev/null", f"/proc/{name}")
    for name in SECRET_FOLDERS:
        if Path("/proc", name).exists():
            yield from ("--size", "4096", "--tmpfs", f"/proc/{name}", "--remount-ro", f"/proc/{name}")
    yield from ("--dev", "/dev", "--size", str(SHARED_MB << 20), "--perms", "1777", "--tmpfs", "/dev/shm")  # noqa: S108
    yield from ("--remount-ro", "/dev")


def _environment() -> list[tuple[str, str]]:
    """Return what the interpreter needs: its own folders, those of its packages, and this package."""
    folders = [sys.prefix, sys.base_prefix]
    folders += [path for path in sys.path if Path(path).name in {"site-packages", "dist-packages"}]
    if "/usr" in folders:  # the system's own Python: of /usr only what Python reads
        folders = [path for path in folders if path != "/usr"] + ["/usr/local/lib"]
    wanted: list[str] = []
    for folder in sorted({os.path.realpath(path) for path in folders} | set(folders), key=len):
        inside = any(folder == one or folder.startswith(one + "/") for one in (*wanted, "/usr/lib"))
        if Path(folder).is_dir() and not inside:
            wanted.append(folder)
    return [*((folder, folder) for folder in wanted), (str(PACKAGE), f"{LIBRARY}/{PACKAGE.name}")]


def _data(data: Mapping[str, Path]) -> Iterator[tuple[str, str]]:
    for name, path in data.items():
        if not NAME.fullmatch(name):
            raise ValueError(f"no name for data in the box: {name!r}")
        yield str(Path(path).resolve(strict=True)), f"{DATA}/{name}"


def _variables() -> Iterator[str]:
    for name, value in VARIABLES.items():
        yield from ("--setenv", name, value)


def _memory(content: bytes) -> int:
    """Return a descriptor from which the content can be read once."""
    descriptor = os.memfd_create("box", os.MFD_CLOEXEC)
    os.write(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
