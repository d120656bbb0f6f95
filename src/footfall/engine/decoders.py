"""Readers of encoded bodies, over the reader of what was sent.

They give at most what is asked for, so that a small request cannot unfold in memory, take a bounded amount
themselves, and let other threads run meanwhile. Names and errors are ClickHouse's (`CompressionMethod.cpp`).
"""

import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from typing import Any

import brotli
import lz4.frame
import zstandard
from cramjam import DecompressionError

from footfall.engine.exceptions import NOT_IMPLEMENTED, EngineError
from footfall.engine.reading import Reader
from footfall.engine.snappy import Unsnappy

WINDOW = 128 << 20
"""Memory that one body's xz decoder takes at the most; `xz -9` needs 65 MiB."""


class _Raw(io.RawIOBase):
    """Gives a `Reader` the face that `GzipFile` wants."""

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


class _Streams:
    """Reads streams that stand one after another, each with a decompressor of its own.

    Bytes behind them that begin no other stream are passed over, as the standard library does.
    """

    def __init__(self, source: Reader, make: Callable[[], Any]) -> None:
        self._source = source
        self._make = make
        self._decoder = make()
        self._fed = b""
        self._begun = self._is_second = False

    def read(self, size: int, /) -> bytes:
        while True:
            if self._decoder.eof:
                self._fed = self._decoder.unused_data or b""
                self._decoder, self._begun, self._is_second = self._make(), False, True
            fed = b""
            if self._decoder.needs_input:
                fed, self._fed = self._fed or self._source.read(65536), b""
                if not fed and not self._begun:
                    return b""
                if self._is_second and not self._begun and not (fed := fed.lstrip(b"\0")):
                    continue  # padding
                if not fed:
                    raise EOFError("it ends too early")
            try:
                data: bytes = self._decoder.decompress(fed, size)
            except (OSError, RuntimeError, lzma.LZMAError):
                if self._begun or not self._is_second:
                    raise
                self._decoder, self._source = self._make(), io.BytesIO()
                return b""
            self._begun = True
            if data:
                return data


def _streams(make: Callable[[], Any]) -> Callable[[Reader], Any]:
    return lambda source: _Streams(source, make)


def _gunzip(source: Reader) -> Any:
    return gzip.GzipFile(fileobj=io.BufferedReader(_Raw(source), 65536))


# What reads each encoding, and the number of ClickHouse's error for data that are none.
_DECODERS: dict[str, tuple[Callable[[Reader], Any], int]] = {
    "zstd": (_Zstd, 561),
    "br": (_Brotli, 448),
    "lz4": (_streams(lz4.frame.LZ4FrameDecompressor), 618),
    "snappy": (Unsnappy, 638),
    "gzip": (_gunzip, 354),
    "deflate": (_Inflate, 354),
    "xz": (_streams(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=WINDOW)), 554),
    "bz2": (_streams(bz2.BZ2Decompressor), 594),
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
