"""Messages of one request: each by itself, so that a bad one never spoils its batch.

What a message comes to is checked and packed like items of our own; a part that fails is told to the sender
and takes no other part with it. The message counts as accepted where its event, its order's change, its user
or its link does. It becomes a dead letter, whole, where any part failed: sent again, the parts that were
taken are duplicates by their keys.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import msgspec
from msgspec import Raw

from footfall.ingest import events, fields
from footfall.ingest.dead_letters import letter
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.outcome import Entry, ItemError, Occurrences, Sender
from footfall.ingest.segment import entries
from footfall.ingest.segment.calls import parts_of
from footfall.ingest.segment.envelope import Envelope
from footfall.ingest.segment.message import TYPES, Message, decode, happened_at, iso
from footfall.ingest.segment.parts import OrderPart, Parts
from footfall.ingest.stubs import Name, Names, named, stub
from footfall.model import (
    Event,
    Id,
    Kind,
    Reason,
    derived_uuid,
    uuid_bytes,
    uuid_text,
)

_KEY: Final = re.compile(rb'("writeKey"\s*:\s*")[^"]*')  # the sender's, in a text that is no JSON
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_encode = msgspec.json.Encoder().encode
_MONEY_EVENTS: Final = frozenset({"purchase", "refund"})


class Messages:
    """Makes entries of the messages of one request, slice by slice."""

    kind: Kind = "messages"

    def __init__(
        self,
        sender: Sender,
        rules: Rules,
        envelope: Envelope,
        *,
        letters: bool = True,
        names: Names | None = None,
    ) -> None:
        self.sender = sender
        self.rules = rules
        self.envelope = envelope
        self.letters = letters
        self.occurrences = Occurrences()
        self._names = names
        self._new_names: dict[Name, None] = {}

    def validate(
        self, items: Sequence[bytes | Raw], first: int
    ) -> tuple[list[list[Entry]], list[ItemError], list[Entry]]:
        """Entries of the messages that came to something, errors of parts and of messages, dead letters."""
        good: list[list[Entry]] = []
        errors: list[ItemError] = []
        dead: list[Entry] = []
        for number, item in enumerate(items):
            raw = bytes(item)
            key, made, refused, kept = self._taken(raw, first + number)
            if made:
                good.append(made)
            told = refused if self.letters else refused[:1]  # a replay needs one of each, and all of them
            errors += [ItemError(first + number, one.field, one.reason, one.message) for one in told]
            erased = any(one.reason is Reason.ERASED for one in refused)  # nothing of them is kept
            if refused and self.letters and not erased:
                dead.append(letter(derived_uuid(b"letter", key), self.kind, self.sender, refused[0], kept))
        return good, errors, dead

    def stubs(self) -> tuple[list[Entry], list[Name]]:
        """Stubs of what the messages since the last call named for the first time, and these names."""
        new = list(self._new_names)
        self._new_names = {}
        return [stub(name, self.sender, self.rules) for name in new], new

    def _taken(self, raw: bytes, index: int) -> tuple[bytes, list[Entry], list[Rejected], bytes]:
        """A message's key, its parts' entries, why some or all came to nothing, and its text to keep."""
        message = at = None
        key = b""
        try:
            message = decode(raw)
            key = self._key(message, raw)
            type_ = self._type(message)
            at = happened_at(message, self.envelope.sent_at, self.sender, self.rules)
            found = parts_of(message, type_, at, self.envelope.context)
        except Rejected as rejected:
            key = key or self.occurrences.key(b"message", raw)
            kept = _KEY.sub(rb"\1", raw) if message is None else self._as_received(raw, message, key, at)
            return key, [], [rejected], kept
        kept = self._as_received(raw, message, key, at) if found.order or found.refused else raw
        made, refused = self._entries(found, message, at, key, kept, index)
        if refused and kept is raw:
            kept = self._as_received(raw, message, key, at)
        return key, made, refused, kept

    def _key(self, message: Message, raw: bytes) -> bytes:
        """The key of a message and of its event: from its id, else from its content."""
        if message.message_id in {None, ""}:
            return self.occurrences.key(b"message", raw)
        assert message.message_id is not None
        return uuid_bytes(fields.required_id("messageId", message.message_id))

    def _type(self, message: Message) -> str:
        type_ = self.envelope.type or message.type
        if type_ is None:
            raise Rejected(Reason.MISSING_FIELD, "type", f"type is required: {', '.join(TYPES)}")
        if type_ not in TYPES:
            raise Rejected(Reason.INVALID_VALUE, "type", f"type is one of {', '.join(TYPES)}")
        return type_

    def _entries(
        self, found: Parts, message: Message, at: int, key: bytes, raw: bytes, index: int
    ) -> tuple[list[Entry], list[Rejected]]:
        """Entries of all parts that hold; those that say what happened come first, products last."""
        made: list[Entry] = []
        refused = list(found.refused)

        def take(part: Callable[[], list[Entry]]) -> None:
            try:
                made.extend(part())
            except Rejected as rejected:
                if (rejected.reason, rejected.field) not in {(r.reason, r.field) for r in refused}:
                    refused.append(rejected)

        foreign = self._drop_foreign_money(found)
        if (event := found.event) is not None:
            take(lambda: self._event(event, key, raw))
        if (order := found.order) is not None:
            if event is not None:  # whose address may have told it
                order.order.country = order.order.country or event.country
            take(lambda: self._order(order, message.anonymous_id, key, raw, index))
        if (user := found.user) is not None:
            take(lambda: entries.user(user, index, self.sender, self.rules))
        if (previous := found.previous_id) is not None and message.user_id is not None:
            user_id = message.user_id
            take(lambda: self._alias(previous, user_id, at))
        if made:  # attributes of products alone are no reason to keep a message
            for product in found.products:
                if foreign:
                    product.price = None
                take(partial(entries.product, product, at, self.sender, self.rules))
        return made, refused

    def _drop_foreign_money(self, found: Parts) -> bool:
        """Leaves what an event is worth in another currency to its properties; whether there was such."""
        event = found.event
        if event is None or event.currency is None or event.currency.upper() == self.rules.currency:
            return False
        if event.event_type not in _MONEY_EVENTS:
            event.currency = event.value = None
        return True

    def _event(self, event: Event, key: bytes, raw: bytes) -> list[Entry]:
        event.event_id = uuid_text(key)
        made = events.entries(event, raw, self.sender, self.rules, self.occurrences)
        self._name(named(event))
        return made

    def _alias(self, previous: Id, user_id: Id, at: int) -> list[Entry]:
        made = entries.alias(previous, user_id, at, self.rules)
        self._name(named(Event(event_type="alias", user_id=user_id)))
        return made

    def _order(
        self, part: OrderPart, anonymous_id: Id | None, key: bytes, raw: bytes, index: int
    ) -> list[Entry]:
        made = entries.order(part, self.kind, anonymous_id, key, raw, index, self.sender, self.rules)
        self._name(named(part.order))
        return [made]

    def _name(self, names: Iterator[Name]) -> None:
        if self._names is not None:
            self._new_names.update(dict.fromkeys(name for name in names if name not in self._names))

    def _as_received(self, raw: bytes, message: Message, key: bytes, at: int | None) -> bytes:
        """A message as servers pass it on: when it was received, and when it happened by their clock.

        So it can be sent again by itself, at any time: it is the same message, and happened when it did.
        """
        members = _members(raw)
        members.pop("writeKey", None)
        if message.message_id in {None, ""}:
            members["messageId"] = _raw(uuid_text(key))
        if self.envelope.type is not None:
            members["type"] = _raw(self.envelope.type)
        if message.received_at is None:
            members["receivedAt"] = _raw(iso(self.sender.now_ms))
            if message.timestamp is not None:
                members.setdefault("originalTimestamp", members["timestamp"])
            if at is not None:
                members["timestamp"] = _raw(iso(at))
        return _encode(members)


def _raw(text: str) -> Raw:
    return Raw(_encode(text))
