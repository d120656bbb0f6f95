"""What a body is read from, and the two ways in which decoders read from it."""

from typing import Protocol


class Reader(Protocol):
    """At most `size` bytes, none at the end; may block."""

    def read(self, size: int, /) -> bytes: ...


def read_up_to(reader: Reader, limit: int) -> bytes:
    """Reads until `limit` bytes or the end."""
    parts = []
    while limit > 0 and (part := reader.read(min(limit, 1 << 20))):
        parts.append(part)
        limit -= len(part)
    return b"".join(parts)


class Rejoined:
    """A reader that gives `head` before the rest."""

    def __init__(self, head: bytes, rest: Reader | None) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int, /) -> bytes:
        if self._head:
            part, self._head = self._head[:size], self._head[size:]
            return part
        return self._rest.read(size) if self._rest is not None else b""
