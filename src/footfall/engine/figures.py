"""Tells chDB that there are no figures of the kernel about each thread: a confined process cannot open them.

chDB asks by `stat`, which Landlock does not refuse, whether `/proc/thread-self/schedstat` is there. Then it
tries to open it in every thread of every statement, and the errors that it catches cost a quarter of a small
statement's time. The file cannot be allowed, for a thread's memory stands beside it, and chDB has no setting
for it. So, before the first statement, the name in the loaded library becomes one that is nowhere
(docs/decisions/0011-a-name-in-chdb.md).

Where the name is not found, or does not stand where the kernel says that the file is, nothing is changed, and
statements are slower.

The library must be loaded before the process is confined all the same: it reads `/proc/self/auxv` as it is
loaded. Where it cannot, it takes for that what stands behind the environment in memory, and crashes later.
"""

import contextlib
import ctypes
import importlib.util
import mmap
import os
import sys
from pathlib import Path

_NAME = b"/proc/thread-self/schedstat\0"
_NOWHERE = b"/proc/thread-self/withheld.\0"
_PROT_READ, _PROT_WRITE = 1, 2  # <sys/mman.h>


def withhold() -> None:
    """Loads chDB's library, as its package will, and changes the name; starts no thread."""
    spec = importlib.util.find_spec("chdb")
    if sys.platform != "linux" or spec is None or spec.origin is None:
        return
    library = Path(spec.origin).with_name("_chdb.abi3.so").resolve()
    if not library.is_file():
        return
    ctypes.CDLL(str(library), mode=sys.getdlopenflags() | os.RTLD_DEEPBIND)
    with library.open("rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as content:
        place = content.find(_NAME)
    if place >= 0 and (address := _address(library, place)) is not None:
        with contextlib.suppress(OSError):
            _overwrite(address)


def _address(library: Path, place: int) -> int | None:
    """Where a byte of a loaded file stands in memory, as the kernel tells."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        span, access, offset, _, _, *path = line.split(maxsplit=5)
        start, end = (int(bound, 16) for bound in span.split("-"))
        first = int(offset, 16)
        if path == [str(library)] and access == "r--p" and first <= place < first + end - start - len(_NAME):
            return start + place - first
    return None


def _overwrite(address: int) -> None:
    if ctypes.string_at(address, len(_NAME)) != _NAME:
        return
    start = address // mmap.PAGESIZE * mmap.PAGESIZE
    size = address + len(_NAME) - start
    _protect(start, size, _PROT_READ | _PROT_WRITE)
    ctypes.memmove(address, _NOWHERE, len(_NOWHERE))
    _protect(start, size, _PROT_READ)


def _protect(start: int, size: int, how: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mprotect(ctypes.c_void_p(start), ctypes.c_size_t(size), how) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
