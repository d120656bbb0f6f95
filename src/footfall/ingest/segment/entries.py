"""Entries of parts: checked and packed like items of our own, under keys that derive from their message's."""

import msgspec

from footfall.ingest import changes, events, fields
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.outcome import Entry, Sender
from footfall.ingest.segment.parts import OrderPart
from footfall.model import (
    Id,
    Kind,
    Product,
    Reason,
    User,
    anonymous_number,
    derived_uuid,
    numeric_id,
)

_encode = msgspec.json.Encoder(decimal_format="number").encode


def order(
    part: OrderPart,
    kind: Kind,
    anonymous_id: Id | None,
    key: bytes,
    raw: bytes,
    index: int,
    sender: Sender,
    rules: Rules,
) -> Entry:
    """The change of an order; `raw`, an item of `kind`, is what is sent again where the ledger refuses it."""
    change = changes.order_change(part.order, raw, index, sender, rules)
    change.item_id = derived_uuid(b"order", key)
    change.restates, change.at_most = part.restates, part.at_most
    change.origin.kind = kind
    for line in change.lines:
        line.share = True
    if not change.user_id and anonymous_id is not None:
        anonymous = anonymous_number(fields.id_text("anonymous_id", anonymous_id))
        change.user_id = rules.known("anonymousId", anonymous)
    return changes.order_entry(change)


def user(item: User, index: int, sender: Sender, rules: Rules) -> list[Entry]:
    """The change of a user, and the link of an anonymous id; who says the same again says nothing."""
    updated_at, item.updated_at = item.updated_at, None
    raw = _encode(item)
    item.updated_at = updated_at
    return changes.user(item, raw, index, sender, rules, merges=True)


def product(item: Product, at: int, sender: Sender, rules: Rules) -> list[Entry]:
    """The change of a product's attributes, as of `at`."""
    raw = _encode(item)
    item.updated_at = fields.as_datetime(at)
    return changes.product(item, raw, changes.NO_ITEM, sender, rules)


def alias(previous: Id, user_id: Id, at: int, rules: Rules) -> list[Entry]:
    """Links of the earlier id to the user, whichever it was: an anonymous one or a user's."""
    number = numeric_id(fields.required_id("userId", user_id))
    earlier = fields.required_id("previousId", previous)
    if not number:
        raise Rejected(Reason.INVALID_VALUE, "userId", "userId 0 is nobody")
    ids = {anonymous_number(earlier), numeric_id(earlier)} - {0, number}
    for one in (number, *ids):
        rules.known("userId", one)
    return [events.link(one, number, at) for one in sorted(ids)]
