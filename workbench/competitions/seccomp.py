"""The system calls that code in the box may not make, as a filter program for Linux's seccomp.

A deny list over what scientific Python needs, written in the kernel's own filter language (classic BPF)
for x86-64 and arm64. A call that is not on the list of the machine it was built for cannot slip through by
another calling convention: foreign ones end the process.
"""

import errno
import platform
import struct
from dataclasses import dataclass

# struct seccomp_data: nr at 0, arch at 4, args from 16, each of 8 bytes with the low half first.
NR, ARCH = 0, 4
LOAD, JUMP_EQUAL, JUMP_MORE, JUMP_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, FAIL, KILL = 0x7FFF0000, 0x00050000, 0x80000000
X32 = 0x40000000
NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag: time, mount, cgroup, uts, ipc, user, pid, net
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6; without a network the last two reach the box alone
TERMINAL_CALLS = (0x5412, 0x541C)  # TIOCSTI types for others, TIOCLINUX pastes

# The numbers on (x86-64, arm64); -1 where a machine has no such call.
DENIED: dict[str, tuple[int, int]] = {
    # other processes
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "pidfd_getfd": (438, 438), "process_madvise": (440, 440), "process_mrelease": (448, 448),
    "migrate_pages": (256, 238), "move_pages": (279, 239),
    # file systems and namespaces
    "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "statmount": (457, 457), "listmount": (458, 458), "open_tree_attr": (467, 467), "quotactl": (179, 60),
    "quotactl_fd": (443, 443), "swapon": (167, 224), "swapoff": (168, 225), "acct": (163, 89),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263), "sysfs": (139, -1),
    "lookup_dcookie": (212, 18), "ustat": (136, -1),
    # the kernel: modules, programs in it, its memory, its keys, its logs and clocks
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "io_setup": (206, 0),
    "io_submit": (209, 2),
    "keyctl": (250, 219), "add_key": (248, 217), "request_key": (249, 218), "kexec_load": (246, 104),
    "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "syslog": (103, 116), "reboot": (169, 142), "nfsservctl": (180, 42),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, -1), "ioperm": (173, -1),
    "modify_ldt": (154, -1), "vhangup": (153, 58), "personality": (135, 92), "uselib": (134, -1),
    # memory that no process seems to own: the watchdog could not count it
    "shmget": (29, 194), "shmat": (30, 196), "msgget": (68, 186), "semget": (64, 190), "mq_open": (240, 180),
    "memfd_create": (319, 279), "memfd_secret": (447, 447), "mlock": (149, 228), "mlock2": (325, 284),
    "mlockall": (151, 230), "vmsplice": (278, 75), "set_mempolicy": (238, 237), "mbind": (237, 235),
}  # fmt: skip
# Those that a library tries first and does without: it must hear that there is no such call.
ABSENT: dict[str, tuple[int, int]] = {"clone3": (435, 435)}


@dataclass(frozen=True)
class Machine:
    """A processor family: its number for the kernel's audit and its numbers of the calls looked into."""

    column: int
    audit: int
    clone: int
    socket: int
    socketpair: int
    ioctl: int


MACHINES = {
    "x86_64": Machine(0, 0xC000003E, clone=56, socket=41, socketpair=53, ioctl=16),
    "aarch64": Machine(1, 0xC00000B7, clone=220, socket=198, socketpair=199, ioctl=29),
}


def machine_name() -> str:
    """Return the kernel's name of this machine's processor family."""
    return platform.machine()


def build(name: str) -> bytes:
    """Return the filter for a machine; KeyError where there is none."""
    machine = MACHINES[name]
    program = [_load(ARCH), *_unless_equal(machine.audit, KILL), _load(NR)]
    if name == "x86_64":
        program += [_jump(JUMP_MORE, X32, 0, 1), _return(KILL)]
    for table, code in ((DENIED, errno.EPERM), (ABSENT, errno.ENOSYS)):
        for numbers in table.values():
            number = numbers[machine.column]
            if number >= 0:
                program += [_jump(JUMP_EQUAL, number, 0, 1), _return(FAIL | code)]
    program += _clone(machine) + _sockets(machine) + _terminal(machine)
    return b"".join([*program, _return(ALLOW)])


def _clone(machine: Machine) -> list[bytes]:
    """New processes and threads yes, new namespaces no."""
    look = [_load(16), _jump(JUMP_SET, NEW_NAMESPACES, 0, 1), _return(FAIL | errno.EPERM), _load(NR)]
    return [_jump(JUMP_EQUAL, machine.clone, 0, len(look)), *look]


def _sockets(machine: Machine) -> list[bytes]:
    """Only families that cannot leave the box."""
    found: list[bytes] = []
    for number in (machine.socket, machine.socketpair):
        look = [_load(16)]
        look += [_jump(JUMP_EQUAL, family, len(FAMILIES) - place, 0) for place, family in enumerate(FAMILIES)]
        look += [_return(FAIL | errno.EAFNOSUPPORT), _load(NR)]
        found += [_jump(JUMP_EQUAL, number, 0, len(look)), *look]
    return found


def _terminal(machine: Machine) -> list[bytes]:
    look = [_load(24)]
    for request in TERMINAL_CALLS:
        look += [_jump(JUMP_EQUAL, request, 0, 1), _return(FAIL | errno.EPERM)]
    look += [_load(NR)]
    return [_jump(JUMP_EQUAL, machine.ioctl, 0, len(look)), *look]


def _load(offset: int) -> bytes:
    return struct.pack("<HBBI", LOAD, 0, 0, offset)


def _jump(code: int, value: int, met: int, unmet: int) -> bytes:
    return struct.pack("<HBBI", code, met, unmet, value)


def _return(value: int) -> bytes:
    return struct.pack("<HBBI", RETURN, 0, 0, value)


def _unless_equal(value: int, outcome: int) -> list[bytes]:
    return [_jump(JUMP_EQUAL, value, 1, 0), _return(outcome)]
