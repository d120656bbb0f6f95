"""Hostile bodies over real HTTP: a clear 4xx or a dead letter, never a 5xx, never a wrong value stored."""

import contextlib
import gzip
import http.client
import json
import select
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client as StoreClient

from footfall.config import Config
from tests import support
from tests.ingest.client import Answer, Client, settle
from tests.ingest.make import new_id

NDJSON = {"Content-Type": "application/x-ndjson"}
GOOD = b'{"event_type":"page_view","session_id":"good"}'
MEMORY_LIMIT_BYTES = 300 << 20  # that a body of a gigabyte may add


def view(**values: Any) -> bytes:
    return json.dumps({"event_type": "page_view", "event_id": new_id()} | values).encode()


def head(config: Config, path: str, *headers: str) -> bytes:
    """The head of a POST that is written by hand."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        f"Authorization: Bearer {config.write_key}",
        *headers,
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def letters(store_client: StoreClient) -> list[tuple[str, str, str]]:
    """Reason, message and text of each dead letter."""
    found: list[tuple[str, str, str]] = [
        tuple(row)
        for row in store_client.query(
            "SELECT reason, message, raw FROM footfall_private.dead_letters ORDER BY reason, message, raw"
        ).result_rows
    ]
    return found


def sessions(store_client: StoreClient) -> list[str]:
    return [row[0] for row in store_client.query("SELECT session_id FROM events ORDER BY 1").result_rows]


def streamed(config: Config, path: str, parts: Iterable[bytes], headers: dict[str, str]) -> Answer:
    """Sends a body of any length in chunks."""
    connection = http.client.HTTPConnection("127.0.0.1", config.ingest_port, timeout=120)
    try:
        given = {"Authorization": f"Bearer {config.write_key}", "Content-Type": "application/json"} | headers
        connection.request("POST", path, iter(parts), given, encode_chunked=True)
        response = connection.getresponse()
        return Answer(response.status, json.loads(response.read()))
    finally:
        connection.close()


# What stands in a batch between two good items, and the reason for which it is refused ("": it is taken).
BAD = [
    (b"", ""),
    (b"null", "not_an_object"),
    (b'"text"', "not_an_object"),
    (b"[]", "not_an_object"),
    (b"-0", "not_an_object"),
    (b"1e400", "out_of_range"),
    (b"{}", "missing_field"),
    (b'{"event_type":NaN}', "invalid_json"),
    (b'{"event_type":"x","value":Infinity}', "invalid_json"),
    (b'{"event_type":"x","value":-Infinity}', "invalid_json"),
    (b'{"event_type":"x","properties":{"a":NaN}}', "invalid_json"),
    (b'{"event_type":"x","value":1e400}', "invalid_money"),
    (b'{"event_type":"x","event_timestamp":1e400}', "out_of_range"),
    (b'{"event_type":"x","quantity":1e400}', "out_of_range"),
    (b'{"event_type":"x","quantity":18446744073709551616}', "out_of_range"),
    (b'{"event_type":"x","quantity":-1}', "out_of_range"),
    (b'{"event_type":"x","user_id":' + b"9" * 5_000 + b"}", "out_of_range"),
    (b'{"event_type":"x","event_type":"y"}', "duplicate_field"),
    (b'{"event_type":"x","event\\u005ftype":"y"}', "duplicate_field"),
    (b'{"event_type":"x","properties":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, "too_deep"),
    (b'{"event_type":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "invalid_type"),
    (b'{"event_type":"\\ud800"}', "invalid_unicode"),
    (b'{"event_type":"\\udc00\\ud800"}', "invalid_unicode"),
    (b'{"event_type":"\xc0\xae"}', "invalid_unicode"),  # overlong
    (b'{"event_type":"\xed\xa0\x80"}', "invalid_unicode"),  # half of a pair as UTF-8
    (b'{"event_type":"\xf4\x90\x80\x80"}', "invalid_unicode"),  # beyond U+10FFFF
    (b'{"event_type":"\xff"}', "invalid_unicode"),
    (b'{"event_type":"a\x00b"}', "invalid_json"),  # a control character that is not escaped
    ('{"event_type":"x"}'.encode("utf-16-le"), "invalid_json"),
    (b'\xef\xbb\xbf{"event_type":"x"}', "invalid_json"),  # a byte order mark that is not at the start
    (b'{"event_type":"x","page_url":"' + b"u" * 1_200_000 + b'"}', "too_large"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD, ids=[repr(bad[:40]) for bad, _ in BAD])
def test_a_bad_item_spoils_nothing_and_is_kept_once(
    shop: Client, store_client: StoreClient, bad: bytes, reason: str
) -> None:
    items = [view(session_id="before"), bad, view(session_id="after")]
    array = shop.post("events", b"[" + b",".join(items) + b"]", wait=True)
    lines = shop.post("events", b"\n".join(items), headers=NDJSON)
    packed = shop.post(
        "events", gzip.compress(b"\n".join(items)), headers=NDJSON | {"Content-Encoding": "gzip"}
    )
    settle(shop)
    reasons = [reason] if reason else []
    assert (array.status, lines.status, packed.status) == (200, 202, 202)
    for answer in (array, lines, packed):
        assert [error["code"] for error in answer.body["errors"]] == reasons
    assert (array.body["accepted"], lines.body["duplicate"], packed.body["duplicate"]) == (2, 2, 2)
    assert sessions(store_client) == ["after", "before"]
    assert [letter[0] for letter in letters(store_client)] == reasons


TEXTS = [
    "a\x00b",
    "\x01\x1f\x7f\x80\x9f",
    "\ufeffbom",
    "\ufffe\uffff\ufdd0\U0010ffff",  # noncharacters
    "\u202eevil\u202c \u2066x\u2069",  # right to left
    "\u0645\u062a\u062c\u0631 \u05d7\u05e0\u05d5\u05ea",
    "e\u0301 \u00e9 \u212b \ufb01",  # the same to a reader, not to us: nothing is normalised
    "\U0001f469\u200d\U0001f469\u200d\U0001f467\U0001f3fd",
    "\u2028\u2029\x0b\x0c",
    "I\u0307 \u0130 \u1e9e",
    "\\u0041 \\\\ \\' ' ` \" \t",
    "Z\u0335" + "\u0335" * 500,
]


@pytest.mark.parametrize("escaped", [False, True])
def test_every_oddity_of_unicode_is_stored_as_it_was_sent(
    shop: Client, store_client: StoreClient, escaped: bool
) -> None:
    items = [
        {"event_id": new_id(), "event_type": "search", "search_term": text, "properties": {text: text}}
        for text in TEXTS
    ]
    body = "\n".join(json.dumps(item, ensure_ascii=escaped) for item in items).encode()
    answer = shop.post("events", body, wait=True, headers=NDJSON)
    assert (answer.status, answer.body["accepted"]) == (200, len(TEXTS)), answer.body
    rows = store_client.query("SELECT search_term, properties FROM events").result_rows
    assert sorted(row[0] for row in rows) == sorted(TEXTS)
    assert all(json.loads(row[1]) == {row[0]: row[0]} for row in rows)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "latin-1", "cp037"])
def test_another_encoding_is_refused_and_kept(shop: Client, store_client: StoreClient, encoding: str) -> None:
    text = f'[{{"event_type":"caf\u00e9","session_id":"{new_id()}"}}]'
    answer = shop.post("events", text.encode(encoding))
    settle(shop)
    assert answer.status == 422
    assert {error["code"] for error in answer.body["error"]["errors"]} <= {"invalid_unicode", "invalid_json"}
    assert letters(store_client)
    assert sessions(store_client) == []


def test_huge_numbers_of_tiny_and_of_empty_items(shop: Client, store_client: StoreClient) -> None:
    tiny = shop.post("events", b"[" + b",".join([GOOD] + [b"0"] * 50_000) + b"]", wait=True)
    assert (tiny.status, tiny.body["accepted"], tiny.body["rejected"]) == (200, 1, 50_000)
    assert len(tiny.body["errors"]) == 100
    empty = shop.post("events", GOOD + b"\n \r\n" * 500_000 + GOOD, headers=NDJSON)
    assert (empty.status, empty.body["accepted"] + empty.body["duplicate"], empty.body["rejected"]) == (
        202,
        2,
        0,
    )
    commas = shop.post("events", b"[" + GOOD + b"," * 500_000 + b"]")
    assert (commas.status, commas.body["duplicate"], commas.body["rejected"]) == (202, 1, 0)


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Encoding": "gzip"}, GOOD, 422),
        ({"Content-Encoding": "gzip"}, gzip.compress(GOOD, mtime=0)[:5], 422),
        ({"Content-Encoding": "gzip"}, gzip.compress(GOOD, mtime=0) + b"more", 422),
        ({"Content-Encoding": "gzip"}, gzip.compress(GOOD, mtime=0)[:-8] + b"\0" * 8, 422),
        ({"Content-Encoding": "gzip"}, gzip.compress(gzip.compress(GOOD, mtime=0), mtime=0), 422),
        ({"Content-Encoding": "gzip"}, b"", 422),
        ({"Content-Encoding": "gzip, gzip"}, GOOD, 415),
        ({"Content-Encoding": "deflate"}, GOOD, 415),
        ({"Content-Encoding": "identity"}, gzip.compress(GOOD, mtime=0), 422),
        ({}, gzip.compress(GOOD, mtime=0), 422),
        ({"Content-Type": "application/xml"}, GOOD, 415),
        ({"Content-Type": "text/plain"}, GOOD, 415),
        ({"Content-Type": "multipart/form-data; boundary=x"}, GOOD, 415),
        ({"Content-Type": "application/json; charset=utf-16"}, GOOD, 415),
        ({"Content-Type": "\xff/\xfe"}, GOOD, 415),
        ({"Content-Type": ""}, GOOD, 202),
        ({"Content-Type": 'APPLICATION/JSON ; Charset="UTF-8"'}, GOOD, 202),
        ({"X-Footfall-Sent-At": "NaN"}, GOOD, 400),
        ({"X-Footfall-Sent-At": "1e400"}, GOOD, 400),
        ({"X-Footfall-Sent-At": "9" * 400}, GOOD, 400),
    ],
)
def test_headers_that_lie_or_ask_for_what_there_is_not(
    shop: Client, headers: dict[str, str], body: bytes, status: int
) -> None:
    answer = shop.post("events", body, headers=headers)
    assert answer.status == status, answer.body


def gigabyte(piece: bytes) -> Iterator[bytes]:
    yield b'{"event_type":"'
    for _ in range((1 << 30) // len(piece)):
        yield piece


def peak_bytes(process: support.Process) -> int:
    """The most memory that a process ever had."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(text.partition("VmHWM:")[2].split()[0]) << 10


