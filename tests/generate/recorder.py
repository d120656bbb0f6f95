"""A small real HTTP server in ingest's place: records every request, and fails as often as it is told to."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

ACCEPT, UNAVAILABLE, TOO_MANY, HANG_UP, REFUSE_KEY, REJECT_ONE = range(6)


@dataclass
class Recorder:
    """What arrived: every body, and those that were answered with 202."""

    trouble: Callable[[int], int] = lambda _: ACCEPT
    port: int = 0
    bodies: list[tuple[str, bytes]] = field(default_factory=list)
    acknowledged: list[tuple[str, bytes]] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    connections: set[Any] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def items(self, kind: str) -> list[dict[str, Any]]:
        """All acknowledged items of a kind, in the order of their acknowledgement."""
        with self.lock:
            return [item for path, body in self.acknowledged if path == kind for item in json.loads(body)]


@contextmanager
def recording(trouble: Callable[[int], int] = lambda _: ACCEPT) -> Iterator[Recorder]:
    """A recorder that answers; `trouble` says what to do with the n-th request, from 0."""
    recorder = Recorder(trouble)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kind = self.path.removeprefix("/v1/")
            with recorder.lock:
                what = recorder.trouble(len(recorder.bodies))
                recorder.bodies.append((kind, body))
                recorder.keys.add(self.headers["Authorization"])
                recorder.connections.add(self.client_address)
                if what == ACCEPT:
                    recorder.acknowledged.append((kind, body))
            if what == HANG_UP:
                self.close_connection = True
                return
            count = len(json.loads(body))
            rejected = 1 if what == REJECT_ONE else 0
            receipt = {
                "batch_id": "b",
                "accepted": count - rejected,
                "duplicate": 0,
                "rejected": rejected,
                "errors": [],
            }
            status = {UNAVAILABLE: 503, TOO_MANY: 429, REFUSE_KEY: 401}.get(what, 202)
            answer = json.dumps(receipt).encode()
            self.send_response(status)
            if status in (503, 429):
                self.send_header("Retry-After", "0.1")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    recorder.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield recorder
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
