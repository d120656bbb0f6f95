"""Whatever a page sends, it becomes an event that it may send, or is refused with a reason."""

import json
import uuid
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from footfall.ingest import events
from footfall.ingest.browser import page
from footfall.ingest.browser.page import PageEvent
from footfall.ingest.fields import Rejected
from footfall.ingest.keys import BROWSER_EVENTS, Key
from footfall.ingest.lanes import EVENTS
from footfall.ingest.outcome import Occurrences
from footfall.model import Event, anonymous_number
from tests.ingest.make import NOW_MS, RULES, sender

KEY = Key(name="page", digest="", rights=("browser",), created_at=0, event_types=BROWSER_EVENTS, rate=1)
VISITOR = "v" * 32
FIELDS = sorted({*PageEvent.__struct_fields__, *Event.__struct_fields__, "lines", "status"})
UUIDS = st.uuids().map(str)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | UUIDS
    | st.sampled_from([*BROWSER_EVENTS, "NaN", "1e400", "\ud800", "9" * 5_000, "x" * 9_000, -1, 2**64]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
GOOD = {"event_type": st.sampled_from(BROWSER_EVENTS), "event_id": UUIDS}


def made(raw: bytes) -> dict[str, Any]:
    """The row of a page's event, by column."""
    event = page.event(raw, KEY, VISITOR, NOW_MS)
    (entry,) = events.entries(event, raw, sender(), RULES, Occurrences())
    return {column.name: value for column, value in zip(EVENTS.columns, entry.row, strict=True)}


@settings(max_examples=400, deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, VALUES)), st.fixed_dictionaries(GOOD))
@example({"page_url": "\ud800"}, {"event_type": "page_view", "event_id": str(uuid.UUID(int=1))})
def test_an_event_is_harmless_or_refused(anything: dict[str, Any], good: dict[str, str]) -> None:
    for item in (anything, anything | good):
        try:
            row = made(json.dumps(item).encode("utf-8", "surrogatepass"))
        except Rejected as refused:
            assert refused.message
            continue
        assert row["event_type"] in {*BROWSER_EVENTS, "purchase_unverified"} - {"purchase"}
        assert row["revenue"] == 0
        assert row["country"] == "ZZ"
        assert row["device_type"] == row["browser"] == ""
        assert NOW_MS - page.AGE_LIMIT_MS <= row["event_timestamp"] <= NOW_MS
        said = item.get("anonymous_id")
        assert row["user_id"] == anonymous_number(VISITOR if said is None else str(uuid.UUID(said)))
        assert uuid.UUID(row["session_id"])


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_refused_with_a_reason(raw: bytes) -> None:
    try:
        made(raw)
    except Rejected as refused:
        assert refused.message


def test_a_name_given_twice_is_refused_and_properties_are_kept_as_they_are() -> None:
    raw = json.dumps({"event_type": "search", "event_id": str(uuid.uuid4())}).encode()[:-1]
    with pytest.raises(Rejected, match="value is given twice"):
        made(raw + b',"value":1,"value":2}')
    assert made(raw + b',"properties":{"a":1,"a":2}}')["properties"] == b'{"a":1,"a":2}'


@given(UUIDS)
def test_ids_of_a_page_are_its_own(event_id: str) -> None:
    """The same id from a page, from a page with another key, and from a server are three."""
    raw = json.dumps({"event_type": "page_view", "event_id": event_id}).encode()
    mine = made(raw)["event_id"]
    other = page.event(raw, Key(**{**_fields(KEY), "name": "other"}), VISITOR, NOW_MS).event_id
    assert len({mine, uuid.UUID(str(other)).bytes, uuid.UUID(event_id).bytes}) == 3
    assert made(raw.upper().replace(b"EVENT_TYPE", b"event_type").replace(b"EVENT_ID", b"event_id")
                .replace(b"PAGE_VIEW", b"page_view"))["event_id"] == mine  # fmt: skip


def _fields(key: Key) -> dict[str, Any]:
    return {name: getattr(key, name) for name in key.__struct_fields__}
