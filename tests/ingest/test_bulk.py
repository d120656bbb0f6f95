"""Events by columns: what goes together comes to the same rows, links and names as each event by itself."""

import json
import time
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from footfall.ingest import native
from footfall.ingest.bulk import LEAST_EVENTS, Bulk
from footfall.ingest.fields import Rules
from footfall.ingest.lanes import EVENTS
from footfall.ingest.outcome import Entry, Sender
from footfall.ingest.rows import Rows
from footfall.ingest.stubs import Names
from footfall.ingest.texts import names, names_of_many
from footfall.ingest.validate import Validator
from footfall.model import KINDS, Event
from tests.ingest.make import DAY_MS, NOW_MS, RULES, sender

_BULK = Bulk(RULES)  # what it remembers of one example is there in the next, as it is of one request

_texts = st.sampled_from(["", "a", "é", "1", "0", "007", "x" * 1024, "null", '":'])
_ids = st.sampled_from(["", "0", "7", "u-1", "u-2", "é", 0, 1, 7, 1 << 62, 1 << 70])
_money = st.sampled_from([0, 1.5, -1.5, "2.50", "1.00000"])
_good: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(Event.__struct_fields__, _texts),
    "event_type": st.sampled_from(["page_view", "purchase", "refund", "view_item", "sign_up"]),
    "event_id": st.uuids().map(str) | st.sampled_from(["a", "b", 7, "0" * 36]),
    "event_timestamp": st.sampled_from(
        [NOW_MS, NOW_MS / 1000, NOW_MS - DAY_MS, "{day}T10:00:00.123Z", "{day}T10:00:00.123456+05:30"]
    ),
    **dict.fromkeys(("user_id", "anonymous_id", "session_id", "product_id", "order_id"), _ids),
    "value": _money,
    "revenue": st.just(0),
    **dict.fromkeys(("quantity", "duration_seconds"), st.sampled_from([0, 1, (1 << 32) - 1])),
    "country": st.sampled_from(["UK", "GB", "Germany", "European Community", ""]),
    "currency": st.sampled_from(["USD", "usd"]),
    "user_agent": st.sampled_from(["Googlebot/2.1", "curl/8.0", ""]),
    "client_ip": st.sampled_from(["203.0.113.9", "no address"]),
    "properties": st.sampled_from([{}, {"a": 1}, {"a": {"b": "c"}}, {"user_id": "x"}, {"é": '":'}]),
}
_odd: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(Event.__struct_fields__, st.sampled_from([None, "x" * 1025, "x" * 9000, 5, True])),
    "event_type": st.sampled_from(["", "x" * 129, "a\nb", 5]),
    "event_id": st.sampled_from(["", "x" * 2000, "-" * 36, "00000000-0000-0000-0000-00000000000g", None]),
    "event_timestamp": st.sampled_from(
        [
            NOW_MS - 200 * DAY_MS,
            NOW_MS + DAY_MS,
            -1,
            1e300,
            "yesterday",
            "{day}T10:00:00",
            "0001-01-01T00:00:00Z",
        ]
    ),
    **dict.fromkeys(
        ("value", "revenue"), _money | st.sampled_from(["0.00001", 1e14, "NaN", "sNaN", "", True])
    ),
    **dict.fromkeys(("quantity", "duration_seconds"), st.sampled_from([-1, 1 << 32, 1.5, "1", None])),
    "currency": st.sampled_from(["EUR", ""]),
    "properties": st.sampled_from([{"\ud800": 1}, [1], "text", None]),
    "colour": st.just("red"),
}
_DAY = time.strftime("%Y-%m-%d", time.gmtime(NOW_MS / 1000 - 86_400))


@st.composite
def _written(draw: st.DrawFn) -> bytes:
    """An event as JSON: a few fields, and of one in three, one that is odd."""
    fields = draw(st.lists(st.sampled_from(sorted(_good)), max_size=5))
    event = {"event_type": "page_view"} | {field: draw(_good[field]) for field in fields}
    if draw(st.integers(0, 2)) == 0:
        field = draw(st.sampled_from(sorted(_odd)))
        event[field] = draw(_odd[field])
    text = json.dumps(event, separators=draw(_separators)).replace("{day}", _DAY)
    return text.encode()


_separators = st.sampled_from([(",", ":")] * 6 + [(", ", ": "), (" ,", " :"), (",", "\t:")])
_broken = st.sampled_from(
    [
        *(b"", b"null", b"[]", b'{"event_type":"\xff"}', b'{"event_type":"x"'),
        *(
            b'{"event_type":"x","user_id":"1","user_id":null}',
            b'{"event_type":"x","user_id":"1","user_id"\t:"2"}',
        ),
    ]
)
_items = st.integers(0, 9).flatmap(lambda chance: _broken if chance == 0 else _written())


