# ruff: noqa: E501, F821, PTH115, PTH118, PTH120, PTH208 (a cell of a notebook, where target and test are known)
"""What a hostile notebook tries: each attack returns what it got, and nothing where a wall held.

The text of this file becomes a cell of the notebook that ``test_isolation`` submits; ``target`` names things
that are really there outside of the box.
"""

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import stat
import subprocess
import sys
import termios
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
X86 = os.uname().machine == "x86_64"
BUFFER = ctypes.create_string_buffer(4096)
# name: numbers on (x86-64, arm64), arguments
CALLS = {
    "ptrace": ((101, 117), (16, 1, 0, 0)),
    "process_vm_readv": ((310, 270), (1, BUFFER, 1, BUFFER, 1, 0)),
    "keyctl": ((250, 219), (0, -3, 1)),
    "add_key": ((248, 217), (b"user", b"x", b"y", 1, -3)),
    "io_uring_setup": ((425, 425), (8, BUFFER)),
    "unshare": ((272, 97), (0x10000000,)),
    "unshare network": ((272, 97), (0x40000000,)),
    "clone into a new user namespace": ((56, 220), (0x10000000 | 17, 0, 0, 0, 0)),
    "setns": ((308, 268), (0, 0)),
    "mount": ((165, 40), (b"x", b"/box/work", b"tmpfs", 0, 0)),
    "move_mount": ((429, 429), (-1, b"/", -1, b"/box/work", 0)),
    "fsopen": ((430, 430), (b"tmpfs", 0)),
    "umount": ((166, 39), (b"/data", 2)),
    "pivot_root": ((155, 41), (b".", b".")),
    "chroot": ((161, 51), (b"/box/work",)),
    "bpf": ((321, 280), (0, BUFFER, 64)),
    "userfaultfd": ((323, 282), (0,)),
    "perf_event_open": ((298, 241), (BUFFER, 0, -1, -1, 0)),
    "open_by_handle_at": ((304, 265), (-100, BUFFER, 0)),
    "kexec_load": ((246, 104), (0, 0, 0, 0)),
    "init_module": ((175, 105), (BUFFER, 0, b"")),
    "memfd_create": ((319, 279), (b"x", 0)),
    "shmget": ((29, 194), (0, 4096, 0o1600)),
    "syslog": ((103, 116), (3, BUFFER, 4096)),
    "settimeofday": ((164, 170), (BUFFER, 0)),
    "sethostname": ((170, 161), (b"x", 1)),
}


def files_outside():
    """The labels, other entries and the machine's own secrets, by path, by .. and through /proc."""
    wanted = [*target["files"], "/etc/shadow", "/var/lib", "/sys/kernel"]
    ways = ("", "/proc/self/root", "/proc/1/root", "/proc/self/cwd/../..", "/data/..", "/proc/1/cwd/../..")
    return [way + path for path in wanted for way in ways if os.access(way + path, os.F_OK)]


def names_anywhere():
    """A file of the labels' name, looked for in every folder there is."""
    return [folder for folder, _, names in os.walk("/") if target["name"] in names]


def sockets():
    """Ways to a listener of the host: TCP, IPv6, UDP, a name, unix sockets by path and by abstract name."""
    got = []
    for family, address in [
        (socket.AF_INET, ("127.0.0.1", target["port"])),
        (socket.AF_INET, (target["lan"], target["port"])),
        (socket.AF_INET6, ("::1", target["port"])),
        (socket.AF_UNIX, target["socket"]),
        (socket.AF_UNIX, "\0" + target["abstract"]),
    ]:
        with contextlib.suppress(OSError), socket.socket(family) as one:
            one.settimeout(1)
            one.connect(address)
            got.append(str(address))
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", (target["lan"], target["port"]))
        got.append("UDP")
    with contextlib.suppress(OSError):
        got.append(socket.getaddrinfo("example.com", 80))
    return got


def other_families():
    """Sockets that know no network namespace, or configure one."""
    got = []
    for name, family in {
        "NETLINK": 16,
        "PACKET": 17,
        "BLUETOOTH": 31,
        "ALG": 38,
        "VSOCK": 40,
        "XDP": 44,
    }.items():
        with contextlib.suppress(OSError):
            socket.socket(family, socket.SOCK_DGRAM).close()
            got.append(name)
    with contextlib.suppress(OSError):
        socket.socket(socket.AF_INET, socket.SOCK_RAW, 1).close()
        got.append("RAW")
    return got


def environments():
    """The server's variables: in ours, and in those of every process in sight."""
    got = [name for name, value in os.environ.items() if target["secret"] in value]
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            got += [str(path)] if target["secret"].encode() in path.read_bytes() else []
    return got


def descriptors():
    """Open files that came in from outside."""
    own = ("/dev/null", "socket:", "pipe:", "anon_inode:", "/box/work/", "/proc/", "/dev/urandom")
    links = []
    for path in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(os.readlink(path))
    return [link for link in links if not link.startswith(own)]


