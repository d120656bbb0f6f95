"""Content encodings of requests and answers: gzip, br, deflate, zstd, lz4, xz, bz2 and snappy.

Names and order of preference are ClickHouse's (`CompressionMethod.cpp`); `decoders` reads them. Encoders take
blocks, give what is ready, and let other threads run meanwhile.
"""

import bz2
import lzma
import zlib
from collections import defaultdict
from functools import lru_cache
from typing import Any, ClassVar, Protocol

import brotli
import lz4.frame
import zstandard

from footfall.engine.decoders import OFFERED, decoder
from footfall.engine.snappy import Snappy

__all__ = ["OFFERED", "Both", "Encoder", "choose", "decoder", "encoder"]

KEPT = 4
"""Free zstd compressors of one level."""


class Encoder(Protocol):
    """One answer's compressor."""

    def encode(self, data: bytes, /) -> bytes: ...

    def finish(self) -> bytes: ...


class _Pieces:
    """An encoder over an object with `compress` and `flush`."""

    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor

    def encode(self, data: bytes, /) -> bytes:
        return bytes(self._compressor.compress(data))

    def finish(self) -> bytes:
        return bytes(self._compressor.flush())


class _ZstdPieces(_Pieces):
    """Making a compressor takes longer than a small answer: those that have finished are used again."""

    _free: ClassVar[dict[int, list[zstandard.ZstdCompressor]]] = defaultdict(list)

    def __init__(self, level: int) -> None:
        free = self._free[level]
        self._compressors = free
        self._maker = free.pop() if free else zstandard.ZstdCompressor(level=level)
        super().__init__(self._maker.compressobj())

    def finish(self) -> bytes:
        last = super().finish()
        if len(self._compressors) < KEPT:
            self._compressors.append(self._maker)
        return last


class _BrotliPieces(_Pieces):
    def encode(self, data: bytes, /) -> bytes:
        return bytes(self._compressor.process(data))

    def finish(self) -> bytes:
        return bytes(self._compressor.finish())


class _Lz4Pieces(_Pieces):
    """LZ4 frames begin with a header that the compressor gives separately."""

    def __init__(self) -> None:
        super().__init__(lz4.frame.LZ4FrameCompressor())
        self._head = bytes(self._compressor.begin())

    def encode(self, data: bytes, /) -> bytes:
        head, self._head = self._head, b""
        return head + super().encode(data)

    def finish(self) -> bytes:
        return self._head + super().finish()


class Both:
    """An encoder of what another one has encoded."""

    def __init__(self, inner: Encoder, outer: Encoder) -> None:
        self._inner = inner
        self._outer = outer

    def encode(self, data: bytes, /) -> bytes:
        return self._outer.encode(self._inner.encode(data))

    def finish(self) -> bytes:
        return self._outer.encode(self._inner.finish()) + self._outer.finish()


@lru_cache(256)
def choose(accepted: str) -> str | None:
    """The encoding to answer in, for an Accept-Encoding header; None where the client wants none we speak."""
    wanted = set()
    for item in accepted.lower().split(","):
        name, _, parameters = item.partition(";")
        if _quality(parameters) > 0:
            wanted.add(name.strip())
    return next((name for name in OFFERED if name in wanted), None)


def _quality(parameters: str) -> float:
    try:
        return float(parameters.partition("q=")[2])
    except ValueError:
        return 1.0


def encoder(encoding: str, level: int = 3) -> Encoder:
    """A new compressor for one answer; `level` as far as the encoding has it."""
    match encoding:
        case "zstd":
            return _ZstdPieces(max(1, min(level, 22)))
        case "br":
            return _BrotliPieces(brotli.Compressor(quality=max(0, min(level, 11))))
        case "lz4":
            return _Lz4Pieces()
        case "snappy":
            return Snappy()
        case "gzip":
            return _Pieces(zlib.compressobj(max(-1, min(level, 9)), wbits=zlib.MAX_WBITS | 16))
        case "deflate":
            return _Pieces(zlib.compressobj(max(-1, min(level, 9))))
        case "xz":
            return _Pieces(lzma.LZMACompressor(preset=max(0, min(level, 6))))
        case "bz2":
            return _Pieces(bz2.BZ2Compressor(max(1, min(level, 9))))
    raise ValueError(encoding)
