"""Bodies of requests as `footfall stream` would fill them: prepared once, sent any number of times.

A template holds a shop's events, each with an id of its own; what is sent is the template with the first
eight digits of every id replaced. So bodies are new to ingest each time, at next to no cost.
"""

import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from footfall.generate.catalogue import catalogue
from footfall.generate.plan import Plan
from footfall.generate.traffic import Traffic

# The stream's mix: 100 events, and the events of 20 orders among them, a second.
_RATE, _ORDERS_RATE = 100.0, 20.0
_MARK = b"_number_"


@dataclass(frozen=True, slots=True)
class Template:
    """Events whose ids begin with a number that is still to come, and how their body is typed."""

    text: bytes
    events: int
    content_type: str

    def body(self, number: int) -> bytes:
        """The body whose ids begin with this number."""
        return self.text.replace(_MARK, b"%08x" % (number & 0xFFFFFFFF))


def templates(count: int, events: int, *, ndjson: bool) -> list[Template]:
    """So many bodies' templates, of as many events each."""
    items = _items()
    return [_template([next(items) for _ in range(events)], ndjson=ndjson) for _ in range(count)]


def _template(items: list[bytes], *, ndjson: bool) -> Template:
    if ndjson:
        return Template(b"\n".join(items) + b"\n", len(items), "application/x-ndjson")
    return Template(b"[" + b",".join(items) + b"]", len(items), "application/json")


def _items() -> Iterator[bytes]:
    plan = Plan.of(seed=1)
    now_ms = time.time_ns() // 1_000_000 - 3_600_000
    traffic = Traffic(catalogue(plan.seed, plan.products), None, _RATE, _ORDERS_RATE, now_ms)
    at = 0
    while True:
        for happening in traffic.next():
            at += 1
            item = happening.at(now_ms + at * 10).event
            item["event_id"] = f"{_MARK.decode()}-{secrets.token_hex(2)}-7{secrets.token_hex(2)[1:]}" + (
                f"-a{secrets.token_hex(2)[1:]}-{secrets.token_hex(6)}"
            )
            yield msgspec.json.encode(item)
