"""The lightest HTTP client: raw sockets and prepared requests, so that a measurement is of the engine.

It reads answers by their Content-Length or to the end of the chunks and looks at nothing but the status.
"""

import base64
import selectors
import socket
import time
from collections.abc import Sequence
from urllib.parse import quote, urlsplit

from footfall.config import Config

BUFFER = 1 << 20


class Raw:
    """One kept-alive connection of the store's owner."""

    def __init__(self, config: Config) -> None:
        address = urlsplit(config.url("engine"))
        self._socket = socket.create_connection((address.hostname or "", address.port or 0), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        token = base64.b64encode(f"footfall:{config.password}".encode()).decode()
        self._head = f"Host: {address.netloc}\r\nAuthorization: Basic {token}\r\n"
        self._buffer = bytearray(BUFFER)

    def ask(self, query: str, body: bytes = b"") -> int:
        """Sends a statement, with data behind it, and returns the size of its answer in bytes."""
        self._socket.sendall(self.request(query, body))
        return self.receive()

    def request(self, query: str, body: bytes = b"") -> bytes:
        """A whole request; a statement without data is its body."""
        target, body = (f"/?query={quote(query)}", body) if body else ("/", query.encode())
        head = f"POST {target} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    def send(self, request: bytes) -> None:
        self._socket.sendall(request)

    def fileno(self) -> int:
        return self._socket.fileno()

    def receive(self) -> int:
        """Reads one answer; raises `RuntimeError` where it is an error."""
        head = b""
        while b"\r\n\r\n" not in head:
            head += self._more()
        head, _, body = head.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"the engine answered {head.decode(errors='replace')}")
        size, tail = len(body), body[-5:]
        _, named, length = head.lower().partition(b"content-length:")
        expected = int(length.split(b"\r\n", 1)[0]) if named else None
        while size < expected if expected is not None else tail != b"0\r\n\r\n":
            got = self._socket.recv_into(self._buffer)
            if not got:
                raise RuntimeError("the engine broke its answer off")
            size, tail = size + got, (tail + self._buffer[max(0, got - 5) : got])[-5:]
        return size

    def _more(self) -> bytes:
        if got := self._socket.recv(BUFFER):
            return got
        raise RuntimeError("the engine closed the connection")

    def close(self) -> None:
        self._socket.close()


def rate(clients: Sequence[Raw], query: str, seconds: float) -> float:
    """Answers per second while each client asks again as soon as it has its answer; from one thread."""
    request = clients[0].request(query)
    answers, began = 0, time.perf_counter()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.fileno(), selectors.EVENT_READ, client)
            client.send(request)
        waiting = len(clients)
        while waiting:
            for key, _ in selector.select():
                key.data.receive()
                answers += 1
                if time.perf_counter() - began < seconds:
                    key.data.send(request)
                else:
                    waiting -= 1
    return answers / (time.perf_counter() - began)
