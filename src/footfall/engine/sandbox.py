"""The kernel's confinement of the engine: what a statement that fooled the guard still cannot do.

`confine` is called once, with the port bound and before chDB is loaded, because its rules hold for threads
that start later only. From then on the process can

- change files in the database's own folders only, and read beside them what it needs to run: Python and its
  packages, libraries, time zones, a few figures of the kernel; no secrets, no inbox, no `/proc` of its own;
- make no socket and no connection, bind no port, start no program, gain no privilege;
- send no signal to processes that it did not start; leave no core dump; be looked into by its own user only
  through `/proc/<pid>/status` and the like.

Where the kernel can do less, the engine runs all the same and says what is open to it.
"""

import ctypes
import os
import resource
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import footfall
from footfall.engine import landlock, seccomp
from footfall.engine.landlock import Access

_PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 4, 38  # <linux/prctl.h>

_LIBRARIES = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/etc/ld.so.cache")
_TIME_ZONES = ("/usr/share/zoneinfo", "/etc/localtime")
_KERNEL = (  # how many CPUs and how much memory there are, and how much of it this process uses
    "/sys/devices/system/cpu",
    "/sys/devices/system/node",
    "/sys/fs/cgroup",
    "/sys/kernel/mm/transparent_hugepage",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/proc/self/cgroup",
    "/proc/self/statm",
    "/proc/sys/vm/max_map_count",
    "/proc/sys/vm/overcommit_memory",
)
_DEVICES = ("/dev/null", "/dev/random", "/dev/urandom", "/dev/zero")


def confine(changes: Iterable[Path], reads: Iterable[Path], abi: int | None = None) -> str:
    """Gives up, for ever, every right but to change the folders `changes` and to read the files `reads`.

    Returns what stays open all the same, and why, for people; nothing where the process is confined. `abi`
    is the version of Landlock to use, the kernel's own where it is not given. Raises `RuntimeError` where
    another thread runs already: it would keep its rights.
    """
    if sys.platform != "linux":
        return "files, the network and other programs are open to it: this system has no Landlock"
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise RuntimeError("the engine must be confined before it starts a thread")
    _forget_environment()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _prctl(_PR_SET_DUMPABLE, 0)
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    allowed = dict.fromkeys((*_readable(), *reads), Access.READ)
    allowed |= {Path(name): Access.READ | Access.WRITE_FILE for name in _DEVICES}
    allowed |= dict.fromkeys(changes, Access.CHANGE)
    return "; ".join(filter(None, (_files(allowed, landlock.abi() if abi is None else abi), _calls())))


def _files(allowed: Mapping[Path, Access], abi: int) -> str:
    if abi < landlock.LEAST_ABI:
        return (
            f"files are open to it: the kernel has {f'Landlock ABI {abi}, too old' if abi else 'no Landlock'}"
        )
    try:
        landlock.restrict(allowed, abi)
    except OSError as error:
        return f"files are open to it: {error.strerror}"
    return ""


def _calls() -> str:
    try:
        seccomp.restrict()
    except OSError as error:
        return f"the network and other programs are open to it: {error.strerror}"
    return ""


def _readable() -> Iterator[Path]:
    """Folders and files that the engine needs to run, on any machine."""
    yield from map(Path, (*_LIBRARIES, *_TIME_ZONES, *_KERNEL))
    yield from (Path(sys.executable), Path(sys.base_prefix) / "lib")
    yield from (Path(sysconfig.get_path(name)) for name in ("stdlib", "platstdlib", "purelib", "platlib"))
    yield from (Path(name) for name in sys.path if Path(name).name in ("site-packages", "dist-packages"))
    yield Path(footfall.__file__).parent


def _forget_environment() -> None:
    """Overwrites every variable where it stands: `unsetenv` would leave its text, a password perhaps."""
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    start, end = int(fields[47]), int(fields[48])  # env_start and env_end of proc(5)
    ctypes.memset(start, 0, end - start)
    ctypes.CDLL(None).clearenv()
    os.environ.clear()


def _prctl(option: int, value: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(option, *(ctypes.c_ulong(n) for n in (value, 0, 0, 0))) != 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
