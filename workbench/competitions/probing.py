"""Looks at the box from the inside, before anybody's notebook does: each probe tries what must not work.

Run in a box as ``python -m workbench.competitions.probing``; it imports nothing of ours, so that it runs
where little else does.
"""

import contextlib
import ctypes
import errno
import importlib
import json
import os
import platform
import resource
import socket
import sys
from collections.abc import Callable
from pathlib import Path

SECRETS = ("/etc/shadow", "/etc/hostname", "/home", "/var", "/run", "/sys", "/boot", "/srv", "/opt")
READ_ONLY = ("/usr/lib/x", "/x", "/dev/x", "/etc/x", "/data/x", f"{sys.prefix}/x")
PTRACE_TRACEME, NEW_USER = 0, 0x10000000
KEYCTL = {"x86_64": 250, "aarch64": 219}
VSOCK, NETLINK, PACKET = 40, 16, 17
NOWHERE = ("192.0.2.1", 80)  # an address for documentation
FILL_MB = 64
PROBES = (
    "nobody",
    "alone",
    "no_network",
    "no_secrets",
    "read_only",
    "filtered",
    "disk",
    "processes",
    "python",
)


def nobody() -> bool:
    """Not root, no rights, and no way to get any."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    rights = [int(fields[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")]
    return os.getuid() != 0 and not any(rights) and fields["NoNewPrivs"] == "1" and fields["Seccomp"] == "2"


def alone() -> bool:
    """No process but this one."""
    return os.getpid() == 1 and [name for name in os.listdir("/proc") if name.isdigit()] == ["1"]  # noqa: PTH208


def no_network() -> bool:
    """Only a loopback of its own, and no socket of another kind."""
    lines = Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]
    if [line.partition(":")[0].strip() for line in lines] != ["lo"]:
        return False
    with socket.socket() as outside:
        outside.settimeout(1)
        if outside.connect_ex(NOWHERE) not in {errno.ENETUNREACH, errno.EHOSTUNREACH}:
            return False
    return not any(map(_opens, (VSOCK, NETLINK, PACKET)))


def no_secrets() -> bool:
    """Nothing of the machine's files, no descriptor and no variable of the server's."""
    descriptors = [name for name in os.listdir("/proc/self/fd") if int(name) > 3]  # noqa: PTH208
    known = sys.argv[1].split(",")
    needed = (sys.prefix, sys.base_prefix)  # may lie below one of these
    seen = [path for path in SECRETS if os.path.exists(path)]  # noqa: PTH110
    files = [path for path in seen if not any(one.startswith(path + "/") for one in needed)]
    return not descriptors and set(os.environ) <= {"PWD", *known} and not files


def read_only() -> bool:
    """Nothing can be written but the work folder and what is shared in memory."""
    paths = (*READ_ONLY, "/proc/sys/kernel/core_pattern", "/proc/sysrq-trigger")
    return not any(map(_written, paths))


def filtered() -> bool:
    """The system calls with which a box is left or looked into."""
    libc = ctypes.CDLL(None, use_errno=True)
    calls: tuple[Callable[[], int], ...] = (
        lambda: libc.ptrace(PTRACE_TRACEME, 0, 0, 0),
        lambda: libc.unshare(NEW_USER),
        lambda: libc.mount(b"x", b"/box/work", b"tmpfs", 0, None),
        lambda: libc.syscall(KEYCTL[platform.machine()], 0, -3, 0),
    )
    child = os.fork()  # a call that goes through changes the one who made it
    if child == 0:
        os._exit(not all(call() == -1 and ctypes.get_errno() == errno.EPERM for call in calls))
    return os.waitpid(child, os.WUNTRACED)[1] == 0


def disk() -> bool:
    """The work folder has an end."""
    file = Path("fill")
    try:
        with file.open("wb") as filling:
            for _ in range(FILL_MB):
                filling.write(bytes(1 << 20))
    except OSError as error:
        return error.errno in {errno.ENOSPC, errno.EFBIG}
    finally:
        file.unlink()
    return False


def processes() -> bool:
    """A limit on processes is kept."""
    resource.setrlimit(resource.RLIMIT_NPROC, (4, 4))
    waiting, release = os.pipe()
    children = []
    try:
        for _ in range(8):
            child = os.fork()
            if child == 0:
                os.close(release)
                os.read(waiting, 1)
                os._exit(0)
            children.append(child)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(release)
        for child in children:
            os.waitpid(child, 0)
    return False


def python() -> bool:
    """The interpreter's packages can be read."""
    return bool(importlib.import_module("numpy"))


def _opens(family: int) -> bool:
    with contextlib.suppress(OSError):
        socket.socket(family).close()
        return True
    return False


def _written(path: str) -> bool:
    with contextlib.suppress(OSError):
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        return True
    return False


def main() -> None:
    """Try everything; say what holds and what does not."""
    found: dict[str, list[str]] = {"holds": [], "leaks": []}
    for name in PROBES:
        try:
            holds = bool(globals()[name]())
        except Exception:  # noqa: BLE001 - what cannot be tried is not proven
            holds = False
        found["holds" if holds else "leaks"].append(name)
    report = json.dumps(found)
    print(json.dumps({"name": "report", "size": len(report)}), report, sep="\n", end="", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
