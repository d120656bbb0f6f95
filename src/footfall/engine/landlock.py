"""Landlock: the kernel refuses this process every file and TCP port that it was not given.

Three system calls, made by ctypes: no library that wraps them has had a release of 1.0, and one would stand
in the middle of what it is to protect. Rules hold for the calling thread and all that it starts afterwards,
for ever; so they are set before any other thread starts. What is open already stays usable.

Source: <linux/landlock.h> and docs.kernel.org, "Landlock: unprivileged access control".
"""

import ctypes
import os
import stat
import struct
from collections.abc import Mapping
from enum import IntFlag
from pathlib import Path

LEAST_ABI = 2
"""Before it, nothing can be renamed or linked from one folder to another, which the engine's tables need."""
PORTS_ABI = 4
SCOPES_ABI = 6

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every machine that chDB runs on
_VERSION = 1
_PATH_BENEATH = 1

_LIBC = ctypes.CDLL(None, use_errno=True)


class Access(IntFlag):
    """What may be done to files; the kernel's bits."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15

    READ = READ_FILE | READ_DIR
    CHANGE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | MAKE_SYM | REFER | TRUNCATE
    OF_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV


_SINCE = {Access.REFER: 2, Access.TRUNCATE: 3, Access.IOCTL_DEV: 5}
_BIND_TCP, _CONNECT_TCP = 1 << 0, 1 << 1
_SCOPE_ABSTRACT_SOCKETS, _SCOPE_SIGNALS = 1 << 0, 1 << 1


def abi() -> int:
    """Version of the kernel's Landlock; 0 where it has none or does not let us use it."""
    version: int = _LIBC.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION))
    return max(version, 0)


def restrict(allowed: Mapping[Path, Access], abi: int) -> None:
    """Takes every right to files but `allowed` from this thread and all that it starts.

    From `PORTS_ABI` on it can neither bind nor connect a TCP socket; from `SCOPES_ABI` on it can send no
    signal to, and reach no abstract Unix socket of, a process that it did not start. Paths that are not
    there are passed over. Needs `PR_SET_NO_NEW_PRIVS`. Raises `OSError`.
    """
    handled = Access(0)
    for right in Access:
        if _SINCE.get(right, 1) <= abi:
            handled |= right
    ports = _BIND_TCP | _CONNECT_TCP if abi >= PORTS_ABI else 0
    scopes = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if abi >= SCOPES_ABI else 0
    ruleset = struct.pack("=QQQ", handled, ports, scopes)  # struct landlock_ruleset_attr
    rules = _call(_CREATE_RULESET, ruleset, ctypes.c_size_t(len(ruleset)), ctypes.c_uint32(0))
    try:
        for path, access in allowed.items():
            _allow(rules, path, access & handled)
        _call(_RESTRICT_SELF, ctypes.c_int(rules), ctypes.c_uint32(0))
    finally:
        os.close(rules)


def _allow(rules: int, path: Path, access: Access) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not stat.S_ISDIR(os.fstat(place).st_mode):
        access &= Access.OF_FILES
    rule = struct.pack("=Qi", access, place)  # struct landlock_path_beneath_attr
    _call(_ADD_RULE, ctypes.c_int(rules), ctypes.c_int(_PATH_BENEATH), rule, ctypes.c_uint32(0))
    if path.parts[1] != "proc":  # there a file that nobody holds is forgotten, and its rule with it
        os.close(place)


def _call(number: int, *arguments: object) -> int:
    result: int = _LIBC.syscall(ctypes.c_long(number), *arguments)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock: {os.strerror(error)}")
    return result
