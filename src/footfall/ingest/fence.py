"""The fence: ingest finishes blocks that have no acknowledgement, and holds; the inbox takes what arrives.

Whoever puts other rows into the place of a table's raises it: a block that is retried across such a change
would count twice, and rows that arrive during it would be lost. Two lock files in the inbox's folder speak
for all ingest processes that share it. The writer holds `fence` (shared) from the first try of a block to its
acknowledgement, and passes `fence.gate` first; who raises the fence closes the gate, so that no block
begins, and waits for those that have begun. The kernel lets go of both files however a process ends. A block
of a process that died is still open in the inbox: the fence stands only where there is none.
"""

import fcntl
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO, Final

from footfall.errors import StoreUnavailable

WAIT_S: Final = 30.0
_LOOK_S: Final = 0.01
_OPEN: Final = "SELECT count(*) FROM blocks"


class Passage:
    """One writer's way through the fence; several threads and processes may be in it at once."""

    def __init__(self, folder: Path) -> None:
        self._gate = _opened(folder, "fence.gate")
        self._fence = _opened(folder, "fence")

    def close(self) -> None:
        """Lets go of the files."""
        self._gate.close()
        self._fence.close()

    @contextmanager
    def passed(self, stopping: threading.Event) -> Iterator[bool]:
        """Keeps the fence from being raised meanwhile; waits while it stands. False where it is to stop."""
        while not _locked(self._gate, fcntl.LOCK_SH):
            if stopping.wait(_LOOK_S):
                yield False
                return
        try:
            fcntl.flock(self._fence, fcntl.LOCK_SH)
        finally:
            fcntl.flock(self._gate, fcntl.LOCK_UN)
        try:
            yield True
        finally:
            fcntl.flock(self._fence, fcntl.LOCK_UN)


@contextmanager
def raised(inbox: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Holds ingest of this inbox; raises `StoreUnavailable` where a block is open for longer than `wait_s`.

    Between two looks at blocks that are open, ingest may go on: it is what finishes them.
    """
    inbox.mkdir(parents=True, exist_ok=True, mode=0o700)
    deadline = time.monotonic() + wait_s
    with _opened(inbox, "fence.gate") as gate, _opened(inbox, "fence") as fence:
        while True:
            while not _locked(gate, fcntl.LOCK_EX):  # somebody else's fence, or a writer that just passes
                _wait(deadline, "somebody else holds ingest")
            while not _locked(fence, fcntl.LOCK_EX):
                _wait(deadline, "ingest has not finished its blocks")
            if not (left := _open_blocks(inbox)):
                break
            for file in (fence, gate):
                fcntl.flock(file, fcntl.LOCK_UN)
            _wait(
                deadline, f"{left} blocks of ingest have no acknowledgement: `footfall ingest` finishes them"
            )
        yield


def _wait(deadline: float, why: str) -> None:
    if time.monotonic() > deadline:
        raise StoreUnavailable(f"{why}; try again when it has")
    time.sleep(_LOOK_S)


def _open_blocks(inbox: Path) -> int:
    """Blocks that were fixed and are not known to be in their table."""
    path = inbox / "inbox.sqlite"
    if not path.exists():
        return 0
    with closing(sqlite3.connect(path, timeout=WAIT_S)) as connection:
        try:
            (count,) = connection.execute(_OPEN).fetchone()
        except sqlite3.OperationalError:  # an inbox that is being made
            return 0
    return int(count)


def _opened(folder: Path, name: str) -> IO[str]:
    return (folder / name).open("a")


def _locked(file: IO[str], how: int) -> bool:
    try:
        fcntl.flock(file, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
