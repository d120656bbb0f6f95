"""One client's connection: how much it may send before that makes a request, and how long it may be silent.

A connection on which nothing moves at two looks, `SILENCE_S` apart, while the engine waits for the client
(for the rest of a head or of a body, or for an answer to be taken) is closed: so a client that stops halfway
holds a slot for two minutes at the most. What belongs neither to a whole head nor to a body may be
`LOOSE_LIMIT` bytes long. A client that has gone is told to each request that it sent behind one another.

Clients that would rather speak HTTP/2 (Java's own) ask for an upgrade with their first request. A server need
not agree; but the parser would take the body of such a request for the other protocol's, so it never sees the
wish.
"""

import asyncio
import re
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from footfall.engine.early import EarlyProtocol

SILENCE_S = 60.0
LOOSE_LIMIT = 1 << 20
CONNECTIONS = 1024
_UPGRADE = re.compile(rb"\r\nupgrade:[^\r\n]*", re.IGNORECASE)


class Connection(EarlyProtocol):
    """uvicorn's connection with bounds."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._answering: RequestResponseCycle | None = None
        self._received = self._answered = self._loose = 0
        self._seen: tuple[int, ...] = ()
        self._look_again: asyncio.TimerHandle | None = None
        self._in_message = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > CONNECTIONS:
            self._refuse("503 Service Unavailable", "Too many connections", "Retry-After: 1\r\n")
        else:
            self._look_again = self.loop.call_later(SILENCE_S, self._look)

    def data_received(self, data: bytes) -> None:
        self._received += len(data)
        self._loose += len(data)
        super().data_received(data if self._in_message else _without_upgrade(data))
        if self._loose > LOOSE_LIMIT:
            self._refuse("431 Request Header Fields Too Large", "The request's head is too large")

    def on_message_begin(self) -> None:
        self._in_message = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._loose = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._loose = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_message = False
        self._loose = 0
        super().on_message_complete()

    def on_response_complete(self) -> None:
        self._answered += 1
        super().on_response_complete()

    def eof_received(self) -> None:
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look_again is not None:
            self._look_again.cancel()
        self._tell()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        self._refuse("400 Bad Request", msg)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _look(self) -> None:
        """Closes the connection where nothing has moved since the last look and it is the client's turn."""
        unsent = self.transport.get_write_buffer_size()
        waits, sent = (self.shortcut.waits, self.shortcut.sent) if self.shortcut is not None else (False, 0)
        seen = (self._received, self._answered, unsent, sent)
        if seen == self._seen and (unsent or waits or self._is_clients_turn()):
            self._tell()
            self.transport.abort()
            return
        self._seen = seen
        self._look_again = self.loop.call_later(SILENCE_S, self._look)

    def _is_clients_turn(self) -> bool:
        cycle = self._answering
        if cycle is None or cycle.response_complete:
            return True
        return cycle.more_body and not self.flow.read_paused

    def _refuse(self, status: str, text: str, headers: str = "") -> None:
        """Answers what is no request and closes; within another answer there is only closing."""
        cycle = self._answering
        self._tell()
        if cycle is not None and cycle.response_started and not cycle.response_complete:
            self.transport.abort()
        elif not self.transport.is_closing():
            head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=UTF-8\r\n{headers}"
            tail = f"Content-Length: {len(text) + 1}\r\nConnection: close\r\n\r\n{text}\n"
            self.transport.write((head + tail).encode())
            self.transport.close()

    def _tell(self) -> None:
        """Tells the request that is being answered that nobody is there any more; others never begin."""
        self.pipeline.clear()
        for cycle in (self._answering, self.cycle):
            if cycle is not None and not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()
        if self.shortcut is not None:
            self.shortcut.wake()


def _without_upgrade(data: bytes) -> bytes:
    """The beginning of a request without the wish to speak another protocol."""
    if b"pgrade:" not in data and b"PGRADE:" not in data:
        return data
    head, end, rest = data.partition(b"\r\n\r\n")
    return _UPGRADE.sub(b"", head) + end + rest
