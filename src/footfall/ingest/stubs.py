"""Stubs: an id that an event or an order names keeps its text, though nobody sent its attributes.

Inside, a text id is a hash; `users` and `products` say what it stands for. The first item that names one
brings a change that says nothing but the id, as old as time: the stage of profiles drops it where the id is
known, refuses it where another text has the same hash, and any attributes win over it. It is kept in the
transaction of the item that names it, and the inbox's index of ids makes it one.
"""

from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from footfall.ingest import fields
from footfall.ingest.changes import NO_ITEM, Origin, ProductChange, UserChange, pack
from footfall.ingest.erased import Erased
from footfall.ingest.fields import Rules
from footfall.ingest.lanes import PRODUCT_ITEMS, USER_ITEMS
from footfall.ingest.outcome import Entry, Sender
from footfall.model import Event, Id, Order, derived_uuid, numeric_id

NAMES_LIMIT: Final = 100_000
_PLAIN_DIGITS: Final = 18  # a number of so many digits is below 2^63: it stands for itself

Name = tuple[str, str]  # the stage's lane, and the text
_encode = msgspec.json.Encoder().encode


class Names:
    """Texts that have a stub on disk: the last `NAMES_LIMIT` at the least, twice as many at the most.

    Where somebody was erased, all are forgotten: it may be a stub of theirs that is there no more.
    """

    def __init__(self, limit: int = NAMES_LIMIT, erased: Erased | None = None) -> None:
        self._limit = limit
        self._erased = erased
        self._version = 0
        self._new: dict[Name, None] = {}
        self._old: dict[Name, None] = {}

    def __contains__(self, name: Name) -> bool:
        self._look()
        if name in self._new:
            return True
        if name in self._old:
            self.add([name])
            return True
        return False

    def unknown(self, names: Iterable[Name]) -> list[Name]:
        """Those that have no stub on disk, each once."""
        self._look()
        held = self._new
        return [name for name in dict.fromkeys(names) if name not in held and name not in self]

    def _look(self) -> None:
        if self._erased is not None and self._erased.version != self._version:
            self._version = self._erased.version
            self._new, self._old = {}, {}

    def add(self, names: "list[Name]") -> None:
        """Remembers names whose stubs are on disk."""
        self._new.update(dict.fromkeys(names))
        if len(self._new) >= self._limit:
            self._old, self._new = self._new, {}


def named(item: Event | Order) -> Iterator[Name]:
    """The users and products that an item names by text."""
    if _is_text(item.user_id):
        yield USER_ITEMS, str(item.user_id)
    if _is_text(item.product_id):
        yield PRODUCT_ITEMS, str(item.product_id)
    if isinstance(item, Order):
        for line in item.lines or ():
            if _is_text(line.product_id):
                yield PRODUCT_ITEMS, str(line.product_id)


def _is_text(value: Id | None) -> bool:
    if value is None:
        return False
    if isinstance(value, str) and value.isdigit() and len(value) <= _PLAIN_DIGITS and value[0] != "0":
        return not value.isascii()
    return numeric_id(str(value)) >> 63 == 1


def stub(name: Name, sender: Sender, rules: Rules) -> Entry:
    """The change that says nothing of a user or a product but its id."""
    lane, text = name
    number = numeric_id(text)
    key = derived_uuid(b"stub", text.encode())
    field = "user_id" if lane == USER_ITEMS else "product_id"
    fields.required_id(field, text)
    raw = _encode({field: text})
    origin = Origin(sender.batch_id, sender.key_name, sender.source, sender.now_ms, raw, NO_ITEM)
    change: UserChange | ProductChange
    if lane == USER_ITEMS:
        change = UserChange(number, text, 0, *(None,) * 8, origin)
    else:
        change = ProductChange(number, text, 0, None, None, None, None, rules.currency, None, origin)
    return Entry(lane, key, b"", pack(change), 0)