class _Taken:
    """What one of the two ways made of items."""

    def __init__(self, items: list[bytes], who: Sender, *, bulk: Bulk | None, rules: Rules) -> None:
        self.validator = Validator("events", who, rules, names=Names(), rights=KINDS, bulk=bulk)
        self.plain = self.validator.plain(items)
        self.rest = {place: self.validator.validate(items, 0, [place]) for place in self.plain.rest}
        self.names = set(self.validator.stubs()[1])


@given(st.lists(_items, min_size=1, max_size=LEAST_EVENTS), st.sampled_from([None, None, -60_000, 3_600_000]))
@example([b'{"event_type":"x","country":"European Community"}'], None)
@example(
    [
        b'{"event_type":"x","properties":{"a":[1',
        b"2]}}",
        b'{"event_type":"a"},1,{"event_type":"b"}',
        b'{"event_type":"a"}',
    ],
    None,
)
@settings(max_examples=200, deadline=None)
def test_events_together_come_to_what_each_comes_to_by_itself(items: list[bytes], sent: int | None) -> None:
    items = (items * LEAST_EVENTS)[: max(LEAST_EVENTS, len(items) + 3)]
    who = sender()._replace(sent_ms=None if sent is None else NOW_MS - sent)
    alone = _Taken(items, who, bulk=None, rules=RULES)
    together = _Taken(items, who, bulk=_BULK, rules=RULES)

    places = [place for place in range(len(items)) if place not in together.rest]
    rows, links = [], []
    for place in places:
        good, errors, letters = alone.rest[place]
        assert not errors and not letters, items[place]
        rows.append(good[0][0])
        links += good[0][1:]
    assert together.plain.rows == _rows(rows)
    assert list(together.plain.links) == _changes(links)
    assert together.names == alone.names
    for place, taken in together.rest.items():
        assert taken == alone.rest[place]


def _rows(entries: list[Entry]) -> Rows | None:
    if not entries:
        return None
    months = ",".join(map(str, sorted({entry.month for entry in entries})))
    body = native.encode(EVENTS.columns, [entry.row for entry in entries])
    return Rows(EVENTS.name, [entry.key for entry in entries], body, months)


def _changes(links: list[Entry]) -> list[Entry]:
    last: dict[bytes, bytes] = {}
    kept = []
    for link in links:
        if last.get(link.key) != link.value:
            kept.append(link)
        last[link.key] = link.value
    return kept


def test_a_plain_batch_leaves_nothing_to_go_by_itself() -> None:
    items = [
        json.dumps(
            {"event_type": "page_view", "user_id": f"u-{number}", "search_term": "", "quantity": 0}
        ).encode()
        for number in range(LEAST_EVENTS)
    ]
    plain = Validator("events", sender(), RULES, bulk=_BULK).plain(items)
    assert plain.rows is not None and len(plain.rows.keys) == len(items) and not plain.rest


def test_one_bad_event_leaves_the_others_together() -> None:
    items = [b'{"event_type":"page_view"}'] * LEAST_EVENTS
    for place, bad in ((3, b"{"), (5, b'{"event_type":"page_view","currency":"EUR"}')):
        items[place] = bad
    assert Validator("events", sender(), RULES, bulk=_BULK).plain(items).rest == [3, 5]


def test_events_of_many_months_go_by_themselves() -> None:
    forever = Rules("USD", 0, 0)
    items = [
        b'{"event_type":"x","event_timestamp":"2025-%02d-01T00:00:00Z"}' % (n % 12 + 1) for n in range(24)
    ]
    plain = Validator("events", sender(), forever, bulk=Bulk(forever)).plain(items)
    assert plain.rows is None and list(plain.rest) == list(range(24))


@given(
    st.lists(st.sampled_from([b'"', b":", b" ", b"\t", b"\n", b"a", b'"a":', b"\\"]), max_size=12).map(
        b"".join
    )
)
def test_names_are_counted_at_once_as_one_by_one_or_not_trusted(text: bytes) -> None:
    assert names_of_many(text) in {names(text), -1}
    if names(text) == -1:
        assert names_of_many(text) == -1


@given(st.lists(st.integers(0, 6), min_size=1, max_size=20), st.sets(st.integers(0, 6)))
def test_rows_without_those_that_are_known(numbers: list[int], known: set[int]) -> None:
    entries = [
        Validator("events", sender(NOW_MS), RULES).validate(
            [b'{"event_type":"x","event_id":"%d","session_id":"s%d"}' % (number, place)], 0
        )[0][0][0]
        for place, number in enumerate(numbers)
    ]
    whole = _rows(entries)
    assert whole is not None
    keys = {number: entry.key for number, entry in zip(numbers, entries, strict=True)}
    new, seen = [], set(known)
    for number, entry in zip(numbers, entries, strict=True):
        if number not in seen:
            new.append(entry)
            seen.add(number)
    left = whole.without({keys[number] for number in known if number in keys})
    assert left.keys == [entry.key for entry in new]
    assert left.body == (native.encode(EVENTS.columns, [entry.row for entry in new]) if new else b"")
