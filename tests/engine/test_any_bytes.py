"""Whatever bytes a request carries, what reads them gives an answer or ClickHouse's error, never our own."""

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from footfall.engine import codecs, forms, protocol
from footfall.engine.body import read_up_to
from footfall.engine.exceptions import EngineError
from footfall.engine.request import parameters
from footfall.engine.statement import infile_or_outfile, parse
from footfall.engine.users import credentials

ENCODINGS = [name for name in codecs.offered() if name != "br"]
NAMES = st.sampled_from(["query", "param_a", "session_timeout", "compress", "default_format", "x y"])


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(data=st.binary(max_size=5_000), sizes=st.lists(st.integers(1, 3_000), max_size=4))
def test_what_is_encoded_is_decoded(encoding: str, data: bytes, sizes: list[int]) -> None:
    encoder = codecs.encoder(encoding)
    sent = b"".join(encoder.encode(data[i : i + 700]) for i in range(0, len(data), 700)) + encoder.finish()
    reader = codecs.decoder(encoding, io.BytesIO(sent))
    parts = [reader.read(size) for size in sizes]
    assert all(len(part) <= size for part, size in zip(parts, sizes, strict=True))
    assert b"".join(parts) + read_up_to(reader, 10_000) == data


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(data=st.binary(max_size=2_000))
def test_bytes_that_are_no_encoding_are_an_error(encoding: str, data: bytes) -> None:
    with contextlib.suppress(EngineError):
        read_up_to(codecs.decoder(encoding, io.BytesIO(data)), 100_000)


@pytest.mark.parametrize("encoding", ["zstd", "gzip", "deflate"])
def test_a_small_body_cannot_unfold_in_memory(encoding: str) -> None:
    encoder = codecs.encoder(encoding)
    bomb = b"".join(encoder.encode(bytes(1 << 20)) for _ in range(256)) + encoder.finish()
    reader = codecs.decoder(encoding, io.BytesIO(bomb))
    assert len(bomb) < 2 << 20
    assert len(reader.read(1000)) <= 1000


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


@given(st.dictionaries(NAMES, st.text(max_size=30), max_size=4))
def test_any_parameters(params: dict[str, str]) -> None:
    with contextlib.suppress(EngineError):
        protocol.ask(params, {})


@given(st.text(max_size=60))
def test_any_authorization(header: str) -> None:
    with contextlib.suppress(EngineError):
        credentials({"authorization": header}, {})