def test_what_never_ends_is_refused_within_bounds_of_memory(
    own_config: Config, start: Callable[..., support.Process]
) -> None:
    ingest = start("ingest", own_config)
    assert Client(own_config).post("events", [1]).status == 422
    before = peak_bytes(ingest)
    for path in ("/v1/events", "/v1/batch"):
        assert streamed(own_config, path, gigabyte(b"a" * (1 << 20)), {}).status == 413
    assert streamed(own_config, "/v1/events", gigabyte(b"a" * (1 << 20)), NDJSON).status == 413
    bomb = zlib.compressobj(9, wbits=31)
    packed = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(1 << 10)) + bomb.flush()
    for kind in ("events", "batch"):
        assert Client(own_config).post(kind, packed, headers={"Content-Encoding": "gzip"}).status == 413
    assert peak_bytes(ingest) - before < MEMORY_LIMIT_BYTES


def broken_off(config: Config, *parts: bytes) -> None:
    """Sends parts by hand, waits until they have been read, and hangs up."""
    with socket.create_connection(("127.0.0.1", config.ingest_port)) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.2)


JSON_HEAD = "Content-Type: application/json"


def test_a_connection_that_breaks_loses_nothing_before_and_its_letter_says_where(
    shop: Client, store_client: StoreClient
) -> None:
    items = [view(session_id=str(number)) for number in range(6)]
    array = b"[" + b",".join(items[:3])
    length = f"Content-Length: {len(array) + 1000}"
    broken_off(shop.config, head(shop.config, "/v1/events", JSON_HEAD, length), array[:-30], array[-30:-20])
    chunk = b"\n".join(items[3:])[:-7]
    broken_off(
        shop.config,
        head(shop.config, "/v1/events", "Content-Type: application/x-ndjson", "Transfer-Encoding: chunked"),
        b"%x\r\n%b\r\n" % (len(chunk), chunk),
    )
    message = json.dumps({"type": "track", "messageId": new_id(), "event": "x", "anonymousId": "message"})
    envelope = f'{{"batch":[{message},{message[:20]}'.encode()
    length = f"Content-Length: {len(envelope) + 1}"
    broken_off(shop.config, head(shop.config, "/v1/batch", JSON_HEAD, length), envelope)
    deadline = time.monotonic() + 20
    while len(letters(store_client)) < 6 and time.monotonic() < deadline:
        time.sleep(0.1)
    settle(shop)
    assert sessions(store_client) == ["", "0", "1", "3", "4"]
    found = letters(store_client)
    assert {reason for reason, _, _ in found} == {"cut_off"}
    assert {message for _, message, text in found if not text} == {
        f"the connection broke after {len(array) - 20} bytes and 3 items",
        f"the connection broke after {len(chunk)} bytes and 3 items",
        f"the connection broke after {len(envelope)} bytes and 2 items",
    }


