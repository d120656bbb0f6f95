"""The load generator of ingest: raw sockets and prepared requests, in one thread, so that it takes little of
the cores that ingest and the engine share with it.
"""

import selectors
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import msgspec

from bench.bodies import Template
from footfall.config import Config

_AGAIN = frozenset({429, 503})
_PAUSE_S = 0.05


class _Answer(msgspec.Struct):
    accepted: int = 0


_answer = msgspec.json.Decoder(_Answer)


@dataclass
class Load:
    """What a run of requests came to. `cpu_s`: CPU time of the generator; latencies in ms, since due."""

    requests: int = 0
    accepted: int = 0
    again: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    latencies: list[float] = field(default_factory=list)


class Connection:
    """One kept-alive connection to ingest."""

    def __init__(self, config: Config) -> None:
        address = urlsplit(config.url("ingest"))
        self._address = address.hostname or "", address.port or 0
        self.open()
        self._head = f"Host: {address.netloc}\r\nAuthorization: Bearer {config.write_key}\r\n"
        self.due = 0.0

    def open(self) -> None:
        """Connects; again, where the server has closed what was idle for long."""
        self._socket = socket.create_connection(self._address, timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def fileno(self) -> int:
        return self._socket.fileno()

    def send(self, path: str, content_type: str, body: bytes) -> None:
        head = f"POST {path} HTTP/1.1\r\n{self._head}Content-Type: {content_type}\r\n"
        self._socket.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode())
        self._socket.sendall(body)

    def receive(self) -> tuple[int, bytes]:
        """Status and body of an answer; raises `ConnectionError` where the server closes."""
        text = b""
        while True:
            head, found, body = text.partition(b"\r\n\r\n")
            if found:
                length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
                if len(body) >= length:
                    return int(head.split(b" ", 2)[1]), body
            if not (more := self._socket.recv(1 << 16)):
                raise ConnectionError("ingest closed the connection")
            text += more

    def post(self, path: str, content_type: str, body: bytes) -> tuple[int, bytes]:
        """Sends a request and waits for its answer."""
        self.send(path, content_type, body)
        return self.receive()

    def close(self) -> None:
        self._socket.close()


def flood(
    connections: list[Connection], templates: list[Template], seconds: float, numbers: Iterator[int]
) -> Load:
    """Sends batches over all connections at once, each as soon as its last one was answered."""

    def due(_: float) -> float:
        return time.perf_counter()

    return _run(connections, templates, seconds, numbers, due)


def paced(
    connections: list[Connection],
    templates: list[Template],
    seconds: float,
    numbers: Iterator[int],
    rate: float,
    path: str = "/v1/events",
) -> Load:
    """Sends `rate` requests a second by the clock, however long answers take."""
    return _run(connections, templates, seconds, numbers, lambda last: last + 1 / rate, path)


def _run(
    connections: list[Connection],
    templates: list[Template],
    seconds: float,
    numbers: Iterator[int],
    next_due: Callable[[float], float],
    path: str = "/v1/events",
) -> Load:
    load = Load()
    free = list(connections)
    began, cpu = time.perf_counter(), time.thread_time()
    due = began
    with selectors.DefaultSelector() as selector:
        for connection in connections:
            selector.register(connection, selectors.EVENT_READ)
        while True:
            now = time.perf_counter()
            while free and due <= now < began + seconds and due < began + seconds:
                connection, number = free.pop(), next(numbers)
                template = templates[number % len(templates)]
                connection.due = due
                connection.send(path, template.content_type, template.body(number))
                due = next_due(due)
            if now >= began + seconds and len(free) == len(connections):
                break
            wait = max(0.0, due - now) if free and now < began + seconds else 1.0
            for key, _ in selector.select(wait):
                connection = key.fileobj  # type: ignore[assignment]
                if connection in free:
                    selector.unregister(connection)
                    connection.close()
                    connection.open()
                    selector.register(connection, selectors.EVENT_READ)
                    continue
                _take(load, connection)
                free.append(connection)
    load.seconds, load.cpu_s = time.perf_counter() - began, time.thread_time() - cpu
    return load


def _take(load: Load, connection: Connection) -> None:
    """Counts an answer; what is refused for now is not sent again, for another body comes next."""
    status, body = connection.receive()
    load.requests += 1
    if status in _AGAIN:
        load.again += 1
        time.sleep(_PAUSE_S)
    elif status in {200, 202}:
        load.accepted += _answer.decode(body).accepted
        load.latencies.append((time.perf_counter() - connection.due) * 1000)
    else:
        raise RuntimeError(f"ingest answered {status}: {body[:500].decode(errors='replace')}")
