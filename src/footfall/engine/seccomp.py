"""seccomp: system calls that the engine has no use for once it runs, refused with "Permission denied".

It stands beside Landlock, which knows TCP only: without `socket` there is no UDP, no name server, no Unix
socket either, on kernels whose Landlock has no rules for ports too.

Source: <linux/seccomp.h>, <linux/filter.h> (classic BPF), and the tables of system calls of each machine.
"""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass

_SET_MODE_FILTER = 1
_SPEC_ALLOW = 1 << 2
"""Without it, older kernels slow all speculation down, for filters that part threads of one process."""
_ALLOW, _ERRNO = 0x7FFF0000, 0x00050000
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER_AT, _MACHINE_AT = 0, 4
_X32 = 0x40000000
"""From here on x86_64 has the same calls once more, for a machine of 32 bits."""


@dataclass(frozen=True, slots=True)
class _Machine:
    """The kernel's name of a machine, its number of `seccomp`, and those that are refused."""

    audit: int
    seccomp: int
    refused: tuple[int, ...]


_MACHINES = {  # socket, connect; execve, execveat; io_uring_setup, whose requests no filter sees
    "x86_64": _Machine(0xC000003E, 317, (41, 42, 59, 322, 425)),
    "aarch64": _Machine(0xC00000B7, 277, (198, 203, 221, 281, 425)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def restrict() -> None:
    """Refuses new sockets, connections and programs to this thread and all that it starts.

    Needs `PR_SET_NO_NEW_PRIVS`. Raises `OSError` where the kernel or the machine has no such filters.
    """
    machine = _MACHINES.get(os.uname().machine)
    if machine is None:
        raise OSError(errno.ENOSYS, f"seccomp: no list of system calls for {os.uname().machine}")
    instructions = _filter(machine)
    program = _Program(len(instructions) // 8, instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    mode, flags = ctypes.c_uint(_SET_MODE_FILTER), ctypes.c_uint(_SPEC_ALLOW)
    if libc.syscall(ctypes.c_long(machine.seccomp), mode, flags, ctypes.byref(program)) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"seccomp: {os.strerror(error)}")


def _filter(machine: _Machine) -> bytes:
    """The filter's instructions, each of 8 bytes; jumps count the instructions that they leave out."""
    refused = machine.refused
    checks = [
        (_LOAD, 0, 0, _MACHINE_AT),
        (_IF_EQUAL, 0, len(refused) + 3, machine.audit),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_AT_LEAST, len(refused) + 1, 0, _X32),
        *((_IF_EQUAL, len(refused) - place, 0, number) for place, number in enumerate(refused)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO | errno.EACCES),
    ]
    return b"".join(struct.pack("=HBBI", *check) for check in checks)
