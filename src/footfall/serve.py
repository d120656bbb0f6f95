"""Serving an ASGI application as one process of the stack.

Binds first, so that a port in use is one clear line and exit code 2; stops within `GRACE_S` seconds of
SIGINT or SIGTERM even where endless streams are open. A request's head is bounded: the server would keep any
number of headers.
"""

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


class Bounded(HttpToolsProtocol):
    """uvicorn's connection; what belongs neither to a whole head nor to a body may be `HEAD_BYTES` long."""

    _loose = 0

    def data_received(self, data: bytes) -> None:
        self._loose += len(data)
        super().data_received(data)
        if self._loose > HEAD_BYTES and not self.transport.is_closing():
            self.transport.abort()

    def on_headers_complete(self) -> None:
        self._loose = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._loose = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._loose = 0
        super().on_message_complete()


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
