"""A group of events on its way from texts to columns as `native` has them.

The rules are applied once to each distinct value instead of once to each event (see `values`). An event with
a value that breaks one, or that cannot be read, or that gives a name twice, is in *doubt*: it is left to
`validate`, which tells why, and the columns are made of the others.
"""

import secrets
from array import array
from collections.abc import Iterable, Sequence
from itertools import compress, filterfalse, repeat
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
from msgspec import Raw
from msgspec.structs import astuple

from footfall.countries import loses_meaning
from footfall.ingest import events, fields, native
from footfall.ingest.enrich import enrich
from footfall.ingest.fields import Rejected
from footfall.ingest.lanes import DAY_MS, PRODUCT_ITEMS, USER_ITEMS, month_of
from footfall.ingest.outcome import Entry, Sender
from footfall.ingest.stubs import Name
from footfall.ingest.texts import ITEM_LIMIT, NAME_END, names_of_many
from footfall.ingest.values import Memo, Values, our_name
from footfall.model import EPOCH, NO_PROPERTIES, Event, uuid_bytes

_FIELDS: Final = Event.__struct_fields__
# Values that come once or seldom are not looked up.
_OFTEN_NEW: Final = ("session_id", "order_id", "page_url")
_TEXTS: Final = (
    *("referrer", "utm_source", "utm_medium", "utm_campaign"),
    *("search_term", "device_type", "browser"),
)
_LENGTHS: Final = [chr(length) for length in range(128)]
_DASHES: Final = (8, 13, 18, 23)
_decode = msgspec.json.Decoder(Event).decode
_decode_all = msgspec.json.Decoder(list[Event | int]).decode
Column = Sequence[Any]


class Columns(NamedTuple):
    """What a group came to: ids (b"" for who brings none), texts, and the data of all columns but the ids."""

    keys: Sequence[bytes]
    items: Sequence[bytes | Raw]
    data: dict[str, bytes]
    months: set[int]
    links: list[Entry]
    names: list[Name]


