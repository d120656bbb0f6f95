"""Content encodings of requests and answers: gzip, br, deflate, zstd, lz4, xz, bz2 and snappy.

Names and order of preference are ClickHouse's (`CompressionMethod.cpp`). Decoders are readers over a reader:
they give at most what is asked for, so that a small request cannot unfold in memory. Encoders take blocks and
give what is ready; both let other threads run meanwhile.
"""

import bz2
import gzip
import io
import lzma
import zlib
from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar, Protocol

import brotli
import lz4.frame
import zstandard
from cramjam import DecompressionError

from footfall.engine.exceptions import NOT_IMPLEMENTED, EngineError
from footfall.engine.reading import Reader
from footfall.engine.snappy import Snappy, Unsnappy

KEPT = 4
"""Free zstd compressors of one level."""


class Encoder(Protocol):
    """One answer's compressor."""

    def encode(self, data: bytes, /) -> bytes: ...

    def finish(self) -> bytes: ...


class _Raw(io.RawIOBase):
    """Gives a `Reader` the face that the standard library's decompressors want."""

    def __init__(self, source: Reader) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._source.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class _Noting:
    """A reader that remembers whether there was anything to read: no bytes are a body of no bytes."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self.began = False

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        self.began = self.began or bool(data)
        return data


_BAD_DATA = (OSError, EOFError, RuntimeError, ValueError, zlib.error, lzma.LZMAError, zstandard.ZstdError)


class _Decoder:
    """Turns whatever a decompressor says about bad data into ClickHouse's error."""

    def __init__(self, make: Callable[[Reader], Any], source: Reader, encoding: str, code: int) -> None:
        self._source = _Noting(source)
        self._reader = make(self._source)
        self._encoding = encoding
        self._code = code

    def read(self, size: int, /) -> bytes:
        try:
            return bytes(self._reader.read(size))
        except (*_BAD_DATA, brotli.error, DecompressionError) as error:
            if not self._source.began:
                return b""
            raise EngineError(self._code, f"the body is not valid {self._encoding}: {error}") from None


class _Inflate:
    """Reads a zlib stream, or a raw deflate stream, in bounded steps."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._inflater: Any = None
        self._pending = b""

    def read(self, size: int, /) -> bytes:
        while True:
            if self._inflater is not None and self._inflater.eof:
                return b""
            fed = self._pending or self._source.read(65536)
            if self._inflater is None and fed:
                wrapped = fed[0] & 0x0F == 8 and (len(fed) < 2 or int.from_bytes(fed[:2]) % 31 == 0)
                self._inflater = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
            if not fed:
                raise EOFError("it ends too early")
            data: bytes = self._inflater.decompress(fed, size)
            self._pending = self._inflater.unconsumed_tail
            if data:
                return data


class _Zstd:
    """Reads zstd frames, one after another, and knows whether the last one is whole.

    The decompressor gives all that its input unfolds to, at most 128 KiB for four bytes, so it is fed
    little at a time.
    """

    _FED = 1024

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._frame: Any = None
        self._fed = b""
        self._ready = b""

    def read(self, size: int, /) -> bytes:
        while not self._ready:
            if not self._fed:
                self._fed = self._source.read(65536)
            if not self._fed:
                if self._frame is not None:
                    raise EOFError("it ends too early")
                return b""
            if self._frame is None:
                self._frame = zstandard.ZstdDecompressor().decompressobj()
            piece, self._fed = self._fed[: self._FED], self._fed[self._FED :]
            self._ready = self._frame.decompress(piece)
            if self._frame.eof:
                self._fed = self._frame.unused_data + self._fed
                self._frame = None
        data, self._ready = self._ready[:size], self._ready[size:]
        return data


class _Brotli:
    """Reads a brotli stream in bounded steps; to the decoder a limit is a hint, it gives some KiB more."""

    def __init__(self, source: Reader) -> None:
        self._source = source
        self._decoder = brotli.Decompressor()
        self._ready = b""

    def read(self, size: int, /) -> bytes:
        while not self._ready and not self._decoder.is_finished():
            wants = self._decoder.can_accept_more_data()
            fed = self._source.read(65536) if wants else b""
            self._ready = self._decoder.process(fed, output_buffer_limit=size)
            if wants and not fed and not self._ready:
                raise EOFError("it ends too early")
        data, self._ready = self._ready[:size], self._ready[size:]
        return data


def _buffered(make: Callable[[Any], Any]) -> Callable[[Reader], Any]:
    return lambda source: make(io.BufferedReader(_Raw(source), 65536))


# What reads each encoding, and the number of ClickHouse's error for data that are none.
_DECODERS: dict[str, tuple[Callable[[Reader], Any], int]] = {
    "zstd": (_Zstd, 561),
    "br": (_Brotli, 448),
    "lz4": (_buffered(lz4.frame.LZ4FrameFile), 618),
    "snappy": (Unsnappy, 638),
    "gzip": (_buffered(lambda source: gzip.GzipFile(fileobj=source)), 354),
    "deflate": (_Inflate, 354),
    "xz": (_buffered(lzma.LZMAFile), 554),
    "bz2": (_buffered(bz2.BZ2File), 594),
}
_ALIASES = {"x-gzip": "gzip", "gz": "gzip", "brotli": "br", "lzma": "xz", "zst": "zstd"}
OFFERED = tuple(_DECODERS)
"""Encodings we speak, the one that ClickHouse prefers first."""


def decoder(encoding: str, source: Reader) -> Reader:
    """A reader of the decoded body; raises `EngineError` for an encoding that we do not speak."""
    name = encoding.strip().lower()
    if name in ("", "identity", "auto", "none"):
        return source
    name = _ALIASES.get(name, name)
    if name not in _DECODERS:
        raise EngineError(
            NOT_IMPLEMENTED,
            f"Unknown compression method '{encoding[:100]}'. Only 'auto', 'none', 'gzip', 'deflate', 'br', "
            "'xz', 'zstd', 'lz4', 'bz2', 'snappy' are supported as compression methods",
        )
    make, code = _DECODERS[name]
    return _Decoder(make, source, name, code)


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
