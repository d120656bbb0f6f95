"""The Native format as the client's revision of ClickHouse's protocol has it (`client_protocol_version`).

The engine writes blocks for a client that names none. Others expect more (`NativeWriter`): information about
the block before each (`BlockInfo`), from 54337 on the time zones of `DateTime` columns in their types, from
54454 on a byte behind each type that says whether the column is stored in a special way. The newest revision
here is 54491: who names a later one gets that, as from a server of that age.
"""

from collections.abc import Callable, Mapping
from itertools import islice

from footfall.engine.exceptions import EngineError
from footfall.engine.native_columns import columns_of, head_end

WITH_ZONES = 54337
WITH_KINDS = 54454
WITH_BUCKETS = 54480
_PLAIN_TIME = b"\x08DateTime"


class Native:
    """Gives the engine's blocks as a client of one revision reads them.

    `zones` is asked once, when the first block has a `DateTime` column: by number, the columns' types where
    these have a time zone.
    """

    def __init__(self, revision: int, zones: Callable[[], Mapping[int, str]] = dict) -> None:
        self._has_kinds = revision >= WITH_KINDS
        self._info = block_info(revision)
        self._ask = zones if revision >= WITH_ZONES else dict
        self._zoned: dict[int, bytes] | None = None

    def block(self, data: bytes) -> bytes:
        """One block; it is walked only as far as something changes in it."""
        if self._zoned is None:
            self._zoned = self._find_zoned(data)
        if not self._zoned and not self._has_kinds:
            return self._info + data
        parts, at = self._walked(data, 0, None if self._has_kinds else max(self._zoned) + 1)
        return b"".join((*parts, memoryview(data)[at:]))

    def blocks(self, data: bytes) -> bytes:
        """Any number of whole blocks."""
        self._zoned = {}
        parts: list[bytes | memoryview] = []
        at = 0
        while at < len(data):
            walked, at = self._walked(data, at, None)
            parts += walked
        return b"".join(parts)

    def _find_zoned(self, data: bytes) -> dict[int, bytes]:
        """Columns whose type has a time zone that the block does not tell, as the block should tell it.

        Those behind one that cannot be walked are left as they are; from 54454 on that is an error anyway.
        """
        if _PLAIN_TIME not in data:
            return {}
        plain = set()
        try:
            for number, column in enumerate(columns_of(data, 0)):
                if data[column.type_start : column.rows_start] == _PLAIN_TIME:
                    plain.add(number)
        except EngineError:
            if self._has_kinds:
                raise
        zones = self._ask() if plain else {}
        return {number: _text(zone.encode()) for number, zone in zones.items() if number in plain}

    def _walked(self, data: bytes, at: int, last: int | None) -> tuple[list[bytes | memoryview], int]:
        """A block up to its column number `last`, or all of it, and where it has been walked to."""
        zoned, view = self._zoned or {}, memoryview(data)
        parts: list[bytes | memoryview] = [self._info]
        done, at = at, head_end(data, at)
        for number, column in enumerate(islice(columns_of(data, done), last)):
            if number in zoned:
                parts += view[done : column.type_start], zoned[number]
                done = column.rows_start
            if self._has_kinds:
                parts += view[done : column.rows_start], b"\x00"
                done = column.rows_start
            at = column.end
        parts.append(view[done:at])
        return parts, at


def block_info(revision: int) -> bytes:
    """What is said about a block of rows: no overflow, no bucket, from 54480 on no buckets out of order."""
    buckets = b"\x03\x00" if revision >= WITH_BUCKETS else b""
    return b"\x01\x00\x02\xff\xff\xff\xff" + buckets + b"\x00"


def _text(value: bytes) -> bytes:
    """A text behind its length, which is below 128."""
    return bytes((len(value),)) + value
