"""Events by columns: the plain ones of a slice become rows together; whatever is not plain goes by itself.

An event is *plain* where it can be read and no value of it breaks a rule. The rules are those of `events`
and `fields`, applied once to each distinct value instead of once to each event. A value that breaks one
makes its event not plain, and `validate` tells why. So there is one set of rules, and a bad item costs what
it costs alone. Of items of one request that bear the same id, the plain one holds.
"""

import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np
from msgspec import Raw
from msgspec.structs import astuple

from footfall.countries import loses_meaning
from footfall.ingest import events, fields, native
from footfall.ingest.chunks import MONTHS_LIMIT
from footfall.ingest.enrich import enrich
from footfall.ingest.fields import Rejected, Rules
from footfall.ingest.lanes import DAY_MS, EVENTS, PRODUCT_ITEMS, USER_ITEMS, month_of
from footfall.ingest.outcome import Entry, Occurrences, Sender
from footfall.ingest.rows import Rows
from footfall.ingest.segment.names import GA4_EVENTS
from footfall.ingest.stubs import Name
from footfall.ingest.texts import ITEM_LIMIT, NAME_END, names_of_many
from footfall.model import EPOCH, NO_PROPERTIES, Event, anonymous_number, numeric_id, uuid_bytes

LEAST_EVENTS: Final = 20  # fewer are as fast by themselves
_MEMO_LIMIT: Final = 10_000
_MEMO_BYTES: Final = 1_100  # longer texts do not come again often enough
_FIELDS: Final = Event.__struct_fields__
_TEXTS: Final = (
    *("session_id", "order_id", "page_url", "referrer", "utm_source", "utm_medium", "utm_campaign"),
    *("search_term", "device_type", "browser"),
)
_DASHES: Final = (8, 13, 18, 23)
_decode = msgspec.json.Decoder(Event).decode
Column = Sequence[Any]


class _Memo(dict[Any, Any]):
    """What a rule makes of each value, computed once; None where the rule refuses it."""

    def __init__(self, rule: Callable[[Any], Any]) -> None:
        super().__init__()
        self._rule = rule
        self.refuses = False

    def __missing__(self, value: Any) -> Any:
        try:
            made = self._rule(value)
        except Rejected:
            made = None
            self.refuses = True
        if sys.getsizeof(value) <= _MEMO_BYTES:
            if len(self) >= _MEMO_LIMIT:
                self.clear()
            self[value] = made
        return made


class Plain(NamedTuple):
    """What became of a slice: rows, links of shoppers, texts that rows name, and the places of the rest."""

    rows: Rows | None
    links: Sequence[Entry]
    names: Sequence[Name]
    rest: Sequence[int]


def none_plain(count: int) -> Plain:
    """So many items, each of which goes by itself."""
    return Plain(None, (), (), range(count))


