"""A connection's bounds, on a real server whose patience is short."""

import asyncio
import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from footfall.engine import connection
from footfall.engine.body import ClientGone
from footfall.engine.pipe import Waiting
from footfall.engine.splice import Splice
from tests.robust.wire import answers

PATIENCE_S = 0.3
told: list[str] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answers late, never, endlessly, or once the body is there; notes who it is told has gone."""
    path = scope["path"]
    if path == "/late":
        await asyncio.sleep(PATIENCE_S * 5)
    message: dict[str, Any] = {"more_body": path in ("/body", "/waits")}
    while message.get("more_body") or (path == "/waits" and message["type"] != "http.disconnect"):
        message = await receive()
    gone = asyncio.ensure_future(_gone(receive))
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while path == "/endless" and not gone.done():
        await send({"type": "http.response.body", "body": bytes(1 << 20), "more_body": True})
        await asyncio.sleep(0)
    if path == "/spliced":
        await _splice(scope, gone)
    await send({"type": "http.response.body", "body": b"yes"})
    if message.get("type") == "http.disconnect" or gone.done():
        told.append(path)
    gone.cancel()


async def _splice(scope: Any, gone: "asyncio.Future[None]") -> None:
    out, into = os.pipe()
    try:
        with contextlib.suppress(ClientGone), Splice(scope) as shortcut:
            while not gone.done():
                await shortcut.chunk(Waiting(out, os.write(into, bytes(1 << 15))))
                await asyncio.sleep(0)
    finally:
        os.close(out)
        os.close(into)
    await gone


async def _gone(receive: Any) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connection, "SILENCE_S", PATIENCE_S)
    monkeypatch.setattr(connection, "CONNECTIONS", 20)
    told.clear()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, http=connection.Connection, ws="none", lifespan="off", log_config=None)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield listener.getsockname()[1]
        server.should_exit = True
        thread.join(20)
        assert not thread.is_alive()


def say(port: int, sent: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(sent)
    return connection


def hear(client: socket.socket) -> bytes:
    """All that comes until the server closes."""
    received = b""
    with client:
        while piece := _receive(client):
            received += piece
    return received


def _receive(client: socket.socket) -> bytes:
    try:
        return client.recv(65536)
    except ConnectionError:
        return b""


@pytest.mark.parametrize("sent", [b"", b"\r\n", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-Y: "])
def test_a_head_that_never_ends_is_not_waited_for(port: int, sent: bytes) -> None:
    assert hear(say(port, sent)) == b""


@pytest.mark.parametrize(
    "body", [b"Content-Length: 10\r\n\r\nabc", b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]
)
def test_a_body_that_never_ends_is_not_waited_for(port: int, body: bytes) -> None:
    assert hear(say(port, b"POST /body HTTP/1.1\r\n" + body)) == b""
    assert told == ["/body"]


@pytest.mark.parametrize("path", ["/endless", "/spliced"])
def test_an_answer_that_nobody_takes_is_given_up(port: int, path: str) -> None:
    with say(port, f"GET {path} HTTP/1.1\r\n\r\n".encode()):
        while told != [path]:
            threading.Event().wait(0.05)


def test_a_client_that_waits_for_its_answer_is_not_silent(port: int) -> None:
    (answer,) = answers(hear(say(port, b"GET /late HTTP/1.1\r\nConnection: close\r\n\r\n")), ["GET"])
    assert (answer.body, answer.whole) == (b"yes", True)


@pytest.mark.parametrize(
    "sent",
    [
        b"GET /" + b"x" * (2 << 20),
        b"GET / HTTP/1.1\r\nX: " + b"x" * (2 << 20),
        b"GET / HTTP/1.1\r\n" + b"X-Y: z\r\n" * 200_000,
        b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + b"x" * (2 << 20),
        b"POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X-Y: z\r\n" * 200_000,
    ],
)
def test_what_is_neither_head_nor_body_is_bounded(port: int, sent: bytes) -> None:
    client = socket.create_connection(("127.0.0.1", port), timeout=20)
    with contextlib.suppress(ConnectionError):  # closed before all of it was sent
        client.sendall(sent)
    heard = hear(client)
    assert heard == b"" or heard.startswith(b"HTTP/1.1 431 "), heard


def test_who_is_gone_is_told_to_each_pipelined_request(port: int) -> None:
    say(port, b"GET /waits HTTP/1.1\r\n\r\n" * 3).close()
    while told != ["/waits"]:
        threading.Event().wait(0.05)


def test_garbage_behind_a_request_does_not_get_into_its_answer(port: int) -> None:
    heard = hear(say(port, b"GET / HTTP/1.1\r\n\r\n\0\0\0 garbage\r\n\r\n"))
    assert [answer.status for answer in answers(heard, ["GET", "GET"])] in ([400], [200, 400])


def test_too_many_connections_are_told_to_come_later(port: int) -> None:
    open_ones = [say(port, b"GET /waits HTTP/1.1\r\n\r\n") for _ in range(20)]
    (answer,) = answers(hear(say(port, b"")), ["GET"])
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    for one in open_ones:
        one.close()
