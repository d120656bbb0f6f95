"""How often each content has occurred in a file so far, in bounded memory.

Equal lines of one file all count, and the same line of the same file must get the same id each time. So an id
is made from a row's content and its occurrence number: 0 for the first row of that content, 1 for the second.
The counts live in a database of SQLite's that is private and temporary: it is a file on disk once it outgrows
`CACHE_KIB`, and it is gone when it is closed.
"""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from hashlib import blake2b
from types import TracebackType
from typing import Final
from uuid import UUID

import msgspec

from footfall.model import derived_uuid

CACHE_KIB: Final = 64 << 10
_SEEN = "SELECT content, rows FROM seen WHERE content IN (SELECT value FROM json_each(?))"
_ADD = "INSERT INTO seen VALUES (?1, ?2) ON CONFLICT DO UPDATE SET rows = rows + ?2"


class Occurrences:
    """Counts of the contents seen; use it as a context manager."""

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        for pragma in (f"cache_size = -{CACHE_KIB}", "journal_mode = OFF", "synchronous = OFF"):
            self._seen.execute(f"PRAGMA {pragma}")
        self._seen.execute("CREATE TABLE seen (content INTEGER PRIMARY KEY, rows INTEGER NOT NULL)")

    def __enter__(self) -> "Occurrences":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._seen.close()

    def ids(self, contents: Sequence[bytes]) -> list[str]:
        """An id (a UUID) for each row of the next rows of the file, by their contents."""
        digests = [blake2b(content, digest_size=16).digest() for content in contents]
        keys = [int.from_bytes(digest[:8], signed=True) for digest in digests]
        counts = dict(self._seen.execute(_SEEN, (msgspec.json.encode(sorted(set(keys))).decode(),)))
        ids: list[str] = []
        for key, digest in zip(keys, digests, strict=True):
            number = counts.get(key, 0)
            counts[key] = number + 1
            ids.append(str(UUID(bytes=derived_uuid(b"import", digest + number.to_bytes(5)))))
        self._seen.execute("BEGIN")
        self._seen.executemany(_ADD, Counter(keys).items())
        self._seen.execute("COMMIT")
        return ids
