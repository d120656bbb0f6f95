"""Persons who were erased and whose later items are refused: keyed hashes of their numbers, in a file.

All ingest processes of the inbox read it; a change is noticed within `LOOK_S`. The key is a file of the data
folder, so that the list without it says of nobody that they are on it. `version` moves with each change, for
those who remember what became of a value.
"""

import os
import secrets
import time
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Final

LOOK_S: Final = 1.0
_KEY: Final = "erasure.key"
_LIST: Final = "erased"


class Erased:
    """The list, as one process knows it."""

    def __init__(self, data_dir: Path) -> None:
        self.version = 0
        self._path = data_dir / "inbox" / _LIST
        self._data_dir = data_dir
        self._hashes: frozenset[str] = frozenset()
        self._key = b""
        self._seen: tuple[int, int] | None = None
        self._looked = 0.0

    def look(self) -> None:
        """Notices changes, at most once in `LOOK_S`."""
        now = time.monotonic()
        if now - self._looked < LOOK_S:
            return
        self._looked = now
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return
        seen = found.st_mtime_ns, found.st_size
        if seen != self._seen:
            self._key = key(self._data_dir)
            self._hashes = frozenset(self._path.read_text().split())
            self._seen = seen
            self.version += 1

    def holds(self, number: int) -> bool:
        """Whether items of this user, or anonymous shopper, are refused."""
        return bool(self._hashes) and number != 0 and hashed(self._key, number) in self._hashes


def key(data_dir: Path) -> bytes:
    """The data folder's key of hashes of erased persons; the first who asks makes it."""
    path = data_dir / _KEY
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        pass
    return path.read_bytes()


def hashed(key_: bytes, number: int) -> str:
    """What stands for a person's number."""
    return blake2b(number.to_bytes(8), key=key_, digest_size=16, person=b"erased").hexdigest()


def told(data_dir: Path) -> None:
    """Tells every process that somebody was erased: what they remember of names may be wrong now."""
    path = data_dir / "inbox" / _LIST
    path.touch()
    os.utime(path)


def refuse(data_dir: Path, numbers: Iterable[int]) -> None:
    """Puts persons on the list; returns when every process has noticed."""
    path = data_dir / "inbox" / _LIST
    held = path.read_text().split() if path.exists() else []
    key_ = key(data_dir)
    lines = dict.fromkeys([*held, *(hashed(key_, number) for number in numbers)])
    draft = path.with_suffix(".draft")
    with draft.open("w") as file:
        file.write("".join(f"{line}\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    time.sleep(LOOK_S * 1.5)
