"""The engine spoken to over plain sockets, where a library would tidy up what clients may send."""

import socket
from collections.abc import Iterator

import pytest

from footfall.config import Config


class Wire:
    """One connection to the engine, as its owner."""

    def __init__(self, config: Config) -> None:
        self._socket = socket.create_connection(("127.0.0.1", config.engine_port), timeout=20)
        self._who = (
            f"Host: localhost\r\nX-ClickHouse-User: footfall\r\nX-ClickHouse-Key: {config.password}\r\n"
        )

    def send(self, line: str, headers: str = "", body: bytes = b"") -> None:
        self._socket.sendall(f"{line}\r\n{self._who}{headers}\r\n".encode() + body)

    def read(self) -> tuple[str, bytes]:
        """Headers and body of the next answer; one that the engine takes its time over comes in chunks."""
        head = self._line(b"\r\n\r\n").decode()
        _, stated, size = head.lower().partition("content-length: ")
        if stated:
            return head, self._bytes(int(size.partition("\r\n")[0]))
        body = b""
        while piece := self._bytes(int(self._line(b"\r\n"), 16)):
            body += piece
            self._line(b"\r\n")
        self._line(b"\r\n")
        return head, body

    def _line(self, end: bytes) -> bytes:
        line = b""
        while not line.endswith(end):
            line += self._bytes(1)
        return line

    def _bytes(self, size: int) -> bytes:
        body = b""
        while len(body) < size:
            piece = self._socket.recv(size - len(body))
            assert piece, "the engine closed within an answer"
            body += piece
        return body

    def close(self) -> None:
        self._socket.close()

    def is_closed(self) -> bool:
        """Whether nothing more comes, after what has been read."""
        return self._socket.recv(1) == b""


@pytest.fixture
def wire(config: Config) -> Iterator[Wire]:
    wire = Wire(config)
    yield wire
    wire.close()


def test_old_clients_get_whole_answers_with_a_length(wire: Wire) -> None:
    wire.send("GET /?query=SELECT+number+FROM+numbers(300000) HTTP/1.0")
    head, body = wire.read()
    assert "content-length" in head.lower() and "chunked" not in head.lower()
    assert "keep-alive" not in head.lower()
    assert body == "".join(f"{n}\n" for n in range(300_000)).encode()
    assert wire.is_closed()


def test_a_connection_is_kept_unless_the_client_says_otherwise(wire: Wire) -> None:
    wire.send("POST / HTTP/1.1", "Content-Length: 8\r\n", b"SELECT 1")
    head, body = wire.read()
    assert ("keep-alive: timeout=30" in head.lower(), body) == (True, b"1\n")
    wire.send("POST / HTTP/1.1", "Content-Length: 8\r\nConnection: close\r\n", b"SELECT 2")
    head, body = wire.read()
    assert ("connection: close" in head.lower(), "keep-alive" in head.lower(), body) == (True, False, b"2\n")
    assert wire.is_closed()


def test_a_body_comes_in_chunks_of_any_size_with_extensions_and_trailers(wire: Wire) -> None:
    body = b"1\r\nS\r\n3;name=value\r\nELE\r\n4\r\nCT 7\r\n0\r\nX-Trailer: there\r\n\r\n"
    wire.send("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\nTrailer: X-Trailer\r\n", body)
    assert wire.read()[1] == b"7\n"
    wire.send("GET /?query=SELECT+8 HTTP/1.1")
    assert wire.read()[1] == b"8\n"


def test_requests_may_be_sent_behind_one_another(wire: Wire) -> None:
    for n in range(5):
        wire.send("POST / HTTP/1.1", "Content-Length: 8\r\n", b"SELECT %d" % n)
    assert [wire.read()[1] for _ in range(5)] == [b"%d\n" % n for n in range(5)]


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_a_wish_for_another_protocol_is_not_heard(wire: Wire, protocol: str) -> None:
    """Java's HTTP client asks for HTTP/2 with its first request, whose body counts all the same."""
    upgrade = (
        f"Upgrade: {protocol}\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
    )
    for body in (b"SELECT 1", b"SELECT '\r\nUpgrade: h2c\r\n\r\nupgrade: x'"):
        wire.send("POST /?default_format=TSVRaw HTTP/1.1", f"{upgrade}Content-Length: {len(body)}\r\n", body)
        answer = wire.read()[1]
        assert answer == (b"1\n" if body == b"SELECT 1" else body[8:-1] + b"\n")
    wire.send("GET /?query=SELECT+8 HTTP/1.1", upgrade)
    assert wire.read()[1] == b"8\n"


def test_a_post_says_how_long_it_is(wire: Wire) -> None:
    wire.send("POST /?query=SELECT+1 HTTP/1.1")
    head, body = wire.read()
    assert head.startswith("HTTP/1.1 411 ")
    assert b"HTTP_LENGTH_REQUIRED" in body


def test_a_body_of_a_get_is_read(wire: Wire) -> None:
    wire.send("GET /?query=SELECT HTTP/1.1", "Content-Length: 2\r\n", b" 7")
    assert wire.read()[1] == b"7\n"
