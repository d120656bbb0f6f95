"""Envelopes: what a body says of all its messages, whatever state it is in."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.errors import CallersFault
from footfall.ingest.segment.envelope import PATHS, read

MESSAGES: list[dict[str, Any]] = [{"type": "track", "event": f"E{number}"} for number in range(4)]
WHOLE = json.dumps(
    {"sentAt": "2026-01-01", "batch": MESSAGES, "context": {"locale": "en"}, "writeKey": "k"}
).encode()


def items(body: bytes, path: str = "batch") -> list[bytes]:
    return [bytes(item) for item in read(path, body).items]


def test_a_batch_says_when_it_was_sent_and_by_whom() -> None:
    found = read("batch", b"\xef\xbb\xbf " + WHOLE)
    assert (found.sent_at, found.context, found.write_key) == ("2026-01-01", {"locale": "en"}, "k")
    assert [json.loads(bytes(item)) for item in found.items] == MESSAGES
    assert found.type is None


def test_the_other_paths_take_one_message_of_their_type() -> None:
    found = read("page", b'{"name": "Home", "writeKey": "k"}')
    assert (found.type, found.write_key, len(found.items)) == ("page", "k", 1)


def test_a_bad_message_costs_neither_the_others_nor_the_envelope() -> None:
    found = read("batch", WHOLE.replace(b'"E1"', b"E1"))
    assert (len(found.items), found.sent_at, found.write_key) == (4, "2026-01-01", "k")
    assert bytes(found.items[1]) == b'{"type": "track", "event": E1}'


@settings(deadline=None)
@given(st.integers(WHOLE.index(b"[") + 1, len(WHOLE)))
def test_a_body_that_is_cut_off_loses_nothing_before_the_cut(cut: int) -> None:
    try:
        found = items(WHOLE[:cut])
    except CallersFault:
        found = []
    texts = [json.dumps(message).encode() for message in MESSAGES]
    whole = sum(WHOLE.index(text) + len(text) <= cut for text in texts)
    assert found[:whole] == texts[:whole]
    assert len(found) <= whole + 1


@pytest.mark.parametrize(
    "body", [b"", b" ", b"{}", b"[]", b"5", b'{"batch": {}}', b'{"batch": []}', b"batch"]
)
def test_a_body_without_messages_is_refused(body: bytes) -> None:
    with pytest.raises(CallersFault, match="no messages"):
        read("batch", body)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (WHOLE[:-1] + b',"batch":[{}]}', "batch"),
        (b'{"batch" : [], ' + WHOLE[1:], "batch"),
        (WHOLE.replace(b'"E1"', b"E1")[:-1] + b',"batch":[{}]}', "batch"),
        (WHOLE[:-1] + b',"sentAt":"2025-01-01"}', "sentAt"),
        (WHOLE.replace(b'"en"', b'"en","locale":"de"'), "locale"),
    ],
)
def test_a_batch_that_gives_a_name_twice_is_refused(body: bytes, name: str) -> None:
    with pytest.raises(CallersFault, match=f"gives {name} twice"):
        read("batch", body)


def test_messages_are_found_wherever_else_the_name_of_their_list_stands() -> None:
    for before in (b'{"context": {"batch": [1, 2]}, ', b'{"b\\u0061ck": "\\"batch\\":[", '):
        assert items(before + b'"batch": [{}]}') == [b"{}"]
    assert items(b'{"b\\u0061tch": [{}]}') == [b"{}"]


@settings(deadline=None)
@given(st.sampled_from(sorted(PATHS)), st.binary() | st.text().map(str.encode) | st.just(b"[" * 50_000))
def test_whatever_arrives_is_read_or_refused(path: str, body: bytes) -> None:
    for text in (body, b'{"batch":[' + body, b'{"batch":[' + body + b"]}"):
        try:
            read(path, text)
        except CallersFault as error:
            assert error.code == 422
