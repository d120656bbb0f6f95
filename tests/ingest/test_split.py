"""From bodies to items: any notation gives the same items, and a cut loses nothing before it."""

import json
import threading
from typing import Any

import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from footfall.errors import CallersFault
from footfall.ingest.split import split

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
objects = st.lists(st.dictionaries(st.text(max_size=5), values, max_size=4), min_size=1, max_size=8)


def parsed(items: Any) -> list[Any]:
    return [json.loads(bytes(item)) for item in items]


@given(objects)
@settings(max_examples=100, deadline=None)
def test_array_and_lines_give_the_items_that_were_written(items: list[Any]) -> None:
    lines = "\r\n\n".join(map(json.dumps, items)).encode()
    assert parsed(split(json.dumps(items).encode(), ndjson=False)) == items
    assert parsed(split(json.dumps(items, indent=2).encode(), ndjson=False)) == items
    assert parsed(split(lines, ndjson=True)) == items
    assert parsed(split(b"\xef\xbb\xbf" + lines + b"\n", ndjson=True)) == items


@given(objects, st.data())
@settings(max_examples=150, deadline=None)
def test_an_array_that_is_cut_loses_nothing_before_the_cut(items: list[Any], data: st.DataObject) -> None:
    texts = [json.dumps(item) for item in items]
    body = "[" + ", ".join(texts) + "]"
    at = data.draw(st.integers(1, len(body.encode()) - 1))
    found = split(body.encode()[:at], ndjson=False)
    whole, end = 0, 1
    for text in texts:
        end += len(text.encode())
        if end > at:
            break
        whole += 1
        end += 2
    assert parsed(found[:whole]) == items[:whole]
    assert len(found) <= whole + 1


def test_a_bad_item_in_an_array_leaves_the_others_whole() -> None:
    body = b'[{"a":1}, {"b":NaN}, {"c":"]},{"}, {d:1}, {"e":2}]'
    assert [bytes(item) for item in split(body, ndjson=False)] == [
        *(b'{"a":1}', b'{"b":NaN}', b'{"c":"]},{"}', b"{d:1}", b'{"e":2}')
    ]


@pytest.mark.parametrize("body", [b"", b" \n ", b"\xef\xbb\xbf", b"[]"])
def test_a_body_may_hold_nothing(body: bytes) -> None:
    assert list(split(body, ndjson=False)) == []


def test_lines_that_call_themselves_json_and_one_object_over_many_lines() -> None:
    assert len(split(b'{"a":1}\n{"a":2}\n', ndjson=False)) == 2
    assert len(split(b'{\n"a":1\n}', ndjson=False)) == 1


@pytest.mark.parametrize("body", [b"[" * 200_000, b'[{"a":"' + b'\\"' * 200_000, b"[" + b'"' * 100_001])
def test_hostile_bodies_are_split_in_one_pass(body: bytes) -> None:
    assert len(split(body, ndjson=False)) <= 1


@pytest.mark.parametrize(
    "body",
    [
        b"[" + b"1," * 1_000_000 + b"1]",
        b"[" + b"{}," * 1_000_000 + b"{}]",
        b"[" + b'"},{",' * 1_000_001 + b"1]",
        b"[" + b"1," * 1_000_001,
        b"1\n" * 1_000_001,
        b"[[" + b"{}, " * 3_000_000 + b"{}]," + b"1," * 1_000_001 + b"1]",
    ],
    ids=["numbers", "objects", "texts", "cut off", "lines", "nested"],
)
def test_a_body_of_too_many_items_is_refused_before_it_takes_memory(body: bytes) -> None:
    process = psutil.Process()
    before, most, ended = process.memory_info().rss, 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not ended.wait(0.005):
            most = max(most, process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with pytest.raises(CallersFault, match="over 1,000,000 items"):
        split(body, ndjson=body.startswith(b"1"))
    ended.set()
    watcher.join()
    assert most - before < 200 << 20


def test_long_arrays_are_counted_and_then_read() -> None:
    items = [{"a": "},{", "b": [{}, {}, number]} for number in range(210_000)]
    text = json.dumps(items).encode()
    assert text.count(b",") > 1_000_000
    assert parsed(split(text, ndjson=False)) == items
    assert parsed(split(text[:-1], ndjson=False)) == items
    long = json.dumps([{"a": list(range(1_500_000))}, 2]).encode()
    assert len(split(long, ndjson=False)) == 2
