"""Parts: what a message comes to, as items of our own, and what all of them are made with. Pure functions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import Raw

from footfall.ingest import fields
from footfall.ingest.fields import Rejected
from footfall.ingest.segment import columns
from footfall.ingest.segment.columns import found
from footfall.model import NO_PROPERTIES, Event, Id, Order, Product, User

_CUT: Final = frozenset({"page_url", "referrer"})  # a longer text is cut: it is no reason to lose an event


@dataclass(slots=True)
class OrderPart:
    """An order's change; `restates`: its lines replace what the order holds; `at_most`: money that goes back
    at the most, in ten-thousandths, where no lines are named."""

    order: Order
    restates: bool = False
    at_most: int | None = None


@dataclass(slots=True)
class Parts:
    """What a message comes to; `refused`: parts that came to nothing, and why."""

    event: Event | None = None
    order: OrderPart | None = None
    user: User | None = None
    previous_id: Id | None = None
    products: list[Product] = field(default_factory=list)
    refused: list[Rejected] = field(default_factory=list)


@dataclass(slots=True)
class Call:
    """A message, or an event of GA4's, on its way to its parts. `at`: when it happened, in milliseconds."""

    at: int
    user_id: Id | None
    anonymous_id: Id | None
    properties: dict[str, Any]
    properties_raw: bytes
    context: dict[str, Any]
    name: str | None = None

    def source(self) -> dict[str, Any]:
        """What the paths of `columns` are looked up in."""
        return {"properties": self.properties, "context": self.context, "name": self.name}


def event_of(call: Call, event_type: str, paths: columns.Paths = columns.EVENT) -> Event:
    """The event with the fields that all events have."""
    source = call.source()
    values: dict[str, Any] = {}
    for column, places in paths.items():
        value = found(source, places)
        if column in {"session_id", "order_id"}:
            values[column] = id_of(value)
        else:
            values[column] = fitting(column, value)
    device = values.get("device_type")
    values["device_type"] = columns.DEVICES.get(device.lower(), device) if device else None
    return Event(
        event_type=event_type,
        event_timestamp=fields.as_datetime(call.at),
        user_id=call.user_id,
        anonymous_id=call.anonymous_id,
        properties=_properties(call),
        **values,
    )


def _properties(call: Call) -> Raw:
    """Properties as they were sent, and what an event keeps of its context."""
    kept = {name: call.context[name] for name in columns.CONTEXT if call.context.get(name)}
    added = {"context": kept} if kept and "context" not in call.properties else {}
    text = with_members(call.properties_raw, added)
    return Raw(text) if text not in {b"", b"{}"} else NO_PROPERTIES


def with_members(raw: bytes, added: Mapping[str, Any]) -> bytes:
    """The text of an object with members added at its end; what was there stays as it was written."""
    if not added:
        return raw
    inner = raw.rstrip()[:-1].rstrip() or b"{"
    comma = b"" if inner.endswith(b"{") else b","
    return inner + comma + msgspec.json.encode(added)[1:]


def id_of(value: Any) -> Id | None:
    """An id, or None where it is none: neither a text nor a whole number."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return value if len(str(value)) <= fields.TEXT_LIMIT else None


def fitting(column: str, value: Any) -> str | None:
    """A text that fits its column; urls are cut."""
    if not isinstance(value, str):
        return None
    limit = fields.URL_LIMIT if column in _CUT else fields.TEXT_LIMIT
    if len(value) > limit:
        return value[:limit] if column in _CUT else None
    return value
