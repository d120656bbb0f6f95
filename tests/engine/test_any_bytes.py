"""Whatever bytes a request carries, what reads them gives an answer or ClickHouse's error, never our own."""

import contextlib
import io
import lzma

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.engine import codecs, forms, protocol
from footfall.engine.blocks import Blocks, Unblock, checksum
from footfall.engine.exceptions import EngineError
from footfall.engine.reading import read_up_to
from footfall.engine.request import parameters
from footfall.engine.statement import infile_or_outfile, parse, tokens
from footfall.engine.users import credentials

ENCODINGS = codecs.OFFERED
NAMES = st.sampled_from(["query", "param_a", "compress", "decompress", "default_format", "a_format", "x y"])
NUMBERS = st.sampled_from(
    ["", "session_timeout", "http_zlib_compression_level", "http_headers_progress_interval_ms"]
)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(data=st.binary(max_size=5_000), sizes=st.lists(st.integers(1, 3_000), max_size=4))
def test_what_is_encoded_is_decoded(encoding: str, data: bytes, sizes: list[int]) -> None:
    encoder = codecs.encoder(encoding)
    sent = b"".join(encoder.encode(data[i : i + 700]) for i in range(0, len(data), 700)) + encoder.finish()
    reader = codecs.decoder(encoding, io.BytesIO(sent))
    parts = [reader.read(size) for size in sizes]
    assert all(len(part) <= size for part, size in zip(parts, sizes, strict=True))
    assert b"".join(parts) + read_up_to(reader, 10_000) == data


@pytest.mark.parametrize("encoding", ["gzip", "zstd", "lz4", "xz", "bz2", "snappy"])
@given(parts=st.lists(st.binary(max_size=2_000), min_size=1, max_size=4))
def test_streams_may_stand_one_after_another(encoding: str, parts: list[bytes]) -> None:
    sent = b""
    for part in parts:
        encoder = codecs.encoder(encoding)
        sent += encoder.encode(part) + encoder.finish()
    assert read_up_to(codecs.decoder(encoding, io.BytesIO(sent)), 10_000) == b"".join(parts)


@pytest.mark.parametrize("encoding", ["lz4", "xz", "bz2"])
def test_bytes_behind_a_stream_are_passed_over(encoding: str) -> None:
    encoder = codecs.encoder(encoding)
    sent = encoder.encode(b"all of it") + encoder.finish()
    for behind in (b"\0" * 8, b"no stream at all"):
        assert read_up_to(codecs.decoder(encoding, io.BytesIO(sent + behind)), 100) == b"all of it"


def test_an_xz_body_that_wants_too_much_memory_is_refused() -> None:
    greedy = lzma.compress(b"x", filters=[{"id": lzma.FILTER_LZMA2, "dict_size": 1 << 30}])
    with pytest.raises(EngineError, match="Memory usage limit exceeded"):
        codecs.decoder("xz", io.BytesIO(greedy)).read(1)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(data=st.binary(max_size=2_000))
def test_bytes_that_are_no_encoding_are_an_error(encoding: str, data: bytes) -> None:
    with contextlib.suppress(EngineError):
        read_up_to(codecs.decoder(encoding, io.BytesIO(data)), 100_000)


@pytest.mark.parametrize("encoding", ["zstd", "gzip", "deflate", "br", "xz", "bz2", "lz4"])
def test_a_small_body_cannot_unfold_in_memory(encoding: str) -> None:
    encoder = codecs.encoder(encoding)
    bomb = b"".join(encoder.encode(bytes(1 << 20)) for _ in range(256)) + encoder.finish()
    reader = codecs.decoder(encoding, io.BytesIO(bomb))
    assert len(bomb) < 2 << 20
    assert len(reader.read(1000)) <= 1000


@given(data=st.lists(st.binary(max_size=5_000), max_size=4), size=st.integers(1, 3_000))
def test_what_is_put_in_blocks_comes_out_of_them(data: list[bytes], size: int) -> None:
    encoder = Blocks()
    sent = b"".join(map(encoder.encode, data)) + encoder.finish()
    reader = Unblock(io.BytesIO(sent))
    assert b"".join(iter(lambda: reader.read(size), b"")) == b"".join(data)


def a_block(method: int, packed: bytes, size: int, stated: int) -> bytes:
    content = bytes([method]) + size.to_bytes(4, "little") + stated.to_bytes(4, "little") + packed
    return checksum(content) + content


LIES = st.integers(0, 40) | st.sampled_from([1 << 20, (64 << 20) + 1, (1 << 31) - 1, (1 << 32) - 1])
METHODS = st.sampled_from([0x02, 0x82, 0x90]) | st.integers(0, 255)


@given(METHODS, st.binary(max_size=40), LIES, LIES)
def test_blocks_that_lie_are_an_error_or_what_they_state(
    method: int, packed: bytes, size: int, stated: int
) -> None:
    """Right checksums, wrong everything: nothing but ClickHouse's errors, and never more than was stated."""
    for claimed in (size, 9 + len(packed)):
        with contextlib.suppress(EngineError):
            read = read_up_to(Unblock(io.BytesIO(a_block(method, packed, claimed, stated))), 1 << 30)
            assert len(read) == stated


@given(data=st.binary(max_size=2_000), at=st.integers(0, 2_000), bit=st.integers(0, 7))
def test_a_flipped_bit_is_noticed(data: bytes, at: int, bit: int) -> None:
    encoder = Blocks()
    sent = bytearray(encoder.encode(b"x" + data) + encoder.finish())
    sent[at % len(sent)] ^= 1 << bit
    with pytest.raises(EngineError) as caught:
        read_up_to(Unblock(io.BytesIO(bytes(sent))), 1 << 30)
    assert caught.value.code in (33, 39, 271, 432)


@given(st.binary(max_size=600), st.booleans())
def test_any_bytes_as_blocks(data: bytes, checksums: bool) -> None:
    with contextlib.suppress(EngineError):
        read_up_to(Unblock(io.BytesIO(data), checksums=checksums), 1 << 30)


@given(
    st.binary(max_size=600),
    st.sampled_from([b"", b"--b\r\n", b"--b\r\nContent-Disposition: form-data; name="]),
)
def test_any_multipart_body(data: bytes, head: bytes) -> None:
    with contextlib.suppress(EngineError):
        forms.multipart("multipart/form-data; boundary=b", head + data)


@given(st.binary(max_size=300))
def test_any_form_url_and_statement(data: bytes) -> None:
    forms.is_form(data)
    with contextlib.suppress(EngineError):
        forms.form(data)
    with contextlib.suppress(EngineError):
        protocol.ask(parameters(data), {})
    with contextlib.suppress(EngineError):
        infile_or_outfile(parse(data))


@given(st.dictionaries(NAMES | NUMBERS, st.text(max_size=30), max_size=4))
def test_any_parameters(params: dict[str, str]) -> None:
    with contextlib.suppress(EngineError):
        protocol.ask(params, {})


def test_what_would_take_long_is_refused() -> None:
    assert [token.kind for token in tokens(b"$a$ $b$ ; $a$ $b$")] == ["heredoc", "mark", "word"]
    with pytest.raises(EngineError, match="heredocs"):
        parse(b"SELECT " + b" ".join(b"$%x$" % n for n in range(200)))
    part = b'--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n\r\n'
    with pytest.raises(EngineError, match="parts"):
        forms.multipart("multipart/form-data; boundary=b", part * 1001 + b"--b--\r\n")


@given(st.text(max_size=60))
def test_any_authorization(header: str) -> None:
    with contextlib.suppress(EngineError):
        credentials({"authorization": header}, {})
