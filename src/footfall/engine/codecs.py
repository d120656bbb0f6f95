"""Content encodings of requests and answers: gzip, deflate, zstd, lz4, xz, bz2 and, where installed, br.

Decoders are readers over a reader: they give at most what is asked for, so that a small request cannot
unfold in memory. Encoders take blocks and give what is ready; both let other threads run meanwhile.
"""

import bz2
import gzip
import importlib
import io
import lzma
import zlib
from typing import Any, Protocol

import lz4.frame
import zstandard

from footfall.engine.exceptions import EngineError


class Reader(Protocol):
    """What a body is read from: at most `size` bytes, none at its end; may block."""

    def read(self, size: int, /) -> bytes: ...


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


class _Guarded:
    """Turns whatever a decompressor says about bad data into ClickHouse's error."""

    def __init__(self, reader: Any, encoding: str) -> None:
        self._reader = reader
        self._encoding = encoding

    def read(self, size: int, /) -> bytes:
        try:
            return bytes(self._reader.read(size))
        except EngineError:
            raise
        except (OSError, EOFError, RuntimeError, zlib.error, lzma.LZMAError, zstandard.ZstdError) as error:
            raise EngineError(117, f"the body is not valid {self._encoding}: {error}") from None


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
                if self._inflater is not None:
                    raise EOFError("it ends too early")
                return b""
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
    """Reads a brotli stream in bounded steps."""

    def __init__(self, source: Reader, module: Any) -> None:
        self._source = source
        self._decoder = module.Decompressor()
        self._error = module.error

    def read(self, size: int, /) -> bytes:
        try:
            while not self._decoder.is_finished():
                fed = b"" if not self._decoder.can_accept_more_data() else self._source.read(65536)
                data: bytes = self._decoder.process(fed, output_buffer_limit=size)
                if data:
                    return data
                if not fed and self._decoder.can_accept_more_data():
                    raise EOFError("it ends too early")
        except self._error as error:
            raise EOFError(str(error)) from None
        return b""


def _brotli() -> Any:
    try:
        return importlib.import_module("brotli")
    except ImportError:
        return None


def decoder(encoding: str, source: Reader) -> Reader:
    """A reader of the decoded body; raises `EngineError` for an encoding that we do not speak."""
    match encoding.strip().lower():
        case "" | "identity":
            return source
        case "gzip" | "x-gzip":
            return _Guarded(gzip.GzipFile(fileobj=io.BufferedReader(_Raw(source))), encoding)
        case "deflate":
            return _Guarded(_Inflate(source), encoding)
        case "zstd":
            return _Guarded(_Zstd(source), encoding)
        case "lz4":
            return _Guarded(lz4.frame.LZ4FrameFile(io.BufferedReader(_Raw(source))), encoding)
        case "xz":
            return _Guarded(lzma.LZMAFile(io.BufferedReader(_Raw(source))), encoding)
        case "bz2":
            return _Guarded(bz2.BZ2File(io.BufferedReader(_Raw(source))), encoding)
        case "br" if (module := _brotli()) is not None:
            return _Guarded(_Brotli(source, module), encoding)
    raise EngineError(48, f"Content-Encoding {encoding!r} is not supported; send {', '.join(offered())}")


class _Pieces:
    """An encoder over an object with `compress` and `flush`."""

    def __init__(self, compressor: Any) -> None:
        self._compressor = compressor

    def encode(self, data: bytes, /) -> bytes:
        return bytes(self._compressor.compress(data))

    def finish(self) -> bytes:
        return bytes(self._compressor.flush())


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


def offered() -> tuple[str, ...]:
    """Encodings we speak, the one we prefer first."""
    with_brotli = ("br",) if _brotli() is not None else ()
    return ("zstd", "lz4", "gzip", *with_brotli, "deflate", "xz", "bz2")


def choose(accepted: str) -> str | None:
    """The encoding to answer in, for an Accept-Encoding header; None where the client wants none we speak."""
    wanted = set()
    for item in accepted.split(","):
        name, _, rest = item.strip().lower().partition(";")
        quality = rest.strip().removeprefix("q=").strip()
        if quality not in ("0", "0.0", "0.00", "0.000"):
            wanted.add(name.strip())
    return next((name for name in offered() if name in wanted), None)


def encoder(encoding: str, level: int = 3) -> Encoder:
    """A new compressor for one answer."""
    match encoding:
        case "gzip":
            return _Pieces(zlib.compressobj(min(level, 9), wbits=zlib.MAX_WBITS | 16))
        case "deflate":
            return _Pieces(zlib.compressobj(min(level, 9)))
        case "zstd":
            return _Pieces(zstandard.ZstdCompressor(level=level).compressobj())
        case "lz4":
            return _Lz4Pieces()
        case "xz":
            return _Pieces(lzma.LZMACompressor(preset=min(level, 6)))
        case "bz2":
            return _Pieces(bz2.BZ2Compressor(max(1, min(level, 9))))
        case "br":
            return _BrotliPieces(_brotli().Compressor(quality=min(level, 11)))
    raise ValueError(encoding)
