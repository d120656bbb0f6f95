"""Rows that travel together: many of one lane, encoded once, with the keys that make each idempotent."""

from collections.abc import Collection
from typing import NamedTuple

from footfall.ingest import native
from footfall.ingest.lanes import BY_NAME


class Rows(NamedTuple):
    """Rows of a lane: their keys, in order, and their body as `native` writes it.

    `months`: the partitions that they touch, as `chunks` notes them.
    """

    lane: str
    keys: list[bytes]
    body: bytes
    months: str

    def without(self, known: Collection[bytes]) -> "Rows":
        """The first row of each key that is not known."""
        seen = set(known)
        keep = []
        for key in self.keys:
            keep.append(key not in seen)
            seen.add(key)
        keys = [key for key, kept in zip(self.keys, keep, strict=True) if kept]
        if not keys:
            return Rows(self.lane, [], b"", self.months)
        body = native.take(BY_NAME[self.lane].columns, self.body, len(self.keys), keep)
        return Rows(self.lane, keys, body, self.months)
