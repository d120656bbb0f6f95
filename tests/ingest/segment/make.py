"""Messages for tests, and what becomes of them, without a server."""

import json
from typing import Any

from msgspec import msgpack

from footfall.ingest.changes import OrderChange, ProductChange, UserChange
from footfall.ingest.lanes import BY_NAME, EVENTS, IDENTITIES, ORDER_ITEMS, PRODUCT_ITEMS, USER_ITEMS
from footfall.ingest.outcome import Entry, ItemError, Sender
from footfall.ingest.segment import envelope
from footfall.ingest.segment.messages import Messages
from tests.ingest.make import RULES, new_id, sender

_CHANGES: dict[str, Any] = {
    ORDER_ITEMS: msgpack.Decoder(OrderChange).decode,
    USER_ITEMS: msgpack.Decoder(UserChange).decode,
    PRODUCT_ITEMS: msgpack.Decoder(ProductChange).decode,
}


def track(event: str, properties: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A track message with an id of its own."""
    return message("track", event=event, properties=properties or {}, **fields)


def message(type_: str, **fields: Any) -> dict[str, Any]:
    """A message with an id and a user of its own, unless they are given."""
    return {"type": type_, "messageId": new_id("m"), "userId": new_id("u")} | fields


def products(*given: tuple[str, float, int]) -> list[dict[str, Any]]:
    """Products of an order: id, price and quantity."""
    return [{"product_id": name, "price": price, "quantity": quantity} for name, price, quantity in given]


class Came:
    """What messages came to; without a path, the one message is the body of a batch as it is."""

    def __init__(self, *messages: Any, path: str = "batch", by: Sender | None = None, **batch: Any) -> None:
        body = {"batch": list(messages)} | batch if path == "batch" else messages[0]
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        made = Messages(by or sender(), RULES, envelope.read(path or "batch", text))
        self.good: list[list[Entry]]
        self.errors: list[ItemError]
        self.letters: list[Entry]
        self.good, self.errors, self.letters = made.validate(made.envelope.items, 0)

    @property
    def entries(self) -> list[Entry]:
        return [entry for item in self.good for entry in item]

    @property
    def events(self) -> list[dict[str, Any]]:
        """Rows of events, by column."""
        columns = [column.name for column in BY_NAME[EVENTS.name].columns]
        rows = [entry.row for entry in self.entries if entry.lane == EVENTS.name]
        return [dict(zip(columns, row, strict=True)) for row in rows]

    @property
    def event(self) -> dict[str, Any]:
        """The row of the one event there is."""
        (event,) = self.events
        return event

    @property
    def links(self) -> list[tuple[int, int]]:
        return [entry.row[:2] for entry in self.entries if entry.lane == IDENTITIES.name]

    def changes(self, lane: str) -> list[Any]:
        return [_CHANGES[lane](entry.row) for entry in self.entries if entry.lane == lane]

    @property
    def orders(self) -> list[OrderChange]:
        return self.changes(ORDER_ITEMS)

    @property
    def users(self) -> list[UserChange]:
        return self.changes(USER_ITEMS)

    @property
    def products(self) -> list[ProductChange]:
        return self.changes(PRODUCT_ITEMS)

    @property
    def told(self) -> list[tuple[int | None, str, str]]:
        """(index, field, code) of what was refused."""
        return [(error.index, error.field, str(error.code)) for error in self.errors]
