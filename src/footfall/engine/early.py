"""Header lines of an answer that are sent before the rest of its headers.

ASGI sends all headers at once. ClickHouse sends `X-ClickHouse-Progress` lines while a statement runs, after
the status line and before the other headers, so an application may begin its answer here (`EarlyHeaders`) and
sends its body as usual.
"""

import socket
from collections.abc import Iterable, MutableMapping
from typing import Any, Protocol

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

EXTENSION = "footfall.connection"
_CLOSED = (7, 8, 9)
"""TCP_CLOSE, TCP_CLOSE_WAIT, TCP_LAST_ACK of <netinet/tcp.h>."""


class Shortcut(Protocol):
    """What sends past a connection's transport (`splice`)."""

    sent: int
    """Bytes so far."""

    @property
    def waits(self) -> bool:
        """Whether it is the client's turn to take something."""

    def wake(self) -> None:
        """Ends the waiting for room, so that it is seen who has gone."""


class EarlyProtocol(HttpToolsProtocol):
    """uvicorn's protocol; its scopes have it, and the request it answers, under `EXTENSION`."""

    shortcut: Shortcut | None = None

    def has_left(self) -> bool:
        """Whether the client has closed its side, as far as the kernel tells."""
        if not hasattr(socket, "TCP_INFO") or self.transport.is_closing():
            return self.transport.is_closing()
        connection: socket.socket = self.transport.get_extra_info("socket")
        return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0] in _CLOSED

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        scope: MutableMapping[str, Any] = self.scope  # type: ignore[assignment]
        scope["extensions"] = {EXTENSION: (self, self.cycle)}


class EarlyHeaders:
    """The headers of one answer, begun before they are complete; the status is 200 from then on."""

    def __init__(self, scope: MutableMapping[str, Any]) -> None:
        self._cycle: RequestResponseCycle = scope["extensions"][EXTENSION][1]
        self.begun = False

    async def send(self, name: str, value: str) -> None:
        """Sends one header line now."""
        cycle = self._cycle
        if cycle.flow.write_paused and not cycle.disconnected:
            await cycle.flow.drain()
        if cycle.disconnected:
            return
        status = b"" if self.begun else STATUS_LINE[200]
        self.begun = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write(status + f"{name}: {value}\r\n".encode("latin-1"))

    def finish(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        """Sends the other headers; the body goes the usual way, with its length or in chunks."""
        cycle = self._cycle
        lines = [*cycle.default_headers, *headers]
        found = dict(lines)
        cycle.keep_alive = cycle.keep_alive and found.get(b"connection") != b"close"
        if not cycle.keep_alive and b"connection" not in found:
            lines.append((b"connection", b"close"))
        cycle.chunked_encoding = b"content-length" not in found
        if cycle.chunked_encoding:
            lines.append((b"transfer-encoding", b"chunked"))
        else:
            cycle.expected_content_length = int(found[b"content-length"])
        cycle.response_started = True
        if not cycle.disconnected:
            cycle.transport.write(b"".join(b"%s: %s\r\n" % line for line in lines) + b"\r\n")
