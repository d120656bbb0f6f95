"""A page's side of the stream: reads Server-Sent Events from a live dashboard."""

import http.client
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlencode

from footfall.config import Config


@dataclass
class Frame:
    """One message; a comment has the kind `:`."""

    kind: str
    value: Any
    id: str | None


class Stream:
    """An open stream; use it as a context."""

    def __init__(
        self,
        config: Config,
        last_event_id: str | None = None,
        headers: dict[str, str] | None = None,
        **filters: str,
    ) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", config.live_port, timeout=30)
        resumed = {"Last-Event-ID": last_event_id} if last_event_id else {}
        path = f"/events?{urlencode(filters)}"
        self._connection.request("GET", path, headers=resumed | (headers or {}))
        self.response = self._connection.getresponse()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.response.close()
        self._connection.close()

    def frames(self, limit_s: float = 20) -> Iterator[Frame]:
        """Messages as they come, for at most about `limit_s` seconds."""
        deadline = time.monotonic() + limit_s
        fields: dict[str, str] = {}
        while time.monotonic() < deadline:
            line = self.response.readline().decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                fields[name or ":"] = value
            elif fields:
                yield _frame(fields)
                fields = {}

    def first(self, kind: str, limit_s: float = 20) -> Frame:
        """The next message of a kind."""
        for frame in self.frames(limit_s):
            if frame.kind == kind:
                return frame
        raise AssertionError(f"no {kind} within {limit_s} s")

    def event(self, event_id: str, limit_s: float = 20) -> tuple[dict[str, Any], Frame]:
        """The event of this id and the frame that brought it."""
        for frame in self.frames(limit_s):
            for event in frame.value["events"] if frame.kind == "events" else []:
                if event["event_id"] == event_id:
                    return event, frame
        raise AssertionError(f"event {event_id} did not come within {limit_s} s")


def _frame(fields: dict[str, str]) -> Frame:
    if "retry" in fields:
        return Frame("retry", int(fields["retry"]), None)
    value = json.loads(fields["data"]) if "data" in fields else None
    return Frame(fields.get("event", ":"), value, fields.get("id"))
