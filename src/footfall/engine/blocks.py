"""ClickHouse's own block compression: bodies with `decompress=1`, answers with `compress=1`.

A stream is a row of blocks: 16 bytes of CityHash128 (version 1.0.2) over the rest of the block, one byte of
method, the block's size with these nine bytes, the size of its data, the data. It is what ClickHouse writes
to disk and on its native protocol (`CompressedReadBufferBase`, `ICompressionCodec`). Data from outside are
checked before they are used: sizes are bounded, checksums compared, and a block must unfold to exactly the
size that it states (an LZ4 decoder that trusts it is CVE-2021-43304). Errors have the numbers that ClickHouse
gives for data from outside.
"""

import struct

import lz4.block
import zstandard
from clickhouse_cityhash.cityhash import CityHash128

from footfall.engine.exceptions import EngineError
from footfall.engine.reading import Reader, read_up_to

LIMIT = 64 << 20
"""Size of a block's data, and of a block itself, at the most; ClickHouse's clients send 1 to 10 MiB."""
BLOCK = 1 << 20
"""Size of the data of each block we send, as of ClickHouse's."""
NONE, LZ4, ZSTD = 0x02, 0x82, 0x90

_CHECKSUM = struct.Struct("<QQ")
_HEADER = struct.Struct("<BII")
_HEAD = _CHECKSUM.size + _HEADER.size
CANNOT_READ_ALL_DATA = 33
TOO_LARGE_SIZE_COMPRESSED = 39
CANNOT_DECOMPRESS = 271
UNKNOWN_CODEC = 432


class Unblock:
    """A reader of the data in a stream of blocks."""

    def __init__(self, source: Reader, *, checksums: bool = True) -> None:
        self._source = source
        self._checksums = checksums
        self._method: int | None = None
        self._ready = memoryview(b"")

    def read(self, size: int, /) -> bytes:
        if not self._ready:
            self._ready = memoryview(self._block())
        data, self._ready = self._ready[:size], self._ready[size:]
        return bytes(data)

    def _block(self) -> bytes:
        """The data of the next block, none at the end."""
        head = read_up_to(self._source, _HEAD)
        if not head:
            return b""
        _complete(head, _HEAD)
        method, size, data_size = _HEADER.unpack_from(head, _CHECKSUM.size)
        self._check_header(method, size, data_size)
        packed = _complete(read_up_to(self._source, size - _HEADER.size), size - _HEADER.size)
        if self._checksums and checksum(head[_CHECKSUM.size :] + packed) != head[: _CHECKSUM.size]:
            raise EngineError(
                CANNOT_DECOMPRESS, f"Checksum doesn't match: corrupted data. Size of compressed block: {size}"
            )
        return _unpack(method, packed, data_size)

    def _check_header(self, method: int, size: int, data_size: int) -> None:
        if method not in (NONE, LZ4, ZSTD):
            raise EngineError(UNKNOWN_CODEC, f"Unknown codec family code: {method}")
        if self._method not in (None, method):
            raise EngineError(
                CANNOT_DECOMPRESS,
                f"Data compressed with different methods, given method byte 0x{method:02x}, "
                f"previous method byte 0x{self._method:02x}",
            )
        self._method = method
        if max(size, data_size) > LIMIT:
            raise EngineError(
                TOO_LARGE_SIZE_COMPRESSED,
                f"Too large size_compressed_without_checksum: {size} (decompressed: {data_size}). "
                f"A block has {LIMIT} bytes at the most",
            )
        if size < _HEADER.size or data_size == 0:
            raise EngineError(
                CANNOT_DECOMPRESS,
                f"Can't decompress data: header is corrupt with compressed block size {size} "
                f"and decompressed block size {data_size}",
            )


class Blocks:
    """An encoder that makes LZ4 blocks of at most `BLOCK` bytes of data."""

    def __init__(self) -> None:
        self._pending = bytearray()

    def encode(self, data: bytes, /) -> bytes:
        self._pending += data
        whole = len(self._pending) // BLOCK * BLOCK
        ready, self._pending = memoryview(self._pending)[:whole], self._pending[whole:]
        return b"".join(_block(bytes(ready[at : at + BLOCK])) for at in range(0, whole, BLOCK))

    def finish(self) -> bytes:
        last, self._pending = bytes(self._pending), bytearray()
        return _block(last) if last else b""


def _block(data: bytes) -> bytes:
    packed: bytes = lz4.block.compress(data, store_size=False)
    content = _HEADER.pack(LZ4, _HEADER.size + len(packed), len(data)) + packed
    return checksum(content) + content


def checksum(content: bytes) -> bytes:
    """CityHash128 as ClickHouse writes it: the low half first, each little-endian."""
    value: int = CityHash128(content)
    return _CHECKSUM.pack(value >> 64, value & (1 << 64) - 1)


def _complete(data: bytes, size: int) -> bytes:
    if len(data) < size:
        raise EngineError(
            CANNOT_READ_ALL_DATA, f"Cannot read all data. Bytes read: {len(data)}. Bytes expected: {size}."
        )
    return data


def _unpack(method: int, packed: bytes, size: int) -> bytes:
    try:
        if method == LZ4:
            data: bytes = lz4.block.decompress(packed, uncompressed_size=size)
        elif method == ZSTD:
            # A frame may state its size, and the library believes it: another one gets no memory.
            stated = zstandard.frame_content_size(packed)
            if stated not in (-1, size):
                raise ValueError(f"its frame states {stated}")
            data = zstandard.ZstdDecompressor().decompress(packed, max_output_size=size)
        else:
            data = packed
    except (lz4.block.LZ4BlockError, zstandard.ZstdError, ValueError) as error:
        raise EngineError(CANNOT_DECOMPRESS, f"Cannot decompress a block of {size} bytes: {error}") from None
    if len(data) != size:
        raise EngineError(
            CANNOT_DECOMPRESS,
            f"Can't decompress data: The size after decompression ({len(data)}) is different than the "
            f"expected size ({size})",
        )
    return data
