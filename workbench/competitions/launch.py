"""Starts bubblewrap for a server that runs as root, under a user id that nobody has.

Run as a program of its own (``python -I -S launch.py PLAN``), which knows only Python's own library. In a
mount namespace of its own it puts what the box may read where that user can reach it, gives the rights of
root up for good, and becomes bubblewrap.
"""

import contextlib
import ctypes
import json
import os
import secrets
import signal
import sys
from typing import Any

NEW_MOUNTS, BIND, RECURSIVE, SLAVE, NO_SUID, NO_DEV = 0x20000, 4096, 16384, 1 << 19, 2, 4
PR_SET_PDEATHSIG = 1
# In the namespace made here an empty file system of ours stands there, for the box alone.
STAGE = next((path for path in ("/mnt", "/media") if os.path.isdir(path)), "/tmp")  # noqa: S108, PTH112
NOBODY = 65534


def main() -> None:
    """Carry out the plan that the command line holds."""
    plan = json.loads(sys.argv[1])
    try:
        stage(plan["sources"])
        become(plan["uid"])
    except OSError as error:
        sys.exit(f"launch: {error.strerror or error}")
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != plan["parent"]:
        sys.exit(1)
    os.execve(plan["command"][0], plan["command"], {})  # noqa: S606 - our own list of arguments


def stage(sources: list[str]) -> None:
    """Make each source reachable as ``STAGE/<its place in the list>``."""
    libc = ctypes.CDLL(None, use_errno=True)

    def checked(result: int) -> None:
        if result:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))

    def mount(source: str, target: str, kind: str | None, flags: int, options: str | None = None) -> None:
        words = [word and word.encode() for word in (source, target, kind)]
        checked(libc.mount(*words, ctypes.c_ulong(flags), options and options.encode()))

    checked(libc.unshare(NEW_MOUNTS))
    mount("none", "/", None, SLAVE | RECURSIVE)
    # Opened in the new namespace, or they could not be bound, and before the stage covers what lies below it.
    opened = [os.open(source, os.O_PATH | os.O_CLOEXEC) for source in sources]
    folders = [os.path.isdir(source) for source in sources]  # noqa: PTH112
    mount("box", STAGE, "tmpfs", NO_SUID | NO_DEV, "mode=755,size=1m")
    for place, (descriptor, folder) in enumerate(zip(opened, folders, strict=True)):
        target = f"{STAGE}/{place}"
        if folder:
            os.mkdir(target)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o444))
        mount(f"/proc/self/fd/{descriptor}", target, None, BIND)


def become(uid: int) -> None:
    """Give up root for a user id that nobody has; where ids are few, for the one that stands for nobody."""
    os.setgroups([])
    with contextlib.suppress(OSError):
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    if os.getuid() == 0:
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)


def plan(command: list[str], sources: list[str]) -> dict[str, Any]:
    """Return what ``main`` needs to know, for a child of this process."""
    own = 1_500_000_000 + secrets.randbelow(100_000_000)  # above what systems hand out; one for each box
    return {"command": command, "sources": sources, "uid": own, "parent": os.getpid()}


if __name__ == "__main__":
    main()
