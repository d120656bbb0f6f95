"""How clients pack bodies and unpack answers: other implementations than the engine's where there are any."""

import bz2
import gzip
import lzma
import struct
import zlib
from collections.abc import Callable

import brotli
import lz4.block
import lz4.frame
import pyarrow as pa
import zstandard
from clickhouse_cityhash.cityhash import CityHash128

NONE, LZ4, ZSTD = 0x02, 0x82, 0x90


def _snap(data: bytes) -> bytes:
    """Hadoop's framing: two pieces a block."""
    packed = b""
    for at in range(0, len(data), 100_000):
        block = data[at : at + 100_000]
        packed += struct.pack(">I", len(block))
        for piece in filter(None, (block[:60_000], block[60_000:])):
            raw = pa.compress(piece, codec="snappy", asbytes=True)
            packed += struct.pack(">I", len(raw)) + raw
    return packed


def _unsnap(packed: bytes) -> bytes:
    data = b""
    while packed:
        end = len(data) + struct.unpack_from(">I", packed)[0]
        packed = packed[4:]
        while len(data) < end:
            (size,) = struct.unpack_from(">I", packed)
            raw, packed = packed[4 : 4 + size], packed[4 + size :]
            data += pa.decompress(raw, decompressed_size=end - len(data), codec="snappy", asbytes=True)
    return data


ENCODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "br": lambda data: bytes(brotli.compress(data, quality=4)),
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
    "xz": lambda data: lzma.compress(data, preset=1),
    "bz2": bz2.compress,
    "snappy": _snap,
}
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "deflate": zlib.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
    "lz4": lz4.frame.decompress,
    "xz": lzma.decompress,
    "bz2": bz2.decompress,
    "snappy": _unsnap,
}


def block(data: bytes, method: int = LZ4, stated: int | None = None) -> bytes:
    """One of ClickHouse's own blocks; `stated` is the size of data that it claims."""
    packed: bytes
    if method == LZ4:
        packed = lz4.block.compress(data, store_size=False)
    else:
        packed = zstandard.compress(data) if method == ZSTD else data
    content = struct.pack("<BII", method, 9 + len(packed), len(data) if stated is None else stated) + packed
    return checksum(content) + content


def checksum(content: bytes) -> bytes:
    value: int = CityHash128(content)
    return struct.pack("<QQ", value >> 64, value % (1 << 64))


def blocks(data: bytes, method: int = LZ4, size: int = 100_000) -> bytes:
    return b"".join(block(data[at : at + size], method) for at in range(0, len(data), size))


def unblocks(sent: bytes) -> bytes:
    """The data of LZ4 blocks, which are checked as a client checks them."""
    data = b""
    while sent:
        method, size, stated = struct.unpack_from("<BII", sent, 16)
        content = sent[16 : 16 + size]
        assert checksum(content) == sent[:16]
        assert method == LZ4
        data += lz4.block.decompress(content[9:], uncompressed_size=stated)
        sent = sent[16 + size :]
    return data