def test_a_gzip_stream_that_is_cut_anywhere_loses_nothing_before_the_cut(
    shop: Client, store_client: StoreClient
) -> None:
    items = [view(session_id=f"{number:03}") for number in range(50)]
    packed = gzip.compress(b"\n".join(items))
    headers = NDJSON | {"Content-Encoding": "gzip"}
    for share in (3, 2, 1):
        answer = shop.post("events", packed[: len(packed) // share - 1], wait=True, headers=headers)
        settle(shop)
        kept = sessions(store_client)
        assert kept == [f"{number:03}" for number in range(len(kept))]
        assert answer.body["accepted"] + answer.body["duplicate"] == len(kept)
        assert answer.body["errors"][-1]["code"] == "cut_off"
        assert answer.body["errors"][-1]["message"].startswith("the gzip stream ends in the middle, after ")
    assert len(kept) >= 49


def test_names_of_any_length_are_told_and_kept_in_short(shop: Client, store_client: StoreClient) -> None:
    items = [json.dumps({"event_type": "x", f"{number}{'n' * 900_000}": 1}) for number in range(40)]
    answer = shop.post("events", "\n".join([view().decode(), *items]).encode(), wait=True, headers=NDJSON)
    settle(shop)
    assert (answer.status, answer.body["rejected"]) == (200, 40)
    assert len(json.dumps(answer.body)) < 40 * 1_000
    assert answer.body["errors"][0]["field"].startswith("0nnn")
    assert answer.body["errors"][0]["message"].endswith("n…: put it into properties")
    assert {len(raw) for _, _, raw in letters(store_client)} == {64 << 10}
    assert shop.get(f"/v1/receipts/{answer.body['batch_id']}").body == answer.body


@pytest.mark.parametrize("nobody", [0, "0", "", None])
def test_an_alias_of_nobody_is_refused_and_kept(
    shop: Client, store_client: StoreClient, nobody: str | int | None
) -> None:
    answer = shop.post("alias", {"userId": new_id(), "previousId": nobody})
    settle(shop)
    assert answer.status == 400
    assert [reason for reason, _, _ in letters(store_client)] == ["missing_field"]


def test_what_nobody_known_sends_takes_no_room_of_those_who_are(config: Config, ingest_url: str) -> None:
    """Bodies that may hold a key count by themselves: many that never end keep no sender out."""
    lines = ("POST /v1/track HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {1 << 20}", "", "")
    stranger = "\r\n".join(lines).encode() + b" " * ((1 << 20) - 1)
    with contextlib.ExitStack() as open_ones:
        strangers = []
        for _ in range(20):
            connection = socket.create_connection(("127.0.0.1", config.ingest_port), timeout=10)
            strangers.append(open_ones.enter_context(connection))
            with contextlib.suppress(ConnectionError):
                connection.sendall(stranger)
        answered, _, _ = select.select(strangers, [], [], 10)
        assert answered and b" 429 " in answered[0].recv(4096)
        assert Client(config).post("events", view()).status == 202


@pytest.mark.parametrize("server", ["ingest", "dashboard"])
def test_the_head_of_a_request_is_bounded(
    config: Config, start: Callable[..., support.Process], server: str, request: pytest.FixtureRequest
) -> None:
    if server == "ingest":
        request.getfixturevalue("ingest_url")
    else:
        config = replace(config, dashboard_port=support.free_port())
        start(server, config)
    port = getattr(config, f"{server}_port")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n")
        with pytest.raises(ConnectionError):
            for number in range(64_000):
                connection.sendall(b"x-%d: %s\r\n" % (number, b"x" * 1000))
