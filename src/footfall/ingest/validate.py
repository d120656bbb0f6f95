"""Validation: each item of a request by itself, so that a bad one never spoils its batch.

The steps for one item: decode (names, JSON types), refuse doubled names, check the values, make entries. An
item that fails a step is told to the sender with its index, field, code and message, counted, and kept as a
dead letter with its text. An event of GA4's (`segment.ga4`) may come to an order's change and to products,
too: one of those that fails is told, and the event is kept.
"""

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Raw

from footfall.ingest import changes, events
from footfall.ingest.bulk import LEAST_EVENTS, Bulk, Plain, none_plain
from footfall.ingest.dead_letters import letter
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.outcome import Entry, ItemError, Occurrences, Sender
from footfall.ingest.segment import ga4
from footfall.ingest.segment.names import GA4_EVENTS
from footfall.ingest.stubs import Name, Names, named, stub
from footfall.ingest.texts import ITEM_LIMIT, doubled_anywhere, doubled_name, malformed
from footfall.ingest.words import wrong_value
from footfall.model import Event, Kind, Order, Product, Reason, User

_AT = re.compile(r" - at `\$\.?(?P<path>[^`]*)`")
_NAMED = re.compile(r"field `(?P<name>[^`]*)`")
_REASONS = (
    ("Object contains unknown field", Reason.UNKNOWN_FIELD),
    ("Object missing required field", Reason.MISSING_FIELD),
    ("Invalid RFC3339", Reason.INVALID_TIMESTAMP),
    ("Invalid decimal", Reason.INVALID_MONEY),
    ("Expected `object`", Reason.NOT_AN_OBJECT),
    ("Expected", Reason.INVALID_TYPE),
    ("Number out of range", Reason.OUT_OF_RANGE),
    ("Integer value out of range", Reason.OUT_OF_RANGE),
)
_DECODERS: dict[Kind, msgspec.json.Decoder[Any]] = {
    "events": msgspec.json.Decoder(Event),
    "orders": msgspec.json.Decoder(Order),
    "users": msgspec.json.Decoder(User),
    "products": msgspec.json.Decoder(Product),
}