class Bulk:
    """Makes rows of plain events; remembers what it made of values, for they come again and again."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.types = _Memo(lambda value: native.text(events.type_name(our_name(value))))
        self.texts = _Memo(_text)
        self.numbers = _Memo(lambda value: 0 if value is None else numeric_id(fields.id_text("", value)))
        self.anonymous = _Memo(
            lambda value: 0 if value is None else anonymous_number(fields.id_text("", value))
        )
        self.countries = _Memo(lambda value: _text(fields.country(value and fields.id_text("", value))))
        self.currencies = _Memo(lambda value: _text(fields.currency(value, rules)))
        self.amounts = _Memo(lambda value: fields.amount("", value))
        self.properties = _Memo(lambda value: native.text(fields.properties(value, None)))
        self.counts = _Memo(lambda value: fields.whole("", value, 0, events.UINT32))

    def plain(self, items: Sequence[bytes | Raw], sender: Sender, occurrences: Occurrences) -> Plain:
        """Makes rows of the plain ones among items."""
        slice_ = _Slice(self, items, sender)
        if not slice_.events:
            return Plain(None, (), (), slice_.rest)
        slice_.refuse_doubled()
        slice_.enrich()
        slice_.convert()
        slice_.leave_out()
        return slice_.finish(occurrences)


class _Slice:
    """Events on their way to columns; `doubt` holds the numbers of those that are not plain."""

    def __init__(self, bulk: Bulk, items: Sequence[bytes | Raw], sender: Sender) -> None:
        self._bulk = bulk
        self._sender = sender
        self._doubt: set[int] = set()
        self._data: dict[str, Column] = {}
        self.rest: list[int] = []
        self._raws = list(map(bytes, items))
        self._together = b"\n".join(self._raws)
        self._places: Sequence[int] = range(len(items))
        try:
            if len(self._together) > ITEM_LIMIT:
                raise ValueError
            _check_unicode(self._together)
            self.events = list(map(_decode, self._raws))
        except (ValueError, RecursionError):  # what msgspec raises is a ValueError
            self._decode_each()
        self._given = self._columns()
        sent = self._given["properties"]
        self._nested = [b"" if value is NO_PROPERTIES else bytes(value) for value in sent]

    def _decode_each(self) -> None:
        """Leaves what cannot be read."""
        self.events, good = [], []
        for place, raw in enumerate(self._raws):
            try:
                if len(raw) > ITEM_LIMIT:
                    raise ValueError
                _check_unicode(raw)
                self.events.append(_decode(raw))
                good.append(place)
            except (ValueError, RecursionError):
                self.rest.append(place)
        self._raws = [self._raws[place] for place in good]
        self._together = b"\n".join(self._raws)
        self._places = good

    def _columns(self) -> dict[str, Column]:
        """What the events hold, by field."""
        if not self.events:
            return dict.fromkeys(_FIELDS, ())
        return dict(zip(_FIELDS, zip(*map(astuple, self.events), strict=True), strict=True))

    def refuse_doubled(self) -> None:
        """Leaves events that give a name twice: none, where there are no more names than fields given."""
        names = names_of_many(self._together) - b"\n".join(self._nested).count(NAME_END)
        columns = [column for field, column in self._given.items() if field != "properties"]
        nested = sum(map(bool, self._nested))
        if 0 <= names <= nested + sum(len(tuple(filter(None, column))) for column in columns):
            return
        if 0 <= names <= nested + sum(len(column) - column.count(None) for column in columns):
            return  # some of the values are 0 or empty
        for number, (event, raw) in enumerate(zip(self.events, self._raws, strict=True)):
            if events.doubled(event, raw):
                self._doubt.add(number)

    def enrich(self) -> None:
        """Device, browser, country and bots, where events say what they came from."""
        agents, addresses = self._given["user_agent"], self._given["client_ip"]
        if agents.count(None) + addresses.count(None) == 2 * len(agents):
            return
        for number, event in enumerate(self.events):
            if event.user_agent is not None or event.client_ip is not None:
                event.event_type = our_name(event.event_type)
                if self._bulk.types[event.event_type] is None:
                    self._doubt.add(number)
                else:
                    enrich(event, self._bulk.rules.countries)
        self._given = self._columns()

    def convert(self) -> None:
        """What the store holds, by column: Strings as they are sent to it, the others as numbers."""
        bulk, given, data = self._bulk, self._given, self._data
        data["event_type"] = self._made(bulk.types, given["event_type"])
        data["event_timestamp"] = self._times(given["event_timestamp"])
        data["user"] = self._made(bulk.numbers, given["user_id"])
        data["anonymous"] = self._made(bulk.anonymous, given["anonymous_id"])
        data["product_id"] = self._made(bulk.numbers, given["product_id"])
        for field in _TEXTS:
            data[field] = self._made(bulk.texts, given[field])
        data["country"] = self._made(bulk.countries, given["country"])
        data["currency"] = self._made(bulk.currencies, given["currency"])
        data["revenue"] = self._revenues(given["revenue"], given["event_type"])
        data["value"] = self._amounts(given["value"])
        data["quantity"] = self._made(bulk.counts, given["quantity"])
        data["duration_seconds"] = self._made(bulk.counts, given["duration_seconds"])
        data["properties"] = self._properties(given["country"])
        data["event_id"] = self._ids(given["event_id"])

    def leave_out(self) -> None:
        """Leaves what is not plain out of every column."""
        self._data["raw"] = self._raws
        self._data["user_text"] = self._given["user_id"]
        self._data["product_text"] = self._given["product_id"]
        if self._doubt:
            keep = [number not in self._doubt for number in range(len(self.events))]
            self._data = {field: list(compress(column, keep)) for field, column in self._data.items()}
            self.rest = sorted([*self.rest, *(self._places[number] for number in self._doubt)])

    def finish(self, occurrences: Occurrences) -> Plain:
        """The rows of what is left, encoded."""
        data = self._data
        times, users, anonymous = data["event_timestamp"], data["user"], data["anonymous"]
        count = len(times)
        days = [at // DAY_MS for at in times]
        months = sorted({month_of(day) for day in set(days)})
        if not 0 < len(months) <= MONTHS_LIMIT:
            return Plain(None, (), (), sorted({*self.rest, *self._places}))
        keys = [
            key or occurrences.key(b"event", raw)
            for key, raw in zip(data["event_id"], data["raw"], strict=True)
        ]
        data["event_id"] = keys
        data["event_date"] = days
        data["user_id"] = [user or other for user, other in zip(users, anonymous, strict=True)]
        data["ingested_at"] = (self._sender.now_ms,) * count
        body = native.join(EVENTS.columns, [data[column.name] for column in EVENTS.columns])
        return Plain(
            Rows(EVENTS.name, keys, body, ",".join(map(str, months))),
            _links(anonymous, users, times),
            [*self._names(USER_ITEMS, "user_text"), *self._names(PRODUCT_ITEMS, "product_text")],
            self.rest,
        )

    def _made(self, memo: _Memo, values: Column) -> list[Any]:
        """What a rule makes of values; whose value it refuses is not plain."""
        if values and values[0] is None and values.count(None) == len(values):
            return [memo[None]] * len(values)
        made = list(map(memo.__getitem__, values))
        if memo.refuses and None in made:
            self._doubt.update(number for number, value in enumerate(made) if value is None)
        return made

    def _amounts(self, values: Column) -> Column:
        try:
            return self._made(self._bulk.amounts, values)
        except TypeError:  # a signalling NaN has no hash
            strange = [value is not None and value.is_snan() for value in values]
            self._doubt.update(number for number, found in enumerate(strange) if found)
            plain = [None if found else value for value, found in zip(values, strange, strict=True)]
            return self._made(self._bulk.amounts, plain)

    def _revenues(self, values: Column, types: Sequence[str]) -> Column:
        revenues = self._amounts(values)
        for number, revenue in enumerate(revenues):
            if revenue:
                try:
                    events.received(revenue, our_name(types[number]))
                except Rejected:
                    self._doubt.add(number)
        return revenues

    def _times(self, values: Column) -> Column:
        """When the events happened; the bounds are those of `fields.check_age`."""
        sender = self._sender
        oldest = fields.oldest_ms(sender.now_ms, self._bulk.rules.events_ttl_days)
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

    def _properties(self, countries: Sequence[str | None]) -> Column:
        made = self._made(self._bulk.properties, self._nested)
        lossy = {country for country in set(countries) if country and loses_meaning(country)}
        if lossy:
            for number, country in enumerate(countries):
                if country in lossy and number not in self._doubt:
                    made[number] = native.text(fields.properties(Raw(self._nested[number]), country))
        return made

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

    def _names(self, lane: str, column: str) -> Iterable[Name]:
        """Texts that stand for users or products."""
        numbers = self._bulk.numbers
        return [(lane, str(value)) for value in dict.fromkeys(self._data[column]) if numbers[value] >> 63]


def our_name(event_type: str) -> str:
    """What an event of GA4's is called here."""
    return GA4_EVENTS[event_type].event_type if event_type in GA4_EVENTS else event_type


def _text(value: str | int | None) -> bytes:
    return b"\0" if value is None else native.text(fields.id_text("", value))


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


def _links(anonymous: Column, users: Column, times: Column) -> list[Entry]:
    """Who anonymous shoppers turned out to be, each time that it is another than before."""
    found: list[Entry] = []
    last: dict[int, int] = {}
    for other, user, at in zip(anonymous, users, times, strict=True):
        if other and user and last.get(other) != user:
            last[other] = user
            found.append(events.link(other, user, at))
    return found
