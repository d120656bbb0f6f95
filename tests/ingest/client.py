"""A small client of ingest for tests: what a shop's server would send, and what it is told."""

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import Any

from footfall.config import Config


@dataclass
class Answer:
    """Status, parsed body and headers of an answer."""

    status: int
    body: Any
    headers: dict[str, str] = field(default_factory=dict)


class Client:
    """One connection to ingest; raises OSError where nobody answers."""

    def __init__(self, config: Config, timeout_s: float = 60) -> None:
        self.config = config
        self.timeout_s = timeout_s

    def post(
        self, kind: str, items: Any, *, wait: bool = False, headers: dict[str, str] | None = None
    ) -> Answer:
        """Sends items: bytes as they are, anything else as JSON."""
        body = items if isinstance(items, bytes) else json.dumps(items).encode()
        path = f"/v1/{kind}{'?wait=true' if wait else ''}"
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {self.config.write_key}"}
        return self.request("POST", path, body, given | (headers or {}))

    def get(self, path: str, headers: dict[str, str] | None = None) -> Answer:
        """Asks for a path with the write key."""
        return self.request(
            "GET", path, None, {"Authorization": f"Bearer {self.config.write_key}"} | (headers or {})
        )

    def request(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.config.ingest_port, timeout=self.timeout_s)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            text = response.read()
            found = {name.lower(): value for name, value in response.getheaders()}
            is_json = found.get("content-type", "").startswith("application/json")
            return Answer(response.status, json.loads(text) if is_json else text.decode(), found)
        finally:
            connection.close()


def settle(client: Client, limit_s: float = 60) -> None:
    """Waits until the inbox is empty: all that was accepted is in the store."""
    deadline = time.monotonic() + limit_s
    while True:
        state = client.get("/readyz").body
        if state["ready"] and state["inbox"]["rows"] == 0:
            return
        assert time.monotonic() < deadline, state
        time.sleep(0.05)
