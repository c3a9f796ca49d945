"""Why a machine has no box: what is missing before a probe is tried, and the command that helps."""

import sys
from collections.abc import Sequence
from pathlib import Path

from workbench.competitions.confine import VARIABLES, program
from workbench.competitions.probing import PROBES as PROBES
from workbench.competitions.seccomp import MACHINES, machine_name

INNER = [sys.executable, "-s", "-P", "-m", "workbench.competitions.probing", ",".join(VARIABLES)]
INSTALL = "sudo apt-get update && sudo apt-get install -y bubblewrap"
NAMESPACES = (
    "allow user namespaces: sudo sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000"
)
APPARMOR = "allow user namespaces: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
NEWER = "install bubblewrap 0.8 or newer"
PYTHON = "install Python and the environment where other users may read it, such as /opt or /usr/local"
FIX_KERNEL = "run the server on a Linux of 2021 or newer, not inside a container that hides its kernel"


def lacking() -> tuple[str, str] | None:
    """Return what is missing and how to get it; None when a probe is worth trying."""
    if sys.platform != "linux":
        return f"the box needs Linux, this is {sys.platform}", "run the server on Linux, or in WSL 2"
    if program() is None:
        return "bubblewrap is not installed", INSTALL
    if machine_name() not in MACHINES:
        return f"there is no system call filter for {machine_name()}", "run the server on x86-64 or arm64"
    return None


def fix(said: Sequence[str]) -> str:
    """Return the command that helps, by what bubblewrap says."""
    text = " ".join(said).lower()
    if "unknown option" in text or "unrecognized" in text:
        return NEWER
    if "execvp" in text or "no module named" in text or "modulenotfound" in text or "importerror" in text:
        return PYTHON
    if Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").exists():
        return APPARMOR
    return NAMESPACES