class Group:
    """Events that are converted together; `rest` names the places of those that are not plain."""

    def __init__(self, values: Values, items: Sequence[bytes | Raw], first: int, sender: Sender) -> None:
        self._values = values
        self._sender = sender
        self._items = items
        self._places: Sequence[int] = range(first, first + len(items))
        self._doubt: set[int] = set()
        self._given: dict[str, Column] = {}
        self.rest: list[int] = []
        self._events = self._decode_together()

    def columns(self) -> Columns | None:
        """The columns of the plain events; None where there is none."""
        if self._events:
            self._given = self._fields()
            self._refuse_doubled()
            self._enrich()
        while self._events:
            if (made := self._convert()) is not None:
                return made
            self._leave_out()
        return None

    def _decode_together(self) -> list[Event]:
        """All items in one go; where that fails, each by itself.

        They become an array with a number between any two that none of them can know. So where that number
        stands at every second place, and nowhere else, each item was one event.
        """
        mark = secrets.randbits(48)
        text = b"[%b]" % (b",%d," % mark).join(self._items)
        try:
            if len(text) > ITEM_LIMIT and max(memoryview(item).nbytes for item in self._items) > ITEM_LIMIT:
                raise ValueError
            _check_unicode(text)
            found = _decode_all(text)
        except (ValueError, RecursionError):  # what msgspec raises is a ValueError
            return self._decode_each()
        made: list[Any] = found[::2]
        whole = len(made) == len(self._items) and found[1::2].count(mark) == len(made) - 1
        return made if whole and set(map(type, made)) == {Event} else self._decode_each()

    def _decode_each(self) -> list[Event]:
        """Leaves what cannot be read."""
        made, good = [], []
        for number, item in enumerate(self._items):
            raw = bytes(item)
            try:
                if len(raw) > ITEM_LIMIT:
                    raise ValueError
                _check_unicode(raw)
                made.append(_decode(raw))
                good.append(number)
            except (ValueError, RecursionError):
                self.rest.append(self._places[number])
        self._items = [self._items[number] for number in good]
        self._places = [self._places[number] for number in good]
        return made

    def _fields(self) -> dict[str, Column]:
        """What the events hold, by field; properties as their text."""
        given: dict[str, Column] = dict(
            zip(_FIELDS, zip(*map(astuple, self._events), strict=True), strict=True)
        )
        given["properties"] = [
            b"" if value is NO_PROPERTIES else bytes(value) for value in given["properties"]
        ]
        return given

    def _refuse_doubled(self) -> None:
        """Leaves events that give a name twice: none, where there are no more names than fields given."""
        *plain, nested = self._given.values()
        names = names_of_many(b"\n".join(self._items)) - b"\n".join(nested).count(NAME_END)
        # None is nearly always the only value of a column that is false, and to be found fast among these.
        absent = sum(tuple(filterfalse(None, column)).count(None) for column in plain) + nested.count(b"")
        if 0 <= names <= len(self._given) * len(self._events) - absent:
            return
        for number, (event, item) in enumerate(zip(self._events, self._items, strict=True)):
            if events.doubled(event, bytes(item)):
                self._doubt.add(number)

    def _enrich(self) -> None:
        """Device, browser, country and bots, where events say what they came from."""
        if _is_empty(self._given["user_agent"]) and _is_empty(self._given["client_ip"]):
            return
        for number, event in enumerate(self._events):
            if event.user_agent is not None or event.client_ip is not None:
                event.event_type = our_name(event.event_type)
                if self._values.types[event.event_type] is None:
                    self._doubt.add(number)
                else:
                    enrich(event, self._values.rules.countries)
        self._given = self._fields()

    def _leave_out(self) -> None:
        """Leaves what is in doubt: what is converted after this is plain."""
        keep = [number not in self._doubt for number in range(len(self._events))]
        self.rest = sorted([*self.rest, *(self._places[number] for number in self._doubt)])
        self._events = list(compress(self._events, keep))
        self._items = list(compress(self._items, keep))
        self._places = list(compress(self._places, keep))
        self._doubt = set()
        if self._events:
            self._given = self._fields()

    def _convert(self) -> Columns | None:
        """The data of the columns; None where it leaves anything in doubt."""
        values, given = self._values, self._given
        times = np.array(self._times(given["event_timestamp"]), np.int64)
        users = np.frombuffer(self._numbers("Q", values.users, given["user_id"]), np.uint64)
        anonymous = np.frombuffer(self._numbers("Q", values.anonymous, given["anonymous_id"]), np.uint64)
        products = np.frombuffer(self._numbers("Q", values.numbers, given["product_id"]), np.uint64)
        days = times // DAY_MS
        data = {
            "event_type": self._strings(values.types, given["event_type"]),
            "event_timestamp": times.tobytes(),
            "event_date": days.astype(np.uint16).tobytes(),
            "user_id": np.where(users, users, anonymous).tobytes(),
            "product_id": products.tobytes(),
            "country": self._strings(values.countries, given["country"]),
            "revenue": self._revenues(given["revenue"], given["event_type"]),
            "value": self._packed("q", self._amounts(given["value"])),
            "currency": self._strings(values.currencies, given["currency"]),
            "quantity": self._numbers("I", values.counts, given["quantity"]),
            "duration_seconds": self._numbers("I", values.counts, given["duration_seconds"]),
            "properties": self._properties(given["properties"], given["country"]),
            "ingested_at": self._sender.now_ms.to_bytes(8, "little") * len(times),
        }
        for field in _OFTEN_NEW:
            data[field] = self._new_strings(given[field])
        for field in _TEXTS:
            data[field] = self._strings(values.texts, given[field])
        keys = self._ids(given["event_id"])
        if self._doubt:
            return None
        both = np.flatnonzero((users != 0) & (anonymous != 0))
        return Columns(
            keys,
            self._items,
            data,
            {month_of(day) for day in set(days.tolist())},
            _links(anonymous[both].tolist(), users[both].tolist(), times[both].tolist()),
            [
                *_names(USER_ITEMS, given["user_id"], users),
                *_names(PRODUCT_ITEMS, given["product_id"], products),
            ],
        )

    def _made(self, memo: Memo, values: Column) -> list[Any]:
        """What a rule makes of values; whose value it refuses is in doubt."""
        made = list(map(memo.__getitem__, values))
        if memo.refuses and None in made:
            self._doubt.update(number for number, value in enumerate(made) if value is None)
        return made

    def _strings(self, memo: Memo, values: Column) -> bytes:
        if _is_empty(values):
            return bytes(memo[None]) * len(values)
        made = self._made(memo, values)
        return b"" if self._doubt else b"".join(made)

    def _new_strings(self, values: Column) -> bytes:
        """Texts of ASCII below 128 characters, all together; others as `_strings`."""
        given = ["" if value is None else value for value in values]
        try:
            texts = [""] * (2 * len(given))
            texts[::2] = map(_LENGTHS.__getitem__, map(len, given))
            texts[1::2] = given
            return "".join(texts).encode("ascii")
        except (TypeError, IndexError, UnicodeEncodeError):
            return self._strings(self._values.texts, values)

    def _numbers(self, code: str, memo: Memo, values: Column) -> bytes:
        if _is_empty(values):
            return bytes(array(code).itemsize * len(values))
        return self._packed(code, self._made(memo, values))

    def _packed(self, code: str, made: Sequence[int]) -> bytes:
        """Numbers as the store has them; where anything is in doubt, as many zeros."""
        return bytes(array(code).itemsize * len(made)) if self._doubt else array(code, made).tobytes()

    def _amounts(self, values: Column) -> list[Any]:
        if _is_empty(values):
            return [0] * len(values)
        try:
            return self._made(self._values.amounts, values)
        except TypeError:  # a signalling NaN has no hash
            strange = [value is not None and value.is_snan() for value in values]
            self._doubt.update(compress(range(len(values)), strange))
            plain = [None if found else value for value, found in zip(values, strange, strict=True)]
            return self._made(self._values.amounts, plain)

    def _revenues(self, values: Column, types: Sequence[str]) -> bytes:
        revenues = self._amounts(values)
        for number in compress(range(len(revenues)), revenues):
            try:
                events.received(revenues[number], our_name(types[number]))
            except Rejected:
                self._doubt.add(number)
        return self._packed("q", revenues)

    def _times(self, values: Column) -> list[int]:
        """When the events happened; the bounds are those of `fields.check_age`."""
        sender = self._sender
        oldest = fields.oldest_ms(sender.now_ms, self._values.rules.events_ttl_days)
        newest = sender.now_ms + fields.FUTURE_MS
        if sender.sent_ms is None:
            try:
                times = [(value - EPOCH) // fields.MS for value in values]
            except TypeError:  # some are absent, or numbers, or name no zone
                times = [self._time(number, value) for number, value in enumerate(values)]
        else:
            times = [self._time(number, value, oldest) for number, value in enumerate(values)]
        if min(times) < oldest or max(times) > newest:
            self._doubt.update(number for number, at in enumerate(times) if not oldest <= at <= newest)
        return times

    def _time(self, number: int, value: Any, oldest: int | None = None) -> int:
        """One event's time; corrected where `oldest` says how far."""
        if value is None:
            return self._sender.now_ms
        try:
            at = fields.time_ms("", value)
        except Rejected:
            self._doubt.add(number)
            return 0
        return at if oldest is None else self._sender.moment(at, oldest)

    def _properties(self, nested: Column, countries: Sequence[str | None]) -> bytes:
        made = self._made(self._values.properties, nested)
        lossy = {country for country in set(countries) if country and loses_meaning(country)}
        if lossy and not self._doubt:
            for number, country in enumerate(countries):
                if country in lossy:
                    made[number] = native.text(fields.properties(Raw(nested[number]), country))
        return b"" if self._doubt else b"".join(made)

    def _ids(self, values: Column) -> Sequence[bytes]:
        """The 16 bytes of each event's id; none for those that have none."""
        if (keys := _uuids(values)) is not None:
            return keys
        keys = [b""] * len(values)
        for number, value in enumerate(values):
            try:
                if value is not None:
                    keys[number] = uuid_bytes(fields.required_id("", value))
            except Rejected:
                self._doubt.add(number)
        return keys


def _is_empty(values: Column) -> bool:
    """Whether nothing was given; nearly all that such a column costs is this look."""
    return values[0] is None and values.count(None) == len(values)


def _check_unicode(raw: bytes) -> None:
    if not raw.isascii():
        raw.decode()


def _uuids(ids: Column) -> list[bytes] | None:
    """The bytes of ids that are UUIDs, all of them, as `uuid_bytes` makes them one by one."""
    try:
        together = "".join(ids)
        if set(map(len, ids)) != {36}:
            return None
        letters = np.frombuffer(together.encode("ascii"), np.uint8).reshape(-1, 36)
        plain = bytes.fromhex(together.replace("-", ""))
    except (TypeError, ValueError):
        return None
    if len(plain) != 16 * len(ids) or not (letters[:, _DASHES] == 45).all():
        return None
    return native.split(plain, 16)


def _names(lane: str, ids: Column, numbers: npt.NDArray[np.uint64]) -> Iterable[Name]:
    """Texts that stand for users or products: those of which the number is a hash."""
    places = np.flatnonzero(numbers >> np.uint64(63)).tolist()
    return zip(repeat(lane), map(str, dict.fromkeys([ids[place] for place in places])))


def _links(anonymous: Column, users: Column, times: Column) -> list[Entry]:
    """Who anonymous shoppers turned out to be, each time that it is another than before; both are known."""
    found: list[Entry] = []
    last: dict[int, int] = {}
    for other, user, at in zip(anonymous, users, times, strict=True):
        if last.get(other) != user:
            last[other] = user
            found.append(events.link(other, user, at))
    return found
