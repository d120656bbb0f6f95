"""Snappy as ClickHouse speaks it over HTTP: Hadoop's framing (`HadoopSnappyReadBuffer`).

A block states the size of its data; pieces of raw snappy follow, each with its own size before it, until that
much has unfolded. All sizes are four bytes, big-endian. As on a server, a piece has 1 MiB at the most.
"""

import struct

from cramjam import snappy

from footfall.engine.reading import Reader, read_up_to

_SIZE = struct.Struct(">I")
PIECE = 1 << 20
BLOCK = 256 << 10


class Unsnappy:
    """A reader of the data in Hadoop's framing; `EOFError` and `ValueError` tell what is wrong."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._left = 0
        self._ready = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        while not self._ready:
            while self._left == 0:
                head = read_up_to(self._source, _SIZE.size)
                if not head:
                    return b""
                (self._left,) = _SIZE.unpack(_complete(head, _SIZE.size))
            (packed,) = _SIZE.unpack(self._exactly(_SIZE.size))
            if packed > PIECE:
                raise ValueError(f"a compressed piece of {packed} bytes is too large")
            self._ready = memoryview(_raw(self._exactly(packed), min(self._left, PIECE)))
            self._left -= len(self._ready)
        data, self._ready = self._ready[:size], self._ready[size:]
        return bytes(data)

    def _exactly(self, size: int) -> bytes:
        return _complete(read_up_to(self._source, size), size)


class Snappy:
    """An encoder of Hadoop's framing, one piece a block."""

    def encode(self, data: bytes, /) -> bytes:
        parts = []
        for at in range(0, len(data), BLOCK):
            piece = data[at : at + BLOCK]
            packed = bytes(snappy.compress_raw(piece))
            parts += [_SIZE.pack(len(piece)), _SIZE.pack(len(packed)), packed]
        return b"".join(parts)

    def finish(self) -> bytes:
        return b""


def _complete(data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise EOFError("it ends too early")
    return data


def _raw(packed: bytes, limit: int) -> bytes:
    """Unfolds raw snappy, which states its size first, to at most `limit` bytes."""
    size, shift = 0, 0
    for byte in packed[:5]:
        size |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    if not 0 < size <= limit:
        raise ValueError(f"a piece of {size} bytes does not fit")
    return bytes(snappy.decompress_raw(packed))
