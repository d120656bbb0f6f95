"""Serving: a server that is told to end has not failed, and waits for nobody's head of a request for ever."""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from footfall import serve
from footfall.config import Config
from tests import support


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_told_to_end_ends_with_exit_code_0(
    own_config: Config, start: Callable[..., support.Process], number: signal.Signals
) -> None:
    process = start("engine", own_config)
    process.popen.send_signal(number)
    assert process.popen.wait(5) == 0, process.output()


def test_a_port_in_use_is_one_line_and_exit_code_2(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    start("engine", own_config)
    second = support.run(own_config, "engine")
    assert second.returncode == 2
    assert second.stderr.startswith("footfall: ")
    assert second.stderr.count("\n") == 1


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n"
LATE = HEAD.replace(b" / ", b" /late ")
HALF = HEAD[:-9]

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[bytes], Awaitable[Connection]]


@pytest.fixture
def go_on() -> asyncio.Event:
    """What answers to `/late` wait for."""
    return asyncio.Event()


@pytest.fixture
async def connect(monkeypatch: pytest.MonkeyPatch, go_on: asyncio.Event) -> AsyncIterator[Connect]:
    """Connects to a server that answers each body with itself, and sends it something."""

    async def echo(scope: Scope, receive: Receive, send: Send) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        if scope["path"] == "/late":
            await go_on.wait()
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})

    async def connect(sent: bytes) -> Connection:
        connection = socket.create_connection(server.sockets[0].getsockname())
        connection.sendall(sent)  # it is there before the server knows the connection
        reader, writer = await asyncio.open_connection(sock=connection)
        writers.append(writer)
        return reader, writer

    monkeypatch.setattr(serve, "HEAD_S", 0.2)
    settings, state = uvicorn.Config(echo, timeout_keep_alive=60), ServerState()
    writers: list[asyncio.StreamWriter] = []
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: serve.Bounded(settings, state, {}), "127.0.0.1", 0)
    yield connect
    for writer in writers:
        writer.close()
    server.close()


async def test_half_a_head_is_not_waited_for(connect: Connect) -> None:
    for sent in (b"", HALF):
        reader, _ = await connect(sent)
        assert await reader.read() == b""
    reader, _ = await connect(HEAD + b"ok" + HALF)
    assert (await reader.read()).endswith(b"\r\n\r\nok")
    reader, writer = await connect(HEAD + b"ok")
    await reader.readuntil(b"\r\n\r\nok")
    writer.write(b"\r\n")  # which no request begins with, and which is not silence either
    assert await reader.read() == b""


async def test_bodies_answers_and_pauses_between_requests_take_longer(
    connect: Connect, go_on: asyncio.Event
) -> None:
    slow, idle, late = (
        await connect(HEAD + b"o"),
        await connect(HEAD + b"ok"),
        await connect(LATE + b"ok" + HALF),
    )
    await idle[0].readuntil(b"\r\n\r\nok")
    half, _ = await connect(HALF)
    assert await half.read() == b"", "so the bound has passed for those that came before"
    go_on.set()
    slow[1].write(b"k")
    idle[1].write(HEAD + b"go")
    for (reader, _), body in ((slow, b"ok"), (idle, b"go"), (late, b"ok")):
        assert (await reader.readuntil(b"\r\n\r\n" + body)).startswith(b"HTTP/1.1 200 OK\r\n")
