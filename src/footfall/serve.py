"""Serving an ASGI application as one process of the stack.

Binds first, so that a port in use is one clear line and exit code 2; stops within `GRACE_S` seconds of
SIGINT or SIGTERM even where endless streams are open. A request's head is bounded in bytes and in time: the
server would keep any number of headers, and wait for the rest of them for ever.
"""

import asyncio
import signal
import socket
from types import FrameType
from typing import Any, Literal

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from footfall.config import Config
from footfall.errors import UsageError

GRACE_S = 2
LISTENS = "listens on"
HEAD_BYTES = 1 << 20
HEAD_S = 30.0


class Bounded(HttpToolsProtocol):
    """uvicorn's connection; what belongs neither to a whole head nor to a body may be `HEAD_BYTES` long.

    A head is whole `HEAD_S` after the connection was opened, or after the first byte behind another request.
    Between requests uvicorn's own bound holds, and a body takes what time it takes.
    """

    _loose = 0
    _in_body = False
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._time_head()

    def data_received(self, data: bytes) -> None:
        self._loose += len(data)
        super().data_received(data)
        if self._loose > HEAD_BYTES and not self.transport.is_closing():
            self.transport.abort()
        elif self._loose and not self._in_body and self._head_timer is None:
            self._time_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end_head_timer()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._loose = max(self._loose, 1)  # its bytes may have come with the end of the request before
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._loose = 0
        self._in_body = True
        self._end_head_timer()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._loose = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._loose = 0
        self._in_body = False
        super().on_message_complete()

    def _time_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_S, self._look_for_head)

    def _end_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _look_for_head(self) -> None:
        """Closes the connection, unless it is busy with the answer to an earlier request, and so not read."""
        if self.cycle is not None and not self.cycle.response_complete:
            self._time_head()
        else:
            self.transport.abort()


def listen(host: str, port: int) -> socket.socket:
    """A bound socket for `host:port`; raises `UsageError` where the address cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise UsageError(f"cannot listen on {host}:{port}: {error.strerror}") from None
    return listener


def run_app(
    app: Any,
    config: Config,
    port: int | socket.socket,
    name: Literal["engine", "ingest", "dashboard", "live"],
    **options: Any,
) -> None:
    """Serves `app` on a port, or on a bound socket, until SIGINT or SIGTERM.

    Prints one line with the URL once it listens.
    """
    listener = listen(config.host, port) if isinstance(port, int) else port
    settings = uvicorn.Config(
        app,
        log_level="warning" if config.log_level == "info" else config.log_level,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_S,
        **{"http": Bounded, "proxy_headers": False, **options},
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)  # the server raises again what stopped it: that is no failure
    print(f"{name} {LISTENS} {config.url(name)}", flush=True)
    try:
        uvicorn.Server(settings).run(sockets=[listener])
    finally:
        listener.close()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