class Validator:
    """Validates the items of one request, slice by slice."""

    def __init__(
        self,
        kind: Kind,
        sender: Sender,
        rules: Rules,
        *,
        letters: bool = True,
        names: Names | None = None,
        rights: Collection[str] = (),
        bulk: Bulk | None = None,
    ) -> None:
        self.kind = kind
        self.sender = sender
        self.rules = rules
        self.letters = letters
        self.rights = rights  # kinds that an event may come to beside itself
        self.occurrences = Occurrences()
        self._refused: list[Rejected] = []  # parts of the item at hand that came to nothing
        # Names of users and products that get a stub with this request; without `names` there are none.
        self._new_names: dict[Name, None] = {}
        self._names = names if kind in {"events", "orders"} else None
        self._bulk = bulk if kind == "events" else None
        self._decode = _DECODERS[kind].decode
        self._make = self._maker()

    def plain(self, items: Sequence[bytes | Raw]) -> Plain:
        """Rows of those events that need no second look, and the places of all other items: see `bulk`."""
        if self._bulk is None or len(items) < LEAST_EVENTS:
            return none_plain(len(items))
        found = self._bulk.plain(items, self.sender, self.occurrences)
        self._note(found.names)
        return found

    def validate(
        self, items: Sequence[bytes | Raw], first: int, places: Sequence[int] | None = None
    ) -> tuple[list[list[Entry]], list[ItemError], list[Entry]]:
        """Entries of the good items, errors and dead letters of the others; `first`: index of items[0].

        `places`: those of `items` that are looked at; without it, all.
        """
        good: list[list[Entry]] = []
        errors: list[ItemError] = []
        dead: list[Entry] = []
        for number in range(len(items)) if places is None else places:
            raw = bytes(items[number])
            try:
                good.append(self._entries(raw, first + number))
            except Rejected as rejected:
                self._refused = [rejected]
            refused = self._refused if self.letters else self._refused[:1]  # a replay needs one of each
            if refused:
                errors += [ItemError(first + number, one.field, one.reason, one.message) for one in refused]
                if self.letters and all(one.reason is not Reason.ERASED for one in refused):
                    key = self.occurrences.key(b"letter", self.kind.encode() + raw)
                    dead.append(letter(key, self.kind, self.sender, refused[0], raw))
                self._refused = []
        return good, errors, dead

    def _entries(self, raw: bytes, index: int) -> list[Entry]:
        if len(raw) > ITEM_LIMIT:
            raise Rejected(Reason.TOO_LARGE, "", f"the item is over {ITEM_LIMIT} bytes")
        try:
            if not raw.isascii():
                raw.decode()
            item = self._decode(raw)
        except msgspec.ValidationError as error:
            rejected = _explain(str(error), self.kind, raw)
            if self.kind == "events" and rejected.reason is Reason.UNKNOWN_FIELD and ga4.speaks(raw):
                return self._parts(raw, index)
            raise rejected from None
        except msgspec.DecodeError as error:
            raise malformed(raw, str(error)) from None
        except UnicodeDecodeError as error:
            raise Rejected(
                Reason.INVALID_UNICODE, "", f"the text is not UTF-8 (byte {error.start} of the item)"
            ) from None
        except RecursionError:
            raise Rejected(Reason.TOO_DEEP, "", "the item is nested too deep") from None
        self._refuse_doubled(item, raw)
        if isinstance(item, Event) and item.event_type in GA4_EVENTS:
            item.event_type = GA4_EVENTS[item.event_type].event_type
        made = self._make(item, raw, index)
        self._name(item)
        return made

    def _parts(self, raw: bytes, index: int) -> list[Entry]:
        """The entries of an event of GA4's: its own, and those of what it says beside."""
        if name := doubled_anywhere(raw):
            raise Rejected(Reason.DUPLICATE_FIELD, name, f"{name} is given twice")
        try:
            made = ga4.made(raw, index, self.sender, self.rules, self.occurrences, self.rights)
        except msgspec.ValidationError as error:
            raise _explain(str(error), self.kind, raw) from None
        self._refused = made.refused
        for item in made.items:
            self._name(item)
        return made.entries

    def _name(self, item: Any) -> None:
        """Remembers users and products that the item names by text, for stubs."""
        if self._names is not None:
            self._note(named(item))

    def _note(self, names: Iterable[Name]) -> None:
        if self._names is not None:
            self._new_names.update(dict.fromkeys(self._names.unknown(names)))

    def stubs(self) -> tuple[list[Entry], list[Name]]:
        """Stubs of what the items since the last call named for the first time, and these names."""
        new = list(self._new_names)
        self._new_names = {}
        return [stub(name, self.sender, self.rules) for name in new], new

    def _refuse_doubled(self, item: Any, raw: bytes) -> None:
        """A name given twice is a mistake that JSON leaves open; taking either value would be a guess."""
        name = events.doubled(item, raw) if isinstance(item, Event) else doubled_name(raw)
        if name:
            raise Rejected(Reason.DUPLICATE_FIELD, name, f"{name} is given twice")

    def _maker(self) -> Callable[[Any, bytes, int], list[Entry]]:
        sender, rules = self.sender, self.rules
        if self.kind == "events":
            occurrences = self.occurrences
            return lambda item, raw, _: events.entries(item, raw, sender, rules, occurrences)
        makers: dict[Kind, Callable[[Any, bytes, int, Sender, Rules], list[Entry]]] = {
            "orders": changes.order,
            "users": changes.user,
            "products": changes.product,
        }
        make = makers[self.kind]
        return lambda item, raw, index: make(item, raw, index, sender, rules)


def _explain(message: str, kind: Kind, raw: bytes) -> Rejected:
    """What msgspec found wrong, in our words and with our codes."""
    reason = next((reason for start, reason in _REASONS if message.startswith(start)), Reason.INVALID_VALUE)
    at, named = _AT.search(message), _NAMED.search(message)
    path = at["path"] if at else ""
    if reason is Reason.NOT_AN_OBJECT and path:
        reason = Reason.INVALID_TYPE
    field = ".".join(filter(None, (path, named["name"] if named else "")))
    text = _AT.sub("", message)
    if reason is Reason.UNKNOWN_FIELD:
        hint = "lines" if path else "properties"
        where = "put it into properties" if hint == "properties" else "an order line has no such field"
        text = f"{kind} have no field {field}: {where}"
    elif reason is Reason.MISSING_FIELD:
        text = f"{field} is required"
    elif reason is Reason.NOT_AN_OBJECT:
        text = "an item must be a JSON object"
    elif field:
        text = wrong_value(kind, field, raw) or f"{field}: {text[0].lower()}{text[1:]}"
    return Rejected(reason, field, text)
