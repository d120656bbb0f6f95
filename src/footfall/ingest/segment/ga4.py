"""GA4's events at /v1/events: our fields, with GA4's parameters and its `items` beside them.

`{"event_type": "purchase", "user_id": …, "transaction_id": …, "value": …, "items": [{"item_id": …}]}` is
understood by the same tables as `track`: the event, the order's change, and what it says of products. The
parameters are kept in the event's properties.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from msgspec import Raw

from footfall.ingest import events, fields
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.outcome import Entry, Occurrences, Sender
from footfall.ingest.segment import entries
from footfall.ingest.segment.message import mapping
from footfall.ingest.segment.names import GA4_PARAMETERS
from footfall.ingest.segment.parts import Call, with_members
from footfall.ingest.segment.tracked import tracked
from footfall.ingest.texts import malformed
from footfall.model import Event, Order, Reason, uuid_text

# Our fields that mean what GA4's parameters mean.
_ORDER: Final = frozenset({"items", "transaction_id"})  # who names neither does not tell of an order here
_SHARED: Final = ("order_id", "product_id", "revenue", "value", "currency", "quantity", "search_term")

_members = msgspec.json.Decoder(dict[str, Raw]).decode
_event = msgspec.json.Decoder(Event).decode
_any = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class Made:
    """Entries of an event and its parts, the items they were made of, and parts that were refused."""

    entries: list[Entry]
    items: list[Event | Order]
    refused: list[Rejected] = field(default_factory=list)


def speaks(raw: bytes) -> bool:
    """Whether an event bears parameters of GA4's; raises `Rejected` where its text is no good."""
    try:
        return not GA4_PARAMETERS.isdisjoint(_members(raw))
    except msgspec.DecodeError as error:
        raise malformed(raw, str(error)) from None
    except RecursionError:
        raise Rejected(Reason.TOO_DEEP, "", "the item is nested too deep") from None


def made(
    raw: bytes,
    index: int,
    sender: Sender,
    rules: Rules,
    occurrences: Occurrences,
    rights: Collection[str],
) -> Made:
    """The entries of an event; raises `Rejected`, or `msgspec.ValidationError` for a wrong type."""
    members = _members(raw)
    event = _event(_encode({name: value for name, value in members.items() if name not in GA4_PARAMETERS}))
    parameters = {name: value for name, value in members.items() if name in GA4_PARAMETERS}
    own = mapping("properties", event.properties)
    text = with_members(bytes(event.properties) if own else b"", parameters)
    shared: dict[str, Any] = {name: _any(members[name]) for name in _SHARED if name in members}
    properties = {**shared, **own, **{name: _any(value) for name, value in parameters.items()}}
    found = tracked(Call(0, event.user_id, event.anonymous_id, properties, text, {}), event.event_type)
    assert found.event is not None
    event.event_type = found.event.event_type
    event.properties = Raw(text)
    if event.event_type in {"purchase", "refund"}:
        event.revenue, event.value = found.event.revenue, None
    else:
        event.value = event.value if event.value is not None else found.event.value
    event.order_id = event.order_id or found.event.order_id
    event.product_id = event.product_id or found.event.product_id
    event.quantity = event.quantity if event.quantity is not None else found.event.quantity

    made = Made(events.entries(event, raw, sender, rules, occurrences), [event])
    key, at = made.entries[0].key, made.entries[0].row[2]
    if "orders" in rights and not _ORDER.isdisjoint(parameters):
        made.refused += found.refused
        if found.order is not None:
            order = found.order.order
            order.order_timestamp = fields.as_datetime(at)
            order.country = order.country or event.country
            kept = raw if event.event_id is not None else with_members(raw, {"event_id": uuid_text(key)})
            here = sender._replace(sent_ms=None)  # the time is by our clock already
            try:
                made.entries.append(
                    entries.order(found.order, "events", event.anonymous_id, key, kept, index, here, rules)
                )
                made.items.append(order)
            except Rejected as rejected:
                made.refused.append(rejected)
    if "products" in rights:
        for product in found.products:
            try:
                made.entries += entries.product(product, at, sender._replace(sent_ms=None), rules)
            except Rejected as rejected:
                made.refused.append(rejected)
    return made