def first_process():
    """The process that takes the predictions out: its memory, descriptors and files."""
    got = []
    for name in ("mem", "maps", "environ", "fd/0", "root", "cwd", "exe"):
        path = f"/proc/1/{name}"
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_RDONLY))
            got.append(path)
    with contextlib.suppress(OSError):
        got += os.listdir("/proc/1/fd")
    return got


def writable():
    """Every file of the kernel's settings and devices, folders of the environment: opened for writing."""
    allowed = ("/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx",
               "/dev/pts", "/dev/shm", "/dev/std", "/dev/fd")  # fmt: skip
    got = []
    for top in ("/proc/sys", "/sys", "/dev"):
        for folder, _, names in os.walk(top):
            for path in (os.path.join(folder, name) for name in names):
                if not path.startswith(allowed):
                    with contextlib.suppress(OSError):
                        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
                        got.append(path)
    for folder in ("/", "/usr/bin", "/usr/lib", "/etc", "/data", "/box", "/box/lib/workbench", "/dev", sys.prefix,
                   os.path.dirname(os.__file__), "/proc/self/task"):  # fmt: skip
        with contextlib.suppress(OSError):
            os.close(os.open(f"{folder}/canary", os.O_CREAT | os.O_WRONLY))
            got.append(folder)
    with contextlib.suppress(OSError):
        os.close(os.open(test, os.O_WRONLY))
        got.append(test)
    return got


def processes():
    """Processes outside, and the box's own first one."""
    got = []
    for pid in target["pids"]:
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            got += [pid] if pid > 50 else []
    os.kill(1, signal.SIGKILL)  # shielded: the first process of a pid namespace
    os.kill(1, signal.SIGSTOP)
    return got + [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid > 1000]


def identity():
    """Another user: by asking, and by programs that change it."""
    got = []
    for change in (os.setuid, os.setgid, os.seteuid):
        with contextlib.suppress(OSError):
            change(0)
            got.append(change.__name__)
    for command in (["su", "-c", "id -u"], ["sudo", "-n", "id", "-u"], ["newgrp"], ["unshare", "-Ur", "id", "-u"],
                    ["mount", "-t", "tmpfs", "x", "/box/work"], ["nsenter", "-t", "1", "-a", "id", "-u"]):  # fmt: skip
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            told = subprocess.run(command, capture_output=True, timeout=5, stdin=subprocess.DEVNULL)
            got += [command] if told.returncode == 0 and b"0" in told.stdout[:2] else []
    with contextlib.suppress(OSError):
        os.mknod("device", 0o600 | stat.S_IFBLK, os.makedev(8, 0))
        got.append("mknod")
    return got


def calls():
    """System calls with which boxes are left; each must be refused by the filter or for want of rights."""
    got = []
    for name, (numbers, arguments) in CALLS.items():
        ctypes.set_errno(0)
        result = LIBC.syscall(numbers[0 if X86 else 1], *arguments)
        if result == 0 and "clone" in name:
            os._exit(0)  # the child of an attack that worked; its parent tells
        elif result != -1 or ctypes.get_errno() != 1:
            got.append((name, result, ctypes.get_errno()))
    return got


def foreign_calls():
    """The same calls by another convention of the same processor."""
    if not X86:
        return []
    code = "import ctypes; print(ctypes.CDLL(None).syscall(0x40000000 + 39))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True)
    return [] if told.returncode == -signal.SIGSYS else [told.returncode, told.stdout]


def terminal():
    """Typing for somebody else."""
    got = []
    for request in (termios.TIOCSTI, 0x541C):
        for descriptor in (0, 1, 2):
            with contextlib.suppress(OSError):
                fcntl.ioctl(descriptor, request, b"x")
                got.append(request)
    with contextlib.suppress(OSError):
        os.close(os.open("/dev/tty", os.O_RDWR))
        got.append("/dev/tty")
    return got


def host():
    """What the machine tells about itself."""
    told = [socket.gethostname() != "box" and socket.gethostname()]
    for name in (
        "kallsyms",
        "cmdline",
        "keys",
        "kcore",
        "timer_list",
        "modules",
        "config.gz",
        "sysrq-trigger",
    ):
        with contextlib.suppress(OSError):
            told.append(Path("/proc", name).read_bytes()[:40])
    return [one for one in told if one]


def shells():
    """The notebook's own ways to a shell end at the same walls."""
    shell = get_ipython()
    shell.run_cell_magic(
        "bash", "--out said --err cried", "cat /etc/shadow /etc/hostname; ls /var; echo $SECRET"
    )
    said = shell.user_ns["said"].split()
    return said + [line for line in shell.getoutput("cat /etc/shadow") if "No such file" not in line]


def scorer():
    """The program that will judge: its labels are not here, and what is patched here is not used there."""
    import workbench.competitions.metrics_values as values

    values.rmse = lambda rows: 0.0
    with contextlib.suppress(OSError):
        Path(values.__file__).write_text("")
        return [values.__file__]
    return []


ATTACKS = (files_outside, names_anywhere, sockets, other_families, environments, descriptors, first_process, writable,
           processes, identity, calls, foreign_calls, terminal, host, shells, scorer)  # fmt: skip
