"""A network that fails: a proxy in front of ingest that does to requests what it is told, one by one."""

import contextlib
import json
import socket
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

from footfall.errors import Overloaded, StoreUnavailable
from footfall.ingest.segment.answers import refused

_ERRORS: Final = {"503": StoreUnavailable("the disk is full"), "429": Overloaded("the inbox is full")}
_HEAD_END: Final = b"\r\n\r\n"


@dataclass
class Request:
    """A request that came through: what was done with it, and its head."""

    outcome: str
    head: str


@dataclass
class Flaky:
    """Listens on a port of its own. What it does to each request in turn: `503`, `429`: answers so, as ingest
    would; `drop`: closes the connection; `lost`: lets ingest take it, and loses the answer; then all pass."""

    port: int  # ingest's
    failures: deque[str]
    seen: list[Request] = field(default_factory=list)

    def __init__(self, port: int, failures: Iterable[str] = ()) -> None:
        self.port = port
        self.failures = deque(failures)
        self.seen = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Flaky":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(10)

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        with client, contextlib.suppress(ConnectionError):  # a client may go whenever it likes
            while request := _receive(client):
                head = request.partition(_HEAD_END)[0].decode()
                outcome = self.failures.popleft() if self.failures else "pass"
                self.seen.append(Request(outcome, head))
                if outcome == "drop":
                    return
                if outcome in _ERRORS:
                    client.sendall(_error(outcome))
                    return
                with socket.create_connection(("127.0.0.1", self.port)) as ingest:
                    ingest.sendall(request)
                    answer = _receive(ingest)
                if outcome == "lost":
                    return
                client.sendall(answer)


def _receive(stream: socket.socket) -> bytes:
    """One message of HTTP, with its body; empty where the stream ends before."""
    text = b""
    while _HEAD_END not in text:
        part = stream.recv(65_536)
        if not part:
            return b""
        text += part
    head, _, body = text.partition(_HEAD_END)
    headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    missing = int(headers.get(b"content-length", b"0")) - len(body)
    while missing > 0:
        part = stream.recv(missing)
        if not part:
            return b""
        text += part
        missing -= len(part)
    return text


def _error(outcome: str) -> bytes:
    body = json.dumps(refused(_ERRORS[outcome]).to_json()).encode()
    head = f"HTTP/1.1 {outcome} Failed\r\nRetry-After: 1\r\nContent-Type: application/json\r\n"
    return f"{head}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
