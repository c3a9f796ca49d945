"""The filter says what it should on both processor families: interpreted here as the kernel would."""

import errno
import struct

import pytest

from workbench.competitions.seccomp import ABSENT, ALLOW, DENIED, FAIL, KILL, MACHINES, NEW_NAMESPACES, build

READ = {"x86_64": 0, "aarch64": 63}
SIGCHLD = 17


def decided(name: str, number: int, *arguments: int, audit: int | None = None) -> int:
    """Run the program on one call."""
    machine = MACHINES[name]
    words = [number, machine.audit if audit is None else audit, 0, 0]
    words += [half for one in (*arguments, *[0] * 6)[:6] for half in (one & 0xFFFFFFFF, one >> 32)]
    program = [struct.unpack_from("<HBBI", build(name), 8 * place) for place in range(len(build(name)) // 8)]
    place = held = 0
    while True:
        code, met, unmet, value = program[place]
        place += 1
        if code == 0x20:
            held = words[value // 4]
        elif code == 0x06:
            return value
        else:
            true = {0x15: held == value, 0x35: held >= value, 0x45: bool(held & value)}[code]
            place += met if true else unmet


@pytest.mark.parametrize("name", MACHINES)
def test_what_science_needs_is_allowed_and_what_leaves_the_box_is_not(name: str):
    machine = MACHINES[name]

    assert decided(name, READ[name]) == ALLOW
    for numbers in DENIED.values():
        if numbers[machine.column] >= 0:
            assert decided(name, numbers[machine.column]) == FAIL | errno.EPERM
    assert decided(name, ABSENT["clone3"][machine.column]) == FAIL | errno.ENOSYS
    assert decided(name, machine.clone, SIGCHLD) == ALLOW
    assert decided(name, machine.ioctl, 0, 0x5401) == ALLOW
    assert decided(name, machine.ioctl, 0, 0x5412) == FAIL | errno.EPERM


@pytest.mark.parametrize("name", MACHINES)
def test_new_processes_are_allowed_and_new_namespaces_are_not(name: str):
    flags = [1 << place for place in range(32) if NEW_NAMESPACES >> place & 1]

    assert len(flags) == 8
    for flag in flags:
        assert decided(name, MACHINES[name].clone, flag | SIGCHLD) == FAIL | errno.EPERM


@pytest.mark.parametrize("name", MACHINES)
def test_only_sockets_that_stay_inside_are_made(name: str):
    for number in (MACHINES[name].socket, MACHINES[name].socketpair):
        allowed = [family for family in range(50) if decided(name, number, family) == ALLOW]

        assert allowed == [1, 2, 10]
        assert decided(name, number, 40) == FAIL | errno.EAFNOSUPPORT


@pytest.mark.parametrize("name", MACHINES)
def test_another_calling_convention_ends_the_process(name: str):
    assert decided(name, READ[name], audit=0x40000003) == KILL  # 32-bit x86
    if name == "x86_64":
        assert decided(name, 0x40000000 + 39) == KILL  # x32
